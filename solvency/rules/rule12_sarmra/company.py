"""The table SARMRACompany: the class of the insurer (article 6) and the circumstances that cap its score (article 119)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule12_sarmra.insurer_class import CLASS_1, CLASS_2, UNKNOWN, criteria, insurer_class
from solvency.rules.rule12_sarmra.items import ITEMS
from solvency.rules.rule12_sarmra.scores import PartScores, below
from solvency.tables.positions.read import LOWEST
from solvency.tables.positions.spec import position_tables

COMPANY = "SARMRACompany"
FOUNDATION = "foundation"
CRITERIA = (("established",), ("signed_premium", "year_end_assets"), ("provincial_branches",))  # of article 6
NAMES_OF_CLASS = {UNKNOWN: "", CLASS_1: "class_1", CLASS_2: "class_2"}


def company_rows(portfolio: Portfolio) -> pd.DataFrame:
    """The row of SARMRACompany of each case, and whether there is one (`typed`); a second one is an error."""
    table = portfolio.tables.get(COMPANY)
    present = np.zeros(portfolio.size, bool)
    if ITEMS in portfolio.tables:
        present[portfolio.tables[ITEMS]["case"].to_numpy()] = True
    if table is None:
        columns: dict[str, Any] = {
            column.id: _blank(column.kind, portfolio.size) for column in position_tables()[COMPANY].columns
        }
        frame = pd.DataFrame(columns).assign(typed=False)
    else:
        case = table["case"].to_numpy()
        portfolio.report(
            COMPANY,
            pd.Series(case).duplicated().to_numpy(),
            "",
            "duplicate",
            "一家公司只填一行",
            "one row for an insurer",
        )
        frame = table.drop_duplicates("case").set_index("case").reindex(range(portfolio.size))
        frame = frame.assign(typed=np.isin(np.arange(portfolio.size), case))
    for row in np.flatnonzero(present & ~frame["typed"].to_numpy()):
        portfolio.problems.add_at(
            int(row), {"sheet": COMPANY, "item": COMPANY}, "missing", "填有评估项目，须同时填写公司类别与绝对分上限情形",
            "with assessed items the class of the insurer and the circumstances of article 119 are needed", article="规则第12号第六条、第一百一十九条",
        )  # fmt: skip
    return frame


def _blank(kind: str, size: int) -> Any:
    if kind == "date":
        return np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    if kind in ("class", "flag"):
        return pd.Categorical.from_codes(np.full(size, -1), categories=pd.Index([], dtype=object))
    return np.full(size, np.nan)


def classes_of(portfolio: Portfolio, company: pd.DataFrame) -> Array:
    """Class of each case: as typed, else by the criteria; an error where it is open."""
    days = pd.to_datetime(portfolio.cases["as_of"]).to_numpy().astype("datetime64[D]")
    met = criteria(company, days, portfolio.insurer_type, portfolio.rulebook)
    wanted = int(portfolio.rulebook.value("insurer_class.criteria"))
    worked_out = insurer_class(is_class(company, "foreign_branch", "yes"), list(met.values()), wanted)
    typed = np.select(
        [is_class(company, "insurer_class", NAMES_OF_CLASS[c]) for c in (CLASS_1, CLASS_2)], [CLASS_1, CLASS_2], UNKNOWN
    )
    with_row = company["typed"].to_numpy()
    apart = with_row & (typed != UNKNOWN) & (worked_out != UNKNOWN) & (typed != worked_out)
    _tell_company(
        portfolio, apart, "insurer_class", "class_set", "公司类别与三项标准的判定不同，按所填类别（监管可调整）",
        "the class is not what the three criteria give; taken as typed, as the regulator may set it", "warning",
    )  # fmt: skip
    still_open = with_row & (typed == UNKNOWN) & (worked_out == UNKNOWN)
    for (_, known), names in zip(met.values(), CRITERIA, strict=True):
        for name in names:
            _tell_company(
                portfolio, still_open & ~known & company[name].isna().to_numpy(), name, "missing",
                f"缺少{_label(name)[0]}，无法判定公司类别", f"{_label(name)[1]} is missing, so the class is open", "error",
            )  # fmt: skip
    unstated = with_row & (typed == UNKNOWN) & company["foreign_branch"].isna().to_numpy()
    _tell_company(
        portfolio,
        unstated,
        "foreign_branch",
        "missing",
        f"缺少{_label('foreign_branch')[0]}",
        f"{_label('foreign_branch')[1]} is missing",
        "error",
    )
    return np.where(typed != UNKNOWN, typed, worked_out)


def _label(column: str) -> tuple[str, str]:
    found = position_tables()[COMPANY].column(column)
    return found.zh, found.en


def _tell_company(portfolio: Portfolio, cases: Mask, column: str, code: str, zh: str, en: str, severity: str) -> None:
    """A problem of the company row of some cases."""
    if cases.any():
        rows = cases[portfolio.tables[COMPANY]["case"].to_numpy()]
        portfolio.report(COMPANY, rows, column, code, zh, en, severity=severity, article="规则第12号第六条")


def circumstances_of(portfolio: Portfolio, company: pd.DataFrame, scores: PartScores) -> dict[str, Mask]:
    """Which circumstances of article 119 each case meets; two of them are judged here."""
    rules, catalogue = portfolio.rulebook.exactly(), scores.catalogue
    found: dict[str, Mask] = {}
    for name in rules.members("sarmra.cap_circumstances"):
        if name == "foundation_score":
            place = list(catalogue.parts).index(FOUNDATION)
            weighted = rules.reading("sarmra_foundation_score") == "weighted"
            score = (scores.weighted if weighted else scores.score)[:, place]
            scale = catalogue.score_scale if weighted else catalogue.part_scale
            found[name] = below(score, rules.value("sarmra.cap_foundation_score"), scale)
        elif name == "governance_score":
            score = company[name].to_numpy()
            found[name] = np.asarray((score < float(rules.value("sarmra.cap_governance_score"))) & (score != LOWEST))
        else:
            found[name] = is_class(company, name, "yes")
    return found
