"""The log of a motion: entries chained by their hashes, so that nothing can be taken out or put in (governance.md 5.1)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from fedcoop.governance.delegation.representation import Grant, grant_of, grant_to_json
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.choices import Choice, choice_of, choice_to_json
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.canonical import sha256_hex
from fedcoop.kernel.clock import parse_rfc3339, rfc3339


def first_head(poll_url: str) -> str:
    """Return h_0 as hex."""
    return sha256_hex(b"fedcoop-log-v1\n" + poll_url.encode())


def next_head(head: str, entry: bytes) -> str:
    """Return h_n of the former head and the canonical bytes of entry n."""
    return hashlib.sha256(bytes.fromhex(head) + entry).hexdigest()


def last_head(poll_url: str, entries: Iterable[bytes]) -> str:
    """Return the head as hex after all entries of a log, each as its canonical bytes."""
    head = bytes.fromhex(first_head(poll_url))
    for entry in entries:
        head = hashlib.sha256(head + entry).digest()
    return head.hex()


def open_entry(motion: Motion) -> dict[str, Any]:
    """Return the entry of the opening: what is voted on, by whom, until when."""
    return {
        "type": "open",
        "text_hash": motion.text_hash,
        "roll_hash": motion.roll_hash,
        "eligible": motion.eligible,
        "opens_at": rfc3339(motion.opens_at),
        "closes_at": rfc3339(motion.closes_at),
    }


def ballot_entry(ballot: Ballot, holder: str = "") -> dict[str, Any]:
    """Return the full entry of an open poll's ballot; of the reason only its hash: words can be forgotten.

    `holder` is the proxy who cast it for its voter, by pseudonym.
    """
    entry: dict[str, Any] = {
        "type": "ballot",
        "voter": ballot.voter,
        "choice": choice_to_json(ballot.choice),
        "nonce": ballot.nonce,
        "channel": ballot.channel.value,
        "cast_at": rfc3339(ballot.cast_at),
        "received_at": rfc3339(ballot.received_at),
    }
    if ballot.reason:
        entry["reason_hash"] = sha256_hex(f"{ballot.nonce}\n{ballot.reason}".encode())
    if holder:
        entry["holder"] = holder
    return entry


def withdrawal_entry(voter: str, channel: str, at: str) -> dict[str, Any]:
    """Return the entry of a withdrawn ballot."""
    return {"type": "withdrawal", "voter": voter, "channel": channel, "received_at": at}


def delegations_entry(grants: Sequence[Grant]) -> dict[str, Any]:
    """Return the entry of the votes passed on as they stood at the opening (governance.md 8)."""
    return {"type": "delegations", "grants": [grant_to_json(grant) for grant in grants]}


def grant_entry(grant: Grant, at: str) -> dict[str, Any]:
    """Return the entry of a proxy named after the opening."""
    return {"type": "grant", **grant_to_json(grant), "at": at}


def revocation_entry(voter: str, at: str) -> dict[str, Any]:
    """Return the entry of a vote taken back from its delegate."""
    return {"type": "revocation", "from": voter, "at": at}


def standing_grants(entries: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """Return the grants in force at the end of the entries, oldest first."""
    standing: dict[str, Grant] = {}
    for entry in entries:
        if entry["type"] == "delegations":
            standing = {grant.delegator: grant for grant in map(grant_of, entry["grants"])}
        elif entry["type"] == "grant":
            standing[entry["from"]] = grant_of(entry)
        elif entry["type"] == "revocation":
            standing.pop(entry["from"], None)
    return sorted(standing.values(), key=lambda grant: grant.order)


@dataclass(frozen=True, slots=True)
class RollChange:
    """One correction: the voter's line before and after, None where there is none, and the whole roll afterwards."""

    kind: str
    voter: str
    before: str | None
    after: str | None
    roll_hash: str
    eligible: int


def roll_entry(change: RollChange) -> dict[str, Any]:
    """Return the entry of a correction of the roll; its reason is in the audit log: words can be forgotten."""
    return {"type": "roll", **asdict(change)}


def standing_ballots(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return by pseudonym the entry of the last ballot of each voter who has one and is on the roll."""
    standing: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry["type"] == "ballot":
            standing[entry["voter"]] = entry
        elif entry["type"] == "withdrawal" or (entry["type"] == "roll" and entry["after"] is None):
            standing.pop(entry["voter"], None)
    return standing


def standing_at(entries: Sequence[Mapping[str, Any]], instant: datetime) -> dict[str, Choice]:
    """Return by pseudonym the choices that the ballots received by an instant made."""
    standing: dict[str, Choice] = {}
    for entry in entries:
        if entry["type"] == "roll" and entry["after"] is None:
            standing.pop(entry["voter"], None)
        if entry["type"] not in ("ballot", "withdrawal") or parse_rfc3339(entry["received_at"]) > instant:
            continue
        if entry["type"] == "ballot":
            standing[entry["voter"]] = choice_of(entry["choice"])
        else:
            standing.pop(entry["voter"], None)
    return standing


def extend_entry(motion: Motion, reason: str) -> dict[str, Any]:
    """Return the entry of an extension."""
    return {"type": "extend", "closes_at": rfc3339(motion.closes_at), "reason": reason}


def reopen_entry(motion: Motion, reason: str) -> dict[str, Any]:
    """Return the entry of a re-opening; the first count stays before it."""
    return {"type": "reopen", "closes_at": rfc3339(motion.closes_at), "reason": reason}


def close_entry(motion: Motion, ballots: int) -> dict[str, Any]:
    """Return the entry of the close."""
    return {"type": "close", "closes_at": rfc3339(motion.closes_at), "ballots": ballots}


def annul_entry(reason: str, at: str) -> dict[str, Any]:
    """Return the entry of an annulment."""
    return {"type": "annul", "reason": reason, "at": at}


def tally_entry(tally: Mapping[str, Any], box_root: str) -> dict[str, Any]:
    """Return the entry of the count."""
    return {"type": "tally", "tally": dict(tally), "root": box_root}


def outcome_entry(code: str, winners: Sequence[str]) -> dict[str, Any]:
    """Return the entry of the outcome."""
    return {"type": "outcome", "code": code, "winners": list(winners)}
