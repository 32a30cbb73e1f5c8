"""May this sender do this to that object? The matrix of federation.md 8.4 as a table; what it does not list is ignored.

A row is picked by the shape of the activity alone (`picks`); its condition (`may`) is asked inside the unit that would
have the effect. The meaning names the handler's file. `forwarded` rows may also come by proof or fetch (8.3); privileged
ones never do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fedcoop.actions.fediverse.relations import REACTIONS
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import AS_PUBLIC, id_of, ids_of, origin_of
from fedcoop.storage.records import StoredObject
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import Urls

Picks = Callable[[Received, Urls], bool]
May = Callable[[Received, UnitOfWork], bool]

QUESTIONS = frozenset({"Question"})
NOTES = frozenset({"Note", "Article", "Page", "Event"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the matrix."""

    activities: frozenset[str]
    meaning: str
    picks: Picks
    may: May
    forwarded: bool = False


# --- what an activity looks like ----------------------------------------------------------------------------------


def anything(received: Received, urls: Urls) -> bool:
    """Pick every activity of the type."""
    return True


def about_self(received: Received, urls: Urls) -> bool:
    """Pick what an actor says about itself."""
    return received.object_id == received.actor_uri


def about_ours(received: Received, urls: Urls) -> bool:
    """Pick what concerns an object or actor of ours."""
    return received.object_id is not None and urls.is_local(received.object_id)


def about_theirs(received: Received, urls: Urls) -> bool:
    """Pick what a followed actor relays: an object or activity of another server."""
    return len(received.activity.objects) == 1 and not (received.object_id and urls.is_local(received.object_id))


def is_poll_vote(received: Received, urls: Urls) -> bool:
    """Pick votes on a URL of ours, forged ones too; whether there is such a motion the handler asks (12.3)."""
    return any(urls.is_local(vote.in_reply_to) for vote in received.all_votes)


def is_outcome(received: Received, urls: Urls) -> bool:
    """Pick a Note that says how a motion ended (13.4)."""
    return _own_object(received, NOTES) and isinstance(_embedded(received).get("coop:outcome"), dict)


def is_question(received: Received, urls: Urls) -> bool:
    """Pick a poll, or the Note of a motion that is none (13.1, 13.2)."""
    is_motion = isinstance(_embedded(received).get("coop:motion"), dict)
    return _own_object(received, QUESTIONS) or (is_motion and _own_object(received, NOTES))


def is_reference(received: Received, urls: Urls) -> bool:
    """Pick what names an object of the sender's own server without showing it."""
    named = received.object_id or ""
    is_named_only = len(received.activity.objects) == 1 and isinstance(received.activity.objects[0], str)
    return is_named_only and named != received.actor_uri and origin_of(named) == received.origin


def is_note(received: Received, urls: Urls) -> bool:
    """Pick a post of the sender's own; a vote is never one, also where it is called an edit (12.3)."""
    return not received.all_votes and not is_vote(_embedded(received)) and _own_object(received, NOTES)


def _embedded(received: Received) -> Mapping[str, Any]:
    return received.embedded if received.embedded is not None else {}


def _own_object(received: Received, types: frozenset[str]) -> bool:
    """Object owner = self and same origin (8.2): what is embedded is the sender's own, or it would be a mere reference."""
    return (
        received.embedded is not None and received.object_id is not None and not types.isdisjoint(received.object_types)
    )


# --- what storage must say to it ----------------------------------------------------------------------------------


def always(received: Received, uow: UnitOfWork) -> bool:
    """Let in what the handler matches against the sender's own rows."""
    return True


def is_followed_or_partner(received: Received, uow: UnitOfWork) -> bool:
    """Content comes from actors that we follow, from partners, and from others where a followed actor relays it."""
    sender = received.sender(uow)
    if sender is None:
        return False
    if received.relayed_by:
        relay = uow.actors.find(received.relayed_by)
        is_followed = relay is not None and uow.actors.is_followed_by_us(relay.id)
        return is_followed and sender.suspended_at is None and not uow.actors.is_blocked(sender.uri, sender.origin)
    return uow.actors.is_followed_by_us(sender.id) or uow.actors.is_partner(sender.id)


def owns_featured(received: Received, uow: UnitOfWork) -> bool:
    """The target is the featured collection that the sender's own document names; the sender is followed or a partner."""
    sender = received.sender(uow)
    named = None if sender is None or sender.document is None else id_of(sender.document.get("featured"))
    return named is not None and named == received.activity.target and is_followed_or_partner(received, uow)


def is_told_to_us(received: Received, uow: UnitOfWork) -> bool:
    """Followed actors and partners, who addresses an actor of ours, and whose thing we keep may make us fetch it."""
    addressed = any(_is_local_actor(uow, target) for target in received.activity.recipients)
    return addressed or _owner_of_kept(received, uow) or is_followed_or_partner(received, uow)


def is_followed(received: Received, uow: UnitOfWork) -> bool:
    """Relays come from groups and other actors that we follow."""
    sender = received.sender(uow)
    return sender is not None and uow.actors.is_followed_by_us(sender.id)


def concerns_us(received: Received, uow: UnitOfWork) -> bool:
    """A reply to or mention of local things, a link challenge, or content from followed actors and partners."""
    if received.relayed_by:
        return is_followed_or_partner(received, uow)
    document = _embedded(received)
    if any(uow.urls.is_local(target) for target in ids_of(document.get("inReplyTo"))):
        return _may_reply(received, uow, ids_of(document.get("inReplyTo"))[0])
    if any(_is_local_actor(uow, target) for target in received.activity.recipients):
        return True
    return _replies_to_kept(received, uow) or is_followed_or_partner(received, uow)


def _may_reply(received: Received, uow: UnitOfWork, target: str) -> bool:
    stored = uow.notes.find_object(target)
    return stored is None or _visible(stored, received.actor_uri)


def _replies_to_kept(received: Received, uow: UnitOfWork) -> bool:
    targets = ids_of(_embedded(received).get("inReplyTo"))
    kept = uow.notes.find_note(targets[0]) if targets else None
    return kept is not None and kept.motion_id is not None


def may_change_motion(received: Received, uow: UnitOfWork) -> bool:
    """Only the owner of the stored poll updates it, same origin alone is not enough; an `Update` may overtake its `Create`."""
    if uow.notes.find_remote_motion(received.object_id or "") is None:
        return is_followed_or_partner(received, uow)
    return _owner_of_kept(received, uow)


def may_change_note(received: Received, uow: UnitOfWork) -> bool:
    """Only the owner of the stored post updates it; an `Update` may overtake its `Create`."""
    if uow.notes.find_note(received.object_id or "") is None:
        return concerns_us(received, uow)
    return _owner_of_kept(received, uow)


def _owner_of_kept(received: Received, uow: UnitOfWork) -> bool:
    """The sender owns the poll or post that we keep under this id."""
    sender, uri = received.sender(uow), received.object_id or ""
    kept = uow.notes.find_remote_motion(uri) or uow.notes.find_note(uri)
    return kept is not None and sender is not None and kept.actor_id == sender.id


def is_followable(received: Received, uow: UnitOfWork) -> bool:
    """The object is a living actor of ours, not the instance's."""
    found = uow.actors.find(received.object_id or "")
    return found is not None and found.local and found.gone_at is None and found.uri != uow.urls.instance_actor


def sees_our_object(received: Received, uow: UnitOfWork) -> bool:
    """The object is ours, stands, and the sender may see it."""
    stored = uow.notes.find_object(received.object_id or "")
    return stored is not None and _visible(stored, received.actor_uri)


def is_public_object(received: Received, uow: UnitOfWork) -> bool:
    """The object is ours, stands and is public."""
    stored = uow.notes.find_object(received.object_id or "")
    return stored is not None and stored.deleted_at is None and stored.public


def names_ours(received: Received, uow: UnitOfWork) -> bool:
    """At least one of the reported things is an object or actor of ours that exists."""
    ours = [uri for uri in reported_ids(received)[:50] if uow.urls.is_local(uri)]
    return any(uow.notes.find_object(uri) is not None or _is_local_actor(uow, uri) for uri in ours)


def reported_ids(received: Received) -> list[str]:
    """Return the ids that a report names."""
    return [found for item in received.activity.objects if (found := id_of(item)) is not None]


def _visible(stored: StoredObject, reader: str) -> bool:
    return stored.deleted_at is None and (stored.public or AS_PUBLIC in stored.audience or reader in stored.audience)


def _is_local_actor(uow: UnitOfWork, uri: str) -> bool:
    if not uow.urls.is_local(uri):
        return False
    found = uow.actors.find(uri)
    return found is not None and found.local and found.gone_at is None


def _types(*names: str) -> frozenset[str]:
    return frozenset(names)


MATRIX: tuple[Row, ...] = (
    Row(_types("Create"), "vote", is_poll_vote, always),
    Row(_types("Create", "Update"), "outcome", is_outcome, is_followed_or_partner, forwarded=True),
    Row(_types("Create", "Question"), "question", is_question, is_followed_or_partner, forwarded=True),
    Row(_types("Update"), "question", is_question, may_change_motion, forwarded=True),
    Row(_types("Create"), "note", is_note, concerns_us, forwarded=True),
    Row(_types("Create", "Update"), "reference", is_reference, is_told_to_us, forwarded=True),
    Row(_types("Update"), "note", is_note, may_change_note, forwarded=True),
    Row(_types("Follow"), "follow", about_ours, is_followable),
    Row(_types("Accept", "Reject"), "response", anything, always),
    Row(_types("Undo"), "undo", anything, always),
    Row(_types("Update", "Delete", "Move"), "actor", about_self, always),
    Row(_types("Block"), "actor", about_ours, is_followable),
    Row(_types("Delete"), "delete", anything, always),
    Row(REACTIONS, "interaction", about_ours, sees_our_object, forwarded=True),
    Row(_types("Announce"), "relay", about_theirs, is_followed, forwarded=True),
    Row(_types("Add", "Remove"), "collection", anything, owns_featured),
    Row(_types("Flag"), "flag", anything, names_ours),
    Row(_types("QuoteRequest"), "quote", about_ours, is_public_object),
)

_BY_TYPE: dict[str, tuple[Row, ...]] = {
    name: tuple(row for row in MATRIX if name in row.activities)
    for name in {n for row in MATRIX for n in row.activities}
}


def row_of(received: Received, urls: Urls) -> Row | None:
    """Return the first row whose shape fits, or None: then the activity is ignored.

    What did not come straight from its actor passes only where the row allows it; a forwarded vote reaches its handler,
    which refuses it as `forged` for the audit log (12.3).
    """
    for row in _BY_TYPE.get(received.activity.type, ()):
        if row.picks(received, urls):
            return row if row.forwarded or row.meaning == "vote" or received.proven_by == "signature" else None
    return None
