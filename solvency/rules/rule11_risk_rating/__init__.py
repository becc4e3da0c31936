"""Rule 11: the integrated risk rating: what the law itself decides, and a scoring scheme of the user below it."""

from solvency.rules.rule11_risk_rating.grade import compliance, risk_grade
from solvency.rules.rule11_risk_rating.rating import Rating, rate
from solvency.rules.rule11_risk_rating.scheme import LEVELS, RISKS, Scheme

__all__ = ["LEVELS", "RISKS", "Rating", "Scheme", "compliance", "rate", "risk_grade"]
