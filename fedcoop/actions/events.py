"""What happens between people, their accounts and other servers: facts that `wiring.REACTIONS` answers.

Events hold ids and small values only (architecture.md 5). Ours and theirs are different events, so nothing echoes.
Events of deciding are in `governance/events.py`.
"""

from dataclasses import dataclass

from fedcoop.kernel.events import Event
from fedcoop.kernel.ids import ActivityId, ActorId, MemberId, MotionId


@dataclass(frozen=True, slots=True)
class ActivityForwarded(Event):
    """What an actor of `from_origin` said is to be passed on to our other followers as it is (federation.md 8.3)."""

    activity_id: ActivityId
    from_origin: str


@dataclass(frozen=True, slots=True)
class FollowReceived(Event):
    """Somebody's Follow of an actor of ours was settled: `Accept`, or `Reject`, is to be sent (federation.md 8.4)."""

    follower_id: ActorId
    followee_id: ActorId
    follow_uri: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class FollowWanted(Event):
    """An actor of ours wants to follow a remote one; the `Follow` to send has the id `follow_uri`."""

    follower_id: ActorId
    followee_id: ActorId
    follow_uri: str


@dataclass(frozen=True, slots=True)
class FollowEnded(Event):
    """An actor of ours no longer follows a remote one; `Undo` of the `Follow` with the id `follow_uri` is to be sent."""

    follower_id: ActorId
    followee_id: ActorId
    follow_uri: str


@dataclass(frozen=True, slots=True)
class FollowDropped(Event):
    """An actor of ours no longer accepts a follower, who is to be told `Reject`."""

    follower_id: ActorId
    followee_id: ActorId
    follow_uri: str


@dataclass(frozen=True, slots=True)
class VoteRefused(Event):
    """A vote from afar did not count; at most once per motion and actor, within the limits of federation.md 12.3."""

    motion_id: MotionId
    actor_id: ActorId
    code: str
    linked: bool


@dataclass(frozen=True, slots=True)
class VotesMayBeLost(Event):
    """We were away while these motions took votes, and the linked member has no ballot in them (federation.md 18)."""

    outage_id: int
    member_id: MemberId
    motion_ids: tuple[MotionId, ...]


@dataclass(frozen=True, slots=True)
class TotalsOwed(Event):
    """A server raised its own count of this motion by a vote that did not count here (federation.md 12.4)."""

    motion_id: MotionId


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    """A private message to the co-op lies before its people; its author gets the automatic reply."""

    actor_id: ActorId
    note_uri: str


@dataclass(frozen=True, slots=True)
class DeskReplied(Event):
    """An office holder answered somebody elsewhere in the co-op's name."""

    reply_id: int


@dataclass(frozen=True, slots=True)
class QuoteRequested(Event):
    """Somebody asked to quote a public object of ours in `instrument_uri`; `Reject` is the answer (FEP-044f)."""

    actor_id: ActorId
    object_uri: str
    request_uri: str
    instrument_uri: str


@dataclass(frozen=True, slots=True)
class LinkProven(Event):
    """A remote actor sent the one-time code of a member; the member still has to confirm (federation.md 14.3)."""

    member_id: MemberId
    actor_id: ActorId


@dataclass(frozen=True, slots=True)
class LinkConfirmed(Event):
    """A member confirmed a linked account; its votes count from now on."""

    member_id: MemberId
    actor_id: ActorId


@dataclass(frozen=True, slots=True)
class ActorChanged(Event):
    """An actor of ours has a new document."""

    actor_id: ActorId


@dataclass(frozen=True, slots=True)
class ActorRemoved(Event):
    """An actor of ours is deleted; its name is never used again."""

    actor_id: ActorId


@dataclass(frozen=True, slots=True)
class AnnouncementEdited(Event):
    """An announcement has a newer version."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementDeleted(Event):
    """An announcement was taken back; `uuid` is that of its Note."""

    uuid: str


@dataclass(frozen=True, slots=True)
class CodeSent(Event):
    """A member of ours sends a one-time code to another co-op, as a private message of their public profile here."""

    actor_id: ActorId
    recipient_id: ActorId
    code: str
