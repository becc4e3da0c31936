"""Measurement units: present values typed or discounted, and what each adverse scenario adds (rule 5, articles 6-14, 17-22)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule05_life_insurance_risk.flows import UNITS, Discounted, from_flows

LOSS, LAPSE, EXPENSE = "life_loss_mc", "life_lapse_mc", "life_expense_mc"
BASE, WITH_CASH_VALUE, UP, DOWN, MASS = "base", "base_with_cash_value", "lapse_up", "lapse_down", "mass_lapse"
TYPES = ("type_1", "type_2")
# what is a scenario of one item: item -> sub-risk
PLAIN = {
    "mortality": LOSS, "mortality_catastrophe": LOSS, "longevity": LOSS, "morbidity_rate": LOSS, "morbidity_trend": LOSS,
    "medical": LOSS, "other_loss": LOSS, "expense": EXPENSE,
}  # fmt: skip
COMPANY_WIDE = ("mortality_catastrophe", MASS)  # all policies are one unit (articles 10, 22)
SCENARIOS = (BASE, *PLAIN, UP, DOWN, MASS, WITH_CASH_VALUE)
SUB_RISK_OF = {**PLAIN, **{f"lapse_{name}": LAPSE for name in TYPES}, MASS: LAPSE}
ITEMS = tuple(SUB_RISK_OF)


@dataclass(frozen=True, eq=False)
class UnitAmounts:
    """What the units of n cases bear by item (CNY, NaN for a case without), and for which cases they say it.

    base: their base present values (CNY), by the label of the row in LifeUnits.
    """

    amounts: dict[str, Array]
    said: dict[str, Array]
    base: pd.Series


def unit_amounts(portfolio: Portfolio, typed: dict[str, Array]) -> UnitAmounts:
    """Capital by item of the units of each case; adds the charge of every unit to the portfolio and reports what is wrong.

    typed: item -> (n,), which cases type the item in IR05: there a present value that no unit of the case gives may be
    missing. Per unit nothing is below zero; mortality catastrophe and mass lapse are taken over all units together.
    """
    discounted = from_flows(portfolio, SCENARIOS)
    if UNITS not in portfolio.tables:
        return UnitAmounts({}, {}, pd.Series(dtype=float))
    frame = portfolio.tables[UNITS]
    ids = frame["id"].astype(object).to_numpy()
    portfolio.report(
        UNITS, frame.duplicated(["case", "id"]).to_numpy() & pd.notna(ids), "id", "doubled", "计量单元编号重复", "two units have this id", ids,
        article="规则第5号第七条",
    )  # fmt: skip
    made = _Units(portfolio, frame, _present_values(portfolio, frame, discounted), discounted)
    made.report_missing(BASE, np.zeros(len(frame), bool))
    for item in PLAIN:
        made.plain(item, typed[item])
    made.lapse(typed["lapse_type_1"] | typed["lapse_type_2"])
    made.mass_lapse(typed[MASS])
    return UnitAmounts(made.amounts, made.said, pd.Series(made.base, index=frame.index))


def _present_values(portfolio: Portfolio, frame: pd.DataFrame, discounted: Discounted | None) -> dict[str, Array]:
    """By scenario: the discounted value, else the typed one; NaN for none, −inf where the unit does not bear the risk."""
    values = {scenario: frame[f"pv_{scenario}"].to_numpy() for scenario in SCENARIOS}
    if discounted is None:
        return values
    for place, scenario in enumerate(SCENARIOS):
        given, found = values[scenario], discounted.values[:, place]
        column, article = f"pv_{scenario}", "规则第5号第六条；规则第3号第十九条"
        portfolio.report(
            UNITS, discounted.given[:, place] & np.isneginf(given), column, "not_applicable", "填了不适用，却有这一情景的现金流",
            "'not applicable', yet there are cash flows of this scenario", article=article,
        )  # fmt: skip
        portfolio.report_apart(
            UNITS, column, given, found, "所填现值与现金流折现的结果不一致", "the present value typed and the one discounted differ",
            article=article, size=discounted.size[:, place],
        )  # fmt: skip
        values[scenario] = np.where(np.isnan(found), given, found)
    return values


class _Units:
    """The units of a portfolio while what they bear is worked out."""

    def __init__(
        self, portfolio: Portfolio, frame: pd.DataFrame, values: dict[str, Array], discounted: Discounted | None
    ):
        self.portfolio, self.frame, self.values, self.discounted = portfolio, frame, values, discounted
        self.case = frame["case"].to_numpy()
        self.base = values[BASE]
        self.with_units = np.zeros(portfolio.size, bool)
        self.with_units[self.case] = True
        self.amounts: dict[str, Array] = {}
        self.said: dict[str, Array] = {}

    def plain(self, item: str, typed: Array) -> None:
        """A risk of one scenario."""
        left = self._left_to_form(typed, item)
        self.report_missing(item, left)
        adverse = self.values[item]
        self._add(item, ~np.isneginf(adverse) & ~left, adverse, self.base, item)
        self.said[item] = self.with_units & ~self._cases(left)

    def lapse(self, typed: Array) -> None:
        """Lapse rates: of each unit the worse side, by type of product (article 21; rule 6, article 34)."""
        up, down = self.values[UP], self.values[DOWN]
        left = self._left_to_form(typed, UP, DOWN)
        for side, values, other in ((UP, up, down), (DOWN, down, up)):
            self.report_missing(side, left)
            self._report(
                np.isneginf(values) & np.isfinite(other), f"pv_{side}", "one_side", "退保率上浮和下浮须同时填写或同时不适用",
                "lapse up and lapse down are both given or both not applicable", article="规则第5号第二十一条（三）",
            )  # fmt: skip
        bears = (np.isfinite(up) | np.isfinite(down)) & ~left
        of_type = self._lapse_type(bears)
        adverse = np.fmax(np.where(np.isneginf(up), np.nan, up), np.where(np.isneginf(down), np.nan, down))
        adverse = np.where(np.isnan(up) | np.isnan(down), np.nan, adverse)
        scenario = np.where(down > up, DOWN, UP).astype(object)
        for place, name in enumerate(TYPES):
            item = f"lapse_{name}"
            self._add(item, bears & (of_type == place), adverse, self.base, scenario)
            self.said[item] = self.with_units & ~self._cases(left)

    def mass_lapse(self, typed: Array) -> None:
        """Mass lapse of the policies with a cash value (article 22)."""
        adverse, partly = self.values[MASS], self.values[WITH_CASH_VALUE]
        blank, none, whole, some = (
            self.frame["cash_value"].isna().to_numpy(), *(is_class(self.frame, "cash_value", name) for name in ("none", "all", "some")),
        )  # fmt: skip
        left = self._left_to_form(typed, MASS)
        article = "规则第5号第二十二条"
        self.report_missing(MASS, left | none)
        bears = ~np.isneginf(adverse) & ~left & ~(none & np.isnan(adverse))
        self._report(
            bears & blank & ~np.isnan(adverse), "cash_value", "missing", "缺少评估日现金价值的情况", "whether the policies have a cash value is missing",
            article=article,
        )  # fmt: skip
        self._report(
            bears & none, f"pv_{MASS}", "without_cash_value", "现金价值为0的保单不计大规模退保，应填不适用",
            "policies without a cash value are not part of mass lapse; type 'not applicable'", article=article,
        )  # fmt: skip
        self._report(
            np.isneginf(adverse) & (whole | some), f"pv_{MASS}", "left_out", "有现金价值的保单须计入大规模退保",
            "policies with a cash value are part of mass lapse", article=article,
        )  # fmt: skip
        self._report(
            bears & some & ~np.isfinite(partly) & ~self._given(WITH_CASH_VALUE), f"pv_{WITH_CASH_VALUE}", "missing", "缺少现金价值不为0的保单的基础情景现值",
            "the base present value of the policies with a cash value is missing", article=article,
        )  # fmt: skip
        self._report(
            np.isfinite(partly) & ~some, f"pv_{WITH_CASH_VALUE}", "not_applicable", "只有部分保单有现金价值时才填",
            "given only where some of the policies have a cash value", article=article,
        )  # fmt: skip
        base = np.where(some, np.where(np.isneginf(partly), np.nan, partly), self.base)
        self._add(MASS, bears & ~none, adverse, base, MASS)
        self.said[MASS] = self.with_units & ~self._cases(left)

    def report_missing(self, scenario: str, left: Array) -> None:
        """A present value that is neither typed nor discounted."""
        column = f"pv_{scenario}"
        if scenario == BASE:
            zh, en = (
                "缺少基础情景现值：填写，或给出现金流",
                "the base present value is missing: type it or give cash flows",
            )
        else:
            zh = "缺少不利情景现值：填写、给出现金流，或填“不适用”"
            en = "the present value is missing: type it, give cash flows, or type 'not applicable'"
        blank = np.isnan(self.values[scenario]) & ~left & ~self._given(scenario)
        self._report(blank, column, "missing", zh, en, article="规则第5号第六条")

    def _report(
        self, rows: Array, column: str, code: str, zh: str, en: str, found: Array | None = None, **rest: str
    ) -> None:
        self.portfolio.report(UNITS, rows, column, code, zh, en, found, **rest)

    def _given(self, scenario: str) -> Array:
        """Units with cash flows of a scenario, also such as could not be discounted and were told of."""
        if self.discounted is None:
            return np.zeros(len(self.frame), bool)
        return np.asarray(self.discounted.given[:, SCENARIOS.index(scenario)])

    def _cases(self, rows: Array) -> Array:
        found = np.zeros(self.portfolio.size, bool)
        found[self.case[rows]] = True
        return found

    def _left_to_form(self, typed: Array, *scenarios: str) -> Array:
        """Rows of cases that type the item in IR05 and give no present value of it at all."""
        given = np.logical_or.reduce([~np.isnan(self.values[s]) | self._given(s) for s in scenarios])
        return np.asarray((typed & ~self._cases(given))[self.case])

    def _lapse_type(self, bears: Array) -> Array:
        """Place in `TYPES` of each unit, -1 where it is missing."""
        portfolio, rulebook = self.portfolio, self.portfolio.rulebook
        first, second = (is_class(self.frame, "lapse_type", name) for name in TYPES)
        if portfolio.insurer_type == "reinsurer":
            only = rulebook.members("lapse_type.reinsurer")
            self._report(
                second, "lapse_type", "not_allowed", "寿险再保险业务的退保率风险适用类型Ⅰ", "lapse risk of life reinsurance takes type I",
                self.frame["lapse_type"].astype(object).to_numpy(), allowed="、".join(only), allowed_en=", ".join(only), article="规则第6号第三十四条",
            )  # fmt: skip
            return np.full(len(self.frame), TYPES.index(only[0]))
        at_once = rulebook.members("lapse_type.always_2")
        self._report(
            bears & ~first & ~second,
            "lapse_type",
            "missing",
            "缺少退保率风险产品类型",
            "the type for lapse risk is missing",
            article="规则第5号第二十一条（一）",
        )
        self._report(
            first & is_class(self.frame, "product_class", *at_once), "lapse_type", "not_allowed", "含万能、投资连结、变额年金等产品的单元归属类型Ⅱ",
            "a unit with universal life, unit-linked or variable annuities is of type II", self.frame["lapse_type"].astype(object).to_numpy(),
            allowed="type_2", allowed_en="type_2", article="规则第5号第二十一条（一）",
        )  # fmt: skip
        return np.select([first, second], [0, 1], -1)

    def _add(self, item: str, bears: Array, adverse: Array, base: Array, scenario: str | Array) -> None:
        """The charge of the units that bear an item, and the amount of each case."""
        rows = np.flatnonzero(bears)
        with np.errstate(invalid="ignore"):
            change = adverse[rows] - base[rows]
        capital = change if item in COMPANY_WIDE else np.maximum(change, 0)
        case = self.case[rows]
        total = self.portfolio.sum_by_case(capital, case)
        self.amounts[item] = np.maximum(total, 0)
        if not len(rows):
            return
        table = pd.DataFrame(
            {
                "case": case, "line": self.frame["line"].to_numpy()[rows], "exposure": base[rows], "pv_adverse": adverse[rows],
                "scenario": scenario if isinstance(scenario, str) else scenario[rows], "rf0": np.nan, "rf0_row": -1, "rf": np.nan, "rf_uncapped": np.nan,
                "minimum_capital": capital,
            },
            index=self.frame.index[rows],
        )  # fmt: skip
        self.portfolio.charges.append(Charge(UNITS, SUB_RISK_OF[item], item, table))
