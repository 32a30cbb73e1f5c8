"""What a handler is: one file for one meaning of an activity (architecture.md 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from fedcoop.actions.fediverse.states import FETCHED_EARLIER, NEVER
from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.compactor import Compactor
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.wire.activities import (
    Activity,
    PollVote,
    by_reference,
    parse_activity,
    poll_votes,
    without_strangers,
)
from fedcoop.federation.wire.jsonld import id_of, origin_of, types_of
from fedcoop.federation.wire.objects import addressed, instant
from fedcoop.federation.wire.polls import owned
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.storage.records import Actor, Inbound
from fedcoop.storage.unit_of_work import UnitOfWork, Units

NEW_KEY = "new-key"
MAX_VOTES = 50
"""Votes in one activity: as many as the options of any poll that we read (federation.md 16)."""

CREATING = frozenset({"Create", "Question"})
_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Received:
    """A verified activity: what it says, who truly sent it, when.

    `proven_by` is `signature`, `proof` or `fetch` (federation.md 8.3); `by_new_key`: the signature is by a key that is not
    known yet (14.4). `digest` is that of its id. `embedded` is the only object if it came as more than an id and may be
    believed: what others own was cut down to what it names, wherever it stands in the activity (8.2). `votes` are the
    sender's own; `forged` those that are not. `relayed_by` is who pointed us to something of the actor's, which the actor
    did not send.

    `said_at` orders states and relations: never after the receipt. It is the signed date, or that of the proof if that is
    earlier; an activity that its server showed us is as old as its `published`, an object that it showed us a minute older
    than our question; what a `Create` shows is as old as its `published`, and older than all else of that second (8.1
    step 14).
    """

    activity: Activity
    origin: str
    proven_by: str
    received_at: datetime
    signed_at: datetime
    said_at: datetime
    digest: bytes
    embedded: Mapping[str, Any] | None
    votes: tuple[PollVote, ...]
    forged: frozenset[PollVote]
    relayed_by: str = ""
    by_new_key: bool = False

    @property
    def all_votes(self) -> tuple[PollVote, ...]:
        """The sender's own votes, and those that are not, which count for nothing."""
        return (*self.votes, *self.forged)

    @property
    def actor_uri(self) -> str:
        """Who verifiably sent it."""
        return self.activity.actor

    @property
    def id(self) -> str:
        """The activity's id, or nothing where it has none."""
        return self.activity.id or ""

    @property
    def object_id(self) -> str | None:
        """The id of the only object."""
        return id_of(self.embedded) or self.activity.object_id

    @property
    def object_types(self) -> frozenset[str]:
        """The types of the only object, believed or not."""
        return frozenset(types_of(self._only))

    @property
    def _only(self) -> Any:
        if self.embedded is not None:
            return self.embedded
        return self.activity.objects[0] if len(self.activity.objects) == 1 else None

    @property
    def cast_at(self) -> datetime:
        """The signed date or the receipt time, whichever is earlier (federation.md 12.3)."""
        return min(self.signed_at, self.received_at)

    @property
    def context(self) -> Any:
        """The `@context` that the embedded object is read by: its own, else the activity's."""
        own = None if self.embedded is None else self.embedded.get("@context")
        return self.activity.raw.get("@context") if own is None else own

    def embedded_id(self, key: str) -> str:
        """Return the id that `key` of the only object names, or nothing: of what others own only `actor` and `object`."""
        only = self._only
        return id_of(only.get(key)) or "" if isinstance(only, Mapping) else ""

    def sender(self, uow: UnitOfWork) -> Actor | None:
        """Return the sender's row."""
        return uow.actors.find(self.activity.actor)


def received_of(row: Inbound) -> Received:
    """Return what the stored row says; its bytes passed every limit of federation.md 10 at the door. Raises MalformedActivity."""
    try:
        whole = parse_activity(msgspec.json.decode(row.raw, type=dict[str, Any]))
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedActivity("json") from error
    # an old `Update` is served for ever: what counts is what its object says now
    activity = by_reference(whole) if (row.proven_by, whole.type) == ("fetch", "Update") else without_strangers(whole)
    embedded = _embedded(activity, whole)
    votes, forged = _votes(whole)
    return Received(
        activity=activity,
        origin=origin_of(activity.actor) or "",
        proven_by="signature" if row.proven_by == NEW_KEY else row.proven_by,
        received_at=row.received_at,
        signed_at=row.signed_at,
        said_at=_said_at(row, activity, embedded),
        digest=digest_of(activity.id) if activity.id else b"",
        embedded=embedded,
        votes=votes,
        forged=forged,
        by_new_key=row.proven_by == NEW_KEY,
    )


def with_object(received: Received, document: Mapping[str, Any]) -> Received:
    """Return the activity with its object as the object's origin served it: vouched for by that, not by the signature."""
    whole = replace(received.activity, objects=(document,))
    activity = without_strangers(whole)
    votes, forged = _votes(activity)
    said_at = received.received_at - FETCHED_EARLIER
    return replace(
        received,
        activity=activity,
        proven_by="fetch",
        said_at=said_at,
        embedded=_embedded(activity, whole),
        votes=votes,
        forged=forged,
    )


def relayed(received: Received, document: Mapping[str, Any], *, owner: str) -> Received:
    """Return what a relay points to as its owner's `Create`: judged as that, vouched for by the fetch alone."""
    said = replace(received.activity, type="Create", actor=owner, to=(), cc=(), audience=())
    origin = origin_of(owner) or ""
    return with_object(replace(received, activity=said, origin=origin, relayed_by=received.actor_uri), document)


def digest_of(uri: str) -> bytes:
    """Return the 16 bytes by which an id is remembered (federation.md 5.2.6)."""
    return sha256(uri.encode()).digest()[:16]


def _embedded(activity: Activity, whole: Activity) -> Mapping[str, Any] | None:
    """Return the only object where it is still what came: whatever its sender does not own was cut down."""
    if activity.type == "Question" and not activity.objects:  # Bonfire sends polls bare (8.4)
        return owned(activity.raw)
    only = activity.objects[0] if len(activity.objects) == 1 else None
    if not isinstance(only, Mapping) or only is not whole.objects[0]:
        return None
    return addressed(owned(only), to=activity.to, cc=activity.cc)


def _votes(activity: Activity) -> tuple[tuple[PollVote, ...], frozenset[PollVote]]:
    """Return the sender's own votes, and those that are not. Raises MalformedActivity where they are too many."""
    if activity.type != "Create":
        return (), frozenset()
    found = poll_votes(activity)
    if len(found) > MAX_VOTES:
        raise MalformedActivity("votes")
    own = tuple(vote for vote in poll_votes(without_strangers(activity)) if vote.attributed_to == activity.actor)
    return own, frozenset(found).difference(own)


def _said_at(row: Inbound, activity: Activity, embedded: Mapping[str, Any] | None) -> datetime:
    dates = [row.signed_at, row.received_at]
    proof = activity.raw.get("proof")
    if isinstance(proof, Mapping):
        dates.append(instant(proof.get("created")) or NEVER)
    if row.proven_by == "fetch":
        dates.append(instant(activity.raw.get("published")) or NEVER)
    if embedded is None or activity.type not in CREATING:
        return min(dates)
    return min(*dates, instant(embedded.get("published")) or row.signed_at) - _BEFORE


@dataclass(frozen=True, slots=True)
class Remote:
    """What may be fetched before the unit: documents and actors, through the one guarded function (federation.md 9)."""

    documents: Documents
    actors: Actors
    units: Units
    compactor: Compactor


class Handler(Protocol):
    """The module of a meaning. `prepare` is optional; what it returns is handed to `apply`."""

    def apply(self, received: Received, uow: UnitOfWork, prepared: Any) -> None:
        """Have the effect, in a unit that also settles the row; no network."""
        ...


class ResolvingHandler(Protocol):
    """A handler that finds out what the activity is about; the matrix is asked again about what it found."""

    async def resolve(self, received: Received, remote: Remote) -> Received | None:
        """Return the activity with its object, or None where there is nothing to go on with; no transaction is open."""
        ...


class PreparingHandler(Handler, Protocol):
    """A handler that must fetch something first."""

    async def prepare(self, received: Received, remote: Remote) -> Any:
        """Return what `apply` needs from the network; no transaction is open."""
        ...
