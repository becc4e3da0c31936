"""The first sheet of a template: how to fill it in, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from solvency.excel import style
from solvency.excel.position_sheets import published_at
from solvency.regulation.rulebook import Rulebook
from solvency.tables.positions.spec import PositionTable
from solvency.tables.spec import Table, line_items

TITLE = "说明 README"
_SHEETS = {
    "Info": (
        "公司、评估日、金额单位、总资产、SARMRA 得分、四类难以量化风险、最近评级",
        "insurer, date, unit, total assets, SARMRA score, the four risks outside capital, latest grades",
    ),
    "S01": (
        "认可资产、认可负债；另可填充足率与溢额供核对",
        "admitted assets and liabilities; ratios and surpluses may be given as a check",
    ),
    "S02": ("填明细，或只填各级资本合计", "the detail, or only the totals of the tiers"),
    "S05": (
        "填子风险，或只填各风险模块合计",
        "the sub-risks, or only the totals of the modules",
    ),
    "Forecast": (
        "压力测试的基本情景预测；不做压力测试可不填",
        "base-scenario forecast for stress tests; leave blank without stress tests",
    ),
    "Exposures": (
        "压力测试的风险暴露和公司自有敏感度；可不填",
        "exposures and the company's own sensitivities for stress tests; may stay blank",
    ),
    "Statements": (
        "公开披露所需的文字和其他指标；可不填",
        "texts and further indicators for public disclosure; may stay blank",
    ),
}
_STEPS = (
    ("只填有底色的单元格：橙色必填，黄色按需填写，灰色此类公司一般不填。", "Fill the shaded cells only: orange is required, yellow as needed, grey is not usual for this type of insurer."),
    ("在 Info 选择金额单位（元、万元、亿元），全部工作表同一单位。", "Choose the unit of amounts on Info (元, 万元, 亿元); it holds for all sheets."),
    ("比例填百分数或小数：250% 填 250% 或 2.5。", "Ratios as a percentage or a fraction: 250% is written 250% or 2.5."),
    ("合计可留空，由明细计算；合计与明细都填时，两者须在四舍五入范围内一致。", "Totals may stay blank and are computed; where both are given they must agree within rounding."),
    ("没有的项目填 0。同级明细已有数据时，留空的明细按单元格批注所述视为 0。", "Type 0 for what there is none of. Beside filled rows a blank counts as zero where the cell's note says so."),
    ("风险分散效应、损失吸收效应和超限额扣除按正数填写。", "Diversification, loss absorption and excess over limits are positive numbers."),
    ("列按第 1 行的列名识别，数据从第 4 行开始；请勿合并单元格、改列名或改项目名。", "Columns are found by the ids in row 1, data start in row 4; do not merge cells or change ids and item names."),
    ("公式的结果须已保存在文件中（用 Excel 或 WPS 打开并保存）；引用其他文件的公式请粘贴为数值。", "Formula results must be stored in the file (open and save in Excel or WPS); paste links to other files as values."),
    ("检查：solvency check 文件.xlsx；计算：solvency calculate 文件.xlsx。", "Check: solvency check FILE.xlsx; calculate: solvency calculate FILE.xlsx."),
)  # fmt: skip


def write(
    sheet: Worksheet,
    insurer_type: str,
    rulebook: Rulebook,
    tables: Mapping[str, Table],
    positions: Sequence[PositionTable] = (),
) -> None:
    """Fill the guide: steps, sheets with links, the documents whose choices the drop-downs offer."""
    zh, en = line_items()["insurer_type"].choices[insurer_type]
    sheet.title = TITLE
    for letter, width in zip("ABC", (16, 66, 82), strict=True):
        sheet.column_dimensions[letter].width = width
    lines: list[tuple[str, str, str]] = [
        ("", f"偿二代二期偿付能力输入模板：{zh}", f"C-ROSS Phase II solvency input: {en}")
    ]
    lines += [("", "", ""), ("#", "填写说明", "How to fill it in")]
    lines += [(str(i), *step) for i, step in enumerate(_STEPS, start=1)]
    lines += [("", "", ""), ("#", "工作表", "Sheets")]
    for code, table in tables.items():
        about_zh, about_en = _SHEETS.get(code, ("", ""))
        lines.append((code, f"{table.zh}：{about_zh}".rstrip("："), f"{table.en}: {about_en}".rstrip(": ")))
    if positions:
        lines += [
            ("", "", ""),
            (
                "#",
                "持仓明细：填了明细，S05 相应行可留空由明细计算",
                "Positions: from filled rows the rows of S05 are computed and may stay blank",
            ),
        ]
        for held in positions:
            where_zh, where_en = (published_at(held.sheet, rulebook, chinese) for chinese in (True, False))
            lines.append((held.sheet, f"{held.zh}：{where_zh}".rstrip("："), f"{held.en}: {where_en}".rstrip(": ")))
    lines += [("", "", ""), ("#", "下拉选项所依据的文件", "Documents behind the choices offered")]
    lines += [(str(d.effective), f"{d.number}　{d.title_zh}", d.title_en) for d in rulebook.documents]
    for number, line in enumerate(lines, start=1):
        for column, content in enumerate(line, start=1):
            cell = sheet.cell(number, column)
            cell.value = None if content in ("", "#") else content
            cell.font = style.font(bold=number == 1 or line[0] == "#", size=14 if number == 1 else 10)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if line[0] == "#":
                cell.fill = style.fill("label")
        lines_needed = max(-(-style.width_of(line[1]) // 84), -(-style.width_of(line[2]) // 104), 1)
        sheet.row_dimensions[number].height = 26 if number == 1 else 16 * lines_needed
        if line[0] in tables or line[0] in {table.sheet for table in positions}:
            style.link(style.plain(sheet, number, 1), line[0])
    style.page(sheet, TITLE)
    sheet.page_setup.fitToHeight = 1
    style.protect(sheet)
