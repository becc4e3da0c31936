"""Financing credit and guarantee insurance (rule 4, chapter 4; rule 6, article 12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solvency.rules.charge import Charge, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule04_nonlife_insurance_risk.company import OneRow, one_row
from solvency.rules.rule04_nonlife_insurance_risk.lines import Drivers, Lines, line_coefficients
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve import excluded, exposure_of, rounding_step
from solvency.rules.rule04_nonlife_insurance_risk.rates import Figure, ends_of, rate, relative_growth
from solvency.tables.positions.spec import ChargeSpec

SHARES = {  # coefficient -> (driver, the part of the loan balance)
    "k_small_ticket": ("small_ticket_share", "small_ticket_balance"),
    "k_top_ten": ("top_ten_share", "top_ten_balance"),
    "k_small_enterprise": ("small_enterprise_share", "small_enterprise_balance"),
}


def loans_of(portfolio: Portfolio, sheet: str) -> Lines:
    """The rows of IR01-1 by type of loan."""
    return Lines(portfolio, sheet, "loan_type", portfolio.rulebook.factor("financing.rf0").row_keys())


def financing(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Loan balance less claims reserve of each type of loan × factor × (1 + K) (article 35)."""
    lines = loans_of(portfolio, sheet)
    without = excluded(portfolio, spec.group)
    balance, outstanding = (lines.frame[column].to_numpy() for column in (spec.exposure, "outstanding_reserve"))
    coefficients = {factor.name.rpartition(".")[2] for factor in portfolio.rulebook.coefficients(spec.group)}
    drivers = _drivers(lines) if coefficients - set(without) else {}
    made = charge(
        sheet, spec.sub_risk, spec.group, lines.frame, portfolio.rulebook, exposure_of(lines, balance - outstanding),
        line_coefficients(lines, spec.group, drivers, without), coefficients_of="", regime="financing_charge", floor=False,
        readings=("negative_exposure", "rate_rounding", "share_small_ticket_zero"),
    )  # fmt: skip
    return [replace(made, not_applied=without)]


def _drivers(lines: Lines) -> Drivers:
    """Growth, shares of the loan balance, loss rate and combined ratio of each insurer (articles 36 to 41)."""
    portfolio, rulebook = lines.portfolio, lines.rulebook
    business, industry = (one_row(portfolio, sheet, lines.sheet) for sheet in ("Business", "Industry"))
    some = np.bincount(lines.case, minlength=portfolio.size) > 0
    found: dict[str, tuple[Array, Array]] = {}

    def needed(table: OneRow, cases: Array, factor: str, *columns: str) -> list[Figure]:
        for column in columns:
            table.require(column, cases, rulebook.factor(factor).citation)
        return [table.figure(column) for column in columns]

    def ratio(factor: str, driver: str, figures: list[Figure]) -> None:
        divided: Callable[[Array, Array], Array] = lambda part, whole: part / whole  # noqa: E731
        found[driver] = (rate(figures, divided, ends_of(rulebook.table(factor), driver)), lines.case)

    factor = "financing.k_growth"
    own = needed(business, some, factor, "financing_premium", "financing_premium_prior")
    market = needed(industry, some, factor, "financing_premium", "financing_premium_prior")
    industry.positive("financing_premium_prior", some, rulebook.factor(factor).citation)
    ends = ends_of(rulebook.table(factor), "relative_growth")
    growth = relative_growth(own[0], own[1], market[0], market[1], ends, rounding_step(portfolio))
    found["relative_growth"] = (growth, lines.case)

    total = _balance(lines)
    for name, (driver, part) in SHARES.items():
        factor = f"financing.{name}"
        figures = needed(business, some, factor, part)
        business.exceeds(part, total.values, rulebook.factor(factor).citation)
        ratio(factor, driver, [*figures, total])

    factor = "financing.k_loss_rate"
    exposed = np.zeros(portfolio.size, bool)
    for name in rulebook.table(factor).classes("loan_type"):
        exposed |= lines.of(name, lines.some("loan_balance"))
    ratio(factor, "loss_rate", needed(business, exposed, factor, "personal_net_claims", "personal_average_balance"))

    factor = "financing.k_combined_ratio"
    cost, earned = needed(business, some, factor, "financing_combined_cost", "financing_earned_premium")
    ratio(factor, "financing_combined_ratio", [cost, earned])
    values = found["financing_combined_ratio"][0]
    found["financing_combined_ratio"] = (np.where(earned.values < 0, np.nan, values), lines.case)
    return found


def _balance(lines: Lines) -> Figure:
    """The loan balance of each insurer over all types of loan."""
    whole = Lines(lines.portfolio, lines.sheet, lines.column, ())
    return whole.figure("loan_balance")
