"""Golden cases of rule 12: from results of annex 5 to S1, S and Q; each alone, then all as insurers of one table, in both orders.

A case: `case`, `source` (its hand calculation), `as_of`, `insurer_type`, `organisation`, `readings`, `base` (M), `all` (the results of
every item, default full), `items` (item or part -> results), `company` (columns of SARMRACompany), `drop`, `rows`, `twice`, and
`expect` with columns of the scores, or `errors` (`code` or `code place`); `warnings` (codes) are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_golden import amount as number

import solvency
from solvency.errors import InputError
from solvency.regulation.rulebook import Rulebook
from solvency.regulation.strict_yaml import read_yaml
from solvency.sarmra_scores import SarmraResult

FOLDER = Path(__file__).parent / "golden" / "sarmra"
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.yaml")) for case in read_yaml(path)]
NAMES = [f"{stem}: {case['case']}" for stem, case in CASES]
ITEMS = list(Rulebook.at("2025-09-30").rows("sarmra.item"))
COMPANY = {
    "assessed_by": "regulator", "foreign_branch": "no", "shareholding_unclear": "no", "capital_plan_breach": "no", "related_party_breach": "no",
    "libraries_missing": "no", "major_risk_event": "no", "governance_score": 80, "other_circumstance": "no",
}  # fmt: skip
OLD = {"established": "2010-01-01", "signed_premium": 6e9, "year_end_assets": 3e10, "provincial_branches": 20}
ABOUT_CLASS = {*OLD, "insurer_class", "foreign_branch"}


def tables_of(cases: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """SARMRA and SARMRACompany of some cases, `insurer` being the place of the case."""
    items, company = [], []
    for i, case in enumerate(cases):
        results = {item: case.get("all", ["full", "full"]) for item in ITEMS}
        for name, pair in case.get("items", {}).items():
            results |= {item: pair for item in ITEMS if item == name or item.startswith(f"{name}-")}
        left = [item for item in ITEMS if item not in case.get("drop", ())]
        rows = [{"item": item, "soundness": results[item][0], "effectiveness": results[item][1]} for item in left]
        items += [{"insurer": str(i), "as_of": day(case), **row} for row in [*rows, *case.get("rows", ())]]
        stated = case.get("company", {})
        if stated is not None:
            own = {**COMPANY, **({} if ABOUT_CLASS & set(stated) else OLD), **plain(stated)}
            company += [{"insurer": str(i), "as_of": day(case), **own}] * (2 if case.get("twice") else 1)
    found = {"SARMRA": pd.DataFrame(items)}
    return {**found, "SARMRACompany": pd.DataFrame(company, dtype=object)} if company else found


def plain(stated: dict[str, Any]) -> dict[str, Any]:
    """Numbers as a frame has them."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in stated.items()}


def day(case: dict[str, Any]) -> str:
    return str(case.get("as_of", "2025-09-30"))


def frame_of(cases: list[dict[str, Any]]) -> pd.DataFrame:
    """The insurers of the cases: quantified capital of √677000 for a property insurer, core capital of 2000."""
    return pd.DataFrame(
        [
            {"insurer": str(i), "insurer_type": case.get("insurer_type", "property"), "organisation": case.get("organisation", "ordinary"),
             "as_of": day(case), "sarmra_industry_base": case.get("base"), "quantified_mc": 800, "total_assets": 1e15, "core_tier1": 2000}
            for i, case in enumerate(cases)
        ]
    )  # fmt: skip


def scored(cases: list[dict[str, Any]]) -> SarmraResult:
    return solvency.sarmra(frame_of(cases), positions=tables_of(cases), readings=cases[0].get("readings"))


def check(case: dict[str, Any], scores: pd.Series) -> None:
    for name, wanted in case["expect"].items():
        if wanted is None:
            assert np.isnan(scores[name]), name
        elif isinstance(scores[name], (str, bool, np.bool_)):
            assert str(scores[name]).lower() == str(wanted).lower(), name
        elif name in ("relative_score", "sarmra_score", "control_risk_factor"):
            assert scores[name] == pytest.approx(number(wanted), rel=1e-12, abs=1e-12), name
        else:
            assert scores[name] == float(number(wanted)), name  # exactly


def told(error: InputError) -> list[str]:
    return sorted({f"{p.code} {p.item}" for p in error.problems if p.severity == "error"})


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    if "errors" in case:
        with pytest.raises(InputError) as caught:
            scored([case])
        found = told(caught.value)
        assert [f if " " in e else f.split()[0] for f, e in zip(found, case["errors"], strict=True)] == case["errors"]
        assert all(p.article or p.allowed or p.code in ("duplicate", "missing") for p in caught.value.problems)
        return
    result = scored([case])
    check(case, result.scores.iloc[0])
    assert [p.code for p in result.warnings] == case.get("warnings", [])


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_in_a_calculation(stem: str, case: dict[str, Any]) -> None:
    """The same S1 and Q, and Q × quantified capital; what is not the regulator's is not used."""
    frame = frame_of([case])
    own = case.get("company") or {}
    if "errors" not in case and case.get("organisation") not in ("captive", "lloyds_china"):
        if own.get("assessed_by") == "self":
            frame["control_risk_mc"] = 12
        elif "base" not in case:
            frame["sarmra_industry_base"] = 84
    if "errors" in case:
        with pytest.raises(InputError) as caught:
            solvency.calculate(frame, positions=tables_of([case]), readings=case.get("readings"))
        codes = {f.split()[0] for f in told(caught.value)}
        assert {e.split()[0] for e in case["errors"]} <= codes
        return
    result = solvency.calculate(frame, positions=tables_of([case]), readings=case.get("readings"))
    figures, scores = result.values(0), scored([case]).scores.iloc[0]
    if own.get("assessed_by") == "self":
        assert np.isnan(figures["sarmra_absolute_score"])
        assert figures["control_risk_mc"] == 12
        assert "self_assessment" in [p.code for p in result.warnings]
        return
    assert figures["sarmra_absolute_score"] == scores["sarmra_absolute_score"]
    assert result.origin("sarmra_absolute_score") == "computed"
    if "base" in case:
        assert figures["sarmra_score"] == pytest.approx(scores["sarmra_score"], rel=1e-12)
        assert figures["control_risk_factor"] == pytest.approx(scores["control_risk_factor"], rel=1e-12, abs=1e-12)
    assert figures["control_risk_mc"] == pytest.approx(800 * figures["control_risk_factor"], abs=1e-9)
    for name, wanted in case["expect"].items():
        form = result.charged[0][1].forms["SARMRA"].set_index("row")
        if name in form.index:
            assert form.loc[name, "score" if name != "before_cap" else "weighted"] == float(number(wanted)), name


def groups() -> Iterator[list[dict[str, Any]]]:
    together: dict[str, list[dict[str, Any]]] = {}
    for _, case in CASES:
        if "errors" not in case:
            together.setdefault(repr(sorted(case.get("readings", {}).items())), []).append(case)
    yield from together.values()


@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(backwards: bool) -> None:
    count = 0
    for cases in groups():
        ordered = cases[::-1] if backwards else cases
        scores = scored(ordered).scores
        for i, case in enumerate(ordered):
            check(case, scores.loc[i])
            count += 1
    assert count == sum("errors" not in case for _, case in CASES)


def test_rejected_beside_good_ones() -> None:
    """An insurer with an error goes; the others are calculated."""
    cases = [
        dict(case, base=84) for _, case in CASES if not case.get("readings") and case.get("company", {}) is not None
    ]
    result = solvency.calculate(frame_of(cases), positions=tables_of(cases), on_error="reject")
    wrong = {i for i, case in enumerate(cases) if "errors" in case and "over_100" not in case["errors"]}
    own = {i for i, case in enumerate(cases) if (case.get("company") or {}).get("assessed_by") == "self"}
    assert set(result.figures.index) == set(range(len(cases))) - wrong - own
    for i in result.figures.index:
        if "expect" in cases[i] and "sarmra_absolute_score" in cases[i]["expect"]:
            assert result.values(i)["sarmra_absolute_score"] == float(
                number(cases[i]["expect"]["sarmra_absolute_score"])
            )


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
