"""Options as typed: name, meaning, icon and prompt on one line, or as JSON."""

import re
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.option_lines import ICONS, keys_for, line_of, option_of, read_lines
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.errors import MotionRefused

APPROVAL = METHODS["approval"]
SHEET = Path(__file__).parents[4] / "fedcoop" / "web" / "static" / "icons.svg"


def test_a_line_has_a_name_and_what_else_is_given() -> None:
    lines = ["Rye | Dark and dense | bread | What would you bake?", "", "  Olive  ", "Spelt | | sprout"]
    assert read_lines(APPROVAL, lines, {}) == (
        Option("a", "Rye", "Dark and dense", "bread", "What would you bake?"),
        Option("b", "Olive"),
        Option("c", "Spelt", "", "sprout"),
    )


def test_an_option_stored_as_a_line_is_read_back_whole() -> None:
    option = Option("a", "Solar", "For the roof", "sprout", "Why?", 50_000, "2026-06-01T18:00:00Z", 90)
    assert read_lines(APPROVAL, [line_of(option)], {}) == (option,)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("Rye | Dark | bread", "Rye | Dark | loaf", "option-icon"),
        ("Rye | Dark | bread", f"Rye | {'x' * 201}", "option-words"),
        ("Rye | Dark | bread | Why?", "Rye | Dark | bread | Why? | more", "options"),
        ('{"name": "Rye"}', '{"name": "Rye"', "options"),
        ('{"name": "Rye"}', '{"name": 5}', "options"),
        ('{"name": "Rye"}', '{"name": ' + "[" * 20_000, "options"),
        ('{"name": "Rye"}', '{"name": ' * 20_000, "options"),
        ('{"name": "Rye"}', '{"name": "Rye", "colour": "dark"}', "options"),
        ('{"name": "Rye", "cost": 5}', '{"name": "Rye", "cost": true}', "options"),
    ],
)
def test_a_line_that_cannot_be_shown_is_refused(good: str, bad: str, code: str) -> None:
    assert read_lines(APPROVAL, [good], {})[0].name == "Rye"
    with pytest.raises(MotionRefused) as refused:
        read_lines(APPROVAL, [bad], {})
    assert refused.value.code == code


def test_an_object_gives_its_own_key_or_gets_one() -> None:
    given: dict[str, Any] = {"name": "Rye", "key": "rye", "cost": 300}
    assert option_of(APPROVAL, "a", given, {}) == Option("rye", "Rye", cost=300)
    assert keys_for(28)[-2:] == ["aa", "ab"]


def test_the_icons_that_options_may_carry_are_those_of_the_sheet() -> None:
    assert set(re.findall(r'<symbol id="([a-z0-9-]+)"', SHEET.read_text())) == ICONS
