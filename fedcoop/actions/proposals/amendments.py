"""Proposing, backing, answering amendments while a proposal is discussed (governance.md 2.1). Their votes: `amendment_votes`."""

from collections.abc import Sequence
from dataclasses import replace

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.proposals.proposal import add_version, locked
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions.method import plural
from fedcoop.governance.proposals import amendments as rules
from fedcoop.governance.proposals import drafting
from fedcoop.governance.proposals.amendments import Amendment, AmendmentKind, AmendmentState, Change
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def propose_amendment(
    uow: UnitOfWork, *, by: MemberId, uuid: str, kind: AmendmentKind, change: Change, reason: str = ""
) -> Amendment:
    """A change to the discussed text is proposed: to its authors, or to all by a vote before the main one.

    Raises NotAllowed, Conflict (`amendment-state`, `amendment-vote`, `amendment-paragraph`), Invalid (`amendment-text`).
    """
    demand(uow.members.get(by), Deed.SPEAK, Bylaws())
    proposal, _ = locked(uow, uuid)
    _demand_discussion(uow, proposal)
    if len(reason) > rules.MAX_REASON:
        raise Invalid("amendment-reason", f"A reason has at most {rules.MAX_REASON:,} characters.", field="reason")
    amendment = Amendment(
        id=uow.new_id(),
        uuid=new_uuid(),
        proposal_id=proposal.id,
        author_id=by,
        kind=kind,
        change=rules.check_change(change, proposal.body),
        based_on=proposal.version,
        state=AmendmentState.OPEN,
        reason=prose(reason),
        created_at=uow.now,
    )
    uow.proposals.add_amendment(amendment)
    _audit(uow, amendment, "amendment-proposed", by=by)
    return amendment


@in_name_of("by")
def back_amendment(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Amendment:
    """An author accepts a friendly amendment, or a member sponsors a formal one.

    With every author's yes the text has a new version; with enough sponsors it will be voted on.
    Raises NotAllowed, NotFound, Conflict (`amendment-state`, `amendment-own`, `amendment-paragraph`, `amendment-vote`).
    """
    demand(uow.members.get(by), Deed.SPONSOR, Bylaws())
    amendment, proposal = _locked(uow, uuid)
    _demand_discussion(uow, proposal)
    _demand_state(amendment, AmendmentState.OPEN, AmendmentState.SUPPORTED)
    if amendment.kind is AmendmentKind.FRIENDLY:
        return _accept(uow, amendment, proposal, by=by)
    if amendment.author_id == by:
        raise Conflict("amendment-own", "You wrote this amendment. Others must stand behind it.")
    uow.proposals.add_backer(amendment.id, by, uow.now)
    _audit(uow, amendment, "amendment-sponsored", by=by)
    return _weighed(uow, amendment)


def _weighed(uow: UnitOfWork, amendment: Amendment) -> Amendment:
    """Store whether enough stand behind a formal amendment."""
    backers = len(uow.proposals.backers([amendment.id])[amendment.id])
    needed = rules.sponsors_needed(uow.members.count_active(), Bylaws())
    state = AmendmentState.SUPPORTED if backers >= needed else AmendmentState.OPEN
    weighed = replace(amendment, state=state)
    uow.proposals.put_amendment(weighed)
    return weighed


def _accept(uow: UnitOfWork, amendment: Amendment, proposal: Proposal, *, by: MemberId) -> Amendment:
    authors = uow.proposals.writers(proposal)
    if by not in authors:
        raise NotAllowed("not-an-author", "The authors answer a friendly amendment.")
    uow.proposals.add_backer(amendment.id, by, uow.now)
    _audit(uow, amendment, "amendment-accepted-by", by=by)
    if not set(authors) <= set(uow.proposals.backers([amendment.id])[amendment.id]):
        return amendment
    accepted = replace(amendment, state=AmendmentState.ACCEPTED, decided_at=uow.now)
    uow.proposals.put_amendment(accepted)
    changed = replace(after(proposal, ProposalEvent.EDIT), body=rules.apply((amendment.change,), proposal.body))
    add_version(uow, changed, note=credit(uow, [accepted]), by=by)
    return accepted


def credit(uow: UnitOfWork, accepted: Sequence[Amendment]) -> str:
    """Return whose amendments a version took up."""
    ids = [item.author_id for item in accepted if item.author_id is not None]
    people = uow.members.many(ids)
    names = list(dict.fromkeys(people[number].display_name for number in ids if number in people)) or ["a member"]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{'Amendment' if len(accepted) == 1 else plural(len(accepted), 'amendment', 'amendments')} by {listed}"


@in_name_of("by")
def unback_amendment(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Amendment:
    """The member stands behind the amendment no more. Raises Conflict (`amendment-state`) once it is voted on."""
    amendment, _ = _locked(uow, uuid)
    _demand_state(amendment, AmendmentState.OPEN, AmendmentState.SUPPORTED)
    uow.proposals.drop_backers(amendment.id, by)
    return _weighed(uow, amendment) if amendment.kind is AmendmentKind.FORMAL else amendment


@in_name_of("by")
def decline_amendment(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Amendment:
    """An author does not take a friendly amendment; whoever proposed it can make it a formal one.

    Raises NotAllowed (`not-an-author`), Conflict (`amendment-state`).
    """
    amendment, proposal = _locked(uow, uuid)
    if by not in uow.proposals.writers(proposal):
        raise NotAllowed("not-an-author", "The authors answer a friendly amendment.")
    if amendment.kind is AmendmentKind.FORMAL:
        raise Conflict("amendment-formal", "A formal amendment is voted on; the authors cannot decline it.")
    _demand_state(amendment, AmendmentState.OPEN)
    return _ended(uow, amendment, AmendmentState.DECLINED, by=by)


@in_name_of("by")
def make_formal(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Amendment:
    """A friendly amendment that was not taken seeks sponsors of its own. Raises NotAllowed, Conflict (`amendment-state`)."""
    amendment, proposal = _own(uow, by, uuid)
    _demand_discussion(uow, proposal)
    if amendment.kind is AmendmentKind.FORMAL:
        raise Conflict("amendment-formal", "It is a formal amendment already.")
    _demand_state(amendment, AmendmentState.OPEN, AmendmentState.DECLINED)
    uow.proposals.drop_backers(amendment.id)
    fits = rules.fits(amendment.change, proposal.body)
    state = AmendmentState.OPEN if fits else AmendmentState.STALE
    formal = replace(amendment, kind=AmendmentKind.FORMAL, state=state, decided_at=None)
    uow.proposals.put_amendment(formal)
    _audit(uow, formal, "amendment-formal", by=by)
    return formal


@in_name_of("by")
def rebase_amendment(uow: UnitOfWork, *, by: MemberId, uuid: str, change: Change) -> Amendment:
    """The amendment is about the present version again; its sponsors sign anew, for it says something else now.

    Raises NotAllowed, Conflict (`amendment-state`, `amendment-paragraph`), Invalid (`amendment-text`).
    """
    amendment, proposal = _own(uow, by, uuid)
    _demand_discussion(uow, proposal)
    _demand_state(amendment, *rules.CHANGEABLE)
    checked = rules.check_change(change, proposal.body)
    uow.proposals.drop_backers(amendment.id)
    rebased = replace(amendment, change=checked, based_on=proposal.version, state=AmendmentState.OPEN)
    uow.proposals.put_amendment(rebased)
    _audit(uow, rebased, "amendment-rebased", by=by)
    return rebased


@in_name_of("by")
def withdraw_amendment(uow: UnitOfWork, *, by: MemberId, uuid: str) -> Amendment:
    """Whoever proposed the amendment takes it back. Raises NotAllowed, Conflict (`amendment-state`)."""
    amendment, _ = _own(uow, by, uuid)
    _demand_state(amendment, *rules.CHANGEABLE)
    return _ended(uow, amendment, AmendmentState.WITHDRAWN, by=by)


@in_name_of("by")
def order_amendments(uow: UnitOfWork, *, by: MemberId, uuid: str, order: Sequence[str]) -> None:
    """The votes on amendments come in this order of their uuids; those not named come after, what changes most first.

    Raises NotAllowed: that is for coordinators.
    """
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws())
    proposal, _ = locked(uow, uuid)
    for amendment in uow.proposals.amendments(proposal.id):
        position = order.index(amendment.uuid) + 1 if amendment.uuid in order else 0
        uow.proposals.put_amendment(replace(amendment, position=position))
    uow.audit("amendments-ordered", who=f"member:{by}", subject=uow.urls.proposal(uuid), details={"order": list(order)})


def _ended(uow: UnitOfWork, amendment: Amendment, state: AmendmentState, *, by: MemberId) -> Amendment:
    ended = replace(amendment, state=state, decided_at=uow.now)
    uow.proposals.put_amendment(ended)
    _audit(uow, ended, f"amendment-{state.value}", by=by)
    return ended


def _own(uow: UnitOfWork, by: MemberId, uuid: str) -> tuple[Amendment, Proposal]:
    amendment, proposal = _locked(uow, uuid)
    if amendment.author_id != by:
        raise NotAllowed("not-your-amendment", "Only whoever proposed this amendment can do that.")
    return amendment, proposal


def _locked(uow: UnitOfWork, uuid: str) -> tuple[Amendment, Proposal]:
    found = uow.proposals.find_amendment(uuid)
    if found is None:
        raise NotFound("amendment-unknown", "There is no such amendment.")
    proposal = uow.proposals.get(found.proposal_id, lock=True)
    again = uow.proposals.find_amendment(uuid)
    assert again is not None
    return again, proposal


def _demand_discussion(uow: UnitOfWork, proposal: Proposal) -> None:
    """Raise Conflict unless the text is discussed and no amendment is being voted on."""
    if proposal.state is not ProposalState.DISCUSSION:
        raise Conflict("amendment-phase", "Amendments are made while a proposal is discussed.")
    voted = (AmendmentState.VOTING, AmendmentState.CONFLICTING, AmendmentState.CARRIED)
    if any(item.state in voted for item in uow.proposals.amendments(proposal.id)):
        drafting.demand(drafting.Refusal("amendment-vote", "Amendments are being voted on; no more come in."))


def _demand_state(amendment: Amendment, *states: AmendmentState) -> None:
    if amendment.state not in states:
        told = amendment.state.value.replace("_", " ")
        raise Conflict("amendment-state", f"This amendment is {told}; that step is not possible now.")


def _audit(uow: UnitOfWork, amendment: Amendment, what: str, *, by: MemberId) -> None:
    uow.audit(what, who=f"member:{by}", subject=amendment.uuid, details={"proposal": int(amendment.proposal_id)})
