"""Scores of rule 12 outside a calculation: from a filled form of annex 5, a workbook or many insurers to S1, S and Q."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.errors import InputError, Problem, UsageError
from solvency.regulation.rulebook import Rulebook, draft_paths
from solvency.source import PositionSource, load
from solvency.tables.validate import Located, Problems, clean

if TYPE_CHECKING:
    from solvency.excel.sarmra_form import Form
    from solvency.rules.rule12_sarmra import Assessment

KEYS = ["insurer", "insurer_type", "organisation", "as_of", "scenario"]
RANKED = "ranked"


@dataclass(frozen=True, eq=False)
class SarmraResult:
    """Scores of n insurers (rule 12).

    scores: a row per insurer: its keys, `assessed_by_regulator`, `insurer_class`, for each part its score out of 100 after the
    adjustment, `before_cap`, `circumstances` of article 119 that are met (joined by `;`), `sarmra_absolute_score` (S1),
    `sarmra_industry_base` (M), `relative_score` (S2), `sarmra_score` (S), `control_risk_factor` (Q; 0 for captives); NaN where
    not known. items: a row per insurer and item (`row` is the row of `scores`): results and points. parts: names and weights.
    """

    scores: pd.DataFrame
    items: pd.DataFrame
    parts: pd.DataFrame
    warnings: list[Problem]
    rulebook: Rulebook
    rejects: pd.DataFrame | None = None  # the rows left out as they were given, with their reasons
    statements: Mapping[str, str] = field(default_factory=dict)  # of the cover of a form

    def __len__(self) -> int:
        return len(self.scores)

    def to_dict(self) -> list[dict[str, Any]]:
        """JSON-ready: a mapping per insurer."""
        from solvency.output import finite

        records = self.scores.assign(as_of=self.scores["as_of"].map(str)).to_dict("records")
        return [finite(record) for record in records]


def sarmra(
    source: str | Path | pd.DataFrame,
    *,
    positions: PositionSource = None,
    industry_base: float | str | None = None,
    insurer_type: str | None = None,
    circumstances: Iterable[str] | None = None,
    governance_score: float | None = None,
    assessed_by: str | None = None,
    as_of: date | str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
    on_error: str = "raise",
) -> SarmraResult:
    """From the results of the assessed items to the absolute score S1, the final score S and the control-risk factor Q.

    source: a filled official form of annex 5; or a workbook, table or frame as for `calculate`, with the tables SARMRA and
    SARMRACompany in it or in `positions`. industry_base: M for insurers whose row names none, or "ranked": worked out from the
    insurers given, by type (article 118). Of a form only: insurer_type; circumstances of article 119 that are met, an empty
    list for none (not needed where the form states S1 after them); governance_score, if it was assessed; assessed_by
    (regulator, the default, or self). as_of, readings, drafts, on_error: as for `calculate`. Raises InputError with all problems, UsageError.
    """
    from solvency.excel.sarmra_form import is_form, read_form

    drafts = draft_paths(drafts)
    if isinstance(source, (str, Path)) and is_form(source):
        told = None if circumstances is None else tuple(circumstances)

        def scored(met: Iterable[str] | None) -> tuple[SarmraResult, Form]:
            form = read_form(
                source, insurer_type=insurer_type, circumstances=met, governance_score=governance_score,
                assessed_by=assessed_by or "regulator", as_of=as_of, readings=readings, drafts=drafts,
            )  # fmt: skip
            day = form.given.cases["as_of"].iloc[0]
            return _scored(form.given, form.given.cases, industry_base, day, readings, drafts), form

        found, form = scored(told)
        after = form.stated.get("sarmra_absolute_score")
        if (
            told is None
            and after is not None
            and after[0] < found.scores["before_cap"].iloc[0]
            and _is_cap(after[0], found)
        ):
            found, form = scored(["other_circumstance"])  # the form itself says that one was met
        return replace(_agreeing(found, form), statements=form.statements)
    if any(option is not None for option in (insurer_type, circumstances, governance_score, assessed_by)):
        raise UsageError(
            "公司类型、上限情形、公司治理得分和评估方只用于附件5表；其他输入填在表内",
            "insurer_type, circumstances, governance_score and assessed_by are for a form of annex 5; other inputs state them",
        )
    given = load(source, None, positions)
    typed = clean(given.cases, given.problems, book=given.book is not None)
    return _scored(given, typed, industry_base, as_of, readings, drafts, reject=on_error == "reject")


def _is_cap(score: float, found: SarmraResult) -> bool:
    return bool(score == found.rulebook.value("sarmra.cap"))


def _agreeing(found: SarmraResult, form: Form) -> SarmraResult:
    """The result of a form, if the scores that the form states are those worked out. Raises InputError."""
    from solvency.excel.sarmra_form.read import ROUNDING

    scores = found.scores.iloc[0]
    wrong = [
        Problem(
            "disagree", "error", "表中分数与由评估结果计算的分数不一致", "the score on the form and the one from the results differ", item=name,
            found=f"{value:.10g} ≠ {scores[name]:.10g}", article="银保监发〔2021〕52号附件5", **place,
        )
        for name, (value, place) in form.stated.items() if not abs(value - scores[name]) <= ROUNDING
    ]  # fmt: skip
    if wrong:
        raise InputError([*wrong, *found.warnings])
    return found


def _scored(
    given: Any, typed: pd.DataFrame, industry_base: float | str | None, as_of: date | str | None,
    readings: Mapping[str, str] | None, drafts: tuple[Path, ...], *, reject: bool = False,
) -> SarmraResult:  # fmt: skip
    from solvency.assessment import editions, positions_of, rejects_of
    from solvency.rules.portfolio import Portfolio
    from solvency.rules.rule12_sarmra import assess

    problems: Problems = given.problems
    held = positions_of(given, typed, as_of, readings, drafts)
    if held is None or "SARMRA" not in held.tables:
        problems.add(
            -1, "SARMRA", "missing_table", "没有评估项目（SARMRA 表）", "there are no assessed items (table SARMRA)",
            article="规则第12号第一百零七条",
        )  # fmt: skip
        raise InputError(problems.found)
    frames, items, rulebook = [], [], None
    for rulebook, rows in editions(typed, as_of, readings, drafts):
        cases = typed.iloc[rows]
        own = held.take(rows, len(typed))
        if "SARMRA" not in own.tables:
            continue
        portfolio = Portfolio(own, cases, str(cases["insurer_type"].iloc[0]), rulebook, Located(problems, rows))
        found = assess(portfolio)
        frames.append(_frame(found, portfolio).set_axis(rows))
        items.append(_items(found, portfolio, rows))
    if not frames or rulebook is None:
        raise InputError(problems.found)
    scores = pd.concat(frames).sort_index()
    for row in np.flatnonzero(
        scores["before_cap"].isna().to_numpy() & ~problems.failing(len(typed), False)[scores.index]
    ):
        problems.add(
            int(scores.index.to_numpy()[row]), "insurer", "no_items", "没有评估项目，未评分", "has no assessed items and no score",
            severity="warning",
        )  # fmt: skip
    final = _with_final_scores(scores, industry_base, rulebook, problems)
    failing = problems.failing(len(typed), False)
    whole = any(p < 0 and q.severity == "error" for p, q in zip(problems.positions, problems.found, strict=True))
    if whole or (failing.any() and not reject):
        raise InputError(problems.found)
    final = final.loc[~failing[final.index]]
    rejects = rejects_of(given.cases, problems, failing, False) if failing.any() else None
    exact = rulebook.exactly()
    parts = pd.DataFrame(
        [(key, *rulebook.names("sarmra.part")[key], float(w)) for key, w in exact.rows("sarmra.part").items()],
        columns=["part", "zh", "en", "weight"],
    )  # fmt: skip
    warnings = [
        problem for position, problem in zip(problems.positions, problems.found, strict=True)
        if problem.severity == "warning" and (position < 0 or not failing[position])
    ]  # fmt: skip
    every = pd.concat(items, ignore_index=True)
    return SarmraResult(final, every[every["row"].isin(final.index)], parts, warnings, rulebook, rejects)


def _frame(found: Assessment, portfolio: Any) -> pd.DataFrame:
    """Keys, class, parts and S1 of the cases of one edition."""
    from solvency.rules.rule12_sarmra.company import NAMES_OF_CLASS

    cases, catalogue = portfolio.cases, found.scores.catalogue
    score = np.where(found.known[:, None], found.scores.score / catalogue.part_scale, np.nan)
    met = np.full(portfolio.size, "", dtype=object)
    for name, holds in found.circumstances.items():
        met = met + np.where(holds & found.known, f"{name};", "")
    columns = {key: cases[key].to_numpy() for key in KEYS}
    columns["assessed_by_regulator"] = found.by_regulator
    columns["insurer_class"] = np.array([NAMES_OF_CLASS[c] for c in range(3)], dtype=object)[found.insurer_class]
    columns |= {part: score[:, place] for place, part in enumerate(catalogue.parts)}
    columns["before_cap"] = found.before_cap
    columns["circumstances"] = np.array([text.rstrip(";") for text in met], dtype=object)
    columns["sarmra_absolute_score"] = found.score
    columns["sarmra_industry_base"] = cases["sarmra_industry_base"].to_numpy(dtype=float)
    return pd.DataFrame(columns)


def _items(found: Assessment, portfolio: Any, rows: Any) -> pd.DataFrame:
    """Results and points of every item, in the order of the form."""
    from solvency.rules.rule12_sarmra.catalogue import ASPECTS
    from solvency.rules.rule12_sarmra.items import places_of, result_codes

    catalogue, frame = found.scores.catalogue, portfolio.tables["SARMRA"]
    places = places_of(frame["item"], catalogue)
    codes = {aspect: result_codes(frame[aspect], catalogue) for aspect in ASPECTS}
    columns: dict[str, Any] = {"row": rows[frame["case"].to_numpy()], "item": frame["item"], "place": places}
    columns |= {aspect: frame[aspect] for aspect in ASPECTS}
    for i, aspect in enumerate(ASPECTS):
        earned = catalogue.values[places, i, codes[aspect]] / catalogue.unit
        columns[f"{aspect}_score"] = np.where((places < 0) | (codes[aspect] < 0), np.nan, earned)
    whole = pd.DataFrame({**columns, "basis": frame["basis"]}).sort_values(["row", "place"], ignore_index=True)
    return whole.drop(columns="place")


def _with_final_scores(
    scores: pd.DataFrame, base: float | str | None, rulebook: Rulebook, problems: Problems
) -> pd.DataFrame:
    """The same with M, S2, S and Q; an M of the insurer's own row stands before the one given for all."""
    from solvency.rules.rule12_control_risk import HIGHEST, final_score
    from solvency.rules.rule12_sarmra import industry_base

    absolute = scores["sarmra_absolute_score"].to_numpy(dtype=float)
    own = scores["sarmra_industry_base"].to_numpy(dtype=float)
    if base == RANKED:
        share, count = rulebook.exactly().value("sarmra.top_share"), rulebook.reading("sarmra_top_share_count")
        of_type = scores.groupby("insurer_type")["sarmra_absolute_score"]
        general = of_type.transform(lambda s: industry_base(s.dropna().to_numpy(), share, count)).to_numpy(dtype=float)
    elif base is None or (isinstance(base, (int, float)) and 1 <= base <= HIGHEST):
        general = np.full(len(scores), np.nan if base is None else float(base))
    else:
        raise UsageError(f"调整基础分 M 应为 1 ~ 100 或 {RANKED}", f"the industry base M is 1 ~ 100, or {RANKED}")
    m = np.where(np.isnan(own), general, own)
    final = final_score(absolute, m, rulebook)
    over = final > HIGHEST
    if rulebook.reading("sarmra_over_100") == "capped":
        final = np.where(over, HIGHEST, final)
    for row in np.flatnonzero(over) if rulebook.reading("sarmra_over_100") != "capped" else ():
        problems.add(
            int(scores.index.to_numpy()[row]), "sarmra_absolute_score", "over_100", "由绝对分和调整基础分得到的最终得分超过 100",
            "the final score from S1 and M is above 100", found=f"{final[row]:.10g}", allowed="0 ~ 100", article="规则第12号第一百一十六条",
        )  # fmt: skip
    without = [m_ for name in ("", ".lloyds_china") for m_ in rulebook.members(f"control_risk.exempt{name}")]
    factor = rulebook.bands("control_risk.factor").at(final)
    return scores.assign(
        sarmra_industry_base=m,
        relative_score=absolute * rulebook.value("sarmra.standard_score") / m,
        sarmra_score=final,
        control_risk_factor=np.where(scores["organisation"].isin(without), 0.0, factor),
    )


def write_scores(result: SarmraResult, path: Path, *, insurer: str | None = None, force: bool = False) -> None:
    """The scores as a table (.csv, .json, .parquet), or one insurer's form of annex 5 (.xlsx). Raises UsageError."""
    from solvency.output import write_frame

    if path.suffix.lower() != ".xlsx":
        write_frame(result.scores.assign(as_of=result.scores["as_of"].map(str)), path, force=force)
        return
    from solvency.excel.sarmra_form import write_form

    own = [i for i, name in enumerate(result.scores["insurer"]) if insurer is None or name == insurer]
    if len(own) != 1:
        raise UsageError(
            f"一张附件5表只写一家公司，请用 --insurer 指定，共 {len(own)} 行", f"a form holds one insurer; name it (--insurer); there are {len(own)} rows"
        )  # fmt: skip
    write_form(result, path, row=own[0], force=force)
