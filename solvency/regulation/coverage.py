"""What of the regulation this version covers, by document and article."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from solvency.errors import DocumentError, NotCoveredError
from solvency.regulation.strict_yaml import read_yaml

STATUSES = ("implemented", "input_only", "not_covered")


@dataclass(frozen=True)
class Covered:
    """One calculation or decision of the regulation and whether it is here."""

    document: str  # "regulation", "rule01" … "rule20"
    document_zh: str
    document_en: str
    article: str
    status: str
    zh: str
    en: str
    reason_zh: str = ""
    reason_en: str = ""


@lru_cache(maxsize=1)
def coverage() -> tuple[Covered, ...]:
    """Every item of `coverage.yaml`: the regulation and its 20 rules, by article."""
    path = Path(str(resources.files("solvency.regulation") / "coverage.yaml"))
    found = []
    for document, data in read_yaml(path)["documents"].items():
        for item in data["items"]:
            reason = item.get("reason", {})
            if item["status"] not in STATUSES or (item["status"] != "implemented" and not reason):
                raise DocumentError(
                    path.name, f"{document} {item['article']}", "needs a status, and a reason unless implemented"
                )
            found.append(
                Covered(
                    document,
                    data["title"]["zh"],
                    data["title"]["en"],
                    item["article"],
                    item["status"],
                    item["zh"],
                    item["en"],
                    reason.get("zh", ""),
                    reason.get("en", ""),
                )
            )
    return tuple(found)


def not_covered(document: str, zh: str, en: str) -> NotCoveredError:
    """The error for something of a document this version does not calculate, with what `coverage.yaml` says of it."""
    title = next((c for c in coverage() if c.document == document), None)
    names = f"《{title.document_zh}》" if title else document
    return NotCoveredError(
        f"{zh}（{names}）尚未涵盖 / {en} ({title.document_en if title else document}) is not covered"
    )
