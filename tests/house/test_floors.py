"""The house stands: imports point down, every module says what it does, files and functions stay readable."""

import ast
import re
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


CUT_ONLY = ("name", "email", "commitment", "value", "target", "number", "statement")
"""What actions may cut at its ends and no more: no words that somebody reads."""


def test_what_people_write_is_kept_without_what_is_not_seen():
    """`.strip()` in an action leaves bidi overrides and unseen characters in; `prose` and `plain_text` do not."""
    found = [
        f"{name_of(path)}:{number} {line.strip()}"
        for path in MODULES
        if "actions" in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ".strip()" in line and not any(f"{word}.strip()" in line or word in line for word in CUT_ONLY)
    ]
    assert found == []


def test_rights_are_asked_of_the_office_not_of_its_name():
    """`is_admin` is what the register says; whether it can be used now `Member.has_office` tells."""
    shows = {
        "actions/members/member.py",
        "governance/members/member.py",
        "queries/members/member.py",
        "storage/tables.py",
    }
    asks = {
        str(path.relative_to(ROOT / "fedcoop")) for path in MODULES if "is_admin" in path.read_text(encoding="utf-8")
    }
    assert {path for path in asks if not path.startswith("cli/")} <= shows
    assert not [
        path for path in (ROOT / "fedcoop").rglob("*.html") if "me.is_admin" in path.read_text(encoding="utf-8")
    ]


def test_only_one_door_leads_to_a_copy_of_the_database() -> None:
    """What decides, counts or signs in reads where it is written; `web.frame.guards.look` is for public pages (nodes.md 7)."""
    asking = {
        str(path.relative_to(ROOT / "fedcoop"))
        for path in (ROOT / "fedcoop").rglob("*.py")
        if ".read_old" in path.read_text()
    }
    assert asking == {"storage/unit_of_work.py", "web/frame/guards.py"}
    looking = {
        str(path.relative_to(ROOT / "fedcoop/web"))
        for path in (ROOT / "fedcoop").rglob("*.py")
        if re.search(r"await look\(\s*request", path.read_text())
    }
    assert looking == {"instance/pages.py", "motions/motion.py", "proposals/proposal.py"}
