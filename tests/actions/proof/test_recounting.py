"""The recount file of a real vote with the co-op's real proof: any changed byte is found, and so is any consistent forgery."""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.motions.ballots import cast_by_teller, withdraw_ballot
from fedcoop.federation.publish.recounts import verify
from fedcoop.governance.motions.motion import Channel
from fedcoop.governance.proof import logchain, secrecy
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.errors import Refused
from tests.actions.coop import ask, audited, join, made_keys, run_timers, vote
from tests.conftest import Instance


async def export(instance: Instance) -> bytes:
    ada, ben, cy, dee = await join(instance.units, "ada", "ben", "cy", "dee")
    motion = await ask(instance, ada, settings={"quorum": "1/2"})
    await vote(instance, ada, motion, "for")
    await vote(instance, ben, motion, "against", reason="Too dear: 9 000 €.")
    await vote(instance, ben, motion, "for")
    at = instance.clock.now()
    await instance.units.write(withdraw_ballot, voter=ada.id, motion_id=motion.id, channel=Channel.WEB, at=at)
    await vote(instance, cy, motion, "abstain")
    await instance.units.write(cast_by_teller, teller="operator", voter=dee.id, motion_id=motion.id, choice=("for",))
    instance.clock.advance(timedelta(days=8))
    await run_timers(instance)
    found = await instance.units.read(lambda uow: uow.exports.of(motion.id))
    assert found is not None
    return found.encode()


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as error:
        recount(data, verify)
    assert error.value.code.startswith("recount-")
    assert error.value.message
    return error.value.code


def rechain(document: dict[str, Any]) -> None:
    """Compute every hash of the file anew, as somebody would who has the file but not the key."""
    root = secrecy.root([secrecy.leaf(ballot) for ballot in document["ballots"]])
    document["root"] = root
    document["log"][-2]["root"] = root
    head = logchain.first_head(document["poll"])
    for entry in document["log"]:
        head = logchain.next_head(head, canonical_bytes(entry))
    document["log_head"] = head


def other_choice(document: dict[str, Any]) -> None:
    ballot = next(item for item in document["ballots"] if item["choice"] == ["for"])
    entry = [e for e in document["log"] if e.get("voter") == ballot["voter"] and e["type"] == "ballot"][-1]
    ballot["choice"] = entry["choice"] = ["abstain"]
    document["tally"]["counts"].update({"for": 1, "abstain": 2})
    document["log"][-2]["tally"]["counts"].update({"for": 1, "abstain": 2})
    document["outcome"] = json.loads(json.dumps(document["outcome"]).replace('"have": 2', '"have": 1'))


def other_nonce(document: dict[str, Any]) -> None:
    ballot = document["ballots"][0]
    entry = [e for e in document["log"] if e.get("voter") == ballot["voter"] and e["type"] == "ballot"][-1]
    ballot["nonce"] = entry["nonce"] = "0" * 32


def other_digest(document: dict[str, Any]) -> None:
    document["motion_digest"] = "sha-256:" + "0" * 64


def other_time(document: dict[str, Any]) -> None:
    entry = next(e for e in document["log"] if e["type"] == "ballot")
    entry["received_at"] = "2026-03-01T09:00:01Z"


def other_key(document: dict[str, Any]) -> None:
    document["signer"]["publicKeyMultibase"] = made_keys(1)[1].material


def other_signer(document: dict[str, Any]) -> None:
    document["signer"]["id"] = document["signer"]["id"].replace("alder.example", "evil.example")


def no_proof(document: dict[str, Any]) -> None:
    del document["proof"]


def no_signer(document: dict[str, Any]) -> None:
    del document["signer"]


def other_purpose(document: dict[str, Any]) -> None:
    document["proof"]["proofPurpose"] = "authentication"


FORGERIES: list[Callable[[dict[str, Any]], None]] = [
    other_nonce,
    other_digest,
    other_time,
    other_key,
    other_signer,
    no_proof,
    no_signer,
    other_purpose,
]


async def test_any_changed_byte_and_any_forgery_without_the_key_is_found(instance: Instance) -> None:
    data = await export(instance)
    found = recount(data, verify)
    assert (found.outcome.code, dict(found.tally.counts)) == ("carried", {"for": 2, "against": 0, "abstain": 1})
    assert recount(data + b"\n", verify) == found
    (line,) = await audited(instance, "paper-ballot")
    assert line.who == "operator"
    assert b"Too dear" not in data
    document = json.loads(data)
    for forge in FORGERIES:
        forged = copy.deepcopy(document)
        forge(forged)
        rechain(forged)
        assert refused(canonical_bytes(forged)) == "recount-proof", forge.__name__
    forged = copy.deepcopy(document)
    other_choice(forged)
    rechain(forged)
    assert refused(canonical_bytes(forged)) in ("recount-outcome", "recount-proof")
    if instance.database.dialect == "sqlite":
        for number in range(len(data)):
            refused(data[:number] + bytes([data[number] ^ 1]) + data[number + 1 :])
            if number % 16 == 0:
                refused(data[:number] + data[number + 1 :])
                refused(data[:number] + b"0" + data[number:])
