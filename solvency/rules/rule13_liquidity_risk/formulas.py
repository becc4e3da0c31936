"""What rule 13 computes, from what, by which article: the figures of the tables LR1 to LR3-3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from solvency.rules.frame import Formula

# spelled out, so that names and articles can be read here; the kernels take scenarios and horizons from tables and rulebook
_SCENARIOS: Mapping[str, tuple[str, str]] = {
    "base": ("基本情景", "base"),
    "mandatory": ("必测压力情景", "mandatory stress"),
    "own": ("自测压力情景", "own stress"),
}
_HORIZONS: Mapping[str, tuple[str, str]] = {
    "3_months": ("未来3个月", "3 months"),
    "12_months": ("未来12个月", "12 months"),
}
_SHARES: Mapping[str, tuple[str, str]] = {
    "cash_tools_share": ("现金及流动性管理工具占比", "Share of cash and liquidity tools"),
    "leverage_share": ("季均融资杠杆比例", "Average leverage of the quarter"),
    "aa_and_below_share": ("AA级（含）以下境内固定收益类资产占比", "Share of domestic fixed income rated AA or below"),
    "large_stakes_share": ("持股比例大于5%的上市股票投资占比", "Share of listed stakes above 5%"),
    "receivables_share": ("应收款项占比", "Share of receivables"),
    "related_assets_share": ("持有关联方资产占比", "Share of assets with related parties"),
}
# back in time
NET_CASH_FLOWS = ("net_cash_flow_ytd", "net_cash_flow_last_year", "net_cash_flow_year_before")


def flow_item(direction: str, scenario: str, horizon: str) -> str:
    """The name of an inflow or outflow of the company over a horizon: `cash_inflow_base_3_months`."""
    return f"{direction}_{scenario}_{horizon}"


def _lines() -> Iterator[tuple[str, tuple[str, str, str]]]:
    for kind, zh, en, scenarios in (
        ("lcr1", "流动性覆盖率LCR1", "Liquidity coverage LCR1", ("base",)),
        ("lcr2", "流动性覆盖率LCR2", "Liquidity coverage LCR2", ("mandatory", "own")),
        ("lcr3", "流动性覆盖率LCR3", "Liquidity coverage LCR3", ("mandatory", "own")),
    ):
        also, also_en = ("，不考虑资产变现", ", no assets realised") if kind == "lcr3" else ("", "")
        for scenario in scenarios:
            name = kind if kind == "lcr1" else f"{kind}_{scenario}"
            for horizon, (months, months_en) in _HORIZONS.items():
                scene, scene_en = _SCENARIOS[scenario]
                yield (
                    f"{name}_{horizon}",
                    (f"{zh}（{scene}{also}，{months}）", f"{en} ({scene_en}{also_en}, {months_en})", "ratio"),
                )
    yield (
        "operating_cash_flow_deviation",
        (
            "经营活动净现金流回溯不利偏差率（本季度）",
            "Adverse deviation of operating cash flow (this quarter)",
            "ratio",
        ),
    )
    yield "operating_cash_flow_deviation_last_quarter", (
        "经营活动净现金流回溯不利偏差率（上季度）", "Adverse deviation of operating cash flow (last quarter)", "ratio",
    )  # fmt: skip
    yield "net_cash_flow_ytd", ("净现金流（本年累计）", "Net cash flow (year to date)", "amount")
    yield "net_cash_flow_last_year", ("净现金流（上一会计年度）", "Net cash flow (last financial year)", "amount")
    yield (
        "net_cash_flow_year_before",
        ("净现金流（上一会计年度之前的会计年度）", "Net cash flow (the year before that)", "amount"),
    )
    yield "operating_cash_flow", ("经营活动净现金流（本年累计）", "Operating cash flow (year to date)", "amount")
    yield (
        "operating_cash_flow_per_100_premium",
        ("百元保费经营活动净现金流", "Operating cash flow per CNY 100 of premium", "number"),
    )
    yield (
        "special_business_outflow_share",
        ("特定业务现金流支出占比", "Share of outflows from special business", "ratio"),
    )
    yield "surrender_ratio_ytd", ("综合退保率（本年累计）", "Surrender ratio (year to date)", "ratio")
    yield "participating_cash_flow", ("分红账户业务净现金流", "Net cash flow of participating accounts", "amount")
    yield "universal_cash_flow", ("万能账户业务净现金流", "Net cash flow of universal accounts", "amount")
    yield "premium_growth", ("规模保费同比增速", "Premium growth on the year", "ratio")
    yield "overdue_reinsurance_share", ("应收分保账款率", "Share of overdue reinsurance receivables", "ratio")
    for item, (zh, en) in _SHARES.items():
        yield item, (zh, en, "ratio")
    for direction, zh, en in (
        ("cash_inflow", "现金流入", "Cash inflows"),
        ("cash_outflow", "现金流出", "Cash outflows"),
    ):
        for scenario, (scene, scene_en) in _SCENARIOS.items():
            for horizon, (months, months_en) in _HORIZONS.items():
                yield (
                    flow_item(direction, scenario, horizon),
                    (f"公司整体{zh}（{scene}，{months}）", f"{en} ({scene_en}, {months_en})", "amount"),
                )
    yield "cash_and_equivalents", ("现金及现金等价物", "Cash and cash equivalents", "amount")
    yield "realisable_reserve", ("流动性资产储备变现金额", "Liquid assets, as realised", "amount")


# figure -> names and kind
LINES: dict[str, tuple[str, str, str]] = dict(_lines())
_REQUIREMENT = "liquidity.coverage_requirement"
_OPERATING = (
    "经营活动现金流入本年累计数 − 经营活动现金流出本年累计数",
    "operating inflows − operating outflows, year to date",
)
_GROWTH = (
    "（当年累计规模保费 − 去年同期累计规模保费）÷ 去年同期累计规模保费",
    "(premium of the year to date − same period of last year) ÷ same period of last year",
)
_FORMS = ("LR3-1", "LR3-2", "LR3-3")


_MONITORING: tuple[tuple[str, str, tuple[str, str], tuple[str, ...]], ...] = (
    ("operating_cash_flow", "规则第13号附件3一", _OPERATING, ()),
    ("operating_cash_flow_per_100_premium", "规则第13号附件3一（一）2", ("经营活动净现金流 ÷ 保费收入 × 100", "operating cash flow ÷ premium income × 100"), ("liquidity.premium_unit",)),
    ("special_business_outflow_share", "规则第13号附件3一（一）3、（三）2", ("（特定业务赔付支出 + 特定业务已报案未决赔款准备金）÷（公司整体赔付支出 + 公司整体已报案未决赔款准备金）",
     "(claims paid + reported reserves of special business) ÷ (the same of the company)"), ()),
    ("surrender_ratio_ytd", "规则第13号附件3一（二）2", ("退保金合计 ÷（期初长期险责任准备金 + 保户储金及投资款 + 独立账户负债 + 本年度签单保费）",
     "surrenders ÷ (opening long-term reserves + deposits + separate-account liabilities + written premium of the year)"), ()),
    ("participating_cash_flow", "规则第13号附件3一（二）3", ("分红账户经营活动现金流入 − 流出，本年累计", "operating inflows − outflows of participating accounts, year to date"), ()),
    ("universal_cash_flow", "规则第13号附件3一（二）3", ("万能账户经营活动现金流入 − 流出，本年累计", "operating inflows − outflows of universal accounts, year to date"), ()),
    ("premium_growth", "规则第13号附件3一（一）4、（二）4", _GROWTH, ()),
    ("overdue_reinsurance_share", "规则第13号附件3一（三）3", ("逾期180天以上的应收分保账款 ÷ 应收分保账款", "receivables overdue by more than 180 days ÷ reinsurance receivables"), ()),
    ("cash_tools_share", "规则第13号附件3二（一）", ("现金及流动性管理工具 ÷ 期末总资产（扣除债券回购融入资金和独立账户资产）", "cash and liquidity tools ÷ total assets less bond repos and separate accounts"), ()),
    ("leverage_share", "规则第13号附件3二（二）", ("各月末融入资金余额的算术平均值 ÷ 期末总资产", "mean of what was borrowed at the month-ends ÷ total assets"), ()),
    ("aa_and_below_share", "规则第13号附件3二（三）", ("AA级（含）以下境内固定收益类资产 ÷ 期末总资产（扣除债券回购融入资金和独立账户资产）",
     "domestic fixed income rated AA or below ÷ total assets less bond repos and separate accounts"), ()),
    ("large_stakes_share", "规则第13号附件3二（四）", ("持股比例大于5%的上市股票投资 ÷ 期末总资产", "listed stakes above 5% ÷ total assets"), ()),
    ("receivables_share", "规则第13号附件3二（五）", ("（应收保费 + 应收分保账款）÷ 期末总资产", "(premiums + reinsurance accounts receivable) ÷ total assets"), ()),
    ("related_assets_share", "规则第13号附件3二（六）", ("交易对手为关联方的投资资产 ÷ 期末总资产", "investments with related parties ÷ total assets"), ()),
)  # fmt: skip


def _formulas() -> Iterator[tuple[str, Formula]]:
    for item in LINES:
        kind, _, rest = item.partition("_")
        if kind in ("lcr1", "lcr2", "lcr3"):
            key = f"base_{rest}" if kind == "lcr1" else rest
            inflow, outflow = (f"{direction}_{key}" for direction in ("cash_inflow", "cash_outflow"))
            reserve = ("realisable_reserve",) if kind == "lcr2" else ()
            article = {
                "lcr1": "规则第13号附件2一（一）1",
                "lcr2": "规则第13号附件2一（一）2（1）",
                "lcr3": "规则第13号附件2一（一）2（2）",
            }[kind]
            text = ("（现金流入 + 现金及现金等价物）÷ 现金流出", "(inflow + cash and equivalents) ÷ outflow")
            if reserve:
                text = (
                    "（现金流入 + 现金及现金等价物 + 流动性资产储备变现金额）÷ 现金流出",
                    "(inflow + cash and equivalents + liquid assets as realised) ÷ outflow",
                )
            yield (
                item,
                Formula(
                    (inflow, "cash_and_equivalents", *reserve, outflow), article, text, (_REQUIREMENT,), (), ("LR2-1",)
                ),
            )
        elif item.startswith(("cash_inflow_", "cash_outflow_")):
            factors = ("liquidity.horizon_quarters",)
            text = (
                "经营、投资、筹资活动各季度之和，短期筹资按净额",
                "operating, investing and financing flows of the quarters, short-term financing net",
            )
            yield (
                item,
                Formula((), "规则第13号附件2一（二）1", text, factors, ("short_term_financing_net",), ("LR1", "LR2-1")),
            )
    yield "realisable_reserve", Formula(
        (), "规则第13号附件2一（二）4（3）", ("Σ 评估时点账面价值 × 折算系数", "Σ book value × conversion factor"), ("liquidity.reserve_conversion",), (), ("LR2-2", "LR2-1"),
    )  # fmt: skip
    yield (
        "cash_and_equivalents",
        Formula(
            (),
            "规则第13号附件2一（二）3",
            ("LR2-1 第3行，评估时点账面价值", "row 3 of LR2-1, at book value"),
            (),
            (),
            ("LR2-1",),
        ),
    )
    for item in ("operating_cash_flow_deviation", "operating_cash_flow_deviation_last_quarter"):
        text = ("（实际值 − 预测值）÷ |预测值|", "(actual − forecast) ÷ |forecast|")
        yield item, Formula((), "规则第13号附件2二", text, ("liquidity.deviation_floor",), (), ("LR2-3",))
    for item in NET_CASH_FLOWS:
        text = ("LR2-4，第1行留空时取 LR1 本年累计数", "LR2-4; row 1 left blank is taken from LR1")
        yield (
            item,
            Formula(
                (),
                "规则第13号附件2三",
                text,
                ("liquidity.net_cash_flow_floor",),
                ("net_cash_flow_running",),
                ("LR2-4", "LR1"),
            ),
        )
    for item, article, text, named in _MONITORING:
        tables = (*_FORMS, "LR1") if item == "operating_cash_flow" else _FORMS
        yield item, Formula((), article, text, named, (), tables)


FORMULAS: dict[str, Formula] = dict(_formulas())
