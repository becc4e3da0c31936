"""What rule 2 computes, from what, by which article."""

from __future__ import annotations

from solvency.rules.frame import Formula
from solvency.tables.spec import MODULES

_FROM_POSITIONS = ("Σ 持仓明细（按行计量）", "Σ of the positions, row by row")

FORMULAS: dict[str, Formula] = {
    "interest_rate_mc": Formula(
        (), "规则第8号第十四至二十三条",
        ("财产险业务 Σ 持仓明细；人身险业务 max(PV(NCF)不利 − PV(NCF)基础, 0)；再保险公司两者相加",
         "non-life Σ of the positions; life max(PV(NCF) adverse − PV(NCF) base, 0); of reinsurers both"),
    ),
    "equity_price_mc": Formula((), "规则第8号第二十六至三十七条", _FROM_POSITIONS),
    "real_estate_mc": Formula((), "规则第8号第三十九至四十三条", _FROM_POSITIONS),
    "overseas_fixed_income_mc": Formula(
        (), "规则第8号第四十六、四十七条", ("√(发达² + 2ρ·发达·新兴 + 新兴²)", "√(developed² + 2ρ·developed·emerging + emerging²)"),
        ("overseas_fixed_income.market_correlation",),
    ),
    "overseas_equity_mc": Formula(
        (), "规则第8号第四十八至五十三条", ("√(发达² + 2ρ·发达·新兴 + 新兴²)", "√(developed² + 2ρ·developed·emerging + emerging²)"),
        ("overseas_equity.market_correlation",),
    ),
    "fx_mc": Formula((), "规则第8号第五十七至五十九条", _FROM_POSITIONS),
    "spread_mc": Formula((), "规则第9号第十二至十七条", _FROM_POSITIONS),
    "counterparty_default_mc": Formula((), "规则第9号第十九至三十九条", _FROM_POSITIONS),
    "nonlife_premium_reserve_mc": Formula(
        (), "规则第4号第四十二至四十四条；再保险公司为规则第6号第二十三、二十四条",
        ("√(v·M·vᵀ)，v 为各业务类型的 √(保费² + 2ρ·保费·准备金 + 准备金²)，信用保证险另加融资性业务",
         "√(v·M·vᵀ), v being √(premium² + 2ρ·premium·reserve + reserve²) of each line; financing guarantees are added to credit and guarantee"),
        ("nonlife_line_mc.correlation", "nonlife_premium_reserve_mc.correlation"),
        ("negative_exposure", "rate_rounding", "combined_ratio_zero", "share_small_ticket_zero", "redundancy_scope",
         "science_tech_discount", "export_credit_k", "reinsurer_export_k"),
    ),
    "life_loss_mc": Formula(
        (), "规则第5号第十五、十六条", ("√(v·M·vᵀ)，v 为六类损失发生风险（IR05）", "√(v·M·vᵀ) of the six loss risks (IR05)"),
        ("life_loss_mc.correlation", "morbidity.correlation", *(f"life_scenario.{name}" for name in (
            "mortality", "mortality_catastrophe", "longevity", "longevity_pension_share", "morbidity_rate", "morbidity_trend", "medical",
            "other_loss"))),
        ("life_flow_timing", "life_rate_within_year"),
    ),
    "life_lapse_mc": Formula(
        (), "规则第5号第二十一至二十三条；规则第6号第三十四条", ("max(Σ 各单元退保率风险, 大规模退保风险)", "max(Σ lapse rates of the units, mass lapse)"),
        ("life_scenario.lapse_up", "life_scenario.lapse_down", "life_scenario.lapse_limit", "life_scenario.mass_lapse",
         "life_scenario.mass_lapse_limit", "life_scenario.mass_lapse_floor"),
        ("life_flow_timing", "life_rate_within_year"),
    ),
    "life_expense_mc": Formula(
        (), "规则第5号第十八、十九条", ("Σ max(不利情景现值 − 基础情景现值, 0)，按计量单元", "Σ max(PV adverse − PV base, 0) by unit"),
        ("life_scenario.expense",), ("life_flow_timing", "life_rate_within_year"),
    ),
    "nonlife_catastrophe_mc": Formula(
        (), "规则第4号第五十四条；再保险公司为规则第6号第三十条",
        ("√(境内² + 境外²)，境内、境外各由 √(v·M·vᵀ) 汇总；再保险公司再与非比例业务汇总",
         "√(home² + abroad²), each √(v·M·vᵀ) of its perils; of a reinsurer aggregated with non-proportional business"),
        ("catastrophe_domestic.correlation", "catastrophe_overseas.correlation", "catastrophe.correlation", "catastrophe.confidence",
         "catastrophe_reinsurer.correlation", "nonproportional_catastrophe.rf0"),
        ("var_estimator",),
    ),
    "life_insurance_mc": Formula(
        MODULES["life_insurance_mc"], "规则第5号第二十四、二十五条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("life_insurance_mc.correlation",)
    ),
    "nonlife_insurance_mc": Formula(
        MODULES["nonlife_insurance_mc"], "规则第4号第五十五条；再保险公司为规则第6号第三十一条",
        ("√(v·M·vᵀ)，专业科技保险公司再乘以 K", "√(v·M·vᵀ), of a specialised technology insurer times K"),
        ("nonlife_insurance_mc.correlation", "nonlife_insurance_mc.technology_coefficient"),
    ),
    "market_mc": Formula(MODULES["market_mc"], "规则第8号第六十九、七十条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("market_mc.correlation",)),
    "credit_mc": Formula(MODULES["credit_mc"], "规则第9号第四十三条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("credit_mc.correlation",)),
    "life_diversification": Formula((*MODULES["life_insurance_mc"], "life_insurance_mc"), "规则第5号第二十四条", ("Σ 各项 − 合计", "Σ − total")),
    "nonlife_diversification": Formula(
        (*MODULES["nonlife_insurance_mc"], "nonlife_insurance_mc"), "规则第4号第五十五条", ("Σ 各项 − 合计", "Σ − total")
    ),
    "market_diversification": Formula((*MODULES["market_mc"], "market_mc"), "规则第8号第六十九条", ("Σ 各项 − 合计", "Σ − total")),
    "credit_diversification": Formula((*MODULES["credit_mc"], "credit_mc"), "规则第9号第四十三条", ("Σ 各项 − 合计", "Σ − total")),
    "diversification": Formula(
        tuple(MODULES), "规则第2号第十五至十八条", ("Σ 各模块 − √(v·M·vᵀ)", "Σ modules − √(v·M·vᵀ)"), ("quantified_mc.correlation",)
    ),
    "loss_absorption_cap": Formula(
        ("participating_pv_base", "participating_pv_floor"), "规则第2号第十九条（三）", ("max(基础情景现值 − 下限情景现值, 0)", "max(PV base − PV floor, 0)")
    ),
    "loss_absorption_uncapped": Formula(
        ("participating_market_mc", "participating_credit_mc", "loss_absorption_cap"), "规则第2号第十九条（一）（二）",
        ("MC·β，β = (1 + K)·min(beta_cap, beta_slope·上限/MC + beta_constant)", "MC·β, β = (1 + K)·min(beta_cap, beta_slope·cap/MC + beta_constant)"),
        ("loss_absorption.correlation", "loss_absorption.beta_cap", "loss_absorption.beta_slope",
         "loss_absorption.beta_constant", "loss_absorption.k"),
    ),
    "loss_absorption": Formula(
        ("loss_absorption_uncapped", "loss_absorption_cap"), "规则第2号第十九条", ("min(不考虑上限, 上限)", "min(uncapped, cap)")
    ),
    "size_coefficient": Formula(
        ("total_assets",), "金规〔2023〕5号一", ("按总资产所在档次", "by band of total assets"), ("size_coefficient",), ("size_band_edges",)
    ),
    "quantified_mc": Formula(
        (*MODULES, "diversification", "loss_absorption", "size_coefficient"), "规则第2号第十五条；金规〔2023〕5号一",
        ("规模系数 ×（Σ 各模块 − 分散效应 − 损失吸收效应）", "size coefficient × (Σ modules − diversification − loss absorption)"), ("quantified_mc.correlation",),
    ),
    "control_risk_factor": Formula(
        ("sarmra_score",), "规则第12号第一百二十条", ("Q(S)", "Q(S)"), ("control_risk.factor",)
    ),
    "sarmra_absolute_score": Formula(
        (), "规则第12号第一百零六、一百零七、一百一十九条，附件5", ("Σ 部分得分 × 权重，存在所列情形时不高于上限", "Σ score of part × weight, capped under article 119"),
        ("sarmra.part", "sarmra.aspect_weight", "sarmra.result", "sarmra.cap", "sarmra.cap_foundation_score", "sarmra.cap_governance_score"),
        ("sarmra_foundation_score",),
    ),
    "sarmra_score": Formula(
        ("sarmra_absolute_score", "sarmra_industry_base"), "规则第12号第一百一十七、一百一十八条", ("S1·绝对分权重 + S1·(m/M)·相对分权重", "S1·weight.absolute + S1·(m/M)·weight.relative"),
        ("sarmra.standard_score", "sarmra.weight.absolute", "sarmra.weight.relative"), ("sarmra_over_100",),
    ),
    "control_risk_mc": Formula(
        ("control_risk_factor", "quantified_mc"), "规则第12号第一百二十条", ("Q × 量化风险最低资本", "Q × quantified risks"), ("control_risk.factor",),
        ("control_risk_base", "sarmra_not_assessed"),
    ),
    "additional_capital": Formula(
        ("additional_countercyclical", "additional_dsii", "additional_gsii", "additional_other"),
        "规则第2号第五、二十一条", ("Σ", "Σ"),
    ),
    "minimum_capital": Formula(
        ("quantified_mc", "control_risk_mc", "additional_capital", "relief_minimum_capital"), "规则第2号第五条", ("Σ，减去一司一策减免额", "Σ, less relief"),
    ),
}  # fmt: skip
