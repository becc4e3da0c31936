"""The adverse scenarios of rule 5 as factors for a company's own projection (articles 9-14, 18, 21, 22)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array

MONTHS_OF_A_YEAR = 12


def adverse_factors(rulebook: Rulebook, years: int) -> dict[str, Array]:
    """SF of years 1 to `years` after the valuation date, by scenario: (years,) ratios, each base rate times 1 + SF.

    `mortality`, `longevity`, `longevity_pension` (exclusive commercial pensions), `morbidity_rate`, `morbidity_trend_male`,
    `morbidity_trend_female`, `medical`, `other_loss`, `expense` (rule 5, articles 9, 11-14, 18). `mortality_catastrophe` is no
    ratio: it is added to the mortality rate of each year (article 10). Lapse: `stressed_lapse_rates`, `mass_lapse_rates`.
    """
    if years < 1:
        raise UsageError(f"年数须至少为 1，所给为 {years}", f"at least one year; asked for were {years}")
    year = np.arange(1, years + 1, dtype=float)
    even = {
        name: np.full(years, float(rulebook.value(f"life_scenario.{name}")))
        for name in ("mortality", "morbidity_rate", "medical", "other_loss", "expense")
    }
    improvement = rulebook.table("life_scenario.longevity")
    column = {"projection_year": year}
    longevity = np.cumprod(1 - improvement.values(improvement.locate(column, years), column, 0.0)) - 1
    worsening = np.minimum(year, float(rulebook.value("life_scenario.morbidity_trend_years")))
    added = float(rulebook.value("life_scenario.mortality_catastrophe"))
    months = float(rulebook.value("life_scenario.mortality_catastrophe_months"))
    return {
        **even,
        "mortality_catastrophe": np.where((year - 1) * MONTHS_OF_A_YEAR < months, added, 0.0),
        "longevity": longevity,
        "longevity_pension": longevity * float(rulebook.value("life_scenario.longevity_pension_share")),
        **{
            f"morbidity_trend_{sex}": (1 + float(k)) ** worsening - 1
            for sex, k in rulebook.rows("life_scenario.morbidity_trend").items()
        },
    }


def stressed_lapse_rates(
    rates: npt.ArrayLike, rulebook: Rulebook, lapse_type: str | npt.ArrayLike
) -> tuple[Array, Array]:
    """Lapse rates upwards and downwards (rule 5, article 21): rate × (1 + SF1) and × (1 + SF2), at most the limit.

    rates: ratios, (years,) or (n_units, years). lapse_type: `type_1` or `type_2`, or n_units of them; life reinsurance takes
    `type_1` (rule 6, article 34). Returns two arrays of the shape of `rates`. Raises UsageError.
    """
    base = _rates(rates)
    types = np.asarray(lapse_type, dtype=object)
    if types.ndim and types.shape != base.shape[:1]:
        raise UsageError(
            f"产品类型有 {types.size} 个，退保率有 {len(base)} 行", f"{types.size} types, but {len(base)} rows of rates"
        )
    limit = float(rulebook.value("life_scenario.lapse_limit"))
    stressed = []
    for side in ("lapse_up", "lapse_down"):
        known = rulebook.rows(f"life_scenario.{side}")
        unknown = sorted({str(name) for name in types.ravel()} - set(known))
        if unknown:
            raise UsageError(
                f"没有产品类型 {'、'.join(unknown)}，可填 {'、'.join(known)}",
                f"no type of product {', '.join(unknown)}; one of {', '.join(known)}",
            )
        shift = np.array([float(known[str(name)]) for name in types.ravel()]).reshape(types.shape)
        shift = shift.reshape(shift.shape + (1,) * (base.ndim - shift.ndim)) if shift.ndim else shift
        stressed.append(np.minimum(base * (1 + shift), limit))
    return stressed[0], stressed[1]


def mass_lapse_rates(rates: npt.ArrayLike, rulebook: Rulebook, *, monthly: bool = False) -> Array:
    """Lapse rates under mass lapse (rule 5, article 22): raised within the first twelve months, between floor and limit.

    rates: ratios, yearly ones (…, years), or with `monthly` those of months (…, months), each of which is raised. The policies are
    those with a cash value on the valuation date. Returns an array of the same shape. Raises UsageError.
    """
    base = _rates(rates)
    span = 1 if monthly else MONTHS_OF_A_YEAR
    months = float(rulebook.value("life_scenario.mass_lapse_months"))
    limit = float(rulebook.value("life_scenario.mass_lapse_limit"))
    floor = float(rulebook.row("life_scenario.mass_lapse_floor", "monthly" if monthly else "annual"))
    raised = np.maximum(np.minimum(base * (1 + float(rulebook.value("life_scenario.mass_lapse"))), limit), floor)
    early = np.arange(base.shape[-1]) * span < months
    return np.asarray(np.where(early, raised, base))


def lapse_types(
    late: npt.ArrayLike, policies: npt.ArrayLike, product_class: npt.ArrayLike, rulebook: Rulebook
) -> npt.NDArray[np.object_]:
    """`type_1` or `type_2` of n units for lapse risk (rule 5, article 21 (1)).

    late: how many policies in force first pay back the premiums in a year beyond `lapse_type.years`; policies: how many
    there are; product_class: the kind of business. Shapes (n,). Raises UsageError.
    """
    count, whole = np.asarray(late, dtype=float), np.asarray(policies, dtype=float)
    if not ((count >= 0) & (count <= whole) & (whole > 0)).all():
        raise UsageError(
            "保单件数须为正，且不少于其中超过年度界限的件数", "there must be policies, and no more late ones than that"
        )
    at_once = np.isin(np.asarray(product_class, dtype=object).astype(str), rulebook.members("lapse_type.always_2"))
    share = Fraction(rulebook.exactly().value("lapse_type.share"))  # so that exactly the share is not above it
    many = count * share.denominator > whole * share.numerator
    return np.where(many & ~at_once, "type_1", "type_2").astype(object)


def _rates(rates: npt.ArrayLike) -> Array:
    base = np.asarray(rates, dtype=float)
    if not base.ndim or not ((base >= 0) & (base <= 1)).all():
        raise UsageError("退保率须在 0 与 1 之间", "lapse rates must be between 0 and 1")
    return base
