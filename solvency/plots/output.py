"""A chart into a file: PNG, SVG or PDF, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from solvency.errors import UsageError
from solvency.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Dates and program versions are left out, so the same chart is the same file.
METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Figure, path: str | os.PathLike[str], force: bool = False) -> Path:
    """Write the figure; the ending of the name (.png, .svg, .pdf) decides the format. Returns the path.

    The file is made beside the target and moved over it, so an older file survives until the new one is complete.
    Raises OutputExistsError if the file exists and `force` is not set, UsageError for another ending, a folder
    that is not there or a place that cannot be written.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in METADATA:
        raise UsageError(
            f"图形文件应为 .png、.svg 或 .pdf，而不是 {target.name!r}",
            f"a chart is written as .png, .svg or .pdf, not {target.name!r}",
        )
    try:
        return write_whole(
            target,
            lambda part: figure.savefig(part, format=ending[1:], metadata=METADATA[ending]),
            force=force,
        )
    except OSError as error:
        raise UsageError(f"无法写入 {target}：{error}", f"cannot write {target}: {error}") from error
