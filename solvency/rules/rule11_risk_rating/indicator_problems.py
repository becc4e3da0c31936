"""What an insurer lacks of a scheme's indicators, and values that none of its bands takes."""

from __future__ import annotations

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.rule11_risk_rating.indicator_values import LEFT_OUT, TABLE, Values
from solvency.rules.rule11_risk_rating.scheme import ERROR, Indicator, Scheme
from solvency.tables.validate import Problems, show

MOST_NAMED = 10  # missing indicators named in one message


def tell_missing(found: list[Values], scheme: Scheme, problems: Problems, failing: Mask) -> None:
    """One error for each row that lacks indicators of which the scheme does not say what a missing one means.

    A figure that is not there because of another error is not told of again.
    """
    wanted = [each for each in found if each.indicator.missing == ERROR]
    if not wanted:
        return
    own = np.array([not each.indicator.figure for each in wanted])
    lacking = np.column_stack([~each.known for each in wanted]) & (own | ~failing[:, None])
    for row in np.flatnonzero(lacking.any(axis=1)):
        names = [wanted[place].indicator for place in np.flatnonzero(lacking[row])]
        more = "…" if len(names) > MOST_NAMED else ""
        zh = "、".join(f"{i.id}（{i.zh}{_source(i)[0]}）" for i in names[:MOST_NAMED])
        en = ", ".join(f"{i.id} ({i.en}{_source(i)[1]})" for i in names[:MOST_NAMED])
        problems.add(
            int(row), f"{TABLE}.{names[0].id}", "missing_indicator",
            f"缺少评分方案 {scheme.file} 的 {len(names)} 项指标：{zh}{more}", f"{len(names)} indicators of the scheme {scheme.file} are missing: {en}{more}",
            allowed=f"填入 {TABLE} 表，或在方案中写明 missing", allowed_en=f"a row of {TABLE}, or an entry missing of the scheme",
        )  # fmt: skip


def _source(indicator: Indicator) -> tuple[str, str]:
    if not indicator.figure:
        return "", ""
    if indicator.change:
        return f"：{indicator.figure} 较上季度", f": {indicator.figure} against last quarter"
    return f"：{indicator.figure}", f": {indicator.figure}"


def tell_outside(found: list[Values], codes: list[Array], problems: Problems) -> None:
    """Values that none of the scheme's bands takes; of a stand-in by ratio there is just no score."""
    for each, code in zip(found, codes, strict=True):
        indicator = each.indicator
        if indicator.bands and not indicator.stands_in:
            intervals = "、".join(str(interval) for interval, _ in indicator.bands)
            for row in np.flatnonzero(each.known & (code == LEFT_OUT)):
                problems.add(
                    int(row), f"{TABLE}.{indicator.id}", "outside_bands", f"{indicator.zh}的值不在评分方案的任何区间",
                    f"{indicator.en}: no band of the scheme takes the value", found=show(each.values[row]), allowed=intervals,
                )  # fmt: skip
