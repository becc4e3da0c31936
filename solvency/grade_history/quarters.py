"""The rows of some results by insurer and date, and the grade notified for each quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.rules.frame import Array
from solvency.rules.ratios import RATIOS
from solvency.rules.rule11_risk_rating.last_quarter import BASE, quarters
from solvency.rules.rule11_risk_rating.scheme import RISKS, SCORES, TOTAL

if TYPE_CHECKING:
    from solvency.result import Result

STATUS = ("notified_grade", "grade_class", "own_grade", "grade", "grade_source", "grade_rule", *RISKS)
MOST_PROBLEMS = 100


@dataclass(frozen=True, eq=False)
class Quarters:
    """The rows of some results by insurer and date: which result, which row of it, and where the row before is (-1: none)."""

    source: Array
    row: Array
    before: Array

    @classmethod
    def of(cls, results: Sequence[Result], insurer: str | None) -> Quarters:
        keys = pd.concat(
            [result.keys.assign(source=place, row=result.keys.index) for place, result in enumerate(results)], ignore_index=True
        )  # fmt: skip
        keys = keys[keys["scenario"] == BASE]
        if insurer is not None:
            keys = keys[keys["insurer"] == insurer]
        if keys.empty:
            raise UsageError(
                "没有可列的行" if insurer is None else f"没有公司 {insurer!r}",
                "there is no row to show" if insurer is None else f"there is no insurer {insurer!r}",
            )
        keys = keys.sort_values(["insurer", "as_of"], kind="stable", ignore_index=True)
        twice = keys.duplicated(["insurer", "as_of"])
        if twice.any():
            one = keys[twice].iloc[0]
            raise UsageError(
                f"{one['insurer']} 在 {one['as_of']} 有多行",
                f"{one['insurer']} stands more than once on {one['as_of']}",
            )
        same = (keys["insurer"] == keys["insurer"].shift()).to_numpy()
        return cls(keys["source"].to_numpy(), keys["row"].to_numpy(), np.where(same, np.arange(len(keys)) - 1, -1))

    def gather(self, results: Sequence[Result], column: Any) -> Array:
        """One value per row: `column(result)` is a series by the rows of the result."""
        found: Array = np.full(len(self.row), np.nan, dtype=object)
        for place, result in enumerate(results):
            own = self.source == place
            found[own] = column(result).reindex(self.row[own]).to_numpy(dtype=object)
        return found

    def numbers(self, results: Sequence[Result], item: str) -> Array:
        """A figure of each row, NaN where a result has none."""
        return self.gather(
            results, lambda r: r.figures[item] if item in r.figures else pd.Series(np.nan, index=r.figures.index)
        ).astype(float)

    def frame(self, results: Sequence[Result]) -> tuple[pd.DataFrame, list[Problem]]:
        columns: dict[str, Any] = {
            name: self.gather(results, lambda r, name=name: r.cases[name])
            for name in ("insurer", "insurer_type", "as_of")
        }
        columns["notified"], told = self._notified(results)
        columns |= {name: self.gather(results, lambda r, name=name: r.status[name]) for name in STATUS}
        columns["notified_grade_quarter"] = self.gather(results, lambda r: r.cases["notified_grade_quarter"].fillna(""))
        columns |= {name: self.numbers(results, name) for name in (TOTAL, *SCORES.values(), *RATIOS)}
        return pd.DataFrame(columns), told

    def _notified(self, results: Sequence[Result]) -> tuple[Array, list[Problem]]:
        """The grade notified for the quarter of each row, wherever it is stated; the latest statement counts, others are told of.

        A grade of an unknown quarter has no place, and that is told too.
        """
        stated, placeless = [], 0
        for grade in ("notified_grade", "previous_grade"):
            said = pd.DataFrame(
                {"insurer": self.gather(results, lambda r: r.cases["insurer"]), "as_of": self.gather(results, lambda r: r.cases["as_of"]),
                 "quarter": self.gather(results, lambda r, of=f"{grade}_quarter": r.cases[of]),
                 "grade": self.gather(results, lambda r, of=grade: r.cases[of])}
            )  # fmt: skip
            placeless += int((said["grade"].notna() & said["quarter"].isna()).sum())
            stated.append(said.dropna())
        whole = pd.concat(stated, ignore_index=True).sort_values("as_of", kind="stable")
        whole["quarter"] = pd.PeriodIndex(whole["quarter"], freq="Q").asi8
        distinct = whole.drop_duplicates(["insurer", "quarter", "grade"])
        differ = distinct[distinct.duplicated(["insurer", "quarter"])]
        told: list[Problem] = []
        if placeless:
            told.append(
                Problem("missing", "warning", f"{placeless} 个通报评级未填所属季度（notified_grade_quarter、previous_grade_quarter），未列入走势",
                        f"{placeless} notified grade(s) without their quarter (notified_grade_quarter, previous_grade_quarter) are not shown",
                        item="notified_grade_quarter", article="规则第11号第二十八条")
            )  # fmt: skip
        for line in differ.to_dict("records")[:MOST_PROBLEMS]:
            quarter = pd.Period(ordinal=line["quarter"], freq="Q")
            told.append(
                Problem("grade_differs", "warning", f"{line['insurer']} {quarter} 的通报评级前后填报不一，采用最近的",
                        f"{line['insurer']}: the grade notified for {quarter} is stated differently; the latest statement is taken",
                        item="notified_grade", found=str(line["grade"]))
            )  # fmt: skip
        last = whole.drop_duplicates(["insurer", "quarter"], keep="last")
        own = pd.DataFrame(
            {
                "insurer": self.gather(results, lambda r: r.cases["insurer"]),
                "quarter": quarters(pd.Series(self.gather(results, lambda r: r.cases["as_of"]))),
            }
        )
        return own.merge(last, on=["insurer", "quarter"], how="left")["grade"].fillna("").to_numpy(dtype=object), told
