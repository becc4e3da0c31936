"""Files that are no readable workbook, and workbooks whose parts are not as they should be."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drafts import DOCUMENT, HEAD, MAIN, PACKAGE, Draft, good

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504


@dataclass(frozen=True)
class BadFile:
    """A file as bytes (or a way to write it), its name, and the code that must be given."""

    name: str
    content: Callable[[], bytes]
    codes: tuple[str, ...]
    file: str = "book.xlsx"


def zipped(parts: dict[str, bytes], **options: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:  # type: ignore[arg-type]
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def files() -> Iterator[BadFile]:
    yield BadFile("empty", lambda: b"", ("empty",))
    yield BadFile("only zeros", lambda: bytes(4096), ("empty",))
    yield BadFile("only blanks", lambda: b" \r\n" * 10, ("empty",))
    yield BadFile("encrypted", lambda: OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512), ("encrypted",))
    yield BadFile("old .xls as .xlsx", lambda: OLE + "Workbook".encode("utf-16-le") + bytes(512), ("file_type",))
    yield BadFile("very old .xls as .xlsx", lambda: b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(64), ("file_type",))
    texts = {"html": b"<html><table><tr><td>1</td></tr></table></html>", "csv": "insurer,unit\n甲,元\n".encode(), "pdf": b"%PDF-1.7\n",
             "json": b'{"a": 1}', "png": b"\x89PNG\r\n\x1a\n", "rar": b"Rar!\x1a\x07\x00", "gzip": b"\x1f\x8b\x08\x00",
             "xml": b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>"}  # fmt: skip
    for kind, content in texts.items():
        yield BadFile(f"{kind} as .xlsx", lambda c=content: c, ("not_a_workbook",))
    yield BadFile("noise", lambda: bytes((i * 197 + 31) % 256 for i in range(5000)), ("not_a_workbook",))
    for ending in (".xls", ".xlsm", ".xlsb", ".ods", ".et", ".doc", ".xltx", ".zip", ""):
        yield BadFile(f"ending {ending}", lambda: good().packed(), ("file_type",), f"book{ending}")

    book = good().packed()
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
        yield BadFile(f"cut at {share:.1%}", lambda s=share: book[: int(len(book) * s)], ("corrupted",))
    for start in range(3):
        yield BadFile(
            f"data overwritten {start}",
            lambda s=start: overwritten(f"xl/worksheets/sheet{s + 1}.xml"),
            ("corrupted",),
        )
    yield BadFile("only a zip", lambda: zipped({"readme.txt": b"hello"}), ("not_a_workbook",))
    yield BadFile("empty zip", lambda: zipped({}), ("not_a_workbook",))
    yield BadFile(
        "a document",
        lambda: zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}),
        ("not_a_workbook",),
    )
    yield BadFile(
        "an .ods as .xlsx",
        lambda: zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        ("not_a_workbook",),
    )
    yield BadFile("binary workbook", lambda: zipped({"xl/workbook.bin": b"\x83"}), ("file_type",))
    yield BadFile("macros", lambda: good_with({"xl/vbaProject.bin": b"\xcc\x61"}), ("file_type",))
    yield BadFile("encrypted parts", encrypted_parts, ("encrypted",))
    yield BadFile("part twice", part_twice, ("corrupted",))
    yield BadFile("bomb: one part", lambda: good_with({"xl/media/a.xml": bytes(80 * 2**20)}), ("zip_bomb",))
    yield BadFile("bomb: stated size", stated_sizes, ("zip_bomb",))
    yield BadFile(
        "bomb: sheet of spaces",
        lambda: good_with({sheet_of("S05"): HEAD.encode() + b" " * (60 * 2**20)}),
        ("zip_bomb",),
    )
    yield BadFile(
        "too many parts", lambda: zipped({f"xl/{i}": b"" for i in range(5001)}, compresslevel=0), ("zip_bomb",)
    )
    yield from broken_parts()


def broken_parts() -> Iterator[BadFile]:
    kinds = {"workbook": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels", "package": "_rels/.rels",
             "Info": sheet_of("Info"), "S05": sheet_of("S05"), "Forecast": sheet_of("Forecast")}  # fmt: skip
    for name, part in kinds.items():
        whole = good().all_parts()[part]
        for what, content in (
            ("cut", whole[: len(whole) // 2]), ("empty", b""), ("no XML", b"\x00\x01\x02"), ("not closed", whole.replace(b"</", b"<", 1)),
            ("not Unicode", whole.replace(b"<", b"<!-- \xff\xfe -->\n<", 2)),
        ):  # fmt: skip
            yield BadFile(
                f"{name} {what}", lambda p=part, c=content: good_with({p: c}), ("corrupted", "not_a_workbook")
            )
        for what, declared in (
            ("laughs", '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'), ("outside file", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            ("outside DTD", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'),
        ):  # fmt: skip
            content = whole.replace(HEAD.encode(), (HEAD + declared).encode())
            yield BadFile(f"{name} with entities: {what}", lambda p=part, c=content: good_with({p: c}), ("entities",))
        wide = (
            whole.decode()
            .replace('encoding="UTF-8"', 'encoding="UTF-16"')
            .replace("?>\n", '?>\n<!DOCTYPE a [<!ENTITY b "ha">]>')
        )
        yield BadFile(
            f"{name} with entities in UTF-16", lambda p=part, c=wide: good_with({p: c.encode("utf-16")}), ("entities",)
        )
    yield BadFile("sheet part missing", lambda: dropped(sheet_of("S05")), ("corrupted",))
    yield BadFile("relations missing", lambda: dropped("xl/_rels/workbook.xml.rels"), ("missing_sheet",))
    for target in ("../../../../etc/passwd", "/etc/passwd", "C:\\Windows\\win.ini", "http://127.0.0.1:9/x.xml", ""):
        yield BadFile(f"sheet points to {target!r}", lambda t=target: pointing(t), ("corrupted",))
    for ref in ("A0", "0A", "ZZZZ1", "A99999999", "XFE1", "A1:B2", "R1C1", "é1", ""):
        yield BadFile(f"cell called {ref!r}", lambda r=ref: with_cell(f'<c r="{r}"><v>1</v></c>'), ("corrupted",))
    yield BadFile("cell twice", lambda: with_cell('<c r="A95"><v>1</v></c><c r="A95"><v>2</v></c>'), ("corrupted",))
    yield BadFile("endless text", lambda: with_cell(f'<c r="A95" t="str"><v>{"x" * 300_000}</v></c>'), ("corrupted",))


def sheet_of(code: str) -> str:
    return good().part_of(code)


def good_with(parts: dict[str, bytes]) -> bytes:
    draft = good()
    draft.parts.update(parts)
    return draft.packed()


def dropped(part: str) -> bytes:
    draft = good()
    draft.dropped.add(part)
    return draft.packed()


def with_cell(xml: str) -> bytes:
    part = sheet_of("S05")
    return good_with(
        {part: good().all_parts()[part].replace(b"</sheetData>", f'<row r="95">{xml}</row></sheetData>'.encode())}
    )


def pointing(target: str) -> bytes:
    part = "xl/_rels/workbook.xml.rels"
    content = good().all_parts()[part].decode().replace("worksheets/sheet4.xml", target)
    return good_with({part: content.encode(), "../../evil.xml": b"<a/>", "/abs/evil.xml": b"<a/>"})


def overwritten(part: str) -> bytes:
    """The compressed data of a part replaced by noise."""
    content = bytearray(good().packed())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entry = archive.getinfo(part)
    start = entry.header_offset + 30 + len(part)
    content[start + 40 : start + 90] = bytes((i * 89) % 256 for i in range(50))
    return bytes(content)


def encrypted_parts() -> bytes:
    """The flag for an encrypted entry set in every header."""
    content = bytearray(good().packed())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def stated_sizes() -> bytes:
    """A directory that states a size of 4 GB for a part."""
    content = bytearray(good().packed())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 0xFFFF0000)
    return bytes(content)


def part_twice() -> bytes:
    stream = io.BytesIO(good().packed())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("XL/workbook.xml", b"<a/>")
    return stream.getvalue()


def huge(path: Path) -> Path:
    """A file of 50 MB and a byte that takes no room on disk."""
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(50 * 2**20 + 1)
    return path


__all__ = ["DOCUMENT", "MAIN", "PACKAGE", "BadFile", "Draft", "files", "good_with", "huge", "zipped"]
