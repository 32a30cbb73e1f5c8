"""The decision register: what is in force from when, when it is looked at again, what replaced it (governance.md 2).

Where a decision stands is the state of its proposal; here are its number and its dates, and which dates it may be given.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.governance.motions.motion import Option
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId

S = ProposalState
_BEFORE_VOTE = frozenset({S.DRAFT, S.ADMISSION, S.DISCUSSION, S.FROZEN})
_DATED = _BEFORE_VOTE | {S.CLOSED, S.DECIDED}
_REVIEWABLE = _DATED | {S.IN_FORCE, S.REVIEW_DUE}
MAX_STATEMENT = 5000
MAX_ERRATUM = 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the register; without number and `decided_at` it holds the dates of what is not decided yet."""

    proposal_id: ProposalId
    motion_id: MotionId | None = None
    year: int | None = None
    number: int | None = None
    decided_at: datetime | None = None
    effective_at: datetime | None = None
    in_force_at: datetime | None = None
    review_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: ProposalId | None = None

    @property
    def label(self) -> str:
        """`2026-18`, or nothing before the first count."""
        return "" if self.number is None else f"{self.year}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a coordinator states as the outcome of a vote that binds nobody, or a decider decides; the last version stands."""

    motion_id: MotionId
    version: int
    code: str
    text: str
    options: tuple[str, ...]
    by: MemberId | None
    at: datetime
    note_uuid: str


@dataclass(frozen=True, slots=True)
class Erratum:
    """A spelling fix that stands beside the text: what was written, and how to read it."""

    id: int
    motion_id: MotionId
    was: str
    reads: str
    by: MemberId | None
    at: datetime
    note_uuid: str


def with_effective(decision: Decision, state: ProposalState, at: datetime, now: datetime) -> Decision:
    """Return the decision with the day it comes into force. Raises Conflict (`effective-state`) or Invalid (`effective-past`).

    It can be set until the vote opens and, where a decision is not in force yet, after the count; never while members vote.
    """
    if state not in _DATED:
        raise Conflict("effective-state", f"This proposal is {state.value.replace('_', ' ')}; that date is fixed now.")
    if at < now:
        raise Invalid("effective-past", "The day of coming into force lies in the past.", field="at")
    if decision.review_at is not None and decision.review_at <= at:
        raise Invalid("review-early", "The review lies before the day of coming into force.", field="at")
    return replace(decision, effective_at=at)


def with_review(decision: Decision, state: ProposalState, at: datetime, now: datetime) -> Decision:
    """Return the decision with its review date. Raises Conflict (`review-state`) or Invalid (`review-early`)."""
    if state not in _REVIEWABLE:
        raise Conflict("review-state", f"This proposal is {state.value.replace('_', ' ')}; it has no review.")
    if at <= max(now, decision.effective_at or now):
        raise Invalid("review-early", "The review lies after today and after the day of coming into force.", field="at")
    return replace(decision, review_at=at)


def check_statement(text: str, chosen: tuple[str, ...], options: tuple[Option, ...]) -> None:
    """Raise Invalid (`statement`, `option`): an outcome is stated in words and names what was chosen (governance.md 2)."""
    if not text.strip():
        raise Invalid("statement", "Write the outcome: what happens now, in a sentence or two.", field="text")
    if len(text) > MAX_STATEMENT:
        raise Invalid("statement", f"An outcome has at most {MAX_STATEMENT} characters.", field="text")
    if unknown := sorted(set(chosen) - {option.key for option in options}):
        raise Invalid("option", f"There is no choice with the key {unknown[0]}.", field="options")
    if options and not chosen:
        raise Invalid("option", "Name the choice or the choices that the outcome follows.", field="options")


def check_erratum(body: str, title: str, was: str, reads: str) -> None:
    """Raise Invalid (`erratum-was`, `erratum-reads`): it names words of the text, and other words for them."""
    if not was.strip() or (was not in body and was not in title):
        raise Invalid("erratum-was", "Give the words as they stand in the text.", field="was")
    if not reads.strip() or reads == was:
        raise Invalid("erratum-reads", "Give the words as they should read.", field="reads")
    if max(len(was), len(reads)) > MAX_ERRATUM:
        raise Invalid("erratum-reads", f"A spelling fix has at most {MAX_ERRATUM} characters.", field="reads")


def check_written(text: str, *, field: str, most: int = 2000) -> None:
    """Raise Invalid (`written`) unless there are words, and not too many."""
    if not text.strip():
        raise Invalid("written", "Write it in a sentence or two.", field=field)
    if len(text) > most:
        raise Invalid("written", f"This has {len(text)} characters; {most} is the most.", field=field)
