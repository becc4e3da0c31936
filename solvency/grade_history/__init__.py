"""Grades over time: the notified grade and the own estimate of each quarter, and what moved the score, adding up exactly."""

from solvency.grade_history.events import event_text
from solvency.grade_history.history import GradeHistory, grades

__all__ = ["GradeHistory", "event_text", "grades"]
