"""Checks of the table of departments: whose it is, one company level, and how insurance capital is given (rule 20)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, first_of_each, is_class
from solvency.rules.rule20_lloyds_china.levels import PARTS, TOTAL, lloyds_levels, reinsurance_total

DEPARTMENTS = "Departments"
ORGANISATION = "lloyds_china"


def check_departments(portfolio: Portfolio) -> None:
    """Reports what is wrong with the levels of n cases."""
    if DEPARTMENTS not in portfolio.tables:
        return
    frame = portfolio.tables[DEPARTMENTS]
    case, company = frame["case"].to_numpy(), is_class(frame, "level", "company")
    department = is_class(frame, "level", "department")
    first = first_of_each(case, portfolio.size)
    organisation = portfolio.cases["organisation"].to_numpy()[case] if "organisation" in portfolio.cases else ""
    portfolio.report(
        DEPARTMENTS, first & (organisation != ORGANISATION), "level", "not_lloyds", "只有劳合社（中国）填写本表",
        "only Lloyd's China fills in this table", article="规则第20号第二条",
    )  # fmt: skip
    size = portfolio.size
    counts = [np.bincount(case[own], minlength=size)[case] for own in (company, department)]
    for count, wanted, zh, en in (
        (counts[0] != 1, "company", "公司层面应有且只有一行", "there is one row of the company level"),
        (counts[1] == 0, "department", "没有承保部", "there is no department"),
    ):
        portfolio.report(DEPARTMENTS, first & count, "level", f"{wanted}_rows", zh, en, article="规则第20号第十七条")
    unnamed = frame["department"].isna().to_numpy()
    portfolio.report(
        DEPARTMENTS, department & unnamed, "department", "missing", "缺少承保部名称", "the department has no name", article="规则第20号第四条"
    )  # fmt: skip
    portfolio.report(
        DEPARTMENTS, department & ~unnamed & frame.duplicated(["case", "department"]).to_numpy(), "department", "doubled", "承保部重复",
        "the department stands twice", frame["department"].astype(object).to_numpy(), article="规则第20号第二十六条",
    )  # fmt: skip
    _insurance(portfolio, frame, company, department)


def _insurance(portfolio: Portfolio, frame: pd.DataFrame, company: Array, department: Array) -> None:
    parts = np.array([frame[name].to_numpy() for name in PARTS])
    given, typed = ~np.isnan(parts), frame["insurance_mc"].to_numpy()
    some = given.any(axis=0) | frame[TOTAL].notna().to_numpy()
    for name, there in zip(PARTS, given, strict=True):
        portfolio.report(
            DEPARTMENTS, department & some & ~there, name, "missing", "三类业务的保费及准备金风险最低资本须同时填写；没有请填 0",
            "the premium and reserve capital of the three kinds of business goes together; type 0 if there is none", article="规则第20号第十二、十三条",
        )  # fmt: skip
    portfolio.report(
        DEPARTMENTS, department & ~some & np.isnan(typed), "insurance_mc", "missing",
        "缺少保险风险最低资本，或各类业务的保费及准备金风险最低资本",
        "insurance capital is missing, or the premium and reserve capital it comes from", article="规则第20号第十一条",
    )  # fmt: skip
    portfolio.report(
        DEPARTMENTS, company & some, PARTS[0], "not_applicable", "公司层面的保险风险最低资本由各承保部计算",
        "insurance capital of the company level comes from the departments", article="规则第20号第十五条",
    )  # fmt: skip
    both = department & given.all(axis=0)
    total = reinsurance_total(frame)
    portfolio.report(
        DEPARTMENTS, both & np.isnan(total), TOTAL, "missing", "比例与非比例业务都有时须填再保险业务合计",
        "with both kinds of reinsurance their aggregated capital is needed", article="规则第6号第二十四条",
    )  # fmt: skip
    _, proportional, nonproportional = parts
    low, high = np.maximum(proportional, nonproportional), proportional + nonproportional
    room = portfolio.room(DEPARTMENTS, high)
    portfolio.report(
        DEPARTMENTS, both & ((total < low - room) | (total > high + room)), TOTAL, "out_of_range",
        "再保险业务合计应在较大一类与两类之和之间", "the aggregate lies between the larger kind and the sum of both", total, article="规则第6号第二十四条",
    )  # fmt: skip
    usable = frame.assign(insurance_mc=np.where(company, np.nan, typed))
    computed = lloyds_levels(usable, portfolio.rulebook)[0]["insurance_mc"].to_numpy()
    portfolio.report_apart(
        DEPARTMENTS, "insurance_mc", np.where(both | company, typed, np.nan), computed, "所填保险风险最低资本与计算的不一致",
        "the insurance capital and the one computed differ", article="规则第20号第十一、十五条",
    )  # fmt: skip
