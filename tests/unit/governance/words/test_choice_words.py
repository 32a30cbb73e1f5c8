"""What was chosen reads the same wherever it is told."""

import pytest

from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.words.choice_words import choice_words

OPTIONS = (Option("a", "Amara"), Option("b", "Bilal"), Option("c", "Chiara"))


@pytest.mark.parametrize(
    ("method", "choice", "told"),
    [
        ("approval", ("a",), "Amara"),
        ("approval", ("a", "b", "c"), "Amara, Bilal and Chiara"),
        ("approval", (), "Abstained"),
        ("stv_scottish", ("c", "a"), "1. Chiara, 2. Amara"),
        ("score", Scores({"c": 0, "a": 5}), "Amara 5, Chiara 0"),
        ("dots", Scores({"b": 8}), "Bilal 8"),
        ("dates", Scores({"c": 0, "a": 2, "b": 1}), "Amara: yes, Bilal: if need be, Chiara: no"),
        ("questions", (), "An answer in words"),
        ("gone", ("z",), "z"),
    ],
)
def test_a_choice_is_told_in_the_shape_of_its_method(method: str, choice: Choice, told: str) -> None:
    assert choice_words(method, choice, OPTIONS) == told
