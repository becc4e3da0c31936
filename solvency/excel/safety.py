"""Opens a workbook file from anywhere: refuses what is not one, what is encrypted and what would blow up."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from solvency.errors import InputError, Problem, UsageError

LARGEST_FILE = 50 * 2**20
LARGEST_CONTENT = 500 * 2**20  # all parts unpacked
MOST_PARTS = 5_000
ODD_RATIO, ODD_SIZE = 100, 20 * 2**20  # a part that is larger and packs better than this is no workbook part
LONGEST_TEXT = 200_000
MOST_ELEMENTS = 20_000_000  # of one part

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_SAVE_AS = {
    ".xls": ("旧的 .xls 格式", "the old .xls format"),
    ".xlsm": ("含宏的 .xlsm", "a workbook with macros (.xlsm)"),
    ".xlsb": ("二进制的 .xlsb", "a binary workbook (.xlsb)"),
    ".ods": (".ods 格式", "the .ods format"),
    ".et": ("WPS 的 .et 格式", "the .et format of WPS"),
}
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError, IndexError,
)  # fmt: skip


class Package:
    """The parts of a workbook file. Nothing is unpacked to disk, no name is used as a path."""

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self.path = path
        self._archive = archive
        self._names = {name.lower().lstrip("/"): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        return part.lower() in self._names

    def parts(self) -> list[str]:
        return list(self._names)

    def size(self) -> int:
        """Bytes of all parts unpacked."""
        return sum(entry.file_size for entry in self._archive.infolist())

    def parse(
        self,
        part: str,
        start: Callable[[str, Mapping[str, str]], bool | None] | None = None,
        end: Callable[[str, str], None] | None = None,
    ) -> None:
        """Walk the XML of a part. `start(name, attributes)`, `end(name, text inside it)`, names without namespace.

        `start` stops the walk by returning True. Raises InputError for a part that is missing, broken or declares a
        document type (entities are never expanded).
        """
        parser = expat.ParserCreate(namespace_separator="\n")
        text: list[str] = []
        length = elements = 0
        stopped = False

        def on_start(name: str, attributes: dict[str, str]) -> None:
            nonlocal length, elements, stopped
            text.clear()
            length = 0
            elements += 1
            if elements > MOST_ELEMENTS:
                raise self.refused("too_large", f"{part} 内容过多", f"{part} holds too much", f"> {MOST_ELEMENTS:,}")
            if start is not None and not stopped:
                plain = {key.rpartition("\n")[2]: value for key, value in attributes.items()}
                stopped = bool(start(name.rpartition("\n")[2], plain))

        def on_text(data: str) -> None:
            nonlocal length
            length += len(data)
            if length > LONGEST_TEXT:
                raise self.refused("corrupted", f"{part} 中有超长文本", f"{part} has a text that is too long")
            text.append(data)

        def on_end(name: str) -> None:
            if end is not None and not stopped:
                end(name.rpartition("\n")[2], "".join(text))
            text.clear()

        def on_doctype(*_: object) -> None:
            raise self.refused(
                "entities",
                "文件声明了 XML 文档类型或实体，不予读取",
                "the file declares an XML document type or entities; it is not read",
            )

        parser.StartElementHandler = on_start
        parser.EndElementHandler = on_end
        parser.CharacterDataHandler = on_text
        parser.StartDoctypeDeclHandler = on_doctype
        parser.EntityDeclHandler = on_doctype
        try:
            with self._archive.open(self._names[part.lower()]) as stream:
                while not stopped:
                    chunk = stream.read(1 << 16)
                    parser.Parse(chunk, not chunk)
                    if not chunk:
                        break
        except expat.ExpatError as error:
            raise self.refused(
                "corrupted",
                f"文件损坏：{part} 第 {error.lineno} 行",
                f"the file is damaged: {part}, line {error.lineno}",
            ) from error
        except _UNREADABLE as error:
            raise self.refused("corrupted", f"文件损坏：{part}", f"the file is damaged: {part}") from error

    def check_all(self) -> None:
        """Refuse a document type in any part, also in those this package does not read itself."""
        for part in self.parts():
            if part.endswith((".xml", ".rels", ".vml")):
                self.parse(part, lambda name, attributes: True)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relations of a part ("" for the package): id -> (kind, part it points to)."""
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", name + ".rels") if part else "_rels/.rels"
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: Mapping[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                inside = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], inside)

        if self.has(source):
            self.parse(source, start)
        return found

    def refused(self, code: str, zh: str, en: str, found: str = "") -> InputError:
        return refused(self.path, code, zh, en, found)


def refused(path: Path, code: str, zh: str, en: str, found: str = "") -> InputError:
    """The file as a whole cannot be read."""
    return InputError([Problem(code, "error", f"{path.name}：{zh}", f"{path.name}: {en}", found=found)])


def open_package(path: str | Path) -> Package:
    """The parts of an .xlsx file after every check that needs no parsing.

    Raises UsageError if there is no such file; InputError for another format, an encrypted, damaged, empty or too large
    file and for one whose content is out of all proportion to its size.
    """
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"找不到文件 {file}", f"no file {file}")
    ending = file.suffix.lower()
    if ending in _SAVE_AS:
        zh, en = _SAVE_AS[ending]
        raise refused(file, "file_type", f"这是{zh}，请另存为 .xlsx", f"this is {en}; save it as .xlsx", ending)
    if ending != ".xlsx":
        raise refused(file, "file_type", "只读取 .xlsx 工作簿", "only .xlsx workbooks are read", ending or "–")
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise refused(
                file, "too_large", f"文件超过 {LARGEST_FILE >> 20} MB", f"the file is larger than {LARGEST_FILE >> 20} MB",
                f"{size / 2**20:.1f} MB",
            )  # fmt: skip
        raw = file.read_bytes()
    except OSError as error:
        raise refused(file, "unreadable", f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}") from error
    _check_kind(file, raw)
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except _UNREADABLE as error:
        raise refused(
            file, "corrupted", "文件损坏或不完整，请重新保存", "the file is damaged or incomplete; save it again"
        ) from error
    _check_entries(file, archive.infolist())
    return Package(file, archive)


def _check_kind(file: Path, raw: bytes) -> None:
    if not raw.strip(b"\x00 \r\n\t"):
        raise refused(file, "empty", "文件是空的", "the file is empty", f"{len(raw)} bytes")
    if raw.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in raw:
        raise refused(
            file,
            "encrypted",
            "工作簿有打开密码，请取消密码后另存",
            "the workbook has a password; save it without one",
        )
    if raw.startswith((_OLE, *_BIFF)):
        raise refused(
            file,
            "file_type",
            "这是旧的 .xls 格式，请另存为 .xlsx",
            "this is the old .xls format; save it as .xlsx",
            ".xls",
        )
    if not raw.startswith(b"PK"):
        start = raw[:12].decode("ascii", "replace").strip()
        raise refused(file, "not_a_workbook", "这不是 Excel 工作簿，请用 Excel 或 WPS 另存为 .xlsx",
                      "this is not an Excel workbook; save it as .xlsx in Excel or WPS", f"{start}…")  # fmt: skip


def _check_entries(file: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_PARTS:
        raise refused(file, "zip_bomb", "压缩包内文件过多", "the package holds too many parts", str(len(entries)))
    total = sum(entry.file_size for entry in entries)
    odd = any(e.file_size > ODD_SIZE and e.file_size > ODD_RATIO * max(e.compress_size, 1) for e in entries)
    if total > LARGEST_CONTENT or odd:
        raise refused(file, "zip_bomb", "解压后的内容大得异常，不予读取", "unpacked, the content is abnormally large; it is not read",
                      f"{total / 2**20:,.0f} MB")  # fmt: skip
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise refused(
            file, "encrypted", "文件已加密，请取消密码后另存", "the file is encrypted; save it without a password"
        )
    names = [entry.filename.lower() for entry in entries]
    if len(names) != len(set(names)):
        raise refused(file, "corrupted", "文件损坏：部件重复", "the file is damaged: a part stands in it twice")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise refused(
            file,
            "file_type",
            "工作簿含宏，请另存为不含宏的 .xlsx",
            "the workbook has macros; save it as .xlsx without them",
            ".xlsm",
        )
    if "xl/workbook.bin" in names:
        raise refused(
            file,
            "file_type",
            "这是二进制工作簿，请另存为 .xlsx",
            "this is a binary workbook; save it as .xlsx",
            ".xlsb",
        )
