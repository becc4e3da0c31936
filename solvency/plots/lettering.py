"""Which fonts draw the text of a chart, tested on the text itself: a missing glyph would show as a box.

The user's font, then the one that comes with the package, then installed Chinese fonts for characters neither has,
then DejaVu Sans for symbols. If a character is in none of them, labels are English and the character is written as
its code.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from solvency.errors import UsageError

BUNDLED = Path(__file__).parent.parent / "fonts" / "NotoSansSC-GB2312.otf"
VARIABLE = "SOLVENCY_FONT"
# Simplified Chinese first; "CJK JP" is how older matplotlib lists the collection that holds all of them.
INSTALLED = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "SimSun",
    "SimSun-ExtB",
    "Arial Unicode MS",
)
SYMBOLS = "DejaVu Sans"
SPELT_OUT = 3  # a text with more distinct missing characters than this would be unreadable as codes


@dataclass(frozen=True)
class Lettering:
    """Font families in order of preference, the language labels are drawn in, and what to tell the user."""

    families: tuple[str, ...]
    lang: str
    remarks: tuple[str, ...]
    covered: frozenset[int]

    def pick(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def safe(self, text: object, otherwise: str = "") -> str:
        """The text with characters no font has written as [U+20BB7], or `otherwise` if there are too many."""
        clean = plain(text)
        missing = {character for character in clean if ord(character) not in self.covered}
        if otherwise and len(missing) > SPELT_OUT:
            return otherwise
        return "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in clean)


def choose(texts: Iterable[object], lang: str, font: str | os.PathLike[str] | None = None) -> Lettering:
    """Fonts for these texts. Raises UsageError for an unknown language or a font file that cannot be read."""
    if lang not in ("zh", "en"):
        raise UsageError(f"语言应为 zh 或 en，而不是 {lang!r}", f"language must be zh or en, not {lang!r}")
    wanted = {ord(character) for text in texts for character in plain(text)}
    symbols = _charmap(*_installed(SYMBOLS)[0])
    families: list[str] = []
    covered: set[int] = set(symbols)
    chosen = font or os.environ.get(VARIABLE)
    for path in ([Path(chosen)] if chosen else []) + ([BUNDLED] if BUNDLED.is_file() else []):
        families.append(_register(path))
        covered |= _read(path)
    for name in INSTALLED:
        if wanted <= covered:
            break
        for file, face in _installed(name):
            if (wanted - covered) & _charmap(file, face):
                families.append(name)
                covered |= _charmap(file, face)
    missing = sorted(wanted - covered)
    if not missing:
        return Lettering((*families, SYMBOLS), lang, (), frozenset(covered))
    return Lettering((*families, SYMBOLS), "en", (_remark(missing, lang),), frozenset(covered))


def plain(text: object) -> str:
    """The text on one line, without control and formatting characters, which no font draws."""
    kept = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", str(text)))
    visible = (c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs") and not "\ufe00" <= c <= "\ufe0f")
    return " ".join("".join(visible).split())


def _remark(missing: list[int], lang: str) -> str:
    shown = ", ".join(f"{chr(code)} (U+{code:04X})" for code in missing[:5]) + (", …" if len(missing) > 5 else "")
    if lang == "en":
        return (
            f"no font at hand draws {shown}: labels are in English and the character is written as its code; "
            f"name a font file with --font or {VARIABLE}"
        )
    return f"现有字体均无法显示 {shown}：标签改用英文，该字符以编码表示；可用 --font 或环境变量 {VARIABLE} 指定字体文件"


def _read(path: Path) -> frozenset[int]:
    """Characters of a font file. Raises UsageError if it is not a font that can be drawn at any size."""
    try:
        return _charmap(str(path), 0)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"无法读取字体文件 {path}：{error}", f"cannot read the font file {path}: {error}") from error


@lru_cache(maxsize=64)
def _charmap(path: str, face: int) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    # Older matplotlib knows only the first face of a collection, and takes no number for it.
    font = FT2Font(path, face_index=face) if face else FT2Font(path)
    if not font.scalable:
        raise ValueError("bitmap font")
    return frozenset(font.get_charmap())


def _register(path: Path) -> str:
    """Make the font known to matplotlib under a family name that only this file has, so no other is drawn instead."""
    from dataclasses import replace

    from matplotlib.font_manager import fontManager, ttfFontProperty
    from matplotlib.ft2font import FT2Font

    _read(path)
    found = ttfFontProperty(FT2Font(str(path)))
    name = f"{found.name} at {path.resolve()}"
    if not any(entry.name == name for entry in fontManager.ttflist):
        fontManager.ttflist.append(replace(found, name=name))
    return name


def _installed(name: str) -> list[tuple[str, int]]:
    """(file, face) that matplotlib draws this family with; empty if it is not installed."""
    from matplotlib.font_manager import findfont

    try:
        found = findfont(name, fallback_to_default=False)
    except ValueError:
        return []
    return [(str(found), getattr(found, "face_index", 0))]
