"""What looks alike is found, and nothing else: Unicode's table of confusables (UTS 39), case, width, and what is not seen."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.kernel.html import plain_text, prose
from fedcoop.kernel.lookalikes import first_twins, skeletons

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paypal", "P\u0430ypal"),
        ("Modern", "Modem"),
        ("Plan I", "Plan l"),
        ("Plan 1", "Plan l"),
        ("For", "FOR"),
        ("Oven", "0ven"),
        ("A", "\u0391"),
        ("Straße", "STRASSE"),
        ("\ufb01ne", "fine"),
        ("ab", "a\u200bb"),
        ("Yes", "Yes\u3164"),
        ("Yes", "\U000e0041Yes"),
        ("\uff39es", "Yes"),
        ("cafe\u0301", "caf\u00e9"),
        ("two  words", "two\u00a0words"),
    ],
)
def test_what_looks_alike_is_found(one: str, other: str) -> None:
    assert first_twins(["something else", one, other]) == (1, 2)


@pytest.mark.parametrize(
    "texts",
    [
        ["For", "Against", "Abstain"],
        ["Plan 1", "Plan 2", "Plan 3", "Plan 10", "Plan 11"],
        ["Ü", "U", "Ö", "O"],
        ["é", "è", "e"],
        ["Mo 12:00", "Mo 13:00", "Di 12:00"],
        ["один", "два", "три"],
        ["Yes", "Yes!"],
    ],
)
def test_what_differs_stays_apart(texts: list[str]) -> None:
    assert first_twins(texts) is None


@given(st.text(max_size=60))
def test_any_text_has_a_skeleton_and_looks_like_itself(text: str) -> None:
    assert skeletons(text) == skeletons(text)
    assert first_twins([text, text]) == (0, 1)


@given(st.text(alphabet="abc \n\u200b\u202e\u2066\u00ad\u0000\u0007\r\ufeff", max_size=40))
def test_prose_keeps_lines_and_loses_what_is_not_seen(text: str) -> None:
    kept = prose(text)
    assert set(kept) <= set("abc \n")
    assert [char for char in text if char in "abc"] == [char for char in kept if char in "abc"]
    assert prose(kept) == kept


def test_a_joiner_between_letters_stays_and_an_idle_one_goes() -> None:
    assert prose("\u200da\u200cb\u200d\n\u200dc") == plain_text("a\u200cb", 9) + "\nc"


def test_the_table_is_that_of_the_package() -> None:
    made = subprocess.run([sys.executable, ROOT / "tools" / "make_confusables.py", "--check"], check=False, timeout=60)
    assert made.returncode == 0
