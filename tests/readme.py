"""Fills the output blocks of the READMEs: python tests/readme.py (the test compares, this rewrites)."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"(<!-- output -->\n```(console|python)\n)(.*?)(```\n)", re.S)


def refreshed(text: str) -> str:
    """The text with the output of every marked block as it is now."""
    return BLOCK.sub(
        lambda m: m.group(1) + {"console": _console, "python": _python}[m.group(2)](m.group(3)) + m.group(4), text
    )


def _console(block: str) -> str:
    out = []
    for line in block.splitlines():
        if line.startswith("$ solvency "):
            command = [sys.executable, "-m", "solvency", *line.removeprefix("$ solvency ").split()]
            environment = {k: v for k, v in os.environ.items() if k != "SOLVENCY_LANG"} | {"PYTHONIOENCODING": "utf-8"}
            done = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT, env=environment, encoding="utf-8", check=False
            )
            shown = [text.rstrip() for text in done.stdout.strip("\n").splitlines()]
            out += [line, *shown]
    return "\n".join(out) + "\n"


def _python(block: str) -> str:
    out: list[str] = []
    examples = doctest.DocTestParser().get_examples(block)
    place = os.getcwd()
    os.chdir(ROOT)
    try:
        names: dict[str, object] = {}
        for example in examples:
            first, *rest = example.source.rstrip("\n").split("\n")
            out += [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
            try:
                value = eval(compile(example.source, "README", "eval"), names)
            except SyntaxError:
                exec(compile(example.source, "README", "exec"), names)
                continue
            if value is not None:
                out.append(
                    repr(value).replace("np.float64(", "").removesuffix(")")
                    if "np.float64" in repr(value)
                    else repr(value)
                )
    finally:
        os.chdir(place)
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    for name in FILES:
        file = ROOT / name
        file.write_text(refreshed(file.read_text(encoding="utf-8")), encoding="utf-8")
