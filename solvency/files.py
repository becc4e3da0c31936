"""Writes files whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solvency.errors import OutputExistsError, UsageError


def write_whole(path: str | Path, write: Callable[[Path], Any], *, force: bool = False) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    An existing file stays as it is when writing fails or is killed. Raises OutputExistsError unless `force`, UsageError
    where the folder does not exist or cannot be written to.
    """
    target = Path(path)
    if target.exists() and not force:
        raise OutputExistsError(target)
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError(f"无法写入 {target}：文件夹不存在", f"cannot write {target}: no such folder")
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise UsageError(f"无法写入 {target}：{error.strerror}", f"cannot write {target}: {error.strerror}") from error
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        if target.exists() and not force:
            raise OutputExistsError(target)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def safe_name(text: str, longest: int = 60) -> str:
    """A name as part of a file name: no separators, no control characters, no leading dot."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e/\\:*?\"<>|]+", "_", plain).strip(" ._")
    return plain[:longest].strip(" ._") or "insurer"


def plain_text(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, made plain text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        from solvency.tables.values import number_from_text

        return value if number_from_text(value) is not None else "'" + value
    return value


def shipped(folder: str) -> Path:
    """The folder of templates or examples: in the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "_" / folder
    return installed if installed.is_dir() else here.parent / folder
