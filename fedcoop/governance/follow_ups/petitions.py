"""Members who ask together: that a vote be annulled, or that a decider's decision be called in (governance.md 2, 7.4).

A petition to annul needs a tenth of the roll and is upheld or rejected by the governance committee; a call-in works by
itself as soon as enough have signed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from fedcoop.governance.motions.method import ceil_of
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotAllowed
from fedcoop.kernel.ids import MemberId, MotionId

ANNUL, CALL_IN = "annul", "call_in"
SHARE = Fraction(1, 10)
MAX_REASON = 1000


class PetitionState(StrEnum):
    """Where a petition stands; a call-in is `upheld` when enough have signed."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Petition:
    """What members ask about one motion; there is one of a kind for each motion."""

    motion_id: MotionId
    kind: str
    state: PetitionState
    opened_at: datetime
    finding: str = ""
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """One member's signature with their reason, in order of time."""

    member_id: MemberId
    reason: str
    at: datetime


def signatures_needed(eligible: int) -> int:
    """Return how many signatures make the committee decide: a tenth of the roll, rounded up, at least 1."""
    return max(1, ceil_of(SHARE * eligible))


def check_signing(motion: Motion, petition: Petition | None, *, on_roll: bool, signed: bool, reason: str) -> None:
    """Raise NotAllowed (`off-roll`), Conflict (`petition-state`, `petition-signed`) or MotionRefused (`motion-state`, `reason`).

    Who begins a petition gives its reason; who joins may leave theirs out.
    """
    if not on_roll:
        raise NotAllowed("off-roll", "Who is on the roll of this vote can sign.")
    if motion.state not in (MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED):
        raise MotionRefused("motion-state", f"This vote is {motion.state}; there is nothing to annul.")
    if petition is not None and petition.state is not PetitionState.OPEN:
        raise Conflict("petition-state", f"This petition is {petition.state}; it takes no more signatures.")
    if signed:
        raise Conflict("petition-signed", "You have signed already.")
    if petition is None and not reason.strip():
        raise MotionRefused("reason", "Say what was wrong with this vote; everybody will read it.")
    if len(reason) > MAX_REASON:
        raise Invalid("reason-long", f"A reason has at most {MAX_REASON} characters.", field="reason")


def check_finding(petition: Petition | None, signatures: int, eligible: int, finding: str) -> None:
    """Raise Conflict (`petition-state`, `petition-signatures`) or MotionRefused (`reason`)."""
    if petition is None or petition.state is not PetitionState.OPEN:
        raise Conflict("petition-state", "There is no open petition about this vote.")
    needed = signatures_needed(eligible)
    if signatures < needed:
        raise Conflict("petition-signatures", f"{signatures} have signed; {needed} of {eligible} are needed.")
    if not finding.strip():
        raise MotionRefused("reason", "Say why; everybody will read it.")
