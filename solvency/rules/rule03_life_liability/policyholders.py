"""Corridors of lapse, partial withdrawal and premium renewal, and which lapse assumption stands (rule 3, article 17, annex 4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.rule03_life_liability.corridor import (
    Corridor,
    along,
    check_classes,
    looked_up,
    numeric,
    policy_years,
)


def lapse_corridor(
    account: npt.ArrayLike, channel: npt.ArrayLike, payment: npt.ArrayLike, policy_year: npt.ArrayLike, rulebook: Rulebook,
    *, paying: npt.ArrayLike = True, own_experience: npt.ArrayLike = False,
) -> Corridor:  # fmt: skip
    """The lapse corridor by number of policies (annex 4, part 1), of the shape of `policy_year`, (n,) or (n, years).

    account: `traditional`, `participating`, `universal`, `unit_linked`, or `high_guarantee`, which has none; channel: `agency`, `bank`, others
    have none; payment: `single` or `regular`; one for all, (n,) or as `policy_year`. paying: False once premiums are paid up, when traditional
    and participating business takes the corridor of single premium. own_experience: annuities in payment and `short_term_product`,
    which have none. Raises UsageError.
    """
    year = policy_years(policy_year)
    of_account, of_payment = (along(x, year.shape).astype(str) for x in (account, payment))
    paid_up = np.isin(of_account, rulebook.members("lapse.single_after_paying")) & ~along(paying, year.shape)
    check_classes(rulebook, "premium_payment", of_payment)
    free = along(own_experience, year.shape).astype(bool)
    return _corridor(
        rulebook, "lapse", free, year, life_account=of_account, sales_channel=channel,
        premium_payment=np.where(paid_up, "single", of_payment),
    )  # fmt: skip


def withdrawal_corridor(
    account: npt.ArrayLike, channel: npt.ArrayLike, policy_year: npt.ArrayLike, rulebook: Rulebook, *, own_experience: npt.ArrayLike = False
) -> Corridor:  # fmt: skip
    """The corridor of partial withdrawals of universal life and unit-linked business (annex 4, part 2); as `lapse_corridor`."""
    year = policy_years(policy_year)
    free = along(own_experience, year.shape).astype(bool)
    return _corridor(rulebook, "withdrawal", free, year, life_account=account, sales_channel=channel)


def renewal_corridor(
    account: npt.ArrayLike, channel: npt.ArrayLike, policy_year: npt.ArrayLike, rulebook: Rulebook, *, own_experience: npt.ArrayLike = False
) -> Corridor:  # fmt: skip
    """The corridor of premium renewal of universal life and unit-linked business from policy year 2 (annex 4, part 3); as `lapse_corridor`."""
    year = policy_years(policy_year)
    free = along(own_experience, year.shape).astype(bool)
    return _corridor(rulebook, "renewal", free, year, life_account=account, sales_channel=channel)


def lapse_basis(own: npt.ArrayLike, reference: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """`own` or `reference`: the lapse assumption with the larger present value, by product or homogeneous group (article 17 (3)).

    own, reference: present values of n units under the company's rates and under those held to the corridor; where both are
    the same, `own`. Raises UsageError.
    """
    first, second = numeric(own), numeric(reference)
    return np.asarray(np.where(second > first, "reference", "own"), dtype=object)


def short_term_product(
    values: npt.ArrayLike, premiums: npt.ArrayLike, ending_early: npt.ArrayLike, rulebook: Rulebook
) -> Mask:
    """Whether n products are of the short term whose lapse rates follow the company's experience (annex 4, last paragraph).

    values: cash or account value and cumulated survival benefits together, premiums: cumulated premiums, at the ends of policy years 1, 2,
    …: (n, years), of which the first four count. ending_early: (n,) share of policies expected to last less than five years. Raises UsageError.
    """
    worth, paid = np.broadcast_arrays(np.atleast_1d(numeric(values)), np.atleast_1d(numeric(premiums)))
    years = int(rulebook.value("lapse.short_term_value_years"))
    if worth.shape[-1] < years:
        raise UsageError(
            f"须有前 {years} 个保单年度末的数值", f"values at the ends of the first {years} policy years are needed"
        )
    exceeds = (worth > paid)[..., :years].any(axis=-1)
    return np.asarray(exceeds & rulebook.interval("lapse.short_term_share").contains(numeric(ending_early)))


def _corridor(rulebook: Rulebook, group: str, free: Mask, year: Array, **drivers: npt.ArrayLike) -> Corridor:
    ends = [
        looked_up(rulebook, f"{group}.{end}", year.shape, policy_year=year, **drivers) for end in ("lower", "upper")
    ]
    lower, upper = (
        np.where(np.isnan(found) | free, none, found) for found, none in zip(ends, (-np.inf, np.inf), strict=True)
    )
    return Corridor(lower, upper)
