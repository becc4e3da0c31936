"""The tests an instrument must pass for its tier (rule 1, articles 30-33), and which instruments are tested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule01_actual_capital.formulas import TIERS
from solvency.rules.rule01_actual_capital.terms import years_between

SHEET = "AC01"
CORE1, CORE2, SUPPLEMENTARY1, SUPPLEMENTARY2 = ((tier,) for tier in TIERS)
CORE, SUPPLEMENTARY, MIDDLE = (*CORE1, *CORE2), (*SUPPLEMENTARY1, *SUPPLEMENTARY2), (*CORE2, *SUPPLEMENTARY1)
# how far down an instrument stands in a bankruptcy, and how free the insurer is not to pay; each may be more than asked
RANKING = ("senior", "before_supplementary_tier1", "before_core", "before_core_tier1", "last")
PAYMENT = ("unconditional", "deferred", "cancelled", "discretionary")
ABSORPTION = ("none", "bankruptcy", "going_concern")


@dataclass(frozen=True)
class Test:
    """One condition of some tiers: the columns it looks at, and which rows fail it."""

    id: str
    tiers: tuple[str, ...]
    article: str
    columns: tuple[str, ...]
    fails: Callable[[pd.DataFrame, Rulebook], Mask]
    zh: str
    en: str
    where: Callable[[pd.DataFrame], Mask] | None = None  # rows the condition is about; none named: all of the tiers


def _yes(column: str) -> Callable[[pd.DataFrame, Rulebook], Mask]:
    return lambda frame, _: is_class(frame, column, "yes")


def _no(column: str) -> Callable[[pd.DataFrame, Rulebook], Mask]:
    return lambda frame, _: is_class(frame, column, "no")


def _below(column: str, order: tuple[str, ...], least: str) -> Callable[[pd.DataFrame, Rulebook], Mask]:
    """Rows of a class that stands before `least` in the order."""
    return lambda frame, _: is_class(frame, column, *order[: order.index(least)])


def _short_term(factor: str) -> Callable[[pd.DataFrame, Rulebook], Mask]:
    return lambda frame, rulebook: np.asarray(term(frame) < rulebook.value(factor))


def _called_early(frame: pd.DataFrame, rulebook: Rulebook) -> Mask:
    waited = years_between(frame["issue_date"].to_numpy(), frame["call_date"].to_numpy())
    return np.asarray(waited < rulebook.value("capital_instrument.core_tier2.first_call"))


def term(frame: pd.DataFrame) -> Array:
    """Years from issue to maturity, NaN without one."""
    return years_between(frame["issue_date"].to_numpy(), frame["maturity_date"].to_numpy())


def has_maturity(frame: pd.DataFrame) -> Mask:
    return is_class(frame, "has_maturity", "yes")


def has_call(frame: pd.DataFrame) -> Mask:
    return is_class(frame, "has_call", "yes")


TESTS = (
    Test("paid_in", (*CORE, *SUPPLEMENTARY1), "（一）", ("paid_in",), _no("paid_in"), "不是实缴的", "it is not paid in"),
    Test("approved_form", SUPPLEMENTARY2, "（一）", ("paid_in", "approved_form"),
         lambda frame, _: is_class(frame, "paid_in", "no") & is_class(frame, "approved_form", "no"),
         "既非实缴，也不是监管规定的形式", "it is neither paid in nor in a form the regulator allows", lambda frame: ~is_class(frame, "paid_in", "yes")),
    Test("perpetual", CORE1, "（二）", ("has_maturity",), _yes("has_maturity"), "有到期日", "it has a maturity"),
    Test("redemption_expected", CORE1, "（二）", ("redemption_expected",), _yes("redemption_expected"),
         "发行时产生了回购、赎回或取消的预期", "its issue raised an expectation that it will be redeemed"),
    Test("core_tier2_term", CORE2, "（二）", (), _short_term("capital_instrument.core_tier2.term"),
         "期限短于核心二级资本的最短期限", "its term is shorter than core tier 2 needs", has_maturity),
    Test("first_call", CORE2, "（二）", (), _called_early,
         "赎回日早于允许的最早时间", "it may be called too early", has_call),
    Test("step_up", CORE2, "（二）", ("step_up",), lambda frame, _: np.asarray(frame["step_up"].to_numpy() > 0),
         "含有利率跳升机制", "its coupon steps up", has_call),
    Test("redemption_incentive", CORE2, "（二）", ("redemption_incentive",), _yes("redemption_incentive"),
         "含有赎回激励", "it holds an incentive to redeem"),
    Test("supplementary_term", SUPPLEMENTARY1, "（二）", (), _short_term("capital_instrument.supplementary_tier1.term"),
         "期限短于附属一级资本的最短期限", "its term is shorter than supplementary tier 1 needs", has_maturity),
    Test("losses_of_business", CORE, "（三）", ("loss_absorption",), _below("loss_absorption", ABSORPTION, "going_concern"),
         "不能吸收经营损失和破产损失", "it does not absorb losses of both going concern and bankruptcy"),
    Test("losses_of_bankruptcy", SUPPLEMENTARY, "（三）", ("loss_absorption",), _below("loss_absorption", ABSORPTION, "bankruptcy"),
         "不能吸收破产损失", "it does not absorb losses in bankruptcy"),
    Test("ranking_core_tier1", CORE1, "（三）", ("ranking",), _below("ranking", RANKING, "last"),
         "清偿顺序不在最后", "it is not paid last"),
    Test("ranking_core_tier2", CORE2, "（三）", ("ranking",), _below("ranking", RANKING, "before_core_tier1"),
         "清偿顺序先于核心二级资本的要求", "it ranks before what core tier 2 asks"),
    Test("ranking_supplementary_tier1", SUPPLEMENTARY1, "（三）", ("ranking",), _below("ranking", RANKING, "before_core"),
         "清偿顺序先于附属一级资本的要求", "it ranks before what supplementary tier 1 asks"),
    Test("ranking_supplementary_tier2", SUPPLEMENTARY2, "（三）", ("ranking",), _below("ranking", RANKING, "before_supplementary_tier1"),
         "清偿顺序不在保单持有人和一般债权人之后", "it does not rank after policyholders and general creditors"),
    Test("secured", CORE, "（三）", ("secured",), _yes("secured"),
         "有抵押、保证或其他优先受偿安排", "it is secured, guaranteed or otherwise put first"),
    Test("write_down_or_conversion", CORE2, "（三）", ("write_down_or_conversion",), _no("write_down_or_conversion"),
         "有到期日而没有减记或转股条款", "it has a maturity but no clause of write-down or conversion", has_maturity),
    Test("payment_core_tier1", CORE1, "（四）", ("payment_terms",), _below("payment_terms", PAYMENT, "discretionary"),
         "还本或收益分配是强制义务", "principal or distributions are owed"),
    Test("payment_core_tier2", CORE2, "（四）", ("payment_terms",), _below("payment_terms", PAYMENT, "cancelled"),
         "充足率不达标时不取消付息或不停止还本", "payments are not cancelled and stopped when ratios fail"),
    Test("payment_supplementary_tier1", SUPPLEMENTARY1, "（四）", ("payment_terms",), _below("payment_terms", PAYMENT, "deferred"),
         "充足率不达标时本息不递延", "payments are not deferred when ratios fail"),
    Test("bankruptcy_petition", MIDDLE, "（四）", ("bankruptcy_petition",), _yes("bankruptcy_petition"),
         "权益人有权申请发行人破产", "holders may petition for bankruptcy"),
    Test("funded_by_insurer", TIERS, "（五）", ("funded_by_insurer",), _yes("funded_by_insurer"),
         "资金直接或间接来自本公司", "it is funded by the insurer"),
)  # fmt: skip
ARTICLES = dict(
    zip(TIERS, ("规则第1号第三十条", "规则第1号第三十一条", "规则第1号第三十二条", "规则第1号第三十三条"), strict=True)
)

DATED = ("has_maturity", "has_call", "issue_date", "maturity_date", "call_date")
NEEDED = list(dict.fromkeys((*DATED, *(name for test in TESTS for name in test.columns))))


def issued_before_rule(frame: pd.DataFrame, rulebook: Rulebook) -> Mask:
    """Instruments issued before rule 1 applied, which keep the class of their issue (article 43)."""
    since = min(document.effective for document in rulebook.documents if document.rule == 1)
    return np.asarray(frame["issue_date"].to_numpy() < np.datetime64(since, "D"))


def failed_tests(portfolio: Portfolio, frame: pd.DataFrame, tested: Mask) -> Array:
    """For each instrument which tests of its tier it fails, bit i being `TESTS[i]`; each failure is told of, n integers.

    frame: n rows of AC01 with maturity and step-up filled in. tested: rows whose class is not fixed otherwise. A blank
    that a test needs is an error.
    """
    failed = np.zeros(len(frame), np.int64)
    blank: dict[str, Mask] = {}
    for tier in TIERS:
        rows = np.flatnonzero(tested & is_class(frame, "tier", tier))
        if not len(rows):
            continue
        own = frame[NEEDED].take(rows)
        for i, test in enumerate(TESTS):
            if tier not in test.tiers:
                continue
            about = None if test.where is None else test.where(own)
            for column in test.columns:
                without = own[column].isna().to_numpy()
                if about is not None:
                    without = without & about
                blank.setdefault(column, np.zeros(len(frame), bool))[rows[without]] = True
            fails = test.fails(own, portfolio.rulebook)
            if about is not None:
                fails = fails & about
            if not fails.any():
                continue
            failing = np.zeros(len(frame), bool)
            failing[rows[fails]] = True
            failed |= np.where(failing, np.int64(1) << i, 0)
            portfolio.report(
                SHEET, failing, test.columns[0] if test.columns else "issue_date", "tier_test",
                f"不符合所填资本级别的标准：{test.zh}；不计入资本，全额作为资本性负债",
                f"fails a test of its tier: {test.en}; it does not count and is a capital liability in full",
                severity="warning", article=f"{ARTICLES[tier]}{test.article}",
            )  # fmt: skip
    for column, lacking in blank.items():
        portfolio.report(
            SHEET, lacking, column, "missing", "判断资本级别需要此项", "the test of the tier needs this",
            article="规则第1号第三十至三十三条",
        )  # fmt: skip
    return failed


def tests_of(failed: int) -> list[Test]:
    """The tests behind a number that `failed_tests` gave."""
    return [test for i, test in enumerate(TESTS) if failed >> i & 1]
