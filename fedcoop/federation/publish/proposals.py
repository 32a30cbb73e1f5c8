"""What other servers hear of a proposal before its vote: a Note without options, so that nobody votes early (federation.md 12.1).

Its later versions are edits with a new `updated`; that it was fixed, withdrawn or found no sponsors is said in its text. What
is for members is not published at all. The vote has an object of its own, in the same conversation.
"""

from typing import Any

from fedcoop.federation.publish.outbox import Parcel, coop_actor, publish_object, send
from fedcoop.federation.translate.proposals import proposal_note
from fedcoop.governance.events import ProposalChanged, ProposalMoved, ProposalPublished
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import clean_html, escape, link_to
from fedcoop.kernel.ids import ProposalId
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

WORDS = {
    ProposalState.ADMISSION: "This proposal looks for members who stand behind it.",
    ProposalState.DISCUSSION: "This proposal is being discussed. The vote comes later, in a post of its own.",
    ProposalState.FROZEN: "The text is fixed. The vote comes later, in a post of its own.",
    ProposalState.WITHDRAWN: "Withdrawn by its author before the vote.",
    ProposalState.LAPSED: "Too few members stood behind this proposal; it has lapsed.",
}


def announce(uow: UnitOfWork, event: ProposalPublished) -> None:
    """A public proposal is on its way to followers."""
    _publish(uow, event.proposal_id, "Create")


def announce_change(uow: UnitOfWork, event: ProposalChanged | ProposalMoved) -> None:
    """The new text, or what became of the proposal, is on its way as an edit (12.5)."""
    _publish(uow, event.proposal_id, "Update")


def _publish(uow: UnitOfWork, proposal_id: ProposalId, activity: str) -> None:
    proposal, plan = uow.proposals.get(proposal_id), uow.proposals.plan(proposal_id)
    if plan is None or plan.audience != "public" or plan.submitted_at is None:
        return
    uri = uow.urls.proposal(proposal.uuid)
    known = uow.notes.find_object(uri)
    actor = coop_actor(uow)
    document = proposal_document(uow, proposal, plan, actor, edited=activity == "Update" and known is not None)
    publish_object(uow, actor, document)
    inboxes = uow.actors.interacting_inboxes(uri)
    kind = activity if known is not None else "Create"
    send(uow, actor, Parcel(type=kind, object=document, to=document["to"], cc=document["cc"], more_inboxes=inboxes))


def proposal_document(uow: UnitOfWork, proposal: Proposal, plan: Plan, actor: Actor, *, edited: bool) -> dict[str, Any]:
    """Return the proposal as a Note of the co-op: title, text, where it stands, and its page."""
    uri = uow.urls.proposal(proposal.uuid)
    told = WORDS.get(proposal.state, WORDS[ProposalState.FROZEN])
    content = (
        f"<p><strong>{escape(proposal.title)}</strong></p>{clean_html(uow.proposals.body_html(proposal.id))}"
        f"<p>{escape(told)}</p><p>{link_to(uri)}</p>"
    )
    published = plan.submitted_at or proposal.created_at
    return proposal_note(
        uri=uri,
        author=actor.uri,
        followers=actor.followers,
        context=uow.urls.context(plan.context_uuid),
        content=content,
        language=uow.site.config.instance.languages[0],
        published=rfc3339(published),
        updated=rfc3339(uow.now) if edited else "",
    )
