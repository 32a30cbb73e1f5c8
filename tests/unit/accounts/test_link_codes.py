"""Codes are found in messages as people send them."""

import pytest

from fedcoop.accounts.links import codes_in, new_code, normal_code

CODE = new_code(lambda number: bytes(range(number)))


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"@bread {CODE}",
        f"@bread@bread.example {CODE}",
        f"Hello there, my code is {CODE}. Thank you all!",
        CODE.lower(),
        CODE.replace("-", ""),
        CODE.replace("-", " "),
        f"BREAD\n{CODE}\nABCDE",
        "words and words " * 300 + CODE,
    ],
)
def test_a_code_is_found_whatever_stands_around_it(text):
    assert normal_code(CODE) in list(codes_in(text))


@pytest.mark.parametrize("text", ["", "@bread hello", CODE[:-2], "A" * 27, "A" * 100_000])
def test_what_is_no_code_is_not_found(text):
    assert normal_code(CODE) not in list(codes_in(text))


def test_a_long_message_yields_few_candidates():
    assert len(list(codes_in("abcde " * 5000))) <= 20
