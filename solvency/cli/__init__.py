"""The command line. Each command is one public function of the same name; libraries are loaded inside the commands."""

from __future__ import annotations

from importlib import import_module

from solvency.cli.app import app as app

# the order in which `solvency --help` lists them
for _name in ("books", "explanation", "sarmra", "liquidity", "comparison", "stress", "capital", "disclosure"):
    import_module(f"solvency.cli.{_name}")


def main() -> None:
    """Run the program; errors are told in one language and end with exit code 1 (input) or 2 (usage)."""
    from solvency.terminal import prepare_streams

    prepare_streams()
    app()
