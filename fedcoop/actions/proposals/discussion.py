"""What members say about a proposal: comments, clarifying questions, reactions; and a summary of it (governance.md 2, 7.5)."""

from collections.abc import Sequence
from dataclasses import replace

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.proposals.proposal import locked
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from fedcoop.kernel.html import markdown_to_html, prose
from fedcoop.kernel.ids import MemberId, ProposalId, new_uuid
from fedcoop.storage.records import Comment
from fedcoop.storage.unit_of_work import UnitOfWork

KINDS = ("comment", "question", "reaction")
MAX_COMMENT = 5_000


@in_name_of("by")
def comment(
    uow: UnitOfWork, *, by: MemberId, uuid: str, text: str, kind: str = "comment", reply_to: str = ""
) -> Comment:
    """The member's words stand under the proposal, with the version they were about.

    Raises NotAllowed, NotFound, Invalid (`comment-text`, `comment-kind`), Conflict (`proposal-state`) for a draft.
    """
    demand(uow.members.get(by), Deed.SPEAK, Bylaws())
    proposal, _ = locked(uow, uuid)
    if proposal.state is ProposalState.DRAFT:
        raise NotFound("proposal-unknown", "There is no such proposal.")
    if kind not in KINDS:
        raise Invalid("comment-kind", f"What you write is one of: {', '.join(KINDS)}.", field="kind")
    words = prose(text)
    if not 1 <= len(words) <= MAX_COMMENT:
        raise Invalid("comment-text", f"Write something, of at most {MAX_COMMENT:,} characters.", field="text")
    above = _answered(uow, proposal.id, reply_to)
    made = Comment(
        id=uow.new_id(),
        uuid=new_uuid(),
        proposal_id=proposal.id,
        author_id=by,
        kind=kind,
        body=words,
        body_html=markdown_to_html(words),
        version=proposal.version,
        reply_to=above,
        at=uow.now,
    )
    uow.proposals.add_comment(made)
    return made


def _answered(uow: UnitOfWork, proposal_id: ProposalId, reply_to: str) -> int | None:
    """Return the comment that is answered; an answer to an answer stands beside it."""
    if not reply_to:
        return None
    above = uow.proposals.find_comment(reply_to)
    if above is None or above.proposal_id != proposal_id or above.deleted_at is not None:
        raise Conflict(
            "comment-gone", "What you answer is not there any more. Your words are kept; send them without it."
        )
    return above.reply_to or above.id


@in_name_of("by")
def delete_comment(uow: UnitOfWork, *, by: MemberId, uuid: str) -> None:
    """The words are gone; that there were some stays. Their writer may, and a moderator with a line in the audit log."""
    found = uow.proposals.find_comment(uuid)
    if found is None or found.deleted_at is not None:
        raise NotFound("comment-unknown", "There is no such comment.")
    if found.author_id != by:
        demand(uow.members.get(by), Deed.MODERATE, Bylaws())
    uow.proposals.put_comment(replace(found, body="", body_html="", deleted_at=uow.now))
    uow.audit("comment-deleted", who=f"member:{by}", subject=uuid)


@in_name_of("by")
def summarise(uow: UnitOfWork, *, by: MemberId, uuid: str, text: str) -> None:
    """The discussion has this summary, by one of its authors or a coordinator. Raises NotAllowed, Invalid."""
    proposal, plan = locked(uow, uuid)
    demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=by in uow.proposals.writers(proposal))
    if len(text) > MAX_COMMENT:
        raise Invalid("comment-text", f"A summary has at most {MAX_COMMENT:,} characters.", field="summary")
    uow.proposals.put_plan(replace(plan, summary=prose(text)))
    uow.audit("discussion-summarised", who=f"member:{by}", subject=uow.urls.proposal(uuid))


def spoken(uow: UnitOfWork, proposal_id: ProposalId, kinds: Sequence[str] = ()) -> list[Comment]:
    """Return what was said about the proposal, oldest first: what consent phases and advice look at.

    Raises NotAllowed (`comment-kind`) for a kind that does not exist.
    """
    if not set(kinds) <= set(KINDS):
        raise NotAllowed("comment-kind", f"What is said is one of: {', '.join(KINDS)}.")
    return [item for item in uow.proposals.comments(proposal_id, kinds=kinds) if item.deleted_at is None]
