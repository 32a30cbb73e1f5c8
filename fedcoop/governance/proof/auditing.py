"""Does what is stored of a motion agree: chain, roll, text, ballots, outcome, recount file, and what was published?

Source: governance.md 5. Each of them can be changed by somebody at the database; changing all of them alike takes the co-op's key
and what others already hold.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedcoop.governance.motions.ballots import Boxed
from fedcoop.governance.motions.lifecycle import text_hash
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.outcomes import outcome_to_json
from fedcoop.governance.motions.tallies import tally_to_json
from fedcoop.governance.proof import logchain, secrecy
from fedcoop.governance.proof.recount import Recounted, recount
from fedcoop.governance.rolls.roll import roll_hash
from fedcoop.kernel.canonical import canonical_each
from fedcoop.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the stored log: its number, canonical text, and the head after it."""

    n: int
    entry: str
    head: str


@dataclass(frozen=True, slots=True)
class Result:
    """A stored outcome, and what tells of it elsewhere: the recount file, the audit log, the published Note.

    `published` is the node `coop:outcome` of that Note as it was signed (federation.md 13.4), None where there is none.
    """

    code: str
    outcome: Mapping[str, Any]
    tally: Mapping[str, Any]
    box_root: str
    log_head: str
    log_length: int
    file: str | None
    told_head: str | None
    published: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is stored of one motion that was opened; `result` is None before its outcome."""

    motion: Motion
    ballots: Sequence[Boxed]
    roll: Sequence[str]
    log: Sequence[Entry]
    result: Result | None


def check(stored: Stored, verify: Callable[[dict[str, Any]], None]) -> None:
    """Return if everything agrees. Raises Refused (`audit-…`, `recount-…`) with the first difference."""
    motion = stored.motion
    log = _checked_chain(stored)
    found = text_hash(
        title=motion.title, body=motion.body, options=motion.options, method=motion.method, settings=motion.settings
    )
    _same("text", "the text that was opened", motion.text_hash, found)
    _same("roll", "the roll", motion.roll_hash, roll_hash(stored.roll))
    boxed = canonical_each([secrecy.box_ballot(ballot, motion.url) for ballot in stored.ballots])
    _same("ballots", "the votes", sorted(canonical_each(_standing(motion.url, log))), sorted(boxed))
    if stored.result is not None:
        _check_result(stored, stored.result, boxed, verify)


def _checked_chain(stored: Stored) -> list[dict[str, Any]]:
    """Return the entries of the log, read."""
    log: list[dict[str, Any]] = []
    head = logchain.first_head(stored.motion.url)
    for number, entry in enumerate(stored.log, start=1):
        head = logchain.next_head(head, entry.entry.encode())
        log.append(json.loads(entry.entry))
        if (entry.n, entry.head, log[-1]["n"]) != (number, head, number):
            raise Refused("audit-log", f"The log breaks at entry {number}: something was changed, put in or taken out.")
    return log


def _standing(poll: str, log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the ballots that stand by the log."""
    return [
        {"choice": entry["choice"], "nonce": entry["nonce"], "poll": poll, "voter": voter}
        for voter, entry in logchain.standing_ballots(log).items()
    ]


def _check_result(
    stored: Stored, result: Result, boxed: Sequence[bytes], verify: Callable[[dict[str, Any]], None]
) -> None:
    if result.file is None:
        raise Refused("audit-file", "The recount file is missing.")
    found = recount(result.file.encode(), verify)
    _same("poll", "the motion of the recount file", stored.motion.url, found.poll)
    _same("code", "the outcome’s name", result.code, found.outcome.code.value)
    _same("outcome", "the outcome", result.outcome, outcome_to_json(found.outcome))
    _same("tally", "the totals", result.tally, tally_to_json(found.tally))
    root = secrecy.root([*map(secrecy.leaf_of, boxed)])
    _same("box", "the digest of all votes", [result.box_root, found.root], [root, root])
    _check_heads(stored, result, found)
    if result.published is not None:
        _check_published(result.published, found)


def _check_heads(stored: Stored, result: Result, found: Recounted) -> None:
    """The log has not become another one since the result; it may have grown."""
    end = stored.log[result.log_length - 1].head if 0 < result.log_length <= len(stored.log) else ""
    told = end if result.told_head is None else result.told_head
    if {end, told, result.log_head} != {found.log_head}:
        raise Refused("audit-head", "The log is another than the one whose head was published with the result.")


def _check_published(published: Mapping[str, Any], found: Recounted) -> None:
    counts = {item["coop:key"]: item["coop:count"] for item in published["coop:counts"]}
    stated = [published["coop:result"], published["coop:ballotsDigest"], counts]
    counted = {key: found.tally.counts.get(key, 0) for key in counts}
    if stated != [found.outcome.code.value, f"sha-256:{found.root}", counted]:
        raise Refused("audit-published", "The result is another than the one that was published.")


def _same(what: str, name: str, stated: object, found: object) -> None:
    if stated != found:
        raise Refused(f"audit-{what}", f"What is stored does not agree: {name}.")
