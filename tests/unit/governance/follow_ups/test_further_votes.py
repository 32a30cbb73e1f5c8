"""When a vote follows another by itself: pure dates and settings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from fedcoop.governance.follow_ups.further_votes import Sequel, SequelKind, check_rerun, follows
from fedcoop.governance.follow_ups.petitions import signatures_needed
from fedcoop.governance.motions.motion import Motion, MotionState, Quorum, SecondCall, Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.ids import MotionId, ProposalId

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MOTION = Motion(
    id=MotionId(1),
    uuid="u",
    url="https://alder.example/motions/u",
    proposal_id=ProposalId(2),
    title="Close the co-op",
    body="",
    method="resolution",
    options=(),
    settings=Settings(preset="dissolution", extra={"confirm_after": "14d"}),
    channels=frozenset(),
    state=MotionState.CLOSED,
    opens_at=NOW - timedelta(days=10),
    closes_at=NOW,
    first_closes_at=NOW - timedelta(days=3),
    extensions=1,
    eligible=12,
    roll_hash="",
    text_hash="",
    motion_digest="",
    poll_secret=b"",
    opened_by=None,
    created_at=NOW,
)


def test_dissolution_is_confirmed_by_a_second_vote_fourteen_days_later_for_as_long() -> None:
    plan = follows(MOTION, OutcomeCode.CARRIED, None, NOW)
    assert plan is not None
    assert plan.kind is SequelKind.CONFIRMATION
    assert plan.opens_at == NOW + timedelta(days=14)
    assert plan.closes_at - plan.opens_at == timedelta(days=7)
    assert plan.settings == MOTION.settings


def test_a_confirming_vote_needs_no_further_one_and_a_lost_vote_none() -> None:
    confirming = Sequel(MotionId(1), SequelKind.CONFIRMATION, MotionId(0))
    assert follows(MOTION, OutcomeCode.CARRIED, confirming, NOW) is None
    assert follows(MOTION, OutcomeCode.NOT_CARRIED, None, NOW) is None
    ordinary = replace(MOTION, settings=Settings(preset="ordinary"))
    assert follows(ordinary, OutcomeCode.CARRIED, None, NOW) is None


def test_a_second_call_of_a_dissolution_is_confirmed_too() -> None:
    second = Sequel(MotionId(1), SequelKind.SECOND_CALL, MotionId(0))
    plan = follows(MOTION, OutcomeCode.CARRIED, second, NOW)
    assert plan is not None
    assert plan.kind is SequelKind.CONFIRMATION


def test_a_second_call_has_the_quorum_of_its_rule_and_no_third() -> None:
    call = SecondCall(after=timedelta(days=3), lasts=timedelta(days=2), quorum=Quorum(Fraction(1, 10)))
    motion = replace(MOTION, settings=Settings(second_call=call, quorum=Quorum(Fraction(1, 2))))
    plan = follows(motion, OutcomeCode.INQUORATE, None, NOW)
    assert plan is not None
    assert (plan.kind, plan.opens_at) == (SequelKind.SECOND_CALL, NOW + timedelta(days=3))
    assert (plan.settings.quorum, plan.settings.second_call) == (Quorum(Fraction(1, 10)), None)
    second = Sequel(MotionId(1), SequelKind.SECOND_CALL, MotionId(0))
    assert follows(motion, OutcomeCode.INQUORATE, second, NOW) is None


@pytest.mark.parametrize("state", [MotionState.OPEN, MotionState.DECIDED, MotionState.SCHEDULED])
def test_only_an_annulled_vote_is_run_again(state: MotionState) -> None:
    with pytest.raises(MotionRefused) as refused:
        check_rerun(replace(MOTION, state=state))
    assert refused.value.code == "rerun-state"
    check_rerun(replace(MOTION, state=MotionState.ANNULLED))


@pytest.mark.parametrize(("eligible", "needed"), [(1, 1), (9, 1), (10, 1), (11, 2), (120, 12), (121, 13)])
def test_a_petition_needs_a_tenth_of_the_roll_rounded_up(eligible: int, needed: int) -> None:
    assert signatures_needed(eligible) == needed
