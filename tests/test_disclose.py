"""The two disclosure workbooks: structure, what stays internal, live formulas that give the printed figures."""

from __future__ import annotations

import math
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import drafts
import openpyxl
import pandas as pd
import pytest

import solvency
from solvency.errors import OutputExistsError, UsageError
from solvency.excel.read import read_book
from solvency.excel.rule15_disclosure import disclose
from solvency.excel.rule15_disclosure.charts import waterfall_steps
from solvency.excel.rule15_disclosure.page import display_width, percent_format, pieces
from solvency.excel.rule15_disclosure.summary import PARTS, STATED
from solvency.excel.template import template
from solvency.stress_test.run import stress
from solvency.tables.spec import tables

TABLE = pd.read_csv(Path(__file__).parent / "real" / "insurer_quarters.csv")
INPUTS = TABLE.drop(columns=[*(name for name in TABLE if name.startswith("expected_")), "source"])
VALUE_COLUMN = {
    "Info": "value",
    "S05": "amount",
    "S02": "amount",
    "S01": "amount",
    "Statements": "value",
    "Forecast": "next_quarter",
    "Exposures": "value",
}
INFO = {
    "insurer": "虚构财险", "insurer_type": "property", "unit": "万元", "total_assets": 500_000, "sarmra_score": 82.5,
    "risk_operational": "low", "risk_strategic": "fairly_low", "risk_reputational": "low", "risk_liquidity": "low",
    "notified_grade": "BBB", "notified_grade_quarter": "2025Q2", "previous_grade": "A", "previous_grade_quarter": "2025Q1",
}  # fmt: skip
S05 = {
    "nonlife_premium_reserve_mc": 40_000.37, "nonlife_catastrophe_mc": 12_345.67, "interest_rate_mc": 3_210.5, "equity_price_mc": 15_000,
    "real_estate_mc": 0, "spread_mc": 4_000, "counterparty_default_mc": 9_876.54,
}  # fmt: skip
S02 = {
    "net_assets": 150_000, "non_admitted_assets": -2_000, "other_adjustments": -500, "policy_future_surplus_core_tier1": 0,
    "capital_supplementary_bonds": 160_000, "contingent_capital_and_other": 0,
}  # fmt: skip
FORECAST = {
    "admitted_assets": 620_000, "admitted_liabilities": 325_000, "core_tier1": 147_500, "supplementary_tier1": 147_500,
    "actual_capital": 295_000, "nonlife_insurance_mc": 46_000, "market_mc": 15_500, "credit_mc": 11_200,
    "minimum_capital": None,
}  # fmt: skip
EXPOSURES = {
    "loss_ratio_quarter": 0.7,
    "net_earned_premium_quarter": 30_000,
    "equity_exposure": 60_000,
    "money_fund_equity_mc": 0,
    "tax_rate": 0.25,
    "loss_ratio · nonlife_premium_reserve_mc": 0,
}
HOSTILE = '=HYPERLINK("http://127.0.0.1/x","点此")'
STATEMENTS = {
    "insurer_en": "Invented P&C", "legal_representative": "@SUM(1+1)", "registered_capital": 100_000, "opening_date": "2012-05-08",
    "business_scope": HOSTILE, "board_declaration": "本声明由公司填写。", "investment_yield": 0.031, "investment_yield_ytd": 0.0421,
    "average_investment_yield": 0.0405, "net_profit": 1_234.5, "net_profit_ytd": 4_321, "lcr1_3_months": 1.53, "combined_ratio": 0.981,
    "combined_ratio_ytd": 0.992, "management_discussion": "经营稳健。\n" + "本季度保费增长，" * 400, "audit_opinion": "+无保留意见",
}  # fmt: skip


def make_book(path: Path, as_of: str, **sheets: dict[str, Any]) -> Path:
    """A template filled in as a person would."""
    template("property", path, as_of=as_of)
    book = openpyxl.load_workbook(path)
    for name, values in sheets.items():
        sheet = book[name]
        header = [cell.value for cell in sheet[1]]
        item, column = header.index("item"), header.index(VALUE_COLUMN[name])
        rows = {row[item].value: row[column] for row in sheet.iter_rows(min_row=4)}
        if "factor" in header:
            factor = header.index("factor")
            rows |= {f"{row[factor].value} · {row[item].value}": row[column] for row in sheet.iter_rows(min_row=4)}
        for key, value in values.items():
            cell = rows[key]
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """This quarter's book and last quarter's."""
    folder = tmp_path_factory.mktemp("books")
    forecast = {item: value for item, value in FORECAST.items() if value is not None}
    this = make_book(folder / "this.xlsx", "2025-09-30", Info=INFO, S05=S05, S02=S02, S01={"admitted_assets": 610_000, "admitted_liabilities": 315_000}, Forecast=forecast, Exposures=EXPOSURES, Statements=STATEMENTS)  # fmt: skip
    last = make_book(
        folder / "last.xlsx", "2025-06-30", Info=INFO | {"unit": "元", "total_assets": 4.9e9}, S05={k: v * 9_500 for k, v in S05.items()},
        S02={"net_assets": 1.4e9, "non_admitted_assets": -2e7}, Statements={"lcr1_3_months": 1.61, "registered_capital": 1e9},
    )  # fmt: skip
    return this, last


@pytest.fixture(scope="module")
def made(books: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    this, last = books
    return disclose(this, tmp_path_factory.mktemp("out"), prior=last, stress=stress(this))


def real(company: str, as_of: str, **more: Any) -> solvency.Result:
    rows = INPUTS[(INPUTS["insurer"] == company) & (INPUTS["as_of"] == as_of)].reset_index(drop=True)
    return solvency.calculate(rows.assign(**more), unit="万元")


def texts(path: Path) -> list[str]:
    """Every text of a workbook."""
    book = openpyxl.load_workbook(path, data_only=True)
    return [
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)
    ]


def line(path: Path, sheet: str, name: str, column: int = 1) -> list[Any]:
    """The cells of the row whose name stands in `column`."""
    book = openpyxl.load_workbook(path, data_only=True)
    for row in book[sheet].iter_rows(values_only=True):
        if len(row) > column and row[column] == name:
            return [value for i, value in enumerate(row) if i != column]
    raise AssertionError(f"no {name} on {sheet}")


def test_names_of_the_files(made: tuple[Path, Path]) -> None:
    assert [path.name for path in made] == ["虚构财险_2025Q3_summary.xlsx", "虚构财险_2025Q3_internal_不对外披露.xlsx"]


def test_the_summary_has_the_eleven_parts_in_order(made: tuple[Path, Path]) -> None:
    names = openpyxl.load_workbook(made[0]).sheetnames
    assert names[0] == "封面"
    assert names[1:] == [f"{numeral}、{zh.partition('（')[0]}" for numeral, zh, *_ in PARTS.values()]


def test_captives_disclose_seven_parts(tmp_path: Path) -> None:
    public, _ = disclose(real("广东能源自保", "2022-06-30"), tmp_path, lang="en")
    assert [name.split()[0] for name in openpyxl.load_workbook(public).sheetnames[1:]] == [
        "1",
        "2",
        "3",
        "4",
        "6",
        "10",
        "11",
    ]


def test_the_parts_of_an_organisation_are_those_of_the_document(tmp_path: Path) -> None:
    """Lloyd's China has no forms of capital (rule 18, article 86), as long as no document says otherwise."""
    row = pd.DataFrame([{"insurer": "劳合社", "insurer_type": "property", "organisation": "lloyds_china",
                         "as_of": "2025-09-30", "minimum_capital": 5e8, "core_tier1": 9e8}])  # fmt: skip
    public, _ = disclose(row, tmp_path, lang="en")
    assert [name.split()[0] for name in openpyxl.load_workbook(public).sheetnames[1:]] == [*map(str, range(1, 10))]
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 稿\ntitle: {zh: 稿, en: Draft}\nissued: 2025-06-01\neffective: 2025-06-01\nfactors:\n"
        "  disclosure.parts.lloyds_china: {article: 一, members: [main_indicators, actual_capital]}\n",
        encoding="utf-8",
    )
    public, _ = disclose(row, tmp_path / "draft", lang="en", drafts=[draft])
    assert [name.split()[0] for name in openpyxl.load_workbook(public).sheetnames[1:]] == ["4", "10"]


def test_every_statement_has_its_place_in_the_summary(books: tuple[Path, Path], tmp_path: Path) -> None:
    from solvency.excel.rule15_disclosure import indicators as part4

    placed = {item for sections in STATED.values() for *_, items in sections for item in items}
    for items in (part4.LIQUIDITY, part4.MONITORING, part4.GENERAL, part4.BY_TYPE, part4.LISTS, part4.AVERAGES):
        placed |= set(items) | {f"{item}_ytd" for item in items}
    assert {row.item for row in tables()["Statements"]} <= placed


def test_official_rows_and_figures_of_both_quarters(made: tuple[Path, Path], books: tuple[Path, Path]) -> None:
    this, last = (solvency.calculate(path).values() for path in books)
    for code, sheet in (("S01", "四、主要指标"), ("S02", "十、实际资本"), ("S05", "十一、最低资本")):
        for row in tables()[code]:
            if row.row_no.startswith("+"):
                continue
            found = [
                r
                for r in openpyxl.load_workbook(made[0], data_only=True)[sheet].iter_rows(values_only=True)
                if r[0] == row.row_no and r[1] == row.zh
            ]
            assert len(found) == 1, row.item
            for cell, values in zip(found[0][2:4], (this, last), strict=True):
                value = values[row.item] / (1 if row.kind == "ratio" else 1e4)
                assert cell == "未提供" if math.isnan(value) else cell == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_the_size_coefficient_stands_beside_the_form(made: tuple[Path, Path], tmp_path: Path) -> None:
    this, last = line(made[0], "十一、最低资本", "附：规模系数")[1:3]
    assert this == last == 0.9
    straddling, _ = disclose(real("长安责任", "2023-09-30"), tmp_path, prior=real("长安责任", "2023-06-30"))
    assert line(straddling, "十一、最低资本", "附：规模系数")[1:3] == [0.9, "不适用"]
    before, _ = disclose(real("长安责任", "2023-06-30"), tmp_path, prior=real("长安责任", "2023-03-31"))
    assert not any("规模系数" in text for text in texts(before))


def test_forecast_is_the_base_of_the_stress_test(made: tuple[Path, Path], books: tuple[Path, Path]) -> None:
    base = stress(books[0]).st01()["基本情景"]
    for item, name in (
        ("actual_capital", "实际资本"),
        ("minimum_capital", "最低资本"),
        ("comprehensive_surplus", "综合偿付能力溢额"),
    ):
        assert line(made[0], "四、主要指标", name)[3] * 1e4 == pytest.approx(base[item], rel=1e-9)
    assert line(made[0], "四、主要指标", "综合偿付能力充足率")[3] == pytest.approx(
        base["comprehensive_ratio"], rel=1e-9
    )


def test_what_is_stated_and_what_is_not(made: tuple[Path, Path]) -> None:
    public = made[0]
    assert line(public, "一、公司信息", "注册资本（营运资金）", 0)[0] == 100_000
    assert line(public, "一、公司信息", "注册地址", 0)[0] == "未提供"
    assert line(public, "五、风险管理能力", "评估最终得分", 0)[0] == 82.5
    assert line(public, "六、风险综合评级", "最近一次 (2025Q2)", 0)[0] == "BBB"
    assert line(public, "四、主要指标", "流动性覆盖率LCR1（基本情景公司整体，未来3个月）")[1:3] == [1.53, 1.61]
    assert line(public, "四、主要指标", "投资收益率")[1:3] == [0.031, 0.0421]
    assert line(public, "四、主要指标", "近三年平均综合投资收益率")[1] == "未提供"
    assert "".join(texts(public)).count("本季度保费增长") == 400


def test_without_a_prior_quarter_its_column_says_so(tmp_path: Path) -> None:
    public, internal = disclose(real("中国人寿", "2025-09-30"), tmp_path, unit="亿元")
    assert set(line(public, "四、主要指标", "综合偿付能力充足率")[2:4]) == {"未提供"}
    assert set(line(public, "十、实际资本", "实际资本合计")[2:3]) == {"未提供"}
    assert "ST01 季度压力测试：未提供" in texts(internal)
    assert any("亿元" in text for text in texts(public))


def test_nothing_internal_in_the_summary(made: tuple[Path, Path]) -> None:
    public = "".join(texts(made[0]))
    for word in ("自行估计", "监管谈话", "重点核查", "压力", "欧拉", "不对外披露", "own estimate"):
        assert word not in public.replace("压力情景公司整体", "").replace("压力情景不考虑资产变现", "")
    assert all("不对外披露" in str(sheet["A1"].value) for sheet in openpyxl.load_workbook(made[1]))


def test_measures_stay_internal(tmp_path: Path) -> None:
    """Of an insurer that fails its ratios, every measure stands in the internal file and none in the summary."""
    row = pd.DataFrame([{"insurer": "甲", "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 1e8,
                         "core_tier1": 4e7}])  # fmt: skip
    names = {measure.zh for measure in solvency.measures(row)[0] if measure.who == "regulator"}
    assert "监管谈话" in names
    public, internal = ("".join(texts(path)) for path in disclose(row, tmp_path))
    for name in names:
        assert name in internal
        assert name not in public


def test_own_estimates_are_marked_in_the_internal_file(tmp_path: Path) -> None:
    levels = {
        "risk_operational": "fairly_high",
        "risk_strategic": "low",
        "risk_reputational": "low",
        "risk_liquidity": "low",
    }
    public, internal = disclose(real("中国人寿", "2025-09-30", **levels), tmp_path)
    assert any(text.startswith("C（公司自行估计") for text in texts(internal))
    assert line(public, "六、风险综合评级", "最近一次", 0)[0] == "未提供"


def test_internal_contents(made: tuple[Path, Path], books: tuple[Path, Path]) -> None:
    internal = made[1]
    assert openpyxl.load_workbook(internal).sheetnames == [
        "状态", "最低资本构成", "监管措施", "距离", "资本管理", "压力测试", "贡献", "追溯", "因子", "相关系数", "解读", "文件", "警告",
    ]  # fmt: skip
    trace = line(internal, "追溯", "非寿险业务保险风险-保费及准备金风险最低资本")
    assert trace[0] == "S05 1.2.1"
    assert trace[2:4] == ["填报", "!".join(read_book(books[0]).cells["nonlife_premium_reserve_mc"])]
    computed = line(internal, "追溯", "市场风险-最低资本合计")
    assert (computed[2], computed[7]) == ("计算", "market_mc.correlation")
    assert "规模系数 = 0.9" in line(internal, "追溯", "量化风险最低资本")[6]
    factor = line(internal, "因子", "market_mc.correlation", 0)
    assert "规则第8号" in factor[3]
    assert factor[4] == "2022-01-01"
    minimum = line(internal, "贡献", "最低资本", 0)[1]
    assert minimum == pytest.approx(line(made[0], "四、主要指标", "最低资本")[1], rel=1e-9)


def test_stress_form(made: tuple[Path, Path], books: tuple[Path, Path]) -> None:
    form = stress(books[0]).st01(unit="万元")
    for item, label in (
        ("actual_capital", "实际资本"),
        ("minimum_capital", "最低资本"),
        ("core_ratio", "核心偿付能力充足率"),
    ):
        printed = line(made[1], "压力测试", label)[1:]
        for cell, value in zip(printed, form.loc[item].iloc[2:], strict=True):
            assert cell == "未提供" if value is None else cell == pytest.approx(value, rel=1e-12)
    assert form.loc["actual_capital"].iloc[3] < form.loc["actual_capital"].iloc[2]


def test_capital_management_is_in_the_internal_file(made: tuple[Path, Path], books: tuple[Path, Path]) -> None:
    """What still counts in each tier, and at each line what the answer to that question is."""
    known = solvency.headroom(books[0]).set_index("part")
    printed = line(made[1], "资本管理", "核心二级资本", 0)
    assert printed[0] == 0.30
    wanted = known.loc["core_tier2", ["limit_amount", "used", "over_limit", "amount", "after_core_tier2"]] / 1e4
    assert printed[1:6] == pytest.approx(wanted.to_list(), abs=1e-6)
    book = openpyxl.load_workbook(made[1])
    assert any(str(c.value).startswith("=MAX(") for row in book["资本管理"].iter_rows() for c in row)
    lines = [row for row in openpyxl.load_workbook(made[1], data_only=True)["资本管理"].iter_rows(values_only=True) if row[0] == "综合偿付能力充足率"]  # fmt: skip
    assert [row[1].rpartition(" ")[2] for row in lines] == ["150%", "120%", "100%"]
    for row, goal in zip(lines, (1.5, 1.2, 1.0), strict=True):
        answer = solvency.target(books[0], {"comprehensive": goal}, "equity")["amount"].iloc[0] / 1e4
        assert row[3] - row[2] == pytest.approx(-answer, abs=1e-6)
    assert "资本管理" not in "".join(openpyxl.load_workbook(made[0]).sheetnames)


def test_text_is_never_a_formula(made: tuple[Path, Path]) -> None:
    book = openpyxl.load_workbook(made[0])
    cells = [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value in (HOSTILE, "@SUM(1+1)", "+无保留意见")
    ]
    assert len(cells) == 3
    assert {cell.data_type for cell in cells} == {"s"}
    with zipfile.ZipFile(made[0]) as package:
        assert not [name for name in package.namelist() if "externalLink" in name]
        assert b"127.0.0.1" not in b"".join(package.read(n) for n in package.namelist() if n.endswith(".rels"))


def test_charts_are_native(made: tuple[Path, Path]) -> None:
    for path, count in zip(made, (1, 2), strict=True):
        with zipfile.ZipFile(path) as package:
            assert sum(name.startswith("xl/charts/chart") for name in package.namelist()) == count


def test_existing_files_are_refused(books: tuple[Path, Path], tmp_path: Path) -> None:
    public, internal = disclose(books[0], tmp_path / "new" / "folder")
    internal.unlink()
    before = public.read_bytes()
    with pytest.raises(OutputExistsError):
        disclose(books[0], public.parent)
    assert public.read_bytes() == before
    assert not internal.exists()
    disclose(books[0], public.parent, force=True)
    assert public.read_bytes() == before  # the same input gives the same file
    assert sorted(path.name for path in public.parent.iterdir()) == sorted([public.name, internal.name])
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError):
        disclose(books[0], tmp_path / "file")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b\\c:d", "名\x00字\x07\u202e", "..", "CON.x", "公" * 300, "=1+1"]
)
def test_names_that_play_tricks(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    paths = disclose(real("中国人寿", "2025-09-30", insurer=name), folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for path in paths:
        openpyxl.load_workbook(path)


def test_wrong_companions_are_refused(books: tuple[Path, Path], tmp_path: Path) -> None:
    this, last = books
    for prior in (real("中国人寿", "2025-09-30"), this):
        with pytest.raises(UsageError):
            disclose(this, tmp_path, prior=prior)
    with pytest.raises(UsageError):
        disclose(this, tmp_path, stress=stress(last))
    with pytest.raises(UsageError):
        disclose(solvency.calculate(INPUTS, unit="万元"), tmp_path)
    with pytest.raises(UsageError):
        disclose(this, tmp_path, unit="美元")
    assert not list(tmp_path.iterdir())


def test_one_row_of_many(tmp_path: Path) -> None:
    public, _ = disclose(solvency.calculate(INPUTS, unit="万元"), tmp_path, row=3)
    assert public.name.startswith(str(INPUTS.at[3, "insurer"]))


def test_no_ratio_where_minimum_capital_is_not_positive(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [
            {
                "insurer": "零",
                "insurer_type": "property",
                "as_of": "2025-09-30",
                "minimum_capital": 0.0,
                "core_tier1": 5e8,
            }
        ]
    )
    public, _ = disclose(solvency.calculate(frame), tmp_path)
    for name in ("综合偿付能力充足率", "核心偿付能力充足率", "综合偿付能力溢额"):
        assert line(public, "四、主要指标", name)[1] in (None, "")
    assert "最低资本不为正数，溢额和充足率不予计算。" in texts(public)


def test_a_given_total_without_parts_is_not_contradicted(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [{"insurer": "仅总额", "insurer_type": "property", "as_of": "2025-09-30", "quantified_mc": 8e8, "control_risk_mc": 1e7,
          "additional_capital": 5e7, "core_tier1": 1e9, "size_coefficient": 0.9}]
    )  # fmt: skip
    public, _ = disclose(solvency.calculate(frame), tmp_path)
    assert line(public, "十一、最低资本", "附加资本")[1] == 5e7
    assert line(public, "十一、最低资本", "逆周期附加资本")[1] == "未提供"
    assert line(public, "十一、最低资本", "市场风险-最低资本合计")[1] == "未提供"


def test_as_of_and_other_rules_are_named(books: tuple[Path, Path], tmp_path: Path) -> None:
    public, _ = disclose(books[0], tmp_path, as_of="2023-12-31")
    assert any("2023-12-31" in text for text in texts(public))


def test_percent_format_never_hides_the_side_of_a_line() -> None:
    assert percent_format(0.5) == "0.00%"
    assert percent_format(0.49996) == "0.0000%"
    assert percent_format(math.nextafter(0.5, 0)) == "0.00%"  # a spreadsheet cannot tell them apart either
    assert percent_format(2.476) == "0.00%"
    assert percent_format(0.51996, [0.52]) == "0.0000%"
    assert percent_format(0.52, [0.52]) == percent_format(0.51996) == "0.00%"


def test_a_line_of_a_draft_is_a_line(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 稿\ntitle: {zh: 稿, en: Draft}\nissued: 2025-06-01\neffective: 2025-06-01\nfactors:\n"
        "  ratio_threshold.comprehensive: {article: 一, value: 1.12}\n",
        encoding="utf-8",
    )
    row = pd.DataFrame([{"insurer": "甲", "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 1e8,
                         "core_tier1": 111_999_000, "supplementary_tier1": 0}])  # fmt: skip
    for path in disclose(row, tmp_path / "out", drafts=[draft]):
        shown = {
            cell.number_format
            for sheet in openpyxl.load_workbook(path, data_only=True)
            for cells in sheet.iter_rows()
            for cell in cells
            if isinstance(cell.value, float) and 1.1199 < cell.value < 1.12
        }
        assert shown == {"0.0000%"}, path


def test_pieces_lose_nothing() -> None:
    text = "一" * 5000 + "\n" + "\n".join("行" for _ in range(100))
    for width in (44, 96):
        found = pieces(text, width)
        assert "".join(found).replace("\n", "") == text.replace("\n", "")
        for piece in found:
            assert sum(max(1, -(-display_width(part) // width)) for part in piece.split("\n")) <= 27
    assert pieces("a\n\nb", 44) == ["a\n\nb"]


def test_waterfall_ends_at_minimum_capital() -> None:
    for row in range(len(INPUTS)):
        values = solvency.calculate(INPUTS.iloc[[row]], unit="万元").values()
        steps = waterfall_steps(values)
        assert steps[-1].end == values["minimum_capital"]
        assert steps[-2].end == pytest.approx(values["minimum_capital"], rel=1e-5)
        assert not any(step.zh == "未细分" for step in steps)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_recalculated_figures_are_the_printed_ones(made: tuple[Path, Path], tmp_path: Path) -> None:
    disclose(real("长安责任", "2023-09-30"), tmp_path / "more", prior=real("长安责任", "2023-06-30"))
    disclose(real("友邦人寿", "2022-06-30"), tmp_path / "more", lang="en")
    files = [*made, *sorted((tmp_path / "more").iterdir())]
    stripped, converted = tmp_path / "stripped", tmp_path / "converted"
    stripped.mkdir()
    for path in files:  # saving with openpyxl drops the values that formulas had
        openpyxl.load_workbook(path).save(stripped / path.name)
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/office",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(converted),
    ]
    subprocess.run([*command, *map(str, stripped.iterdir())], check=True, capture_output=True, timeout=180)
    formulas = 0
    for path in files:
        printed, live = openpyxl.load_workbook(path, data_only=True), openpyxl.load_workbook(path)
        again = openpyxl.load_workbook(converted / path.name, data_only=True)
        for sheet in printed:
            for row in sheet.iter_rows():
                for cell in row:
                    formula = live[sheet.title][cell.coordinate].data_type == "f"
                    formulas += formula
                    if isinstance(cell.value, (int, float)):
                        found = again[sheet.title][cell.coordinate].value
                        assert found == pytest.approx(cell.value, rel=1e-9, abs=1e-9), (
                            path.name,
                            sheet.title,
                            cell.coordinate,
                        )
                    elif formula:
                        assert again[sheet.title][cell.coordinate].value in (None, ""), (
                            path.name,
                            sheet.title,
                            cell.coordinate,
                        )
    assert formulas > 150


def test_a_book_object_serves_as_well(books: tuple[Path, Path], tmp_path: Path, made: tuple[Path, Path]) -> None:
    public, _ = disclose(read_book(books[0]), tmp_path, prior=read_book(books[1]))
    assert public.read_bytes() == made[0].read_bytes()


def test_a_what_if_is_marked_on_every_sheet(tmp_path: Path) -> None:
    import openpyxl

    book = Path(__file__).resolve().parent.parent / "examples/example-invented-property.xlsx"
    for options, marked in (
        ({}, False),
        ({"as_of": "2025-09-30"}, True),
        ({"readings": {"grade_mixed": "by_score"}}, True),
    ):
        public, _ = disclose(book, tmp_path, force=True, **options)
        for sheet in openpyxl.load_workbook(public):
            assert ("测算" in str(sheet["A1"].value)) is marked, sheet.title


def test_the_forecast_column_adds_up(tmp_path: Path) -> None:
    from solvency.stress_test.starting_point import base_amounts, prepare

    book = Path(__file__).resolve().parent.parent / "examples/example-invented-property.xlsx"
    prepared = prepare(
        book, horizon="quarter", static=None, as_of=None, unit=None, readings=None, drafts=(), on_error="raise"
    )
    now = {item: float(values[0]) for item, values in base_amounts(prepared, "next_quarter")[0].items()}
    modules = now["life_insurance_mc"] + now["nonlife_insurance_mc"] + now["market_mc"] + now["credit_mc"]
    assert now["quantified_mc"] == pytest.approx(0.9 * (modules - now["diversification"] - now["loss_absorption"]))


@pytest.mark.parametrize("with_stress", [False, True])
def test_a_failing_year_end_forecast_is_known_everywhere(with_stress: bool, tmp_path: Path) -> None:
    """Rule 10, article 39: path, book and the internal file give one answer, with a quarterly stress test or without."""
    draft = drafts.good()
    for column in ("next_quarter", "year_end_1", "year_end_2"):
        capital = 121_000 if column == "next_quarter" else 30_000
        for item, value in (("core_tier1", capital), ("actual_capital", capital), ("minimum_capital", 42_000)):
            draft.put("Forecast", item, value, column)
    path = draft.save(tmp_path / "book.xlsx")
    book = read_book(path)
    for source in (path, str(path), book):
        ids = [measure.id for measure in solvency.measures(source)[0]]
        assert "forecast_remedial_plan" in ids, source
    tested = stress(path) if with_stress else None
    for source in (path, book):
        _, internal = disclose(source, tmp_path / "out", stress=tested, force=True)
        assert "基本情景预测的充足率不达标" in "".join(texts(internal))


def test_last_quarter_may_have_a_folder_of_positions(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from solvency.cli import app

    whole = Path(__file__).resolve().parent.parent / "examples/example-invented-property-positions.xlsx"
    book = openpyxl.load_workbook(whole)
    rows = [[cell.value for cell in row] for row in book["MR27"].iter_rows()]
    frame = pd.DataFrame(rows[3:], columns=rows[0]).dropna(how="all")
    (tmp_path / "folder").mkdir()
    frame.to_csv(tmp_path / "folder" / "MR27.csv", index=False)
    for place in book["MR27"]["A4:Z60"]:
        for cell in place:
            cell.value = None
    outputs = []
    for name, left_out in (("whole", False), ("parted", True)):
        prior = openpyxl.load_workbook(whole) if not left_out else book
        for row in prior["Info"].iter_rows(min_row=4):
            for item, value in (
                ("as_of", "2025-09-30"),
                ("notified_grade_quarter", "2025Q2"),
                ("previous_grade_quarter", "2025Q1"),
            ):
                if row[0].value == item:
                    row[3].value = value
        prior.save(tmp_path / f"{name}.xlsx")
        more = ["--prior-positions", str(tmp_path / "folder")] if left_out else []
        done = CliRunner().invoke(
            app, ["disclose", str(whole), "-o", str(tmp_path / name), "--prior", str(tmp_path / f"{name}.xlsx"), *more]
        )
        assert done.exit_code == 0, done.output
        sheet = openpyxl.load_workbook(next((tmp_path / name).glob("*_summary.xlsx")), data_only=True)["十一、最低资本"]
        outputs.append([cell.value for row in sheet.iter_rows() for cell in row])
    assert outputs[0] == outputs[1]
    assert sum(isinstance(value, float) for value in outputs[0]) > 20
    alone = CliRunner().invoke(
        app, ["disclose", str(whole), "-o", str(tmp_path / "x"), "--prior-positions", str(tmp_path)]
    )
    assert alone.exit_code == 2
