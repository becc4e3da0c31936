"""Which rows of S01, S02 and S05 are made of which others, as the forms of annex 9 have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from solvency.rules.rule01_actual_capital.formulas import (
    ADJUSTMENTS,
    CORE_TIER2,
    SUPPLEMENTARY_TIER1,
    SUPPLEMENTARY_TIER2,
    TIERS,
)
from solvency.tables.spec import DIVERSIFICATION, MODULES

SURCHARGES = ("additional_countercyclical", "additional_dsii", "additional_gsii", "additional_other")
UNDISCOUNTED = "quantified_mc_before_size"
CORE, ALL, MINIMUM = ("core_tier1", "core_tier2"), ("actual_capital",), "minimum_capital"


@dataclass(frozen=True)
class Total:
    """A figure made of others: factor × (plus − share × minus), the least of them, or a ratio of plus to `over`.

    Where `positive` is not, the figure is left empty.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    factor: str = ""
    over: str = ""
    positive: str = ""
    least: bool = False
    share: float = 1.0  # of `minus`
    optional: tuple[str, ...] = ()  # parts that need not be there

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.plus, *self.minus, *filter(None, (self.factor, self.over)))

    def without(self, absent: Callable[[str], bool]) -> Total:
        """The same without the parts that need not be there and are not."""
        gone = [part for part in self.optional if absent(part)]
        return replace(
            self, minus=tuple(p for p in self.minus if p not in gone), factor="" if self.factor in gone else self.factor
        )

    def value(self, of: Callable[[str], float]) -> float | str:
        """The value; empty text where there is none."""
        if self.positive and of(self.positive) <= 0:
            return ""
        plus = [of(item) for item in self.plus]
        if self.least:
            return min(plus)
        if self.over:
            return sum(plus) / of(self.over)
        return (of(self.factor) if self.factor else 1.0) * (sum(plus) - self.share * sum(map(of, self.minus)))

    def text(self, cell: Callable[[str], str]) -> str:
        """The formula without its equals sign."""
        worked = self._text(cell)
        return f'IF({cell(self.positive)}<=0,"",{worked})' if self.positive else worked

    def _text(self, cell: Callable[[str], str]) -> str:
        plus = [cell(item) for item in self.plus]
        if self.least:
            return f"MIN({','.join(plus)})"
        if self.over:
            return f"({_sum(plus)})/{cell(self.over)}"
        times = "" if self.share == 1.0 else f"{self.share!r}*"
        text = _sum(plus) + "".join(f"-{times}{cell(item)}" for item in self.minus)
        return f"{cell(self.factor)}*({text})" if self.factor else text


TOTALS: dict[str, dict[str, Total]] = {
    "S05": {
        **{module: Total(items, (DIVERSIFICATION[module],)) for module, items in MODULES.items()},
        "loss_absorption": Total(("loss_absorption_uncapped", "loss_absorption_cap"), least=True),
        UNDISCOUNTED: Total(tuple(MODULES), ("diversification", "loss_absorption")),
        "quantified_mc": Total(
            tuple(MODULES), ("diversification", "loss_absorption"), "size_coefficient", optional=("size_coefficient",)
        ),
        "additional_capital": Total(SURCHARGES),
        "minimum_capital": Total(
            ("quantified_mc", "control_risk_mc", "additional_capital"),
            ("relief_minimum_capital",),
            optional=("relief_minimum_capital",),
        ),
    },
    "S02": {
        "net_asset_adjustments": Total(ADJUSTMENTS),
        "core_tier1": Total(
            ("net_assets", "net_asset_adjustments"), ("core_tier1_over_limit",), optional=("core_tier1_over_limit",)
        ),
        "core_tier2": Total(CORE_TIER2, ("core_tier2_over_limit",)),
        "supplementary_tier1": Total(SUPPLEMENTARY_TIER1, ("supplementary_tier1_over_limit",)),
        "supplementary_tier2": Total(SUPPLEMENTARY_TIER2, ("supplementary_tier2_over_limit",)),
        "actual_capital": Total(TIERS),
    },
    "S01": {
        "actual_capital": Total(TIERS),
        "quantified_mc": Total(tuple(MODULES), ("diversification", "loss_absorption")),
        "minimum_capital": Total(("quantified_mc", "control_risk_mc", "additional_capital")),
        "core_surplus": Total(CORE, (MINIMUM,), positive=MINIMUM),
        "core_ratio": Total(CORE, over=MINIMUM, positive=MINIMUM),
        "comprehensive_surplus": Total(ALL, (MINIMUM,), positive=MINIMUM),
        "comprehensive_ratio": Total(ALL, over=MINIMUM, positive=MINIMUM),
    },
}


def parts_first(items: Sequence[str], sheet: str) -> list[str]:
    """The items with the parts of a total before it, so that a total is made of what is printed."""
    done: list[str] = []

    def add(item: str) -> None:
        total = TOTALS[sheet].get(item)
        for part in total.parts if total else ():
            if part in items and part not in done:
                add(part)
        if item not in done:
            done.append(item)

    for item in items:
        add(item)
    return done


def _sum(cells: list[str]) -> str:
    """A SUM over neighbours, else plus signs."""
    rows = [int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for cell in cells]
    if len(cells) > 2 and rows == list(range(rows[0], rows[0] + len(cells))):
        return f"SUM({cells[0]}:{cells[-1]})"
    return "+".join(cells)
