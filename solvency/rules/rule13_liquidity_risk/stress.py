"""The mandatory stress scenario of annex 6: cash flows worked out from those of the base scenario (rule 13, annex 1, part 七)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.statements import tell
from solvency.rules.rule13_liquidity_risk.cash_flows import (
    FLOWS,
    LEFT_OUT,
    OWED,
    RECOVERED,
    SHORT_TERM,
    columns,
    place_of_lines,
    quarters,
)
from solvency.rules.rule13_liquidity_risk.forms import Form, missing, read_form, remark
from solvency.tables.positions.spec import position_tables

SHEET = "LRStress"
ARTICLE = "银保监发〔2021〕52号附件6"
COMMITTED = "committed_investments"
# what each type of insurer states
INPUTS: Mapping[str, tuple[str, ...]] = {
    "property": ("last_year_premium", "earned_premium_base", "earned_premium_stress", "reinsurance_stress"),
    "life": (
        "new_premium", "last_year_new_premium", "new_deposits", "last_year_new_deposits", "surrender_rate", "surrenders",
        "deposit_surrenders", "maturing_principal", "maturing_interest",
    ),
    "reinsurer": ("assumed_claims", "confirmed_bills"),
}  # fmt: skip
EARNED = ("earned_premium_base", "earned_premium_stress")
# inputs that are part of a line of the base scenario
WITHIN: Mapping[str, str] = {
    "new_premium": "premiums_received",
    "surrenders": "claims_paid",
    "maturing_principal": "principal_received",
    "maturing_interest": "interest_received",
    "assumed_claims": "claims_paid",
}


def inputs_of(insurer_type: str, rulebook: Rulebook) -> tuple[str, ...]:
    """The inputs that a type of insurer needs under the readings taken."""
    of_outflows = rulebook.reading("stressed_combined_ratio") == "of_base_outflows"
    own = [name for name in INPUTS[insurer_type] if not (of_outflows and name in EARNED)]
    return (COMMITTED, *own)


def mandatory_flows(
    base: Mapping[str, Array], inputs: Mapping[str, Array], insurer_type: str, rulebook: Rulebook
) -> dict[str, Array]:
    """The lines of the mandatory stress scenario (annex 6; annex 1, part 七).

    base: line of form LR1 -> (quarters, n), CNY, every line that is no total; short-term financing may stand either way. inputs:
    the columns of table LRStress that `inputs_of` names -> (quarters, n), CNY, `surrender_rate` by the year. Returns the lines,
    each (quarters, n): investment payments that are owed stand in `investments_paid`, and of what is received from investments
    only principal and interest are kept. NaN where premium earned in the
    base scenario or the surrender rate leaves a quotient undefined.
    """
    flows = {**base, **_OF_TYPE[insurer_type](base, inputs, rulebook)}
    nothing = np.zeros_like(inputs[COMMITTED])
    flows |= dict.fromkeys((*LEFT_OUT, *OWED), nothing)
    flows["investments_paid"] = inputs[COMMITTED]
    flows["investments_recovered"] = flows["principal_received"] + flows["interest_received"]
    received, paid = (base[item] for item in SHORT_TERM)
    balance = np.minimum(np.cumsum(received - paid, axis=0), 0.0)  # over that of the report date
    net = np.diff(balance, axis=0, prepend=np.zeros_like(balance[:1]))
    flows |= zip(SHORT_TERM, (np.maximum(net, 0.0), np.maximum(-net, 0.0)), strict=True)
    return flows


def stressed_surrender_rate(rate: Array, rulebook: Rulebook) -> Array:
    """The surrender rate under stress, by the year (annex 6, 二（二）)."""
    named = ("surrender_rate", "surrender_multiple", "surrender_most")
    least, multiple, most = (rulebook.value(f"cash_stress.life.{name}") for name in named)
    return np.asarray(np.maximum(least, np.minimum(rate * multiple, most)))


def _property(base: Mapping[str, Array], inputs: Mapping[str, Array], rulebook: Rulebook) -> dict[str, Array]:
    cost = np.full_like(inputs[COMMITTED], rulebook.value("cash_stress.property.combined_ratio"))
    if rulebook.reading("stressed_combined_ratio") == "of_earned_premium":
        before = inputs["earned_premium_base"]
        cost = cost * inputs["earned_premium_stress"] / np.where(before > 0, before, np.nan)
    lines = [
        line
        for line in FLOWS["cash_outflow"]["operating_outflow"]
        if line != "taxes_paid" or rulebook.reading("stressed_combined_ratio_lines") == "all_operating"
    ]
    return {
        **{line: base[line] * cost for line in lines},
        "premiums_received": inputs["last_year_premium"] * (1 - rulebook.value("cash_stress.property.premium_fall")),
        "reinsurance_received": inputs["reinsurance_stress"],
    }


def _life(base: Mapping[str, Array], inputs: Mapping[str, Array], rulebook: Rulebook) -> dict[str, Array]:
    left, lost = (
        1 - rulebook.value("cash_stress.life.new_premium_fall"),
        rulebook.value("cash_stress.life.not_recovered"),
    )
    rate = inputs["surrender_rate"]
    paid = (inputs["surrenders"] != 0) | (inputs["deposit_surrenders"] != 0)
    more = np.where(paid, stressed_surrender_rate(rate, rulebook) / np.where(rate > 0, rate, np.nan) - 1, 0.0)
    return {
        "premiums_received": base["premiums_received"] - inputs["new_premium"] + left * inputs["last_year_new_premium"],
        "policyholder_deposits": base["policyholder_deposits"] - inputs["new_deposits"] + left * inputs["last_year_new_deposits"]
        - more * inputs["deposit_surrenders"],
        "claims_paid": base["claims_paid"] + more * inputs["surrenders"],
        "principal_received": base["principal_received"] - lost * inputs["maturing_principal"],
        "interest_received": base["interest_received"] - lost * inputs["maturing_interest"],
    }  # fmt: skip


def _reinsurer(base: Mapping[str, Array], inputs: Mapping[str, Array], rulebook: Rulebook) -> dict[str, Array]:
    more, lost = (rulebook.value(f"cash_stress.reinsurer.{name}") for name in ("claims_increase", "not_collected"))
    return {
        "claims_paid": base["claims_paid"] + more * inputs["assumed_claims"],
        "reinsurance_received": base["reinsurance_received"] - lost * inputs["confirmed_bills"],
    }


_OF_TYPE = {"property": _property, "life": _life, "reinsurer": _reinsurer}


def derive(portfolio: Portfolio, form: Form, lines: Array) -> tuple[Array, Mask]:
    """Lines of LR1 with the mandatory scenario worked out where it was left blank and LRStress is filled; and where it was.

    A scenario that was typed stands as it is. Problems are collected.
    """
    size = portfolio.size
    stated = read_form(portfolio, SHEET)
    if stated is None:
        return lines, np.zeros(size, bool)
    among, base_columns = quarters("mandatory"), quarters("base")
    typed = ~np.isnan(lines[:, among]).all(axis=(0, 1))
    wanted = stated.present & ~typed & ~np.isnan(lines[:, base_columns]).all(axis=(0, 1))
    remark(
        portfolio, stated, stated.present & ~wanted, "q1", COMMITTED, "stress_inputs_unused",
        "LRStress 未使用：LR1 已填必测压力情景，或没有基本情景",
        "LRStress is not used: LR1 has a mandatory scenario of its own, or no base scenario", ARTICLE,
    )  # fmt: skip
    needed = inputs_of(portfolio.insurer_type, portfolio.rulebook)
    _tell_inputs(portfolio, stated, wanted, needed)
    base = {item: np.nan_to_num(lines[place][base_columns]) for item, place in place_of_lines().items()}
    sound = wanted & ~_tell_base(portfolio, form, stated, lines, base, wanted)
    inputs = {name: np.nan_to_num(stated.values[name]) for name in needed}
    with np.errstate(invalid="ignore"):
        flows = mandatory_flows(base, inputs, portfolio.insurer_type, portfolio.rulebook)
    leaves = {item for sections in FLOWS.values() for items in sections.values() for item in items}
    leaves |= set(RECOVERED)
    undefined = sound & np.any([np.isnan(flows[item]).any(axis=0) for item in leaves], axis=0)
    _tell_undefined(portfolio, stated, undefined, inputs)
    made, derived = lines.copy(), sound & ~undefined
    for item in leaves:
        line = place_of_lines()[item]
        made[line, among] = np.where(derived, flows[item], made[line, among])
    return made, derived


def _tell_inputs(portfolio: Portfolio, stated: Form, wanted: Mask, needed: tuple[str, ...]) -> None:
    """Blank cells that are needed, and filled ones of another type of insurer."""
    for column in stated.values:
        values = stated.values[column]
        for place, row in enumerate(stated.rows):
            if column in needed:
                missing(portfolio, stated, wanted & np.isnan(values[place]), row.item, column)
            else:
                remark(
                    portfolio, stated, wanted & ~np.isnan(values[place]), row.item, column, "input_unused", "这类公司不使用该参数",
                    "this input is not used for this type of insurer, or under this reading", ARTICLE,
                )  # fmt: skip


def _tell_base(
    portfolio: Portfolio, form: Form, stated: Form, lines: Array, base: Mapping[str, Array], wanted: Mask
) -> Mask:
    """Base scenarios from which nothing can be derived: totals without their lines, and parts larger than their line."""
    at, places = place_of_lines(), quarters("base")
    wrong = np.zeros(portfolio.size, bool)
    for sections in FLOWS.values():
        for section, items in sections.items():
            for place in places:
                bare = np.isnan(lines[[at[item] for item in items], place]).all(axis=0)
                alone = wanted & bare & (np.nan_to_num(lines[at[section], place]) != 0)
                missing(portfolio, form, alone, items[0], columns()[place])
                wrong |= alone
    for place in places:
        parts = np.isnan(lines[[at[item] for item in RECOVERED], place])
        alone = wanted & parts.all(axis=0) & (np.nan_to_num(lines[at["investments_recovered"], place]) != 0)
        missing(portfolio, form, alone, "principal_received", columns()[place])
        wrong |= alone
    for name, line in WITHIN.items():
        if name in inputs_of(portfolio.insurer_type, portfolio.rulebook):
            for step, row in enumerate(stated.rows):
                over = wanted & (stated.values[name][step] > base[line][step] * (1 + NEAR))
                _tell_over(portfolio, stated, over, row.item, name, line)
                wrong |= over
    return wrong


def _tell_over(portfolio: Portfolio, stated: Form, over: Mask, item: str, column: str, line: str) -> None:
    row = next(row for row in position_tables()["LR1"].rows if row.item == line)
    _tell(
        portfolio, stated, over, item, column, "part_exceeds", f"大于 LR1 基本情景第{row.row}行（{row.zh}），而它是其中的一部分",
        f"is more than row {row.row} of LR1 ({row.en}) in the base scenario, of which it is a part",
    )  # fmt: skip


def _tell_undefined(portfolio: Portfolio, stated: Form, undefined: Mask, inputs: Mapping[str, Array]) -> None:
    """A quotient of annex 6 that has no denominator: the company's own projection is needed."""
    column = {"property": EARNED[0], "life": "surrender_rate"}.get(portfolio.insurer_type)
    if column is None:
        return
    for step, row in enumerate(stated.rows):
        _tell(
            portfolio, stated, undefined & ~(inputs[column][step] > 0) if column in inputs else undefined, row.item, column,
            "not_derived", "不是正数，无法推算必测压力情景，请在 LR1 自行填写", "is not positive, so the mandatory scenario cannot be derived; type it in LR1",
        )  # fmt: skip


def _tell(portfolio: Portfolio, stated: Form, cases: Mask, item: str, column: str, code: str, zh: str, en: str) -> None:
    label = position_tables()[SHEET].column(column)
    tell(
        portfolio, stated, cases, item, column, code, f"{label.zh}{zh}", f"{label.en} {en}",
        (stated.values[column][stated.place(item)],) if label.kind == "amount" else (), article=label.article,
    )  # fmt: skip
