"""Regulation documents are read strictly: every trap of YAML and every wrong entry is an error naming file and entry.

Also how documents are laid over one another: amendments, `was`, `until`, drafts, readings, dates without rules.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import solvency
from solvency.errors import DateOutOfRangeError, DocumentError, UnknownFactorError, UsageError
from solvency.excel.check import check
from solvency.excel.rule15_disclosure import disclose
from solvency.regulation import rulebook as rulebook_module
from solvency.regulation.document import read_document
from solvency.regulation.factors import Interval, LookupRow
from solvency.regulation.rulebook import Rulebook, first_date, history
from solvency.regulation.strict_yaml import read_yaml
from solvency.result import Result
from solvency.stress_test import reverse_test, stress
from solvency.tables.positions.spec import position_tables

HEADER = "number: 测试〔2026〕1号\ntitle: {zh: 测试通知, en: A notice for tests}\nissued: 2026-01-05\n"
READING = """
readings:
  open_place:
    article: 第一条
    question: {zh: 问, en: Question}
    default: first
    alternatives: {first: {zh: 甲, en: First}, second: {zh: 乙, en: Second}}
    reason: {zh: 因, en: Reason}
"""
CONSEQUENCE = (
    "consequences: {warning: {article: 第一条, who: regulator, duty: may, when: grade_b, zh: 提示, en: Warning}}\n"
)
SCENARIO = """
scenarios:
  fall:
    article: 一
    insurer_type: life
    horizon: year
    kind: scenario
    zh: 下跌
    en: Fall
    changes: [{factor: equity_assets, multiply: 0.8}]
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a document with a right header around `body`; returns its path."""

    def written(body: str, effective: str = "2026-01-05", header: str = HEADER, name: str = "notice.yaml") -> Path:
        path = tmp_path / name
        path.write_text(f"{header}effective: {effective}\n{body}", encoding="utf-8")
        return path

    return written


def factor(text: str) -> str:
    """A document body with one factor `limit`, its keys given in YAML flow style."""
    return f"factors: {{limit: {{article: 第一条, {text}}}}}\n"


def failure(path: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    assert caught.value.file == path.name
    assert str(caught.value).startswith(f"{path.name}: ")
    return caught.value


# --- traps of YAML ---


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("factors:\n  limit: {article: 一, value: 1}\n  limit: {article: 一, value: 2}\n", "limit"),
        ("factors:\n  limit:\n    article: 一\n    value: 1\n    value: 2\n", "value"),
        ("factors:\n  limit:\n    article: 一\n    rows: {star: 0.4, main: 0.3, star: 0.5}\n", "star"),
        ("number: 另一个号\n", "number"),
        (READING.replace("second:", "first:"), "first"),
    ],
)
def test_a_duplicate_key_is_an_error(write: Write, body: str, key: str) -> None:
    error = failure(write(body))
    assert f"duplicate key '{key}'" in str(error)
    assert "line" in str(error)


@pytest.mark.parametrize("word", ["no", "on", "off", "yes", "y", "n", "No", "ON"])
def test_words_that_yaml_takes_for_booleans_stay_text(write: Write, word: str) -> None:
    contents = read_document(write(factor(f"rows: {{{word}: 0.1}}")))
    assert contents.factors["limit"].content == {word: LookupRow(Decimal("0.1"))}
    members = read_document(write(factor(f"members: [{word}, AAA]"))).factors["limit"].content
    assert members == (word, "AAA")


@pytest.mark.parametrize(
    "value", ["no", "on", "true", "false", "'0.5'", "50%", "1:30", ".inf", ".nan", "0x10", "null", "~"]
)
def test_a_value_that_is_no_number_is_an_error(write: Write, value: str) -> None:
    error = failure(write(factor(f"value: {value}")))
    assert error.entry == "factors.limit.value"
    assert "expected a number" in str(error)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-3", "0.001"),
        ("1E-3", "0.001"),
        ("5e2", "500"),
        ("1.5e+2", "150"),
        ("-.5", "-0.5"),
        ("1_000.50", "1000.50"),
        ("010", "10"),
    ],
)
def test_numbers_are_read_as_written(write: Write, text: str, number: str) -> None:
    assert read_document(write(factor(f"value: {text}"))).factors["limit"].content == Decimal(number)


@pytest.mark.parametrize("text", ["0.1", "0.35", "0.27", "0.545", "1.15", "0.30", "-0.14", "0.1000000000000000055"])
def test_binary_floats_never_appear(write: Write, text: str) -> None:
    content = read_document(write(factor(f"value: {text}"))).factors["limit"].content
    assert isinstance(content, Decimal)
    assert str(content) == text


def test_every_published_number_is_a_decimal_and_exact_on_request() -> None:
    rulebook = Rulebook.at("2025-12-31")
    assert rulebook.value("loss_absorption.beta_slope") == 0.22
    assert isinstance(rulebook.value("loss_absorption.beta_slope"), float)
    assert rulebook.exactly().value("loss_absorption.beta_slope") == Decimal("0.22")
    matrix = rulebook.exactly().correlation("credit_mc.correlation", ["counterparty_default_mc", "spread_mc"])
    assert matrix.tolist() == [[Decimal(1), Decimal("0.25")], [Decimal("0.25"), Decimal(1)]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [1, 2", "cannot be read"),
        ("\tfactors: 1", "cannot be read"),
        ("factors: *nobody\n", "undefined alias"),
        ("x: 2023-13-40\n", "cannot be read"),
        ("x: !!python/object:os.system y\n", "cannot be read"),
        ("---\nfactors: {}\n", "single document"),
    ],
)
def test_what_is_not_yaml_is_an_error(write: Write, text: str, what: str) -> None:
    assert what in str(failure(write(text)))


def test_a_missing_empty_or_other_file_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in str(failure(tmp_path / "nowhere.yaml"))
    for name, content in (("empty.yaml", b""), ("list.yaml", b"- a\n"), ("text.yaml", b"just text\n")):
        (tmp_path / name).write_bytes(content)
        assert "expected a mapping" in str(failure(tmp_path / name))
    (tmp_path / "latin.yaml").write_bytes("number: 规则".encode("gbk"))
    assert "cannot be read" in str(failure(tmp_path / "latin.yaml"))
    with pytest.raises(DocumentError, match=r"nowhere\.yaml"):
        read_yaml(tmp_path / "nowhere.yaml")


# --- the header ---


@pytest.mark.parametrize("key", ["number", "title", "issued"])
def test_a_missing_header_is_an_error(write: Write, key: str) -> None:
    header = "".join(line + "\n" for line in HEADER.splitlines() if not line.startswith(key))
    assert f"missing: {key}" in str(failure(write("", header=header)))


def test_a_missing_effective_date_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notice.yaml"
    path.write_text(HEADER, encoding="utf-8")
    assert "missing: effective" in str(failure(path))


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("issued: 2023", "issued"),
        ("issued: September 2023", "issued"),
        ("issued: '2023-09-10'", "issued"),
        ("issued: 2023-09-10 08:00:00", "issued"),
        ("issued: 2023-9-10.", "issued"),
    ],
)
def test_a_date_of_the_wrong_type_is_an_error(write: Write, line: str, entry: str) -> None:
    header = HEADER.replace("issued: 2026-01-05", line)
    error = failure(write("", header=header))
    assert error.entry == entry
    assert "expected a date" in str(error)


@pytest.mark.parametrize("until", ["2024", "soon", "'2024-12-31'", "31/12/2024"])
def test_until_of_the_wrong_type_is_an_error(write: Write, until: str) -> None:
    error = failure(write(factor(f"value: 1, until: {until}")))
    assert error.entry == "factors.limit.until"
    assert "expected a date" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "entry"),
    [
        ("测试〔2026〕1号", "5", "number"),
        ("{zh: 测试通知, en: A notice for tests}", "A notice", "title"),
        ("{zh: 测试通知, en: A notice for tests}", "{zh: 测试通知}", "title.en"),
    ],
)
def test_a_wrong_header_is_an_error(write: Write, old: str, new: str, entry: str) -> None:
    assert failure(write("", header=HEADER.replace(old, new))).entry == entry


# --- unknown keys and wrong shapes ---


@pytest.mark.parametrize(
    ("body", "entry", "key"),
    [
        ("factor: {}\n", "", "factor"),
        (factor("value: 1, values: 2"), "factors.limit", "values"),
        (factor("value: 1, Until: 2024-12-31"), "factors.limit", "Until"),
        (factor("rows: {star: {value: 0.4, war: main}}"), "factors.limit.rows.star", "war"),
        (factor("bands: [{interval: '[0, 1]', value: 1, gradient: 2}]"), "factors.limit.bands[0]", "gradient"),
        (factor("correlation: {labels: [a], matrix: [[1]], names: [a]}"), "factors.limit.correlation", "names"),
        (
            factor("value: 1, by_reading: {open_place: {second: {value: 2, zh: 甲}}}"),
            "factors.limit.by_reading.open_place.second",
            "zh",
        ),
        (READING.replace("default:", "standard: first\n    default:"), "readings.open_place", "standard"),
        ("supplied: {Prices: {names: [a], zh: 甲, en: a, source: x}}", "supplied.Prices", "source"),
        (CONSEQUENCE.replace("zh: 提示", "zh: 提示, must: x"), "consequences.warning", "must"),
        (SCENARIO.replace("kind:", "sort: x\n    kind:"), "scenarios.fall", "sort"),
        (SCENARIO.replace("multiply: 0.8", "multiply: 0.8, by: 2"), "scenarios.fall.changes[0]", "by"),
    ],
)
def test_an_unknown_key_is_an_error(write: Write, body: str, entry: str, key: str) -> None:
    error = failure(write(body))
    assert error.entry == entry
    assert f"unknown key: {key}" in str(error)


@pytest.mark.parametrize(
    ("body", "entry", "what"),
    [
        ("factors: [limit]\n", "factors", "expected a mapping, found list"),
        ("factors: {limit: 0.5}\n", "factors.limit", "expected a mapping, found Decimal"),
        ("factors: {limit: {value: 1}}\n", "factors.limit", "missing: article"),
        ("factors: {limit: {article: 41, value: 1}}\n", "factors.limit.article", "expected text, found 41"),
        (factor("zh: 上限"), "factors.limit", "found none"),
        (factor("value: 1, rows: {a: 1}"), "factors.limit", "found value, rows"),
        (factor("rows: [1]"), "factors.limit.rows", "expected a mapping"),
        (factor("rows: {star: text}"), "factors.limit.rows.star.value", "expected a number"),
        (factor("rows: {star: {was: main}}"), "factors.limit.rows.star", "missing: value"),
        (factor("rows: {star: {value: 1, was: 5}}"), "factors.limit.rows.star.was", "expected text"),
        (factor("members: AAA"), "factors.limit.members", "expected a list of texts"),
        (factor("members: [AAA, 5]"), "factors.limit.members", "expected a list of texts"),
        (factor("bands: [0.5]"), "factors.limit.bands[0]", "expected a mapping"),
        (factor("bands: [{value: 1}]"), "factors.limit.bands[0]", "missing: interval"),
        (factor("bands: [{interval: '[0, 1]'}]"), "factors.limit.bands[0].value", "expected a number"),
        (factor("bands: [{interval: '[0, 1]', value: 1, slope: x}]"), "factors.limit.bands[0].slope", "a number"),
        (READING.replace("default: first", "default: third"), "readings.open_place.default", "third"),
        (READING.replace("en: Question", "fr: Question"), "readings.open_place.question.en", "expected text"),
        (READING.replace("    reason: {zh: 因, en: Reason}\n", ""), "readings.open_place", "missing: reason"),
        (CONSEQUENCE.replace("duty: may", "duty: must"), "consequences.warning", "duty is one of"),
        (CONSEQUENCE.replace("who: regulator", "who: nobody"), "consequences.warning", "who is one of"),
        (CONSEQUENCE.replace("when: grade_b, ", ""), "consequences.warning", "missing: when"),
        (SCENARIO.replace("multiply: 0.8", "times: 0.8"), "scenarios.fall.changes[0]", "exactly one of"),
        (SCENARIO.replace("multiply: 0.8", "multiply: 0.8, add: 1"), "scenarios.fall.changes[0]", "exactly one of"),
        (SCENARIO.replace("multiply: 0.8", "multiply: '80%'"), "scenarios.fall.changes[0].multiply", "a number"),
        (SCENARIO.replace("multiply: 0.8", "choose: [1.3, x]"), "scenarios.fall.changes[0].choose", "a number"),
        (factor("bands: 5"), "factors.limit.bands", "expected a list"),
        (factor("bands: []"), "factors.limit.bands", "expected a list"),
        (factor("correlation: {labels: [a], matrix: 1}"), "factors.limit.correlation.matrix", "expected a list"),
        (factor("correlation: {labels: [a], matrix: [1]}"), "factors.limit.correlation.matrix", "expected a list"),
        (factor("correlation: {labels: 1, matrix: [[1]]}"), "factors.limit.correlation.labels", "expected a list"),
        (factor("correlation: {labels: [[a]], matrix: [[1]]}"), "factors.limit.correlation.labels", "list of texts"),
        (factor("interval: [1, 2]"), "factors.limit.interval", "expected text"),
        (factor("interval: 5"), "factors.limit.interval", "expected text"),
        (factor("members: [a, a]"), "factors.limit.members", "twice"),
        (factor("value: 1e999999999"), "factors.limit.value", "ordinary size"),
        (
            SCENARIO.replace("[{factor: equity_assets, multiply: 0.8}]", "5"),
            "scenarios.fall.changes",
            "expected a list",
        ),
        (SCENARIO.replace("multiply: 0.8", "choose: 5"), "scenarios.fall.changes[0].choose", "expected a list"),
        (
            factor("bands: [{interval: '[0, 1]', value: 1}, {interval: '[1, 2]', value: 2}]"),
            "factors.limit.bands[1]",
            "overlap",
        ),
        (factor("bands: [{interval: '[0, 1]', value: 1, intercept: 1}]"), "factors.limit.bands[0]", "one of them"),
        (factor("value: 1, until: 2000-01-01"), "factors.limit.until", "before the document applies"),
        (
            READING.replace("en: Question}", "en: Question, fr: Question}"),
            "readings.open_place.question",
            "unknown key: fr",
        ),
        (SCENARIO.replace("horizon: year", "horizon: month"), "scenarios.fall", "horizon is one of"),
        ("rule: two\n", "rule", "number of a rule"),
    ],
)
def test_a_wrong_entry_is_named(write: Write, body: str, entry: str, what: str) -> None:
    error = failure(write(body))
    assert error.entry == entry
    assert str(error).startswith(f"notice.yaml: {entry}: ")
    assert what in str(error)


@pytest.mark.parametrize(
    "matrix",
    [
        "[[1, 0.5]]",  # a row is missing
        "[[1, 0.5], [0.5]]",  # a row is short
        "[[1, 0.5], [0.4, 1]]",  # not symmetric
        "[[1, 0.5], [0.5, 0.9]]",  # diagonal not 1
        "[[1, 1.5], [1.5, 1]]",  # above 1
        "[[1, -1.01], [-1.01, 1]]",  # below -1
        "[[1, x], [x, 1]]",  # not a number
    ],
)
def test_a_wrong_matrix_is_an_error(write: Write, matrix: str) -> None:
    error = failure(write(factor(f"correlation: {{labels: [a, b], matrix: {matrix}}}")))
    assert error.entry.startswith("factors.limit.correlation")


def test_a_label_twice_in_a_matrix_is_an_error(write: Write) -> None:
    error = failure(write(factor("correlation: {labels: [a, a], matrix: [[1, 0], [0, 1]]}")))
    assert error.entry == "factors.limit.correlation"


@pytest.mark.parametrize(
    "interval",
    ["0, 1", "[0; 1]", "[0, 1", "]0, 1[", "[0, x]", "[1, 0]", "[1.2.3, 4]", "[0, 1e9]", "[0, ∞)", "[_, 1]", ""],
)
def test_a_bad_interval_is_an_error(write: Write, interval: str) -> None:
    error = failure(write(factor(f"bands: [{{interval: '{interval}', value: 1}}]")))
    assert error.entry == "factors.limit.bands[0].interval"
    assert failure(write(factor(f"interval: '{interval}'"))).entry == "factors.limit.interval"


def test_interval_ends_are_as_written(write: Write) -> None:
    content = read_document(write(factor("interval: '(-inf, 10_000.50]'"))).factors["limit"].content
    assert content == Interval(Decimal("-inf"), Decimal("10000.50"), False, True)
    assert str(content) == "(-∞, 10000.50]"


# --- documents over one another ---


def test_a_draft_is_laid_on_top(write: Write) -> None:
    draft = write("factors: {capital_limit.core_tier2: {article: 二, value: 0.20}}\n", effective="2024-01-01")
    rulebook = Rulebook.at("2024-06-30", drafts=[draft])
    assert rulebook.exactly().value("capital_limit.core_tier2") == Decimal("0.20")
    changed = rulebook.factor("capital_limit.core_tier2")
    assert (changed.article, changed.document.number, changed.document.draft) == ("二", "测试〔2026〕1号", True)
    # labels the draft does not repeat stay
    assert changed.zh == Rulebook.at("2024-06-30").factor("capital_limit.core_tier2").zh
    assert rulebook.edition[-1] == "notice.yaml"
    assert Rulebook.at("2024-06-30").value("capital_limit.core_tier2") == 0.3
    plain = Rulebook.at("2024-06-30").factors
    different = {name for name in rulebook.factors if rulebook.factors[name].content != plain[name].content}
    assert different == {"capital_limit.core_tier2"}


def test_a_draft_applies_whatever_its_own_date(write: Write) -> None:
    draft = write("factors: {capital_limit.core_tier2: {article: 二, value: 0.20}}\n", effective="2024-07-01")
    before = Rulebook.at("2024-06-30", drafts=[draft])
    assert before.value("capital_limit.core_tier2") == 0.2
    assert "notice.yaml" in before.edition
    assert Rulebook.at("2024-06-30").value("capital_limit.core_tier2") == 0.3
    assert [f.document.draft for f in history("capital_limit.core_tier2", [draft])] == [False, True]


def test_a_draft_lies_on_top_of_later_notices(write: Write) -> None:
    draft = write(
        "factors: {capital_limit.policy_future_surplus: {article: 二, value: 0.10}}\n", effective="2022-06-30"
    )
    assert Rulebook.at("2025-12-31", drafts=draft).value("capital_limit.policy_future_surplus") == 0.1


def test_several_drafts_apply_in_the_order_given(write: Write) -> None:
    entry = "factors: {capital_limit.core_tier2: {article: 二, value: %s}}\n"
    one = write(entry % "0.15", effective="2024-03-01", name="one.yaml")
    two = write(entry % "0.20", effective="2024-01-01", name="two.yaml")
    assert Rulebook.at("2024-06-30", drafts=[one, two]).value("capital_limit.core_tier2") == 0.2
    assert Rulebook.at("2024-06-30", drafts=[two, one]).value("capital_limit.core_tier2") == 0.15


def test_an_edited_draft_is_read_again(write: Write) -> None:
    import os

    entry = "factors: {capital_limit.core_tier2: {article: 二, value: %s}}\n"
    draft = write(entry % "0.15", effective="2024-03-01")
    assert Rulebook.at("2024-06-30", drafts=[draft]).value("capital_limit.core_tier2") == 0.15
    write(entry % "0.25", effective="2024-03-01")
    os.utime(draft, ns=(1, 1))
    assert Rulebook.at("2024-06-30", drafts=[draft]).value("capital_limit.core_tier2") == 0.25


def test_a_class_to_come_is_charged_as_its_parent(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from solvency.regulation import rulebook as module
    from solvency.regulation.document import read_document

    first = read_document(write(factor("rows: {main: 0.35}"), effective="2022-01-01", name="a.yaml"))
    later = read_document(
        write(factor("rows: {star: {value: 0.45, was: main}}"), effective="2024-02-01", name="b.yaml")
    )
    published = module._library(())
    monkeypatch.setattr(module, "_library", lambda drafts=(): (*published, first, later))
    module._consolidated.cache_clear()
    try:
        assert Rulebook.at("2024-01-31").rows("limit") == {"main": 0.35, "star": 0.35}
        assert Rulebook.at("2024-02-01").rows("limit") == {"main": 0.35, "star": 0.45}
    finally:
        module._consolidated.cache_clear()


def test_amending_a_factor_that_stands_under_a_reading_restates_it(write: Write) -> None:
    draft = write('factors: {reverse_test.range: {article: 二, interval: "[1, 2]"}}\n', effective="2024-01-01")
    with pytest.raises(DocumentError, match="reverse_test_range=open"):
        Rulebook.at("2024-06-30", drafts=[draft])


@pytest.mark.parametrize("day", ["2022Q1", "", "2024-02-30"])
def test_a_date_that_is_none(day: str) -> None:
    with pytest.raises(UsageError):
        Rulebook.at(day)


def test_a_draft_may_bring_factors_readings_consequences_and_tests(write: Write) -> None:
    variant = "value: 1, by_reading: {open_place: {second: {value: 2}}}"
    draft = write(factor(variant) + READING + CONSEQUENCE + SCENARIO, effective="2024-01-01")
    rulebook = Rulebook.at("2024-06-30", drafts=[draft])
    assert rulebook.reading("open_place") == "first"
    assert rulebook.value("limit") == 1
    other = Rulebook.at("2024-06-30", drafts=[draft], readings={"open_place": "second"})
    assert (other.reading("open_place"), other.value("limit")) == ("second", 2)
    assert rulebook.consequences[-1].id == "warning"
    assert rulebook.tests[-1].id == "fall"
    assert not Rulebook.at("2024-06-30").has("limit")


def test_an_amendment_of_another_shape_is_an_error(write: Write) -> None:
    draft = write("factors: {capital_limit.core_tier2: {article: 二, rows: {a: 0.2}}}\n", effective="2024-01-01")
    with pytest.raises(DocumentError) as caught:
        Rulebook.at("2024-06-30", drafts=[draft])
    assert (caught.value.file, caught.value.entry) == ("notice.yaml", "factors.capital_limit.core_tier2")
    assert "is a rows, but amends a value" in str(caught.value)


def test_a_lookup_is_amended_class_by_class(write: Write) -> None:
    first = write(factor("rows: {main: 0.35, star: {value: 0.45, was: main}}"), effective="2024-01-01", name="a.yaml")
    second = write(factor("rows: {star: 0.4, next: {value: 0.5, was: main}}"), effective="2024-02-01", name="b.yaml")
    rulebook = Rulebook.at("2024-06-30", drafts=[first, second])
    assert rulebook.exactly().rows("limit") == {"main": Decimal("0.35"), "star": Decimal("0.4"), "next": Decimal("0.5")}
    content = rulebook.factor("limit").content
    assert isinstance(content, dict)
    assert content["next"].was == "main"
    with pytest.raises(UnknownFactorError, match="class of limit 'nxt'; did you mean next"):
        rulebook.row("limit", "nxt")


def test_was_naming_an_unknown_class_is_an_error(write: Write) -> None:
    first = write(factor("rows: {main: 0.35}"), effective="2024-01-01", name="a.yaml")
    second = write(factor("rows: {star: {value: 0.4, was: mian}}"), effective="2024-02-01", name="b.yaml")
    with pytest.raises(DocumentError) as caught:
        Rulebook.at("2024-06-30", drafts=[first, second])
    assert (caught.value.file, caught.value.entry) == ("b.yaml", "factors.limit")
    assert "star was mian" in str(caught.value)


def test_until_is_the_last_day_in_force(write: Write) -> None:
    draft = write(factor("value: 1, until: 2024-06-30"), effective="2024-01-01")
    assert Rulebook.at("2024-06-30", drafts=[draft]).value("limit") == 1
    after = Rulebook.at("2024-07-01", drafts=[draft])
    assert not after.has("limit")
    with pytest.raises(UnknownFactorError, match="no factor 'limit'"):
        after.value("limit")


def test_an_amendment_that_ends_restores_what_it_amended(write: Write) -> None:
    body = "factors: {capital_limit.core_tier2: {article: 一, value: 0.25, until: 2024-06-30}}\n"
    draft = write(body, effective="2024-01-01")
    before = Rulebook.at("2024-06-30").value("capital_limit.core_tier2")
    assert Rulebook.at("2024-06-30", drafts=[draft]).value("capital_limit.core_tier2") == 0.25
    assert Rulebook.at("2024-07-01", drafts=[draft]).value("capital_limit.core_tier2") == before != 0.25


def test_classes_of_an_amendment_that_ends(write: Write) -> None:
    first = write(factor("rows: {main: 0.35, star: 0.45}"), effective="2024-01-01", name="a.yaml")
    second = write(factor("rows: {star: 0.4}, until: 2024-06-30"), effective="2024-02-01", name="b.yaml")
    third = write(factor("rows: {main: 0.3}"), effective="2024-03-01", name="c.yaml")
    drafts = [first, second, third]
    assert Rulebook.at("2024-06-30", drafts=drafts).rows("limit") == {"main": 0.3, "star": 0.4}
    assert Rulebook.at("2024-07-01", drafts=drafts).rows("limit") == {"main": 0.3, "star": 0.45}


def test_a_rule_revised_later_still_applies_from_its_first_date(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    shutil.copytree(Path(str(resources.files("solvency.regulation"))) / "documents", folder)
    text = write(factor("value: 1"), effective="2027-04-01", header=f"{HEADER}rule: 8\n").read_text(encoding="utf-8")
    (folder / "2026-01-05_rule08_market_risk.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("solvency.regulation.rulebook.resources.files", lambda package: tmp_path)
    caches = (rulebook_module._library, rulebook_module._consolidated)
    for cache in caches:
        cache.cache_clear()
    try:
        assert first_date() == dt.date(2022, 1, 1)
        assert not Rulebook.at("2025-09-30").has("limit")
        assert Rulebook.at("2027-04-01").value("limit") == 1
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()


def test_a_broken_draft_is_an_error_on_every_date(write: Write) -> None:
    draft = write(factor("value: no"), effective="2030-01-01")
    with pytest.raises(DocumentError, match=r"^notice\.yaml: factors\.limit\.value: "):
        Rulebook.at("2024-06-30", drafts=[draft])


# --- readings, names, dates ---


def test_an_unknown_reading_is_an_error_with_near_names() -> None:
    with pytest.raises(UnknownFactorError, match="no reading 'size_band_edge'; did you mean size_band_edges"):
        Rulebook.at("2024-06-30", readings={"size_band_edge": "upper_edge_included"})
    with pytest.raises(UnknownFactorError, match="no reading 'tier_limits'"):
        Rulebook.at("2024-06-30").reading("tier_limits")


def test_an_unknown_alternative_is_an_error_with_near_names() -> None:
    with pytest.raises(UnknownFactorError, match="size_band_edges 'upper_edge'; did you mean upper_edge_included"):
        Rulebook.at("2024-06-30", readings={"size_band_edges": "upper_edge"})


def test_every_reading_has_its_default_chosen_on_every_date() -> None:
    for day in ("2022-01-01", "2025-12-31"):
        rulebook = Rulebook.at(day)
        assert {name: reading.default for name, reading in rulebook.readings.items()} == rulebook.chosen


def test_every_variant_belongs_to_a_reading_and_an_alternative() -> None:
    rulebook = Rulebook.at("2025-12-31")
    for factor in rulebook.factors.values():
        for reading, alternatives in factor.variants.items():
            assert alternatives.keys() <= rulebook.readings[reading].alternatives.keys(), factor.name


def test_an_unknown_factor_or_shape_is_an_error() -> None:
    rulebook = Rulebook.at("2024-06-30")
    with pytest.raises(UnknownFactorError, match=r"no factor 'capital_limit\.core_tier'; did you mean"):
        rulebook.value("capital_limit.core_tier")
    with pytest.raises(UnknownFactorError, match=r"no value factor 'market_mc\.correlation'"):
        rulebook.value("market_mc.correlation")
    with pytest.raises(UnknownFactorError, match="correlation matrix with labels"):
        rulebook.correlation("credit_mc.correlation", ["spread_mc"])


@pytest.mark.parametrize("day", ["2021-12-31", dt.date(2021, 3, 1), "1999-01-01"])
def test_a_date_before_the_rules_is_an_error(day: dt.date | str) -> None:
    assert first_date() == dt.date(2022, 1, 1)
    with pytest.raises(DateOutOfRangeError, match=f"{day}: .*2022-01-01"):
        Rulebook.at(day)
    assert Rulebook.at("2022-01-01").date == dt.date(2022, 1, 1)


# --- the package's own documents ---


def test_file_names_start_with_the_date_of_issue() -> None:
    rulebook = Rulebook.at("2025-12-31")
    assert len(rulebook.documents) == 27
    for document in rulebook.documents:
        assert document.file.startswith(f"{document.issued}_")
        assert document.effective >= document.issued
        if document.rule is not None:
            assert f"_rule{document.rule:02d}_" in document.file
            assert f"第{document.rule}号" in document.title_zh


def test_every_entry_says_what_it_is_in_both_languages() -> None:
    rulebook = Rulebook.at("2025-12-31")
    for factor in rulebook.factors.values():
        assert all((factor.zh, factor.en, factor.article)), factor.name
    for consequence in rulebook.consequences:
        assert all((consequence.zh, consequence.en, consequence.article)), consequence.id
    for test in rulebook.tests:
        assert all((test.zh, test.en, test.article)), test.id
    for reading in rulebook.readings.values():
        assert all((reading.question_zh, reading.question_en, reading.reason_zh, reading.reason_en)), reading.name


# --- the cache ---


def test_the_same_rules_are_consolidated_once() -> None:
    first, second = Rulebook.at("2024-06-30"), Rulebook.at(dt.date(2024, 6, 30), readings={}, drafts=[])
    assert first.factors is second.factors
    assert first.consequences is second.consequences
    # another day under the same documents is the same consolidated state
    assert Rulebook.at("2024-03-31").factors is first.factors
    assert Rulebook.at("2024-03-31").date == dt.date(2024, 3, 31)
    assert Rulebook.at("2023-06-30").factors is not first.factors


def test_a_later_load_reads_no_file_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from solvency.regulation import rulebook as module

    Rulebook.at("2024-06-30")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file is read again")

    monkeypatch.setattr(module, "read_document", refuse)
    for day in (dt.date(2022, 1, 1) + dt.timedelta(days=i) for i in range(0, 1500, 15)):
        Rulebook.at(day)


@pytest.mark.parametrize(
    ("body", "entry", "what"),
    [
        (
            factor("value: 1, by_reading: {nowhere: {second: {value: 2}}}"),
            "factors.limit.by_reading.nowhere",
            "no such reading",
        ),
        (
            factor("value: 1, by_reading: {size_band_edges: {third: {value: 2}}}"),
            "factors.limit.by_reading.size_band_edges",
            "alternative: third",
        ),
        (factor("rows: {star: {value: 0.4, was: main}}"), "factors.limit", "no such class: star was main"),
    ],
)
def test_what_a_draft_refers_to_must_exist(write: Write, body: str, entry: str, what: str) -> None:
    with pytest.raises(DocumentError, match=what) as caught:
        Rulebook.at("2025-12-31", drafts=[write(body, effective="2024-01-01")])
    assert caught.value.entry == entry


def test_a_condition_nobody_decides_is_an_error(write: Write) -> None:
    import pandas as pd

    import solvency

    draft = write(CONSEQUENCE.replace("grade_b", "grade_z"), effective="2024-01-01")
    frame = pd.DataFrame(
        {"insurer": ["A"], "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 1.0, "core_tier1": 2.0}
    )
    with pytest.raises(DocumentError, match="no such condition: grade_z"):
        solvency.calculate(frame, drafts=[draft])


# --- drafts however they are given ---

TOTALS = {"insurer": "A", "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 100, "core_tier1": 120}
BOOK = Path(__file__).parents[1] / "examples/example-invented-property.xlsx"


@pytest.mark.parametrize("given", [str, Path, lambda path: [path], lambda path: iter([str(path)])])
def test_drafts_are_one_path_or_several(given: Callable[[Path], Any], write: Write) -> None:
    draft = write("factors: {ratio_threshold.comprehensive: {article: 一, value: 1.3}}\n", effective="2024-01-01")
    frame = pd.DataFrame([TOTALS])

    def fails(result: Result) -> bool:
        return bool(result.conditions["ratios_insufficient"].all()) and result.rulebook(0).is_hypothetical

    assert fails(solvency.calculate(frame, drafts=given(draft)))
    assert fails(stress(frame, drafts=given(draft)).result)
    assert reverse_test(frame, "equity_assets", drafts=given(draft))["reason_en"].tolist()
    assert solvency.compare(frame, drafts=given(draft)).hypothetical
    assert "supervisory_talk" in [m.id for m in solvency.measures(frame, drafts=given(draft))[0]]
    assert Rulebook.at("2025-09-30", drafts=given(draft)).value("ratio_threshold.comprehensive") == 1.3


def test_a_slip_in_a_draft_is_told_however_it_is_given(write: Write, tmp_path: Path) -> None:
    draft = write("factors: {ratio_threshold.comprehensiv: {article: 一, value: 1.3}}\n", effective="2024-01-01")
    assert "draft_factor" in [p.code for p in check(BOOK, drafts=iter([draft]))]
    assert "draft_factor" in [p.code for p in solvency.calculate(BOOK, drafts=iter([draft])).warnings]
    _, internal = disclose(BOOK, tmp_path / "out", drafts=iter([draft]))
    assert internal.exists()


def test_a_draft_of_a_factor_that_has_ended_is_no_slip(write: Write) -> None:
    """Reliefs ended with 2025; a draft that extends them for a book of 2025 amends something, whatever day it is."""
    draft = write("factors: {company_relief.allowed: {article: 一, value: 1}}\n", effective="2025-06-01")
    assert solvency.calculate(pd.DataFrame([TOTALS]), drafts=[draft]).warnings == []


def test_supplied_numbers_are_brought_in_by_a_table_of_published_ones() -> None:
    found = [(s.table, d.source) for d in Rulebook.at("2025-12-31").documents for s in d.supplied]
    assert found
    for table, source in found:
        assert position_tables()[table].kind == "published"
        assert source.startswith("https://")
