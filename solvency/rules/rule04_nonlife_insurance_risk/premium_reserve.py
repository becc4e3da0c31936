"""Premium and reserve risk of the lines of business (rule 4, chapters 2 and 3; rule 6, articles 12 to 22; notices)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from solvency.regulation.factors import Interval
from solvency.rules.charge import Charge, Marks, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule04_nonlife_insurance_risk.company import one_row
from solvency.rules.rule04_nonlife_insurance_risk.lines import (
    Drivers,
    Lines,
    blank_if_not_applicable,
    cited,
    line_coefficients,
    on_lines,
)
from solvency.rules.rule04_nonlife_insurance_risk.rates import ends_of, rate, relative_growth, rounded
from solvency.tables.positions.spec import ChargeSpec

CORRELATION = "nonlife_premium_reserve_mc.correlation"
READINGS = ("negative_exposure", "combined_ratio_zero", "rate_rounding", "science_tech_discount", "export_credit_k")
# segments belong to one line
SEGMENTS = {
    "science_technology": "property",
    "policy_export_credit": "credit_guarantee",
    "export_credit": "credit_guarantee",
    "overseas_investment": "credit_guarantee",
    "overseas_investment_sinosure": "credit_guarantee",
}


def of_insurer(portfolio: Portfolio, name: str) -> str:
    """The factor of a type of insurer, where it has one of its own."""
    own = f"{name}.{portfolio.insurer_type}"
    return own if portfolio.rulebook.has(own) else name


def lines_of(portfolio: Portfolio, sheet: str) -> Lines:
    """The rows of IR01 or IR03 by line of business."""
    labels = portfolio.rulebook.correlation_labels(of_insurer(portfolio, CORRELATION))
    return Lines(portfolio, sheet, "business_line", labels)


def excluded(portfolio: Portfolio, group: str) -> dict[str, str]:
    """The coefficients that do not apply, and the factor that says so (rule 6, articles 12 and 18; rule 20, articles 12 and 13)."""
    names = (f"{group}.excluded.{portfolio.insurer_type}", portfolio.exclusions.get(group, ""))
    known = (name for name in names if portfolio.rulebook.has(name))
    return {coefficient: name for name in known for coefficient in portfolio.rulebook.members(name)}


def rounding_step(portfolio: Portfolio) -> Decimal | None:
    """What rates of change are rounded to before they are looked up, None for not at all."""
    rulebook = portfolio.rulebook
    if rulebook.reading("rate_rounding") == "unrounded":
        return None
    step: Decimal = rulebook.exactly().value("rate_rounding.step")
    return step


def premium(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Premium risk: the retained premium of 12 months of each line (articles 8 to 20)."""
    lines = lines_of(portfolio, sheet)
    _check_segments(lines)
    without = excluded(portfolio, spec.group)
    active = lines.some(spec.exposure)
    drivers: dict[str, tuple[Array, Array]] = {}
    if "k_combined_ratio" not in without:
        lines.require("combined_ratio", "premium.k_combined_ratio", active)
        drivers["combined_ratio"] = (blank_if_not_applicable(lines.rate("combined_ratio")), lines.place)
    if "k_combined_ratio_change" not in without:
        drivers["combined_ratio_change"] = _combined_ratio_change(lines, active)
    if "k_nonproportional" not in without:
        drivers["nonproportional_share"] = (_nonproportional_share(lines, active), lines.place)
    if "k_development_stage" not in without or "k_motor_growth" not in without:
        drivers["prior_year_premium"] = (_prior_year_premium(lines, active, "premium.k_development_stage"), lines.case)
    if "k_motor_growth" not in without:
        drivers |= _motor_growth(lines, active, drivers["prior_year_premium"][0])
    if "k_policy_agriculture" not in without:
        drivers["policy_share"] = (_policy_share(lines, active), lines.case)
    return [_charged(lines, spec, drivers, without, "unearned_premium_deviation")]


def reserve(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Reserve risk: the net claims reserve of each line (articles 21 to 33)."""
    lines = lines_of(portfolio, sheet)
    without = excluded(portfolio, spec.group)
    active = lines.some(spec.exposure)
    drivers: dict[str, tuple[Array, Array]] = {}
    if "k_run_off" not in without:
        drivers["reserve_deviation"] = _deviation(lines, active)
    if "k_development_stage" not in without:
        drivers["prior_year_premium"] = (_prior_year_premium(lines, active, "reserve.k_development_stage"), lines.case)
    if "k_policy_agriculture" not in without:
        drivers["policy_share"] = (_policy_share(lines, active, "reserve"), lines.case)
    return [_charged(lines, spec, drivers, without, "claims_reserve_deviation")]


def exposure_of(lines: Lines, values: Array) -> Array:
    """Exposures of the rows; where the reading floors them, those of a line below zero in total are nothing."""
    if lines.rulebook.reading("negative_exposure") == "literal":
        return values
    return np.where(lines.total(values)[lines.place] < 0, 0.0, values)


def _charged(
    lines: Lines, spec: ChargeSpec, drivers: Drivers, without: Mapping[str, str], deviation: str
) -> Charge:  # fmt: skip
    """The charge on every row, with the discounts of the notice on its capital."""
    portfolio, rulebook, group = lines.portfolio, lines.rulebook, spec.group
    marks = line_coefficients(lines, group, drivers, without)
    discounts: dict[str, tuple[Array, Array, str]] = {}
    science = f"{group}.discount_science_technology"
    if rulebook.has(science) and "k_science_technology" not in without:
        found = _discount(lines, science, drivers)
        if rulebook.reading("science_tech_discount") == "capital":
            discounts["k_science_technology"] = found
        else:
            within = Marks(0.0, {"k_science_technology": (found[0], science)}, {}, {"k_science_technology": found[1]})
            marks = within.beside(marks)
    redundancy = f"{group}.discount_redundancy"
    if rulebook.has(redundancy) and portfolio.insurer_type == "property" and "k_redundancy" not in without:
        business = one_row(portfolio, "Business", lines.sheet)
        some = np.bincount(lines.case, minlength=portfolio.size) > 0
        business.require(deviation, some, rulebook.factor(redundancy).citation)
        values = blank_if_not_applicable(business.values(deviation))
        discounts["k_redundancy"] = _discount(lines, redundancy, {deviation: (values, lines.case)})
    opens = dict.fromkeys(name for factor in without.values() for name in rulebook.factor(factor).variants)
    made = charge(
        lines.sheet, spec.sub_risk, group, lines.frame, rulebook, exposure_of(lines, lines.frame[spec.exposure].to_numpy()), marks,
        coefficients_of="", readings=(*READINGS, *opens), floor=False,
        regime="reinsurance_charge" if portfolio.insurer_type == "reinsurer" else "nonlife_charge",
    )  # fmt: skip
    for column, (k, _, _) in discounts.items():
        made.frame[column] = k
        for amount in ("rf", "minimum_capital"):
            made.frame[amount] = made.frame[amount].to_numpy() * (1 + k)
    return replace(
        made,
        coefficients={**made.coefficients, **{column: factor for column, (_, _, factor) in discounts.items()}},
        k_rows={**made.k_rows, **{column: row for column, (_, row, _) in discounts.items()}},
        not_applied=without,
    )


def _discount(lines: Lines, factor: str, drivers: Drivers) -> tuple[Array, Array, str]:
    """A discount on each row, the row of its table, and its factor."""
    (rows, located), k = on_lines(lines, factor, drivers)
    whole, where = np.zeros(len(lines.frame)), np.full(len(lines.frame), -1, np.int16)
    whole[rows], where[rows] = k, located
    return whole, where, factor


def _check_segments(lines: Lines) -> None:
    """A segment stands in the line it is a part of."""
    for segment, line in SEGMENTS.items():
        wrong = is_class(lines.frame, "segment", segment) & ~is_class(lines.frame, "business_line", line)
        zh, en = (lines.rulebook.classes["business_line"][line].zh, lines.rulebook.classes["business_line"][line].en)
        lines.portfolio.report(
            lines.sheet, wrong, "segment", "not_allowed", f"这一特定业务只属于{zh}；其他业务类型留空", f"this segment is part of {en} only; leave it blank on other lines",
            lines.frame["segment"].astype(object).to_numpy(), article=lines.rulebook.factor("premium.rf0").citation,
        )  # fmt: skip


def _nonproportional_share(lines: Lines, active: Array) -> Array:
    """Non-proportional premium ceded less assumed, over retained premium, of each cell (articles 10 to 18)."""
    factor = "premium.k_nonproportional"
    for column in ("nonproportional_ceded_premium", "nonproportional_assumed_premium"):
        lines.require(column, factor, active)
    figures = [lines.figure(c) for c in ("nonproportional_ceded_premium", "nonproportional_assumed_premium", "retained_premium")]  # fmt: skip
    ends = ends_of(lines.rulebook.table(factor), "nonproportional_share")
    return rate(figures, lambda ceded, assumed, retained: (ceded - assumed) / retained, ends)


def _policy_share(lines: Lines, active: Array, group: str = "premium") -> Array:
    """Policy-supported business in agricultural premium, by case (articles 14 and 27)."""
    factor = f"{group}.k_policy_agriculture"
    lines.require("policy_premium", factor, active)
    if "retained_premium" in lines.portfolio.exposures:  # of a department: not its exposure, but what the share is of
        lines.require("retained_premium", factor, active)
    figures = [lines.figure(column, "agriculture") for column in ("policy_premium", "retained_premium")]
    ends = ends_of(lines.rulebook.table(factor), "policy_share")
    share = rate(figures, lambda part, whole: part / whole, ends)
    with np.errstate(invalid="ignore"):
        beyond = (share < float(min(ends))) | (share > float(max(ends)))
    if group == "premium" and beyond.any():
        rows = lines.first & (lines.line == lines.names.index("agriculture")) & beyond[lines.case]
        lines.portfolio.report(
            lines.sheet, rows, "policy_premium", "out_of_range", "政策性农业险保费不在0与农业险保费之间",
            "policy-supported premium is not between zero and that of agriculture", article=lines.rulebook.factor(factor).citation,
        )  # fmt: skip
    return share


def _prior_year_premium(lines: Lines, active: Array, factor: str) -> Array:
    """Direct and assumed motor premium of the last financial year, by case (articles 10 and 23)."""
    lines.require("prior_year_premium", factor, active)
    ends = ends_of(lines.rulebook.table(factor), "prior_year_premium")
    same: Callable[[Array], Array] = lambda x: x  # noqa: E731
    return rate([lines.figure("prior_year_premium", "motor")], same, ends)


def _combined_ratio_change(lines: Lines, active: Array) -> tuple[Array, Array]:
    """The change of the combined ratio of motor, by case (article 10)."""
    lines.require("combined_ratio_change", "premium.k_combined_ratio_change", active)
    change = lines.of("motor", blank_if_not_applicable(lines.rate("combined_ratio_change")))
    return rounded(change, rounding_step(lines.portfolio)), lines.case


def _motor_growth(lines: Lines, active: Array, prior: Array) -> Drivers:
    """Market share and growth of motor against the industry; prior: premium of the last financial year, by case (article 10)."""
    rulebook, portfolio = lines.rulebook, lines.portfolio
    step = rounding_step(portfolio)
    factor = "premium.k_motor_growth"
    table = rulebook.table(factor)
    sizes = {row.when["prior_year_premium"] for row in table.rows if "relative_growth" in row.when}
    grown = np.zeros(portfolio.size, bool)
    for size in sizes:
        if isinstance(size, Interval):
            grown |= size.contains(prior)
    grown &= lines.of("motor", active)
    asked = np.zeros(lines.cells, bool)
    lines.of("motor", asked)[:] = grown
    article = cited(rulebook, factor, "business_line", "motor")
    industry = one_row(portfolio, "Industry", lines.sheet)
    for column in ("direct_premium", "direct_premium_prior"):
        lines.require(column, factor, asked)
    for column in ("motor_premium", "motor_premium_prior"):
        industry.require(column, grown, article)
        industry.positive(column, grown, article)
    now, before = (lines.figure(column, "motor") for column in ("direct_premium", "direct_premium_prior"))
    whole = industry.figure("motor_premium")
    share = rate([now, whole], lambda own, all_: own / all_, ends_of(table, "market_share"))
    growth = relative_growth(now, before, whole, industry.figure("motor_premium_prior"), ends_of(table, "relative_growth"), step)  # fmt: skip
    return {"market_share": (share, lines.case), "relative_growth": (growth, lines.case)}


def _deviation(lines: Lines, active: Array) -> tuple[Array, Array]:
    """The run-off deviation of motor, and of all other business, of each insurer (articles 23 to 31)."""
    factor, size = "reserve.k_run_off", lines.portfolio.size
    business = one_row(lines.portfolio, "Business", lines.sheet)
    others = np.zeros(size, bool)
    for name in lines.rulebook.table(factor).classes("business_line"):
        if name != "motor" and name in lines.names:
            others |= lines.of(name, active)
    article = cited(lines.rulebook, factor, "business_line", "motor")
    business.require("motor_reserve_deviation", lines.of("motor", active), article)
    business.require("nonmotor_reserve_deviation", others, lines.rulebook.factor(factor).citation)
    values = [business.values(column) for column in ("motor_reserve_deviation", "nonmotor_reserve_deviation")]
    where = lines.case + size * (lines.line != lines.names.index("motor"))
    return blank_if_not_applicable(np.concatenate(values)), where
