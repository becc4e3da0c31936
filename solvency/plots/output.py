"""A chart into a file: PNG, SVG or PDF, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from solvency.errors import OutputExistsError, UsageError

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
    if not target.parent.is_dir():
        raise UsageError(f"文件夹不存在：{target.parent}", f"no such folder: {target.parent}")
    if target.is_dir():
        raise UsageError(f"{target} 是文件夹", f"{target} is a folder")
    if target.exists() and not force:
        raise OutputExistsError(target)
    part = target.with_name(f".{token_hex(8)}{ending}")
    try:
        figure.savefig(part, format=ending[1:], metadata=METADATA[ending])
        os.replace(part, target)
    except OSError as error:
        raise UsageError(f"无法写入 {target}：{error}", f"cannot write {target}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target
