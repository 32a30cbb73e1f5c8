"""Pages of a proposal before its vote: the list by phase, one proposal with all that hangs on it, its versions (design.md 5)."""

from aiohttp import web

from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.proposals.proposal import ProposalView, proposal_view, version_view
from fedcoop.queries.proposals.proposal_lists import proposals_view
from fedcoop.web.frame.guards import html, look, page, see_other
from fedcoop.web.frame.keys import CLOCK, RENDERER
from fedcoop.web.motions.motion import uuid_of
from fedcoop.web.proposals import proposal_words as told


@page
async def proposals_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what is under discussion, by phase, and the reader's own drafts."""
    view = await look(request, viewer, proposals_view, member=viewer.member)
    return html(request, "proposals/proposals.html", view=view, phases=told.PHASES)


@page
async def proposal_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Show a proposal: text, dates, people, amendments, what is said. A draft of one's own is shown in its form."""
    uuid = uuid_of(request)
    view = await look(request, viewer, proposal_view, uuid=uuid, member=viewer.member)
    if "edit-draft" in view.may:
        return see_other(f"/proposals/{uuid}/draft")
    return show(request, view)


def show(
    request: web.Request,
    view: ProposalView,
    *,
    errors: dict[str, str] | None = None,
    kept: dict[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """Return the page of a proposal, with what was typed into its forms and is not right yet."""
    answered = request.query.get("reply", "") if kept is None else kept["reply_to"]
    answering = next((item for item in view.comments if item.comment.uuid == answered), None)
    now, zone = request.app[CLOCK].now(), request.app[RENDERER].zone
    return html(
        request,
        "proposals/proposal.html",
        status=status,
        view=view,
        phase=told.phase_of(view),
        steps=told.steps_of(view, zone, now),
        states=told.AMENDMENTS,
        operations=told.OPERATIONS,
        errors=errors or {},
        kept=kept or {"text": "", "kind": "comment", "reply_to": answered},
        answering=answering,
    )


@page
async def version_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show one version with what it changed, word by word."""
    number = whole_number(request.match_info["n"], 999_999)
    if number is None:
        raise NotFound("version-unknown", "There is no such version of this proposal.")
    view = await look(request, viewer, version_view, uuid=uuid_of(request), n=number, member=viewer.member)
    return html(request, "proposals/proposal_version.html", view=view)
