"""Amendments as a reader sees them: who stands behind them, what they would change, which steps are open (governance.md 2.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.proposals.amendments import (
    CHANGEABLE,
    Amendment,
    AmendmentKind,
    AmendmentState,
    apply,
    fits,
    sponsors_needed,
)
from fedcoop.governance.proposals.diffs import Paragraph, diff_texts
from fedcoop.governance.proposals.paragraphs import paragraphs_of
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.people import Person, people
from fedcoop.storage.records import Version
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """An amendment with its diff against the text it is about; `may` are the steps open to the reader."""

    amendment: Amendment
    person: Person | None
    backers: tuple[Person, ...]
    behind: int
    needed: int
    place: int
    diff: tuple[Paragraph, ...]
    motion_uuid: str
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and what they are to the proposal."""

    member: Member | None
    is_author: bool
    is_sponsor: bool


def amendment_views(
    uow: UnitOfWork, proposal: Proposal, versions: Sequence[Version], found: Sequence[Amendment], reader: Reader
) -> tuple[AmendmentView, ...]:
    """Return the amendments with their diffs, oldest first."""
    backers = uow.proposals.backers([item.id for item in found])
    ids = {item.author_id for item in found if item.author_id is not None} | {n for b in backers.values() for n in b}
    named, texts = (
        people(uow, ids) if reader.member is not None else {},
        {version.n: version.body for version in versions},
    )
    needed = sponsors_needed(uow.members.count_active(), Bylaws())
    return tuple(
        AmendmentView(
            amendment=item,
            person=named.get(item.author_id) if item.author_id else None,
            backers=tuple(named[number] for number in backers[item.id] if number in named),
            behind=len(backers[item.id]),
            needed=needed if item.kind is AmendmentKind.FORMAL else 1 + len(uow.proposals.authors(proposal.id)),
            place=_place(texts.get(item.based_on, ""), item),
            diff=_diff(texts.get(item.based_on, ""), item),
            motion_uuid=uow.motions.get(item.motion_id).uuid if item.motion_id else "",
            may=_may_amend(proposal, item, reader, backers[item.id]),
        )
        for item in found
    )


def _place(text: str, amendment: Amendment) -> int:
    ids = [paragraph.id for paragraph in paragraphs_of(text)]
    return ids.index(amendment.change.paragraph) + 1 if amendment.change.paragraph in ids else 0


def _diff(text: str, amendment: Amendment) -> tuple[Paragraph, ...]:
    """Return only the paragraphs that it changes."""
    if not fits(amendment.change, text):
        return ()
    whole = diff_texts(text, apply((amendment.change,), text))
    return tuple(paragraph for paragraph in whole if any(piece.kind != "keep" for piece in paragraph))


def _may_amend(proposal: Proposal, item: Amendment, reader: Reader, backers: Sequence[MemberId]) -> frozenset[str]:
    member = reader.member
    if member is None or not member.may_vote or proposal.state is not ProposalState.DISCUSSION:
        return frozenset()
    mine, behind = item.author_id == member.id, member.id in backers
    friendly, is_open = item.kind is AmendmentKind.FRIENDLY, item.state is AmendmentState.OPEN
    live = item.state in (AmendmentState.OPEN, AmendmentState.SUPPORTED)
    steps = {
        "accept": friendly and is_open and reader.is_author and not behind,
        "decline": friendly and is_open and reader.is_author,
        "sponsor": not friendly and live and not mine and not behind,
        "unsponsor": not friendly and live and behind,
        "formal": friendly and mine and item.state in (AmendmentState.OPEN, AmendmentState.DECLINED),
        "rebase": mine and item.state in CHANGEABLE,
        "withdraw": mine and item.state in CHANGEABLE,
    }
    return frozenset(name for name, allowed in steps.items() if allowed)
