"""Recount anywhere: the export of a decided motion, and the check that rebuilds its result from that file alone.

Source: governance.md 5.3. The file is canonical JSON in one line, so that any changed byte is found; voters stand in it
by pseudonym only.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NoReturn

from fedcoop.governance.counting.tallying import (
    Ballots,
    RollRow,
    eligible_of,
    piles_of,
    represent,
    represented_piles,
    row_of,
    tally_motion,
)
from fedcoop.governance.delegation.representation import Grant, grant_of, grant_to_json
from fedcoop.governance.motions.ballots import Ballot, Boxed
from fedcoop.governance.motions.choices import Choice, choice_of
from fedcoop.governance.motions.lifecycle import text_hash
from fedcoop.governance.motions.lot_order import lot_of
from fedcoop.governance.motions.motion import Motion, Option, Settings, option_to_json
from fedcoop.governance.motions.outcomes import Outcome, outcome_to_json
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_from_json, settings_to_json
from fedcoop.governance.motions.tallies import Tally, tally_to_json
from fedcoop.governance.proof import logchain, public_lots, secrecy
from fedcoop.governance.ranked import candidacy
from fedcoop.governance.rolls.roll import roll_hash
from fedcoop.kernel.canonical import Written, canonical_bytes, canonical_each
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import FedcoopError, Refused

FORMAT = "fedcoop-recount-1"
_LEAVING = '"type":"option"'
Prove = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that a count needs of one closed motion; `log` holds the canonical entries so far.

    Votes passed on stand in the log too: as they were at the opening, and what was named or revoked since.
    `may_wait` says that a result which hangs on the lot is not final: of the `secrets` some may still be revealed.
    """

    motion: Motion
    ballots: Sequence[Ballot | Boxed]
    roll: Sequence[str]
    log: Sequence[str]
    secrets: Sequence[public_lots.Secret] = ()
    may_wait: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A finished count: what it found, the log entries it adds (canonical text), and the recount file.

    `awaits_lot`: it hangs on a lot whose secrets may still be revealed, so that it must not stand yet.
    """

    tally: Tally
    outcome: Outcome
    root: str
    new_entries: tuple[str, ...]
    log_head: str
    export: str
    awaits_lot: bool = False

    @property
    def follows(self) -> int:
        """After how many entries of the log it was made."""
        return int(json.loads(self.new_entries[0])["n"]) - 1


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount found; `log_head` is to be compared with the one that others hold."""

    poll: str
    title: str
    outcome: Outcome
    tally: Tally
    log_head: str
    log_entries: int
    root: str


def count(material: Material, prove: Prove) -> Counted:
    """Return the result of a closed motion; `prove` adds the co-op's proof to the export (federation.md 6)."""
    motion = material.motion
    ballots = sorted(material.ballots, key=lambda ballot: ballot.voter)
    boxed = canonical_each([secrecy.box_ballot(ballot, motion.url) for ballot in ballots])
    root = secrecy.root([*map(secrecy.leaf_of, boxed)])
    lot = lot_of(motion.url, root, public_lots.reveals_of(material.secrets))
    settings = _counted(motion.settings, map(json.loads, (entry for entry in material.log if _LEAVING in entry)))
    rule = Ballots(motion.method, motion.options, settings, lot)
    grants = _grants(material)
    tally = _tally(rule, material.roll, {ballot.voter: ballot.choice for ballot in material.ballots}, grants)
    outcome = METHODS[motion.method].decide(tally, motion.options, settings)
    outcome = public_lots.flagged(outcome, tally, material.secrets)
    n = len(material.log)
    additions = (
        logchain.tally_entry(tally_to_json(tally), root),
        logchain.outcome_entry(outcome.code.value, outcome.winners),
    )
    new = tuple(canonical_bytes({"n": n + i, **entry}).decode() for i, entry in enumerate(additions, start=1))
    log = [entry.encode() for entry in (*material.log, *new)]
    head = logchain.last_head(motion.url, log)
    document = {
        "format": FORMAT,
        "poll": motion.url,
        "title": motion.title,
        "body": motion.body,
        "method": motion.method,
        "options": [option_to_json(option) for option in motion.options],
        "settings": settings_to_json(motion.settings),
        "opens_at": rfc3339(motion.opens_at),
        "closes_at": rfc3339(motion.closes_at),
        "text_hash": motion.text_hash,
        "motion_digest": motion.motion_digest,
        "roll": sorted(material.roll),
        "roll_hash": motion.roll_hash,
        "delegations": [grant_to_json(grant) for grant in grants],
        "ballots": [*map(Written, boxed)],
        "root": root,
        "seed": public_lots.seed_to_json(material.secrets, lot, tally),
        "tally": tally_to_json(tally),
        "outcome": outcome_to_json(outcome),
        "log": [*map(Written, log)],
        "log_head": head,
    }
    awaits = material.may_wait and public_lots.needs_lot(tally, outcome)
    return Counted(tally, outcome, root, new, head, canonical_bytes(prove(document)).decode(), awaits)


def recount(data: bytes, verify: Callable[[dict[str, Any]], None]) -> Recounted:
    """Rebuild the result from the file alone; return what was found if everything agrees.

    `verify` raises FedcoopError unless the document's proof holds. Raises Refused with code `recount-…` and the first
    difference as its message.
    """
    document = _read(data)
    try:
        return _rebuild(document, verify)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Refused("recount-shape", f"A part of the file is missing or of another kind: {error!r}.") from error


def _rebuild(document: dict[str, Any], verify: Callable[[dict[str, Any]], None]) -> Recounted:
    options = tuple(Option(**item) for item in document["options"])
    settings = settings_from_json(document["settings"])
    _same("text", document["text_hash"], _text_hash(document, options, settings))
    _same("roll", document["roll_hash"], roll_hash(document["roll"]))
    log = canonical_each(document["log"])
    _same("log-head", document["log_head"], logchain.last_head(document["poll"], log))
    _check_log(document)
    rows = _rows(document["roll"])
    _check_ballots(document, options, settings, {row.voter for row in rows})
    told = [grant_to_json(grant) for grant in logchain.standing_grants(document["log"])]
    _same("delegations", document["delegations"], told)
    boxed = document["ballots"]
    root = secrecy.root([*map(secrecy.leaf_of, canonical_each(boxed))])
    _same("root", document["root"], root)
    _check_leaving(document, options)
    settings = _counted(settings, document["log"])
    secrets = _secrets(document)
    lot = lot_of(document["poll"], root, public_lots.reveals_of(secrets))
    rule = Ballots(document["method"], options, settings, lot)
    grants = [grant_of(item) for item in document["delegations"]]
    choices = {ballot["voter"]: choice_of(ballot["choice"]) for ballot in boxed}
    tally = _tally(rule, document["roll"], choices, grants)
    _same("tally", document["tally"], tally_to_json(tally))
    _same("seed", document["seed"], public_lots.seed_to_json(secrets, lot, tally))
    outcome = public_lots.flagged(METHODS[document["method"]].decide(tally, options, settings), tally, secrets)
    _same("outcome", document["outcome"], outcome_to_json(outcome))
    _check_results(document, tally, outcome, root)
    _proven(document, verify)
    return Recounted(document["poll"], document["title"], outcome, tally, document["log_head"], len(log), root)


def _counted(settings: Settings, log: Iterable[Mapping[str, Any]]) -> Settings:
    """Return the settings with the options that withdrew while the vote was open (7.11)."""
    return candidacy.counted_settings(settings, candidacy.left_since(log))


def _check_leaving(document: Mapping[str, Any], options: Sequence[Option]) -> None:
    left = candidacy.left_since(document["log"])
    if left and METHODS[document["method"]].form != "ranking":
        _differ("log-option", "only from a ranked vote can a choice be withdrawn once it is open")
    if unknown := set(left) - {option.key for option in options}:
        _differ("log-option", f"the log withdraws the choice {min(unknown)}, which there is not")


def _grants(material: Material) -> list[Grant]:
    if not material.motion.settings.delegation.is_on:
        return []
    return logchain.standing_grants(json.loads(entry) for entry in material.log)


def _tally(rule: Ballots, roll: Sequence[str], choices: Mapping[str, Choice], grants: Sequence[Grant]) -> Tally:
    rows = [row_of(line) for line in roll]
    represented = represent(rule.settings, rows, choices, grants)
    through_others = represented_piles({row.voter: row for row in rows}, choices, represented)
    return tally_motion(rule, piles_of(rows, choices) + through_others, eligible_of(rows))


def _read(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
        canonical = canonical_bytes(document)
    except (ValueError, RecursionError) as error:
        raise Refused("recount-json", f"The file is no JSON that can be canonical: {error}") from error
    if canonical != data.removesuffix(b"\n"):
        raise Refused("recount-canonical", "The file is not in canonical form: a byte was changed, added or taken out.")
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Refused("recount-format", f"This is no recount file of the form {FORMAT}.")
    if document.get("method") not in METHODS:
        raise Refused("recount-method", "This program does not know the method of the vote; a newer one may.")
    return document


def _text_hash(document: Mapping[str, Any], options: Sequence[Option], settings: Settings) -> str:
    return text_hash(
        title=document["title"], body=document["body"], options=options, method=document["method"], settings=settings
    )


def _check_log(document: Mapping[str, Any]) -> None:
    log = document["log"]
    _same("log-numbers", [entry.get("n") for entry in log], list(range(1, len(log) + 1)))
    kinds = [entry.get("type") for entry in log]
    revealed = kinds.count(public_lots.REVEAL_ENTRY)
    ends = ["close", *[public_lots.REVEAL_ENTRY] * revealed, "tally", "outcome"]
    if kinds[:1] != ["open"] or kinds[-len(ends) :] != ends:
        _differ("log-order", "the log begins with the opening and ends with close, secrets of the lot, tally, outcome")
    first, last = log[0], log[-len(ends)]
    _same("log-open-text", first["text_hash"], document["text_hash"])
    opening = _opening_roll(document)
    _same("log-open-roll", first["roll_hash"], roll_hash(opening))
    _same("log-open-eligible", first["eligible"], sum(eligible_of(_rows(opening)).values()))
    _same("log-open-time", first["opens_at"], document["opens_at"])
    _same("log-close", last["closes_at"], document["closes_at"])
    _same("log-close-ballots", last["ballots"], len(document["ballots"]))


def _opening_roll(document: Mapping[str, Any]) -> list[str]:
    """Return the roll as it was at the opening: the last one with every correction of the log taken back, newest first."""
    lines = list(document["roll"])
    for entry in reversed(document["log"]):
        if entry["type"] != "roll":
            continue
        _same("log-roll", [entry["roll_hash"], entry["eligible"]], [roll_hash(lines), _with_vote(lines)])
        before, after = entry["before"], entry["after"]
        if before == after or {line.partition(" ")[0] for line in (before, after) if line} != {entry["voter"]}:
            _differ("log-roll-voter", "a correction of the roll is about somebody else, or about nothing")
        if after is not None:
            if after not in lines:
                _differ("log-roll-line", f"the roll lacks the line {after} that a correction put there")
            lines.remove(after)
        if before is not None:
            lines.append(before)
    return sorted(lines)


def _with_vote(lines: Iterable[str]) -> int:
    return sum(row_of(line).weight > 0 for line in lines)


def _secrets(document: Mapping[str, Any]) -> tuple[public_lots.Secret, ...]:
    """Return the secrets of the lot, each of them as it was committed to, and as the log tells it."""
    secrets = public_lots.secrets_of(document["seed"])
    if broken := public_lots.broken_secret(secrets):
        _differ("lot", f"the secret of {broken} is not the one that was committed to")
    log = document["log"]
    committed = len([entry for entry in log if entry["type"] == public_lots.COMMIT_ENTRY])
    early = [entry["type"] for entry in log[1 : 1 + committed]]
    _same("lot-order", early, [public_lots.COMMIT_ENTRY] * committed)
    told = sorted(public_lots.told_in(log), key=public_lots.told_order)
    _same("lot-log", public_lots.entries_of(secrets), told)
    return secrets


def _check_ballots(
    document: Mapping[str, Any], options: Sequence[Option], settings: Settings, voters: Set[str]
) -> None:
    """The box holds exactly the last ballot of each voter that the log tells of."""
    standing = {
        voter: {"choice": entry["choice"], "nonce": entry["nonce"], "poll": document["poll"], "voter": voter}
        for voter, entry in logchain.standing_ballots(document["log"]).items()
    }
    _same("ballots", document["ballots"], [standing[voter] for voter in sorted(standing)])
    method = METHODS[document["method"]]
    for ballot in document["ballots"]:
        if ballot["voter"] not in voters:
            _differ("voter", f"the voter {ballot['voter']} is not on the roll")
        try:
            method.check(choice_of(ballot["choice"]), options, settings)
        except FedcoopError as error:
            _differ("ballot", f"the ballot of {ballot['voter']} breaks the rule: {error.message}")


def _check_results(document: Mapping[str, Any], tally: Tally, outcome: Outcome, root: str) -> None:
    log = document["log"]
    _same("log-tally", {k: log[-2][k] for k in ("tally", "root")}, {"tally": tally_to_json(tally), "root": root})
    _same("log-outcome", [log[-1]["code"], log[-1]["winners"]], [outcome.code.value, list(outcome.winners)])


def _rows(roll: Sequence[str]) -> list[RollRow]:
    rows = [row_of(line) for line in roll]
    if len({row.voter for row in rows}) != len(rows):
        _differ("roll-twice", "somebody is on the roll twice")
    return rows


def _proven(document: dict[str, Any], verify: Callable[[dict[str, Any]], None]) -> None:
    try:
        verify(document)
    except FedcoopError as error:
        raise Refused("recount-proof", f"The co-op’s signature does not fit the file: {error.code}.") from error


def _same(what: str, stated: Any, found: Any) -> None:
    if stated != found:
        _differ(what, f"the file states {_short(stated)}, the recount gives {_short(found)}")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"


def _differ(what: str, how: str) -> NoReturn:
    raise Refused(f"recount-{what}", f"First difference, {what}: {how}.")
