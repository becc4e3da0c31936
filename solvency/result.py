"""The result of a calculation: figures, where each came from, status, measures, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import Problem, UnknownFactorError
from solvency.regulation.rulebook import Rulebook
from solvency.rules import supervision
from solvency.rules.formulas import FORMULAS
from solvency.rules.rule02_minimum_capital import contributions
from solvency.rules.rule11_risk_rating.scheme import RISKS
from solvency.rules.rule13_liquidity_risk.formulas import LINES as LIQUIDITY
from solvency.rules.rule20_lloyds_china.formulas import WHOLE_FORMULAS
from solvency.rules.supervision import Measure
from solvency.tables.spec import Row, line_items, tables
from solvency.tables.validate import unit_scale

if TYPE_CHECKING:
    from solvency.rules.positions import Charged
    from solvency.rules.rule11_risk_rating import Rating

SCORE_LINES: Mapping[str, tuple[str, str, str]] = {  # only with a scoring scheme of the user
    "score_capital": ("可资本化风险评分（自行估计）", "Score of the capital side (own estimate)", "number"),
    "score_operational": ("操作风险评分（自行估计）", "Score of operational risk (own estimate)", "number"),
    "score_strategic": ("战略风险评分（自行估计）", "Score of strategic risk (own estimate)", "number"),
    "score_reputational": ("声誉风险评分（自行估计）", "Score of reputational risk (own estimate)", "number"),
    "score_liquidity": ("流动性风险评分（自行估计）", "Score of liquidity risk (own estimate)", "number"),
    "score": ("风险综合评级得分（自行估计）", "Score of the integrated risk rating (own estimate)", "number"),
}
EXTRA_LINES: Mapping[str, tuple[str, str, str]] = {
    "core_capital": ("核心资本", "Core capital", "amount"),
    "size_coefficient": ("规模系数", "Size coefficient", "number"),
    "technology_coefficient": (
        "专业科技保险公司特征因子 K",
        "Coefficient K of specialised technology insurers",
        "number",
    ),
    "sarmra_score": ("偿付能力风险管理评估最终得分", "SARMRA final score", "number"),
    "control_risk_factor": ("控制风险因子 Q", "Control-risk factor Q", "number"),
    "department_core_ratio": ("承保部核心偿付能力充足率平均值", "Average core ratio of the departments", "ratio"),
    "department_comprehensive_ratio": (
        "承保部综合偿付能力充足率平均值",
        "Average comprehensive ratio of the departments",
        "ratio",
    ),
    "company_level_core_ratio": ("公司层面核心偿付能力充足率", "Core ratio of the company level", "ratio"),
    "company_level_comprehensive_ratio": (
        "公司层面综合偿付能力充足率",
        "Comprehensive ratio of the company level",
        "ratio",
    ),
    "core_tier1_over_limit": ("核心一级资本超限额部分", "Core tier 1: excess over the limit", "amount"),
    "capital_liabilities": ("资本性负债", "Capital liabilities", "amount"),
    "cash_value_guarantee": ("现金价值保证", "Cash-value guarantee", "amount"),
    "income_tax_reserve": ("所得税准备", "Income-tax reserve", "amount"),
    "policy_future_surplus": ("保单未来盈余", "Policy future surplus", "amount"),
    "capital_liability_over_limit": ("超限额确认的资本性负债", "Capital liability from excesses", "amount"),
    **SCORE_LINES,
    **LIQUIDITY,
}
STATUS = ("compliant", "key_verification", "grade", "grade_source")


@dataclass(frozen=True)
class Line:
    """One figure used in an explanation."""

    item: str
    zh: str
    en: str
    value: float
    origin: str
    place: str


@dataclass(frozen=True)
class Explanation:
    """Why a figure is what it is: formula, inputs, factors, readings, documents; nothing is worked out again."""

    item: str
    zh: str
    en: str
    value: float
    origin: str
    place: str
    formula_zh: str
    formula_en: str
    article: str
    inputs: tuple[Line, ...]
    factors: tuple[dict[str, Any], ...]
    readings: tuple[dict[str, str], ...]
    insurer: str
    rules_as_of: str
    positions: tuple[dict[str, Any], ...] = ()  # the largest charges behind the figure (`position_lines`)
    position_count: int = 0
    accounts: tuple[dict[str, Any], ...] = ()  # of life interest-rate risk (`life_interest_form`)
    form: tuple[dict[str, Any], ...] = ()  # of an official form that is worked out: its rows, amounts in yuan
    details: tuple[dict[str, Any], ...] = ()  # lines of the tables of rule 1 behind the figure (`lines_behind`)
    text: tuple[str, str] = ("", "")  # of what is no number: Chinese, English
    said: tuple[tuple[str, str], ...] = ()  # what else must be known, in words: Chinese, English
    indicators: tuple[dict[str, Any], ...] = ()  # of a scoring scheme, with points and weights
    lines: tuple[
        dict[str, Any], ...
    ] = ()  # the rows of a form that make up the figure, as the scores of parts and items


@dataclass(frozen=True, eq=False)
class Result:
    """n rows, one per insurer, date and scenario; the index is the position of the row in the input.

    figures: every line item of S01, S02 and S05 and `EXTRA_LINES`, amounts in yuan, ratios as fractions, NaN where not
    available. origins: codes into `origin_names` per figure. status: `compliant`, `key_verification` (True, False, None),
    `grade`, `grade_source`, `grade_class`, `own_grade`, `effective_class`. conditions: the trigger conditions that hold.
    """

    cases: pd.DataFrame
    figures: pd.DataFrame
    origins: pd.DataFrame
    status: pd.DataFrame
    conditions: pd.DataFrame
    unit: str
    rulebooks: list[Rulebook]
    rule_of: pd.Series
    warnings: list[Problem]
    warning_rows: list[int]
    rejects: pd.DataFrame | None
    place: Callable[[int, str], Mapping[str, str]]
    date_replaced: bool = False
    source: str = ""
    charged: list[tuple[npt.NDArray[np.intp], Charged]] = field(
        default_factory=list
    )  # per edition of the rules: rows, charges
    origin_names: tuple[str, ...] = field(default=())
    ratings: list[tuple[npt.NDArray[np.intp], Rating]] = field(default_factory=list)  # of a scheme: rows, scores

    def __len__(self) -> int:
        return len(self.figures)

    @property
    def keys(self) -> pd.DataFrame:
        """insurer, insurer_type, organisation, as_of, scenario of each row."""
        return self.cases[["insurer", "insurer_type", "organisation", "as_of", "scenario"]]

    def rulebook(self, row: int = 0) -> Rulebook:
        """The rules that were applied to a row, as of its date (or the date asked for instead)."""
        rulebook = self.rulebooks[int(self.rule_of.loc[row])]
        return rulebook if self.date_replaced else replace(rulebook, date=self.cases["as_of"].loc[row])

    def values(self, row: int = 0) -> dict[str, float]:
        """The figures of one row by name, in yuan."""
        return {str(item): float(value) for item, value in _row(self.figures, row).items()}

    @property
    def measure_ids(self) -> pd.Series:
        """Ids of the triggered measures of each row, joined by `;`."""
        ids = pd.Series("", index=self.figures.index, dtype=object)
        for i, rulebook in enumerate(self.rulebooks):
            rows = self.rule_of.index[self.rule_of == i].intersection(self.figures.index)
            if len(rows):
                ids.loc[rows] = np.array(supervision.measure_ids(self.conditions.loc[rows], rulebook), dtype=object)
        return ids

    def measures(self, row: int = 0) -> list[Measure]:
        """The measures and duties triggered for one row, with facts and articles."""
        return supervision.measures_of(
            _row(self.conditions, row),
            self.values(row),
            _row(self.status, row),
            _row(self.cases, row),
            self.rulebook(row),
        )

    def with_outlook(self, outlook: Mapping[str, Any]) -> Result:
        """The same result also knowing which rows fail in a forecast or under stress: masks as in `StressResult.outlook`."""
        held = {name: self.conditions[name].to_numpy(bool) | mask for name, mask in outlook.items()}
        return replace(self, conditions=self.conditions.assign(**held))

    def distances(self, row: int = 0) -> pd.DataFrame:
        """How far the ratios of one row are from each line, in points and in yuan."""
        figures = self.values(row)
        # ratios of levels taken together are no capital over a minimum
        minimum = float("nan") if len(self.levels(row)) else figures["minimum_capital"]
        return supervision.distances(figures, figures, minimum, self.rulebook(row))

    def levels(self, row: int = 0) -> pd.DataFrame:
        """The departments and the company level of one row of Lloyd's China (rule 20); none for other insurers.

        `level`, `department`, `core_capital`, `actual_capital`, `insurance_mc`, `market_mc`, `credit_mc`, `minimum_capital` (yuan), both
        ratios, `sufficient`: whether the level meets both requirements of article 24, and the premium and reserve capital that
        insurance capital comes from, where it is not typed itself.
        """
        for rows, charged in self.charged:
            where = np.flatnonzero(rows == row)
            if len(where) and "Departments" in charged.forms:
                found = charged.forms["Departments"]
                own: pd.DataFrame = found[found["case"] == where[0]]
                return own.drop(columns=["case", "line"]).reset_index(drop=True)
        return pd.DataFrame()

    def contributions(self) -> pd.DataFrame:
        """Euler and marginal contributions of every sub-risk to minimum capital, long; `row` is the row's index."""
        frames = []
        for i, rulebook in enumerate(self.rulebooks):
            rows = self.rule_of.index[self.rule_of == i].intersection(self.figures.index)
            if len(rows):
                kind = str(self.cases.loc[rows[0], "insurer_type"])
                frame = contributions(self.figures.loc[rows], rulebook, kind)
                frames.append(frame.assign(row=rows.to_numpy()[frame["position"]]).drop(columns="position"))
        whole = (
            pd.concat(frames, ignore_index=True)
            if frames
            else pd.DataFrame(columns=["item", "amount", "euler", "marginal", "row"])
        )
        return whole.sort_values("row", kind="stable", ignore_index=True)[
            ["row", "item", "amount", "euler", "marginal"]
        ]

    def origin(self, item: str, row: int = 0) -> str:
        return self.origin_names[int(self.origins[item].loc[row])] if item in self.origins else "absent"

    def explain(self, item: str, row: int = 0) -> Explanation:
        """Why one figure of one row is what it is. Raises UnknownFactorError for an unknown item."""
        item = f"S02.{item}" if item not in self.figures and f"S02.{item}" in self.figures else item
        if item not in self.figures:
            raise UnknownFactorError(item, list(self.figures.columns), ("项目", "item"))
        rulebook = self.rulebook(row)
        origin = self.origin(item, row)
        known = {**FORMULAS, **WHOLE_FORMULAS} if len(self.levels(row)) else FORMULAS
        formula = known.get(item) if origin == "computed" else None
        zh, en = label(item)
        return Explanation(
            item, zh, en, float(self.figures[item].loc[row]), origin, self._place(item, row) if origin == "given" else "",
            *(formula.text if formula else ("", "")), formula.article if formula else "",
            tuple(self._line(name, row) for name in (formula.inputs if formula else ())),
            self.factor_lines(formula.factors if formula else (), row), self.reading_lines(formula.readings if formula else (), row),
            str(self.cases.at[row, "insurer"]), str(rulebook.date),
        )  # fmt: skip

    def _line(self, item: str, row: int) -> Line:
        zh, en = label(item)
        value = float(self.figures[item].loc[row]) if item in self.figures else float("nan")
        origin = self.origin(item, row)
        return Line(item, zh, en, value, origin, self._place(item, row) if origin == "given" else "")

    def _place(self, item: str, row: int) -> str:
        place = self.place(row, item)
        if place.get("sheet"):
            return f"{place['sheet']}!{place['cell']}" if place.get("cell") else place["sheet"]
        return f"line {place['row']}, column {item}" if place.get("row") else ""

    def reading_lines(self, names: Iterable[str], row: int) -> tuple[dict[str, str], ...]:
        """Readings as they were taken for a row: name, alternative and its names."""
        rulebook = self.rulebook(row)
        chosen = {name: rulebook.reading(name) for name in names}
        labels = {name: rulebook.readings[name].alternatives[taken] for name, taken in chosen.items()}
        return tuple(
            {"name": name, "chosen": taken, "zh": labels[name][0], "en": labels[name][1]}
            for name, taken in chosen.items()
        )

    def factor_lines(self, names: Iterable[str], row: int) -> tuple[dict[str, Any], ...]:
        """Factors as they stood for a row: name, value, article, document; one of the type of insurer in place of the general one."""
        rulebook, kind = self.rulebook(row), str(self.cases.at[row, "insurer_type"])
        found = []
        for name in names:
            full = f"{name}.{kind}" if rulebook.has(f"{name}.{kind}") else name
            if not rulebook.has(full):
                continue
            factor = rulebook.factor(full)
            for reading, alternatives in factor.variants.items():
                # what the chosen reading puts in place of the default
                shape, content = alternatives.get(rulebook.reading(reading), (factor.shape, factor.content))
                factor = replace(factor, shape=shape, content=content)
            found.append(
                {"name": full, "value": factor.plain(), "article": factor.article, "document": str(factor.document),
                 "effective": str(factor.document.effective), "zh": factor.zh, "en": factor.en}
            )  # fmt: skip
        return tuple(found)

    def to_frame(self, unit: str | None = None) -> pd.DataFrame:
        """One row per input row: the keys, every line item in `unit` (default: the input's), status, measures."""
        scale = unit_scale(unit or self.unit)
        columns: dict[str, Any] = {str(name): self.keys[name].to_numpy() for name in self.keys}
        for item in output_items():
            if item in self.figures:
                values = self.figures[item].to_numpy()
                columns[item] = values / scale if scale != 1 and is_amount(item) else values
        for name in STATUS:
            columns[name] = self.status[name].to_numpy()
        columns["measures"] = self.measure_ids.to_numpy()
        columns["warnings"] = self._warning_codes()
        return pd.DataFrame(columns, index=self.figures.index)

    def _warning_codes(self) -> list[str]:
        codes: dict[int, list[str]] = {}
        for position, problem in zip(self.warning_rows, self.warnings, strict=True):
            codes.setdefault(position, []).append(problem.code)
        return [";".join(dict.fromkeys(codes.get(int(i), []))) for i in self.figures.index]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: amounts in yuan, ratios as fractions, blanks as null."""
        rejects = [] if self.rejects is None else self.rejects[["line", "reasons_zh", "reasons_en"]].to_dict("records")
        return {
            "unit": "元",
            "amounts_in": "CNY yuan",
            "cases": [self._case(row) for row in self.figures.index],
            "rejects": [{str(key): value for key, value in reject.items()} for reject in rejects],
        }

    def _case(self, row: int) -> dict[str, Any]:
        figures = self.values(row)
        rulebook, status = self.rulebook(row), _row(self.status, row)
        case: dict[str, Any] = {str(name): str(value) for name, value in _row(self.keys, row).items()}
        case["rules_as_of"] = str(rulebook.date)
        for sheet in ("S01", "S02", "S05"):
            case[sheet] = {
                r.item.removeprefix(f"{sheet}."): _json(figures.get(r.item))
                for r in tables()[sheet]
                if r.item in figures
            }
        case |= self._statements(row)
        beside = {item: _json(figures.get(item)) for item in EXTRA_LINES if item in figures}
        case["other"] = {item: value for item, value in beside.items() if item not in LIQUIDITY}
        if any(item in beside for item in LIQUIDITY):
            case["liquidity"] = {item: value for item, value in beside.items() if item in LIQUIDITY}
        levels = self.levels(row)
        if len(levels):
            case["levels"] = [
                {str(k): _json(v) if isinstance(v, float) else v for k, v in level.items()}
                for level in levels.astype(object).where(levels.notna(), None).to_dict("records")
            ]
        case |= self._own_estimate(row, status)
        case |= {
            "compliant": status["compliant"],
            "key_verification": status["key_verification"],
            "grade": status["grade"],
            "grade_source": status["grade_source"],
            "grade_class": status["grade_class"],
            "measures": [measure.to_dict() for measure in self.measures(row)],
            "warnings": [
                {"code": p.code, "where": p.where, "zh": p.message("zh"), "en": p.message("en")}
                for position, p in zip(self.warning_rows, self.warnings, strict=True) if position in (row, -1)
            ],
        }  # fmt: skip
        return case

    def _own_estimate(self, row: int, status: pd.Series) -> dict[str, Any]:
        """What a scoring scheme of the user says of one row, named as that."""
        schemes = [rating.scheme for rows, rating in self.ratings if row in rows]
        if not schemes:
            return {}
        scores = {item: _json(self.figures[item].loc[row]) for item in SCORE_LINES}
        return {
            "own_estimate": {
                "note": schemes[0].label[1], "note_zh": schemes[0].label[0], "illustrative": schemes[0].illustrative, **scores,
                "own_grade": status["own_grade"], "rule": status["grade_rule"],
                **{risk: status[risk] for risk in RISKS},
            }
        }  # fmt: skip

    def _statements(self, row: int) -> dict[str, Any]:
        """S03 and S04 of one row by item, where they were given."""
        found: dict[str, Any] = {}
        for rows, charged in self.charged:
            where = np.flatnonzero(rows == row)
            for sheet in ("S03", "S04") if len(where) else ():
                if sheet in charged.forms:
                    own = charged.forms[sheet][charged.forms[sheet]["case"] == where[0]]
                    amounts = [column for column in own if own[column].dtype.kind == "f"]
                    if len(own):
                        found[sheet] = {
                            str(line["item"]): {str(c): _json(line[c]) for c in amounts}
                            for line in own.to_dict("records")
                        }
        return found

    def to_json(self, indent: int | None = 2) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)


def _row(frame: pd.DataFrame, row: int) -> pd.Series:
    return cast(pd.Series, frame.loc[row])


def label(item: str) -> tuple[str, str]:
    """Chinese and English name of a figure."""
    if item in line_items():
        row: Row = line_items()[item]
        return row.zh, row.en
    zh, en, _ = EXTRA_LINES.get(item, (item, item, ""))
    return zh, en


def is_amount(item: str) -> bool:
    if item in line_items():
        return line_items()[item].kind == "amount"
    return EXTRA_LINES.get(item, ("", "", ""))[2] == "amount"


def is_ratio(item: str) -> bool:
    if item in line_items():
        return line_items()[item].kind == "ratio"
    return EXTRA_LINES.get(item, ("", "", ""))[2] == "ratio"


def output_items() -> list[str]:
    """Every line item of S01, S02 and S05 once, in the order of the forms, then the lines beside them."""
    items = [row.item for sheet in ("S01", "S02", "S05") for row in tables()[sheet] if not row.row_no.startswith("+")]
    return list(dict.fromkeys([*items, *EXTRA_LINES]))


def _json(value: Any) -> Any:
    return None if value is None or not np.isfinite(value) else float(value)
