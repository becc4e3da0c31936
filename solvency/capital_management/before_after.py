"""Before and after a change of capital: tiers, both ratios, lines crossed, measures gained and lost (rule 15, articles 18, 19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from solvency.result import Result, is_amount, label
from solvency.rules.formulas import FORMULAS
from solvency.rules.frame import Array
from solvency.rules.ratios import thresholds
from solvency.rules.rule01_actual_capital import TIERS
from solvency.tables.validate import unit_scale

ITEMS = (
    "total_assets", *TIERS, "capital_liability_over_limit", "core_capital", "actual_capital", "size_coefficient", "minimum_capital",
    "core_surplus", "core_ratio", "comprehensive_surplus", "comprehensive_ratio",
)  # fmt: skip
STATUS = ("compliant", "key_verification")
ARTICLE = "规则第15号第十八、十九条"
HELD = (
    "资金以现金进出，不另计风险（用 invest 指定的除外）；总资产随之变动，规模系数按新的档次；控制风险因子、集中度限额、损失吸收、现金价值保证和保单未来盈余不变；可分配利润未核对",
    "money comes in and goes out as cash and bears no risk (but for `invest`); total assets move with it, and the size coefficient with their band; control-risk factor, concentration limits, loss absorption, cash-value guarantee and policy future surplus stay; distributable profit is not looked at",
)
NAMES = {
    "total_assets": ("总资产", "Total assets"),
    "compliant": ("偿付能力达标", "Compliant"),
    "key_verification": ("重点核查对象", "Key verification"),
}
OWN_ARTICLES = {
    "compliant": "保险公司偿付能力管理规定第八条",
    "key_verification": "保险公司偿付能力管理规定第二十三条",
    "size_coefficient": "金规〔2023〕5号一",
}


@dataclass(frozen=True, eq=False)
class Effect:
    """Before and after: two results of the same rows, what was changed (yuan), and earlier quarters (`history`)."""

    before: Result
    after: Result
    changes: pd.DataFrame
    history: pd.DataFrame
    unit: str

    def __len__(self) -> int:
        return len(self.before)

    def to_frame(self, unit: str | None = None) -> pd.DataFrame:
        """A row per insurer and figure: `row`, `insurer`, `as_of`, `scenario`, `item`, `zh`, `en`, `before`, `after`, `change`, `article`.

        Amounts in `unit` (default: yuan), ratios as fractions, `compliant` and `key_verification` as 1 and 0, NaN for unknown.
        """
        scale = unit_scale(unit or "元")
        frames = []
        for place, item in enumerate((*ITEMS, *STATUS)):
            before, after = (self._values(result, item) for result in (self.before, self.after))
            divisor = scale if item not in STATUS and is_amount(item) else 1
            zh, en = NAMES[item] if item in NAMES else label(item)
            frames.append(pd.DataFrame({
                **self._keys, "place": place, "item": item, "zh": zh, "en": en, "before": before / divisor, "after": after / divisor,
                "change": (after - before) / divisor, "article": self._article(item),
            }))  # fmt: skip
        whole = pd.concat(frames, ignore_index=True)
        return whole.sort_values(["row", "place"], kind="stable", ignore_index=True).drop(columns="place")

    @property
    def _keys(self) -> dict[str, Any]:
        keys = self.before.keys
        return {"row": self.before.figures.index.to_numpy(), **{name: keys[name].to_numpy(object) for name in ("insurer", "as_of", "scenario")}}  # fmt: skip

    def _values(self, result: Result, item: str) -> Array:
        if item in STATUS:
            found = result.status[item].map({True: 1.0, False: 0.0}).to_numpy(float)
        else:
            found = result.figures[item].to_numpy(float) if item in result.figures else np.full(len(result), np.nan)
        if result is self.before:
            return found
        return pd.Series(found, index=result.figures.index).reindex(self.before.figures.index).to_numpy(float)

    @staticmethod
    def _article(item: str) -> str:
        return OWN_ARTICLES.get(item) or (FORMULAS[item].article if item in FORMULAS else "")

    def crossed(self) -> pd.DataFrame:
        """Lines that a ratio crosses: `row`, `insurer`, `ratio`, `line`, `zh`, `en`, `threshold`, `before`, `after`, `falls`, `article`."""
        rows = []
        insurers, labels = self.before.cases["insurer"].to_numpy(object), self.before.figures.index.to_numpy()
        rule_of = self.before.rule_of.reindex(self.before.figures.index).to_numpy()
        for number, rulebook in enumerate(self.before.rulebooks):
            for ratio, line, threshold in thresholds(rulebook):
                factor, limit = rulebook.factor(line), float(threshold)
                before, after = (self._values(result, ratio) for result in (self.before, self.after))
                turned = (
                    ((before < limit) != (after < limit)) & ~np.isnan(before) & ~np.isnan(after) & (rule_of == number)
                )
                rows += [
                    {"row": int(labels[i]), "insurer": insurers[i], "ratio": ratio, "line": line, "zh": factor.zh, "en": factor.en,
                     "threshold": limit, "before": before[i], "after": after[i], "falls": bool(after[i] < limit),
                     "article": f"{factor.document} {factor.article}"}
                    for i in np.flatnonzero(turned)
                ]  # fmt: skip
        columns = ("row", "insurer", "ratio", "line", "zh", "en", "threshold", "before", "after", "falls", "article")
        return pd.DataFrame(rows, columns=list(columns)).sort_values("row", kind="stable", ignore_index=True)

    def measures(self) -> pd.DataFrame:
        """Measures and duties gained or lost: `row`, `insurer`, `change`, `id`, `zh`, `en`, `duty`, `who`, `article`, `document`."""
        had, has = self.before.measure_ids, self.after.measure_ids
        frames = []
        for number, rulebook in enumerate(self.before.rulebooks):
            known = {c.id: (place, c) for place, c in enumerate(rulebook.consequences)}
            here = has.index[(self.before.rule_of.reindex(has.index) == number).to_numpy()]
            pairs = pd.DataFrame({"had": had.loc[here], "has": has.loc[here]})
            for (old, new), rows in pairs[pairs["had"] != pairs["has"]].groupby(["had", "has"], sort=False):
                sides = [set(filter(None, str(ids).split(";"))) for ids in (old, new)]
                for change, ids in (("gained", sides[1] - sides[0]), ("lost", sides[0] - sides[1])):
                    for place, c in sorted((known[name] for name in ids), key=lambda pair: pair[0]):
                        frames.append(pd.DataFrame({
                            "row": rows.index, "insurer": self.before.cases["insurer"].loc[rows.index].to_numpy(object), "change": change,
                            "id": c.id, "zh": c.zh, "en": c.en, "duty": c.duty, "who": c.who, "article": c.article,
                            "document": str(c.document), "place": place,
                        }))  # fmt: skip
        columns = ["row", "insurer", "change", "id", "zh", "en", "duty", "who", "article", "document"]
        whole = pd.concat(frames) if frames else pd.DataFrame(columns=[*columns, "place"])
        return whole.sort_values(["row", "change", "place"], kind="stable", ignore_index=True)[columns]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: amounts in yuan."""
        from solvency.output import finite

        return {
            "unit": "元",
            "changes": finite(self.changes.to_dict("records")),
            "figures": finite(self.to_frame().astype({"as_of": str}).to_dict("records")),
            "crossed": finite(self.crossed().to_dict("records")),
            "measures": self.measures().to_dict("records"),
            "history": finite(self.history.to_dict("records")),
            "held_zh": HELD[0],
            "held_en": HELD[1],
            "article": ARTICLE,
        }
