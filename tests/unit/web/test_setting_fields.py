"""The settings of each method as fields: each has one, each choice can be read, what is empty is usual."""

from datetime import timedelta

import pytest

from fedcoop.governance.methods import METHODS
from fedcoop.governance.settings import settings_of
from fedcoop.web.setting_fields import BY_NAME, ELSEWHERE, fields_of, words_of

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
    assert {"quorum", "visibility", "delegation", "early_close", "second_call", "classes", "require"} <= set(fields)
    assert ("option_order" in fields) is method.own_options


def test_fields_left_empty_say_nothing_and_those_of_other_ways_neither() -> None:
    typed = {"threshold": "1/2", "base": " ", "quorum": "1/4", "dots": "9", "title": "Oven"}
    assert words_of(METHODS["resolution"], typed) == {"threshold": ">1/2", "quorum": "1/4"}


def test_labels_are_words_and_hints_sentences() -> None:
    for field in BY_NAME.values():
        assert field.label
        assert not field.label.endswith(".")
        assert not field.hint or field.hint.endswith(".")
