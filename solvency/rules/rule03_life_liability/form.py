"""Form L01: every figure typed or computed, before and after reinsurance, and what S04 takes from it (rule 3, articles 4 to 7, 20 to 23)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask, allowance
from solvency.rules.portfolio import Portfolio, first_of_each
from solvency.rules.rule01_actual_capital.statements import Statement, read_statement, tell
from solvency.rules.rule03_life_liability.capital import LifeCapital, life_capital
from solvency.rules.rule03_life_liability.flows import FLOWS, SIDES, UNITS
from solvency.rules.rule03_life_liability.margins import risk_margin
from solvency.rules.rule03_life_liability.units import BOOK, LiabilityUnits, liability_units
from solvency.tables.positions.spec import position_tables

FORM, TOTAL = "L01", "total"
INSURERS = ("life", "reinsurer")
# line items and rows of S04 that the form gives: name -> its row, in the total
GIVES = {
    "L01.admitted": "admitted_reserve", "L01.book": "book_reserve", "L01.residual_margin": "book_residual_margin", "L01.cash_value": "cash_value",
    "L01.ceded": "ceded_reserve", "L01.deposits": "policyholder_deposits",
}  # fmt: skip
# rows that the units add up to: row -> column of the units
SUMMED = {
    "best_estimate": "best_estimate_before", "tvog": "tvog_before", "best_estimate_after": "best_estimate_after", "tvog_after": "tvog_after",
    "policyholder_deposits": "policyholder_deposits", **{name: name for name in BOOK},
}  # fmt: skip
MARGINS = {"before": "risk_margin", "after": "risk_margin_after"}
CAPITAL = {"before": "capital_before", "after": "capital_after"}
BOOK_PARTS = ("book_best_estimate", "book_risk_margin", "book_residual_margin")


def life_liability(name: str) -> Callable[[Portfolio], Array]:
    """A figure that form L01 gives n cases (CNY), NaN for a case without; the form goes to `portfolio.forms`."""

    def figure(portfolio: Portfolio) -> Array:
        amount = np.full(portfolio.size, np.nan)
        form = liability_form(portfolio)
        if form is not None:
            own = form[form["item"] == GIVES[name]]
            amount[own["case"].to_numpy()] = own[TOTAL].to_numpy()
        return amount

    return figure


def liability_form(portfolio: Portfolio) -> pd.DataFrame | None:
    """The rows of L01 of every case that has some, worked out once; None where no table speaks of life liabilities."""
    if FORM not in portfolio.forms:
        if not {FORM, UNITS, FLOWS} & set(portfolio.tables) or _foreign(portfolio):
            return None
        made = _Form(portfolio, liability_units(portfolio))
        made.work_out()
        portfolio.forms[FORM] = made.rows()
        if made.units is not None:
            portfolio.forms[UNITS] = made.units.lines
    return portfolio.forms[FORM]


def _foreign(portfolio: Portfolio) -> bool:
    """Tables of life liabilities of an insurer that has none."""
    if portfolio.insurer_type in INSURERS:
        return False
    for sheet in {FORM, UNITS, FLOWS} & set(portfolio.tables):
        case = portfolio.tables[sheet]["case"].to_numpy()
        portfolio.report(
            sheet, first_of_each(case, portfolio.size), "", "wrong_insurer", f"{sheet} 不适用于这类公司", f"{sheet} is not for this type of insurer",
            portfolio.cases["insurer_type"].to_numpy()[case], article="规则第3号第一条",
        )  # fmt: skip
    return True


class _Form:
    """The form while it is worked out. values: item -> (accounts + 1, n), the last being the total; CNY, NaN for unknown."""

    def __init__(self, portfolio: Portfolio, units: LiabilityUnits | None):
        self.portfolio, self.units = portfolio, units
        self.n, self.accounts = portfolio.size, tuple(portfolio.rulebook.classes["life_account"])
        self.columns = (*self.accounts, TOTAL)
        read = read_statement(portfolio, FORM, self.columns)
        self.typed = _blank(self) if read is None else read
        self.with_units = np.zeros(self.n, bool)
        if units is not None:
            self.with_units[units.lines["case"].to_numpy()] = True
        self.present = self.typed.present | self.with_units
        self.values: dict[str, Array] = {}

    def work_out(self) -> None:
        net = self.portfolio.rulebook.reading("l01_policyholder_deposits") == "net"
        summed = {row: self._summed(column) for row, column in SUMMED.items()}
        for row in ("best_estimate", "best_estimate_after") if net else ():
            summed[row] = summed[row] - np.nan_to_num(summed["policyholder_deposits"])
        for row, made in summed.items():
            self._settle(row, made)
        ceded = self.typed.present & ~self.with_units
        if self.units is not None:
            lines, frame = self.units.lines, self.portfolio.tables[UNITS]
            ceded[lines["case"].to_numpy()[(frame["ceded"] != "no").to_numpy()]] = True
        known = life_capital(self.portfolio, self.units, len(self.accounts), ceded)
        for side in SIDES:
            self._margin(side, known[side])
        self._sum("reserve", ("best_estimate", "risk_margin"))
        self._sum("reserve_after", ("best_estimate_after", "risk_margin_after"))
        self._sum("book_reserve", BOOK_PARTS)
        self._settle("ceded_reserve", self.values["reserve"] - self.values["reserve_after"])
        deposits = self.values["policyholder_deposits"]
        deposits = np.where(np.isnan(deposits) & np.isnan(deposits[-1]), 0.0, deposits)
        self._settle("admitted_reserve", self.values["reserve"] - (0.0 if net else deposits))
        self._report_missing(net)

    def rows(self) -> pd.DataFrame:
        """The official rows of the cases that have some."""
        rows, cases = position_tables()[FORM].rows, np.flatnonzero(self.present)
        text = {
            name: np.tile([getattr(row, name) for row in rows], len(cases))
            for name in ("row", "item", "zh", "en", "article")
        }
        amounts = np.array([self.values[row.item][:, cases] for row in rows])  # rows × columns × cases
        return pd.DataFrame(
            {
                "case": np.repeat(cases, len(rows)),
                **text,
                **{name: amounts[:, i].T.ravel() for i, name in enumerate(self.columns)},
            }
        )

    def _summed(self, column: str) -> Array:
        """A column of the units by account and in total; NaN for a case without units, or of which it was not typed."""
        found = np.full((len(self.columns), self.n), np.nan)
        if self.units is None:
            return found
        lines = self.units.lines
        case, account, amount = (lines[name].to_numpy() for name in ("case", "account", column))
        placed = account >= 0
        cell = account.astype(np.int64) * self.n + case
        by_account = np.bincount(cell[placed], weights=amount[placed], minlength=len(self.accounts) * self.n)
        found[:-1] = by_account.reshape(-1, self.n)
        found[-1] = np.where(np.bincount(case[~placed], minlength=self.n) > 0, np.nan, found[:-1].sum(axis=0))
        return np.where(self.with_units & ~np.isnan(found[-1]), found, np.nan)

    def _of_typed(self, item: str) -> Array:
        """A row as it was typed."""
        return np.array([self.typed.of(column, item) for column in self.columns])

    def _settle(self, item: str, made: Array) -> None:
        """A row as it was worked out, else as typed, a blank beside another column being zero; the total of a row is their sum."""
        given = self._of_typed(item)
        some = ~np.isnan(given[:-1]).all(axis=0) & np.isnan(made[:-1]).all(axis=0)
        own = np.where(some, np.nan_to_num(given[:-1]), given[:-1])
        parts = np.where(np.isnan(made[:-1]), own, made[:-1])
        summed = parts.sum(axis=0)
        whole = np.where(np.isnan(made[-1]), summed, made[-1])
        self._compare(item, given[:-1], np.where(some, np.nan, made[:-1]), self.accounts)
        self._compare(item, given[-1:], whole[np.newaxis], (TOTAL,), len(self.accounts))
        apart = ~np.isnan(made[-1]) & np.isnan(made[:-1]).all(axis=0)
        self._compare(
            item, np.where(apart, summed, np.nan)[np.newaxis], whole[np.newaxis], (TOTAL,), len(self.accounts)
        )
        whole = np.where(np.isnan(whole), given[-1], whole)
        self.values[item] = np.concatenate([parts, whole[np.newaxis]])

    def _sum(self, item: str, parts: tuple[str, ...]) -> None:
        """A row that is the sum of others, where all of them are known."""
        self._settle(item, np.sum([self.values[part] for part in parts], axis=0))

    def _margin(self, side: str, capital: LifeCapital) -> None:
        """The risk margin of a side: of the company's capital, shared out, or of each column; or as the units type it."""
        rulebook, row = self.portfolio.rulebook, CAPITAL[side]
        typed = self.typed.of(TOTAL, row)
        self._compare(row, typed[np.newaxis], capital.company[np.newaxis], (TOTAL,))
        company = np.where(np.isnan(capital.company), typed, capital.company)
        self.values[row] = np.concatenate([capital.by_account, company[np.newaxis]])
        margin, alone = risk_margin(company, rulebook), risk_margin(capital.by_account, rulebook)
        whole_alone = alone.sum(axis=0)
        if rulebook.reading("risk_margin_by_class") == "each_class":
            parts, whole = alone, whole_alone
        else:
            share = np.divide(alone, whole_alone, out=np.where(np.isnan(alone), np.nan, 0.0), where=whole_alone > 0)
            parts, whole = np.where(margin == 0, 0.0, margin * share), margin
        of_units = self._summed(f"risk_margin_{side}")
        other = np.zeros(self.n, bool)
        if self.units is not None:
            other[self.units.lines["case"].to_numpy()[self.units.lines["other_method"].to_numpy()]] = True
        stated = ~np.isnan(of_units[-1])
        self._compare(
            MARGINS[side], np.where(other, np.nan, of_units[-1:]), whole[np.newaxis], (TOTAL,), len(self.accounts)
        )
        parts, whole = np.where(other | stated, of_units[:-1], parts), np.where(other | stated, of_units[-1], whole)
        self._settle(MARGINS[side], np.concatenate([parts, whole[np.newaxis]]))

    def _compare(self, item: str, given: Array, made: Array, columns: tuple[str, ...], parts: int = 1) -> None:
        """Two figures of one cell that differ by more than rounding."""
        statement, severity = self.typed, "warning" if self.portfolio.hypothetical else "error"
        if not len(statement.source):
            units = np.zeros(self.n) if self.portfolio.tolerance is None else 2 * self.portfolio.tolerance
        else:
            units = statement.unit * (parts + 1) / 2
        row = statement.rows[statement.place(item)]
        for i, column in enumerate(columns):
            both = ~np.isnan(given[i]) & ~np.isnan(made[i])
            difference = np.abs(np.where(both, given[i] - made[i], 0.0))
            apart = both & (difference > allowance(units, np.where(both, given[i], 0.0)))
            tell(
                self.portfolio, statement, apart, item, column, "disagree", f"{row.zh}（第{row.row}行）所填数与计算数不一致",
                f"{row.en} (row {row.row}): the given figure and the computed one differ", (given[i], made[i]), severity=severity, article=row.article,
            )  # fmt: skip

    def _report_missing(self, net: bool) -> None:
        """What the form cannot do without; nothing that follows from a problem of the units."""
        told = np.zeros(self.n, bool) if self.units is None else self.units.told
        asked = self.present & ~told
        whole = {item: values[-1] for item, values in self.values.items()}
        of_reserves = asked & (self.with_units | self._some_typed("reserve", "best_estimate", "risk_margin", "tvog"))
        self._missing(
            of_reserves & np.isnan(whole["reserve"]) & np.isnan(whole["best_estimate"]), "best_estimate",
            "缺少最优估计准备金：填写，或填 LifeLiabilities", "the best estimate is missing: type it, or fill in LifeLiabilities",
        )  # fmt: skip
        zh = "缺少风险边际：填写，或给出{}寿险业务保险风险最低资本（{}）"
        en = "the risk margin is missing: type it, or give life insurance risk {} reinsurance ({})"
        self._missing(
            of_reserves & np.isnan(whole["reserve"]) & ~np.isnan(whole["best_estimate"]), "risk_margin",
            zh.format("分保前", "LifeUnits 中分保前的行，或 L01 第+5行"), en.format("before", "rows before reinsurance in LifeUnits, or row +5 of L01"),
        )  # fmt: skip
        after = asked & (
            self.with_units | self._some_typed("reserve_after", "best_estimate_after", "risk_margin_after")
        )
        self._missing(
            after & np.isnan(whole["reserve_after"]) & ~np.isnan(whole["best_estimate_after"]), "risk_margin_after",
            zh.format("分保后", "IR05、LifeUnits、S05 或 L01 第+6行"), en.format("after", "IR05, LifeUnits, S05, or row +6 of L01"),
        )  # fmt: skip
        apart = (
            asked & self.with_units & ~np.isnan(whole["reserve"]) & np.isnan(self.values["reserve"][:-1]).any(axis=0)
        )
        row = self.typed.rows[self.typed.place("risk_margin")]
        tell(
            self.portfolio, self.typed, apart, "risk_margin", self.accounts[0], "not_by_column", "第1.2行只有合计，各列空白：分到各列需要 LifeUnits 的计量单元算出全部分保前最低资本（有分出的须有分保前的行）；也可直接填第1.2行各列",
            "row 1.2 has a total, but its columns are blank: to share it out, the units of LifeUnits must give all of the capital before reinsurance "
            "(with rows before it where anything is ceded); or type the columns of row 1.2",
            severity="warning", article=row.article,
        )  # fmt: skip
        books = ~np.isnan([whole[item] for item in BOOK_PARTS])
        for item, known in zip(BOOK_PARTS, books, strict=True):
            self._missing(
                asked & np.isnan(whole["book_reserve"]) & books.any(axis=0) & ~known, item, "第2行的其他部分已填，这一行没有；没有请填 0",
                "the other parts of row 2 are there, this one is not; type 0 if there is none",
            )  # fmt: skip
        universal = self.values["reserve"][self.accounts.index("universal")]
        self._missing(
            asked & ~self.with_units & np.isnan(whole["policyholder_deposits"]) & (np.nan_to_num(universal) != 0) & ~np.bool_(net),
            "policyholder_deposits", "有万能险，须填列报为保户储金及投资款的部分（第+3行）；没有请填 0",
            "with universal life, row +3 is needed: what is shown as policyholder deposits; type 0 if there is none",
        )  # fmt: skip

    def _some_typed(self, *items: str) -> Mask:
        return np.asarray(np.any([~np.isnan(self._of_typed(item)).all(axis=0) for item in items], axis=0))

    def _missing(self, cases: Mask, item: str, zh: str, en: str) -> None:
        row = self.typed.rows[self.typed.place(item)]
        tell(self.portfolio, self.typed, cases, item, TOTAL, "missing", zh, en, article=row.article)


def _blank(form: _Form) -> Statement:
    """A form of which nothing was typed."""
    rows = position_tables()[FORM].rows
    shape = (len(rows), form.n)
    values = {column: np.full(shape, np.nan) for column in form.columns}
    none = pd.DataFrame({"case": np.zeros(0, int), **{column: np.zeros(0) for column in form.columns}})
    return Statement(FORM, rows, values, np.full(shape, -1), np.zeros(form.n, bool), none, form.portfolio.scale)
