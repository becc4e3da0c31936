"""One call from an input to a chart file: what `solvency plot` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from solvency.regulation.rulebook import Rulebook
    from solvency.result import Result

KINDS = ("waterfall", "ratios", "tornado", "grades")


def plot(
    sources: Any,
    path: str | Path,
    *,
    kind: str = "waterfall",
    insurer: str | None = None,
    unit: str | None = None,
    lang: str = "zh",
    font: str | Path | None = None,
    force: bool = False,
    **options: Any,
) -> tuple[str, ...]:
    """Draw one chart of one insurer into a PNG, SVG or PDF file; returns remarks for the reader.

    sources: a workbook, table, frame or several of them (`ratios` and `grades` join their dates). kind: `waterfall` of minimum capital,
    `ratios` against thresholds over time, `grades` over time, `tornado` of the stress test. insurer picks one of a table. options go to
    `calculate`, `grades` or `stress`. Raises UsageError, InputError, OutputExistsError.
    """
    if kind not in KINDS:
        raise UsageError(f"图形种类只有 {'、'.join(KINDS)}", f"a chart is one of {', '.join(KINDS)}")
    several = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    from solvency.plots.output import save
    from solvency.regulation.rulebook import draft_paths

    options["drafts"] = draft_paths(options.get("drafts", ()))
    if kind == "tornado":
        figure = _tornado(several, insurer, lang, font, {"unit": unit, **options})
    elif kind == "grades":
        figure = _of_grades(several, insurer, lang, font, {"unit": unit, **options})
    else:
        figure = _of_results(several, kind, insurer, unit, lang, font, options)
    save(figure, path, force=force)
    return tuple(getattr(figure, "remarks", ()))


def _of_results(
    sources: Sequence[Any],
    kind: str,
    insurer: str | None,
    unit: str | None,
    lang: str,
    font: Any,
    options: dict[str, Any],
) -> Figure:
    import pandas as pd

    from solvency.assessment import calculate
    from solvency.plots.capital import waterfall
    from solvency.plots.ratios import ratio_history

    found = []
    for source in sources:
        result = calculate(source, unit=unit, **options)
        for row in result.figures.index:
            if insurer is None or result.keys["insurer"].loc[row] == insurer:
                found.append((result, int(row)))
    names = {result.keys["insurer"].loc[row] for result, row in found}
    if len(names) != 1 or (kind == "waterfall" and len(found) != 1):
        raise UsageError(
            f"一张图只画一家公司{'的一个评估日' if kind == 'waterfall' else ''}，请用 --insurer 指定",
            f"a chart shows one insurer{' on one date' if kind == 'waterfall' else ''}; name it with --insurer",
        )
    result, row = found[-1]
    title = f"{names.pop()} {result.keys['as_of'].loc[row] if kind == 'waterfall' else ''}".strip()
    title += _supposed(result, row, lang)
    if kind == "waterfall":
        return waterfall(result.values(row), unit=unit or result.unit, lang=lang, title=title, font=_path(font))
    frame = pd.DataFrame(
        [
            {"as_of": r.keys["as_of"].loc[i], **{x: r.values(i)[x] for x in ("core_ratio", "comprehensive_ratio")}}
            for r, i in found
        ]
    )
    lines = _lines(result.rulebook(row), lang)
    return ratio_history(frame, thresholds=lines, lang=lang, title=title, font=_path(font))


def _of_grades(sources: Sequence[Any], insurer: str | None, lang: str, font: Any, options: dict[str, Any]) -> Figure:
    from solvency.grade_history import grades
    from solvency.plots.grades import grade_history

    found = grades(sources, insurer=insurer, **options)
    names = list(dict.fromkeys(found.quarters["insurer"]))
    if len(names) != 1:
        raise UsageError("一张图只画一家公司，请用 --insurer 指定", "a chart shows one insurer; name it with --insurer")
    chart = grade_history(found.quarters, note=found.scheme, lang=lang, title=str(names[0]), font=_path(font))
    chart.remarks = (*getattr(chart, "remarks", ()), *(problem.message(lang) for problem in found.warnings))  # type: ignore[attr-defined]
    return chart


def _tornado(sources: Sequence[Any], insurer: str | None, lang: str, font: Any, options: dict[str, Any]) -> Figure:
    from solvency.plots.scenarios import tornado
    from solvency.stress_test.run import stress

    if len(sources) != 1:
        raise UsageError("压力测试图只画一个输入", "a stress chart shows one input")
    result = stress(sources[0], **options)
    rows = [int(row) for row in result.base.index if insurer is None or result.insurer(int(row)) == insurer]
    if len(rows) != 1:
        raise UsageError(
            "一张图只画一家公司的一个评估日，请用 --insurer 指定",
            "a chart shows one insurer on one date; name it with --insurer",
        )
    row = rows[0]
    lines = [line for line in _lines(result.result.rulebook(row), lang) if line[0] == "comprehensive_ratio"]
    frame, title = result.tornado(row), f"{result.insurer(row)} {result.result.keys['as_of'].loc[row]}"
    if frame["comprehensive_ratio"].isna().all():
        own = result.frame.loc[result.frame["row"] == row]
        reasons = [text for text in own["not_covered_zh" if lang == "zh" else "not_covered_en"] if text]
        raise UsageError(
            "；".join(reasons) or "没有压力测试结果", "; ".join(reasons) or "there are no stress results to draw"
        )
    if result.base.loc[row, "static"]:
        title += "（静态）" if lang == "zh" else " (static)"
    title += _supposed(result.result, row, lang)
    return tornado(frame, thresholds=lines, lang=lang, title=title, font=_path(font))


def _supposed(result: Result, row: int, lang: str) -> str:
    """What marks a chart of other rules than those in force."""
    if not result.date_replaced and not result.rulebook(row).is_hypothetical:
        return ""
    return "（非现行规则，测算）" if lang == "zh" else " (what-if, not the rules in force)"


def _lines(rulebook: Rulebook, lang: str) -> list[tuple[str, float, str]]:
    """The lines a ratio is measured against, as the charts take them."""
    from solvency.rules.ratios import thresholds

    found = []
    for ratio, name, value in thresholds(rulebook):
        factor = rulebook.factor(name)
        found.append((ratio, float(value), factor.zh if lang == "zh" else factor.en))
    return found


def _path(font: Any) -> str | None:
    return None if font is None else str(font)
