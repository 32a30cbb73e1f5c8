"""Who receives an activity, and at which inbox: the one place (federation.md 7; architecture.md 4).

An activity is stored exactly as it will be sent; what the co-op's own actors say carries a proof (section 6). Whatever is
addressed to Public or to followers goes to shared inboxes, the rest to the personal ones. Nothing is sent to ourselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fedcoop.federation.remote.keyring import private_key
from fedcoop.federation.signatures.proofs import add_proof
from fedcoop.federation.wire.contexts import CONTEXT_PROVEN
from fedcoop.federation.wire.jsonld import AS_PUBLIC, ids_of
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.dates import moment_abroad
from fedcoop.kernel.ids import ActivityId, new_uuid
from fedcoop.storage.records import ActivityRow, Actor, StoredObject
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of

PROVING_KINDS = frozenset({"Organization", "Group"})
MAX_WAITING = 10_000
ORDERED_TYPES = frozenset({"Create", "Update", "Delete", "Follow", "Undo"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """An activity to be sent: what, to whom it is addressed, and inboxes that get it besides.

    `order_key` keeps the order of what concerns one thing; without one it is the object. A reply to an object of ours waits
    for the `Create` of that (federation.md 7).
    `only_more`: those inboxes alone get it, however wide its audience; the others have nothing new to hear.
    `last_word` ends a relation: it goes out even where nothing else does any more, to whoever is blocked.
    """

    type: str
    object: Mapping[str, Any] | str
    to: Sequence[str]
    cc: Sequence[str] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    more_inboxes: Sequence[str] = ()
    only_more: bool = False
    order_key: str = ""
    uri: str = ""
    last_word: bool = False


def send(uow: UnitOfWork, actor: Actor, parcel: Parcel) -> ActivityRow:
    """Store the activity of our `actor` and queue one delivery for each inbox; return the stored activity."""
    document = _document(uow, actor, parcel)
    target = parcel.object if isinstance(parcel.object, str) else str(parcel.object.get("id", ""))
    audience = (*parcel.to, *parcel.cc)
    row = ActivityRow(
        id=ActivityId(uow.new_id()),
        uri=document["id"],
        actor_id=actor.id,
        type=parcel.type,
        object=target,
        public=AS_PUBLIC in parcel.to or AS_PUBLIC in parcel.cc,
        audience=audience,
        document=canonical_bytes(document).decode(),
        created_at=uow.now,
    )
    uow.queues.add_activity(row)
    uow.wake("documents")
    named = () if parcel.only_more else recipients(uow, actor, audience, even_blocked=parcel.last_word)
    inboxes = [*named, *parcel.more_inboxes]
    order_key = parcel.order_key or (target if parcel.type in ORDERED_TYPES else "")
    after = "" if parcel.order_key else replied_to(uow, parcel.type, parcel.object)
    queue(uow, row, inboxes, order_key=order_key, after=after, last_word=parcel.last_word)
    return row


def replied_to(uow: UnitOfWork, activity_type: str, payload: Any) -> str:
    """Return the id of our object that the new object replies to, else nothing: that one's `Create` goes first."""
    found = ids_of(payload.get("inReplyTo")) if activity_type == "Create" and isinstance(payload, Mapping) else []
    return next((uri for uri in found if uow.urls.is_local(uri)), "")


def recipients(uow: UnitOfWork, actor: Actor, audience: Sequence[str], *, even_blocked: bool = False) -> list[str]:
    """Return the inboxes of `audience`: our followers collection expanded, actors by their personal inbox.

    What goes to everybody or to followers reaches actors at their shared inboxes too, so that one server hears it once.
    """
    found: list[str] = []
    shared = AS_PUBLIC in audience or actor.followers in audience
    for target in audience:
        if target == AS_PUBLIC:
            continue
        if target == actor.followers:
            found += uow.actors.follower_inboxes(actor.id)
            continue
        known = uow.actors.find(target)
        if known is None or known.local or known.gone_at is not None:
            continue
        if uow.actors.is_blocked(known.uri) and not even_blocked:
            continue
        found.append((shared and known.shared_inbox) or known.inbox)
    return found


def queue(
    uow: UnitOfWork,
    activity: ActivityRow,
    inboxes: Iterable[str],
    *,
    order_key: str,
    after: str = "",
    last_word: bool = False,
) -> None:
    """Queue one delivery for each distinct inbox that is not ours and, but for a last word, not blocked.

    Each waits for the earlier ones with its `order_key`, or for the `Create` of the object `after` where it replies to one.
    """
    by_origin: dict[str, list[str]] = {}
    for inbox in dict.fromkeys(inboxes):
        origin = origin_of(inbox)
        if origin is not None and origin != uow.urls.origin:
            by_origin.setdefault(origin, []).append(inbox)
    if not by_origin:
        return
    blocked = set() if last_word else {target for target, _ in uow.actors.blocked()}
    wanted = {origin: found for origin, found in by_origin.items() if origin not in blocked}
    if activity.type == "Update" and order_key:
        uow.queues.supersede(order_key, "Update", [inbox for found in wanted.values() for inbox in found])
    _make_room(uow, wanted)
    partners = uow.actors.partner_origins()
    uow.queues.add_deliveries(
        [
            {
                "id": uow.new_id(),
                "activity_id": activity.id,
                "actor_id": activity.actor_id,
                "inbox": inbox,
                "origin": origin,
                "order_key": order_key,
                "waits_for": after or order_key,
                "partner": origin in partners,
                "last_word": last_word,
                "state": "waiting",
                "due_at": uow.now,
                "created_at": uow.now,
            }
            for origin, found in wanted.items()
            for inbox in found
        ]
    )
    uow.wake("delivery")


def publish_object(uow: UnitOfWork, actor: Actor, document: Mapping[str, Any], *, listed: bool = True) -> None:
    """Store our object as it is served from now on."""
    audience = (*document.get("to", ()), *document.get("cc", ()))
    uow.notes.put_object(
        StoredObject(
            uri=document["id"],
            actor_id=actor.id,
            type=document["type"],
            document=canonical_bytes(document).decode(),
            public=AS_PUBLIC in audience,
            listed=listed,
            audience=audience,
            published_at=uow.now,
            updated_at=uow.now,
            deleted_at=None,
        )
    )
    uow.wake("documents")


def prove(uow: UnitOfWork, actor: Actor, document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` with a proof by the actor's Ed25519 key (federation.md 6). Raises NotFound without such a key."""
    key = uow.actors.signing_keys(actor.id, "ed25519", uow.now).of(uow.now)
    return add_proof(document, private_key(uow.site.vault, key), key.key_id, uow.now)


def coop_actor(uow: UnitOfWork) -> Actor:
    """Return the co-op's own actor."""
    return uow.actors.local(uow.site.coop_name)


def when(uow: UnitOfWork, instant: datetime) -> str:
    """Return the instant on the co-op's clocks, for readers elsewhere: `Sun 6 Dec, 21:47 UTC`."""
    return moment_abroad(instant, ZoneInfo(uow.site.config.instance.time_zone), uow.now)


def _document(uow: UnitOfWork, actor: Actor, parcel: Parcel) -> dict[str, Any]:
    proving = actor.kind in PROVING_KINDS
    payload: Any = parcel.object
    context: Any = CONTEXT_PROVEN if proving else "https://www.w3.org/ns/activitystreams"
    if isinstance(payload, Mapping) and "@context" in payload:
        context = _joined(payload["@context"], proving=proving)
        if "proof" not in payload:
            payload = {key: value for key, value in payload.items() if key != "@context"}
    document = {
        "@context": context,
        "id": parcel.uri or uow.urls.activity(new_uuid()),
        "type": parcel.type,
        "actor": actor.uri,
        "to": list(parcel.to),
        **({"cc": list(parcel.cc)} if parcel.cc else {}),
        "object": payload,
        **parcel.extra,
    }
    return prove(uow, actor, document) if proving else document


def _joined(context: Any, *, proving: bool) -> list[Any]:
    """Return the object's context as the activity's, with the one that proofs need."""
    listed = list(context) if isinstance(context, list) else [context]
    missing = [url for url in CONTEXT_PROVEN if url not in listed] if proving else []
    plain = [item for item in listed if isinstance(item, str)]
    return [*plain, *missing, *(item for item in listed if not isinstance(item, str))]


def _make_room(uow: UnitOfWork, wanted: Mapping[str, Sequence[str]]) -> None:
    waiting = uow.queues.count_waiting(list(wanted))
    for origin, found in wanted.items():
        excess = waiting.get(origin, 0) + len(found) - MAX_WAITING
        if excess > 0:
            uow.queues.drop_oldest(origin, excess)
            uow.audit("deliveries-dropped", subject=origin, details={"number": excess})
