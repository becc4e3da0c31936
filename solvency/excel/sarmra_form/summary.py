"""The summary of the form of annex 5: parts, weights, S1, and below them M, K and Q where M is known."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.sarmra_form.layout import SUMMARY_FIRST, SUMMARY_TOTAL
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule12_control_risk import HIGHEST
from solvency.rules.rule12_sarmra import Catalogue
from solvency.tables.positions.spec import position_tables


@dataclass
class Summary:
    """The sheet while it is written. totals: the cells of each part's totals; sums: what its results earn by aspect."""

    page: Page
    scores: pd.Series
    rulebook: Rulebook
    catalogue: Catalogue
    totals: dict[str, dict[str, str]]
    sums: dict[str, list[float]]

    def write(self) -> None:
        self.page.text(0, 0, "风险管理能力评分结果汇总表", "title")
        head = (
            "评估项目", "标准分值", "制度健全性（50%）", "遵循有效性（50%）", "得分（不适用项目调整前）", "得分（不适用项目调整后）", "权重", "得分",
            "绝对分S1（重大事项调整后）", "相对分S2", "最终得分S",
        )  # fmt: skip
        numbers = (
            "（1）",
            "（2）",
            "（3）",
            "（4）",
            "（5）=（3）+（4）",
            "（6）",
            "（7）",
            "（8）=（6）×（7）",
            "（9）",
            "（10）=（9）×K",
            "（11）",
        )
        for column, (text, number) in enumerate(zip(head, numbers, strict=True)):
            self.page.text(1, column, text, "head")
            self.page.text(2, column, "", "head")
            self.page.text(3, column, number, "head")
        before, after = float(self.scores["before_cap"]), float(self.scores["sarmra_absolute_score"])
        capped = after < before
        base = float(self.scores["sarmra_industry_base"])
        total = (
            SUMMARY_TOTAL
            if len(self.catalogue.parts) == SUMMARY_TOTAL - SUMMARY_FIRST
            else SUMMARY_FIRST + len(self.catalogue.parts)
        )
        below = total + 2
        for n, part in enumerate(self.catalogue.parts, start=SUMMARY_FIRST):
            self._part(n, part, capped, base, below)
        t = total - 1
        self.page.text(t, 0, "分值合计", bold=True)
        self.page.text(t, 1, "")
        span = f"{SUMMARY_FIRST}:{{c}}{total - 1}"
        sums = [self.sums[part] for part in self.catalogue.parts]
        values = {
            "C": sum(s[0] for s in sums), "D": sum(s[1] for s in sums), "E": sum(map(sum, sums)),
            "F": float(sum(self.scores[part] for part in self.catalogue.parts)), "G": 1.0, "H": before,
        }  # fmt: skip
        for column, (letter, value) in enumerate(values.items(), start=2):
            self.page.formula(t, column, f"SUM({letter}{span.format(c=letter)})", value, "number")
        cap = float(self.rulebook.value("sarmra.cap"))
        self.page.formula(
            t, 8, f"MIN(H{total},{cap:g})" if capped else f"SUM(I{SUMMARY_FIRST}:I{total - 1})", after, "number"
        )
        self._final(t, total, below, after, base)

    def _part(self, n: int, part: str, capped: bool, base: float, below: int) -> None:
        row, cells = n - 1, self.totals[part]
        self.page.text(row, 0, self.rulebook.names("sarmra.part")[part][0])
        self.page.number(row, 1, float(self.catalogue.part_points), "number")
        score, weight = float(self.scores[part]), float(self.catalogue.parts[part])
        soundness, effectiveness = self.sums[part]
        self.page.formula(row, 2, cells["F"], soundness, "number")
        self.page.formula(row, 3, cells["I"], effectiveness, "number")
        self.page.formula(row, 4, f"C{n}+D{n}", soundness + effectiveness, "number")
        self.page.formula(row, 5, cells["score"], score, "number")
        self.page.number(row, 6, weight, "number")
        own = round(score * weight, 10)
        self.page.formula(row, 7, f"F{n}*G{n}", own, "number")
        for column in (8, 9, 10):
            self.page.text(row, column, "")
        if not capped:
            self.page.formula(row, 8, f"H{n}", own, "number")
            if base == base:
                m = float(self.rulebook.value("sarmra.standard_score"))
                self.page.formula(row, 9, f"I{n}*$B${below + 1}", own * m / base, "number")
                self.page.formula(row, 10, self._mixed(n), self._mix(own, own * m / base), "number")

    def _mixed(self, n: int) -> str:
        a, r = (self.rulebook.value(f"sarmra.weight.{kind}") for kind in ("absolute", "relative"))
        text = f"I{n}*{a:g}+J{n}*{r:g}"
        return f"MIN({HIGHEST},{text})" if self.rulebook.reading("sarmra_over_100") == "capped" else text

    def _mix(self, absolute: float, relative: float) -> float:
        a, r = (self.rulebook.value(f"sarmra.weight.{kind}") for kind in ("absolute", "relative"))
        return float(a * absolute + r * relative)

    def _final(self, t: int, total: int, below: int, after: float, base: float) -> None:
        """S2, S and Q below the table, where the industry base is known."""
        for column in (9, 10):
            self.page.text(t, column, "")
        met = str(self.scores["circumstances"])
        if base == base:
            standard = float(self.rulebook.value("sarmra.standard_score"))
            final, factor = float(self.scores["sarmra_score"]), float(self.scores["control_risk_factor"])
            self.page.formula(t, 9, f"I{total}*$B${below + 1}", after * standard / base, "number")
            self.page.formula(t, 10, self._mixed(total), final, "number")
            for i, label in enumerate(("调整基础分 M", "相对分调整系数 K", "控制风险因子 Q")):
                self.page.text(below - 1 + i, 0, label)
            self.page.number(below - 1, 1, base, "number")
            self.page.formula(below, 1, f"{standard:g}/B{below}", standard / base, "number")
            exempt = [o for n in ("", ".lloyds_china") for o in self.rulebook.members(f"control_risk.exempt{n}")]
            if self.scores["organisation"] in exempt:
                self.page.number(below + 1, 1, factor, "number")
            else:
                self.page.formula(below + 1, 1, self._factor_formula(f"K{total}"), factor, "number")
        if met:
            names = {column.id: column.zh for column in position_tables()["SARMRACompany"].columns} | {
                "foundation_score": "基础与环境部分得分低于标准"
            }
            text = "；".join(names.get(name, name) for name in met.split(";"))
            self.page.text(below + 3, 0, "第一百一十九条所列情形")
            self.page.text(below + 3, 1, text, "plain")

    def _factor_formula(self, cell: str) -> str:
        """Q by the bands in force."""
        bands = self.rulebook.bands("control_risk.factor").bands
        text = "NA()"
        for band in reversed(bands):
            text = f"IF({cell}<={float(band.interval.upper):g},{float(band.intercept):g}+{float(band.slope):g}*{cell},{text})"
        return text
