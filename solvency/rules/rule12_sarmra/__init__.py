"""Rule 12: from the results of the assessed items to parts and the absolute score S1; classes I and II of insurers."""

from solvency.rules.rule12_sarmra.assessment import Assessment, absolute_score, assess
from solvency.rules.rule12_sarmra.catalogue import Catalogue, Item
from solvency.rules.rule12_sarmra.insurer_class import insurer_class
from solvency.rules.rule12_sarmra.scores import PartScores, capped_score, industry_base, part_scores

__all__ = [
    "Assessment",
    "Catalogue",
    "Item",
    "PartScores",
    "absolute_score",
    "assess",
    "capped_score",
    "industry_base",
    "insurer_class",
    "part_scores",
]
