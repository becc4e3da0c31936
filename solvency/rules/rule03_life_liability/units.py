"""Liability units: present values typed, discounted or from LifeUnits, TVOG, and what else form L01 adds up (articles 5 to 8, 20, 23)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, first_of_each, is_class
from solvency.rules.rule03_life_liability.flows import FLOWS, SIDES, UNITS, Discounted, from_flows
from solvency.rules.rule05_life_insurance_risk.bases import AFTER, BEFORE
from solvency.rules.rule05_life_insurance_risk.flows import UNITS as LIFE_UNITS
from solvency.rules.rule05_life_insurance_risk.form import UnitsOfBasis
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.tables.positions.spec import position_tables

BOOK = ("book_best_estimate", "book_risk_margin", "book_residual_margin", "cash_value", "account_value")


@dataclass(frozen=True, eq=False)
class LiabilityUnits:
    """The units of n cases. lines: unit by unit, labelled as LifeLiabilities: `case`, `line`, `account` (code of L01's columns), amounts (CNY),
    NaN where unknown; `tvog_row` the row of the factor's table. of_life_units: label in LifeUnits -> place among the lines, -1 for none.
    told: (n,) which cases have an error that leaves an amount unknown."""

    lines: pd.DataFrame
    of_life_units: pd.Series
    told: Mask


class _Reporter:
    """Reports problems of the units and remembers which cases have one."""

    def __init__(self, portfolio: Portfolio, frame: pd.DataFrame):
        self.portfolio, self.frame, self.case = portfolio, frame, frame["case"].to_numpy()
        self.told = np.zeros(portfolio.size, bool)

    def error(
        self, rows: Mask, column: str, code: str, zh: str, en: str, found: Array | None = None, article: str = ""
    ) -> None:
        self.told[self.case[rows]] = True
        self.portfolio.report(UNITS, rows, column, code, zh, en, found, article=article)

    def missing(self, rows: Mask, column: str, zh: str, en: str, article: str = "") -> None:
        self.error(rows, column, "missing", zh, en, article=article)

    def agree(
        self, column: str, typed: Array, worked: Array, size: Array, zh: str, en: str, article: str, other: tuple[str, str, Array] | None = None,
    ) -> None:  # fmt: skip
        """Two figures of one amount that differ by more than rounding: an error naming both, a warning under other rules."""
        self.portfolio.report_apart(
            UNITS, column, typed, worked, zh, en, article=article, size=np.nan_to_num(size), other=other
        )


def liability_units(portfolio: Portfolio) -> LiabilityUnits | None:
    """Every unit with its present values, TVOG and best estimate before and after reinsurance; None without LifeLiabilities."""
    if UNITS not in portfolio.tables:
        if FLOWS in portfolio.tables:
            case = portfolio.tables[FLOWS]["case"].to_numpy()
            portfolio.report(
                FLOWS, first_of_each(case, portfolio.size), "unit", "unknown_unit", "没有 LifeLiabilities 表，无法确定计量单元",
                "there is no table LifeLiabilities that names the units", article="规则第3号第五条",
            )  # fmt: skip
        return None
    frame = portfolio.tables[UNITS]
    check = _Reporter(portfolio, frame)
    ids = frame["id"].astype(object).to_numpy()
    check.error(
        frame.duplicated(["case", "id"]).to_numpy() & pd.notna(ids), "id", "doubled", "计量单元编号重复", "two units have this id", ids,
        article="规则第3号第五条",
    )  # fmt: skip
    ceded = is_class(frame, "ceded", "yes")
    for name in ("pv", "reserves", "tvog", "risk_margin"):
        typed = frame[f"{name}_after"].to_numpy()
        check.error(
            ~ceded & frame["ceded"].notna().to_numpy() & ~np.isnan(typed), f"{name}_after", "not_ceded", "没有分出的单元，分保后各列留空",
            "the unit is not reinsured; its columns after reinsurance stay blank", typed, article="规则第3号第六条",
        )  # fmt: skip
    flows = from_flows(portfolio, frame, ceded)
    place, base, source = _of_life_units(check, ids)
    accounts = list(portfolio.rulebook.classes["life_account"])
    lines = {
        "case": check.case, "line": frame["line"].to_numpy(), "account": pd.Categorical(frame["account"], accounts).codes,
        **_present_values(check, flows, ceded, base, source), **_time_values(check, flows, ceded),
    }  # fmt: skip
    for side in SIDES:
        lines[f"best_estimate_{side}"] = lines[f"pv_{side}"] + lines[f"tvog_{side}"]
        check.told[check.case[np.isnan(lines[f"best_estimate_{side}"])]] = True  # whatever is wrong was told of
    lines |= _margins(check, ceded) | _beside(check)
    return LiabilityUnits(pd.DataFrame(lines, index=frame.index), place, check.told)


def _of_life_units(check: _Reporter, ids: Array) -> tuple[pd.Series, dict[str, Array], dict[str, Array]]:
    """Where each row of LifeUnits stands among the lines; by line, before and after, the base present values of LifeUnits and their lines there."""
    portfolio = check.portfolio
    base = {side: np.full(len(ids), np.nan) for side in SIDES}
    source = {side: np.full(len(ids), -1) for side in SIDES}
    if LIFE_UNITS not in portfolio.tables:
        return pd.Series(dtype=int), base, source
    life = portfolio.tables[LIFE_UNITS]
    named = np.flatnonzero(pd.notna(ids))
    within = match_ids(life["case"].to_numpy(), life["id"], check.case[named], ids[named]).index
    place = pd.Series(np.where(within >= 0, np.append(named, -1)[within], -1), index=life.index)
    with_lines = np.zeros(portfolio.size, bool)
    with_lines[check.case] = True
    portfolio.report(
        LIFE_UNITS, (place.to_numpy() < 0) & life["id"].notna().to_numpy() & with_lines[life["case"].to_numpy()], "id", "unknown_unit",
        "LifeLiabilities 中没有这一计量单元", "there is no such unit in LifeLiabilities", life["id"].astype(object).to_numpy(), article="规则第3号第五条",
    )  # fmt: skip
    for side, basis in zip(SIDES, (BEFORE, AFTER), strict=True):
        known = portfolio.kept.get(basis)
        if isinstance(known, UnitsOfBasis):
            at = place.loc[known.units.base.index].to_numpy()
            base[side][at[at >= 0]] = known.units.base.to_numpy()[at >= 0]
            source[side][at[at >= 0]] = life["line"].loc[known.units.base.index].to_numpy()[at >= 0]
    return place, base, source


def _present_values(
    check: _Reporter, flows: Discounted, ceded: Mask, base: dict[str, Array], source: dict[str, Array]
) -> dict[str, Array]:
    """PV of the flows on each side: discounted, typed, or the base of LifeUnits; what is there twice must agree."""
    frame = check.frame
    found: dict[str, Array] = {}
    article = "规则第3号第八、十九条"
    for side in SIDES:
        column = f"pv_{side}"
        typed, worked, size = frame[column].to_numpy(), flows.values[column], flows.size[column]
        check.agree(
            column, typed, worked, size, "所填现值与现金流折现的结果不一致", "the present value typed and the one discounted differ", article,
        )  # fmt: skip
        value = np.where(np.isnan(worked), typed, worked)
        of_units, lines = base[side], source[side]
        if side == "before":
            same = np.isnan(of_units) & ~ceded
            of_units, lines = np.where(same, base["after"], of_units), np.where(same, source["after"], lines)
        check.agree(
            column, value, of_units, np.abs(of_units), "现金流现值（所填，或由 LiabilityCashFlows 折现）与 LifeUnits 的基础情景现值不一致",
            "the present value, typed or from LiabilityCashFlows, differs from the base present value of LifeUnits",
            "规则第3号第八条；规则第5号第六条", (LIFE_UNITS, "pv_base", lines),
        )  # fmt: skip
        value = np.where(np.isnan(value) & ~flows.given[column], of_units, value)
        if side == "after":
            value = np.where(ceded, value, found["pv_before"])
            blank = ceded & np.isnan(value) & ~flows.given[column]
            zh, en = "缺少分保后现金流现值", "the present value after reinsurance is missing"
        else:
            blank = np.isnan(value) & ~flows.given[column]
            zh, en = "缺少分保前现金流现值", "the present value before reinsurance is missing"
        check.missing(
            blank,
            column,
            f"{zh}：填写，或在 LiabilityCashFlows 中给出现金流",
            f"{en}: type it, or give the flows in LiabilityCashFlows",
            article,
        )
        found[column] = value
    return found


def _time_values(check: _Reporter, flows: Discounted, ceded: Mask) -> dict[str, Array]:
    """PV of account reserves × factor on each side, or TVOG as typed; zero for a unit that has none (article 20, annex 5)."""
    frame, rulebook = check.frame, check.portfolio.rulebook
    article = "规则第3号第二十条，附件5"
    rate = frame["guaranteed_rate"].to_numpy()
    owes = is_class(frame, "account", *rulebook.members("tvog.accounts"))
    owes |= is_class(frame, "product_class", *rulebook.members("tvog.product_classes"))
    bears = owes | np.isfinite(rate)
    check.missing(
        owes & np.isnan(rate),
        "guaranteed_rate",
        "缺少保证利率水平，无法确定 TVOG 因子",
        "the guaranteed rate is missing, so no TVOG factor can be found",
        article,
    )
    check.error(
        owes & np.isneginf(rate), "guaranteed_rate", "not_applicable", "分红险、万能险和变额年金须计算 TVOG，不能填不适用",
        "participating and universal business and variable annuities have a TVOG; 'not applicable' is not allowed", article=article,
    )  # fmt: skip
    table = rulebook.table("tvog.factor")
    known = np.where(np.isfinite(rate), rate, np.nan)
    located = table.locate({"guaranteed_rate": known}, len(rate))
    factor = table.values(located, {"guaranteed_rate": known})
    found = {"guaranteed_rate": known, "tvog_factor": factor, "tvog_row": located}
    for side in SIDES:
        name, column = f"reserves_{side}", f"tvog_{side}"
        typed, worked, given = frame[name].to_numpy(), flows.values[name], flows.given[name]
        check.agree(
            name, typed, worked, flows.size[name], "所填 PV（账户准备金）与折现的结果不一致",
            "the PV of account reserves typed and the one discounted differ", article,
        )  # fmt: skip
        reserves = np.where(np.isnan(worked), typed, worked)
        if side == "after":
            reserves = np.where(ceded, reserves, found["reserves_before"])
        needed = bears & (ceded | (side == "before"))
        value = frame[column].to_numpy()
        check.error(
            ~bears & (np.isfinite(reserves) | given), name, "no_rate", "填了账户准备金而没有保证利率水平", "there are account reserves, but no guaranteed rate",
            article=article,
        )  # fmt: skip
        check.missing(
            needed & np.isfinite(rate) & np.isnan(reserves) & ~given & np.isnan(value), name, "缺少 PV（账户准备金）：填写，或在 LiabilityCashFlows 中给出账户准备金",
            "the PV of account reserves is missing: type it, or give the reserves in LiabilityCashFlows", article,
        )  # fmt: skip
        made = reserves * factor
        check.agree(
            column,
            value,
            made,
            np.abs(made),
            "所填 TVOG 与按因子计算的不一致",
            "the TVOG typed and the one by the factor differ",
            article,
        )
        amount = np.where(np.isnan(made), value, made)
        if side == "after":
            amount = np.where(ceded, amount, found["tvog_before"])
        found |= {name: reserves, column: np.where(bears | np.isfinite(value), amount, 0.0)}
    return found


def _margins(check: _Reporter, ceded: Mask) -> dict[str, Array]:
    """Risk margins as typed: of all units of a case or of none; by another method of all."""
    frame, size = check.frame, check.portfolio.size
    other = is_class(frame, "risk_margin_method", "other")
    mixed = _some(check.case[other], size) & _some(check.case[~other], size)
    check.error(
        other & mixed[check.case], "risk_margin_method", "mixed", "一家公司各计量单元的风险边际方法须一致",
        "all units of a company take one method of the risk margin", article="规则第3号第二十一条",
    )  # fmt: skip
    found: dict[str, Array] = {"other_method": other}
    for side in SIDES:
        column = f"risk_margin_{side}"
        typed = frame[column].to_numpy()
        if side == "after":
            typed = np.where(ceded, typed, found["risk_margin_before"])
        some = _some(check.case[~np.isnan(typed)], size)
        own = ceded if side == "after" else np.ones(len(typed), bool)
        check.missing(
            np.isnan(typed) & own & (other | some[check.case]), column, "缺少风险边际：其他方法须逐单元填写；填了一个单元就要填全部单元",
            "the risk margin is missing: another method needs it of every unit, and once one unit has it every unit needs it", "规则第3号第二十一、二十二条",
        )  # fmt: skip
        found[column] = typed
    return found


def _beside(check: _Reporter) -> dict[str, Array]:
    """Deposits (article 23), and rows 2 to 4 of L01: of all units of a case or of none."""
    frame, size = check.frame, check.portfolio.size
    deposits = frame["policyholder_deposits"].to_numpy()
    check.missing(
        np.isnan(deposits) & is_class(frame, "account", "universal"), "policyholder_deposits", "缺少列报为保户储金及投资款的部分；没有请填 0",
        "what is shown as policyholder deposits is missing; type 0 if there is none", "规则第3号第二十三条",
    )  # fmt: skip
    found = {"policyholder_deposits": np.nan_to_num(deposits)}
    for column in BOOK:
        typed = frame[column].to_numpy()
        some = _some(check.case[~np.isnan(typed)], size)
        label = position_tables()[UNITS].column(column)
        check.missing(
            np.isnan(typed) & some[check.case], column, f"其他计量单元填了{label.zh}，这一单元没有；没有请填 0",
            f"other units have {label.en.lower()}, this one has not; type 0 if there is none", "附件9 L01",
        )  # fmt: skip
        found[column] = typed
    return found


def _some(cases: Array, size: int) -> Mask:
    found = np.zeros(size, bool)
    found[cases] = True
    return found
