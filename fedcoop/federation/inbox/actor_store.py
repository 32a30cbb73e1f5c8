"""Where `remote.actors` keeps what it learns: our tables, with the freeze rules of federation.md 14.4 at every save."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from fedcoop.actions.fediverse.remote import SeenActor, actor_gone, inbox_moved, know_keys, remember_actor
from fedcoop.federation.inbox.seen import seen_actor
from fedcoop.federation.remote.store import StoredActor, StoredKey
from fedcoop.federation.wire.objects import parse_actor
from fedcoop.storage.records import Actor, ActorKey
from fedcoop.storage.unit_of_work import UnitOfWork, Units


class ActorStorage:
    """`ActorStore` on the database. Actors of our own are not in it: nobody proves anything by our keys from outside."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def find_key(self, key_id: str) -> StoredKey | None:
        """Return the key of exactly this id."""
        return await self._units.read(_find_key, key_id)

    async def find_actor(self, uri: str) -> StoredActor | None:
        """Return the actor of exactly this id."""
        return await self._units.read(_find_actor, uri)

    async def knows_origin(self, origin: str) -> bool:
        """Return whether any actor of this origin is kept."""
        return await self._units.read(_knows_origin, origin)

    async def save_actor(self, document: dict[str, Any], now: datetime) -> dict[str, StoredKey]:
        """Keep the actor and make the keys of its document, asked for at `now`, its only ones; return those that it has.

        Raises MalformedActivity.
        """
        return await self._units.write(_save, seen_actor(parse_actor(document), document, asked_at=now))

    async def know_keys(self, owner: str, key_ids: Collection[str]) -> None:
        """These keys signed the same thing: if one of them is known, all are."""
        await self._units.write(know_keys, actor_uri=owner, key_ids=key_ids)

    async def note_gone(self, uri: str) -> None:
        """A linked account whose server answered 404 or 410 is gone, also if it comes back."""
        await self._units.write(_note_gone, uri)

    async def note_inbox_moved(self, uri: str) -> None:
        """The account's links are frozen."""
        await self._units.write(inbox_moved, uri)


def _save(uow: UnitOfWork, seen: SeenActor) -> dict[str, StoredKey]:
    actor = remember_actor(uow, seen)
    return {key.key_id: _stored(key, actor) for key in uow.actors.keys_of(actor.id)}


def _note_gone(uow: UnitOfWork, uri: str) -> None:
    actor = uow.actors.find(uri)
    if actor is not None and uow.members.find_link(actor.id) is not None:
        actor_gone(uow, uri)


def _stored(key: ActorKey, owner: Actor) -> StoredKey:
    return StoredKey(key.key_id, owner.uri, key.algorithm, key.material, key.fetched_at, key.known)


def _find_key(uow: UnitOfWork, key_id: str) -> StoredKey | None:
    key = uow.actors.find_key(key_id)
    if key is None:
        return None
    owner = uow.actors.get(key.actor_id)
    return None if owner.local else _stored(key, owner)


def _find_actor(uow: UnitOfWork, uri: str) -> StoredActor | None:
    actor = uow.actors.find(uri)
    if actor is None or actor.local:
        return None
    return StoredActor(actor.uri, actor.document or {}, actor.fetched_at or actor.created_at, actor.gone_at is not None)


def _knows_origin(uow: UnitOfWork, origin: str) -> bool:
    return uow.actors.knows_origin(origin)
