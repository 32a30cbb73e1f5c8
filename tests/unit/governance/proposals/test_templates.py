"""Templates: every built-in one can be used, and what cannot is refused by what is wrong with it."""

from datetime import timedelta
from typing import Any

import pytest

from fedcoop.governance.motions.presets import PRESETS, notice_of
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals.builtin_templates import ROWS
from fedcoop.governance.proposals.templates import (
    BUILT_IN,
    FORMAT,
    Template,
    by_question,
    check_template,
    find_template,
    renamed,
    template_of,
    template_options,
    template_settings,
    template_to_json,
)
from fedcoop.kernel.errors import Invalid

GOOD: dict[str, Any] = template_to_json(BUILT_IN["special"])


@pytest.mark.parametrize("key", list(BUILT_IN))
def test_every_built_in_template_can_be_used_and_survives_json(key: str) -> None:
    template = BUILT_IN[key]
    assert check_template(template) is template
    assert template_of(template_to_json(template)) == template
    assert template.when.endswith(".")
    assert template.when_not.endswith(".")
    assert template.example.endswith((".", "?"))


def test_there_is_a_template_for_every_method_and_preset() -> None:
    assert {template.method for template in BUILT_IN.values()} == set(METHODS)
    assert set(PRESETS) <= set(BUILT_IN)
    assert len({row["key"] for row in ROWS}) == len(ROWS)


def test_templates_are_grouped_by_the_question_they_answer() -> None:
    groups = by_question(BUILT_IN.values())
    assert [template.key for template in groups["Yes or no?"]][:2] == ["ordinary", "special"]


def test_an_own_template_stands_before_a_built_in_one_of_the_same_name() -> None:
    own = renamed(BUILT_IN["ordinary"], key="ordinary", title="Ours")
    assert find_template("ordinary") is BUILT_IN["ordinary"]
    assert find_template("ordinary", [own]) is own
    assert find_template("nothing", [own]) is None


def test_options_of_a_template_are_read_as_its_method_reads_them() -> None:
    template = template_of(GOOD | {"method": "approval", "words": {}, "options": ["Rye", "Spelt"]})
    assert [option.name for option in template_options(template)] == ["Rye", "Spelt"]
    assert [option.key for option in template_options(BUILT_IN["special"])] == ["for", "against", "abstain"]
    assert template_settings(BUILT_IN["special"]).preset == "special"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "fedcoop-template-9"}, "template-format"),
        ({"words": {"quorum": 7}}, "template-format"),
        ({"words": []}, "template-format"),
        ({"options": "abc"}, "template-format"),
        ({"options": ["x"] * 51}, "template-format"),
        ({"phases": 3}, "template-format"),
        ({"phases": {"voting_days": True}}, "template-format"),
        ({"phases": {"admission": 1}}, "template-format"),
        ({"title": 3}, "template-format"),
        ({"key": "Über"}, "template-key"),
        ({"key": ""}, "template-key"),
        ({"title": " "}, "template-text"),
        ({"question": ""}, "template-text"),
        ({"question": "x" * 101}, "template-text"),
        ({"phases": {"voting_days": 0}}, "template-phases"),
        ({"phases": {"discussion_days": 367}}, "template-phases"),
        ({"phases": {"notice_days": -1}}, "template-phases"),
        ({"method": "oracle"}, "template-method"),
        ({"words": {"threshold": "most"}}, "template-setting"),
        ({"words": {"colour": "red"}}, "template-setting"),
        ({"options": ["Rye", "Spelt"]}, "template-options"),
        ({"method": "approval", "words": {}, "options": ["Rye"]}, "template-options"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(change: dict[str, Any], code: str) -> None:
    assert template_of(GOOD).key == "special"
    with pytest.raises(Invalid) as refused:
        template_of(GOOD | change)
    assert refused.value.code == code
    assert refused.value.message


@pytest.mark.parametrize("value", [None, [], "x", 3, {}])
def test_what_is_no_template_at_all_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        template_of(value)
    assert refused.value.code == "template-format"
    assert FORMAT in refused.value.message
    assert isinstance(BUILT_IN["special"], Template)


@pytest.mark.parametrize("key", list(PRESETS))
def test_the_template_of_a_preset_leaves_its_discussion_and_notice(key: str) -> None:
    preset, phases = PRESETS[key], BUILT_IN[key].phases
    assert timedelta(days=phases.notice_days) >= preset.notice
    assert timedelta(days=phases.discussion_days) >= preset.discussion or key == "admission"
    assert notice_of(template_settings(BUILT_IN[key])) == preset.notice
