"""Paragraphs, amendments and diffs: what is put where, what is stale, what contradicts (governance.md 2.1)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedcoop.governance.proposals import amendments
from fedcoop.governance.proposals.amendments import Amendment, AmendmentKind, AmendmentState, Change, Operation
from fedcoop.governance.proposals.diffs import diff_texts, words_changed
from fedcoop.governance.proposals.paragraphs import START, paragraphs_of
from fedcoop.kernel.errors import Conflict, FedcoopError
from fedcoop.kernel.ids import ProposalId

TEXT = "We bake with local grain.\n\n1. We buy rye.\n2. We pay 4 cents more.\n3. We share the risk.\n\nFrom 2027 on."
INTRO, RYE, PAY, RISK, END = (paragraph.id for paragraph in paragraphs_of(TEXT))
REPLACE, AFTER, DELETE = Operation


def test_each_point_of_a_list_is_a_paragraph_that_keeps_its_id_when_it_moves() -> None:
    assert [paragraph.is_point for paragraph in paragraphs_of(TEXT)] == [False, True, True, True, False]
    moved = f"A new beginning.\n\n{TEXT}"
    assert [paragraph.id for paragraph in paragraphs_of(moved)][1:] == [INTRO, RYE, PAY, RISK, END]
    twice = paragraphs_of("Same.\n\nSame.")
    assert twice[1].id == f"{twice[0].id}-2"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (Change(REPLACE, PAY, "2. We pay 2 cents more."), TEXT.replace("4 cents", "2 cents")),
        (
            Change(AFTER, RYE, "2. We buy spelt."),
            "We bake with local grain.\n\n1. We buy rye.\n2. We buy spelt.\n3. We pay 4 cents more.\n4. We share the risk."
            "\n\nFrom 2027 on.",
        ),
        (
            Change(DELETE, PAY),
            "We bake with local grain.\n\n1. We buy rye.\n2. We share the risk.\n\nFrom 2027 on.",
        ),
        (Change(AFTER, START, "Preamble."), f"Preamble.\n\n{TEXT}"),
        (Change(AFTER, END, "And look at it in 2028."), f"{TEXT}\n\nAnd look at it in 2028."),
    ],
)
def test_a_change_is_laid_on_its_paragraph(change: Change, wanted: str) -> None:
    assert amendments.apply([change], TEXT) == wanted


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        (Change(REPLACE, PAY, "2. Less."), Change(REPLACE, PAY, "  "), "amendment-text"),
        (Change(REPLACE, PAY, "2. Less."), Change(REPLACE, PAY, "x" * 10_001), "amendment-text"),
        (Change(REPLACE, PAY, "2. Less."), Change(REPLACE, PAY, "2. We pay 4 cents more."), "amendment-text"),
        (Change(REPLACE, PAY, "2. Less."), Change(REPLACE, "0123456789", "2. Less."), "amendment-paragraph"),
        (Change(AFTER, START, "First."), Change(DELETE, START), "amendment-paragraph"),
    ],
)
def test_a_change_that_says_nothing_or_fits_nowhere_is_refused(good: Change, bad: Change, code: str) -> None:
    assert amendments.check_change(good, TEXT) == good
    with pytest.raises(FedcoopError) as refused:
        amendments.check_change(bad, TEXT)
    assert refused.value.code == code


def test_two_changes_of_one_paragraph_contradict() -> None:
    first, second = Change(REPLACE, PAY, "2. Less."), Change(DELETE, PAY)
    assert amendments.apply([first], TEXT) != amendments.apply([second], TEXT)
    with pytest.raises(Conflict) as refused:
        amendments.apply([first, second], TEXT)
    assert refused.value.code == "amendments-conflict"


def test_the_later_accepted_of_two_to_one_paragraph_is_the_conflicting_one() -> None:
    first, other, second = _amendment(1, PAY), _amendment(2, RISK), _amendment(3, PAY)
    assert amendments.without_conflicts([first, other, second]) == ([first, other], [second])
    assert amendments.without_conflicts([second, other, first]) == ([second, other], [first])


def test_an_amendment_whose_paragraph_changed_fits_no_more() -> None:
    change = Change(DELETE, PAY)
    assert amendments.fits(change, TEXT)
    assert amendments.fits(change, f"More.\n\n{TEXT}")
    assert not amendments.fits(change, TEXT.replace("4 cents", "3 cents"))


def test_the_one_that_changes_most_is_voted_first_unless_the_coordinator_says_otherwise() -> None:
    small, large = (
        _amendment(1, PAY, text="2. We pay 3 cents more."),
        _amendment(2, RISK, text="3. Each bears it alone, always."),
    )
    assert amendments.voting_order([small, large], TEXT) == [large, small]
    placed = replace(small, position=1)
    assert amendments.voting_order([large, placed], TEXT) == [placed, large]


def test_a_diff_keeps_whole_paragraphs_and_marks_words() -> None:
    found = diff_texts(TEXT, TEXT.replace("4 cents", "2 cents"))
    assert len(found) == 5
    marked = [(piece.kind, piece.text) for piece in found[2] if piece.kind != "keep"]
    assert marked == [("del", "4"), ("ins", "2")]
    assert words_changed(TEXT, TEXT.replace("4 cents", "2 cents")) == 2
    gone = diff_texts(TEXT, TEXT.replace("\n\nFrom 2027 on.", ""))
    assert [piece.kind for piece in gone[-1]] == ["del"]


def _amendment(number: int, paragraph: str, *, text: str = "2. Less.") -> Amendment:
    return Amendment(
        id=number,
        uuid=str(number),
        proposal_id=ProposalId(1),
        author_id=None,
        kind=AmendmentKind.FORMAL,
        change=Change(REPLACE, paragraph, text),
        based_on=1,
        state=AmendmentState.CARRIED,
        reason="",
        created_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
