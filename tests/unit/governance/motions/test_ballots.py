"""Which ballot stands: channel, time, roll, choice, reason, replacement, in that order (governance.md 4; federation.md 12.3)."""

from dataclasses import replace
from datetime import timedelta
from timeit import repeat

import pytest

from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.ballots import Ballot, Cast, RollEntry, accept, entitled, may_withdraw
from fedcoop.governance.motions.motion import Channel, Motion, MotionState
from fedcoop.kernel.errors import BallotRefused
from tests.unit.governance.samples import CLOSES, OPENS, ballot, cast, entries_of, from_afar, motion

GRACE = timedelta(seconds=120)
TICK = timedelta(microseconds=1)


def refused(motion: Motion, voter: RollEntry | None, given: Cast, earlier: Ballot | None = None) -> str:
    with pytest.raises(BallotRefused) as error:
        accept(motion, voter, earlier, given, ballot_id=1, nonce="0" * 32)
    assert error.value.message
    return error.value.code


def voter_of(motion: Motion) -> RollEntry:
    return entries_of(motion)[0]


def test_a_ballot_holds_what_was_cast_and_who_is_on_the_roll() -> None:
    asked = motion()
    voter, given = voter_of(asked), from_afar("for", reason="  It is cheap.  ")
    found = accept(asked, voter, None, given, ballot_id=9, nonce="a" * 32)
    assert found == Ballot(
        id=9,
        motion_id=asked.id,
        member_id=voter.member_id,
        voter=voter.voter,
        choice=("for",),
        reason="It is cheap.",
        channel=Channel.ACTIVITYPUB,
        actor_id=given.actor_id,
        cast_at=given.cast_at,
        received_at=given.received_at,
        nonce="a" * 32,
    )


@pytest.mark.parametrize(
    ("channel", "on", "stands"),
    [
        (Channel.WEB, {Channel.WEB}, True),
        (Channel.WEB, {Channel.ACTIVITYPUB}, False),
        (Channel.ACTIVITYPUB, {Channel.ACTIVITYPUB}, True),
        (Channel.ACTIVITYPUB, {Channel.WEB}, False),
        (Channel.PEER, {Channel.WEB}, False),
        (Channel.PAPER, {Channel.WEB}, True),
        (Channel.PAPER, {Channel.ACTIVITYPUB}, True),
    ],
)
def test_only_channels_that_are_on_are_taken_and_paper_always(channel: Channel, on: set[Channel], stands: bool) -> None:
    asked = replace(motion(), channels=frozenset(on))
    given = cast("for", channel=channel)
    if stands:
        assert ballot(asked, voter_of(asked), given).channel is channel
    else:
        assert refused(asked, voter_of(asked), given) == "channel"


def test_a_secret_vote_is_never_taken_from_afar() -> None:
    asked = motion()
    secret = replace(asked, settings=replace(asked.settings, secrecy="secret"))
    assert ballot(secret, voter_of(asked), cast("for"))
    assert refused(secret, voter_of(asked), from_afar("for")) == "secret"


@pytest.mark.parametrize(
    ("cast_at", "received_at", "on_the_web", "from_other_servers"),
    [
        (OPENS - GRACE - TICK, OPENS, "early", "early"),
        (OPENS - GRACE, OPENS, "early", ""),
        (OPENS - TICK, OPENS, "early", ""),
        (OPENS, OPENS, "", ""),
        (CLOSES, CLOSES, "", ""),
        (CLOSES, CLOSES + TICK, "late", ""),
        (CLOSES, CLOSES + GRACE, "late", ""),
        (CLOSES, CLOSES + GRACE + TICK, "late", "late"),
        (CLOSES + TICK, CLOSES + TICK, "late", "late"),
    ],
)
def test_both_ends_count_and_grace_serves_other_servers_only(
    cast_at, received_at, on_the_web: str, from_other_servers: str
) -> None:
    asked = motion()
    voter = voter_of(asked)
    for make, code in ((cast, on_the_web), (from_afar, from_other_servers)):
        given = make("for", cast_at=cast_at, received_at=received_at)
        assert (refused(asked, voter, given) if code else ballot(asked, voter, given) and "") == code


def test_a_vote_that_closed_because_all_had_voted_has_no_grace() -> None:
    asked = motion()
    given = from_afar("for", cast_at=CLOSES, received_at=CLOSES + TICK)
    assert ballot(asked, voter_of(asked), given)
    assert refused(replace(asked, no_grace=True), voter_of(asked), given) == "late"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (MotionState.SCHEDULED, "early"),
        (MotionState.CLOSED, "closed"),
        (MotionState.DECIDED, "closed"),
        (MotionState.ANNULLED, "closed"),
        (MotionState.WITHDRAWN, "closed"),
    ],
)
def test_only_an_open_motion_takes_ballots(state: MotionState, code: str) -> None:
    asked = motion()
    assert ballot(asked, voter_of(asked), cast("for"))
    assert refused(replace(asked, state=state), voter_of(asked), cast("for")) == code


def test_who_is_not_on_the_roll_has_no_vote() -> None:
    assert refused(motion(), None, cast("for")) == "ineligible"


@pytest.mark.parametrize("status", list(MemberStatus))
def test_who_is_on_the_roll_may_vote_as_long_as_the_membership_carries_a_vote(status: MemberStatus) -> None:
    entry = voter_of(motion())
    assert (entitled(entry, status) is entry) is (status in (MemberStatus.FULL, MemberStatus.LEAVING))
    assert entitled(None, status) is None
    assert entitled(entry, None) is None


@pytest.mark.parametrize(
    ("method", "settings", "choice", "code"),
    [
        ("resolution", {}, (), "too-few"),
        ("resolution", {}, ("for", "against"), "too-many"),
        ("resolution", {}, ("maybe",), "option"),
        ("approval", {}, ("z",), "option"),
        ("approval", {"max": "2"}, ("a", "b", "c"), "too-many"),
        ("approval", {"none": "c"}, ("a", "c"), "too-many"),
        ("approval", {"min": "2"}, ("a",), "too-few"),
    ],
)
def test_a_choice_that_breaks_the_rule_is_refused(
    method: str, settings: dict[str, str], choice: tuple[str, ...], code: str
) -> None:
    asked = motion(method, **settings)
    right = ("for",) if method == "resolution" else ("a", "b")
    assert ballot(asked, voter_of(asked), cast(*right)).choice == right
    assert refused(asked, voter_of(asked), cast(*choice)) == code


@pytest.mark.parametrize(
    ("method", "settings", "needs", "needs_none"),
    [
        ("resolution", {"reasons": "required"}, ("for",), None),
        ("resolution", {"reasons": "required_for:against"}, ("against",), ("for",)),
        ("consent", {}, ("objection",), ("consent",)),
        ("consent", {}, ("consent_with_concern",), ("consent",)),
        ("consent", {"reasons": "optional"}, ("objection",), ("consent",)),
        ("consensus", {}, ("block",), ("stand_aside",)),
        ("consensus", {"reasons": "optional"}, ("block",), ("agree",)),
    ],
)
def test_an_answer_that_needs_a_reason_is_refused_without(
    method: str, settings: dict[str, str], needs: tuple[str, ...], needs_none: tuple[str, ...] | None
) -> None:
    asked = motion(method, **settings)
    voter = voter_of(asked)
    assert ballot(asked, voter, cast(*needs, reason="It harms the bakery.")).reason == "It harms the bakery."
    assert refused(asked, voter, cast(*needs, reason=" \n ")) == "reason"
    assert refused(asked, voter, from_afar(*needs)) == ("reason" if needs_none else "channel")
    if needs_none:
        assert ballot(asked, voter, cast(*needs_none)).reason == ""


def test_a_reason_is_dropped_where_they_are_off_and_refused_where_it_is_too_long() -> None:
    off, short = motion(reasons="off"), motion(reason_max="10")
    assert ballot(off, voter_of(off), cast("for", reason="because")).reason == ""
    assert ballot(short, voter_of(short), cast("for", reason="x" * 10))
    assert refused(short, voter_of(short), cast("for", reason="x" * 11)) == "reason-long"


def test_a_later_ballot_replaces_the_earlier_wholly_or_is_refused() -> None:
    for change, code in (("until_close", ""), ("never", "duplicate")):
        asked = motion(change=change)
        voter = voter_of(asked)
        first = ballot(asked, voter, cast("for", reason="cheap"))
        for second in (cast("against"), cast("for"), from_afar("against"), cast("against", channel=Channel.PAPER)):
            if code:
                assert refused(asked, voter, second, first) == code
            else:
                found = ballot(asked, voter, second, first)
                assert (found.choice, found.reason) == (second.choice, "")
                assert found.nonce != first.nonce


def test_approvals_of_one_actor_add_up_in_any_order_also_where_votes_cannot_change() -> None:
    for change in ("until_close", "never"):
        asked = motion("approval", change=change)
        voter = voter_of(asked)
        for marks in (("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")):
            standing = None
            for mark in marks:
                standing = ballot(asked, voter, from_afar(mark, accumulate=True), standing)
            assert standing is not None
            assert standing.choice == ("a", "b", "c")
        assert ballot(asked, voter, from_afar("a", accumulate=True), standing).choice == ("a", "b", "c")


@pytest.mark.parametrize(
    "other",
    [
        from_afar("b", actor=6, accumulate=True),
        from_afar("b"),
        cast("b"),
        cast("b", channel=Channel.PAPER, accumulate=True),
    ],
)
def test_a_ballot_of_another_actor_or_channel_never_merges(other: Cast) -> None:
    asked, fixed = motion("approval"), motion("approval", change="never")
    voter = voter_of(asked)
    first = ballot(asked, voter, from_afar("a", accumulate=True))
    assert ballot(asked, voter, from_afar("b", accumulate=True), first).choice == ("a", "b")
    assert ballot(asked, voter, other, first).choice == ("b",)
    assert refused(fixed, voter, other, first) == "duplicate"


def test_marks_that_together_break_the_rule_are_refused_and_the_earlier_stand() -> None:
    asked = motion("approval", max="2", none="c")
    voter = voter_of(asked)
    both = ballot(asked, voter, from_afar("b", accumulate=True), ballot(asked, voter, from_afar("a", accumulate=True)))
    assert both.choice == ("a", "b")
    assert refused(asked, voter, from_afar("c", accumulate=True), both) == "too-many"
    one = ballot(asked, voter, from_afar("a", accumulate=True))
    assert refused(asked, voter, from_afar("c", accumulate=True), one) == "too-many"


def test_a_vote_that_waited_in_a_queue_does_not_replace_a_newer_one_cast_here() -> None:
    asked = motion()
    voter = voter_of(asked)
    early, late = OPENS + timedelta(hours=1), OPENS + timedelta(hours=2)
    newer = ballot(asked, voter, cast("for", cast_at=late, received_at=late))
    assert refused(asked, voter, from_afar("against", cast_at=early, received_at=early), newer) == "superseded"
    later = late + timedelta(hours=1)
    assert ballot(asked, voter, from_afar("against", cast_at=early, received_at=later), newer).choice == ("against",)


def test_the_first_check_that_fails_names_the_refusal() -> None:
    asked = motion(change="never", reason_max="5")
    voter = voter_of(asked)
    standing = ballot(asked, voter, cast("for"))
    late = CLOSES + timedelta(days=1)
    given = from_afar("maybe", reason="too long a reason", cast_at=late, received_at=late)
    web_only = replace(asked, channels=frozenset({Channel.WEB}), settings=replace(asked.settings, secrecy="secret"))
    assert refused(replace(web_only, settings=asked.settings), None, given, standing) == "channel"
    assert refused(web_only, None, given, standing) == "secret"
    secret = replace(web_only, channels=asked.channels)
    assert refused(secret, None, given, standing) == "secret"
    assert refused(asked, None, given, standing) == "late"
    given = replace(given, cast_at=OPENS, received_at=OPENS)
    assert refused(asked, None, given, standing) == "ineligible"
    assert refused(asked, voter, given, standing) == "option"
    given = replace(given, choice=("against",))
    assert refused(asked, voter, given, standing) == "reason-long"
    assert refused(asked, voter, replace(given, reason=""), standing) == "duplicate"


def withdrawing(motion: Motion, at) -> str:
    try:
        may_withdraw(motion, at)
    except BallotRefused as error:
        return error.code
    return ""


def test_a_ballot_is_withdrawn_until_the_close_where_ballots_may_change() -> None:
    asked = motion()
    assert withdrawing(asked, OPENS) == ""
    assert withdrawing(asked, CLOSES) == ""
    assert withdrawing(asked, CLOSES + TICK) == "late"
    assert withdrawing(motion(change="never"), OPENS) == "duplicate"
    assert withdrawing(replace(asked, state=MotionState.CLOSED), OPENS) == "closed"


def test_judging_a_ballot_costs_next_to_nothing() -> None:
    asked = motion("approval")
    voter = voter_of(asked)
    first, given = ballot(asked, voter, from_afar("a")), from_afar("b", accumulate=True)
    best = min(repeat(lambda: accept(asked, voter, first, given, ballot_id=1, nonce="0"), number=1000, repeat=3)) / 1000
    assert best < 0.0005
