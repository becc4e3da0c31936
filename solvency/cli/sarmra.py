"""sarmra: the scores of rule 12."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import Common, Insurer, command, end_with_rejects, on_error


@command("as_of reading draft positions force json")
def sarmra(
    common: Common,
    file: Annotated[Path, typer.Argument(help="附件5表/form of annex 5 | .xlsx | .csv | .parquet")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="附件5表 .xlsx，或得分 .csv .json .parquet / form or scores")
    ] = None,
    industry_base: Annotated[
        str | None, typer.Option("--industry-base", help="调整基础分 M，或 ranked / the industry base M, or ranked")
    ] = None,
    insurer_type: Annotated[str | None, typer.Option("--insurer-type", help="property | life | reinsurer")] = None,
    circumstances: Annotated[
        str | None,
        typer.Option("--circumstances", help="第119条情形，逗号分隔，或 none / met under article 119, or none"),
    ] = None,
    governance_score: Annotated[
        float | None, typer.Option("--governance-score", help="公司治理评估得分 / score of corporate governance")
    ] = None,
    assessed_by: Annotated[str | None, typer.Option("--assessed-by", help="regulator | self")] = None,
    insurer: Insurer = None,
) -> None:
    """风险管理能力评估：由评估项目得到绝对分、最终得分和控制风险因子。 / SARMRA: from assessed items to scores and Q."""
    from solvency import terminal
    from solvency.output import check_output
    from solvency.sarmra_scores import sarmra as run
    from solvency.sarmra_scores import write_scores

    if output:
        check_output(output, source=file, force=common.force, kinds=(".xlsx", ".csv", ".json", ".parquet"))
    met = None if circumstances is None else [c for c in circumstances.split(",") if c.strip() not in ("", "none")]
    with terminal.busy(file, common.lang):
        result = run(
            file, positions=common.positions, industry_base=_base(industry_base), insurer_type=insurer_type,
            circumstances=met, governance_score=governance_score, assessed_by=assessed_by, on_error=on_error(file),
            **common.rules(),
        )  # fmt: skip
    terminal.tell_problems(result.warnings, common.lang)
    if output and len(result):
        write_scores(result, output, insurer=insurer, force=common.force)
        terminal.wrote(output, common.lang)
    elif common.json:
        terminal.print_json(result.to_dict())
    elif len(result):
        terminal.print_scores(result, common.lang)
    end_with_rejects(result, common, beside=output)


def _base(text: str | None) -> float | str | None:
    """The industry base as a number, if it is one."""
    from solvency.tables.values import number_from_text

    value = number_from_text(text) if text is not None else None
    return text if value is None else value
