"""Table specifications: which line items exist, their names, units, limits and what a blank means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import DocumentError
from solvency.regulation.strict_yaml import read_yaml

if TYPE_CHECKING:
    from solvency.regulation.rulebook import Rulebook

KINDS = ("amount", "number", "ratio", "text", "choice", "date", "quarter")
UNITS: Mapping[str, int] = {"元": 1, "万元": 10**4, "亿元": 10**8}
MODULES: Mapping[str, tuple[str, ...]] = {
    "life_insurance_mc": ("life_loss_mc", "life_lapse_mc", "life_expense_mc"),
    "nonlife_insurance_mc": ("nonlife_premium_reserve_mc", "nonlife_catastrophe_mc"),
    "market_mc": (
        "interest_rate_mc",
        "equity_price_mc",
        "real_estate_mc",
        "overseas_fixed_income_mc",
        "overseas_equity_mc",
        "fx_mc",
    ),
    "credit_mc": ("spread_mc", "counterparty_default_mc"),
}
DIVERSIFICATION: Mapping[str, str] = {
    "life_insurance_mc": "life_diversification",
    "nonlife_insurance_mc": "nonlife_diversification",
    "market_mc": "market_diversification",
    "credit_mc": "credit_diversification",
}
SUB_RISKS: tuple[str, ...] = tuple(item for items in MODULES.values() for item in items)


@dataclass(frozen=True)
class Row:
    """One line item: a row of a form, or one value of the Info sheet."""

    sheet: str
    item: str
    zh: str
    en: str
    row_no: str = ""
    kind: str = "amount"
    required: bool = False
    blank: Any = None  # what a blank means: a value, or {insurer type: value}; None: it is missing
    minimum: float | None = None
    maximum: float | None = None
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    choices_from: str = ""
    article: str = ""
    note_zh: str = ""
    note_en: str = ""
    output: bool = False
    book_only: bool = False
    table_only: bool = False
    factor: str = ""  # Exposures: `exposure`, or the risk factor whose effect on the item the row holds
    types: tuple[str, ...] = ()  # the types of insurer the row is for; none named: all
    was: str = ""  # its name in workbooks of an earlier version

    def label(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def blank_for(self, insurer_type: str) -> Any:
        """What a blank means for this type of insurer; None: it is missing."""
        return self.blank.get(insurer_type) if isinstance(self.blank, dict) else self.blank

    def allowed(self, rulebook: Rulebook | None = None) -> dict[str, tuple[str, str]]:
        """The choices in force: key -> (zh, en)."""
        if self.choices_from and rulebook is not None:
            return {member: (member, member) for member in rulebook.members(self.choices_from)}
        return dict(self.choices)


@dataclass(frozen=True)
class Table:
    """One sheet: its code, titles and rows."""

    sheet: str
    layout: str  # "values" (Info), "amounts" (S01, S02, S05), "forecast", "effects"
    zh: str
    en: str
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def row(self, item: str) -> Row:
        return next(row for row in self.rows if row.item == item)


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """All tables by sheet code, in the order of the workbook."""
    folder = resources.files("solvency.tables")
    found = [_table(Path(str(entry))) for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    order = ["Info", "S01", "S02", "S05", "Forecast", "Exposures", "Statements"]
    return {t.sheet: t for t in sorted(found, key=lambda t: order.index(t.sheet) if t.sheet in order else 99)}


@lru_cache(maxsize=1)
def line_items() -> dict[str, Row]:
    """Every line item by name. A name that stands in several sheets is that one figure, first sheet first."""
    found: dict[str, Row] = {}
    for sheet in ("Info", "S05", "S02", "S01"):
        for row in tables()[sheet]:
            found.setdefault(row.item, row)
    return found


_KEYS = {
    "item", "row", "zh", "en", "kind", "required", "blank", "minimum", "maximum", "choices", "choices_like",
    "choices_from", "article", "note", "output", "book_only", "table_only", "types", "factor", "was",
}  # fmt: skip


def _table(path: Path) -> Table:
    data = read_yaml(path)
    shared = data.get("choices", {})
    rows = tuple(_row(path, data["sheet"], entry, shared) for entry in data["rows"])
    return Table(data["sheet"], data["layout"], data["title"]["zh"], data["title"]["en"], rows)


def _row(path: Path, sheet: str, entry: dict[str, Any], shared: dict[str, Any]) -> Row:
    unknown = set(entry) - _KEYS
    if unknown:
        raise DocumentError(path.name, str(entry.get("item")), f"unknown key: {', '.join(sorted(unknown))}")
    kind = entry.get("kind", "amount")
    if kind not in KINDS:
        raise DocumentError(path.name, entry["item"], f"kind is one of {', '.join(KINDS)}")
    choices = shared[entry["choices_like"]] if "choices_like" in entry else entry.get("choices", {})
    limits = {key: float(entry[key]) for key in ("minimum", "maximum") if key in entry}
    note = entry.get("note", {})
    return Row(
        sheet=sheet,
        item=entry["item"],
        zh=entry["zh"],
        en=entry["en"],
        row_no=str(entry.get("row", "")),
        kind=kind,
        required=entry.get("required", False),
        blank=entry.get("blank"),
        choices={key: (value["zh"], value["en"]) for key, value in choices.items()},
        choices_from=entry.get("choices_from", ""),
        article=entry.get("article", ""),
        note_zh=note.get("zh", ""),
        note_en=note.get("en", ""),
        output=entry.get("output", False),
        book_only=entry.get("book_only", False),
        table_only=entry.get("table_only", False),
        factor=entry.get("factor", ""),
        types=tuple(entry.get("types", ())),
        was=entry.get("was", ""),
        **limits,
    )
