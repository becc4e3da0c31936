"""Results as CSV, JSON and printed lists of the rules; files are written whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import OutputExistsError, UsageError
from solvency.files import plain_text, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from solvency.grade_history import GradeHistory
    from solvency.result import Result
    from solvency.sarmra_scores import SarmraResult

KINDS = (".csv", ".json", ".parquet")


def check_output(
    path: Path, *, source: Path | None = None, force: bool = False, kinds: tuple[str, ...] = KINDS
) -> None:
    """Refuse an output before the work is done. Raises UsageError or OutputExistsError."""
    if path.suffix.lower() not in kinds:
        raise UsageError(
            f"{path}：输出文件应为 {'、'.join(kinds)}", f"{path}: an output file is one of {', '.join(kinds)}"
        )
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise UsageError("写出 Parquet 需要安装 solvency[parquet]", "writing Parquet needs solvency[parquet]")
    if source is not None and source.exists() and source.resolve() in (path.resolve(), rejects_path(path).resolve()):
        raise UsageError(
            "输出不能覆盖输入文件，请另取文件名", "the output would replace the input; choose another name"
        )
    for target in (path, rejects_path(path)) if path.suffix.lower() != ".json" else (path,):
        if target.exists() and not force:
            raise OutputExistsError(target)
    if not path.parent.is_dir():
        raise UsageError(f"无法写入 {path}：文件夹不存在", f"cannot write {path}: no such folder")


def write_result(result: Result, path: Path, *, unit: str | None = None, force: bool = False) -> None:
    """The result by the ending of the name: CSV and Parquet in `unit`, JSON in yuan."""
    kind = path.suffix.lower()
    if kind == ".json":
        write_whole(path, lambda part: part.write_text(result.to_json() + "\n", encoding="utf-8"), force=force)
        return
    frame = result.to_frame(unit)
    frame.insert(5, "unit", unit or result.unit)
    if kind == ".parquet":
        write_whole(path, lambda part: frame.astype({"as_of": str}).to_parquet(part, index=False), force=force)
        return
    write_whole(path, lambda part: _csv(frame, part), force=force)


def rejects_path(path: Path) -> Path:
    """Where the rows with errors go: beside the output."""
    return path.with_name(f"{path.stem}.rejects.csv")


def write_rejects(result: Result | SarmraResult | GradeHistory, path: Path, *, force: bool = False) -> Path:
    """The rows with errors as they came, with line numbers and reasons."""
    assert result.rejects is not None
    frame = result.rejects
    return write_whole(rejects_path(path), lambda part: _csv(frame, part), force=force)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    safe = frame.copy(deep=False)
    for name in safe.columns:
        if safe[name].dtype == object or str(safe[name].dtype).startswith("str"):
            safe[name] = safe[name].map(plain_text)
    safe.to_csv(path, index=False, encoding="utf-8-sig")


def finite(value: Any) -> Any:
    """Plain data for JSON: NaN and infinity as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "item"):
        return finite(value.item())
    return value


def measures_to_dict(result: Result) -> dict[str, Any]:
    """Measures and distances of every row, amounts in yuan."""
    cases = []
    for row in result.figures.index:
        keys = {str(name): str(value) for name, value in result.keys.loc[row].items()}
        cases.append(
            keys
            | {
                "compliant": result.status["compliant"].loc[row],
                "key_verification": result.status["key_verification"].loc[row],
                "grade": result.status["grade"].loc[row],
                "grade_source": result.status["grade_source"].loc[row],
                "measures": [measure.to_dict() for measure in result.measures(int(row))],
                "distances": finite(result.distances(int(row)).to_dict("records")),
            }
        )
    return {"unit": "元", "cases": cases}


def print_factors(
    name: str | None,
    *,
    as_of: str | None,
    history: bool,
    readings: Mapping[str, str],
    drafts: Iterable[str | Path],
    lang: str,
    as_json: bool,
) -> None:
    """`solvency factors`: one factor with its content, or the list of all; by default as of today.

    A table of published numbers that are not kept here is told of by where they are published and how it is laid out.
    """
    from solvency.inquiry import factors, supplied
    from solvency.terminal import factor_lines, table
    from solvency.terminal.supplied import print_supplied

    zh = lang == "zh"
    record = supplied(name, as_of=as_of, drafts=drafts) if name else None
    if record:
        if as_json:
            print(json.dumps(record, ensure_ascii=False, indent=2))
        else:
            print_supplied(record, lang)
        return
    chosen = factors(name, as_of=as_of, history=history, readings=readings, drafts=drafts)
    if as_json:
        data = [
            {
                "name": factor.name,
                "value": factor.plain(),
                "article": factor.article,
                "document": str(factor.document),
                "effective": str(factor.document.effective),
                "until": str(factor.until) if factor.until else None,
                "zh": factor.zh,
                "en": factor.en,
            }
            for factor in chosen
        ]
        print(json.dumps(data, ensure_ascii=False, indent=2))
    elif name:
        for factor in chosen:
            print(f"{factor.name}: {factor.zh if zh else factor.en}")
            since = f"{factor.document.effective} 起" if zh else f"from {factor.document.effective}"
            until = "" if not factor.until else f" 至 {factor.until}" if zh else f" to {factor.until}"
            print(f"  {factor.document} {factor.article}，{since}{until}")
            for line in factor_lines(factor.plain()):
                print(f"  {line}")
    else:
        rows = [
            (f.name, f.zh if zh else f.en, f"{f.document.number} {f.article}", str(f.document.effective))
            for f in chosen
        ]
        headers = ("名称", "内容", "依据", "施行") if zh else ("name", "what", "article", "effective")
        table("", headers, rows, wrap=(1, 2))
        for code in _supplied_tables(as_of, drafts):
            print(
                f"另有监管另行发布、本软件不附带的数据：solvency factors {code}" if zh
                else f"Published, but not kept here: solvency factors {code}"
            )  # fmt: skip


def _supplied_tables(as_of: str | None, drafts: Iterable[str | Path]) -> list[str]:
    """The tables of published numbers that are not kept here."""
    from datetime import date

    from solvency.regulation.rulebook import Rulebook

    return [s.table for d in Rulebook.at(as_of or date.today(), drafts=drafts).documents for s in d.supplied]


def print_readings(*, lang: str, as_json: bool, drafts: Iterable[str | Path] = ()) -> None:
    """`solvency readings`: every place where the text is open, what can be chosen, and why the default."""
    from solvency.inquiry import readings

    zh = lang == "zh"
    found = readings(drafts=drafts)
    if as_json:
        data = [
            {
                "name": r.name,
                "article": f"{r.document} {r.article}",
                "question_zh": r.question_zh,
                "question_en": r.question_en,
                "default": r.default,
                "alternatives": {key: {"zh": zh_, "en": en_} for key, (zh_, en_) in r.alternatives.items()},
                "reason_zh": r.reason_zh,
                "reason_en": r.reason_en,
            }
            for r in found
        ]
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for r in found:
        print(f"{r.name}  ({r.document.number} {r.article})")
        print(f"  {r.question_zh if zh else r.question_en}")
        for key, texts in r.alternatives.items():
            mark = "*" if key == r.default else " "
            print(f"  {mark} {key}: {texts[not zh]}")
        print(f"  {r.reason_zh if zh else r.reason_en}\n")


def write_frame(frame: pd.DataFrame, path: Path, *, force: bool = False) -> None:
    """Any result table by the ending of the name."""
    kind = path.suffix.lower()
    if kind == ".json":
        data = json.dumps(finite(frame.to_dict("records")), ensure_ascii=False, indent=2, allow_nan=False)
        write_whole(path, lambda part: part.write_text(data + "\n", encoding="utf-8"), force=force)
    elif kind == ".parquet":
        write_whole(
            path,
            lambda part: frame.astype({c: str for c in frame if frame[c].dtype == object}).to_parquet(part),
            force=force,
        )
    else:
        write_whole(path, lambda part: _csv(frame, part), force=force)
