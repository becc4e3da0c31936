"""The command line as a user meets it: exit codes, pure output, languages, terminals, files that are in the way."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BOOK = str(ROOT / "examples/example-invented-life.xlsx")
OTHER = str(ROOT / "examples/example-invented-property.xlsx")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "SOLVENCY_LANG"} | {"PYTHONIOENCODING": "utf-8"} | environment
    return subprocess.run(
        [sys.executable, "-m", "solvency", *arguments], capture_output=True, env=env, check=False, text=True,
        encoding=env["PYTHONIOENCODING"].partition(":")[0], errors="replace",
    )  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "insurers.csv"
    path.write_text(
        "insurer,insurer_type,as_of,minimum_capital,core_tier1,notified_grade\n"
        "A,property,2025-09-30,100,120,BB\nB,life,2025-09-30,100,49.996,C\n=C,life,2025-09-30,many,80,C\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("calculate", BOOK), ("measures", OTHER), ("stress", BOOK), ("stress", OTHER, "--reverse", "equity_assets"),
        ("explain", BOOK, "loss_absorption"), ("compare", BOOK, "--from", "2023-06-30", "--to", "2025-09-30"),
        ("factors",), ("factors", "size_coefficient.life"), ("factors", "capital_limit.core_tier2", "--history"),
        ("readings",), ("check", BOOK),
    ],
)  # fmt: skip
def test_json_is_pure(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("calculate", BOOK), 0),
        (("calculate", "missing.xlsx"), 2),
        (("calculate", BOOK, "--as-of", "2022Q1"), 2),
        (("calculate", BOOK, "--as-of", "2019-01-01"), 2),
        (("calculate", BOOK, "--reading", "grade_mixed"), 2),
        (("calculate", BOOK, "--reading", "grade_mixed=never"), 2),
        (("calculate", BOOK, "--unit", "dollars"), 2),
        (("calculate", BOOK, "--draft", "missing.yaml"), 2),
        (("calculate", BOOK, "--lang", "fr"), 2),
        (("calculate", BOOK, "-o", "nowhere/out.csv"), 2),
        (("calculate", BOOK, "-o", "out.doc"), 2),
        (("explain", BOOK, "no_such_item"), 2),
        (("factors", "no_such_factor"), 2),
        (("stress", BOOK, "--reverse", "no_such_factor"), 2),
        (("template", "group", "-o", "x.xlsx"), 2),
        (("plot", BOOK, "-o", "x.bmp"), 2),
        (("compare", BOOK), 2),
        (("no_such_command",), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr.strip()) == (code != 0)


def test_a_table_with_a_bad_row(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = run("calculate", str(table), "-o", str(out), "--unit", "亿元", "--lang", "en")
    assert done.returncode == 1
    assert "row 4 · minimum_capital" in done.stderr
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    fields = dict(zip(lines[0].split(","), lines[2].split(","), strict=False))
    assert (fields["unit"], fields["compliant"], fields["key_verification"], fields["grade"]) == (
        "亿元",
        "False",
        "True",
        "C",
    )
    assert "supervisory_talk;improvement_plan" in lines[2]
    rejects = (tmp_path / "out.rejects.csv").read_text(encoding="utf-8-sig")
    assert "'=C" in rejects
    assert "many" in rejects
    again = run("calculate", str(table), "-o", str(out), "--unit", "亿元")
    assert again.returncode == 2
    assert out.read_text(encoding="utf-8-sig").splitlines() == lines


def test_explain_one_insurer_of_a_table_with_a_bad_row(table: Path) -> None:
    done = run("explain", str(table), "core_ratio", "--insurer", "A", "--date", "2025-09-30")
    assert (done.returncode, done.stderr) == (0, "")
    for named in (("--insurer", "=C"), ()):
        done = run("explain", str(table), "core_ratio", *named)
        assert done.returncode == 1
        assert "many" in done.stderr
    assert run("explain", str(table), "core_ratio", "--insurer", "D").returncode == 2


def test_strict_turns_warnings_into_errors(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(
        "insurer,insurer_type,as_of,minimum_capital,core_tier1,supplementary_tier1\nA,property,2025-09-30,100,120,500\n",
        encoding="utf-8",
    )
    assert run("calculate", str(path)).returncode == 0
    assert run("calculate", str(path), "--strict").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("calculate", BOOK),
        ("measures", OTHER),
        ("stress", OTHER, "--horizon", "year"),
        ("explain", BOOK, "core_ratio"),
        ("readings",),
    ],
)
def test_english_is_english(arguments: tuple[str, ...]) -> None:
    """Chinese is left only where it is a name: insurers, units, documents and articles."""
    done = run(*arguments, "--lang", "en")
    names = re.compile(
        r"示例\S*（虚构）|万元|元|[（〔][^）〕]*[）〕]|规则第\d+号|银保监发\S*(?: [一二三四]\))?|金规\S*|管理规定|附件\d+\S*|第[\d一二三四五六七八九十百、至]+[条行章]\S*"
    )
    left = [line for line in done.stdout.splitlines() if CHINESE.search(names.sub("", line))]
    allowed = (
        "document",
        "规则",
        "条",
        "通知",
        "全文",
        "保险公司",
        "一（",
        "二（",
        "三（",
        "附件9",
        "号 一)",
        "号 一、二)",
    )
    assert [line for line in left if not any(word in line for word in allowed)] == []


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
def test_a_terminal_that_cannot_show_chinese(encoding: str) -> None:
    for arguments in (("calculate", BOOK), ("measures", OTHER), ("stress", BOOK), ("calculate", "不存在.xlsx")):
        done = run(*arguments, PYTHONIOENCODING=encoding)
        assert done.returncode in (0, 2)
        assert "Traceback" not in done.stderr


def test_disclose_with_last_quarter(tmp_path: Path) -> None:
    life = ROOT / "examples"
    arguments = (
        "disclose",
        str(life / "example-life-2025q3.xlsx"),
        "--prior",
        str(life / "example-life-2025q2.xlsx"),
        "-o",
        str(tmp_path),
    )
    assert run(*arguments).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "中国人寿_2025Q3_internal_不对外披露.xlsx",
        "中国人寿_2025Q3_summary.xlsx",
    ]
    assert run(*arguments).returncode == 2
    assert run(*arguments, "--force").returncode == 0


def test_a_draft_changes_the_result(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 测试\ntitle: {zh: 征求意见稿, en: A draft}\nissued: 2026-01-01\neffective: 2027-01-01\n"
        "factors:\n  ratio_threshold.comprehensive: {article: 一, value: 4.0}\n",
        encoding="utf-8",
    )
    before, after = run("calculate", BOOK, "--json"), run("calculate", BOOK, "--json", "--draft", str(draft))
    assert json.loads(before.stdout)["cases"][0]["compliant"] is True
    assert json.loads(after.stdout)["cases"][0]["compliant"] is False
    assert "征求意见稿" in after.stderr


@pytest.mark.parametrize("kind", ["waterfall", "ratios", "tornado"])
def test_charts(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    assert run("plot", BOOK, "--kind", kind, "-o", str(path)).returncode == 0
    assert path.stat().st_size > 5_000


def test_help_starts_without_the_heavy_libraries() -> None:
    code = "import sys\nfrom solvency.cli import app\nprint([m for m in ('numpy', 'pandas', 'openpyxl', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_measures_know_the_forecast() -> None:
    import solvency

    ids = [measure.id for measure in solvency.measures(OTHER)[0]]
    assert "stress_remedial_plan" in ids
    assert "forecast_remedial_plan" not in ids
    assert "stress_remedial_plan" in run("measures", OTHER, "--json").stdout


def test_a_duplicate_beside_a_row_without_a_date(tmp_path: Path) -> None:
    path, out = tmp_path / "m.csv", tmp_path / "out.csv"
    head = "insurer,insurer_type,as_of,minimum_capital,core_tier1\n"
    twice = "A,property,2025-09-30,100,120\n" * 2
    path.write_text(
        head + twice + "B,property,,100,120\n,property,soon,100,120\nC,property,2025-09-30,100,120\n", encoding="utf-8"
    )
    done = run("calculate", str(path), "-o", str(out), "--unit", "亿元")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 2
    assert len((tmp_path / "out.rejects.csv").read_text(encoding="utf-8-sig").splitlines()) == 5


def test_the_input_is_never_the_output(table: Path) -> None:
    before = table.read_bytes()
    assert run("calculate", str(table), "-o", str(table), "--force").returncode == 2
    assert table.read_bytes() == before


def test_a_slip_in_a_draft_is_told(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 测试\ntitle: {zh: 征求意见稿, en: A draft}\nissued: 2026-01-01\neffective: 2027-01-01\n"
        "factors:\n  ratio_threshold.comprehensiv: {article: 一, value: 4.0}\n",
        encoding="utf-8",
    )
    done = run("calculate", BOOK, "--draft", str(draft), "--lang", "en")
    assert "amends nothing" in done.stderr
    assert "ratio_threshold.comprehensive" in done.stderr


def test_a_comparison_as_one_table(tmp_path: Path) -> None:
    file = tmp_path / "changes.csv"
    done = run("compare", BOOK, "--from", "2023-06-30", "--to", "2025-09-30", "-o", str(file))
    assert done.returncode == 0, done.stderr
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "table,item,step,document,before,after,effect,minimum_capital,unit"
    assert {line.partition(",")[0] for line in lines[1:]} == {"figures", "effects", "bridge"}
    assert run("compare", BOOK, "--from", "2023-06-30", "--to", "2025-09-30", "-o", str(file)).returncode == 2


def test_different_types_do_not_compare() -> None:
    assert run("compare", BOOK, OTHER).returncode == 2


def test_a_tornado_without_exposures_says_why(tmp_path: Path) -> None:
    book = str(ROOT / "examples/example-life-2025q3.xlsx")
    done = run("plot", book, "--kind", "tornado", "-o", str(tmp_path / "t.png"), "--lang", "en")
    assert done.returncode == 2
    assert "not covered" in done.stderr
    assert not (tmp_path / "t.png").exists()


def test_st01_shows_its_seven_indicators() -> None:
    shown = run("stress", OTHER).stdout
    assert "ST01" in shown
    for name in ("实际资本", "核心资本", "最低资本", "核心偿付能力溢额", "综合偿付能力溢额"):
        assert name in shown
    assert "第四十三条" in run("stress", str(ROOT / "examples/example-reinsurer-2025q3.xlsx")).stdout


def test_a_locale_that_cannot_name_the_file(tmp_path: Path) -> None:
    done = run(
        "disclose",
        OTHER,
        "-o",
        str(tmp_path),
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr


def test_findings_of_check_are_its_output(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "insurer,insurer_type,as_of,minimum_capital,core_tier1\nA,property,2025-09-30,x,120\n", encoding="utf-8"
    )
    done = run("check", str(path), "--lang", "en")
    assert done.returncode == 1
    assert "minimum_capital" in done.stdout
    assert "1 errors" in done.stderr


def test_json_holds_the_rejected_rows(table: Path) -> None:
    done = run("calculate", str(table), "--json", "--unit", "亿元")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert len(data["cases"]) == 2
    assert [reject["line"] for reject in data["rejects"]] == [4]
    assert "minimum_capital" in data["rejects"][0]["reasons_en"]


def test_what_the_limits_cut_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text(
        "insurer,insurer_type,as_of,minimum_capital,core_tier1,capital_supplementary_bonds\nA,property,2025-09-30,100,120,500\n",
        encoding="utf-8",
    )
    done = run("calculate", str(path), "--lang", "en")
    assert re.search(r"Capital liability from excesses +380\.00", done.stdout)
    assert "Capital liability" not in run("calculate", BOOK, "--lang", "en").stdout


def test_strict_where_warnings_are_told(tmp_path: Path) -> None:
    path = tmp_path / "warned.csv"
    path.write_text(
        "insurer,insurer_type,as_of,minimum_capital,core_tier1,supplementary_tier1\nA,property,2025-09-30,100,120,500\n",
        encoding="utf-8",
    )
    for command in (("measures", str(path)), ("explain", str(path), "core_ratio"), ("calculate", str(path))):
        assert run(*command).returncode == 0
        assert run(*command, "--strict").returncode == 1


def test_other_rules_are_remarked_wherever_they_are_used(tmp_path: Path) -> None:
    rules = ("--as-of", "2024-12-31", "--reading", "core_surplus_base=half_minimum_capital", "--lang", "en")
    commands = [
        ("calculate", OTHER), ("measures", OTHER), ("stress", OTHER), ("stress", OTHER, "--reverse", "equity_assets"),
        ("explain", OTHER, "core_surplus"), ("disclose", OTHER, "-o", str(tmp_path)),
    ]  # fmt: skip
    for command in commands:
        done = run(*command, *rules)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("rules of 2024-12-31") == 1, command
        assert done.stderr.count("core_surplus_base=half_minimum_capital") == 1, command
        assert "rules of" not in run(*command, "--lang", "en", *(["--force"] if "-o" in command else [])).stderr


def test_unknown_choice_names_what_there_is() -> None:
    done = run("calculate", OTHER, "--reading", "core_surplus_base=zzz")
    assert done.returncode == 2
    assert "full_minimum_capital" in done.stderr
    done = run("calculate", OTHER, "--reading", "core_surplus_bas=zzz", "--lang", "en")
    assert "did you mean core_surplus_base" in done.stderr


def test_reverse_test_takes_no_scenarios(tmp_path: Path) -> None:
    assert run("stress", OTHER, "--reverse", "equity_assets", "--scenarios", str(tmp_path / "x.yaml")).returncode == 2


def test_unit_is_of_the_output_and_of_a_table_never_of_a_book(table: Path, tmp_path: Path) -> None:
    """A workbook states its unit; `--unit` says in which one it is shown, and for a table in which one it is written."""
    dates = ("compare", OTHER, "--from", "2022-12-31", "--to", "2025-09-30", "--json")
    assert json.loads(run(*dates, "--unit", "亿元").stdout) == json.loads(run(*dates).stdout)
    assert json.loads(run("check", OTHER, "--unit", "亿元", "--json").stdout) == json.loads(
        run("check", OTHER, "--json").stdout
    )
    table.write_text("".join(table.read_text(encoding="utf-8").splitlines(True)[:2]), encoding="utf-8")
    stress = json.loads(run("stress", str(table), "--unit", "万元", "--json").stdout)
    case = json.loads(run("calculate", str(table), "--unit", "万元", "--json").stdout)["cases"][0]
    assert {line["minimum_capital"] for line in stress["scenarios"] if line["id"] == "base"} == {1_000_000}
    assert case["S05"]["minimum_capital"] == 1_000_000
    for command in (("check", OTHER), ("compare", OTHER, "--to", "2022-12-31"), ("stress", OTHER)):
        assert run(*command, "--unit", "dollars").returncode == 2
    out = tmp_path / "out.csv"
    assert run("stress", str(table), "--unit", "万元", "-o", str(out)).returncode == 0
    with out.open(encoding="utf-8-sig", newline="") as stream:
        assert {line["minimum_capital"] for line in csv.DictReader(stream) if line["id"] == "base"} == {"100.0"}


def test_a_narrow_terminal_cuts_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    from solvency.terminal.text import table

    numbers = [f"{n}23,456,789.01" for n in range(9)]
    table("", ["项目", *"abcdefghi"], [["很长的项目名称" * 8, *numbers]], right=range(1, 10), wrap=(0,))
    shown = capsys.readouterr().out
    assert all(number in shown for number in numbers)
    assert "…" not in shown
