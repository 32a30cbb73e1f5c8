"""Facts of deciding, in the past tense, with ids and small values only (architecture.md 5)."""

from dataclasses import dataclass

from fedcoop.kernel.events import Event
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId, RemoteMotionId


@dataclass(frozen=True, slots=True)
class MotionOpened(Event):
    """A motion is open for voting."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class BallotCast(Event):
    """A ballot stands on this motion; it names nobody."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class BallotWithdrawn(Event):
    """A ballot on this motion no longer stands."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class RepresentationChanged(Event):
    """Somebody named or dismissed a delegate in this motion, so that its totals may be others; it names nobody."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class DelegationLapsing(Event):
    """A member has been silent for so long that what they delegated lapses soon."""

    member_id: MemberId


@dataclass(frozen=True, slots=True)
class TargetReached(Event):
    """So many joined that the target of a count is reached (governance.md 7.2)."""

    motion_id: MotionId
    accepts: int


@dataclass(frozen=True, slots=True)
class TargetLost(Event):
    """A withdrawal dropped a count below its target before the close."""

    motion_id: MotionId
    accepts: int


@dataclass(frozen=True, slots=True)
class MotionExtended(Event):
    """The closing time moved; `reason` is public."""

    motion_id: MotionId
    reason: str


@dataclass(frozen=True, slots=True)
class RollCorrected(Event):
    """The roll of an open motion changed, in the open; its size and digest are new."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class MotionClosed(Event):
    """Acceptance has stopped, the ballots are counted, the outcome stands."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class MotionAnnulled(Event):
    """The motion has no effect; `reason` is public."""

    motion_id: MotionId
    reason: str


@dataclass(frozen=True, slots=True)
class MotionReopened(Event):
    """Votes that bind nobody are taken again; `reason` is public."""

    motion_id: MotionId
    reason: str


@dataclass(frozen=True, slots=True)
class ErratumPublished(Event):
    """A spelling fix stands beside the text."""

    motion_id: MotionId
    erratum_id: int


@dataclass(frozen=True, slots=True)
class OutcomeStated(Event):
    """An outcome stands in words, in this version."""

    motion_id: MotionId
    version: int


@dataclass(frozen=True, slots=True)
class MotionMirrored(Event):
    """A motion of another server is shown here."""

    remote_motion_id: RemoteMotionId


@dataclass(frozen=True, slots=True)
class VoteSentAbroad(Event):
    """A member of ours voted on another server's motion."""

    remote_motion_id: RemoteMotionId
    member_id: MemberId


@dataclass(frozen=True, slots=True)
class AnnouncementPublished(Event):
    """An announcement was published."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class MemberAdmitted(Event):
    """Somebody is in the register."""

    member_id: MemberId


@dataclass(frozen=True, slots=True)
class ProposalPublished(Event):
    """A proposal can be read by its audience; it seeks sponsors or is discussed."""

    proposal_id: ProposalId


@dataclass(frozen=True, slots=True)
class ProposalChanged(Event):
    """A proposal has a new version."""

    proposal_id: ProposalId


@dataclass(frozen=True, slots=True)
class ProposalMoved(Event):
    """A proposal is in another phase before its vote, or ended without one."""

    proposal_id: ProposalId


@dataclass(frozen=True, slots=True)
class TemplateOffered(Event):
    """A template of decisions is public from now on; `again` says that it was before, and has changed."""

    uuid: str
    again: bool


@dataclass(frozen=True, slots=True)
class TemplateWithdrawn(Event):
    """A template that was offered is gone."""

    uuid: str
