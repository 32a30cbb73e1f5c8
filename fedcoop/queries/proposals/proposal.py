"""One proposal as a reader sees it before and around its vote: text, people, what is said, what they may do (governance.md 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.members.permissions import Allowed, Deed, may
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.method import Sentence
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.option_lines import read_lines
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.amendments import (
    UNDECIDED,
    Amendment,
    AmendmentState,
)
from fedcoop.governance.proposals.diffs import Paragraph, diff_texts
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import ENDED_EARLY, UNDER_DISCUSSION, Proposal, ProposalState
from fedcoop.kernel.errors import MotionRefused, NotFound
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.people import Person, people
from fedcoop.queries.proposals.amendments import AmendmentView, Reader, amendment_views
from fedcoop.storage.records import Actor, Comment, Note, Sponsor, Version
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SponsorView:
    """Who stands behind it; `current` whether they signed the present version."""

    person: Person
    version: int
    current: bool


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment with its answers; `html` is empty when it was deleted."""

    comment: Comment
    person: Person | None
    answers: tuple["CommentView", ...]
    may_delete: bool


@dataclass(frozen=True, slots=True)
class ReplyFromAfar:
    """A public answer from another server to the published proposal."""

    name: str
    uri: str
    address: str
    handle: str
    html: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One proposal for one reader. `may` holds the steps open to them; `rule` is None while settings are incomplete."""

    proposal: Proposal
    plan: Plan
    text_html: str
    author: Person | None
    co_authors: tuple[Person, ...]
    sponsors: tuple[SponsorView, ...]
    needed: int
    versions: tuple[tuple[Version, Person | None], ...]
    amendments: tuple[AmendmentView, ...]
    comments: tuple[CommentView, ...]
    replies: tuple[ReplyFromAfar, ...]
    motions: tuple[Motion, ...]
    rule: Sentence | None
    options: tuple[Option, ...]
    may: frozenset[str]
    is_author: bool
    is_sponsor: bool
    sponsor_number: int

    @property
    def is_public(self) -> bool:
        """Whether everybody can read it."""
        return self.plan.audience == "public" and self.proposal.state is not ProposalState.DRAFT

    @property
    def said(self) -> int:
        """How many comments and answers there are."""
        return sum(1 + len(item.answers) for item in self.comments) + len(self.replies)


# --- who may read -----------------------------------------------------------------------------------------------


def readable(uow: UnitOfWork, *, uuid: str, member: Member | None) -> tuple[Proposal, Plan]:
    """Return the proposal with its plan if this reader may know of it.

    Raises NotFound: a draft is its authors' own, and what is for members does not exist for others.
    """
    proposal = uow.proposals.find(uuid)
    plan = None if proposal is None else uow.proposals.plan(proposal.id)
    if proposal is None or plan is None or not _may_read(uow, proposal, plan, member):
        raise NotFound("proposal-unknown", "There is no such proposal.")
    return proposal, plan


def _may_read(uow: UnitOfWork, proposal: Proposal, plan: Plan, member: Member | None) -> bool:
    if proposal.state is ProposalState.DRAFT or plan.submitted_at is None:
        return member is not None and member.id in uow.proposals.writers(proposal)
    return plan.audience == "public" or member is not None


# --- one proposal -----------------------------------------------------------------------------------------------


def proposal_view(uow: UnitOfWork, *, uuid: str, member: Member | None) -> ProposalView:
    """Return the proposal as this reader may see it. Raises NotFound."""
    proposal, plan = readable(uow, uuid=uuid, member=member)
    authors = uow.proposals.writers(proposal)
    sponsors = uow.proposals.sponsors(proposal.id)
    versions = uow.proposals.versions(proposal.id)
    amendments = uow.proposals.amendments(proposal.id)
    comments = uow.proposals.comments(proposal.id)
    named = people(uow, _ids(authors, sponsors, versions, comments)) if member is not None else {}
    motions = tuple(uow.motions.motions_of(proposal.id))
    needed = plan.sponsors_needed if plan.submitted_at else _needed(uow, plan, len(authors))
    stands = member is not None and any(item.member_id == member.id for item in sponsors)
    reader = Reader(member, member is not None and member.id in authors, stands)
    return ProposalView(
        proposal=proposal,
        plan=plan,
        text_html=uow.proposals.body_html(proposal.id),
        author=named.get(proposal.author_id) if proposal.author_id else None,
        co_authors=tuple(named[item] for item in authors if item != proposal.author_id and item in named),
        sponsors=tuple(
            SponsorView(named[item.member_id], item.version, item.version == proposal.version)
            for item in sponsors
            if item.member_id in named
        ),
        needed=needed,
        versions=tuple((item, named.get(item.author_id) if item.author_id else None) for item in versions),
        amendments=amendment_views(uow, proposal, versions, amendments, reader),
        comments=_comments(comments, named, member),
        replies=tuple(_reply(note, actor) for note, actor in uow.notes.replies_to(uow.urls.proposal(uuid))),
        motions=motions,
        rule=rule_now(uow, plan),
        options=options_of(plan),
        may=_may(uow, proposal, plan, reader, amendments),
        is_author=reader.is_author,
        is_sponsor=stands,
        sponsor_number=len(sponsors),
    )


def _ids(
    authors: Sequence[MemberId], sponsors: Sequence[Sponsor], versions: Sequence[Version], comments: Sequence[Comment]
) -> set[MemberId]:
    found = {*authors, *(item.member_id for item in sponsors)}
    written = [*(item.author_id for item in versions), *(item.author_id for item in comments)]
    return found | {item for item in written if item is not None}


def _needed(uow: UnitOfWork, plan: Plan, authors: int) -> int:
    """Return how many sponsors a draft would need if it were submitted now."""
    if not plan.seeks_sponsors:
        return 0
    return drafting.sponsors_for(plan, eligible=uow.members.count_active(), authors=authors, bylaws=Bylaws())


def rule_now(uow: UnitOfWork, plan: Plan) -> Sentence | None:
    """Return when it would be carried if the vote opened now; None while the settings do not fit together."""
    try:
        settings = settings_of(METHODS[plan.method], plan.settings, grace=uow.site.config.federation.grace)
        return METHODS[plan.method].sentence(options_of(plan), settings, uow.members.count_active())
    except (MotionRefused, KeyError):
        return None


def options_of(plan: Plan) -> tuple[Option, ...]:
    """Return what can be chosen, or nothing while that cannot be read."""
    if plan.method not in METHODS:
        return ()
    try:
        method = METHODS[plan.method]
        return read_lines(method, plan.options, plan.settings) if method.own_options else method.default_options()
    except MotionRefused:
        return ()


def _may(
    uow: UnitOfWork, proposal: Proposal, plan: Plan, reader: Reader, amendments: Sequence[Amendment]
) -> frozenset[str]:
    """Return the steps open to the reader now; the actions ask the same guards again."""
    member, state = reader.member, proposal.state
    if member is None or not member.may_vote:
        return frozenset()
    if state is ProposalState.DRAFT:
        return frozenset({"edit-draft", "submit", "discard"} if proposal.author_id == member.id else ())
    runs = isinstance(may(member, Deed.COORDINATE, Bylaws(), own=reader.is_author), Allowed)
    voted = any(item.state in UNDECIDED - {AmendmentState.SUPPORTED} for item in amendments)
    running = lifecycle.running(uow.motions.motions_of(proposal.id))
    talks, pending = state is ProposalState.DISCUSSION, plan.withdrawal_at is not None
    waiting = sum(item.state in UNDECIDED for item in amendments)
    authors = [member.id] if reader.is_author else []
    steps = {
        "edit": talks and reader.is_author and not voted,
        "amend": talks and not voted,
        "co-author": state in (ProposalState.ADMISSION, ProposalState.DISCUSSION) and proposal.author_id == member.id,
        "leave": reader.is_author and proposal.author_id != member.id and state in UNDER_DISCUSSION,
        "sponsor": not reader.is_sponsor and drafting.may_sponsor(state, member.id, authors) is None,
        "unsponsor": reader.is_sponsor and state in UNDER_DISCUSSION,
        "freeze": talks
        and runs
        and drafting.may_freeze(plan, uow.now, open_amendments=waiting, bylaws=Bylaws()) is None,
        "amendment-votes": talks and runs and not running and waiting > 0,
        "order": talks and member.has_office and waiting > 1,
        "open": state is ProposalState.FROZEN and runs and drafting.may_open(plan, uow.now, running=running) is None,
        "withdraw": state in UNDER_DISCUSSION
        and not pending
        and not running
        and (member.has_office or proposal.author_id == member.id),
        "adopt": drafting.may_adopt(plan, uow.now, is_sponsor=reader.is_sponsor) is None,
        "summarise": runs and state in (*UNDER_DISCUSSION, ProposalState.VOTING),
        "comment": state not in ENDED_EARLY,
    }
    return frozenset(name for name, allowed in steps.items() if allowed)


# --- comments ---------------------------------------------------------------------------------------------------


def _comments(
    found: Sequence[Comment], named: Mapping[MemberId, Person], member: Member | None
) -> tuple[CommentView, ...]:
    def view(item: Comment, answers: Iterable[CommentView] = ()) -> CommentView:
        mine = member is not None and (item.author_id == member.id or member.has_office)
        person = named.get(item.author_id) if item.author_id else None
        return CommentView(item, person, tuple(answers), mine and item.deleted_at is None)

    answers: dict[int, list[CommentView]] = {}
    for item in found:
        if item.reply_to is not None:
            answers.setdefault(item.reply_to, []).append(view(item))
    return tuple(view(item, answers.get(item.id, ())) for item in found if item.reply_to is None)


def _reply(note: Note, actor: Actor) -> ReplyFromAfar:
    html = "" if note.deleted_at is not None else note.content
    address = note.uri if note.uri.startswith("https://") else actor.url
    return ReplyFromAfar(
        name=actor.display_name or actor.name,
        uri=actor.uri,
        address=address,
        handle=actor.handle,
        html=html,
        at=note.published_at,
    )


# --- versions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version with what it changed in the one before it."""

    proposal: Proposal
    version: Version
    person: Person | None
    diff: tuple[Paragraph, ...]
    old_title: str


def version_view(uow: UnitOfWork, *, uuid: str, n: int, member: Member | None) -> VersionView:
    """Return version `n` and its difference from the one before. Raises NotFound."""
    proposal, _ = readable(uow, uuid=uuid, member=member)
    found = {version.n: version for version in uow.proposals.versions(proposal.id, numbers=(n - 1, n))}
    if n not in found:
        raise NotFound("version-unknown", "There is no such version of this proposal.")
    version, before = found[n], found.get(n - 1)
    ids = [version.author_id] if version.author_id is not None else []
    person = people(uow, ids).get(version.author_id) if version.author_id and member is not None else None
    diff = diff_texts(before.body, version.body) if before else ()
    return VersionView(
        proposal, version, person, diff, before.title if before and before.title != version.title else ""
    )
