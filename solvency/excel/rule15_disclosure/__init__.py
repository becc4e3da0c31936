"""The disclosure of a quarter as two workbooks: the public summary of rule 15 and an internal file."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import OutputExistsError, UsageError
from solvency.files import safe_name, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from solvency.excel.read import Book
    from solvency.result import Result

__all__ = ["disclose"]


def disclose(
    source: str | Path | pd.DataFrame | Book | Result,
    folder: str | Path,
    *,
    prior: str | Path | pd.DataFrame | Book | Result | None = None,
    stress: Any = None,
    row: int | None = None,
    force: bool = False,
    lang: str = "zh",
    unit: str | None = None,
    **options: Any,
) -> tuple[Path, Path]:
    """Write the public summary (rule 15, articles 7-10) and the internal file of one insurer's quarter.

    source, prior: a workbook (path or `Book`), a table or a `Result`; `prior` is the same insurer one quarter before,
    calculated under the rules of its own date. A `Result` has no forecast and no statements. stress: a result of `stress`,
    for form ST01. row: which row of a source with several. unit: 元, 万元 or 亿元, by default the source's own. options: of
    `calculate` (as_of, readings, drafts, scheme, strict). `folder` is made if missing.
    Returns the paths of both workbooks. What was not supplied says so there. Raises InputError, UsageError,
    OutputExistsError (a file is in the way and `force` is not set; then neither is written).
    """
    from solvency.excel.rule15_disclosure.internal import internal_file
    from solvency.excel.rule15_disclosure.liquidity import check_stated
    from solvency.excel.rule15_disclosure.report import report
    from solvency.excel.rule15_disclosure.summary import public_summary

    whole = report(source, prior=prior, stress=stress, lang=lang, unit=unit, row=row, options=options)
    check_stated(whole)
    place = Path(folder)
    stem = f"{safe_name(whole.insurer).replace('.', '_')}_{whole.quarter}"
    public, internal = place / f"{stem}_summary.xlsx", place / f"{stem}_internal_不对外披露.xlsx"
    for path in (public, internal):
        if (path.exists() or path.is_symlink()) and not force:
            raise OutputExistsError(path)
    contents = {public: public_summary(whole), internal: internal_file(whole)}  # both, before either is written
    try:
        os.makedirs(place, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"无法使用文件夹 {place}：{error.strerror}", f"cannot use folder {place}: {error.strerror}"
        ) from error
    for path, data in contents.items():
        write_whole(path, partial(_write, data=data), force=force)
    return public, internal


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
