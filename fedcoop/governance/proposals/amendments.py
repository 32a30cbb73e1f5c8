"""Amendments: operations on paragraphs of a version, what they make of the text, and which contradict (governance.md 2.1).

Theory: all accepted operations are laid on one base text at once, each on a paragraph of its own. So the order of those
that do not contradict changes nothing. Two on one paragraph do contradict, whatever they do with it; the later accepted
one is `conflicting`, and members choose between them and the text unchanged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.proposals.diffs import words_changed
from fedcoop.governance.proposals.paragraphs import START, Paragraph, paragraphs_of, renumbered, text_of
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId

MAX_TEXT = 10_000
MAX_REASON = 2_000


class Operation(StrEnum):
    """What an amendment does to its paragraph."""

    REPLACE = "replace"
    INSERT_AFTER = "insert_after"
    DELETE = "delete"


class AmendmentKind(StrEnum):
    """Friendly: accepted by the authors. Formal: sponsored, and voted on."""

    FRIENDLY = "friendly"
    FORMAL = "formal"


class AmendmentState(StrEnum):
    """The states of an amendment; the last six end it."""

    OPEN = "open"
    SUPPORTED = "supported"
    STALE = "stale"
    VOTING = "voting"
    CONFLICTING = "conflicting"
    CARRIED = "carried"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_CARRIED = "not_carried"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


UNDECIDED = frozenset(
    {AmendmentState.SUPPORTED, AmendmentState.VOTING, AmendmentState.CONFLICTING, AmendmentState.CARRIED}
)
"""Formal amendments in these states hold up the freezing of the text, until all are decided and merged."""
CHANGEABLE = frozenset({AmendmentState.OPEN, AmendmentState.SUPPORTED, AmendmentState.STALE})


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on one paragraph; `start` as the paragraph of an insertion is the beginning of the text."""

    operation: Operation
    paragraph: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change that somebody proposes to a version of a proposal. `position` is its place in the order of voting."""

    id: int
    uuid: str
    proposal_id: ProposalId
    author_id: MemberId | None
    kind: AmendmentKind
    change: Change
    based_on: int
    state: AmendmentState
    reason: str
    created_at: datetime
    position: int = 0
    motion_id: MotionId | None = None
    decided_at: datetime | None = None


def check_change(change: Change, text: str) -> Change:
    """Return the change with its text trimmed. Raises Invalid (`amendment-text`), Conflict (`amendment-paragraph`)."""
    words = change.text.strip()
    if change.operation is Operation.DELETE:
        words = ""
    elif not words:
        raise Invalid("amendment-text", "Write the words that would stand there.", field="text")
    if len(words) > MAX_TEXT:
        raise Invalid("amendment-text", f"An amendment has at most {MAX_TEXT:,} characters.", field="text")
    made = Change(change.operation, change.paragraph, words)
    if not fits(made, text):
        raise Conflict("amendment-paragraph", "That paragraph is not in the present text. Choose it again.")
    if apply((made,), text) == apply((), text):
        raise Invalid("amendment-text", "This would change nothing. Write what should be different.", field="text")
    return made


def fits(change: Change, text: str) -> bool:
    """Return whether the paragraph still stands in this text; if not, the amendment is stale."""
    if change.paragraph == START:
        return change.operation is Operation.INSERT_AFTER
    return any(paragraph.id == change.paragraph for paragraph in paragraphs_of(text))


def apply(changes: Iterable[Change], text: str) -> str:
    """Return the text with all the changes laid on it at once; their order changes nothing.

    Raises Conflict: `amendment-paragraph` where one does not fit, `amendments-conflict` where two name one paragraph.
    """
    by_paragraph: dict[str, Change] = {}
    for change in changes:
        if change.paragraph in by_paragraph:
            raise Conflict("amendments-conflict", "Two amendments change the same paragraph.")
        if not fits(change, text):
            raise Conflict("amendment-paragraph", "That paragraph is not in the present text. Choose it again.")
        by_paragraph[change.paragraph] = change
    if not by_paragraph:
        return text_of(paragraphs_of(text))
    made: list[Paragraph] = []
    if START in by_paragraph:
        made.append(Paragraph("", by_paragraph[START].text))
    for paragraph in paragraphs_of(text):
        gap = paragraph.gap or ("\n\n" if made else "")
        made += _changed(
            Paragraph(paragraph.id, paragraph.text, gap, paragraph.is_point), by_paragraph.get(paragraph.id)
        )
    return renumbered(text_of(tuple(made)))


def _changed(paragraph: Paragraph, change: Change | None) -> list[Paragraph]:
    if change is None:
        return [paragraph]
    if change.operation is Operation.DELETE:
        return []
    if change.operation is Operation.REPLACE:
        return [Paragraph("", change.text, paragraph.gap)]
    first = paragraphs_of(change.text)[0]
    gap = "\n" if paragraph.is_point and first.is_point else "\n\n"
    return [paragraph, Paragraph("", change.text, gap)]


def without_conflicts(accepted: Sequence[Amendment]) -> tuple[list[Amendment], list[Amendment]]:
    """Return those that stand, and those whose paragraph an earlier accepted one has changed already."""
    standing: dict[str, Amendment] = {}
    later: list[Amendment] = []
    for amendment in accepted:
        if amendment.change.paragraph in standing:
            later.append(amendment)
        else:
            standing[amendment.change.paragraph] = amendment
    return list(standing.values()), later


def voting_order(waiting: Iterable[Amendment], text: str) -> list[Amendment]:
    """Return them in the order of voting: as the coordinator placed them, else the one that changes most first."""
    plain = apply((), text)

    def key(amendment: Amendment) -> tuple[int, int, int]:
        changed = words_changed(plain, apply((amendment.change,), text)) if fits(amendment.change, text) else 0
        return (amendment.position or 1_000_000, -changed, amendment.id)

    return sorted(waiting, key=key)


def sponsors_needed(members: int, bylaws: Bylaws) -> int:
    """Return how many must stand behind a formal amendment: 2, where there are so many besides its author."""
    return min(bylaws.amendment_sponsors, max(0, members - 1))
