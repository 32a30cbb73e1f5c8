"""Under which key an activity is remembered, so that a known one has no effect for ever (federation.md 5.2.6, 8.1 step 14).

An id belongs to its actor: nobody uses up the ids of others on the same server. What somebody else brings, with a proof
or as its origin shows it, is the actor's word too, but not always enough for it (8.3): so a copy is remembered under a key
of its own and never stands in the way of the actor's own delivery, which after a copy finds its state already there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from fedcoop.federation.wire.activities import is_vote
from fedcoop.federation.wire.jsonld import as_list
from fedcoop.storage.unit_of_work import UnitOfWork

COPIES = frozenset({"proof", "fetch"})
_COMES_AGAIN = frozenset({"Follow", "Undo"})
"""Some servers give every follow of one actor one id, and its end too: a later signed date makes it another one."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of an activity; and where its id may come again, that of just this time: then both must be known."""

    id: bytes
    this_time: bytes | None = None

    @property
    def own(self) -> bytes:
        """The key of this very activity."""
        return self.this_time or self.id


def keys_of(document: Mapping[str, Any], *, actor_uri: str, raw: bytes, signed_at: datetime) -> Keys:
    """Return the keys of an activity that has an id: actor and id; where its id may be that of others, also its body.

    GoToSocial gives every `Update` of a post one id, and every vote of an account in one poll, which may vote again once
    the end has moved (federation.md 18). The votes in it have ids of their own, that count once (12.3).
    """
    words = [actor_uri, str(document["id"])]
    key = _short("\n".join(words).encode())
    if document["type"] == "Update" or _has_votes(document):
        return Keys(key, _short("\n".join([*words, str(document["type"]), sha256(raw).hexdigest()]).encode()))
    if document["type"] in _COMES_AGAIN:
        return Keys(key, _short("\n".join([*words, document["type"], str(int(signed_at.timestamp()))]).encode()))
    return Keys(key)


def _has_votes(document: Mapping[str, Any]) -> bool:
    embedded = (item for item in as_list(document.get("object")) if isinstance(item, Mapping))
    return document["type"] == "Create" and any(is_vote(item) for item in embedded)


def keys_of_signature(key_id: str, signature: bytes) -> Keys:
    """Return the keys of an activity without an id: by whose key, and the very signature."""
    return Keys(_short(key_id.encode() + b"\n" + signature))


def is_new(uow: UnitOfWork, keys: Keys, *, as_copy: bool, forget_at: datetime | None) -> bool:
    """Remember the activity; return whether it is new, and for a copy, whether the actor's own delivery has not come either."""
    if as_copy:
        return not uow.queues.was_seen(keys.own) and uow.queues.see(_copy_of(keys))
    is_new_id = uow.queues.see(keys.id, forget_at=forget_at)
    return is_new_id if keys.this_time is None else uow.queues.see(keys.this_time) or is_new_id


def is_known(uow: UnitOfWork, keys: Keys) -> bool:
    """Return whether the activity came before, from its actor or as a copy: then a copy of it is not worth asking for."""
    return uow.queues.was_seen(keys.own) or uow.queues.was_seen(_copy_of(keys))


def _copy_of(keys: Keys) -> bytes:
    return _short(b"copy " + keys.own)


def _short(data: bytes) -> bytes:
    return sha256(data).digest()[:16]
