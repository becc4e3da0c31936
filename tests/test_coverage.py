"""What is covered is said for the regulation and each of its 20 rules, with a reason where it is not."""

from __future__ import annotations

import pytest

from solvency.errors import NotCoveredError
from solvency.excel.template import template
from solvency.regulation.coverage import coverage


def test_the_regulation_and_all_rules_are_there() -> None:
    assert {item.document for item in coverage()} == {"regulation", *(f"rule{n:02d}" for n in range(1, 21))}


def test_what_is_not_implemented_has_its_reason_in_both_languages() -> None:
    for item in coverage():
        assert item.zh
        assert item.en
        assert item.status == "implemented" or (item.reason_zh and item.reason_en), item


def test_what_is_not_covered_says_so_by_name() -> None:
    with pytest.raises(NotCoveredError, match=r"保险集团.*Insurance groups"):
        template("group", "group.xlsx")
