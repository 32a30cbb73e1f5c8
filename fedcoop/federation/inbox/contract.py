"""What a handler is: one file for one meaning of an activity (architecture.md 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.compactor import Compactor
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.wire.activities import Activity, PollVote, parse_activity, poll_votes
from fedcoop.federation.wire.jsonld import id_of, origin_of, types_of
from fedcoop.federation.wire.polls import owned
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.storage.records import Actor, Inbound
from fedcoop.storage.unit_of_work import UnitOfWork, Units

NEW_KEY = "new-key"


@dataclass(frozen=True, slots=True)
class Received:
    """A verified activity: what it says, who truly sent it, when.

    `proven_by` is `signature`, `proof` or `fetch` (federation.md 8.3); `by_new_key`: the signature is by a key that is not
    known yet (14.4). `digest` is that of its id. `embedded` is the only object if it came as more than an id; whether it
    may be believed the matrix asks. `relayed_by` is who pointed us to something of the actor's, which the actor did not
    send.
    """

    activity: Activity
    origin: str
    proven_by: str
    received_at: datetime
    signed_at: datetime
    digest: bytes
    embedded: Mapping[str, Any] | None
    object_types: frozenset[str]
    votes: tuple[PollVote, ...]
    relayed_by: str = ""
    by_new_key: bool = False

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
        return (
            None
            if self.embedded is None and not self.activity.objects
            else id_of(self.embedded) or self.activity.object_id
        )

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
        """Return the id that `key` of the embedded object names, or nothing."""
        return "" if self.embedded is None else id_of(self.embedded.get(key)) or ""

    def sender(self, uow: UnitOfWork) -> Actor | None:
        """Return the sender's row."""
        return uow.actors.find(self.activity.actor)


def received_of(row: Inbound) -> Received:
    """Return what the stored row says; its bytes passed every limit of federation.md 10 at the door. Raises MalformedActivity."""
    try:
        activity = parse_activity(msgspec.json.decode(row.raw, type=dict[str, Any]))
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedActivity("json") from error
    votes = poll_votes(activity) if activity.type == "Create" else ()
    embedded = _embedded(activity)
    return Received(
        activity=activity,
        origin=origin_of(activity.actor) or "",
        proven_by="signature" if row.proven_by == NEW_KEY else row.proven_by,
        received_at=row.received_at,
        signed_at=row.signed_at,
        digest=digest_of(activity.id) if activity.id else b"",
        embedded=embedded,
        object_types=frozenset(types_of(embedded)) if embedded is not None else frozenset(),
        votes=votes,
        by_new_key=row.proven_by == NEW_KEY,
    )


def with_object(received: Received, document: Mapping[str, Any]) -> Received:
    """Return the activity with its object as the object's origin served it: vouched for by that, not by the signature."""
    activity = replace(received.activity, objects=(document,))
    return replace(
        received,
        activity=activity,
        proven_by="fetch",
        embedded=owned(document),
        object_types=frozenset(types_of(document)),
        votes=poll_votes(activity),
    )


def relayed(received: Received, document: Mapping[str, Any], *, owner: str) -> Received:
    """Return what a relay points to as its owner's `Create`: judged as that, vouched for by the fetch alone."""
    said = replace(received.activity, type="Create", actor=owner, to=(), cc=(), audience=())
    origin = origin_of(owner) or ""
    return with_object(replace(received, activity=said, origin=origin, relayed_by=received.actor_uri), document)


def digest_of(uri: str) -> bytes:
    """Return the 16 bytes by which an id is remembered (federation.md 5.2.6)."""
    return sha256(uri.encode()).digest()[:16]


def _embedded(activity: Activity) -> Mapping[str, Any] | None:
    if activity.type == "Question" and not activity.objects:  # Bonfire sends polls bare (8.4)
        return owned(activity.raw)
    return owned(activity.embedded[0]) if len(activity.objects) == 1 and activity.embedded else None


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
