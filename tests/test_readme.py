"""What the READMEs show is what comes out, and what they name exists."""

from __future__ import annotations

import re

import pytest
from readme import FILES, ROOT, refreshed


@pytest.mark.parametrize("name", FILES)
def test_output_is_real(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert refreshed(text) == text, "run: python tests/readme.py"


@pytest.mark.parametrize("name", [*FILES, "ARCHITECTURE.md", "docs/decisions/README.md"])
def test_links_lead_somewhere(name: str) -> None:
    file = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target


def test_every_command_is_in_both() -> None:
    from solvency.cli import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not [command for command in commands if f"solvency {command}" not in text]


def test_the_tree_of_the_architecture_names_every_module() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = text.split("## Tree", 1)[1]
    for path in sorted((ROOT / "solvency").rglob("*.py")):
        if path.name not in ("__init__.py", "__main__.py"):
            assert re.search(rf"\b{re.escape(path.name)}\b", tree), path
        elif path.name == "__init__.py" and path.parent.name != "solvency":
            assert f"{path.parent.name}/" in tree, path


def test_the_glossary_names_every_row() -> None:
    from solvency.tables.spec import tables

    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for table in tables().values():
        for row in table:
            assert f"| {row.zh} |" in text, row.item
            assert f"`{row.item}`" in text, row.item


def test_the_glossary_names_every_column_of_positions() -> None:
    from solvency.tables.positions.spec import position_tables

    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for table in position_tables().values():
        assert f"| {table.sheet} | {table.zh} | {table.en} |" in text
        for column in table.columns:
            assert f"| {column.zh} | {column.en} | `{column.id}` |" in text, (table.sheet, column.id)
