#!/usr/bin/env bash
# Builds the wheel, installs it alone and runs it away from the checkout: only the package `solvency` may be exposed.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
"$root/.venv/bin/pip" wheel --quiet --no-deps -w "$place" "$root"
"$root/.venv/bin/pip" install --quiet --no-deps --target "$place/site" "$place"/*.whl
cd "$place"
exposed="$(ls site | grep -v -e '\.dist-info$' -e '^bin$' | tr '\n' ' ')"
[ "$exposed" = "solvency " ] || { echo "the wheel exposes: $exposed"; exit 1; }
PYTHONPATH="$place/site" "$root/.venv/bin/python" -P - <<'PY'
import pathlib, solvency
from solvency.files import shipped
assert "site" in solvency.__file__, solvency.__file__
book = next(p for p in sorted(shipped("examples").glob("*.xlsx")))
result = solvency.calculate(book)
assert result.figures["minimum_capital"].notna().all()
assert (shipped("templates") / "life.xlsx").is_file()
print("wheel: only `solvency` exposed,", book.name, "calculated from the installed package")
PY
