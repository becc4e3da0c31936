"""The result of a stress test: indicators of every scenario, form ST01, the annual table, data for charts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.result import Result
from solvency.rules.frame import Mask
from solvency.rules.rule10_stress_test.restate import INDICATORS
from solvency.tables.validate import unit_scale

AMOUNTS = tuple(item for item in INDICATORS if not item.endswith("_ratio"))
# rows of form ST01 in its order: number, item, (Chinese, English)
ST01_ROWS: tuple[tuple[int, str, tuple[str, str]], ...] = (
    (1, "description", ("风险因素描述", "Risk factor")),
    (2, "actual_capital", ("实际资本", "Actual capital")),
    (3, "core_capital", ("核心资本", "Core capital")),
    (4, "minimum_capital", ("最低资本", "Minimum capital")),
    (5, "core_surplus", ("核心偿付能力溢额", "Core solvency surplus")),
    (6, "core_ratio", ("核心偿付能力充足率", "Core solvency ratio")),
    (7, "comprehensive_surplus", ("综合偿付能力溢额", "Comprehensive solvency surplus")),
    (8, "comprehensive_ratio", ("综合偿付能力充足率", "Comprehensive solvency ratio")),
)
ST01_COLUMNS: tuple[tuple[str, str], ...] = (
    ("基本情景", "Base"),
    ("必测风险因素一", "Mandatory factor 1"),
    ("必测风险因素二", "Mandatory factor 2"),
    ("自测风险因素一", "Own factor 1"),
    ("自测风险因素二", "Own factor 2"),
)
STATIC = ("静态", "static")


@dataclass(frozen=True, eq=False)
class StressResult:
    """A row of `frame` per insurer row and scenario, amounts in yuan, ratios as fractions, NaN where not available.

    frame: `row` (index of the insurer in `result`), `insurer`, `id` (`base` for the base), `zh`, `en`, `description_zh`,
    `description_en`, `kind` (base, scenario, sensitivity), `mandatory`, `horizon`, `period` (next_quarter, year_end_1,
    year_end_2; today if static), `static` (today's figures, for want of a forecast), `chosen_zh`, `chosen_en` (which side of a choice gave
    the lower ratio), the seven indicators, `base_core_ratio`, `base_comprehensive_ratio`, `insufficient`, `not_covered_zh`,
    `not_covered_en` (why there are no indicators: the rows to fill),
    `article`, `document`. result: today's figures, which the base and the rules come from.
    """

    frame: pd.DataFrame
    horizon: str
    unit: str
    result: Result
    warnings: list[Problem]

    def __len__(self) -> int:
        return len(self.frame)

    def _of(self, row: int) -> pd.DataFrame:
        frame = self.frame[self.frame["row"] == row]
        if not len(frame):
            raise UsageError(f"没有第 {row} 行", f"no row {row}")
        return frame

    @property
    def forecast_insufficient(self) -> Mask:
        """Rows of `result` whose base forecast fails a ratio on any date tested (rule 10, article 39)."""
        return self._any(self.frame["kind"] == "base")

    @property
    def stress_insufficient(self) -> Mask:
        """Rows of `result` that fail a ratio in any stress scenario (rule 10, article 40)."""
        return self._any(self.frame["kind"] != "base")

    def _any(self, which: pd.Series) -> Mask:
        # a static run is no forecast, so it triggers nothing
        failing = self.frame.loc[which & self.frame["insufficient"] & ~self.frame["static"], "row"]
        return np.asarray(self.result.figures.index.isin(failing.unique()), bool)

    @property
    def outlook(self) -> dict[str, Mask]:
        """The conditions that `Result.with_outlook` takes."""
        return {"forecast_insufficient": self.forecast_insufficient, "stress_insufficient": self.stress_insufficient}

    @property
    def base(self) -> pd.DataFrame:
        """The base on the date that is stressed, indexed by `row`."""
        return self.frame[self.frame["kind"] == "base"].drop_duplicates("row").set_index("row")

    def insurer(self, row: int = 0) -> str:
        return str(self._of(row)["insurer"].iloc[0])

    def st01(self, row: int = 0, unit: str = "元", lang: str = "zh") -> pd.DataFrame:
        """Form ST01 of one insurer: rows 1 to 8, indexed by item, columns as printed in `lang`.

        Base, the first two mandatory and the first two own scenarios; amounts in `unit` (default yuan), ratios as
        fractions, None where there is no figure. Row 1 says what is changed; for the base, whether it is static.
        """
        scale, word = unit_scale(unit), int(lang == "en")
        frame = self._of(row)
        stress = frame[frame["kind"] != "base"]
        parts = [frame[frame["kind"] == "base"].iloc[:1]]
        for part in (stress[stress["mandatory"]], stress[~stress["mandatory"]]):
            parts += [part.iloc[i : i + 1] for i in range(2)]
        table: dict[str, list[Any]] = {
            ("行次", "Row")[word]: [str(number) for number, *_ in ST01_ROWS],
            ("预测指标", "Indicator")[word]: [names[word] for *_, names in ST01_ROWS],
        }
        for names, part in zip(ST01_COLUMNS, parts, strict=True):
            table[names[word]] = [_cell(part, item, scale, lang) for _, item, _ in ST01_ROWS]
        return pd.DataFrame(table, index=pd.Index([item for _, item, _ in ST01_ROWS], name="item"), dtype=object)

    def annual(self, row: int = 0, unit: str = "元") -> pd.DataFrame:
        """Every scenario of one insurer with its indicators, base dates first; amounts in `unit` (default yuan)."""
        frame = self._of(row)
        names = ["id", "zh", "en", "description_zh", "description_en", "kind", "mandatory", "period", "static",
                 "chosen_zh", "chosen_en", *INDICATORS, "not_covered_zh", "not_covered_en"]  # fmt: skip
        return self._scaled(frame[names].reset_index(drop=True), unit)

    def tornado(self, row: int = 0) -> pd.DataFrame:
        """What the tornado chart draws: `scenario`, `label`, `label_en`, `comprehensive_ratio`, `base_ratio`."""
        frame = self._of(row)
        stress = frame[frame["kind"] != "base"]
        return pd.DataFrame(
            {"scenario": stress["id"], "label": stress["zh"], "label_en": stress["en"],
             "comprehensive_ratio": stress["comprehensive_ratio"], "base_ratio": stress["base_comprehensive_ratio"]}
        ).reset_index(drop=True)  # fmt: skip

    def to_frame(self, unit: str | None = None) -> pd.DataFrame:
        """The whole frame with amounts in `unit` (default: the input's)."""
        return self._scaled(self.frame.copy(), unit)

    def _scaled(self, frame: pd.DataFrame, unit: str | None) -> pd.DataFrame:
        scale = unit_scale(unit or self.unit)
        return frame.assign(**{item: frame[item] / scale for item in AMOUNTS}) if scale != 1 else frame

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: amounts in yuan, ratios as fractions, blanks as null."""
        records = json.loads(self.frame.to_json(orient="records", force_ascii=False, double_precision=15))
        return {"unit": "元", "amounts_in": "CNY yuan", "horizon": self.horizon, "scenarios": records}


def _cell(part: pd.DataFrame, item: str, scale: int, lang: str) -> Any:
    if not len(part):
        return None
    line = part.iloc[0]
    if item == "description":
        if line["kind"] == "base":
            return STATIC[int(lang == "en")] if line["static"] else ""
        return f"{line[f'description_{lang}']}" + (f" ({line[f'chosen_{lang}']})" if line[f"chosen_{lang}"] else "")
    value = float(line[item])
    if np.isnan(value):
        return None
    return value / scale if item in AMOUNTS else value
