"""The secrets behind a public lot: committed before the opening, revealed after the close, checked by anybody.

Source: governance.md 10.2. The draw itself is `lots`. A scrutineer who does not reveal is left out and named, and a
result that hangs on such a lot is flagged `weak_lot`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fedcoop.governance.counting.ties import hangs_on_lot, uses_lot
from fedcoop.governance.motions.lot_order import Lot, commitment
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Tally
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import MotionRefused

REVEAL_WITHIN = timedelta(hours=48)
FEWEST = 2
WEAK = "weak_lot"
COMMIT_ENTRY, REVEAL_ENTRY = "lot-commit", "lot-reveal"
BEFORE_VOTE = frozenset({ProposalState.ADMISSION, ProposalState.DISCUSSION, ProposalState.FROZEN})
"""While a proposal is in one of these, scrutineers may commit for the vote that it comes to."""
_COMMIT = re.compile(r"[0-9a-f]{64}")
_VALUE = re.compile(r"[0-9a-f]{32}")
_WITH_WINNERS = frozenset({OutcomeCode.CARRIED, OutcomeCode.ELECTED, OutcomeCode.FUNDED})


@dataclass(frozen=True, slots=True)
class Secret:
    """What one scrutineer committed to, and the value once it is revealed. `by` is the member's short name."""

    by: str
    commit: str
    value: str = ""

    def entries(self) -> tuple[dict[str, Any], ...]:
        """Return commit and reveal as the log has them, without time."""
        told: tuple[dict[str, Any], ...] = ({"type": COMMIT_ENTRY, "by": self.by, "commit": self.commit},)
        return (*told, {"type": REVEAL_ENTRY, "by": self.by, "value": self.value}) if self.value else told


def check_commit(motion: Motion, by: str, commit: str) -> None:
    """Raise MotionRefused (`lot-not-scrutineer`, `lot-late`, `lot-form`) unless this may be committed to now."""
    check_promise(motion.settings.scrutineers, by, commit, opened=motion.state is not MotionState.SCHEDULED)


def check_promise(scrutineers: Sequence[str], by: str, commit: str, *, opened: bool) -> None:
    """Raise MotionRefused as `check_commit`, also where the vote is not set up yet."""
    _check_scrutineer(scrutineers, by)
    if opened:
        raise MotionRefused("lot-late", "The vote has opened; a secret must be committed to before that.")
    if not _COMMIT.fullmatch(commit):
        raise MotionRefused("lot-form", "Give the SHA-256 of your secret: 64 digits, 0 to 9 and a to f.")


def check_reveal(motion: Motion, by: str, value: str, secrets: Sequence[Secret], now: datetime) -> Secret:
    """Return the secret with its value.

    Raises MotionRefused: `lot-not-scrutineer`, `lot-early` before the close, `lot-late` once decided or after 48 hours,
    `lot-mismatch` for a value that was not committed to.
    """
    _check_scrutineer(motion.settings.scrutineers, by)
    if motion.state in (MotionState.SCHEDULED, MotionState.OPEN):
        raise MotionRefused("lot-early", "Keep the secret until the vote has closed; now it would give the lot away.")
    if motion.state is not MotionState.CLOSED or now > reveals_due(motion):
        raise MotionRefused("lot-late", "The lot of this vote takes no more secrets.")
    own = next((secret for secret in secrets if secret.by == by), None)
    if own is None or not _VALUE.fullmatch(value) or commitment(value) != own.commit:
        raise MotionRefused("lot-mismatch", "That is not the secret which was committed to before the opening.")
    return replace(own, value=value)


def scrutineers_in(words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the scrutineers that settings name, as they are typed."""
    return names_of(words.get("scrutineers", "").lower())


def _check_scrutineer(scrutineers: Sequence[str], by: str) -> None:
    if by not in scrutineers:
        raise MotionRefused("lot-not-scrutineer", "Only the scrutineers named for this vote make its lot.")


def reveals_due(motion: Motion) -> datetime:
    """Return until when secrets may be revealed: 48 hours from the close."""
    return (motion.closed_at or motion.closes_at) + REVEAL_WITHIN


def outstanding(secrets: Sequence[Secret]) -> tuple[str, ...]:
    """Return who committed and has not revealed."""
    return tuple(secret.by for secret in secrets if not secret.value)


def reveals_of(secrets: Sequence[Secret]) -> tuple[str, ...]:
    """Return the revealed values."""
    return tuple(secret.value for secret in secrets if secret.value)


def may_wait(motion: Motion, secrets: Sequence[Secret], now: datetime) -> bool:
    """Return whether a count that needs the lot waits: somebody may still reveal."""
    return bool(outstanding(secrets)) and now < reveals_due(motion)


def needs_lot(tally: Tally, outcome: Outcome) -> bool:
    """Return whether the result hangs on the lot: a tie was told apart by it, and somebody or something has won."""
    return outcome.code in _WITH_WINNERS and hangs_on_lot(tally.count)


def flagged(outcome: Outcome, tally: Tally, secrets: Sequence[Secret]) -> Outcome:
    """Return the outcome with a note if it hangs on a weak lot, and why the lot is weak."""
    if not needs_lot(tally, outcome) or not is_weak(secrets):
        return outcome
    return replace(outcome, notes=(*outcome.notes, _weakness(secrets)))


def is_weak(secrets: Sequence[Secret]) -> bool:
    """Return whether somebody withheld a secret, or fewer than two made the lot."""
    return bool(outstanding(secrets)) or len(reveals_of(secrets)) < FEWEST


def _weakness(secrets: Sequence[Secret]) -> str:
    missing, made = outstanding(secrets), len(reveals_of(secrets))
    if missing:
        return f"This lot is weak ({WEAK}): {', '.join(missing)} did not reveal the secret committed to."
    if made:
        return f"This lot is weak ({WEAK}): only one scrutineer made it."
    return (
        f"This lot is weak ({WEAK}): nobody had committed to a secret before the opening; the ballot box alone made it."
    )


# --- the recount file -------------------------------------------------------------------------------------------


def seed_to_json(secrets: Sequence[Secret], lot: Lot, tally: Tally) -> dict[str, Any] | None:
    """Return the material of the lot for the recount file; None where there was neither a commitment nor a lot."""
    if not secrets and not uses_lot(tally.count):
        return None
    return {
        "commits": [{"by": secret.by, "commit": secret.commit} for secret in secrets],
        "reveals": [{"by": secret.by, "value": secret.value} for secret in secrets if secret.value],
        "seed": lot.seed.hex(),
    }


def secrets_of(seed: Mapping[str, Any] | None) -> tuple[Secret, ...]:
    """Return the secrets of a recount file; the values are not checked yet."""
    if seed is None:
        return ()
    values = {item["by"]: item["value"] for item in seed["reveals"]}
    return tuple(Secret(item["by"], item["commit"], values.get(item["by"], "")) for item in seed["commits"])


def broken_secret(secrets: Sequence[Secret]) -> str:
    """Return whose value does not fit the commitment, or nothing."""
    return next((secret.by for secret in secrets if secret.value and commitment(secret.value) != secret.commit), "")


def told_in(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the commits and reveals of a log in its order, without number and time."""
    told = (COMMIT_ENTRY, REVEAL_ENTRY)
    return [{k: v for k, v in entry.items() if k not in ("n", "at")} for entry in log if entry.get("type") in told]


def entries_of(secrets: Sequence[Secret]) -> list[dict[str, Any]]:
    """Return all commits and reveals as `told_in` gives them, by kind and name."""
    return sorted((entry for secret in secrets for entry in secret.entries()), key=told_order)


def told_order(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return what entries of lots are sorted by to be compared."""
    return str(entry["type"]), str(entry["by"])


def timed(entry: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the log entry with its time."""
    return {**entry, "at": rfc3339(at)}
