"""Plain values for rows that no rule of the pure floors describes: actors, follows, notes, queue rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fedcoop.governance.fediverse.looks import Told
from fedcoop.kernel.html import fold_name
from fedcoop.kernel.ids import ActivityId, ActorId, MemberId, MotionId, NoteId, ProposalId, RemoteMotionId


@dataclass(frozen=True, slots=True)
class Actor:
    """An ActivityPub identity, ours or remote. `handle` is `name@host` once verified by loop-back, else empty.

    `icon` and `image` are names in `media`, for ours only; `document` of ours is what was published last.
    """

    id: ActorId
    uri: str
    local: bool
    kind: str
    name: str
    origin: str
    handle: str
    display_name: str
    summary: str
    url: str
    inbox: str
    shared_inbox: str
    followers: str
    document: Mapping[str, Any] | None
    created_at: datetime
    fetched_at: datetime | None
    gone_at: datetime | None
    suspended_at: datetime | None
    moved_to: str
    icon: str = ""
    image: str = ""

    @property
    def address(self) -> str:
        """`name@host` to show and to write to: the verified handle, else as the actor's own server has it."""
        return self.handle or f"{self.name}@{self.uri.partition('://')[2].partition('/')[0]}"


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A public key of an actor; `secret` is the encrypted private key of a local one.

    `known` is False for one that merely appeared beside the keys of a remote actor (federation.md 14.4).
    """

    key_id: str
    actor_id: ActorId
    algorithm: str
    material: str
    secret: bytes | None
    fetched_at: datetime
    known: bool = True


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Private keys of an actor of ours for one algorithm; `retired` holds those replaced of late, the oldest first."""

    present: ActorKey
    retired: tuple[tuple[datetime, ActorKey], ...]

    def of(self, made_at: datetime) -> ActorKey:
        """Return the key for what the actor said at `made_at`: the one of then while it still signs, or the present one.

        So the `Update` that tells of new keys is signed with the old ones (federation.md 3.4).
        """
        return next((key for retired_at, key in self.retired if retired_at >= made_at), self.present)


@dataclass(frozen=True, slots=True)
class Follow:
    """Who follows whom; `state` is `pending`, `accepted` or `rejected`."""

    id: int
    follower_id: ActorId
    followee_id: ActorId
    uri: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A member's fediverse account. `state` is `active` or `frozen` (federation.md 14.4).

    `former_handle` is how it was called when it was linked, if its own server gives it another name now.
    """

    id: int
    member_id: MemberId
    actor_id: ActorId
    state: str
    handle: str
    reason: str
    created_at: datetime
    confirmed_at: datetime | None
    former_handle: str = ""


@dataclass(frozen=True, slots=True)
class LinkChallenge:
    """A pending one-time code (federation.md 14.1); `actor_id` and `proven_at` are set once the code came in."""

    code_hash: bytes
    member_id: MemberId
    code_secret: bytes
    handle: str
    actor_uri: str
    expires_at: datetime
    proven_at: datetime | None
    actor_id: ActorId | None


@dataclass(frozen=True, slots=True)
class Account:
    """A sign-in of a member; an empty hash means that only links sign in."""

    id: int
    member_id: MemberId
    password_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser."""

    token_hash: bytes
    account_id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    browser: str


@dataclass(frozen=True, slots=True)
class Version:
    """A text as it stood; `note` says what changed (governance.md 2)."""

    proposal_id: ProposalId
    n: int
    title: str
    body: str
    body_html: str
    author_id: MemberId | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What a member is to some proposals: of which version each that they sponsor, those they co-write, those they spoke on."""

    sponsored: Mapping[ProposalId, int]
    co_writes: frozenset[ProposalId]
    spoke: frozenset[ProposalId]


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A member who stands behind a proposal; `version` is the one they signed."""

    proposal_id: ProposalId
    member_id: MemberId
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What a member says about a proposal: `kind` is `comment`, `question` or `reaction`."""

    id: int
    uuid: str
    proposal_id: ProposalId
    author_id: MemberId | None
    kind: str
    body: str
    body_html: str
    version: int
    reply_to: int | None
    at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a motion's log chain: canonical text and the head after it (governance.md 5.1)."""

    n: int
    entry: str
    head: str


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """The stored result of a motion, immutable; its recount file lies beside it."""

    motion_id: MotionId
    code: str
    outcome: Mapping[str, Any]
    tally: Mapping[str, Any]
    box_root: str
    log_head: str
    log_length: int
    note_uuid: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A remote post kept here: a reply to a motion, or a post from a followed actor. `content` is sanitised.

    `said_at` is when its author first said what it says now (federation.md 8.1 step 14).
    """

    id: NoteId
    uri: str
    actor_id: ActorId
    in_reply_to: str
    motion_id: MotionId | None
    content: str
    summary: str
    language: str
    url: str
    public: bool
    kind: str
    published_at: datetime | None
    updated_at: datetime | None
    said_at: datetime
    received_at: datetime
    deleted_at: datetime | None


OVER = frozenset(("closed", "decided", "withdrawn", "annulled"))
Options = tuple[Mapping[str, Any], ...]
"""Answers of a remote poll: {name, votes} as shown, `votes` None where none are told; {raw} where a vote names it otherwise."""


def wire_names(options: Options) -> list[str]:
    """Return by which words votes name the answers, in their order."""
    return [str(option.get("raw", option["name"])) for option in options]


@dataclass(frozen=True, slots=True)
class RemoteMotion:
    """A poll of another server that we only display (federation.md 12.6).

    `said_at` is when its author first said what it says now (8.1 step 14), `told_at` when its present numbers were told,
    `answers_at` when its author last exchanged the answers.
    """

    id: RemoteMotionId
    uuid: str
    uri: str
    actor_id: ActorId
    url: str
    title: str
    content: str
    options: Options
    multiple: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None
    motion: Mapping[str, Any] | None
    outcome: Mapping[str, Any] | None
    outcome_html: str
    published_at: datetime | None
    updated_at: datetime | None
    said_at: datetime
    received_at: datetime
    deleted_at: datetime | None
    told_at: datetime | None = None
    answers_at: datetime | None = None

    @property
    def takes_changes(self) -> bool:
        """Whether its author says that a later vote replaces the earlier; marks on several options only add up (12.3)."""
        return not self.multiple and (self.motion or {}).get("coop:revoting") == "last"

    @property
    def has_twins(self) -> bool:
        """Whether two answers have one name as we show them, so that nobody can say which he means."""
        return len({fold_name(option["name"]) for option in self.options}) < len(self.options)

    def is_void(self, vote: "VoteAbroad") -> bool:
        """Return whether the answers were exchanged after the vote was sent: its author's server drops it then (FEP-9967)."""
        return self.answers_at is not None and self.answers_at > vote.sent_at

    def takes_another(self, vote: "VoteAbroad") -> bool:
        """Return whether a member whose vote was sent may send one more."""
        return self.takes_changes or self.is_void(vote)

    @property
    def closes_at(self) -> datetime | None:
        """The earlier of what its author names as the end: `closed` is read as `endTime` is (FEP-9967)."""
        return min((at for at in (self.ends_at, self.closed_at) if at is not None), default=None)

    @property
    def told(self) -> Told:
        """What was told of its end, and when the numbers were."""
        over = self.outcome is not None or (self.motion or {}).get("coop:state") in OVER
        return Told(self.closes_at, self.closed_at, self.told_at or self.received_at, over)

    def is_over(self, now: datetime) -> bool:
        """Return whether voting there is over, as far as we were told; a vote at the very end still counts (12.3)."""
        return (
            self.told.over
            or (self.closed_at is not None and self.closed_at <= now)
            or (self.ends_at is not None and self.ends_at < now)
        )

    def purged(self, at: datetime) -> "RemoteMotion":
        """Return what stays of it once its author took it back: that it was, and nothing that it said."""
        bare = replace(self, title="", content="", outcome_html="", options=(), motion=None, outcome=None)
        return replace(bare, voters_count=None, deleted_at=at)


@dataclass(frozen=True, slots=True)
class VoteAbroad:
    """What one of our members sent as a vote to another server."""

    id: int
    remote_motion_id: RemoteMotionId
    member_id: MemberId
    choice: tuple[str, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Announcement:
    """A member announcement; `audience` is `public` or `members`. `version` counts from 1, one up with each edit."""

    id: int
    uuid: str
    author_id: MemberId
    body: str
    body_html: str
    audience: str
    kind: str
    published_at: datetime
    deleted_at: datetime | None
    version: int = 1
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One of our objects exactly as published; `audience` are the ids it was addressed to."""

    uri: str
    actor_id: ActorId
    type: str
    document: str
    public: bool
    listed: bool
    audience: tuple[str, ...]
    published_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity of ours exactly as sent."""

    id: ActivityId
    uri: str
    actor_id: ActorId
    type: str
    object: str
    public: bool
    audience: tuple[str, ...]
    document: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Inbound:
    """An activity stored at the door: raw bytes plus who verifiably sent it, and when it came.

    `proven_by` is `signature`, `new-key` (a signature too, 14.4), `proof` or `fetch` (federation.md 8.3): privileged
    activities need `signature`.
    """

    id: int
    actor_uri: str
    raw: bytes
    proven_by: str
    received_at: datetime
    signed_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """One activity to one inbox, leased for sending."""

    id: int
    activity_id: ActivityId
    actor_id: ActorId
    inbox: str
    origin: str
    order_key: str
    partner: bool
    last_word: bool
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer that is due; it may fire twice, its function must not mind."""

    name: str
    key: str
    due_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Host:
    """What we know of an origin as a receiver of ours.

    `scheme` is the form of signature that worked last, found out at `scheme_at`; `announced` the one that its actors say
    it takes, or nothing (federation.md 5.1).
    """

    origin: str
    scheme: str
    scheme_at: datetime | None
    failures: int
    failing_since: datetime | None
    next_try_at: datetime | None
    last_success_at: datetime | None
    announced: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log."""

    id: int
    at: datetime
    who: str
    what: str
    subject: str
    details: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class RollName:
    """One row of a roll with its member's name, for members."""

    number: int
    name: str
    member_class: str
    weight: int
    voter: str


@dataclass(frozen=True, slots=True)
class RollObjection:
    """What a member says is wrong with a roll: `state` is `pending`, `granted` or `refused`."""

    id: int
    motion_id: MotionId
    member_id: MemberId
    words: str
    state: str
    created_at: datetime
    answer: str = ""
    answered_at: datetime | None = None
