"""Business of Lloyd's China by department: each is measured as an insurer is, but on gross exposures (rule 20, articles 11-13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from solvency.rules.aggregate import aggregate
from solvency.rules.charge import Charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, first_of_each, is_class
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve import CORRELATION, of_insurer
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve_total import premium_reserve_by_line
from solvency.rules.rule20_lloyds_china.departments import DEPARTMENTS, ORGANISATION
from solvency.rules.rule20_lloyds_china.levels import PARTS, TOTAL
from solvency.tables.positions.read import Positions
from solvency.tables.validate import Located

DIRECT, PROPORTIONAL, NONPROPORTIONAL = PARTS
GROSS = {"retained_premium": "gross_premium", "outstanding_reserve": "gross_reserve"}
FINANCING, INDUSTRY = "IR01-1", "Industry"
CATASTROPHES = ("IR02", "IR04", "CatExposures", "CatCover")


@dataclass(frozen=True)
class Kind:
    """How the business of a table is measured: as that of which type of insurer, without which coefficients, by which articles."""

    insurer_type: str
    exclusions: Mapping[str, str]
    articles: Mapping[str, str]  # by class of charge


KINDS = {
    "IR01": Kind(
        "property", {"premium": "lloyds.not_applied.direct_premium", "reserve": "lloyds.not_applied.direct_reserve"},
        {"premium": "规则第20号第十三条（一）", "reserve": "规则第20号第十三条（二）"},
    ),
    "IR03": Kind(
        "reinsurer", {"premium": "lloyds.not_applied.reinsurance_premium"},
        {"premium": "规则第20号第十二条（一）", "reserve": "规则第20号第十二条（二）"},
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Business:
    """The rows of one table that belong to m departments.

    portfolio: its cases are the departments. place: (m,) the row of each in the table of departments. company: (m,) its case.
    """

    sheet: str
    portfolio: Portfolio
    place: Array
    company: Array

    def charges(self) -> list[Charge]:
        """The charges of the rows as those of the companies."""
        articles = KINDS[self.sheet].articles
        return [
            replace(
                c, frame=c.frame.assign(case=self.company[c.frame["case"].to_numpy()]), articles=(articles[c.group],)
            )
            for c in self.portfolio.charges
        ]

    def table(self) -> pd.DataFrame:
        frame = self.portfolio.tables[self.sheet]
        return frame.assign(case=self.company[frame["case"].to_numpy()])

    def form(self) -> pd.DataFrame:
        """The form of each department one after the other, with a column that names it."""
        form, table = self.portfolio.forms[self.sheet], self.portfolio.tables[self.sheet]
        first = first_of_each(table["case"].to_numpy(), self.portfolio.size)
        name = np.empty(self.portfolio.size, dtype=object)
        name[table["case"].to_numpy()[first]] = table["department"].astype(object).to_numpy()[first]
        form = form.iloc[form["case"].to_numpy().argsort(kind="stable")]
        case = form["case"].to_numpy()
        titles = {lang: name[case] + " · " + form[lang].astype(object).to_numpy() for lang in ("zh", "en")}
        return form.assign(case=self.company[case], department=name[case], **titles)


def business_of_departments(portfolio: Portfolio) -> list[Business]:
    """The business of departments as portfolios of their own, taken out of the tables of the others; reports rows of no department."""
    lloyds, levels = np.zeros(portfolio.size, bool), np.zeros(portfolio.size, bool)
    if "organisation" in portfolio.cases:
        lloyds = portfolio.cases["organisation"].eq(ORGANISATION).to_numpy(dtype=bool)
    if DEPARTMENTS in portfolio.tables:
        levels[portfolio.tables[DEPARTMENTS]["case"].to_numpy()] = True
    _report_others(portfolio, lloyds & levels)
    found = [_taken(portfolio, sheet, lloyds, levels) for sheet in KINDS if sheet in portfolio.tables]
    return [business for business in found if business is not None]


def settle_departments(portfolio: Portfolio, found: Sequence[Business]) -> None:
    """Premium and reserve capital of departments out of their business goes to their table; what is typed must agree."""
    for business in found:
        for column, worked in _premium_reserve(business).items():
            frame = portfolio.tables[DEPARTMENTS]
            typed, whole = frame[column].to_numpy(), np.full(len(frame), np.nan)
            whole[business.place] = worked
            portfolio.report_apart(
                DEPARTMENTS, column, typed, whole, f"所填金额与由 {business.sheet} 计算的不一致", f"the amount and the one computed from {business.sheet} differ",
                article="规则第20号第十二、十三条",
            )  # fmt: skip
            portfolio.positions.tables[DEPARTMENTS] = frame.assign(**{column: np.where(np.isnan(whole), typed, whole)})


def forms_of(found: Sequence[Business]) -> dict[str, Callable[[], pd.DataFrame]]:
    """Forms IR01 and IR03 by department, made when they are first asked for."""
    return {b.sheet: partial(Business.form, b) for b in found if b.sheet in b.portfolio.forms}


def _premium_reserve(business: Business) -> dict[str, Array]:
    """Premium and reserve capital of m departments (CNY): direct; or proportional, non-proportional and all reinsurance."""
    portfolio = business.portfolio
    found = premium_reserve_by_line(portfolio)
    if found is None:
        return {}
    amounts, lines, whole = found
    if portfolio.insurer_type == "property":
        return {DIRECT: whole}
    matrix = portfolio.rulebook.correlation(of_insurer(portfolio, CORRELATION), amounts.names)
    proportional = np.isin(amounts.names, portfolio.rulebook.correlation_labels(CORRELATION))
    kinds = {
        column: aggregate(lines[own], matrix[np.ix_(own, own)])
        for column, own in ((PROPORTIONAL, proportional), (NONPROPORTIONAL, ~proportional))
    }
    return {**kinds, TOTAL: whole}


def _taken(portfolio: Portfolio, sheet: str, lloyds: Array, levels: Array) -> Business | None:
    frame = portfolio.tables[sheet]
    case, named = frame["case"].to_numpy(), frame["department"].notna().to_numpy()
    portfolio.report(
        sheet, named & ~lloyds[case], "department", "not_lloyds", "只有劳合社（中国）填写承保部", "only Lloyd's China names departments",
        frame["department"].astype(object).to_numpy() if named.any() else None, article="规则第20号第二条",
    )  # fmt: skip
    taken = lloyds[case] & (named | levels[case])
    if not taken.any():
        return None
    place = np.full(len(frame), -1)
    place[taken & named] = _places(portfolio, frame[taken & named])
    portfolio.report(
        sheet, taken & ~named, "department", "missing", "缺少承保部；公司层面没有自己的业务", "the department is missing; the company level has no business of its own",
        article="规则第20号第三、十五条",
    )  # fmt: skip
    portfolio.report(
        sheet, taken & named & (place < 0), "department", "unknown_department", f"{DEPARTMENTS} 表没有这个承保部", f"table {DEPARTMENTS} has no such department",
        frame["department"].astype(object).to_numpy(), article="规则第20号第十七条",
    )  # fmt: skip
    tables = portfolio.positions.tables
    _take(portfolio, sheet, taken)
    own = place >= 0
    if not own.any():
        return None
    places, number = np.unique(place[own], return_inverse=True)
    company = tables[DEPARTMENTS]["case"].to_numpy()[places]
    held = {sheet: frame[own].reset_index(drop=True).assign(case=number)}
    if INDUSTRY in tables:
        held[INDUSTRY] = _of_each(tables[INDUSTRY], company)
    kind = KINDS[sheet]
    cases = portfolio.cases.iloc[company].reset_index(drop=True)
    part = Portfolio(
        Positions(held, portfolio.positions.inputs), cases, kind.insurer_type, portfolio.rulebook, Located(portfolio.problems, company),
        hypothetical=portfolio.hypothetical, scale=portfolio.scale, exposures=GROSS, exclusions=kind.exclusions,
    )  # fmt: skip
    return Business(sheet, part, places, company)


def _take(portfolio: Portfolio, sheet: str, rows: Array) -> None:
    """Takes rows out of a table."""
    tables = portfolio.positions.tables
    if rows.all():
        del tables[sheet]
    elif rows.any():
        tables[sheet] = tables[sheet][~rows].reset_index(drop=True)


def _places(portfolio: Portfolio, frame: pd.DataFrame) -> Array:
    """The row of the table of departments that each row names, -1 for none."""
    if DEPARTMENTS not in portfolio.tables:
        return np.full(len(frame), -1)
    table = portfolio.tables[DEPARTMENTS]
    keys = ["case", "department"]
    known = table[is_class(table, "level", "department")][keys].astype({"department": object})
    known = known.assign(place=known.index).drop_duplicates(keys)
    found = frame[keys].astype({"department": object}).merge(known, on=keys, how="left")["place"]
    return found.fillna(-1).to_numpy().astype(int)


def _of_each(frame: pd.DataFrame, company: Array) -> pd.DataFrame:
    """The rows of each department's company."""
    departments = pd.DataFrame({"case": company, "department": np.arange(len(company))})
    return departments.merge(frame, on="case").drop(columns="case").rename(columns={"department": "case"})


def _report_others(portfolio: Portfolio, by_levels: Array) -> None:
    """Tables of insurance risk that are of no use where the levels are given."""
    for sheet in (FINANCING, *CATASTROPHES):
        if sheet not in portfolio.tables or not by_levels.any():
            continue
        case = portfolio.tables[sheet]["case"].to_numpy()
        first = first_of_each(case, portfolio.size) & by_levels[case]
        if sheet == FINANCING:
            portfolio.report(
                sheet, first, "", "not_by_department", f"融资性信用保证险不按承保部计算；请在 {DEPARTMENTS} 填写该承保部的保费及准备金风险最低资本",
                f"financing guarantees are not worked out by department; type its premium and reserve capital in {DEPARTMENTS}", article="规则第20号第十三条",
            )  # fmt: skip
            _take(portfolio, sheet, by_levels[case])
        else:
            portfolio.report(
                sheet, first, "", "not_used", "承保部的巨灾风险最低资本按保费及准备金风险最低资本的比例计算，本表未使用",
                "catastrophe capital of departments is a share of their premium and reserve capital, so this table is not used",
                severity="warning", article="规则第20号第十二条（三）、第十三条（三）",
            )  # fmt: skip
