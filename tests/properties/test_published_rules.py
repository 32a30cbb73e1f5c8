"""What a published motion says of its rule, as `coop:quorum`, as `coop:threshold` and in its text, is what the rule asks for.

Three readers of one motion: the wire's fractions, the sentence, and the count itself; for every method and kind of quorum.
"""

import re
from dataclasses import replace
from datetime import UTC
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.fediverse.publication import motion_members
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.method import ceil_of, least, share_words
from fedcoop.governance.motions.motion import Quorum, Threshold
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.posts import Place, vote_post
from fedcoop.governance.words.wording import plain, rule_sentence
from tests.unit.governance.samples import counted, motion

TAKE_PART = re.compile(r"at least (\d+) of (\d+) (?:members|people) (?:take part|answer)")
MAJORITIES = {"majority", "agreement", "threshold", "status-quo"}
PLACE = Place("Alder Works", "https://alder.example/settings/accounts", UTC)
KEYED = (Shape.ONE, Shape.SET, Shape.RANKING)
shares = st.sampled_from([Fraction(0), Fraction(1)]) | st.builds(Fraction, st.integers(1, 9), st.integers(9, 12))
quorums = st.builds(Quorum, shares, st.integers(0, 60), st.booleans())


def published(asked):
    """The two fractions on the wire, None where there is none."""
    members = motion_members(asked, electorate="https://alder.example/actors/alder")
    found = (members.get(key) for key in ("coop:quorum", "coop:threshold"))
    return tuple(None if text is None else Fraction(text) for text in found)


@settings(max_examples=60, deadline=None)
@given(method=st.sampled_from(sorted(METHODS)), quorum=quorums, eligible=st.integers(1, 40))
def test_the_quorum_on_the_wire_in_the_text_and_in_the_count_are_one(
    method: str, quorum: Quorum, eligible: int
) -> None:
    asked = motion(method, eligible=eligible)
    asked = replace(asked, settings=replace(asked.settings, quorum=quorum))
    share, _ = published(asked)
    on_wire = 0 if share is None else ceil_of(share * eligible)
    told = TAKE_PART.search(vote_post(asked, "<p>x</p>", PLACE))
    in_text = [int(number) for number in told.groups()] if told else [0, eligible]
    requirements = counted(asked, []).outcome.requirements
    in_count = next((requirement.need for requirement in requirements if requirement.name == "quorum"), 0)
    assert [on_wire, eligible] == in_text
    assert on_wire == in_count
    assert share is None or share > 0
    assert share is None or METHODS[method].has_quorum


@given(quorum=quorums, eligible=st.integers(1, 200), joined=st.integers(0, 20))
def test_a_correction_of_the_roll_changes_neither_text_nor_wire(quorum: Quorum, eligible: int, joined: int) -> None:
    asked = replace(motion(), eligible=eligible, first_eligible=eligible)
    asked = replace(asked, settings=replace(asked.settings, quorum=quorum))
    later = replace(asked, eligible=eligible + joined)
    assert published(later) == published(asked)
    assert vote_post(later, "", PLACE) == vote_post(asked, "", PLACE)


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from(sorted(METHODS)),
    threshold=st.none()
    | st.builds(Threshold, st.builds(Fraction, st.integers(1, 6), st.integers(6, 7)), st.booleans()),
    votes=st.integers(1, 12),
    with_status_quo=st.booleans(),
)
def test_the_threshold_on_the_wire_is_that_of_the_text_and_of_the_count(
    method: str, threshold: Threshold | None, votes: int, with_status_quo: bool
) -> None:
    """Whether the share has to be passed or only reached stands in the text."""
    asked = motion(method, **({"status_quo": "a"} if method in ("schulze", "ranked_pairs") and with_status_quo else {}))
    if not (method in ("schulze", "ranked_pairs") and not with_status_quo):
        asked = replace(asked, settings=replace(asked.settings, threshold=threshold))
    _, share = published(asked)
    choices: list[Choice] = [(asked.options[1].key,)] * votes if METHODS[method].shape in KEYED else []
    requirements = counted(asked, choices).outcome.requirements
    found = [requirement for requirement in requirements if requirement.name in MAJORITIES]
    if share is None:
        assert found == [] or method == "runoff", "more than half is what a runoff is, not a rule of the motion"
        return
    sentence = plain(rule_sentence(method, asked.options, asked.settings, asked.eligible))
    told = re.search(rf"(more than|at least) {re.escape(share_words(share))}(?!\w)", sentence)
    assert told is not None
    assert {requirement.need for requirement in found} <= {least(votes, Threshold(share, told[1] == "more than"))}
