"""Documents are in step with the code: links, commands, the matrix, the house, and nothing of the machine they were written on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fedcoop.cli.main import COMMANDS
from fedcoop.federation.inbox.authorise import MATRIX

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text())
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "docs/operator-guide.md", "docs/members.md"])
def test_commands_in_the_text_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    used = re.findall(r"^(?:/\S+/bin/)?fedcoop (?:--config \S+ )?([a-z]+)", text, re.MULTILINE)
    assert used
    assert set(used) <= set(COMMANDS)


def test_the_table_in_federation_md_is_the_matrix() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| [^|]+ \| `(\w+)` \|$", (ROOT / "FEDERATION.md").read_text(), re.MULTILINE)
    told = [(tuple(re.findall(r"`(\w+)`", activities)), meaning) for activities, meaning in rows]
    assert told == [(tuple(sorted(row.activities)), row.meaning) for row in MATRIX]


def test_the_list_of_the_house_has_every_module() -> None:
    done = subprocess.run([sys.executable, "tools/list_house.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run tools/list_house.py"


def test_every_record_of_a_decision_has_its_parts() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert len(records) >= 6
    for record in records:
        headings = re.findall(r"^## (.+)$", record.read_text(), re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], record.name


def test_lock_files_hold_no_addresses() -> None:
    for lock in ROOT.glob("tests/*/package-lock.json"):
        assert '"resolved"' not in lock.read_text(), lock


def test_every_picture_of_a_post_is_shown_with_its_words() -> None:
    taken = {path.stem for path in (ROOT / "docs" / "images" / "posts").glob("*.png")}
    shown = re.findall(
        r"^!\[[^]]{10,}\]\(images/posts/(\w+)\.png\)$", (ROOT / "docs" / "posts.md").read_text(), re.MULTILINE
    )
    kept = re.findall(r'\.keep(?:_with_reply)?\("(\w+)"', (ROOT / "tools" / "post_scenes.py").read_text())
    assert sorted(shown) == sorted(taken) == sorted(kept)
