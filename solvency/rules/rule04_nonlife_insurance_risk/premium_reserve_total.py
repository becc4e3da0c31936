"""From the lines of business to premium and reserve risk (rule 4, articles 42 to 44; rule 6, articles 23 and 24), with forms IR01 and IR03."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule04_nonlife_insurance_risk.lines import Lines
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve import CORRELATION, of_insurer
from solvency.tables.validate import show

SUB_RISK, CREDIT = "nonlife_premium_reserve_mc", "credit_guarantee"
WITHIN = "nonlife_line_mc.correlation"


def line_minimum_capital(premium: Array, reserve: Array, rho: float) -> Array:
    """Premium and reserve risk of lines taken together (article 42). Any shape; CNY."""
    return np.asarray(np.sqrt(np.maximum(premium * premium + 2 * rho * premium * reserve + reserve * reserve, 0.0)))


def premium_reserve_minimum_capital(
    premium: Array, reserve: Array, financing: Array, credit: int, rho: float, correlation: Array
) -> tuple[Array, Array]:
    """The kernel: (capital of each line, capital of all) of n insurers (articles 42 to 44).

    premium, reserve: (k, n); financing: (n,), added to line `credit` (article 43); correlation: (k, k). CNY.
    """
    lines = line_minimum_capital(premium, reserve, rho)
    lines[credit] += financing
    return lines, aggregate(lines, correlation)


@dataclass(frozen=True, eq=False)
class LineAmounts:
    """What k lines of n cases bear (CNY): exposure and capital of premium and reserve risk (k, n), of loans (m, n)."""

    names: tuple[str, ...]
    loans: tuple[str, ...]
    premium_exposure: Array
    premium: Array
    reserve_exposure: Array
    reserve: Array
    loan_balance: Array
    loan_reserve: Array
    financing: Array
    some: Array  # (n,) cases with any row

    @property
    def lines(self) -> tuple[Array, ...]:
        return self.premium_exposure, self.premium, self.reserve_exposure, self.reserve


def premium_reserve_total(portfolio: Portfolio) -> Array:
    """Premium and reserve risk of each case, NaN for one without rows; files the forms that show its parts."""
    found = premium_reserve_by_line(portfolio)
    return np.full(portfolio.size, np.nan) if found is None else np.where(found[0].some, found[2], np.nan)


def premium_reserve_by_line(portfolio: Portfolio) -> tuple[LineAmounts, Array, Array] | None:
    """What the lines bear, the capital of each line (k, n) and of all (n,), CNY; None without any row. Files the forms."""
    rulebook = portfolio.rulebook
    amounts = _amounts(portfolio)
    if amounts is None:
        return None
    rho = rulebook.value(of_insurer(portfolio, WITHIN))
    correlation = rulebook.correlation(of_insurer(portfolio, CORRELATION), amounts.names)
    credit = amounts.names.index(CREDIT)

    def total(premium: Array, reserve: Array, loans: Array) -> tuple[Array, Array]:
        return premium_reserve_minimum_capital(premium, reserve, loans.sum(axis=0), credit, rho, correlation)

    lines, whole = total(amounts.premium, amounts.reserve, amounts.financing)
    negative = [values < 0 for values in (amounts.premium_exposure, amounts.reserve_exposure, amounts.loan_balance - amounts.loan_reserve)]  # fmt: skip
    if any(mask.any() for mask in negative):
        parts = (amounts.premium, amounts.reserve, amounts.financing)
        floored = total(*(np.where(mask, 0.0, part) for mask, part in zip(negative, parts, strict=True)))[1]
        _warn_of_negative(portfolio, negative, whole, floored)
    _file_forms(portfolio, amounts, lines, whole)
    return amounts, lines, whole


def _amounts(portfolio: Portfolio) -> LineAmounts | None:
    """The charges of premium, reserve and financing risk by line and case; None without any."""
    names = portfolio.rulebook.correlation_labels(of_insurer(portfolio, CORRELATION))
    loans = portfolio.rulebook.factor("financing.rf0").row_keys()
    made = [c for c in portfolio.charges if c.sub_risk == SUB_RISK]
    if not made:
        return None
    some = np.zeros(portfolio.size, bool)
    tables: dict[str, tuple[Array, Array]] = {}
    for group, classes, column in (
        ("premium", names, "business_line"), ("reserve", names, "business_line"), ("financing", loans, "loan_type")
    ):  # fmt: skip
        exposure, capital = (np.zeros((len(classes), portfolio.size)) for _ in range(2))
        for c in (c for c in made if c.group == group):
            lines = Lines(portfolio, c.sheet, column, classes)
            for whole, values in ((exposure, "exposure"), (capital, "minimum_capital")):
                whole += lines.by_line(lines.total(c.frame[values].to_numpy()))
            some[lines.case] = True
        tables[group] = (exposure, capital)
    balance, outstanding = (np.zeros((len(loans), portfolio.size)) for _ in range(2))
    if "IR01-1" in portfolio.tables:
        lines = Lines(portfolio, "IR01-1", "loan_type", loans)
        balance, outstanding = (
            lines.by_line(lines.total(column)) for column in ("loan_balance", "outstanding_reserve")
        )
    return LineAmounts(
        names, loans, *tables["premium"], *tables["reserve"], balance, outstanding, tables["financing"][1], some
    )


def _warn_of_negative(portfolio: Portfolio, negative: list[Array], whole: Array, floored: Array) -> None:
    """A warning for each line whose exposure is below zero, with what the sub-risk would be without it."""
    shown = np.array([f"{show(float(a))} → {show(float(b))}" if m else "" for a, b, m in zip(whole, floored, _any(negative), strict=True)], dtype=object)  # fmt: skip
    for c in (c for c in portfolio.charges if c.sub_risk == SUB_RISK):
        mask = negative[("premium", "reserve", "financing").index(c.group)]
        classes, column = (
            (portfolio.rulebook.factor("financing.rf0").row_keys(), "loan_type") if c.group == "financing"
            else (portfolio.rulebook.correlation_labels(of_insurer(portfolio, CORRELATION)), "business_line")
        )  # fmt: skip
        lines = Lines(portfolio, c.sheet, column, classes)
        known = lines.line < len(classes)
        rows = lines.first & known & mask[np.minimum(lines.line, len(classes) - 1), lines.case]
        portfolio.report(
            c.sheet, rows, column, "negative_exposure", "风险暴露为负，按负数计量；所示为保费及准备金风险最低资本（元）及按0计量的结果",
            "the exposure is negative and enters as such; shown: premium and reserve risk (CNY), and what it is with zero instead",
            shown[lines.case], severity="warning", article=portfolio.rulebook.readings["negative_exposure"].article,
        )  # fmt: skip


def _any(masks: list[Array]) -> Array:
    return np.asarray(np.logical_or.reduce([mask.any(axis=0) for mask in masks]))


# --- forms -------------------------------------------------------------------------------------------------------------------

PERSONAL = ("personal_mortgage", "personal_top_up", "personal_other")


def _file_forms(portfolio: Portfolio, amounts: LineAmounts, lines: Array, whole: Array) -> None:
    cases = np.flatnonzero(amounts.some)
    code = "IR03" if portfolio.insurer_type == "reinsurer" else "IR01"
    portfolio.forms[code] = partial(_form, portfolio.rulebook, code, amounts, lines, whole, cases)
    if code == "IR01" and "IR01-1" in portfolio.tables:
        portfolio.forms["IR01-1"] = partial(_loan_form, portfolio.rulebook, amounts, cases)


def _form(
    rulebook: Rulebook, code: str, amounts: LineAmounts, lines: Array, whole: Array, cases: Array
) -> pd.DataFrame:
    """Form IR01 or IR03: of each official row premium and reserve risk, before and after diversification."""
    credit, reinsurer = amounts.names.index(CREDIT), code == "IR03"
    rows: list[tuple[str, str, str, str, list[Array]]] = []
    labels = rulebook.classes["business_line"]
    loans = amounts.financing.sum(axis=0)
    exposed = (amounts.loan_balance - amounts.loan_reserve).sum(axis=0)
    nothing = np.full(len(whole), np.nan)
    first = rulebook.correlation_labels(CORRELATION)
    for i, name in enumerate(amounts.names):
        own = [values[i] for values in amounts.lines]
        without = lines[i] - loans if i == credit else lines[i]
        zh, en = labels[name].zh, labels[name].en
        if reinsurer and name in first:
            zh, en = f"比例{zh}", f"Proportional: {en}"
        articles = [rulebook.factor(f"{group}.rf0").origin_of(name)[0] for group in ("premium", "reserve")]
        article = ("规则第4号" if name in first else "规则第6号") + "、".join(articles)
        number = i + 1 + (reinsurer and i > credit)
        before = own[1] + own[-1]
        if i != credit:
            rows.append((f"{number}", zh, en, article, [*own, before, without]))
            continue
        of_loans = (
            [exposed, loans, nothing, nothing, loans, loans]
            if reinsurer
            else [*(nothing for _ in amounts.lines), loans, loans]
        )
        loan_article = "规则第4号" + rulebook.factor("financing.rf0").article
        if reinsurer:
            rows.append((f"{number}", zh, en, article, [*own, before, without]))
            rows.append(
                (
                    f"{number + 1}",
                    "比例融资性信用保证险",
                    "Proportional: financing credit and guarantee",
                    loan_article,
                    of_loans,
                )
            )
            rows += [
                (
                    f"{number + 1}.{tail}",
                    label_zh,
                    label_en,
                    loan_article,
                    [exposure, capital, nothing, nothing, capital, capital],
                )
                for tail, label_zh, label_en, exposure, capital in _loans(rulebook, amounts)
            ]
        else:
            rows.append(
                (
                    f"{number}",
                    "信用保证险",
                    "Credit and guarantee",
                    "规则第4号第四十三条",
                    [*own, before + loans, lines[i]],
                )
            )
            rows.append(
                (f"{number}.{1}", "融资性信用保证保险", "Financing credit and guarantee", loan_article, of_loans)
            )
            rows.append((f"{number}.{2}", zh, en, article, [*own, before, without]))
    sums = [values.sum(axis=0) for values in amounts.lines]
    total_article = "规则第6号第二十四条" if reinsurer else "规则第4号第四十四条"
    before = sums[1] + sums[-1] + loans
    if reinsurer:
        sums[0], sums[1] = sums[0] + exposed, sums[1] + loans
    rows.append((f"{len(amounts.names) + 1 + reinsurer}", "合计", "Total", total_article, [*sums, before, whole]))
    columns = (
        "premium_exposure",
        "premium_mc",
        "reserve_exposure",
        "reserve_mc",
        "before_diversification",
        "minimum_capital",
    )
    form = _frame(rows, columns, cases)
    form.insert(len(form.columns) - 1, "diversification", form["before_diversification"] - form["minimum_capital"])
    return form


def _loan_form(rulebook: Rulebook, amounts: LineAmounts, cases: Array) -> pd.DataFrame:
    """Form IR01-1: balance, reserve, exposure and capital of each type of loan."""
    article = "规则第4号" + rulebook.factor("financing.rf0").article
    parts = (amounts.loan_balance, amounts.loan_reserve, amounts.loan_balance - amounts.loan_reserve, amounts.financing)
    found = [_loans(rulebook, amounts, part) for part in parts]
    rows = [
        (tail, zh, en, article, [row[-1] for row in of_row])
        for of_row in zip(*found, strict=True)
        for tail, zh, en, *_ in of_row[:1]
    ]
    last = len(amounts.loans) - len(PERSONAL) + 2
    rows.append((f"{last}", "合计", "Total", article, [part.sum(axis=0) for part in parts]))
    return _frame(rows, ("loan_balance", "outstanding_reserve", "exposure", "minimum_capital"), cases)


def _loans(
    rulebook: Rulebook, amounts: LineAmounts, part: Array | None = None
) -> list[tuple[str, str, str, Array, Array]]:
    """The rows of loans: number, names, exposure and capital (or one given part twice); personal loans with their sum."""
    pairs = (amounts.loan_balance - amounts.loan_reserve, amounts.financing) if part is None else (part, part)
    personal = [amounts.loans.index(name) for name in PERSONAL]
    found = [(f"{1}", "个人类贷款", "Personal loans", *(values[personal].sum(axis=0) for values in pairs))]
    others = [name for name in amounts.loans if name not in PERSONAL]
    for number, name in [
        *((f"{1}.{i}", n) for i, n in enumerate(PERSONAL, 1)),
        *((f"{i}", n) for i, n in enumerate(others, 2)),
    ]:
        label = rulebook.classes["loan_type"][name]
        found.append((number, label.zh, label.en, *(values[amounts.loans.index(name)] for values in pairs)))
    return found


def _frame(rows: list[tuple[str, str, str, str, list[Array]]], columns: tuple[str, ...], cases: Array) -> pd.DataFrame:
    """A form: the rows one after the other, each for every case."""
    which = np.repeat(np.arange(len(rows)), len(cases))
    texts = {
        name: pd.Categorical.from_codes(np.unique([row[i] for row in rows], return_inverse=True)[1][which], categories=pd.Index(sorted({row[i] for row in rows}), dtype=object))
        for i, name in enumerate(("row", "zh", "en", "article"))
    }  # fmt: skip
    values = {name: np.concatenate([row[-1][i][cases] for row in rows]) for i, name in enumerate(columns)}
    return pd.DataFrame({"case": np.tile(cases, len(rows)), **texts, **values}, copy=False)
