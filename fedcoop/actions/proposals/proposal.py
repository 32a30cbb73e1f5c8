"""Writing a proposal: drafts, submitting, new versions, co-authors (governance.md 2). Its further steps: `proposal_steps`.

Whoever edits says which version they started from, so that nobody's words are lost (design.md 8.20).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions import rolls
from fedcoop.actions.motions.motion import DEFAULT_CHANNELS, Draft, build_motion, start_motion
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.events import ProposalChanged, ProposalPublished
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.governance.motions.option_lines import read_lines
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.amendments import CHANGEABLE, Amendment, AmendmentState, fits
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotAllowed, NotFound
from fedcoop.kernel.html import markdown_to_html, plain_text, prose
from fedcoop.kernel.ids import MemberId, ProposalId, new_uuid
from fedcoop.storage.records import Version
from fedcoop.storage.unit_of_work import UnitOfWork

LAPSE_TIMER = "lapse_proposal"
FREEZE_TIMER = "freeze_proposal"
OPEN_VOTE_TIMER = "open_proposal"
WITHDRAW_TIMER = "withdraw_proposal"
MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to propose: text, way to decide, phases and dates. `settings` are words, `options` lines."""

    title: str = ""
    body: str = ""
    method: str = "resolution"
    options: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    channels: frozenset[Channel] = DEFAULT_CHANNELS
    template: str = ""
    audience: str = "public"
    topic: str = ""
    seeks_sponsors: bool = False
    discusses: bool = True
    sponsors_needed: int = 0
    notice: timedelta = timedelta(days=2)
    lasts: timedelta = timedelta(days=7)
    discussion_ends_at: datetime | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


# --- drafts -----------------------------------------------------------------------------------------------------


@in_name_of("by")
def save_draft(uow: UnitOfWork, *, by: MemberId, wanted: Wanted, uuid: str = "") -> Proposal:
    """Store a new draft, or what the draft with this uuid says now; only its author sees it.

    Raises NotAllowed, NotFound, Conflict (`proposal-state`), MotionRefused for what could never be put to a vote.
    """
    _demand_right(uow, by)
    title, body = plain_text(wanted.title, lifecycle.MAX_TITLE), prose(wanted.body)
    if len(body) > lifecycle.MAX_BODY:
        raise MotionRefused(
            "body", f"A text has at most {lifecycle.MAX_BODY:,} characters; this one has {len(body):,}."
        )
    proposal = _kept_draft(uow, by, uuid) if uuid else _new_draft(uow, by)
    proposal = replace(after(proposal, ProposalEvent.SAVE), title=title, body=body)
    html = markdown_to_html(body)
    if uuid:
        uow.proposals.put(proposal, body_html=html)
    else:
        uow.motions.add_proposal(proposal, body_html=html)
    uow.proposals.put_plan(_plan(proposal.id, wanted))
    uow.proposals.put_version(Version(proposal.id, 1, title, body, html, by, "", uow.now))
    return proposal


def _demand_right(uow: UnitOfWork, by: MemberId) -> None:
    """Raise NotAllowed unless the member may propose: by the bylaws, and by class."""
    member = uow.members.get(by)
    found = uow.classes.find(member.member_class)
    demand(member, Deed.PROPOSE, Bylaws(), proposes=found is None or found.may_propose)


def _new_draft(uow: UnitOfWork, by: MemberId) -> Proposal:
    return Proposal(ProposalId(uow.new_id()), new_uuid(), by, "", "", 1, ProposalState.DRAFT, uow.now)


def _kept_draft(uow: UnitOfWork, by: MemberId, uuid: str) -> Proposal:
    proposal, _ = locked(uow, uuid)
    if proposal.state is ProposalState.DRAFT and proposal.author_id != by:
        raise NotFound("proposal-unknown", "There is no such proposal.")
    return proposal


def _plan(proposal_id: ProposalId, wanted: Wanted) -> Plan:
    if wanted.audience not in drafting.AUDIENCES:
        raise Invalid("audience", "A proposal is for the public or for members.", field="audience")
    public = wanted.audience == "public"
    return Plan(
        proposal_id=proposal_id,
        method=wanted.method,
        options=tuple(plain_text(line, 2 * lifecycle.MAX_OPTION_TEXT) for line in wanted.options),
        settings=dict(wanted.settings),
        channels=wanted.channels if public else wanted.channels - {Channel.ACTIVITYPUB, Channel.PEER},
        template=wanted.template,
        audience=wanted.audience,
        topic=plain_text(wanted.topic, 100),
        seeks_sponsors=wanted.seeks_sponsors,
        discusses=wanted.discusses,
        sponsors_needed=wanted.sponsors_needed,
        notice=wanted.notice if wanted.discusses else timedelta(),
        lasts=wanted.lasts,
        discussion_ends_at=wanted.discussion_ends_at,
        opens_at=wanted.opens_at,
        closes_at=wanted.closes_at,
    )


@in_name_of("by")
def discard_draft(uow: UnitOfWork, *, by: MemberId, uuid: str) -> None:
    """A draft that nobody else has seen is put away."""
    proposal = _kept_draft(uow, by, uuid)
    if proposal.state is not ProposalState.DRAFT:
        raise Conflict("proposal-state", "This is no draft any more; withdraw it instead.")
    uow.proposals.put(after(proposal, ProposalEvent.WITHDRAW))


# --- submitting -------------------------------------------------------------------------------------------------


@in_name_of("by")
def submit(uow: UnitOfWork, *, by: MemberId, uuid: str) -> tuple[Proposal, Motion | None]:
    """A complete draft goes to its sponsors, its discussion, or its vote; the motion is there if it was opened.

    Raises NotAllowed, NotFound, Conflict, MotionRefused (its code names the field).
    """
    _demand_right(uow, by)
    proposal, plan = locked(uow, uuid)
    if proposal.author_id != by:
        raise NotFound("proposal-unknown", "There is no such proposal.")
    plan = replace(plan, submitted_at=uow.now, changed_at=uow.now, context_uuid=plan.context_uuid or new_uuid())
    check_complete(uow, proposal, plan)
    needed = sponsors_needed(uow, proposal, plan)
    later = plan.opens_at is not None and plan.opens_at > uow.now
    event = drafting.first_step(plan, sponsors=needed, opens_later=later)
    moved = move(uow, proposal.id, event, by=who(by))
    uow.audit("proposal-submitted", who=who(by), subject=uow.urls.proposal(proposal.uuid))
    if event in (ProposalEvent.SUBMIT, ProposalEvent.SCHEDULE):
        rolls.demand_proposing(uow, by)
        motion = put_to_vote(uow, moved, replace(plan, frozen_at=uow.now), by=by)
        return moved, motion
    if event is ProposalEvent.SEEK_SPONSORS:
        plan = replace(plan, admission_ends_at=uow.now + Bylaws().admission, sponsors_needed=needed)
        uow.proposals.put_plan(plan)
        uow.set_timer(LAPSE_TIMER, str(proposal.id), uow.now + Bylaws().admission)
    else:
        begin_discussion(uow, moved, plan)
    uow.record(ProposalPublished(proposal_id=proposal.id))
    return moved, None


def begin_discussion(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> Plan:
    """The discussion runs from now; a timer will fix the text when it is over."""
    begun = drafting.begun(plan, uow.now, Bylaws())
    uow.proposals.put_plan(begun)
    assert begun.discussion_ends_at is not None
    for timer in (LAPSE_TIMER, FREEZE_TIMER):
        uow.queues.drop_timer(timer, str(proposal.id))
    uow.set_timer(FREEZE_TIMER, str(proposal.id), begun.discussion_ends_at)
    return begun


def sponsors_needed(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> int:
    """Return how many members must stand behind it before it is discussed; 0 where the plan asks for none."""
    if not plan.seeks_sponsors:
        return 0
    authors, eligible = len(uow.proposals.writers(proposal)), uow.members.count_active()
    return drafting.sponsors_for(plan, eligible=eligible, authors=authors, bylaws=Bylaws())


def check_complete(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> None:
    """Raise MotionRefused unless this could be put to a vote as it stands; its code names the field."""
    opens_at = max(plan.opens_at or uow.now, uow.now)
    closes_at = plan.closes_at if plan.closes_at and not plan.discusses else opens_at + plan.lasts
    draft = draft_of(proposal, plan, opens_at=opens_at, closes_at=closes_at)
    build_motion(uow, by=proposal.author_id, draft=draft, proposal_id=proposal.id)


def draft_of(proposal: Proposal, plan: Plan, *, opens_at: datetime, closes_at: datetime) -> Draft:
    """Return what would be put to the vote. Raises MotionRefused (`method`, `options`, …)."""
    if plan.method not in METHODS:
        raise MotionRefused("method", f"The method is one of: {', '.join(METHODS)}.")
    method = METHODS[plan.method]
    return Draft(
        title=proposal.title,
        body=proposal.body,
        method=plan.method,
        closes_at=closes_at,
        options=read_lines(method, plan.options, plan.settings) if method.own_options else (),
        settings=plan.settings,
        channels=plan.channels,
        opens_at=opens_at,
    )


def put_to_vote(uow: UnitOfWork, proposal: Proposal, plan: Plan, *, by: MemberId | None) -> Motion:
    """The vote on the text as it stands is open, or scheduled for the plan's date; the proposal is not moved here."""
    opens_at = max(plan.opens_at or uow.now, uow.now)
    wished = plan.closes_at
    closes_at = wished if wished is not None and wished > opens_at else opens_at + plan.lasts
    draft = draft_of(proposal, plan, opens_at=opens_at, closes_at=closes_at)
    motion, html = build_motion(uow, by=by, draft=draft, proposal_id=proposal.id)
    dated = replace(plan, opens_at=opens_at, closes_at=closes_at, text_hash=motion.text_hash)
    taken = not plan.context_uuid or uow.motions.find_by_context(plan.context_uuid) is not None
    uow.proposals.put_plan(dated)
    return start_motion(uow, motion, html, context_uuid=new_uuid() if taken else plan.context_uuid)


# --- versions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """A new wording: `based_on` is the version it was written from, `options` lines where those change too."""

    title: str
    body: str
    based_on: int
    note: str = ""
    options: Sequence[str] | None = None


@in_name_of("by")
def edit(uow: UnitOfWork, *, by: MemberId, uuid: str, change: Edit) -> Proposal:
    """The discussed text has a new version; amendments to what it changed are stale, sponsors find it on their page.

    Raises NotAllowed (`not-an-author`), Conflict (`edited-meanwhile`, `proposal-state`, `amendment-vote`), MotionRefused.
    """
    proposal, plan = locked(uow, uuid)
    demand_author(uow, proposal, by)
    moved = after(proposal, ProposalEvent.EDIT)
    drafting.demand(drafting.may_edit(based_on=change.based_on, version=proposal.version))
    return _revised(uow, moved, plan, change, by=by)


@in_name_of("by")
def next_version(uow: UnitOfWork, *, by: MemberId, uuid: str, change: Edit) -> Proposal:
    """After a round that was not adopted the amended text is discussed again; all stances begin anew (7.5).

    Raises as `edit` does.
    """
    proposal, plan = locked(uow, uuid)
    demand_author(uow, proposal, by)
    after(proposal, ProposalEvent.NEXT_VERSION)
    drafting.demand(drafting.may_edit(based_on=change.based_on, version=proposal.version))
    revised = _revised(
        uow, move(uow, proposal.id, ProposalEvent.NEXT_VERSION, by=who(by)), drafting.thawed(plan), change, by=by
    )
    current = uow.proposals.plan(proposal.id)
    assert current is not None
    begin_discussion(uow, revised, current)
    return revised


def _revised(uow: UnitOfWork, proposal: Proposal, plan: Plan, change: Edit, *, by: MemberId) -> Proposal:
    """Check and store the new wording."""
    title, body = plain_text(change.title, lifecycle.MAX_TITLE), prose(change.body)
    lifecycle.check_text(change.title, body)
    options = plan.options if change.options is None else tuple(change.options)
    if (title, body, options) == (proposal.title, proposal.body, plan.options):
        raise Invalid("text-unchanged", "Nothing is different from the present version.", field="body")
    if any(item.state in _VOTED for item in uow.proposals.amendments(proposal.id)):
        raise Conflict("amendment-vote", "Amendments are being voted on. The text stands still until they are decided.")
    worded = replace(proposal, title=title, body=body)
    check_complete(uow, worded, replace(plan, options=options, opens_at=None, closes_at=None))
    uow.proposals.put_plan(replace(plan, options=options))
    return add_version(uow, worded, note=change.note, by=by)


_VOTED = frozenset({AmendmentState.VOTING, AmendmentState.CONFLICTING, AmendmentState.CARRIED})


def add_version(uow: UnitOfWork, proposal: Proposal, *, note: str, by: MemberId | None) -> Proposal:
    """The proposal's text is stored as its next version; amendments whose paragraph changed are stale."""
    html = markdown_to_html(proposal.body)
    revised = replace(proposal, version=proposal.version + 1)
    uow.proposals.put(revised, body_html=html)
    note = plain_text(note, MAX_NOTE)
    uow.proposals.add_version(
        Version(proposal.id, revised.version, proposal.title, proposal.body, html, by, note, uow.now)
    )
    plan = plan_of(uow, proposal.id)
    uow.proposals.put_plan(replace(plan, changed_at=uow.now))
    for amendment in uow.proposals.amendments(proposal.id):
        if amendment.state in CHANGEABLE and not fits(amendment.change, proposal.body):
            _stale(uow, amendment)
    uow.audit(
        "proposal-changed",
        who=who(by),
        subject=uow.urls.proposal(proposal.uuid),
        details={
            "version": revised.version,
            "sponsors": [int(s.member_id) for s in uow.proposals.sponsors(proposal.id)],
        },
        reason=note,
    )
    uow.record(ProposalChanged(proposal_id=proposal.id))
    return revised


def _stale(uow: UnitOfWork, amendment: Amendment) -> None:
    uow.proposals.put_amendment(replace(amendment, state=AmendmentState.STALE))
    uow.audit("amendment-stale", subject=amendment.uuid)


def demand_author(uow: UnitOfWork, proposal: Proposal, by: MemberId) -> None:
    """Raise NotAllowed (`not-an-author`) unless the member writes this proposal and still is a member with a vote."""
    _demand_right(uow, by)
    if by not in uow.proposals.writers(proposal):
        raise NotAllowed("not-an-author", "Only its authors change the text. You can propose an amendment.")


def locked(uow: UnitOfWork, uuid: str) -> tuple[Proposal, Plan]:
    """Return the proposal, locked, with its plan. Raises NotFound."""
    found = uow.proposals.find(uuid)
    if found is None:
        raise NotFound("proposal-unknown", "There is no such proposal.")
    proposal = uow.proposals.get(found.id, lock=True)
    return proposal, plan_of(uow, proposal.id)


def plan_of(uow: UnitOfWork, proposal_id: ProposalId) -> Plan:
    """Return the proposal's plan. Raises Conflict (`proposal-planless`) for one of the time before there were plans."""
    plan = uow.proposals.plan(proposal_id)
    if plan is None:
        raise Conflict("proposal-planless", "This proposal is from an earlier version and went straight to its vote.")
    return plan
