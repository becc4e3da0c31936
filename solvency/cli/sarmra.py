"""sarmra: the scores of rule 12."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import (
    AsOf,
    Draft,
    Force,
    Json,
    Lang,
    Positions,
    Reading,
    app,
    day_of,
    is_book,
    readings_chosen,
    told,
)


@app.command()
def sarmra(
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
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    as_of: AsOf = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    force: Force = False,
    json_: Json = False,
) -> None:
    """风险管理能力评估：由评估项目得到绝对分、最终得分和控制风险因子。 / SARMRA: from assessed items to scores and Q."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.output import check_output, write_rejects
        from solvency.sarmra_scores import sarmra as run
        from solvency.sarmra_scores import write_scores

        if output:
            check_output(output, source=file, force=force, kinds=(".xlsx", ".csv", ".json", ".parquet"))
        met = None if circumstances is None else [c for c in circumstances.split(",") if c.strip() not in ("", "none")]
        with terminal.busy(file, lang):
            result = run(
                file, positions=positions, industry_base=_base(industry_base), insurer_type=insurer_type, circumstances=met,
                governance_score=governance_score, assessed_by=assessed_by, as_of=day_of(as_of), readings=readings_chosen(reading), drafts=draft or (),
                on_error="raise" if is_book(file) else "reject",
            )  # fmt: skip
        terminal.tell_problems(result.warnings, lang)
        if output and len(result):
            write_scores(result, output, insurer=insurer, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
        elif json_:
            print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        elif len(result):
            terminal.print_scores(result, lang)
        if result.rejects is not None:
            if output:
                place = write_rejects(result, output, force=force)
                terminal.say(
                    f"{len(result.rejects)} 行有错误，见 {place}",
                    f"{len(result.rejects)} rows have errors: {place}",
                    lang,
                )
            terminal.tell_rejects(result, lang)
            raise typer.Exit(1)


def _base(text: str | None) -> float | str | None:
    """The industry base as a number, if it is one."""
    from solvency.tables.values import number_from_text

    value = number_from_text(text) if text is not None else None
    return text if value is None else value
