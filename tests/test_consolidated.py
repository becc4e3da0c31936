"""The consolidated rulebook on three dates against CSV tables typed from the official texts, in both directions.

The tables state every number in force: `factor,key,value,article`. Keys: `value`, `until`, the place in an ordered set,
the class of a lookup, `row|driver` and `row|value` (or `intercept`, `slope`, `quadratic`, `of`) of a table, whose classes
are joined by ` + `, `driver` of a lookup, `row|column` of a correlation matrix, `interval|intercept` and `interval|slope` of a band;
`ALTERNATIVE:` in front where a reading changes the entry. A factor `test:ID` is a mandatory stress test (annex 4).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solvency.regulation.factors import Bands, Correlation, Factor, Interval, Table
from solvency.regulation.rulebook import Rulebook

FOLDER = Path(__file__).parent / "consolidated"
DATES = sorted(path.stem for path in FOLDER.glob("*.csv"))
Entries = dict[tuple[str, ...], tuple[Any, str]]


def _comparable(key: str) -> str:
    """A key whose intervals are written one way: `[0, 10_000)|slope` and `[0, 10000)|slope` are the same."""
    alternative, colon, rest = key.rpartition(":")
    if rest[:1] not in ("[", "("):
        return key
    interval, bar, part = rest.partition("|")
    return f"{alternative}{colon}{Interval.parse(interval)}{bar}{part}"


def _typed(text: str) -> Any:
    """A number as Decimal, an interval as Interval, several numbers as a tuple, anything else as text."""
    if text[:1] in ("[", "("):
        return Interval.parse(text)
    if ";" in text:
        return tuple(Decimal(part) for part in text.split(";"))
    digits = text.lstrip("-").replace(".", "", 1)
    return Decimal(text) if digits.isdigit() else text


def stated(day: str) -> Entries:
    """What the typed table of a date says."""
    entries: Entries = {}
    with (FOLDER / f"{day}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            entry = (row["factor"], _comparable(row["key"]))
            assert entry not in entries, f"{day}.csv: twice: {entry}"
            entries[entry] = (_typed(row["value"]), row["article"])
    return entries


def _content(content: Any) -> Iterator[tuple[str, Any]]:
    match content:
        case Decimal():
            yield "value", content
        case dict():
            yield from ((key, row.value) for key, row in content.items())
        case Bands():
            for band in content.bands:
                yield f"{band.interval}|intercept", band.intercept
                yield f"{band.interval}|slope", band.slope
        case Table():
            for row in content.rows:
                for driver, condition in row.when.items():
                    yield f"{row.key}|{driver}", condition if isinstance(condition, Interval) else " + ".join(condition)
                if row.of:
                    yield f"{row.key}|of", row.of
                for part in ("intercept", "slope", "quadratic") if row.of else ():
                    if getattr(row, part):
                        yield f"{row.key}|{part}", getattr(row, part)
                if not row.of:
                    yield f"{row.key}|value", row.intercept
        case Correlation():
            for label, line in zip(content.labels, content.matrix, strict=True):
                yield from ((f"{label}|{other}", x) for other, x in zip(content.labels, line, strict=True))
        case Interval():
            yield "interval", content
        case _:
            yield from ((str(place), member) for place, member in enumerate(content, 1))


def _article(factor: Factor, key: str) -> str:
    """The article of a row that a later document left alone is that of the document that set it."""
    row = key.rpartition(":")[2].partition("|")[0]
    return factor.origin_of(row)[0]


def consolidated(day: str) -> Entries:
    """What the rulebook of a date says."""
    rulebook = Rulebook.at(day)
    entries: Entries = {}
    for name, factor in rulebook.factors.items():
        found = list(_content(factor.content))
        for alternatives in factor.variants.values():
            for alternative, (_, content) in alternatives.items():
                found += [(f"{alternative}:{key}", value) for key, value in _content(content)]
        if factor.driver:
            found.append(("driver", factor.driver))
        if factor.until:
            found.append(("until", factor.until.isoformat()))
        entries |= {(name, key): (value, _article(factor, key)) for key, value in found}
    for test in rulebook.tests:
        for change in test.changes:
            value = change.values[0] if len(change.values) == 1 else change.values
            entries[f"test:{test.id}", f"{change.factor}|{change.how}"] = (value, test.article)
    return entries


def test_there_is_a_table_for_each_stage_of_the_rules() -> None:
    assert DATES == ["2022-03-31", "2023-09-30", "2025-12-31"]


@pytest.mark.parametrize("day", DATES)
def test_nothing_is_missing_on_either_side(day: str) -> None:
    typed, rulebook = stated(day), consolidated(day)
    assert sorted(typed.keys() - rulebook.keys()) == [], "in the table only"
    assert sorted(rulebook.keys() - typed.keys()) == [], "in the rulebook only"


@pytest.mark.parametrize("day", DATES)
def test_every_number_and_article_is_the_same(day: str) -> None:
    typed, rulebook = stated(day), consolidated(day)
    assert len(typed) > 200
    different = {
        entry: f"table {typed[entry]}, rulebook {rulebook[entry]}"
        for entry in typed.keys() & rulebook.keys()
        if typed[entry] != rulebook[entry] or type(typed[entry][0]) is not type(rulebook[entry][0])
    }
    assert different == {}


def test_what_the_notices_changed() -> None:
    """Between the dates only what the 2023 and 2024 notices say may differ."""
    changes = [
        {factor for factor, _ in {entry for entry, _ in old.items() ^ new.items()}}
        for old, new in zip([stated(d) for d in DATES], [stated(d) for d in DATES[1:]], strict=False)
    ]
    sizes = {f"size_coefficient.{kind}" for kind in ("property", "life", "reinsurer")}
    shares = {"listed_equity.index_factor", "listed_equity.board_factor"}
    notice_2023 = {
        "capital_limit.policy_future_surplus",
        "interest_scope.layers",
        "opaque_equity.rf0",
        "unlisted_equity.rf0",
        "nonlife_insurance_mc.technology_coefficient",
        *(
            f"{risk}.discount_{kind}"
            for risk in ("premium", "reserve")
            for kind in ("redundancy", "science_technology")
        ),
    }
    export_credit = {f"{risk}.{part}" for risk in ("premium", "reserve") for part in ("rf0", "k_export_credit")}
    notice_2025 = {"company_relief.allowed", "holding_time.index_cap", "holding_time.star_cap"} | export_credit
    assert changes == [sizes | notice_2023 | shares, notice_2025 | shares]


@pytest.mark.parametrize(
    ("day", "article"),
    [
        ("2022-01-01", "三"),
        ("2024-12-19", "三"),
        ("2024-12-20", "全文"),
        ("2024-12-31", "全文"),
        ("2025-01-01", "全文"),
        ("2025-12-31", "全文"),
        ("2026-01-01", None),
    ],
)
def test_company_relief_ends_with_the_transition_period(day: str, article: str | None) -> None:
    rulebook = Rulebook.at(day)
    assert rulebook.has("company_relief.allowed") is (article is not None)
    if article is not None:
        assert rulebook.value("company_relief.allowed") == 1
        assert rulebook.factor("company_relief.allowed").article == article


@pytest.mark.parametrize(("day", "limit"), [("2023-09-09", "0.35"), ("2023-09-10", "0.40")])
def test_limit_of_policy_future_surplus_changes_on_the_day_of_the_notice(day: str, limit: str) -> None:
    rulebook = Rulebook.at(day).exactly()
    assert rulebook.value("capital_limit.policy_future_surplus") == Decimal(limit)
    assert rulebook.has("size_coefficient.life") is (day >= "2023-09-10")


@pytest.mark.parametrize(("score", "factor"), [("0", "0.75"), ("70", "0.05"), ("90", "-0.05"), ("100", "-0.15")])
def test_edges_of_the_control_risk_factor(score: str, factor: str) -> None:
    """Rule 12 article 120 prints 70 and 90 in two branches each; whichever branch is taken, the factor is the same."""
    bands = Rulebook.at("2022-03-31").exactly().bands("control_risk.factor")
    assert bands.at(np.array([Decimal(score)]))[0] == Decimal(factor)
    touching = [b for b in bands.bands if Decimal(score) in (b.interval.lower, b.interval.upper)]
    assert {b.intercept + b.slope * Decimal(score) for b in touching} == {Decimal(factor)}


@pytest.mark.parametrize(
    ("kind", "assets", "lower_edge", "upper_edge"),
    [
        ("property", 10_000_000_000, "0.95", "0.90"),
        ("property", 200_000_000_000, "1", "0.95"),
        ("reinsurer", 10_000_000_000, "0.95", "0.90"),
        ("reinsurer", 200_000_000_000, "1", "0.95"),
        ("life", 50_000_000_000, "0.95", "0.90"),
        ("life", 500_000_000_000, "1", "0.95"),
    ],
)
def test_edges_of_the_size_bands(kind: str, assets: int, lower_edge: str, upper_edge: str) -> None:
    for alternative, expected in (("lower_edge_included", lower_edge), ("upper_edge_included", upper_edge)):
        rulebook = Rulebook.at("2023-09-30", readings={"size_band_edges": alternative}).exactly()
        assert rulebook.bands(f"size_coefficient.{kind}").at(np.array([Decimal(assets)]))[0] == Decimal(expected)
