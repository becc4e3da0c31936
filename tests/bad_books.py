"""Bad workbooks by the hundred, made from the good one: what was done to it and what must be said about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drafts import Draft, Raw, column_of, error, formula

from solvency.excel.places import position, reference
from solvency.tables.spec import tables

SPOIL = Callable[[Draft], "str | None"]  # returns the cell the problem is in, if there is one


@dataclass(frozen=True)
class Case:
    """A book, and the problem that must be named: its code, severity, sheet, what was found there."""

    name: str
    spoil: SPOIL
    code: str
    sheet: str = ""
    severity: str = "error"
    found: str = ""
    article: bool = False


def cases() -> Iterator[Case]:
    for part in (sheets, columns, rows, numbers, percentages, units, choices, dates, shapes, cell_kinds, two_places):
        yield from part()


def sheets() -> Iterator[Case]:
    for code in ("Info", "S05"):
        yield Case(f"missing sheet {code}", lambda d, c=code: d.drop(c) and None, "missing_sheet", code)
    yield Case("missing sheets S01 and S02", lambda d: d.drop("S01").drop("S02") and None, "missing_sheet", "S02")
    for code, names in {
        "Info": ("Info-基本信息", "基本信息", "Infos"),
        "S01": ("S01-偿付能力状况表", "偿付能力状况表"),
        "S02": ("S02-实际资本表", "实际资本表", "S02 (2)", "S02_old"),
        "S05": ("S05-最低资本表", "最低资本表", "表S05", "S05备份"),
        "Forecast": ("Forecast (2)", "Forcast"),
        "Exposures": ("Exposure", "Exposures旧"),
    }.items():
        for name in names:
            yield Case(
                f"{code} renamed {name}", lambda d, c=code, n=name: d.names.update({c: n}), "missing_sheet", name, found=name
            )  # fmt: skip
    yield Case(
        "further sheet", lambda d: d.cells.update({"笔记": {"A1": "随便"}}), "ignored_sheet", "笔记", "warning", "笔记"
    )
    for state in ("hidden", "veryHidden"):
        yield Case(
            f"sheet {state}", lambda d, s=state: d.states.update({"S05": f' state="{s}"'}), "hidden", "S05", "warning"
        )  # fmt: skip


def columns() -> Iterator[Case]:
    inputs = {
        "Info": "value",
        "S01": "amount",
        "S02": "amount",
        "S05": "amount",
        "Forecast": "next_quarter",
        "Exposures": "value",
    }

    def head(draft: Draft, code: str, name: str, text: str | None) -> str:
        letter = column_of(draft, code, name)
        if text is None:
            for ref in [r for r in draft.cells[code] if re.match(rf"{letter}\d", r)]:
                del draft.cells[code][ref]
            return "1:1"
        draft.cells[code][f"{letter}1"] = text
        return "1:1" if text == "期末数" else f"{letter}1"

    def double(draft: Draft, code: str, name: str) -> str:
        draft.cells[code]["K1"] = name
        return "K1"

    def lower(draft: Draft, code: str) -> None:
        """An inserted line above the heads."""
        draft.cells[code] = {
            reference(position(ref)[0] + 1, position(ref)[1]): value for ref, value in draft.cells[code].items()
        }  # fmt: skip

    for code, value in inputs.items():
        for name in ("item", value):
            yield Case(
                f"{code}: no column {name}", lambda d, c=code, n=name: head(d, c, n, None), "missing_column", code
            )
            yield Case(
                f"{code}: doubled column {name}",
                lambda d, c=code, n=name: double(d, c, n),
                "doubled_column",
                code,
                found=name,
            )
        for text in ("期末数", f"{value}2", value[:-1]):
            yield Case(
                f"{code}: column {value} renamed {text}", lambda d, c=code, n=value, t=text: head(d, c, n, t),
                "missing_column", code, found=text,
            )  # fmt: skip
        yield Case(f"{code}: heads in row 2", lambda d, c=code: lower(d, c), "missing_column", code)
    yield Case(
        "Exposures: no column factor", lambda d: head(d, "Exposures", "factor", None), "missing_column", "Exposures"
    )
    yield Case(
        "S05: further column",
        lambda d: d.cells["S05"].update({"K1": "上年数"}),
        "ignored_column",
        "S05",
        "warning",
        "上年数",
    )


def rows() -> Iterator[Case]:
    def put(draft: Draft, code: str, cells: dict[str, object]) -> str:
        draft.cells[code].update(cells)
        return next(iter(cells))

    for text in ("market_mcc", "核心一级资本", "total", "1.3.1", "core_tier9", "S02.core_tier1"):
        yield Case(
            f"S05: unknown item {text}",
            lambda d, t=text: put(d, "S05", {"A90": t, "E90": 5}),
            "unknown_item",
            "S05",
            found=text,
        )
    for text in ("scenario", "insurer_name", "market_mc", "公司名称"):
        yield Case(
            f"Info: unknown item {text}",
            lambda d, t=text: put(d, "Info", {"A90": t, "D90": 5}),
            "unknown_item",
            "Info",
            found=text,
        )
    for text in ("equity_exposures", "core_tier1"):
        yield Case(
            f"Exposures: unknown item {text}", lambda d, t=text: put(d, "Exposures", {"B90": t, "A90": "exposure", "E90": 5}),
            "unknown_item", "Exposures", found=text,
        )  # fmt: skip
    yield Case("Exposures: slip in a factor", lambda d: put(d, "Exposures", {"A90": "equity_asset", "B90": "core_tier1", "E90": 5}),
               "unknown_factor", "Exposures", "warning", "equity_asset")  # fmt: skip
    for code, item, column in (
        ("S05", "fx_mc", "E"),
        ("S02", "net_assets", "E"),
        ("Info", "insurer", "D"),
        ("Forecast", "core_tier1", "E"),
    ):
        yield Case(
            f"{code}: doubled row", lambda d, c=code, i=item, k=column: put(d, c, {"A90": i, f"{k}90": 5}), "doubled_row", code, found=item
        )  # fmt: skip
    for code, ref in (("S05", "E90"), ("S02", "E90"), ("Info", "D90"), ("S01", "E90"), ("Forecast", "F90")):
        yield Case(
            f"{code}: value without an item", lambda d, c=code, r=ref: put(d, c, {r: 77}), "no_item", code, found="77"
        )
    for code, row in (("S05", 2), ("S02", 3)):
        yield Case(f"{code}: data in row {row}", lambda d, c=code, r=row: put(d, c, {f"A{r}": "fx_mc" if c == "S05" else "net_assets"}),
                   "data_in_header", code)  # fmt: skip


def numbers() -> Iterator[Case]:
    texts = (
        "abc",
        "1,234,5o",
        "12万",
        "—",
        "十二",
        "1.2.3",
        "n/a",
        "500元",
        "1 2/3",
        "=1+1",
        "@5",
        "0x10",
        "1e",
        "(5",
        "５０％％",
        "-",
        "待定",
    )
    places = (
        ("S05", "fx_mc"), ("S05", "equity_price_mc"), ("S02", "net_assets"), ("S01", "admitted_assets"), ("Info", "total_assets"),
        ("Info", "sarmra_score"), ("Forecast", "actual_capital"), ("Exposures", "equity_exposure"),
    )  # fmt: skip

    def put(draft: Draft, code: str, item: str, value: object) -> str:
        draft.put(code, item, value)
        return draft.place(code, item)

    for i, text in enumerate(texts):
        for code, item in (places[i % len(places)], places[(i + 3) % len(places)]):
            yield Case(
                f"{code}.{item} is {text}",
                lambda d, c=code, n=item, t=text: put(d, c, n, t),
                "not_a_number",
                code,
                found=text,
            )
    for i, text in enumerate(("NaN", "nan", "inf", "-inf", "Infinity", "∞", "1e999", "NULL", "None", "１ｅ９９９")):
        code, item = places[i % len(places)]
        yield Case(
            f"{code}.{item} is {text}",
            lambda d, c=code, n=item, t=text: put(d, c, n, t),
            "not_a_number",
            code,
            found=text,
        )
    for i, text in enumerate(("NaN", "INF", "-INF", "1e999", "1_000", "٣", "#")):
        code, item = places[i % len(places)]
        yield Case(f"{code}.{item} stored as {text}", lambda d, c=code, n=item, t=text: put(d, c, n, Raw("", f"<v>{t}</v>")),
                   "not_a_number", code, found=text)  # fmt: skip
    for code, item in places:
        yield Case(
            f"{code}.{item} is true", lambda d, c=code, n=item: put(d, c, n, True), "not_a_number", code, found="True"
        )
    for item in ("fx_mc", "equity_price_mc", "spread_mc", "nonlife_premium_reserve_mc"):
        yield Case(f"negative {item}", lambda d, n=item: put(d, "S05", n, -5), "out_of_range", "S05", found="-5")
    for code, item, value in (
        ("S01", "admitted_assets", -1),
        ("Info", "total_assets", -1),
        ("Exposures", "equity_exposure", -1),
    ):
        yield Case(
            f"negative {item}", lambda d, c=code, n=item, v=value: put(d, c, n, v), "out_of_range", code, found="-1"
        )
    for text in ("12,345", "１２３４５", " 12345 ", "￥12,345.00"):
        yield Case(
            f"number as text {text}",
            lambda d, t=text: put(d, "S05", "equity_price_mc", t),
            "number_as_text",
            "S05",
            "warning",
            text.strip(),
        )


def percentages() -> Iterator[Case]:
    def put(draft: Draft, code: str, item: str, value: object) -> str:
        draft.put(code, item, value)
        return draft.place(code, item)

    for value in (250, 335.24, 100, "33524%"):
        for code in ("S01", "Forecast"):
            yield Case(
                f"{code}: core ratio {value}",
                lambda d, c=code, v=value: put(d, c, "core_ratio", v),
                "disagree",
                code,
                found=str(value)[:3],
            )
    for item, value in (
        ("size_coefficient", 95),
        ("future_surplus_limit", 40),
        ("sarmra_score", 8000),
        ("sarmra_score", -1),
    ):
        yield Case(
            f"{item} {value}",
            lambda d, i=item, v=value: put(d, "Info", i, v),
            "out_of_range",
            "Info",
            found=str(value),
            article=True,
        )
    yield Case("tax rate 25", lambda d: put(d, "Exposures", "tax_rate", 25), "out_of_range", "Exposures", found="25")
    yield Case(
        "tax rate 2500%", lambda d: put(d, "Exposures", "tax_rate", "2500%"), "out_of_range", "Exposures", found="2500%"
    )


def units() -> Iterator[Case]:
    for text in ("千元", "美元", "万", "RMB", "人民币万元", "万 元", "百万元", "10000", "$"):
        yield Case(
            f"unit {text}",
            lambda d, t=text: d.put("Info", "unit", t).place("Info", "unit"),
            "not_allowed",
            "Info",
            found=text,
        )
    yield Case("no unit", lambda d: d.put("Info", "unit", None).place("Info", "unit"), "missing", "Info")
    yield Case("blank unit", lambda d: d.put("Info", "unit", "  ").place("Info", "unit"), "missing", "Info")

    def mixed(draft: Draft, changes: dict[tuple[str, str], float]) -> None:
        for (code, item), factor in changes.items():
            place = draft.place(code, item)
            draft.cells[code][place] = draft.cells[code][place] * factor

    for factor in (1e4, 1e-4, 1e8):
        yield Case(
            f"total assets × {factor:g}", lambda d, f=factor: mixed(d, {("Info", "total_assets"): f}), "unit_mixed", "Info"
        )  # fmt: skip
        minimum = {("S05", item): factor for item in ("nonlife_premium_reserve_mc", "nonlife_catastrophe_mc", "interest_rate_mc",
                   "equity_price_mc", "fx_mc", "spread_mc", "counterparty_default_mc")}  # fmt: skip
        if factor > 1:
            yield Case(f"S05 × {factor:g}", lambda d, m=minimum: mixed(d, m), "unit_mixed", "S05")
        both = {("S02", "net_assets"): factor, ("S02", "net_asset_adjustments"): factor}
        yield Case(f"S02 × {factor:g}", lambda d, b=both: mixed(d, b), "disagree")
        admitted = {("S01", "admitted_assets"): factor, ("S01", "admitted_liabilities"): factor}
        yield Case(f"S01 × {factor:g}", lambda d, a=admitted: mixed(d, a), "disagree")


def choices() -> Iterator[Case]:
    wrong = {
        "insurer_type": ("寿险", "P&C", "propert", "集团", "0", "property insurer ltd", "财险"),
        "organisation": ("股份", "合资", "Mutuals", "lloyds", "1"),
        "risk_operational": ("中", "medium", "很大", "5", "lowest"),
        "risk_liquidity": ("一般", "高"),
        "notified_grade": ("E", "AAAA", "甲", "A+", "C类"),
        "notified_grade_quarter": ("2025", "Q2", "2025Q5", "去年", "2025-06-30"),
    }
    for item, texts in wrong.items():
        for text in texts:
            yield Case(
                f"{item} is {text}", lambda d, i=item, t=text: d.put("Info", i, t).place("Info", i), "not_allowed", "Info", found=text,
                article=item in ("insurer_type", "risk_operational", "notified_grade"),
            )  # fmt: skip
    for item in ("insurer", "insurer_type", "as_of"):
        yield Case(f"{item} blank", lambda d, i=item: d.put("Info", i, None).place("Info", i), "missing", "Info")
        yield Case(f"{item} has no row", lambda d, i=item: without_row(d, "Info", i), "missing", "Info")


def without_row(draft: Draft, code: str, item: str) -> None:
    row = position(draft.place(code, item))[0]
    for ref in [ref for ref in draft.cells[code] if position(ref)[0] == row]:
        del draft.cells[code][ref]


def dates() -> Iterator[Case]:
    def put(draft: Draft, value: object) -> str:
        return draft.put("Info", "as_of", value).place("Info", "as_of")

    for text in ("2021-12-31", "2016-03-31", "1999-12-31", "2099-12-31", "20201231", "2020年6月30日", 42369):
        yield Case(
            f"date {text}", lambda d, t=text: put(d, t), "date_out_of_range", "Info", found=str(text), article=True
        )
    for text in (
        "2025-13-31",
        "2025-02-30",
        "三季度末",
        "2025Q3",
        "30/09/2025",
        "20250931",
        "soon",
        12,
        3.5,
        "2025",
        True,
    ):
        yield Case(f"date {text}", lambda d, t=text: put(d, t), "not_a_date", "Info", found=str(text))


def shapes() -> Iterator[Case]:
    def merge(draft: Draft, code: str, span: str) -> str:
        draft.after[code] = f'<mergeCells count="1"><mergeCell ref="{span}"/></mergeCells>'
        return span

    spans = {"S05": ("E4:E5", "A6:A7", "D8:E9", "A4:F40", "E15:F15"), "S02": ("E5:E6", "A5:E5"), "Info": ("D4:E4", "D12:D13"), "S01": ("E4:E5",),
             "Forecast": ("E6:G6",), "Exposures": ("E4:E6",)}  # fmt: skip
    for code, found in spans.items():
        for span in found:
            yield Case(f"{code}: merged {span}", lambda d, c=code, s=span: merge(d, c, s), "merged", code, found="")

    def hide_row(draft: Draft, code: str, item: str, how: str) -> str:
        place = draft.place(code, item)
        draft.row_attributes[code, position(place)[0]] = how
        return place

    for code, item in (
        ("S05", "fx_mc"),
        ("S02", "net_assets"),
        ("Info", "total_assets"),
        ("S01", "admitted_assets"),
        ("Exposures", "tax_rate"),
    ):
        for how in (' hidden="1"', ' ht="0" customHeight="1"'):
            yield Case(
                f"{code}: hidden row {how}",
                lambda d, c=code, i=item, h=how: hide_row(d, c, i, h),
                "hidden",
                code,
                "warning",
            )

    def hide_column(draft: Draft, code: str, how: str) -> str:
        number = position(draft.place(code, tables()[code].rows[0].item))[1]
        draft.before[code] = f'<cols><col min="{number}" max="{number}" {how}/></cols>'
        letter = re.sub(r"\d", "", reference(1, number))
        return f"{letter}:{letter}"

    for code in ("S05", "S02", "Info", "S01"):
        for how in ('width="9" hidden="1"', 'width="0" customWidth="1"'):
            yield Case(
                f"{code}: hidden column {how}", lambda d, c=code, h=how: hide_column(d, c, h), "hidden", code, "warning"
            )


def cell_kinds() -> Iterator[Case]:
    places = (("S05", "fx_mc"), ("S02", "net_assets"), ("Info", "total_assets"), ("S01", "admitted_assets"), ("Forecast", "core_tier1"),
              ("Exposures", "tax_rate"), ("Info", "insurer"), ("Info", "as_of"), ("Info", "insurer_type"))  # fmt: skip

    def put(draft: Draft, code: str, item: str, value: object) -> str:
        return draft.put(code, item, value).place(code, item)

    names = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
    for i, (code, item) in enumerate(places):
        for name in (names[i % len(names)], names[(i + 4) % len(names)]):
            yield Case(
                f"{code}.{item} is {name}",
                lambda d, c=code, n=item, e=name: put(d, c, n, error(e)),
                "error_cell",
                code,
                found=name,
            )
        yield Case(f"{code}.{item} formula of an error", lambda d, c=code, n=item: put(d, c, n, Raw('t="e"', "<f>1/0</f><v>#DIV/0!</v>")),
                   "error_cell", code, found="#DIV/0!")  # fmt: skip
        for content in ("<f>SUM(1,2)</f>", "<f>SUM(1,2)</f><v/>", "<f>SUM(1,2)</f><v></v>"):
            yield Case(f"{code}.{item} {content}", lambda d, c=code, n=item, x=content: put(d, c, n, Raw("", x)), "no_cached_value", code,
                       found="=SUM(1,2)")  # fmt: skip
    links = (
        "[1]Sheet1!$A$1",
        "'[2]上年 底稿'!B2",
        "SUM([1]S05!A1:A9)",
        "'C:\\账\\[底稿.xlsx]S05'!E4",
        "[1]!额度",
        "IF(1,[3]A!A1,0)",
        "额度*2",
    )
    for i, link in enumerate(links):
        code, item = places[i % 6]
        draft_name = (
            '<definedNames><definedName name="额度">[1]S!$A$1</definedName></definedNames>' if link == "额度*2" else ""
        )
        yield Case(f"{code}.{item} linked {link}", lambda d, c=code, n=item, x=link, w=draft_name: linked(d, c, n, x, w), "external_link", code,
                   found="=" + link[:8])  # fmt: skip


def linked(draft: Draft, code: str, item: str, link: str, names: str) -> str:
    draft.workbook = names
    return draft.put(code, item, formula(link, 5)).place(code, item)


def two_places() -> Iterator[Case]:
    def put(draft: Draft, first: float, second: object) -> str:
        draft.put("S05", "market_mc", first)
        return draft.put("S01", "market_mc", second).place("S01", "market_mc")

    yield Case("market_mc twice, apart", lambda d: put(d, 12000, 13000), "disagree", "S01", found="S05!E")
    yield Case("market_mc twice, by a unit", lambda d: put(d, 12000.25, 12010.25), "disagree", "S01", found="S05!E")
    yield Case(
        "market_mc twice, one no number", lambda d: put(d, 12000, "约12000"), "not_a_number", "S01", found="约12000"
    )
    yield Case(
        "market_mc twice, one an error", lambda d: put(d, 12000, error("#REF!")), "error_cell", "S01", found="#REF!"
    )
    for item, value in (("market_mc", 99999), ("minimum_capital", 1), ("diversification", 99999), ("quantified_mc", 2)):
        yield Case(
            f"{item} is not the sum", lambda d, i=item, v=value: d.put("S05", i, v).place("S05", i), "disagree", "S05"
        )
    yield Case(
        "actual capital is not the sum",
        lambda d: d.put("S02", "actual_capital", 5).place("S02", "actual_capital"),
        "disagree",
        "S02",
    )
    for item in ("nonlife_premium_reserve_mc", "counterparty_default_mc"):
        yield Case(f"{item} missing", lambda d, i=item: d.put("S05", i, None).place("S05", i), "missing", "S05")
