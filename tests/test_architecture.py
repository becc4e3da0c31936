"""What the architecture promises: layers, no numbers or dates of the law in code, public names, a light import."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import solvency
from solvency.result import EXTRA_LINES
from solvency.rules.formulas import FORMULAS
from solvency.tables.spec import line_items

ROOT = Path(__file__).parents[1]
PACKAGE = Path(solvency.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("numpy", "pandas", "scipy", "matplotlib", "openpyxl", "xlsxwriter", "yaml")

# what each layer may import at run time; the arrow never points back
LAYERS = {
    "errors": (),
    "regulation": ("errors", "regulation"),
    "tables": ("errors", "regulation", "tables"),
    "rules": ("errors", "regulation", "tables", "rules"),
    "source": ("errors", "regulation", "tables", "excel.read"),
    "plausibility": ("errors", "regulation", "tables", "rules"),
    "grading": ("errors", "regulation", "tables", "rules", "plausibility"),
    "assessment": ("errors", "regulation", "tables", "rules", "plausibility", "grading", "result", "source"),
    "result": ("errors", "regulation", "tables", "rules"),
}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def only_for_types(tree: ast.Module) -> set[ast.AST]:
    """Everything under `if TYPE_CHECKING:`."""
    return {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }


def imports(path: Path) -> Iterator[str]:
    """The modules of the package that a module imports at run time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = only_for_types(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "solvency":
            inside = node.module.removeprefix("solvency").lstrip(".")
            yield from ([inside] if inside else [alias.name for alias in node.names])
        if isinstance(node, ast.Import):
            yield from (a.name.removeprefix("solvency.") for a in node.names if a.name.startswith("solvency."))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_layers(path: Path) -> None:
    layer = name_of(path).split(".")[0]
    if layer not in LAYERS:
        return
    for module in imports(path):
        assert any(module == allowed or module.startswith(f"{allowed}.") for allowed in LAYERS[layer]), module


def test_the_core_knows_nothing_of_its_ways_out() -> None:
    for path in MODULES:
        if name_of(path).split(".")[0] in ("regulation", "tables", "rules", "result", "comparison"):
            assert not [m for m in imports(path) if m.split(".")[0] in ("excel", "plots", "cli", "terminal")], path


# Numbers that are no figures of the law. Anything else in a formula belongs in a document of `regulation/`.
STRUCTURE = {0, 1, 2, -1}
ALLOWED = {
    # why they are no figures of the law -> where, which
    "columns that fit the cache": {("rules.aggregate", 16_384)},
    "losses worked out at a time": {("rules.rule04_nonlife_insurance_risk.value_at_risk", 1_048_576)},
    "digits of the ratios of levels on a boundary": {("rules.rule20_lloyds_china.whole", 50)},
    "digits of a typed figure": {("rules.rule04_nonlife_insurance_risk.rates", x) for x in (10, 15)},
    "entries that a cache keeps": {("rules.formulas", 256)},
    "codes of where a figure came from": {("rules.frame", 3)},
    "months of a year and of a period": {
        ("rules.rule01_actual_capital.terms", 12),
        ("rules.rule05_life_insurance_risk.scenarios", 12),
        ("rules.rule03_life_liability.crediting", 3),
        ("rules.rule03_life_liability.crediting", 12),
    },
    "what floats leave of a product": {("rules.rule03_life_liability.corridor", 1e-12)},
    "what rounding of filed statements explains": {
        ("rules.rule01_actual_capital.statements", x) for x in (0.005, 1e-6, 0.1, 0.01, 8)
    },
    "what rounding of filed figures explains": {("rules.frame", 0.005), ("rules.frame", 1e-9), ("rules.frame", 1e-6)},
    "digits in a message": {
        ("rules.frame", 8),
        ("rules.supervision", 4),
        ("rules.supervision", 8),
        ("rules.supervision", 14),
    },
    "how near a threshold floats do not decide": {
        ("rules.ratios", 1e-9),
        ("rules.rule08_market_risk.concentration", 1e-13),
    },
    "what rounding of a printed figure explains": {("rules.rule11_risk_rating.indicator_values", 0.0006)},
    "missing indicators named in one message": {("rules.rule11_risk_rating.indicator_problems", 10)},
    "per cent and basis points": {
        ("rules.supervision", 100),
        ("rules.rule10_stress_test.scenarios", 100),
        ("rules.rule10_stress_test.scenarios", 10_000),
    },
    "how near two sizes of a move are the same": {("rules.rule10_stress_test.effects", 1e-9)},
    "how far and how finely a reverse test searches": {
        ("rules.rule10_stress_test.reverse", 256),
        ("rules.rule10_stress_test.reverse", 200),
        ("rules.rule10_stress_test.reverse", 9.0),
        ("rules.rule10_stress_test.reverse", 0.2),
    },
    "by how much the parts of a product may differ from its value before it is remarked on": {
        ("rules.rule07_look_through.placement", 0.005)
    },
    "flags of a product": {("rules.rule07_look_through.placement", 4)},
    "what rounding of a holding time explains": {("rules.rule08_market_risk.holding", 0.05)},
    "how alike two names are": {("rules.rule10_stress_test.scenarios", 0.6)},
    "units that figures are filed in, as powers of ten": {("plausibility", x) for x in (10.0, 4, 6)},
    "what rounding of a multiple or of a printed ratio explains": {("plausibility", 1e-6), ("plausibility", 0.0006)},
    "what rounding of a printed monitoring indicator explains": {("rules.rule13_liquidity_risk.monitoring", 0.0006)},
    "sizes that say units were mixed": {("plausibility", x) for x in (100.0, 20.0, 0.01, 1e7, 1e14)},
    "decimals of an amount in a message": {("rules.portfolio", 8)},
    "what floats leave of a difference": {("comparison", 1e-12), ("comparison", 1e-9)},
    "rows of form ST01": {("stress_test.result", x) for x in range(3, 9)},
    "digits of a figure in JSON": {("stress_test.result", 15)},
    "how a move is written": {("stress_test.reverse", 100), ("stress_test.reverse", 10_000)},
    "digits of a decision on a boundary": {("stress_test.run", 50)},
    "frames of an input": {("stress_test.starting_point", 3)},
    "a score is out of a hundred, to two decimals": {
        ("rules.rule12_control_risk", 100),
        ("rules.rule12_control_risk", 0.005),
    },
    "how near 100 floats do not decide": {("rules.rule12_control_risk", 1e-9)},
    "missing items named in one message": {("rules.rule12_sarmra.items", 10)},
}


# where formulas are, or figures are held against what is plausible
FORMULA_MODULES = sorted(
    [*(PACKAGE / "rules").rglob("*.py"), *(PACKAGE / "stress_test").rglob("*.py"),
     PACKAGE / "plausibility.py", PACKAGE / "comparison.py"]
)  # fmt: skip


def constants(path: Path) -> Iterator[tuple[int, float]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node.lineno, node.value


def test_no_number_of_the_law_in_the_rules() -> None:
    allowed = {place for places in ALLOWED.values() for place in places}
    used = set()
    for path in FORMULA_MODULES:
        for line, value in constants(path):
            if value not in STRUCTURE:
                assert (name_of(path), value) in allowed, f"{path.name}:{line}: {value}"
                used.add((name_of(path), value))
    assert used == allowed, "an exception that is no longer needed"


def test_no_published_value_is_written_as_text_in_the_rules() -> None:
    """Nor hidden as a text that becomes a Decimal; `1e-40` is the rounding of square roots at 50 digits."""
    for path in FORMULA_MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        formats = {
            n
            for f in ast.walk(tree)
            if isinstance(f, ast.FormattedValue) and f.format_spec
            for n in ast.walk(f.format_spec)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node not in formats
                and node.value != "1e-40"
            ):
                assert not re.fullmatch(r"[-+]?\d*\.?\d+(e[-+]?\d+)?%?", node.value), f"{path.name}:{node.lineno}"


DATE = re.compile(r"\b(?:19|20)\d\d(?:-\d\d-\d\d|年\d{1,2}月)")
# dates that are examples of how to type one, or the days Excel counts from
EXAMPLES = {"2025-09-30", "2023-09-10"}
EPOCHS = {(1899, 12, 30), (1904, 1, 1)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_date_in_code(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            found = set(DATE.findall(node.value))
            assert found <= EXAMPLES, f"{path.name}:{node.lineno}: {found}"
            if name_of(path).split(".")[0] in ("rules", "assessment", "comparison", "result", "stress_test"):
                assert not found, f"{path.name}:{node.lineno}: {found}"
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "date",
            "datetime",
        ):
            given = tuple(a.value for a in node.args if isinstance(a, ast.Constant))
            assert not given or given in EPOCHS, f"{path.name}:{node.lineno}"


def test_public_names() -> None:
    assert list(solvency.__all__) == sorted(solvency.__all__)
    assert len(set(solvency.__all__)) == len(solvency.__all__)
    assert "calculate" in solvency.__all__
    for name in solvency.__all__:
        found = getattr(solvency, name)
        assert found.__doc__, name
        assert found.__module__.startswith("solvency."), name
        assert getattr(importlib.import_module(found.__module__), found.__name__) is found, name
        assert getattr(solvency, name) is found, "a module of the same name hides it"
    assert set(solvency.__all__) <= set(dir(solvency))
    with pytest.raises(AttributeError):
        _ = solvency.no_such_name


def loaded(code: str) -> set[str]:
    """The heavy libraries that a fresh interpreter has loaded after `code`."""
    report = f"\nimport sys\nprint('LOADED', *[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.strip().splitlines()[-1].split()[1:])


def test_import_is_light() -> None:
    assert loaded("import solvency") == set()
    assert loaded("from solvency.errors import InputError") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["calculate", "--help"]])
def test_help_is_light(arguments: list[str]) -> None:
    code = f"import sys\nsys.argv = ['solvency', *{arguments!r}]\nfrom solvency.cli import main\ntry:\n    main()\nexcept SystemExit as done:\n    assert not done.code"
    assert loaded(code) == set()


def test_calculate_does_not_load_what_it_does_not_need() -> None:
    code = (
        "import pandas, solvency\n"
        "solvency.calculate(pandas.DataFrame([dict(insurer='a', insurer_type='life', as_of='2024-03-31',"
        " minimum_capital=1, core_tier1=2)]))"
    )
    assert loaded(code).isdisjoint({"matplotlib", "openpyxl", "xlsxwriter"})


def test_formulas_are_of_known_figures() -> None:
    for item in FORMULAS:
        assert item in line_items() or item in EXTRA_LINES, item


def test_no_module_of_a_vague_name() -> None:
    vague = {"utils", "util", "helpers", "common", "base", "core", "misc"}
    assert not [path for path in MODULES if path.stem in vague]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_and_public_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), path.name
