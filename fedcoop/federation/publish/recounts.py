"""The co-op's proof over a recount file, so that the file shows who wrote it (governance.md 5.3; federation.md 6)."""

from dataclasses import dataclass
from typing import Any

from fedcoop.actions.motions import motion as motions
from fedcoop.federation.publish.outbox import coop_actor
from fedcoop.federation.remote.keyring import private_key
from fedcoop.federation.signatures.keys import load_public
from fedcoop.federation.signatures.proofs import add_proof, verify_proof
from fedcoop.federation.wire.contexts import CONTEXT_PROVEN
from fedcoop.governance.proof.recount import Counted, Material, count
from fedcoop.kernel.errors import BadSignature, NotFound
from fedcoop.storage.records import ActorKey
from fedcoop.storage.unit_of_work import Site, UnitOfWork


@dataclass(frozen=True, slots=True)
class Provable:
    """A closed motion to be counted, and the key that signs the file."""

    material: Material
    key: ActorKey
    owner: str


def gather(uow: UnitOfWork, key: str) -> Provable | None:
    """Return what the count needs, or None if there is nothing to count."""
    material = motions.gather(uow, key)
    if material is None:
        return None
    actor = coop_actor(uow)
    found = next((k for k in uow.actors.keys_of(actor.id) if k.algorithm == "ed25519" and k.secret is not None), None)
    if found is None:
        raise NotFound("key-missing", actor=actor.uri)
    return Provable(material, found, actor.uri)


def compute(site: Site, provable: Provable) -> Counted:
    """Count, and sign the recount file; called in a thread or in a process of its own."""
    motion = provable.material.motion
    created = motion.closed_at or motion.closes_at

    def prove(document: dict[str, Any]) -> dict[str, Any]:
        signer = {"id": provable.key.key_id, "owner": provable.owner, "publicKeyMultibase": provable.key.material}
        stated = {"@context": CONTEXT_PROVEN, **document, "signer": signer}
        return add_proof(stated, private_key(site.vault, provable.key), provable.key.key_id, created)

    return count(provable.material, prove)


def verify(document: dict[str, Any]) -> None:
    """Raise BadSignature unless the file's proof holds with the key that the file states."""
    signer = document.get("signer")
    proof = document.get("proof")
    if (
        not isinstance(signer, dict)
        or not isinstance(proof, dict)
        or proof.get("verificationMethod") != signer.get("id")
    ):
        raise BadSignature("proof-missing")
    poll = str(document.get("poll", ""))
    if not str(signer.get("id", "")).startswith(poll.split("/motions/")[0] + "/"):
        raise BadSignature("proof-foreign")
    if not verify_proof(document, load_public("ed25519", str(signer.get("publicKeyMultibase"))), None):
        raise BadSignature("proof-bad")
