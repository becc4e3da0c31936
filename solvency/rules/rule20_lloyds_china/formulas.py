"""What rule 20 computes, from what, by which article."""

from __future__ import annotations

from solvency.rules.frame import Formula

_FACTORS = ("lloyds.weight.department", "lloyds.weight.company")


def _average(zh: str, en: str) -> Formula:
    text = (
        f"各承保部{zh}之和 ÷ 各承保部最低资本之和",
        f"{en} of the departments ÷ their minimum capital, each summed",
    )
    factors = ("lloyds.catastrophe_share.reinsurance", "lloyds.catastrophe_share.direct")
    return Formula((), "规则第20号第十条至第十八条、第二十条", text, factors, ("lloyds_size_coefficient",))


def _company(zh: str, en: str) -> Formula:
    text = (f"公司层面{zh} ÷ 公司层面最低资本", f"{en} of the company level ÷ its minimum capital")
    return Formula(
        (), "规则第20号第十五条至第十九条", text, ("lloyds.company_insurance_share",), ("lloyds_size_coefficient",)
    )


def _whole(ratio: str) -> Formula:
    text = (
        "承保部平均值 × 权重 + 公司层面 × 权重",
        "departments' average × its weight + company level × its weight",
    )
    return Formula(
        (f"department_{ratio}", f"company_level_{ratio}"), "规则第20号第二十条", text, _FACTORS, ("lloyds_compliance",)
    )


FORMULAS: dict[str, Formula] = {
    "department_core_ratio": _average("核心资本", "core capital"),
    "department_comprehensive_ratio": _average("实际资本", "actual capital"),
    "company_level_core_ratio": _company("核心资本", "core capital"),
    "company_level_comprehensive_ratio": _company("实际资本", "actual capital"),
}
# of an insurer whose levels are given, in place of capital ÷ minimum capital
WHOLE_FORMULAS: dict[str, Formula] = {ratio: _whole(ratio) for ratio in ("core_ratio", "comprehensive_ratio")}
