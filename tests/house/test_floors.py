"""The house stands: imports point down, every module says what it does, files and functions stay readable."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "fedcoop").rglob("*.py"))
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
EXEMPT = {ROOT / "fedcoop/storage/tables.py"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_an_import_only_points_down():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-4000:]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_does_and_stays_short(path: Path):
    assert ast.get_docstring(tree(path))
    lines = path.read_text(encoding="utf-8").count("\n")
    assert path in EXEMPT or lines <= LONGEST_FILE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_stay_short_and_import_nothing_behind_our_back(path: Path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.body[0].lineno
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
            hidden = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{node.name} imports inside"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_for_later(path: Path):
    text = path.read_text(encoding="utf-8")
    assert not [word for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X:") if word in text]
