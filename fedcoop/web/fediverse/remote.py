"""Pages of what other co-ops decide: their numbers, our member's vote as it was sent, who counts it."""

from aiohttp import web

from fedcoop.actions.members import member as member_actions
from fedcoop.actions.motions.ballots import send_abroad
from fedcoop.kernel.errors import PeerError, Refused
from fedcoop.queries.fediverse.remote import RemoteMotionView, remote_motion, remote_motions
from fedcoop.queries.members.accounts import Viewer
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import html, member_page, page, see_other
from fedcoop.web.frame.keys import REMOTE, UNITS
from fedcoop.web.motions.motion import uuid_of
from fedcoop.web.results import charts


@member_page
async def remote_motions_page(request: web.Request, viewer: Viewer) -> web.Response:
    """List what followed co-ops decide."""
    assert viewer.member is not None
    view = await request.app[UNITS].read(remote_motions, member_id=viewer.member.id)
    return html(request, "fediverse/remote_motions.html", view=view)


@page
async def remote_motion_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show a poll elsewhere with the ballot that is sent there; a member who reads old numbers makes us look again."""
    view = await request.app[UNITS].read(remote_motion, uuid=uuid_of(request), member=viewer.member)
    if viewer.member is not None and view.may_ask:
        request.app[REMOTE].look_again(view.id)
    return _show(request, view, kept=view.sent)


def _show(
    request: web.Request, view: RemoteMotionView, *, kept: tuple[str, ...], errors: dict[str, str] | None = None
) -> web.Response:
    return html(
        request,
        "fediverse/remote_motion.html",
        status=422 if errors else 200,
        view=view,
        bars=charts.remote(view.options, view.voters),
        kept=kept,
        errors=errors or {},
    )


@member_page
async def code_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Offer to send a code that another co-op gave, in the name of the member's public profile."""
    return html(request, "fediverse/send_code.html", kept={"to": request.query.get("to", ""), "code": ""}, errors={})


@member_page
async def send_code(request: web.Request, viewer: Viewer) -> web.Response:
    """Send the code to that co-op; what is wrong comes back with what was written."""
    assert viewer.member is not None
    form = await read_form(request)
    kept = {name: form.text(name) for name in ("to", "code")}
    try:
        found = await request.app[REMOTE].look_up(kept["to"])
    except (Refused, PeerError) as error:
        return html(request, "fediverse/send_code.html", status=422, kept=kept, errors={"to": error.message})
    try:
        await request.app[UNITS].write(
            member_actions.send_code, member_id=viewer.member.id, recipient_uri=found.uri, text=kept["code"]
        )
    except Refused as error:
        return html(request, "fediverse/send_code.html", status=422, kept=kept, errors={"code": error.message})
    return see_other("/settings/profile/code?done=sent")


@member_page
async def vote_abroad(request: web.Request, viewer: Viewer) -> web.Response:
    """Send the member's vote to the co-op that decides; what is wrong comes back with the choice."""
    assert viewer.member is not None
    form = await read_form(request)
    choice = tuple(dict.fromkeys(form.all("choice")))
    view = await request.app[UNITS].read(remote_motion, uuid=uuid_of(request), member=viewer.member)
    if not choice:
        return _show(request, view, kept=choice, errors={"choice": "Choose one of the answers."})
    try:
        await request.app[UNITS].write(send_abroad, member_id=viewer.member.id, remote_motion_id=view.id, names=choice)
    except Refused as error:
        return _show(request, view, kept=choice, errors={"choice": error.message})
    return see_other(f"/remote/motions/{view.uuid}?done=sent#ballot")
