"""Charts: text that is always drawn, files that are whole, figures that may be missing."""

from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from solvency.errors import OutputExistsError, UsageError
from solvency.plots import grade_history, lettering, ratio_history, save, tornado, waterfall
from solvency.plots.canvas import percent, rounded, spread, wrapped
from solvency.plots.capital import waterfall_steps
from solvency.rules.rule10_stress_test.scenarios import Change, Scenario

NAN = float("nan")
FIGURES = {
    "life_insurance_mc": 60e8,
    "nonlife_insurance_mc": 2e8,
    "market_mc": 150e8,
    "credit_mc": 30e8,
    "diversification": 42e8,
    "loss_absorption": 10e8,
    "size_coefficient": 0.9,
    "quantified_mc": 171e8,
    "control_risk_mc": -1e8,
    "additional_capital": 0.0,
    "minimum_capital": 170e8,
}
HISTORY = pd.DataFrame(
    {
        "as_of": ["2025-03-31", "2025-06-30", "2025-09-30"],
        "core_ratio": [0.7, NAN, 0.49996],
        "comprehensive_ratio": [1.4, NAN, 0.98],
    }
)
GRADES = pd.DataFrame(
    {
        "as_of": ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"],
        "notified": ["BBB", "", "A", None],
        "own_grade": ["BBB", "", "C/D", ""],
        "grade_class": ["B", "A", "C/D", ""],
        "score": [80.5, 91.0, 55.0, NAN],
        "score_capital": [80.0, 90.0, NAN, NAN],
        "score_liquidity": [81.0, 92.0, 60.0, -1.0],
    }
)
SCENARIOS = pd.DataFrame(
    {
        "scenario": ["equity", "rates", "own"],
        "label": ["权益下跌", "利率下行", "自选情景"],
        "label_en": ["Equity fall", "Lower rates", "Own scenario"],
        "comprehensive_ratio": [1.2, 1.9, NAN],
        "base_ratio": [1.8, 1.8, 1.8],
    }
)
THRESHOLDS = [
    ("core_ratio", 0.5, "监管要求"),
    ("comprehensive_ratio", 1.0, "监管要求"),
    ("comprehensive_ratio", 1.2, "核查"),
]

# A character in no font on any machine: a private-use code point.
NOWHERE = "\U0010abcd"


@pytest.fixture(autouse=True)
def no_boxes(monkeypatch: pytest.MonkeyPatch):
    """Any 'Glyph missing from font' is an error, and no user font is set."""
    monkeypatch.delenv("SOLVENCY_FONT", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def texts(figure) -> str:
    from matplotlib.text import Text

    return "\n".join(artist.get_text() for artist in figure.findobj(Text))


def draw(figure, folder: Path) -> None:
    for ending in ("png", "svg", "pdf"):
        save(figure, folder / f"chart.{ending}", force=True)


def charts(lang: str, title: str = ""):
    yield waterfall(FIGURES, unit="亿元", lang=lang, title=title)
    yield ratio_history(HISTORY, thresholds=THRESHOLDS, lang=lang, title=title)
    yield tornado(SCENARIOS, thresholds=THRESHOLDS, lang=lang, title=title)
    yield grade_history(GRADES, note=("示例评分方案 x.yaml", "illustrative scheme x.yaml"), lang=lang, title=title)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("title", ["", "某某人寿 2025年第3季度 100% $a_1^2$ — 〇\t\n①", "Example Life"])
def test_every_text_is_drawn_without_boxes(lang, title, tmp_path):
    for figure in charts(lang, title):
        draw(figure, tmp_path)
        assert not any("no font" in remark or "字体" in remark for remark in figure.remarks)


def test_chinese_works_without_any_installed_chinese_font(monkeypatch, tmp_path):
    monkeypatch.setattr(lettering, "INSTALLED", ())
    for figure in charts("zh", "某某财产保险股份有限公司"):
        draw(figure, tmp_path)
        assert "某某财产保险股份有限公司" in texts(figure)
    assert "最低资本" in texts(waterfall(FIGURES))


@pytest.mark.parametrize("rare", ["喆", "𠮷", NOWHERE, "🙂"])
def test_characters_no_font_has_fall_back_to_english_with_a_remark(rare, monkeypatch, tmp_path):
    monkeypatch.setattr(lettering, "INSTALLED", ())
    if ord(rare) in lettering.choose(["a"], "zh").covered:
        pytest.skip("DejaVu Sans draws it")
    for figure in charts("zh", f"某{rare}人寿"):
        draw(figure, tmp_path)
        assert f"某[U+{ord(rare):04X}]人寿" in texts(figure)
        assert any(f"U+{ord(rare):04X}" in remark and "--font" in remark for remark in figure.remarks)
    written = texts(waterfall(FIGURES, title=rare))
    assert "Minimum\ncapital" in written
    assert "最低资本" not in written


def test_scenario_names_are_english_when_labels_are(monkeypatch, tmp_path):
    monkeypatch.setattr(lettering, "INSTALLED", ())
    figure = tornado(SCENARIOS.assign(label=["权益" + NOWHERE, "利率", "自选"]), lang="zh")
    draw(figure, tmp_path)
    assert "Equity fall" in texts(figure)


def test_a_title_of_many_unknown_characters_becomes_the_english_one(monkeypatch, tmp_path):
    monkeypatch.setattr(lettering, "INSTALLED", ())
    monkeypatch.setattr(lettering, "BUNDLED", Path("not there"))
    figure = waterfall(FIGURES, title="某某人寿保险公司")
    draw(figure, tmp_path)
    assert "Minimum capital" in texts(figure)
    assert len(figure.remarks) == 1


def test_installed_fonts_are_used_for_what_the_bundled_one_lacks(tmp_path):
    if not any(lettering._installed(name) for name in lettering.INSTALLED):
        pytest.skip("no Chinese font installed")
    figure = waterfall(FIGURES, title="某喆人寿")
    if not figure.remarks:
        draw(figure, tmp_path)
        assert "某喆人寿" in texts(figure)


def test_user_font_comes_first(monkeypatch, tmp_path):
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"
    assert "DejaVu Serif" in lettering.choose(["a"], "en", path).families[0]
    monkeypatch.setenv("SOLVENCY_FONT", str(path))
    assert "DejaVu Serif" in lettering.choose(["a"], "zh").families[0]
    draw(waterfall(FIGURES, title="某某人寿"), tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"not a font"])
def test_an_unreadable_font_is_a_usage_error(content, tmp_path):
    path = tmp_path / "font.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"font\.ttf"):
        waterfall(FIGURES, font=path)


def test_bundled_font_covers_gb2312_is_small_and_licensed():
    rows = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    hanzi = {character for row in rows for character in row.decode("gb2312", "ignore")}
    assert len(hanzi) == 6763
    assert {ord(character) for character in hanzi} <= lettering._charmap(str(lettering.BUNDLED), 0)
    assert lettering.BUNDLED.stat().st_size < 2_000_000
    licence = lettering.BUNDLED.with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Copyright 2014-2021 Adobe" in licence


def test_files_are_what_their_names_say_and_the_same_every_time(tmp_path):
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("SVG", b"<?xml")):
        first = save(waterfall(FIGURES), tmp_path / f"a.{ending}", force=True).read_bytes()
        assert first.startswith(start)
        assert save(waterfall(FIGURES), tmp_path / f"b.{ending}", force=True).read_bytes() == first


def test_the_users_matplotlib_settings_neither_matter_nor_change(tmp_path):
    import matplotlib

    plain = save(waterfall(FIGURES), tmp_path / "a.svg").read_bytes()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "font.family": ["serif"]}):
        before = dict(matplotlib.rcParams)
        assert save(waterfall(FIGURES), tmp_path / "b.svg").read_bytes() == plain
        assert dict(matplotlib.rcParams) == before


def test_existing_file_is_kept_unless_forced(tmp_path):
    path = tmp_path / "chart.png"
    path.write_bytes(b"old")
    with pytest.raises(OutputExistsError):
        save(waterfall(FIGURES), path)
    assert path.read_bytes() == b"old"
    save(waterfall(FIGURES), path, force=True)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == ["chart.png"]


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "chart.png"
    path.write_bytes(b"old")
    figure = waterfall(FIGURES)

    def fail(name, **_):
        Path(name).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(UsageError, match="disk full"):
        save(figure, path, force=True)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["chart.png"]


@pytest.mark.parametrize("name", ["chart.jpg", "chart", "chart.", "missing/chart.png", "folder.png"])
def test_wrong_places_and_endings_are_usage_errors(name, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UsageError):
        save(waterfall(FIGURES), tmp_path / name, force=True)


def test_waterfall_adds_up_and_draws_negative_control_risk_downwards():
    steps, notes = waterfall_steps(FIGURES)
    assert notes == []
    by_item = {step.item: step for step in steps}
    assert "rest" not in by_item
    assert by_item["size_effect"].amount == pytest.approx(-19e8)
    assert by_item["control_risk_mc"].amount == pytest.approx(-1e8)
    assert by_item["control_risk_mc"].kind == "down"
    assert by_item["diversification"].amount == pytest.approx(-42e8)
    assert sum(step.amount for step in steps[:-1]) == pytest.approx(170e8)
    for one, other in pairwise(steps[:-1]):
        assert one.end == other.start


def test_size_effect_without_quantified_total_and_without_coefficient():
    known = {key: value for key, value in FIGURES.items() if key != "quantified_mc"}
    steps, _ = waterfall_steps(known)
    assert next(s.amount for s in steps if s.item == "size_effect") == pytest.approx(-19e8)
    steps, notes = waterfall_steps({k: v for k, v in known.items() if k != "size_coefficient"})
    assert "size_effect" not in [step.item for step in steps]
    assert next(s.amount for s in steps if s.item == "rest") == pytest.approx(-19e8)
    assert notes == []


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"market_mc": NAN}, "市场风险"),
        ({"market_mc": None, "credit_mc": pd.NA}, "信用风险"),
        ({"minimum_capital": NAN}, "最低资本"),
        ({"control_risk_mc": float("inf")}, "控制风险"),
        (dict.fromkeys(FIGURES, NAN), "最低资本"),
        ({"minimum_capital": -5e8, "control_risk_mc": -176e8}, ""),
        ({key: value * 1e290 for key, value in FIGURES.items()}, ""),
        (dict.fromkeys(FIGURES, 0.0), ""),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_waterfall_with_missing_figures(changes, gone, lang, tmp_path):
    figure = waterfall({**FIGURES, **changes}, unit="万元", lang=lang)
    draw(figure, tmp_path)
    assert bool(figure.remarks) == bool(gone)
    if lang == "zh":
        assert gone in "".join(figure.remarks)


def test_only_the_quantified_total_is_one_step():
    steps, _ = waterfall_steps({"quantified_mc": 90.0, "control_risk_mc": 2.0, "minimum_capital": 92.0})
    assert [step.item for step in steps] == ["quantified_mc", "control_risk_mc", "minimum_capital"]


def test_missing_ratios_are_marked_and_remarked_on(tmp_path):
    figure = ratio_history(HISTORY, thresholds=THRESHOLDS)
    draw(figure, tmp_path)
    assert "2025Q2" in "".join(figure.remarks)
    assert texts(figure).count("不可得") == 3  # in both panels and in the note
    assert "49.996%" in texts(figure)
    figure = tornado(SCENARIOS, lang="en")
    draw(figure, tmp_path)
    assert any("Own scenario" in remark for remark in figure.remarks)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_empty_short_and_all_missing_frames(rows, tmp_path):
    history = HISTORY.head(rows)
    for frame in (history, history.assign(core_ratio=NAN, comprehensive_ratio=None), history.assign(as_of=None)):
        draw(ratio_history(frame, thresholds=THRESHOLDS), tmp_path)
        draw(ratio_history(frame), tmp_path)
    stressed = SCENARIOS.head(rows)
    for frame in (stressed, stressed.assign(base_ratio=NAN), stressed.assign(comprehensive_ratio=NAN, base_ratio=NAN)):
        draw(tornado(frame, thresholds=THRESHOLDS), tmp_path)


def test_negative_large_and_long_histories(tmp_path):
    days = pd.date_range("2010-03-31", periods=60, freq="QE")
    frame = pd.DataFrame({"as_of": days, "core_ratio": range(60), "comprehensive_ratio": [-0.3] * 60})
    draw(ratio_history(frame, thresholds=THRESHOLDS), tmp_path)
    draw(ratio_history(frame.assign(as_of=frame["as_of"] + pd.Timedelta(days=7))), tmp_path)


def test_tornado_puts_the_largest_move_on_top_and_names_far_thresholds(tmp_path):
    frame = SCENARIOS.assign(comprehensive_ratio=[8.1, 7.5, 7.9], base_ratio=[8.0, 8.0, 8.0])
    figure = tornado(frame, thresholds=THRESHOLDS)
    draw(figure, tmp_path)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0] == "利率下行"
    assert "监管要求 100% (← 图外)" in texts(figure)
    assert "750.0% (−50.0)" in texts(figure)


def test_grades_are_drawn_where_they_are_known(tmp_path):
    figure = grade_history(
        GRADES, note=("示例评分方案 x.yaml，非监管评分标准", "illustrative scheme x.yaml"), title="甲"
    )
    draw(figure, tmp_path)
    grades, scores = figure.axes
    assert list(grades.lines[0].get_ydata())[::2] == [4, 5]
    assert [label.get_text() for label in grades.get_yticklabels()] == ["D", "C", "B", "BB", "BBB", "A", "AA", "AAA"]
    assert {"自行估计", "自行估计，只有类别", "监管通报评级（按所属季度）"} == {
        t.get_text() for t in grades.get_legend().get_texts()
    }
    assert {"总得分", "可资本化风险", "流动性风险"} == {t.get_text() for t in scores.get_legend().get_texts()}
    assert "自行估计不是监管评级；示例评分方案 x.yaml，非监管评分标准" in figure.remarks
    assert "达标：B类及以上" in texts(figure)
    assert len(grade_history(GRADES.drop(columns=["score", "score_capital", "score_liquidity"])).axes) == 1
    for frame in (GRADES.head(0), GRADES.head(1), GRADES.assign(notified="", own_grade=None, grade_class="")):
        draw(grade_history(frame), tmp_path)
    long = pd.concat(
        [GRADES.assign(as_of=pd.date_range(f"{year}-03-31", periods=4, freq="QE")) for year in range(2010, 2025)]
    )
    draw(grade_history(long), tmp_path)
    for wrong in (GRADES.assign(notified="E"), pd.concat([GRADES, GRADES]), GRADES.drop(columns="notified")):
        with pytest.raises(UsageError):
            grade_history(wrong)


def test_wrong_calls_are_usage_errors():
    with pytest.raises(UsageError):
        waterfall(FIGURES, unit="USD")
    with pytest.raises(UsageError):
        waterfall(FIGURES, lang="fr")
    with pytest.raises(UsageError, match="core_ratio"):
        ratio_history(HISTORY.drop(columns="core_ratio"))
    with pytest.raises(UsageError, match="2025-03-31"):
        ratio_history(pd.concat([HISTORY, HISTORY]))
    with pytest.raises(UsageError, match="ratio"):
        ratio_history(HISTORY, thresholds=[("solvency", 1.0, "")])
    with pytest.raises(UsageError, match="base_ratio"):
        tornado(SCENARIOS.drop(columns="base_ratio"))


def test_callers_frame_is_not_changed():
    history, scenarios = HISTORY.copy(), SCENARIOS.copy()
    list(charts("zh"))
    pd.testing.assert_frame_equal(history, HISTORY)
    pd.testing.assert_frame_equal(scenarios, SCENARIOS)


def test_importing_the_package_does_not_load_matplotlib():
    code = "import sys, solvency.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numbers_are_rounded_as_on_a_form_and_never_onto_a_threshold():
    assert rounded(33.05, 1) == "33.1"
    assert rounded(-1234.5, 0, sign="+") == "−1,235"
    assert rounded(-0.0, 1) == "0.0"
    assert percent(0.5, [0.5]) == "50.0%"
    assert percent(0.49996, [0.5]) == "49.996%"
    assert percent(1.2000001, [1.2]) == "120.00001%"


def test_labels_are_kept_apart_and_lines_broken():
    places = spread([0.10, 0.11, 0.12], 0.08, 0.02, 0.98)
    assert places == pytest.approx([0.10, 0.18, 0.26])
    assert max(spread([0.97, 0.98], 0.08, 0.02, 0.98)) <= 0.98
    assert wrapped("一二三四五六", 8) == "一二三四\n五六"
    assert wrapped("one two three", 8) == "one two\nthree"
    assert wrapped("", 8) == ""


def test_a_tornado_is_of_the_insurer_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from solvency.plots import scenarios
    from solvency.plots.plot import plot

    drawn: list[tuple[str, float]] = []
    tornado_of = scenarios.tornado

    def noted(frame: pd.DataFrame, **options: Any) -> Any:
        drawn.append((options["title"], frame["base_ratio"].iloc[0]))
        return tornado_of(frame, **options)

    monkeypatch.setattr(scenarios, "tornado", noted)
    cases = pd.DataFrame(
        [{"insurer": name, "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 100, "core_tier1": tier}
         for name, tier in (("甲", 150), ("乙", 300))]
    )  # fmt: skip
    exposures = pd.DataFrame(columns=["insurer", "factor", "item", "value"])
    fall = Scenario("fall", "降", "Fall", (Change("core_tier1", "multiply", (0.9,)),))
    given = (cases, exposures)
    with pytest.raises(UsageError, match="--insurer"):
        plot([given], tmp_path / "one.png", kind="tornado", scenarios=[fall])
    with pytest.raises(UsageError, match="--insurer"):
        plot([given], tmp_path / "one.png", kind="tornado", scenarios=[fall], insurer="丙")
    for name, ratio in (("甲", 1.5), ("乙", 3.0)):
        plot([given], tmp_path / f"{name}.png", kind="tornado", scenarios=[fall], insurer=name)
        assert drawn[-1][0].startswith(name)
        assert drawn[-1][1] == ratio
