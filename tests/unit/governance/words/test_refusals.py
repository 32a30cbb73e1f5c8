"""What a refused voter reads: whole sentences for every code, and for part of a vote what counts and why not the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.rolls.bars import BARS
from fedcoop.governance.words.refusals import (
    MOST_MARKS,
    NotCounted,
    Told,
    from_json,
    partly_counted_sentence,
    refused_vote_sentence,
    to_json,
)
from fedcoop.kernel.ids import MotionId, ProposalId

AT = datetime(2026, 3, 1, tzinfo=UTC)
TOLD = Told(title="A {strange} title", coop="Alder Works", closed="Sun 8 Mar, 20:00 UTC")
HEAD = "Your vote on “A {strange} title” was not counted: "


def poll(method: str = "approval", names: str = "Oven Mixer Van None", **words: str) -> Motion:
    options = tuple(Option(name.lower(), name) for name in names.split()) if METHODS[method].own_options else ()
    return Motion(
        id=MotionId(1),
        uuid="u",
        url="https://alder.example/motions/u",
        proposal_id=ProposalId(1),
        title="What do we buy?",
        body="",
        method=method,
        options=options or METHODS[method].default_options(),
        settings=settings_of(METHODS[method], words, grace=timedelta()),
        channels=frozenset({Channel.ACTIVITYPUB}),
        state=MotionState.OPEN,
        opens_at=AT,
        closes_at=AT + timedelta(days=7),
        first_closes_at=AT + timedelta(days=7),
        extensions=0,
        eligible=3,
        roll_hash="",
        text_hash="",
        motion_digest="",
        poll_secret=b"",
        opened_by=None,
        created_at=AT,
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("unlinked", HEAD + "it is for members of Alder Works, and this account is not linked to a membership."),
        ("link-rests", HEAD + "the link between this account and your membership rests until you link it again."),
        ("ineligible", HEAD + "you are not on its list of voters."),
        ("early", HEAD + "the vote had not opened yet. Vote once more when it has."),
        (
            "late",
            "Your vote on “A {strange} title” reached us after the close and could not be counted. "
            "It closed Sun 8 Mar, 20:00 UTC.",
        ),
        (
            "closed",
            "Your vote on “A {strange} title” reached us after the close and could not be counted. "
            "It closed Sun 8 Mar, 20:00 UTC.",
        ),
        ("channel", HEAD + "this vote is taken on the co-op’s own page only."),
        ("secret", HEAD + "it is a secret vote, cast on the co-op’s own page."),
        ("option", HEAD + "that answer is not among the choices."),
        ("reason", HEAD + "that answer needs a reason. Give it on the co-op’s page."),
        ("too-many", HEAD + "those are more choices than the vote allows."),
        ("too-few", HEAD + "the vote asks for more choices."),
        ("superseded", HEAD + "a later one of yours stands."),
        ("duplicate", "You have voted on “A {strange} title”; a vote on it cannot be changed."),
        (
            "forged",
            "A vote on “A {strange} title” was not counted: it did not come straight from the account that it names.",
        ),
        ("something-new", "Your vote on “A {strange} title” could not be counted."),
    ],
)
def test_every_refusal_has_a_sentence_that_names_the_vote(code: str, told: str) -> None:
    assert refused_vote_sentence(code, TOLD) == told


@pytest.mark.parametrize(("most", "told"), [(1, "it takes one answer. Choose one."), (2, "you may tick up to 2.")])
def test_who_gave_too_many_answers_reads_how_many_there_may_be(most: int, told: str) -> None:
    assert refused_vote_sentence("too-many", Told(title="A", most=most)) == f"Your vote on “A” was not counted: {told}"


@pytest.mark.parametrize("bar", sorted(BARS))
def test_whoever_has_no_vote_reads_why(bar: str) -> None:
    told = refused_vote_sentence("ineligible", Told(title="A", bar=bar))
    assert told.startswith("Your vote on “A” was not counted: ")
    assert told != refused_vote_sentence("ineligible", Told(title="A"))
    assert told.endswith(".")


def test_a_suspended_member_reads_that_the_vote_rests() -> None:
    told = refused_vote_sentence("ineligible", Told(title="A", bar="suspended"))
    assert told == (
        "Your vote on “A” was not counted: your vote rests while your membership is suspended. "
        "It counts again once the suspension ends."
    )


OVEN_AND_MIXER = ("oven", "mixer")


@pytest.mark.parametrize(
    ("words", "counted", "refused", "told"),
    [
        (
            {"max": "2"},
            OVEN_AND_MIXER,
            [("Van", "too-many")],
            "Counted: Oven, Mixer. Not counted: Van, because you may tick up to 2.",
        ),
        (
            {"max": "2"},
            OVEN_AND_MIXER,
            [("Van", "too-many"), ("Perhaps", "option"), ("None", "too-many"), ("Van", "too-many")],
            "Counted: Oven, Mixer. Not counted: Van, None, because you may tick up to 2; "
            "Perhaps, because it is not among the choices.",
        ),
        (
            {"none": "none"},
            ("oven",),
            [("None", "too-many")],
            "Counted: Oven. Not counted: None, because it excludes the others.",
        ),
        (
            {"none": "none"},
            ("none",),
            [("Oven", "too-many")],
            "Counted: None. Not counted: Oven, because “None” excludes the others.",
        ),
        (
            {},
            ("oven",),
            [("Van", "late")],
            "Counted: Oven. Not counted: Van, because it reached us after the close.",
        ),
        (
            {},
            ("oven",),
            [("Van", "odd")],
            "Counted: Oven. Not counted: Van, because it could not be taken.",
        ),
    ],
)
def test_of_a_vote_that_is_taken_in_part_the_voter_reads_which_part(
    words: Any, counted: Any, refused: Any, told: str
) -> None:
    assert partly_counted_sentence(poll(**words), counted, [NotCounted(*mark) for mark in refused]) == told


def test_where_one_answer_counts_the_first_is_named_too() -> None:
    left = [NotCounted("Against", "duplicate")]
    told = partly_counted_sentence(poll("resolution", change="never"), ("for",), left)
    assert told == "Counted: For. Not counted: Against, because a vote here cannot be changed."


def test_stored_marks_are_few_and_plain() -> None:
    marks = [NotCounted(f"\u202eA\n{number}" + "x" * 200, "option") for number in range(30)]
    kept = from_json(to_json(marks))
    assert len(kept) == MOST_MARKS
    assert all(len(mark.name) <= 100 and mark.name.isprintable() for mark in kept)
