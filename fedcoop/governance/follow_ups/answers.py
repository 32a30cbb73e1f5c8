"""What is written to a ballot: an author's answer to an objection, a decider's to advice, a finding (governance.md 7.4, 7.5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.follow_ups.advice import Advice, Hindrance, may_decide
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.ids import MemberId, MotionId

ACCEPTED, WITHDRAWN = "accepted", "withdrawn"
SETTLING = (ProposalState.CLOSED, ProposalState.DISCUSSION, ProposalState.FROZEN, ProposalState.VOTING)
"""States in which who objected in a round before can say what became of it: also while the next round is open."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written to one member's ballot, and how the member took it.

    `settled` is empty, `accepted` or `withdrawn`; `finding` is what the validity panel found about an objection.
    """

    motion_id: MotionId
    member_id: MemberId
    answer: str = ""
    answered_at: datetime | None = None
    settled: str = ""
    settled_at: datetime | None = None
    finding: str = ""
    found_at: datetime | None = None


def is_answered(answer: Answer | None, ballot: Ballot) -> bool:
    """Return whether the answer was written to the ballot as it stands now."""
    return answer is not None and answer.answered_at is not None and answer.answered_at >= ballot.received_at


def objections_among(ballots: Iterable[Ballot]) -> list[Ballot]:
    """Return the ballots that object."""
    return [ballot for ballot in ballots if "objection" in ballot.choice]


def hindrances(
    motion: Motion,
    ballots: Iterable[Ballot],
    answers: Mapping[MemberId, Answer],
    *,
    names: Mapping[MemberId, str],
    now: datetime,
) -> tuple[Hindrance, ...]:
    """Return why the decider may not decide yet; `names` are the short names of who gave advice."""
    given = [Advice(names[one.member_id], is_answered(answers.get(one.member_id), one)) for one in ballots]
    return may_decide(motion.settings, opened_at=motion.opens_at, now=now, given=given)
