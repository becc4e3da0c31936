"""The official assessment form of rule 12 (annex 5), read and written."""

from solvency.excel.sarmra_form.cover import Form
from solvency.excel.sarmra_form.read import is_form, read_form
from solvency.excel.sarmra_form.write import write_form

__all__ = ["Form", "is_form", "read_form", "write_form"]
