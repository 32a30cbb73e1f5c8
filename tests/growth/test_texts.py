"""Nobody's text costs more than its length: twice as long is twice the steps, whatever it says (lines that the interpreter passes).

Inside what is written in C no lines can be counted: there the CPU seconds of a long text are held against those of its half.
"""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable
from itertools import product

import pytest

import fedcoop
from fedcoop.governance.proposals.diffs import diff_texts
from fedcoop.governance.proposals.paragraphs import paragraphs_of
from fedcoop.kernel.alignment import align
from fedcoop.kernel.html import clean_html, plain_to_html, prose, text_of_html
from fedcoop.kernel.lookalikes import first_twins
from fedcoop.kernel.mentions import text_with_mentions
from tests.steps import steps

DOUBLE = 2.3
LONGEST = 8_000
NOISE_S = 0.05
Two = tuple[str, str]

PAIRS: dict[str, Callable[[int], Two]] = {
    "one paragraph, other words in it": lambda n: (_words(n, 7), _words(n, 7).replace("w1", "v1")),
    "two words in every order": lambda n: ("a b b " * (n // 6), "b a " * (n // 4)),
    "few words, turned round": lambda n: (_words(n, 7, kinds=5), _words(n, 11, kinds=5)[::-1]),
    "paragraphs that are all alike": lambda n: ("We buy rye.\n\n" * (n // 13), "We buy oats.\n\n" * (n // 14)),
    "paragraphs that share nothing": lambda n: (
        "\n\n".join(f"a{i}" for i in range(n // 5)),
        "\n\n".join(f"b{i}" for i in range(n // 5)),
    ),
    "points of a list": lambda n: ("1. a\n" * (n // 5), "1. b\n" * (n // 5)),
    "lines that are no points": lambda n: ("a\n" * (n // 2), "b\n" * (n // 2)),
}

TEXTS: dict[str, Callable[[int], str]] = {
    name: lambda n, unit=unit, end=end: unit * (n // len(unit)) + end
    for name, (unit, end) in {
        "colons": (":", ""),
        "schemes": ("http:", ""),
        "addresses": ("https://a", ""),
        "brackets": ("[", ""),
        "closed brackets": ("]", ""),
        "pictures": ("![[", ""),
        "links": ("[a](", ""),
        "stars": ("*a **a ", ""),
        "lines": ("_a __a ", ""),
        "code": ("`a``b", ""),
        "angles": ("<a:", ""),
        "quotes": ("> a\n", ""),
        "deep quotes": (">", ""),
        "points": ("- a\n", ""),
        "deep points": ("- ", ""),
        "references": ("[a]: u\n", ""),
        "topic that ends in a sign": ("a", " #" + "b" * 9_000 + "@"),
        "topics of digits": ("#1", ""),
        "mentions": ("@a@b", ""),
        "entities": ("&#", ""),
        "blank lines": (" \n", ""),
        "rows": ("|c|d|\n", ""),
        "accents": ("e\u0301\u0323", ""),
    }.items()
} | {"a wide table": lambda n: "|a" * 64 + "|\n" + "|-" * 64 + "|\n" + "|\n" * (n // 2)}

READERS: dict[str, Callable[[str], object]] = {
    "mentions": lambda text: text_with_mentions(text, people={}, topics="/tags"),
    "plain": plain_to_html,
    "prose": prose,
    "paragraphs": paragraphs_of,
    "remote html": clean_html,
    "words of html": text_of_html,
}


def _words(n: int, seed: int, kinds: int = 10_000) -> str:
    return " ".join(f"w{seed * i * i % (kinds + 1)}" for i in range(n // 6))


@pytest.mark.parametrize("name", PAIRS)
def test_a_diff_of_texts_twice_as_long_takes_twice_the_steps(name: str) -> None:
    small, large = (steps(lambda n=n: diff_texts(*PAIRS[name](n))) for n in (2_000, 4_000))
    assert large <= DOUBLE * small


@pytest.mark.parametrize("kinds", [1, 2, 3, 50, 10_000])
def test_two_sequences_twice_as_long_are_aligned_in_twice_the_steps(kinds: int) -> None:
    def work(n: int) -> Callable[[], object]:
        old, new = ([seed * i * i % 10_007 % kinds for i in range(n)] for seed in (7, 11))
        return lambda: align(old, new)

    small, large = (steps(work(n)) for n in (1_000, 2_000))
    assert large <= DOUBLE * small


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_twice_as_long_is_read_in_twice_the_steps(name: str) -> None:
    text = TEXTS[name]
    for reader, read in READERS.items():
        read(text(100))  # what is made once
        small, large = (steps(lambda n=n, read=read: read(text(n))) for n in (300, 600))
        assert large <= DOUBLE * small + 100, reader


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_text_takes_no_more_for_each_character_than_half_of_it(name: str) -> None:
    for reader, read in READERS.items():
        half, whole = (_least_s(read, TEXTS[name](length)) for length in (LONGEST // 2, LONGEST))
        assert whole <= 3 * half + NOISE_S, reader


def _least_s(read: Callable[[str], object], text: str) -> float:
    """Return the least CPU seconds of three readings: what is done inside C cannot be counted."""
    found = []
    for _ in range(3):
        before = time.thread_time()
        read(text)
        found.append(time.thread_time() - before)
    return min(found)


def test_twice_the_choices_are_compared_in_twice_the_steps() -> None:
    first_twins(["a"])
    small, large = (steps(lambda n=n: first_twins([f"Choice {i}" for i in range(n)])) for n in (100, 200))
    assert large <= DOUBLE * small


UNITS = (" ", "a", "0", ".", "-", '"', "(", "[", "<", "\\", ",", ";", "@", "/", "\n", "a.", "0,", "a ", '\\"', "=a")
BEGINS = ("", "a", "http://", "/@", '"', "a>=")
ENDS = ("", "@", "\0")
SLOW_S = 0.5


def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern that a module of ours has, by its place."""
    found: dict[str, re.Pattern[str]] = {}
    for module in pkgutil.walk_packages(fedcoop.__path__, "fedcoop."):
        if not module.name.endswith("__main__"):
            named = vars(importlib.import_module(module.name))
            found |= {f"{module.name}.{name}": value for name, value in named.items() if isinstance(value, re.Pattern)}
    return {name: pattern for name, pattern in found.items() if isinstance(pattern.pattern, str)}


def test_no_pattern_tries_again_and_again() -> None:
    """What doubles with each character shows at twenty, what grows with the cube at two hundred."""
    for (name, pattern), begin in product(patterns().items(), BEGINS):
        before = time.thread_time()
        for unit, end, length in product(UNITS, ENDS, (20, 200)):
            pattern.fullmatch(begin + unit * length + end)
        assert time.thread_time() - before < SLOW_S, (name, begin)
