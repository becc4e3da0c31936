"""Specifications of the position tables: columns, units, classes, and which charges their rows bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import DocumentError
from solvency.regulation.factors import Interval
from solvency.regulation.strict_yaml import read_yaml

if TYPE_CHECKING:
    from solvency.regulation.rulebook import Rulebook

KINDS = (
    "text",
    "amount",
    "amount_or_none",
    "number",
    "ratio",
    "ratio_or_none",
    "flag",
    "class",
    "date",
    "known",
    "known_flag",
)
NUMBERS = ("amount", "amount_or_none", "number", "ratio", "ratio_or_none", "known")
CLASSES = ("class", "flag", "known_flag")
# business: what an insurer writes; industry: figures of the whole market at a date; published: the same for all insurers and dates
TABLE_KINDS = (
    "base", "product", "insurance", "currency", "market_data", "business", "industry", "published", "statement", "capital", "assessment", "liability", "liquidity",
)  # fmt: skip
FLAG_LABELS: Mapping[str, tuple[str, str]] = {"yes": ("是", "Yes"), "no": ("否", "No")}
UNAVAILABLE: Mapping[str, tuple[str, str]] = {"unavailable": ("无法获得", "Unavailable")}


@dataclass(frozen=True)
class Column:
    """One column of a position table."""

    sheet: str
    id: str
    zh: str
    en: str
    kind: str
    driver: str = ""  # the driver of factors whose classes the column takes
    required: bool = False
    blank: Any = None  # what a blank means; None: it stays blank
    minimum: float | None = None
    maximum: float | None = None
    usual: float | None = None  # a number above it is likely a percentage without its sign
    article: str = ""
    note_zh: str = ""
    note_en: str = ""
    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # of drivers that no factor uses
    only: tuple[str, ...] = ()  # the classes of the driver that this table takes; none named: all
    prefilled: bool = False  # written by the template; alone it does not make a row an entry
    where: str = ""  # filled only on rows that fill this column
    unless: str = ""  # not required on rows that fill this column
    organisation: str = ""  # the only form of organisation that has it

    def label(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def allowed(self, rulebook: Rulebook) -> dict[str, tuple[str, str]]:
        """The classes in force, and those to come that are charged as another until then: key -> (zh, en)."""
        if self.kind == "flag":
            return dict(FLAG_LABELS)
        if self.kind == "known_flag":
            return {**FLAG_LABELS, **UNAVAILABLE}
        found = self.classes or {
            key: (label.zh, label.en) for key, label in rulebook.classes.get(self.driver, {}).items()
        }
        was = rulebook.parents.get(
            self.driver, {}
        )  # a class that a notice takes out of another stands where that one does
        return {
            key: label for key, label in found.items() if not self.only or key in self.only or was.get(key) in self.only
        }


@dataclass(frozen=True)
class FormRow:
    """A row of a fixed form. A row `2.1` is a part of row `2`, unless it is a memo (`其中`) or stands beside the form (`+1`)."""

    item: str
    row: str
    zh: str
    en: str
    article: str = ""
    total: bool = False
    memo: bool = False

    @property
    def beside(self) -> bool:
        return self.row.startswith("+")


@dataclass(frozen=True)
class ChargeSpec:
    """A charge that the rows of a table bear: rf0 and coefficients are the factors of `group`."""

    sub_risk: str
    group: str = ""
    exposure: str = "admitted_value"
    insurers: tuple[str, ...] = ()  # the types of insurer it is for; none named: all
    function: str = "standard"
    zh: str = ""  # what it is called, where a row bears several of one sub-risk
    en: str = ""


@dataclass(frozen=True)
class PositionTable:
    """One sheet of positions."""

    sheet: str
    zh: str
    en: str
    kind: str
    columns: tuple[Column, ...]
    charges: tuple[ChargeSpec, ...] = ()
    asset_class: str = ""
    article: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)  # drivers that are the same for every row of the table
    identity: tuple[str, ...] = ()  # the columns of classes that tell its rows apart, where none has a name or an id
    rows: tuple[FormRow, ...] = ()  # of a fixed form
    organisation: str = ""  # the only form of organisation that has it

    @property
    def product_kind(self) -> str:
        return self.constants.get("product_kind", "")

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.id == name)

    def has(self, name: str) -> bool:
        return any(column.id == name for column in self.columns)

    def article_of(self, name: str) -> str:
        """The article of a column, else that of the table."""
        return next((column.article for column in self.columns if column.id == name and column.article), self.article)

    def under(self, rulebook: Rulebook) -> PositionTable:
        """The table with a column for every driver of a coefficient in force that has none: a notice may add one."""
        added: dict[str, Column] = {}
        for spec in self.charges:
            for factor in rulebook.coefficients(spec.group) if spec.group and spec.function == "standard" else ():
                table = rulebook.table(factor.name)
                for driver in table.drivers:
                    if not self.has(driver) and driver not in added:
                        numeric = any(isinstance(row.when.get(driver), Interval) for row in table.rows)
                        kind = "number" if numeric else "class" if driver in rulebook.classes else "flag"
                        zh, en = factor.zh or driver, factor.en or driver
                        added[driver] = Column(self.sheet, driver, zh, en, kind, driver, article=factor.article)
        return replace(self, columns=(*self.columns, *added.values())) if added else self


@lru_cache(maxsize=1)
def position_tables() -> dict[str, PositionTable]:
    """All position tables by sheet code, in the order of the workbook."""
    folder = resources.files("solvency.tables") / "positions"
    found: dict[str, PositionTable] = {}
    for path in sorted(Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".yaml")):
        data = read_yaml(path)
        shared, classes = data.get("shared", {}), data.get("classes", {})
        for sheet, entry in data["tables"].items():
            if sheet in found:
                raise DocumentError(path.name, sheet, "stands in two files")
            found[sheet] = _table(path, sheet, entry, shared, classes)
    return {sheet: found[sheet] for sheet in sorted(found, key=_order)}


def _order(sheet: str) -> tuple[int, str]:
    """Capital, insurance, market, credit and interest-rate tables, then the tables that support them."""
    groups = ("S0", "AC", "L0", "IR", "MR", "CR", "IN", "CT", "LR")
    return (next((i for i, group in enumerate(groups) if sheet.startswith(group)), len(groups)), sheet)


def _table(
    path: Path, sheet: str, entry: dict[str, Any], shared: dict[str, Any], classes: dict[str, Any]
) -> PositionTable:
    known = {
        "title", "kind", "constants", "asset_class", "article", "charges", "shared", "columns", "identity", "rows", "organisation",
    }  # fmt: skip
    _keys(path, sheet, entry, known)
    if entry["kind"] not in TABLE_KINDS:
        raise DocumentError(path.name, sheet, f"kind is one of {', '.join(TABLE_KINDS)}")
    columns = [column for group in entry.get("shared", ()) for column in shared[group]] + entry.get("columns", [])
    form = tuple(_form_row(path, sheet, row) for row in entry.get("rows", ()))
    if form:
        classes = {**classes, "item": {row.item: {"zh": row.zh, "en": row.en} for row in form}}
    read = tuple(_column(path, sheet, column, classes) for column in columns)
    if len({column.id for column in read}) != len(read):
        raise DocumentError(path.name, sheet, "a column stands twice")
    charges = []
    for charge in entry.get("charges", ()):
        _keys(path, sheet, charge, {"sub_risk", "class", "exposure", "insurers", "function", "zh", "en"})
        charges.append(
            ChargeSpec(
                charge["sub_risk"], charge.get("class", ""), charge.get("exposure", "admitted_value"),
                tuple(charge.get("insurers", ())), charge.get("function", "standard"), charge.get("zh", ""), charge.get("en", ""),
            )
        )  # fmt: skip
    return PositionTable(
        sheet, entry["title"]["zh"], entry["title"]["en"], entry["kind"], read, tuple(charges),
        entry.get("asset_class", ""), entry.get("article", ""), entry.get("constants", {}), tuple(entry.get("identity", ())), form,
        entry.get("organisation", ""),
    )  # fmt: skip


def _column(path: Path, sheet: str, entry: dict[str, Any], classes: dict[str, Any]) -> Column:
    known = {
        "id", "kind", "class", "required", "blank", "minimum", "maximum", "usual", "article", "note", "zh", "en", "only", "prefilled",
        "where", "unless", "organisation",
    }  # fmt: skip
    _keys(path, f"{sheet}.{entry.get('id')}", entry, known)
    kind = entry.get("kind", "text")
    if kind not in KINDS:
        raise DocumentError(path.name, f"{sheet}.{entry['id']}", f"kind is one of {', '.join(KINDS)}")
    driver = entry.get("class", entry["id"])
    note = entry.get("note", {})
    limits = {key: float(entry[key]) for key in ("minimum", "maximum", "usual") if key in entry}
    return Column(
        sheet=sheet, id=entry["id"], zh=entry["zh"], en=entry["en"], kind=kind, driver=driver if kind in CLASSES else "",
        required=entry.get("required", False), blank=entry.get("blank"), article=entry.get("article", ""),
        note_zh=note.get("zh", ""), note_en=note.get("en", ""),
        classes={key: (label["zh"], label["en"]) for key, label in classes.get(driver, {}).items()} if kind == "class" else {},
        only=tuple(entry.get("only", ())), prefilled=entry.get("prefilled", False), where=entry.get("where", ""),
        unless=entry.get("unless", ""), organisation=entry.get("organisation", ""), **limits,
    )  # fmt: skip


def _form_row(path: Path, sheet: str, entry: dict[str, Any]) -> FormRow:
    _keys(path, f"{sheet}.{entry.get('item')}", entry, {"item", "row", "zh", "en", "article", "total", "memo"})
    return FormRow(**entry)


def _keys(path: Path, where: str, entry: dict[str, Any], known: set[str]) -> None:
    unknown = set(entry) - known
    if unknown:
        raise DocumentError(path.name, where, f"unknown key: {', '.join(sorted(unknown))}")
