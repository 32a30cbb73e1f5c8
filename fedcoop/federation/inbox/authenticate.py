"""Who said it, truly? Steps 6 to 13 of the inbox pipeline (federation.md 8.1), and who asks in a signed GET.

The only code that decides whether a signature counts. Key look-up is the one step that may reach the network; no
transaction is open. Nothing of the body is acted on before the signer is known (Fedify CVE-2025-54888).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.inbox.contract import NEW_KEY
from fedcoop.federation.inbox.forwarded import Vouched, proof_key, vouch
from fedcoop.federation.inbox.refusal import Accepted, Refusal
from fedcoop.federation.inbox.replays import Keys, keys_of, keys_of_signature
from fedcoop.federation.inbox.standing import Standing
from fedcoop.federation.inbox.verdicts import Verdicts, seal_of
from fedcoop.federation.remote.actors import Actors, LoadedKey
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.signatures.incoming import Claim, check, read_claim
from fedcoop.federation.signatures.message import Signable
from fedcoop.federation.wire.jsonld import MAX_URL, id_of, origin_of, parse_document
from fedcoop.kernel.errors import BadSignature, MalformedActivity, MalformedSignature, PeerError, PeerUnreachable
from fedcoop.storage.unit_of_work import UnitOfWork, Units

MAY_LACK_ID = frozenset({"Accept", "Reject", "Undo"})
RETRY_AFTER_S = 120
__all__ = ["Authenticated", "Authenticator", "Refusal"]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A verified activity, ready to be stored. `raw` is the body, or the copy fetched from its origin (8.3).

    `keys` are those by which it is known again: without an id, its signature tells a repetition.
    """

    document: Mapping[str, Any]
    raw: bytes
    actor_uri: str
    origin: str
    key_id: str
    proven_by: str
    signed_at: datetime
    keys: Keys
    has_id: bool


class Authenticator:
    """Decides who signed a request."""

    def __init__(self, *, units: Units, actors: Actors, documents: Documents, standing: Standing) -> None:
        self._units = units
        self._actors = actors
        self._documents = documents
        self._standing = standing
        self._scheme = units.site.urls.scheme
        self._verdicts = Verdicts()

    async def authenticate(self, message: Signable, now: datetime) -> Authenticated:
        """Return who sent which activity. Raises Refusal with status and code, Accepted where 202 ends it (step 9)."""
        claim = _claim(message, now)
        document = _document(message.body or b"")
        actor_uri = id_of(document["actor"]) or ""
        origin = _origin(actor_uri)
        await self._refuse_blocked(claim, actor_uri, origin)
        await self._stop_at_strangers_news(document, actor_uri)
        key = await self._verified(claim)
        found = Vouched(document, message.body or b"", "signature")
        proof = await proof_key(document, actor_uri, self._actors, now)
        if key.stored.owner != actor_uri:
            found = await vouch(
                document, found.raw, proven=proof is not None, documents=self._documents, actors=self._actors
            )
        keys, has_id = self._keys(found, origin, claim)
        if await self._standing.is_suspended(actor_uri):
            raise Refusal(403, "suspended")
        return Authenticated(
            document=found.document,
            raw=found.raw,
            actor_uri=actor_uri,
            origin=origin,
            key_id=claim.key_id,
            proven_by=await self._proven_by(found, key, proof),
            signed_at=claim.signed_at,
            keys=keys,
            has_id=has_id,
        )

    async def _proven_by(self, found: Vouched, key: LoadedKey, proof: LoadedKey | None) -> str:
        """Return what vouches for the activity; a key that signs beside a known one is known from now on (14.4)."""
        if found.proven_by != "signature" or (key.stored.known and (proof is None or proof.stored.known)):
            return found.proven_by
        both = key.stored.known or (proof is not None and proof.stored.known)
        if both and proof is not None:
            await self._actors.know(key.stored.owner, key.stored.key_id, proof.stored.key_id)
        return "signature" if both else NEW_KEY

    async def verify_fetch(self, message: Signable, now: datetime) -> str:
        """Return the actor that signed a GET, from a server that is not blocked. Raises Refusal."""
        seal = seal_of(message)
        key = self._verdicts.find(seal, now)
        if key is None or not self._actors.has_loaded(key):
            claim = _claim(message, now)
            await self._refuse_blocked(claim, "", "")
            key = await self._verified(claim)
            self._verdicts.put(seal, key, signed_at=claim.signed_at, expires=claim.expires)
        owner = key.stored.owner
        blocked = await self._standing.is_blocked(origin_of(key.stored.key_id) or "", owner)
        if blocked or await self._standing.is_suspended(owner):
            raise Refusal(403, "blocked")
        return owner

    async def _refuse_blocked(self, claim: Claim, actor_uri: str, origin: str) -> None:
        if await self._standing.is_blocked(origin_of(claim.key_id) or "", actor_uri, origin):
            raise Refusal(403, "blocked")

    async def _stop_at_strangers_news(self, document: Mapping[str, Any], actor_uri: str) -> None:
        """Step 9: what an actor that we do not know says about itself is no reason to fetch anything."""
        if document["type"] not in ("Delete", "Update") or id_of(document.get("object")) != actor_uri:
            return
        if not await self._units.read(_knows_actor, actor_uri):
            raise Accepted

    async def _verified(self, claim: Claim) -> LoadedKey:
        """Step 10: return the key by which the signature is good. Raises Refusal 401, or 503 if it cannot be had now."""
        key = await self._key(claim.key_id)
        if check(claim, key.public):
            return key
        fresh = await self._key(claim.key_id, refresh=True)
        if fresh is not key and check(claim, fresh.public):
            return fresh
        raise Refusal(401, "bad-signature", counts=True)

    async def _key(self, key_id: str, *, refresh: bool = False) -> LoadedKey:
        try:
            return await self._actors.loaded_key(key_id, refresh=refresh)
        except PeerUnreachable as error:
            wait = float(error.details.get("retry_after_s", RETRY_AFTER_S))
            raise Refusal(503, error.code, retry_after_s=wait) from error
        except PeerError as error:
            raise Refusal(401, "key-unknown", counts=True) from error

    def _keys(self, vouched: Vouched, origin: str, claim: Claim) -> tuple[Keys, bool]:
        """Step 12: the id has the actor's origin; where none is needed, the signature stands for it (5.2.6)."""
        found = vouched.document.get("id")
        if found is None and vouched.document["type"] in MAY_LACK_ID and vouched.proven_by == "signature":
            return keys_of_signature(claim.key_id, claim.signature), False
        if found is None:
            raise Refusal(400, "id-missing")
        if not isinstance(found, str) or not has_origin(found, origin):
            raise Refusal(403, "id-origin")
        if not found.startswith("https://") and self._scheme == "https":
            raise Refusal(403, "id-origin")
        actor_uri = id_of(vouched.document["actor"]) or ""
        return keys_of(vouched.document, actor_uri=actor_uri, raw=vouched.raw, signed_at=claim.signed_at), True


def has_origin(uri: str, origin: str) -> bool:
    """Return whether `uri` has the origin, spelled as it is; an id in another spelling is taken apart."""
    if len(uri) > MAX_URL or not uri.isprintable() or " " in uri or "\\" in uri:
        return False
    return uri.startswith(origin + "/") or origin_of(uri) == origin


def _claim(message: Signable, now: datetime) -> Claim:
    try:
        return read_claim(message, now)
    except MalformedSignature as error:
        raise Refusal(400, error.code) from error
    except BadSignature as error:
        raise Refusal(401, error.code, counts=True) from error


def _document(body: bytes) -> dict[str, Any]:
    """Step 7: JSON within limits, an object with a string `type` and an `actor`."""
    try:
        document = parse_document(body)
    except MalformedActivity as error:
        raise Refusal(400, error.code) from error
    if not isinstance(document.get("type"), str) or id_of(document.get("actor")) is None:
        raise Refusal(400, "activity")
    return document


def _origin(uri: str) -> str:
    origin = origin_of(uri)
    if origin is None:
        raise Refusal(403, "actor-origin")
    return origin


def _knows_actor(uow: UnitOfWork, uri: str) -> bool:
    return uow.actors.find(uri) is not None
