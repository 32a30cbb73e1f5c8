"""The page of a motion's lot: commitments for everybody to see, and what its scrutineers have to do (governance.md 10.2)."""

from aiohttp import web

from fedcoop.actions.motions import lots as actions
from fedcoop.kernel.errors import MotionRefused
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.lots import LotView, lot_view, promise_view
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import html, member_page, page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of


@page
async def lot_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show who makes the lot, with commitments and revealed secrets."""
    view = await _view(request, viewer)
    return html(request, "motions/lot.html", view=view, errors={}, kept="")


@member_page
async def tell(request: web.Request, viewer: Viewer) -> web.Response:
    """Take a commitment before the opening, or a secret after the close; what is wrong comes back on the page."""
    assert viewer.member is not None
    view, text = await _view(request, viewer), (await read_form(request)).text("value")
    units, by, motion_id = request.app[UNITS], viewer.member.id, view.motion.id
    try:
        if request.match_info["step"] == "commit":
            await units.write(actions.commit, by=by, motion_id=motion_id, commitment=text)
        else:
            await units.write(actions.reveal, by=by, motion_id=motion_id, value=text)
    except MotionRefused as error:
        again = await _view(request, viewer)
        return html(request, "motions/lot.html", status=422, view=again, errors={"value": error.message}, kept=text)
    return see_other(f"/motions/{view.motion.uuid}/lot?done=told")


@page
async def promise_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show who makes the lot of the vote that a proposal comes to, with their commitments so far."""
    return await _promises(request, viewer, {}, "")


@member_page
async def promise(request: web.Request, viewer: Viewer) -> web.Response:
    """Take a commitment while the proposal is discussed; what is wrong comes back on the page."""
    assert viewer.member is not None
    uuid, text = uuid_of(request), (await read_form(request)).text("value")
    try:
        await request.app[UNITS].write(actions.promise, by=viewer.member.id, uuid=uuid, commitment=text)
    except MotionRefused as error:
        return await _promises(request, viewer, {"value": error.message}, text)
    return see_other(f"/proposals/{uuid}/lot?done=told")


async def _promises(request: web.Request, viewer: Viewer, errors: dict[str, str], kept: str) -> web.Response:
    view = await request.app[UNITS].read(promise_view, uuid=uuid_of(request), member=viewer.member)
    return html(request, "motions/lot_promise.html", status=422 if errors else 200, view=view, errors=errors, kept=kept)


async def _view(request: web.Request, viewer: Viewer) -> LotView:
    return await request.app[UNITS].read(lot_view, uuid=uuid_of(request), member=viewer.member)
