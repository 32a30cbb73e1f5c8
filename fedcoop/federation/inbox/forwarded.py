"""Integrity proofs of activities, and what vouches for one whose signer is not its actor (federation.md 6, 8.3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.inbox.refusal import Refusal
from fedcoop.federation.remote.actors import Actors, LoadedKey
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.signatures.proofs import CRYPTOSUITE, TYPE, check_proof, proof_claim
from fedcoop.federation.wire.jsonld import id_of, same_origin
from fedcoop.kernel.errors import BadSignature, PeerError, PeerUnreachable

RETRY_AFTER_S = 120.0
_COMPARED = ("id", "type")


@dataclass(frozen=True, slots=True)
class Vouched:
    """The activity to go on with, and what vouched for it: `proof` or `fetch`."""

    document: Mapping[str, Any]
    raw: bytes
    proven_by: str


async def proof_key(document: Mapping[str, Any], actor_uri: str, actors: Actors, now: datetime) -> LoadedKey | None:
    """Return the key of `actor_uri` whose proof covers the document; None without one, or with one of a suite unknown here.

    A proof of our suite that does not hold makes the whole activity invalid, whatever else vouches for it: Refusal 401.
    So do several proofs, and what is no proof at all (federation.md 6, "one `proof` object only").
    """
    if "proof" not in document or is_of_another_suite(document["proof"]):
        return None
    try:
        claim = proof_claim(document)
    except BadSignature as error:
        raise Refusal(401, error.code, counts=True) from error
    if claim is None:
        return None
    key = await _proof_key(claim.verification_method, actors)
    if key.stored.owner != actor_uri or key.stored.algorithm != "ed25519" or not check_proof(claim, key.public, now):
        raise Refusal(401, "bad-proof", counts=True)
    return key


def is_of_another_suite(proof: Any) -> bool:
    """Return whether this is one well-formed proof that we have no means to check, which says nothing to us."""
    if not isinstance(proof, Mapping) or not isinstance(proof.get("type"), str):
        return False
    suite = proof.get("cryptosuite")
    return suite != CRYPTOSUITE if isinstance(suite, str) else suite is None and proof["type"] != TYPE


async def vouch(
    document: Mapping[str, Any], raw: bytes, *, proven: bool, documents: Documents, actors: Actors
) -> Vouched:
    """Return a forwarded activity that its own proof or its origin vouches for; its actor is known then.

    Raises Refusal 403 or 503.
    """
    if proven:
        return Vouched(document, raw, "proof")
    uri, actor_uri = id_of(document), id_of(document["actor"]) or ""
    if uri is None or not same_origin(uri, actor_uri) or "#" in uri:
        raise Refusal(403, "signer")
    try:
        fetched = await documents.fetch(uri)
        await actors.actor(actor_uri)
    except PeerUnreachable as error:
        raise Refusal(503, error.code, retry_after_s=RETRY_AFTER_S) from error
    except PeerError as error:
        raise Refusal(403, "signer") from error
    same = all(fetched.get(key) == document.get(key) for key in _COMPARED)
    if (
        not same
        or id_of(fetched.get("actor")) != actor_uri
        or id_of(fetched.get("object")) != id_of(document.get("object"))
    ):
        raise Refusal(403, "signer")
    return Vouched(fetched, json.dumps(fetched).encode(), "fetch")


async def _proof_key(key_id: str, actors: Actors) -> LoadedKey:
    try:
        return await actors.loaded_key(key_id)
    except PeerUnreachable as error:
        raise Refusal(503, error.code, retry_after_s=RETRY_AFTER_S) from error
    except PeerError as error:
        raise Refusal(401, "bad-proof", counts=True) from error
