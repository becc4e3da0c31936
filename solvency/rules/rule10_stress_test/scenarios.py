"""Scenarios: the mandatory sets of annex 4 and a company's own from YAML (rule 10, articles 10, 21-29)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from solvency.errors import DocumentError
from solvency.regulation.rulebook import Rulebook
from solvency.regulation.strict_yaml import read_yaml
from solvency.tables.exposures import AFFECTED, exposure_items
from solvency.tables.spec import UNITS, line_items

HOWS = ("multiply", "add", "set")
# risk factors: Chinese, English, and how each is changed
FACTORS: dict[str, tuple[str, str, str]] = {
    "equity_assets": ("权益类资产认可价值", "admitted value of equity assets", "multiply"),
    "risk_free_curve": ("无风险利率曲线", "risk-free curve", "add"),
    "fixed_income_default": ("固定收益类资产违约损失率", "default loss of fixed-income assets", "set"),
    "premium_income": ("保费收入", "premium income", "multiply"),
    "combined_ratio": ("综合成本率", "combined ratio", "multiply"),
    "loss_ratio": ("综合赔付率", "loss ratio", "multiply"),
    "new_business_premium": ("新单保费收入", "new business premium", "multiply"),
    "mortality_rate": ("死亡发生率", "mortality", "multiply"),
    "lapse_rate": ("退保率", "lapse rate", "multiply"),
    "morbidity_rate": ("疾病发生率", "morbidity", "multiply"),
    "expenses": ("费用发生额", "expenses", "multiply"),
    "average_bond_curve": ("750日移动平均国债收益率曲线", "750-day average government bond curve", "add"),
    "adverse_rate_parameters": ("利率风险不利情景参数", "adverse parameters of interest-rate risk", "multiply"),
}
LEVELS = (
    "combined_ratio",
    "loss_ratio",
)  # factors whose base level is an exposure, so they can also be added to or set


@dataclass(frozen=True)
class Change:
    """One change of a risk factor, an exposure or a line item. Several `values`: the one with the lower ratio is taken.

    Amounts are in yuan.
    """

    target: str
    how: str
    values: tuple[Decimal | float, ...]

    @property
    def is_item(self) -> bool:
        return self.target in AFFECTED or self.target in exposure_items()

    def value(self, choice: int = 0) -> Decimal:
        """The value as written."""
        return Decimal(str(self.values[choice]))

    def size(self, choice: int = 0) -> Decimal:
        """The move, zero meaning none: value − 1 where the factor is multiplied, else the value."""
        value = self.value(choice)
        return value - 1 if self.how == "multiply" else value

    def text(self, choice: int = 0) -> tuple[str, str]:
        """The change in words, Chinese and English."""
        value = Decimal(str(self.values[choice]))
        row = exposure_items().get(self.target) or line_items().get(self.target)
        if self.how == "multiply":
            said = f"× {_percent(value)}"
        elif FACTORS.get(self.target, ("", "", ""))[2] == "add":
            said = f"{float(value * 10_000):+g}BP"
        else:
            plain = self.is_item and row is not None and row.kind != "ratio"
            number = f"{float(value):,.15g}" + " 元" * bool(row and row.kind == "amount") if plain else _percent(value)
            said = f"= {number}" if self.how == "set" else f"{'+' if value >= 0 else ''}{number}"
        zh, en = name(self.target)
        return f"{zh} {said}", f"{en} {said}".replace("BP", "bp").replace(" 元", " yuan")


def _percent(value: Decimal) -> str:
    return f"{float(value * 100):.6g}%"


@dataclass(frozen=True)
class Scenario:
    """A named set of changes that happen together."""

    id: str
    zh: str
    en: str
    changes: tuple[Change, ...]
    mandatory: bool = False
    kind: str = ""
    article: str = ""
    document: str = ""

    def variants(self) -> Iterator[tuple[int, ...]]:
        """The combinations of choices; a scenario without a choice has one."""
        return product(*(range(len(change.values)) for change in self.changes))

    def chosen(self, choice: Sequence[int]) -> tuple[str, str]:
        """What was chosen where there was a choice."""
        texts = [c.text(i) for c, i in zip(self.changes, choice, strict=True) if len(c.values) > 1]
        return "；".join(zh for zh, _ in texts), "; ".join(en for _, en in texts)

    def describe(self) -> tuple[str, str]:
        """The changes in words, with both sides of a choice."""
        sides = [[c.text(i) for i in range(len(c.values))] for c in self.changes]
        names = [name(c.target) for c in self.changes]
        zh, en = (
            [word.join([first[k], *(text[k].removeprefix(f"{names[i][k]} ") for text in rest)])
             for i, (first, *rest) in enumerate(sides)]
            for k, word in enumerate((" 或 ", " or "))
        )  # fmt: skip
        return "；".join(zh), "; ".join(en)


def name(target: str) -> tuple[str, str]:
    if target in FACTORS:
        return FACTORS[target][:2]
    row = exposure_items().get(target) or line_items().get(target)
    return (row.zh, row.en) if row else (target, target)


def mandatory_scenarios(rulebook: Rulebook, insurer_type: str, horizon: str) -> list[Scenario]:
    """The mandatory tests in force for a type of insurer (annex 4), in the order of the annex."""
    return [
        Scenario(
            test.id, test.zh, test.en,
            tuple(Change(c.factor, "multiply" if c.how == "choose" else c.how, c.values) for c in test.changes),
            True, test.kind, test.article, str(test.document),
        )
        for test in rulebook.tests
        if test.insurer_type == insurer_type and test.horizon == horizon
    ]  # fmt: skip


def mandatory_sizes(rulebook: Rulebook) -> dict[tuple[str, int], float]:
    """The largest mandatory move of each factor by direction: (factor, +1 or −1) -> size; 0: where there is one direction."""
    sizes: dict[tuple[str, int], float] = {}
    for test in rulebook.tests:
        for change in test.changes:
            for value in change.values:
                size = float(value - 1 if change.how in ("multiply", "choose") else value)
                key = (change.factor, 1 if size > 0 else -1)
                sizes[key] = max(sizes.get(key, 0.0), size, key=abs)
    single = {(factor, 0): size for (factor, side), size in sizes.items() if (factor, -side) not in sizes}
    return sizes | single


def read_scenarios(path: str | Path) -> list[Scenario]:
    """A company's own scenarios from a YAML file: a list of `{id, zh, en, changes: [{factor|item, multiply|add|set}]}`.

    A change of an amount by add or set names its `unit` (元, 万元, 亿元). Raises DocumentError naming file and entry.
    """
    file = Path(path)
    data = read_yaml(file)
    if not isinstance(data, list) or not data:
        raise DocumentError(file.name, "", "expected a list of scenarios: - {id, zh, en, changes}")
    scenarios = [_scenario(file.name, f"[{i}]", entry) for i, entry in enumerate(data)]
    doubled = sorted({s.id for s in scenarios if sum(o.id == s.id for o in scenarios) > 1})
    if doubled:
        raise DocumentError(file.name, doubled[0], "the id stands more than once")
    return scenarios


def _scenario(file: str, entry: str, data: Any) -> Scenario:
    _keys(file, entry, data, {"id", "zh", "en", "changes"}, set())
    for key in ("id", "zh", "en"):
        if not isinstance(data[key], str) or not data[key].strip():
            raise DocumentError(file, f"{entry}.{key}", f"expected text, found {data[key]!r}")
    entry = data["id"]
    if data["id"] == "base":
        raise DocumentError(file, entry, "the id base is taken by the base scenario")
    if not isinstance(data["changes"], list) or not data["changes"]:
        raise DocumentError(file, f"{entry}.changes", "expected a list of changes")
    changes = tuple(_change(file, f"{entry}.changes[{i}]", change) for i, change in enumerate(data["changes"]))
    factors = [c.target for c in changes if not c.is_item]
    for factor in factors:
        if factors.count(factor) > 1:
            raise DocumentError(file, f"{entry}.changes", f"{factor} is changed more than once")
    return Scenario(data["id"], data["zh"], data["en"], changes, kind="scenario" if len(changes) > 1 else "sensitivity")


def _change(file: str, entry: str, data: Any) -> Change:
    _keys(file, entry, data, set(), {"factor", "item", *HOWS, "unit"})
    targets = [key for key in ("factor", "item") if key in data]
    hows = [key for key in HOWS if key in data]
    if len(targets) != 1 or len(hows) != 1:
        raise DocumentError(file, entry, f"needs one of factor, item and one of {', '.join(HOWS)}")
    target, how, value = data[targets[0]], hows[0], data[hows[0]]
    if not isinstance(target, str):
        raise DocumentError(file, f"{entry}.{targets[0]}", f"expected text, found {target!r}")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise DocumentError(file, f"{entry}.{how}", f"expected a number, found {value!r}")
    value = Decimal(value)
    if targets[0] == "item":
        _must_be_known(file, f"{entry}.item", target, [*AFFECTED, *exposure_items()])
        row = exposure_items().get(target) or line_items()[target]
        amount = row.kind == "amount" and how != "multiply"
        if amount != ("unit" in data):
            raise DocumentError(
                file, entry, "an amount needs its unit" if amount else "unit is for amounts that are added or set"
            )
        if amount:
            if data["unit"] not in UNITS:
                raise DocumentError(file, f"{entry}.unit", f"one of {', '.join(UNITS)}, found {data['unit']!r}")
            value *= UNITS[data["unit"]]
    else:
        if "unit" in data:
            raise DocumentError(file, entry, "unit is for amounts that are added or set")
        if target in FACTORS and how != FACTORS[target][2] and target not in LEVELS:
            raise DocumentError(file, entry, f"{target} is changed by {FACTORS[target][2]}, not by {how}")
        if target in AFFECTED or target in exposure_items():
            raise DocumentError(file, f"{entry}.factor", f"{target} is an item; write item: {target}")
    if how == "multiply" and value < 0:
        raise DocumentError(file, f"{entry}.multiply", f"expected 0 or more, found {value}")
    if target == "fixed_income_default" and not 0 <= value <= 1:
        raise DocumentError(file, f"{entry}.{how}", f"a default loss lies between 0 and 1, found {value}")
    return Change(target, how, (value,))


def _keys(file: str, entry: str, data: Any, required: set[str], optional: set[str]) -> None:
    if not isinstance(data, dict):
        raise DocumentError(file, entry, f"expected a mapping, found {type(data).__name__}")
    missing, unknown = sorted(required - set(data)), sorted(map(str, set(data) - required - optional))
    if missing:
        raise DocumentError(file, entry, f"missing: {', '.join(missing)}")
    if unknown:
        raise DocumentError(file, entry, f"unknown key: {', '.join(unknown)}")


def _must_be_known(file: str, entry: str, target: str, known: list[str]) -> None:
    if target not in known:
        near = get_close_matches(target, known, n=1, cutoff=0.6)
        raise DocumentError(file, entry, f"unknown: {target}" + (f"; did you mean {near[0]}?" if near else ""))
