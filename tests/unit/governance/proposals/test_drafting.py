"""Guards and dates of a proposal before its vote; each refusal shares its set-up with the success (governance.md 2)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import MotionState
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.drafting import Plan, Refusal
from fedcoop.governance.proposals.proposal import ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import MemberId, ProposalId
from tests.unit.governance.samples import motion

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BYLAWS = Bylaws()
PLAN = Plan(ProposalId(1))
ANA, BO = MemberId(1), MemberId(2)


@pytest.mark.parametrize(
    ("code", "stands", "refused"),
    [
        (
            "sponsor-state",
            lambda: drafting.may_sponsor(ProposalState.ADMISSION, BO, [ANA]),
            lambda: drafting.may_sponsor(ProposalState.VOTING, BO, [ANA]),
        ),
        (
            "sponsor-own",
            lambda: drafting.may_sponsor(ProposalState.ADMISSION, BO, [ANA]),
            lambda: drafting.may_sponsor(ProposalState.ADMISSION, ANA, [ANA]),
        ),
        (
            "sponsors-missing",
            lambda: drafting.may_be_admitted(sponsors=2, needed=2),
            lambda: drafting.may_be_admitted(sponsors=1, needed=2),
        ),
        (
            "admission-runs",
            lambda: drafting.may_lapse(replace(PLAN, admission_ends_at=NOW), NOW, sponsors=1, needed=2),
            lambda: drafting.may_lapse(replace(PLAN, admission_ends_at=NOW + DAY), NOW, sponsors=1, needed=2),
        ),
        (
            "sponsors-enough",
            lambda: drafting.may_lapse(replace(PLAN, admission_ends_at=NOW), NOW, sponsors=1, needed=2),
            lambda: drafting.may_lapse(replace(PLAN, admission_ends_at=NOW), NOW, sponsors=2, needed=2),
        ),
        (
            "edited-meanwhile",
            lambda: drafting.may_edit(based_on=3, version=3),
            lambda: drafting.may_edit(based_on=2, version=3),
        ),
        ("discussion-short", lambda: _freeze(PLAN, days=3), lambda: _freeze(PLAN, days=2)),
        (
            "discussion-short",
            lambda: _freeze(replace(PLAN, settings={"preset": "rule_change"}), days=14),
            lambda: _freeze(replace(PLAN, settings={"preset": "rule_change"}), days=13),
        ),
        ("amendments-open", lambda: _freeze(PLAN, days=3), lambda: _freeze(PLAN, days=3, amendments=1)),
        (
            "withdrawal-asked",
            lambda: _freeze(PLAN, days=3),
            lambda: _freeze(replace(PLAN, withdrawal_at=NOW + DAY), days=3),
        ),
        ("notice-runs", lambda: _open(notice_ends_at=NOW), lambda: _open(notice_ends_at=NOW + DAY)),
        ("vote-running", lambda: _open(notice_ends_at=NOW), lambda: _open(notice_ends_at=NOW, running=1)),
        (
            "withdrawal-asked",
            lambda: _open(notice_ends_at=NOW),
            lambda: _open(notice_ends_at=NOW, withdrawal_at=NOW + DAY),
        ),
        (
            "withdrawal-asked",
            lambda: drafting.may_withdraw(PLAN),
            lambda: drafting.may_withdraw(replace(PLAN, withdrawal_at=NOW + DAY)),
        ),
        (
            "adoption-over",
            lambda: drafting.may_adopt(replace(PLAN, withdrawal_at=NOW + DAY), NOW, is_sponsor=True),
            lambda: drafting.may_adopt(replace(PLAN, withdrawal_at=NOW), NOW, is_sponsor=True),
        ),
        (
            "adoption-sponsor",
            lambda: drafting.may_adopt(replace(PLAN, withdrawal_at=NOW + DAY), NOW, is_sponsor=True),
            lambda: drafting.may_adopt(replace(PLAN, withdrawal_at=NOW + DAY), NOW, is_sponsor=False),
        ),
    ],
)
def test_a_guard_lets_the_step_be_taken_or_says_why_not(
    code: str, stands: Callable[[], Refusal | None], refused: Callable[[], Refusal | None]
) -> None:
    drafting.demand(stands())
    with pytest.raises(Conflict) as found:
        drafting.demand(refused())
    assert found.value.code == code
    assert found.value.message.endswith(".")


def _freeze(plan: Plan, *, days: int, amendments: int = 0) -> Refusal | None:
    begun = replace(plan, discussion_began_at=NOW - days * DAY)
    return drafting.may_freeze(begun, NOW, open_amendments=amendments, bylaws=BYLAWS)


def _open(*, running: int = 0, **changes: datetime) -> Refusal | None:
    return drafting.may_open(replace(PLAN, **changes), NOW, running=running)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("eligible", "authors", "own", "needed"),
    [(120, 1, 0, 3), (12, 1, 0, 2), (100, 1, 0, 2), (101, 1, 0, 3), (2, 1, 0, 1), (1, 1, 0, 0), (12, 1, 5, 5)],
)
def test_two_sponsors_or_two_in_a_hundred_are_needed_if_there_are_so_many(
    eligible: int, authors: int, own: int, needed: int
) -> None:
    plan = replace(PLAN, sponsors_needed=own)
    assert drafting.sponsors_for(plan, eligible=eligible, authors=authors, bylaws=BYLAWS) == needed


def test_a_discussion_ends_when_wished_but_not_before_its_shortest_time() -> None:
    assert drafting.begun(PLAN, NOW, BYLAWS).discussion_ends_at == NOW + 3 * DAY
    assert (
        drafting.begun(replace(PLAN, discussion_ends_at=NOW + 8 * DAY), NOW, BYLAWS).discussion_ends_at == NOW + 8 * DAY
    )
    assert drafting.begun(replace(PLAN, discussion_ends_at=NOW + DAY), NOW, BYLAWS).discussion_ends_at == NOW + 3 * DAY
    rules = replace(PLAN, settings={"preset": "rule_change"})
    assert drafting.begun(rules, NOW, BYLAWS).discussion_ends_at == NOW + 14 * DAY


def test_freezing_fixes_the_dates_of_notice_opening_and_close() -> None:
    plain = drafting.frozen(PLAN, NOW, text_hash="f00d")
    assert (plain.notice_ends_at, plain.opens_at, plain.closes_at) == (NOW + 2 * DAY, NOW + 2 * DAY, NOW + 9 * DAY)
    assert (plain.frozen_at, plain.text_hash) == (NOW, "f00d")
    wished = replace(PLAN, opens_at=NOW + 5 * DAY, closes_at=NOW + 7 * DAY)
    dated = drafting.frozen(wished, NOW, text_hash="")
    assert (dated.opens_at, dated.closes_at) == (NOW + 5 * DAY, NOW + 7 * DAY)
    late = drafting.frozen(replace(wished, closes_at=NOW + 5 * DAY), NOW, text_hash="")
    assert late.closes_at == NOW + 12 * DAY  # the wish has become too short for a vote
    again = drafting.thawed(plain)
    assert (again.frozen_at, again.opens_at, again.closes_at, again.text_hash) == (None, None, None, "")


def test_a_draft_goes_where_its_phases_lead() -> None:
    def step(sponsors: int = 2, *, later: bool = False, **changes: bool) -> ProposalEvent:
        return drafting.first_step(replace(PLAN, **changes), sponsors=sponsors, opens_later=later)  # type: ignore[arg-type]

    assert step() is ProposalEvent.DISCUSS
    assert step(seeks_sponsors=True) is ProposalEvent.SEEK_SPONSORS
    assert step(0, seeks_sponsors=True) is ProposalEvent.DISCUSS
    assert step(discusses=False) is ProposalEvent.SUBMIT
    assert step(discusses=False, later=True) is ProposalEvent.SCHEDULE


def test_a_vote_that_binds_nobody_is_no_competing_one() -> None:
    scheduled = motion()
    votes = [scheduled, replace(scheduled, state=MotionState.OPEN), replace(scheduled, state=MotionState.DECIDED)]
    assert lifecycle.running(votes) == 2
    asked = [replace(vote, settings=replace(vote.settings, binding=False)) for vote in votes]
    assert lifecycle.running(asked) == 0
    assert lifecycle.running([motion("sense")]) == 0
