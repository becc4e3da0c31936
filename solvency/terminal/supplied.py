"""Published numbers that are brought in as a table: where the document is, and how the table is laid out."""

from __future__ import annotations

from typing import Any


def print_supplied(record: dict[str, Any], lang: str) -> None:
    zh = lang == "zh"
    print(f"{record['name']}: {record['zh' if zh else 'en']}")
    print(f"  {record['document']}，{record['effective']}{' 起' if zh else ''}")
    print(f"  {'来源' if zh else 'source'}: {record['source']}")
    print(f"  {record['how_zh' if zh else 'how_en']}")
    name = record["name"]
    print(
        f"  填入工作表 {name}，或以 --positions 目录中的 {name}.csv、{name}.parquet 提供；列："
        if zh
        else f"  It goes to the sheet {name}, or to {name}.csv or {name}.parquet in the folder of --positions; columns:"
    )
    for column in record["columns"]:
        text = column["note_zh" if zh else "note_en"] or ("、" if zh else ", ").join(column["allowed"])
        print(f"    {column['column']}: {column['zh' if zh else 'en']}{f' — {text}' if text else ''}")
