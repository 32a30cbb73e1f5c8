"""What `Actors` keeps of other servers' actors, and where: a small port that storage implements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fedcoop.federation.wire.jsonld import origin_of
from fedcoop.federation.wire.objects import parse_actor


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A public key as its owner's own document shows it; `algorithm` is `rsa` (PEM) or `ed25519` (multibase).

    `known` is False for one that merely appeared beside the known ones (federation.md 14.4).
    """

    key_id: str
    owner: str
    algorithm: str
    material: str
    fetched_at: datetime
    known: bool = True


@dataclass(frozen=True, slots=True)
class StoredActor:
    """An actor of another server as last fetched; `gone`: it is deleted, and its document with it."""

    uri: str
    document: Mapping[str, Any]
    fetched_at: datetime
    gone: bool = False


class ActorStore(Protocol):
    """Where actors and keys are kept."""

    async def find_key(self, key_id: str) -> StoredKey | None:
        """Return the key of exactly this id."""
        ...

    async def find_actor(self, uri: str) -> StoredActor | None:
        """Return the actor of exactly this id."""
        ...

    async def knows_origin(self, origin: str) -> bool:
        """Return whether any actor of this origin is kept."""
        ...

    async def save_actor(self, document: dict[str, Any], now: datetime) -> dict[str, StoredKey]:
        """Keep the actor and make the keys of its document its only ones; return them by key id."""
        ...

    async def know_keys(self, owner: str, key_ids: Collection[str]) -> None:
        """These keys signed the same thing: if one of them is known, all are."""
        ...

    async def note_gone(self, uri: str) -> None:
        """The actor's server answered 404 or 410 for it."""
        ...

    async def note_inbox_moved(self, uri: str) -> None:
        """The actor's document names an inbox of another origin, so it is not kept."""
        ...


class MemoryActorStore:
    """Keeps everything in memory, for tests."""

    def __init__(self) -> None:
        self.actors: dict[str, StoredActor] = {}
        self.keys: dict[str, StoredKey] = {}

    async def find_key(self, key_id: str) -> StoredKey | None:
        """Return the key of exactly this id."""
        return self.keys.get(key_id)

    async def find_actor(self, uri: str) -> StoredActor | None:
        """Return the actor of exactly this id."""
        return self.actors.get(uri)

    async def knows_origin(self, origin: str) -> bool:
        """Return whether any actor of this origin is kept."""
        return any(origin_of(uri) == origin for uri in self.actors)

    async def save_actor(self, document: dict[str, Any], now: datetime) -> dict[str, StoredKey]:
        """Keep the actor and make the keys of its document its only ones; return them by key id."""
        uri = document["id"]
        keys = {
            key.key_id: StoredKey(key.key_id, uri, key.kind, key.material, now) for key in parse_actor(document).keys
        }
        self.actors[uri] = StoredActor(uri, document, now)
        self.keys = {key_id: key for key_id, key in self.keys.items() if key.owner != uri} | keys
        return keys

    async def know_keys(self, owner: str, key_ids: Collection[str]) -> None:
        """All keys are known here."""

    async def note_gone(self, uri: str) -> None:
        """Nothing hangs on it here."""

    async def note_inbox_moved(self, uri: str) -> None:
        """Nothing hangs on it here."""
