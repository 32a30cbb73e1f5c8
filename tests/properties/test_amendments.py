"""Whatever the text and its amendments: those that do not contradict merge in any order, and a diff says both texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.proposals.amendments import Change, Operation, apply
from fedcoop.governance.proposals.diffs import DELETE, INSERT, diff_texts, words_changed
from fedcoop.governance.proposals.paragraphs import START, paragraphs_of, renumbered, text_of
from fedcoop.kernel.errors import Conflict

words = st.sampled_from(
    ["We buy flour.", "We pay less.", "1. Rye", "2. Wheat", "- Oats", "Each year\nanew.", "Ärger", "x" * 30]
)
texts = st.lists(words, max_size=7).flatmap(
    lambda found: st.lists(st.sampled_from(["\n\n", "\n", "\n \n\n"]), min_size=len(found), max_size=len(found)).map(
        lambda gaps: "".join(word + gap for word, gap in zip(found, gaps, strict=True))
    )
)


@st.composite
def amended(draw: st.DrawFn) -> tuple[str, list[Change]]:
    """A text, and changes each of a paragraph of its own."""
    text = draw(texts)
    ids = [START, *(paragraph.id for paragraph in paragraphs_of(text))]
    chosen = draw(st.lists(st.sampled_from(ids), unique=True, max_size=len(ids)))
    changes = [
        Change(Operation.INSERT_AFTER if place == START else draw(st.sampled_from(Operation)), place, draw(words))
        for place in chosen
    ]
    return text, changes


@given(texts)
def test_paragraphs_joined_say_the_text_again(text: str) -> None:
    found = paragraphs_of(text)
    assert text_of(found) == text.strip()
    assert len({paragraph.id for paragraph in found}) == len(found)


@given(amended(), st.randoms())
def test_the_order_of_amendments_to_different_paragraphs_changes_nothing(
    case: tuple[str, list[Change]], rnd: object
) -> None:
    text, changes = case
    shuffled = list(changes)
    rnd.shuffle(shuffled)  # type: ignore[attr-defined]
    assert apply(changes, text) == apply(shuffled, text)


@given(amended())
def test_two_amendments_to_one_paragraph_always_contradict(case: tuple[str, list[Change]]) -> None:
    text, changes = case
    for change in changes:
        with pytest.raises(Conflict) as refused:
            apply([*changes, change], text)
        assert refused.value.code == "amendments-conflict"


@given(texts, texts)
def test_a_diff_without_what_went_is_the_new_text_and_without_what_came_the_old(old: str, new: str) -> None:
    found = diff_texts(old, new)

    def said(kind: str) -> list[str]:
        whole = ("".join(piece.text for piece in paragraph if piece.kind != kind) for paragraph in found)
        return [text for text in whole if text]

    assert said(DELETE) == [paragraph.text for paragraph in paragraphs_of(new)]
    assert said(INSERT) == [paragraph.text for paragraph in paragraphs_of(old)]
    assert words_changed(old, old) == 0


@given(texts)
def test_renumbering_twice_changes_nothing_more(text: str) -> None:
    assert renumbered(renumbered(text)) == renumbered(text)
