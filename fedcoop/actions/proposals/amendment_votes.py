"""Votes on formal amendments, before the main one: one after another, then the merged text is fixed (governance.md 2.1).

A state machine over the amendments of one proposal. While any has support, the next in order is put to a vote of its own.
When all are decided, those that were carried are laid on the text together. Two on one paragraph contradict: members then
choose among them and the text unchanged by one ranked ballot. What stands at the end is the next version, which the timer
of the discussion fixes. `settle` runs in a unit of its own after each vote, and may run twice.
"""

from collections.abc import Sequence
from dataclasses import replace

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.motion import Draft, build_motion, start_motion
from fedcoop.actions.proposals.amendments import credit
from fedcoop.actions.proposals.proposal import FREEZE_TIMER, add_version, locked, plan_of
from fedcoop.governance.events import MotionAnnulled, MotionClosed
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion, MotionState, Option
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals import amendments as rules
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.amendments import Amendment, AmendmentState, Operation
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.paragraphs import START, paragraphs_of
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import MemberId, MotionId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork

SETTLE_TIMER = "settle_amendment"
UNCHANGED = "unchanged"
WHO_VOTES = ("classes", "groups", "members", "min_days", "good_standing")
RANKED = ("schulze", "ranked_pairs", "approval")


@in_name_of("by")
def begin(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Motion | None:
    """The first vote on an amendment is open, or those that were carried are merged; None where nothing was to vote on.

    Raises NotAllowed, Conflict (`amendments-none`, `vote-running`, `amendment-phase`).
    """
    proposal, plan = locked(uow, uuid)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=by in uow.proposals.writers(proposal))
    if proposal.state is not ProposalState.DISCUSSION:
        raise Conflict("amendment-phase", "Amendments are voted on while a proposal is discussed.")
    drafting.demand(drafting.may_run(running=lifecycle.running(uow.motions.motions_of(proposal.id))))
    if not any(item.state in rules.UNDECIDED for item in uow.proposals.amendments(proposal.id)):
        raise Conflict("amendments-none", "There is no amendment with enough sponsors to vote on.")
    return go_on(uow, proposal, plan)


def go_on(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> Motion | None:
    """Whatever comes next for the amendments has happened: a vote is open, or the merged text stands.

    While a vote runs, or the proposal is being withdrawn, nothing does.
    """
    if plan.withdrawal_at is not None or lifecycle.running(uow.motions.motions_of(proposal.id)):
        return None
    found = uow.proposals.amendments(proposal.id)
    waiting = [item for item in found if item.state is AmendmentState.SUPPORTED]
    if waiting:
        return _vote_on(uow, proposal, plan, rules.voting_order(waiting, proposal.body)[0])
    carried = sorted((item for item in found if item.state is AmendmentState.CARRIED), key=_accepted)
    standing, later = rules.without_conflicts(carried)
    if later:
        paragraph = later[0].change.paragraph
        return _choose(uow, proposal, plan, [item for item in carried if item.change.paragraph == paragraph])
    if standing:
        _merge(uow, proposal, standing)
    _hasten(uow, proposal, plan)
    return None


def _accepted(amendment: Amendment) -> tuple[float, int]:
    at = amendment.decided_at or amendment.created_at
    return at.timestamp(), amendment.id


# --- the votes --------------------------------------------------------------------------------------------------


def _vote_on(uow: UnitOfWork, proposal: Proposal, plan: Plan, amendment: Amendment) -> Motion:
    """One amendment, yes or no, by simple majority."""
    title = f"Amendment: {_named(proposal, amendment)}"
    settings = {"threshold": ">1/2", "base": "yes_no", **_electorate(plan)}
    body = f"{_described(proposal, amendment)}\n\n{_source(uow, proposal)}"
    motion = _open(
        uow, proposal, plan, Draft(title, body, "resolution", uow.now + Bylaws().amendment_vote, settings=settings)
    )
    _put(uow, [amendment], AmendmentState.VOTING, motion.id)
    return motion


def _choose(uow: UnitOfWork, proposal: Proposal, plan: Plan, rivals: Sequence[Amendment]) -> Motion:
    """Several accepted amendments to one paragraph, and the text unchanged: one ranked ballot."""
    method = next(key for key in RANKED if key in METHODS)
    options = [
        *(Option(item.uuid[:8], _short(item), meaning=item.change.text[:200]) for item in rivals),
        Option(UNCHANGED, "Text unchanged", meaning="Leave the paragraph as it stands"),
    ]
    parts = [f"**{_short(item)}**\n\n{_described(proposal, item)}" for item in rivals]
    body = "\n\n".join([*parts, _source(uow, proposal)])
    title = f"Which wording: {_named(proposal, rivals[0])}"
    closes_at = uow.now + Bylaws().amendment_vote
    draft = Draft(title, body, method, closes_at, options=options, settings=_electorate(plan))
    motion = _open(uow, proposal, plan, draft)
    _put(uow, rivals, AmendmentState.CONFLICTING, motion.id)
    return motion


def _open(uow: UnitOfWork, proposal: Proposal, plan: Plan, draft: Draft) -> Motion:
    draft = replace(draft, title=draft.title[:200], channels=plan.channels)
    motion, html = build_motion(uow, by=proposal.author_id, draft=draft, proposal_id=proposal.id)
    uow.audit("amendment-vote", subject=uow.urls.proposal(proposal.uuid), details={"motion": motion.url})
    return start_motion(uow, motion, html, context_uuid=new_uuid())


def _put(uow: UnitOfWork, found: Sequence[Amendment], state: AmendmentState, motion_id: MotionId) -> None:
    for amendment in found:
        uow.proposals.put_amendment(replace(amendment, state=state, motion_id=motion_id))


def _electorate(plan: Plan) -> dict[str, str]:
    return {name: plan.settings[name] for name in WHO_VOTES if name in plan.settings}


def _named(proposal: Proposal, amendment: Amendment) -> str:
    place = _place(proposal, amendment)
    return f"paragraph {place} of “{proposal.title}”" if place else f"the beginning of “{proposal.title}”"


def _place(proposal: Proposal, amendment: Amendment) -> int:
    """Return the number of the paragraph in the text, 0 for its beginning."""
    ids = [paragraph.id for paragraph in paragraphs_of(proposal.body)]
    return ids.index(amendment.change.paragraph) + 1 if amendment.change.paragraph in ids else 0


def _short(amendment: Amendment) -> str:
    change = amendment.change
    if change.operation is Operation.DELETE:
        return f"Leave it out ({amendment.uuid[:4]})"
    words = change.text.replace("\n", " ")
    return f"{words[:70]} ({amendment.uuid[:4]})"


def _described(proposal: Proposal, amendment: Amendment) -> str:
    """Return in Markdown what would be changed, with the old words and the new."""
    change = amendment.change
    now = next((item.text for item in paragraphs_of(proposal.body) if item.id == change.paragraph), "")
    new = _quoted(change.text)
    parts = {
        Operation.REPLACE: f"Instead of:\n\n{_quoted(now)}\n\nit would say:\n\n{new}",
        Operation.DELETE: f"This would be left out:\n\n{_quoted(now)}",
        Operation.INSERT_AFTER: f"After:\n\n{_quoted(now)}\n\nthis would be added:\n\n{new}",
    }
    told = f"At the beginning this would be added:\n\n{new}" if change.paragraph == START else parts[change.operation]
    return f"{told}\n\n{amendment.reason}" if amendment.reason else told


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _source(uow: UnitOfWork, proposal: Proposal) -> str:
    return f"The whole text: {uow.urls.proposal(proposal.uuid)}"


# --- what follows -----------------------------------------------------------------------------------------------


def settle_later(uow: UnitOfWork, event: MotionClosed | MotionAnnulled) -> None:
    """Reaction: a timer is due at once that draws the consequence, if the vote was on an amendment."""
    if uow.proposals.amendments_of_motion(event.motion_id):
        uow.set_timer(SETTLE_TIMER, str(event.motion_id), uow.now)


def settle(uow: UnitOfWork, key: str) -> None:
    """Timer: what the vote decided on its amendments stands, and the next step is taken."""
    motion = uow.motions.get(MotionId(int(key)))
    found = [
        item
        for item in uow.proposals.amendments_of_motion(motion.id)
        if item.state in (AmendmentState.VOTING, AmendmentState.CONFLICTING)
    ]
    if not found or motion.state not in (MotionState.DECIDED, MotionState.ANNULLED):
        return
    proposal = uow.proposals.get(found[0].proposal_id, lock=True)
    for amendment in found:
        uow.proposals.put_amendment(_decided(uow, motion, amendment))
    if proposal.state is ProposalState.DISCUSSION:
        go_on(uow, proposal, plan_of(uow, proposal.id))


def _decided(uow: UnitOfWork, motion: Motion, amendment: Amendment) -> Amendment:
    """Return the amendment after its vote; an annulled vote is held again."""
    row = uow.motions.outcome_of(motion.id)
    if motion.state is MotionState.ANNULLED or row is None:
        again = AmendmentState.SUPPORTED if amendment.state is AmendmentState.VOTING else AmendmentState.CARRIED
        return replace(amendment, state=again, motion_id=None)
    if amendment.state is AmendmentState.VOTING:
        won = row.code == OutcomeCode.CARRIED.value
    else:
        won = list(row.outcome.get("winners", ()))[:1] == [amendment.uuid[:8]]
    return replace(amendment, state=AmendmentState.CARRIED if won else AmendmentState.NOT_CARRIED, decided_at=uow.now)


def _merge(uow: UnitOfWork, proposal: Proposal, standing: Sequence[Amendment]) -> None:
    """The carried amendments are the next version."""
    for amendment in standing:
        uow.proposals.put_amendment(replace(amendment, state=AmendmentState.ACCEPTED))
    body = rules.apply([item.change for item in standing], proposal.body)
    merged = replace(after(proposal, ProposalEvent.EDIT), body=body)
    add_version(uow, merged, note=f"Carried: {credit(uow, standing)}", by=None)


def _hasten(uow: UnitOfWork, proposal: Proposal, plan: Plan) -> None:
    """All amendments are decided: a discussion that should have ended before looks again at once."""
    if plan.discussion_ends_at is not None and plan.discussion_ends_at <= uow.now:
        uow.queues.drop_timer(FREEZE_TIMER, str(proposal.id))
        uow.set_timer(FREEZE_TIMER, str(proposal.id), uow.now)
