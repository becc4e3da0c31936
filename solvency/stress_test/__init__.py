"""Stress tests on a book or on many insurers: scenarios, form ST01, the reverse test (rule 10)."""

from solvency.stress_test.result import StressResult
from solvency.stress_test.reverse import reverse_test
from solvency.stress_test.run import stress

__all__ = ["StressResult", "reverse_test", "stress"]
