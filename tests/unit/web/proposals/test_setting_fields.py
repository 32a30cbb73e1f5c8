"""The settings of each method as fields: each has one, each choice can be read, what is empty is usual."""

from datetime import timedelta

import pytest

from fedcoop.governance.delegation.delegation_rule import DELEGABLE
from fedcoop.governance.motions.lifecycle import COMBINING
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.rolls.weight_rules import BY_COLLEGES
from fedcoop.queries.members.choosable import Choosable
from fedcoop.web.proposals.setting_fields import BY_NAME, ELSEWHERE
from fedcoop.web.proposals.setting_forms import WITHOUT_QUORUM, fields_of, share_in, ticked, words_of

GRACE = timedelta(seconds=120)


@pytest.mark.parametrize("key", METHODS)
def test_each_setting_of_a_method_has_a_field_and_each_choice_is_understood(key: str) -> None:
    method = METHODS[key]
    fields = {field.name: field for field in fields_of(method)}
    read = {
        next(word for word, name in method.reads().items() if name == setting) for setting in method.reads().values()
    }
    assert {*method.extra_keys(), *read} - ELSEWHERE <= set(fields)
    for field in fields.values():
        for value, word in field.choices:
            assert word
            if value:
                settings_of(method, {field.name: value}, grace=GRACE)
    assert {"visibility", "early_close", "members", "classes", "guests", "change", "reasons"} <= set(fields)
    for name in ("quorum", "second_call", "scrutineers"):
        assert (name in fields) is (key not in WITHOUT_QUORUM)
    assert ("option_order" in fields) is method.own_options
    assert ("delegation" in fields) is (key in DELEGABLE)
    assert ("require" in fields) is (key in COMBINING)
    assert ("colleges" in fields) is (key in BY_COLLEGES)
    assert ("live_electorate" in fields) is not method.binding


def test_classes_and_groups_are_asked_about_where_the_register_has_some() -> None:
    method, about = METHODS["resolution"], {"classes", "guests", "groups", "colleges", "class_quorum", "class_veto"}
    one = Choosable((("member", "Members"),), (("member", "Members"),))
    assert not about & {field.name for field in fields_of(method, one)}
    classes = (*one.classes, ("friend", "Friends"))
    fields = {field.name: field for field in fields_of(method, Choosable(classes, one.voting, (("board", "Board"),)))}
    assert about <= set(fields)
    assert fields["guests"].choices == classes
    assert fields["classes"].choices == one.voting
    assert fields["groups"].choices == (("board", "Board"),)


def test_what_is_ticked_and_shared_is_found_again() -> None:
    assert ticked("worker, friend") == ("worker", "friend")
    text = "worker=60%, friend=4 tenths"
    assert [share_in(text, name) for name in ("worker", "friend", "founder")] == ["60%", "4 tenths", ""]


def test_fields_left_empty_say_nothing_and_those_of_other_ways_neither() -> None:
    typed = {"threshold": "1/2", "base": " ", "quorum": "1/4", "dots": "9", "title": "Oven"}
    assert words_of(METHODS["resolution"], typed) == {"threshold": ">1/2", "quorum": "1/4"}


def test_labels_are_words_and_hints_sentences() -> None:
    for field in BY_NAME.values():
        assert field.label
        assert not field.label.endswith(".")
        assert not field.hint or field.hint.endswith(".")
