"""Pages of draws by lot: the published one of each draw, and the office's, where they are announced and drawn."""

from aiohttp import web

from fedcoop.actions.proof import sortitions as actions
from fedcoop.kernel.errors import Conflict, FedcoopError, Invalid, NotFound, Refused
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.sortitions import office_list, sortition_view
from fedcoop.web.frame.forms import Form, lines, local_instant, read_form
from fedcoop.web.frame.guards import html, member_page, page, see_other
from fedcoop.web.frame.keys import RENDERER, UNITS

_FIELDS = ("title", "places", "source", "value_at", "classes", "minima")


@page
async def sortition_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what was announced and drawn, to everybody; to those invited also their two answers."""
    uuid = request.match_info["uuid"]
    view = await request.app[UNITS].read(sortition_view, uuid=uuid, member=viewer.member)
    return html(request, "motions/sortition.html", view=view)


@member_page
async def answer(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the member's own answer to an invitation."""
    assert viewer.member is not None
    uuid, accepts = request.match_info["uuid"], request.match_info["answer"] == "accept"
    await request.app[UNITS].write(
        actions.answer, by=viewer.member.id, uuid=uuid, name=viewer.member.name, accepts=accepts
    )
    return see_other(f"/sortition/{uuid}?done=answered")


@member_page
async def office_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show all draws with the answers, and the form for a new one, to who has an office."""
    return await _office(request, viewer, Form())


async def _office(request: web.Request, viewer: Viewer, form: Form) -> web.Response:
    _demand_office(viewer)
    draws = await request.app[UNITS].read(office_list)
    kept = {name: form.text(name) for name in _FIELDS}
    status = 422 if form.errors else 200
    return html(request, "motions/sortitions.html", status=status, draws=draws, kept=kept, errors=form.errors)


def _demand_office(viewer: Viewer) -> None:
    if viewer.member is None or not viewer.member.has_office:
        raise NotFound("nothing-here", "There is nothing at this address.")


@member_page
async def announce(request: web.Request, viewer: Viewer) -> web.Response:
    """Announce a draw; what is wrong comes back with everything that was typed."""
    _demand_office(viewer)
    assert viewer.member is not None
    form = await read_form(request)
    call = _call(request, form)
    if call is not None and not form.errors:
        try:
            found = await request.app[UNITS].write(actions.announce, by=viewer.member.id, call=call)
            return see_other(f"/sortition/{found.uuid}")
        except Invalid as error:
            form.wrong({"strata": "minima"}.get(error.field, error.field) or "title", error.message)
    return await _office(request, viewer, form)


def _call(request: web.Request, form: Form) -> actions.Call | None:
    places, minima = whole_number(form.text("places"), 99_999), {}
    if places is None:
        form.wrong("places", "Give a whole number.")
    for line in lines(form.text("minima")):
        name, equals, least = line.partition("=")
        number = whole_number(least.strip(), 99_999)
        if not equals or number is None:
            form.wrong("minima", "Write each class on a line of its own with its minimum, like workers = 1.")
        else:
            minima[name.strip()] = number
    at = form.take("value_at", lambda text: local_instant(text, request.app[RENDERER].zone))
    if form.errors or at is None or places is None:
        return None
    return actions.Call(
        title=form.text("title"),
        places=places,
        source=form.text("source"),
        value_at=at,
        classes=tuple(name.strip() for name in form.text("classes").split(",") if name.strip()),
        by_class=form.has("by_class") or bool(minima),
        minima=minima,
    )


@member_page
async def step(request: web.Request, viewer: Viewer) -> web.Response:
    """Enter the value, invite the next, or note what somebody said."""
    _demand_office(viewer)
    assert viewer.member is not None
    uuid, form, units, by = request.match_info["uuid"], await read_form(request), request.app[UNITS], viewer.member.id
    try:
        if request.match_info["step"] == "draw":
            await units.write(actions.draw, by=by, uuid=uuid, value=form.text("value"))
        elif request.match_info["step"] == "next":
            await units.write(actions.invite_next, by=by, uuid=uuid)
        else:
            accepts = form.text("answer") == "accept"
            await units.write(actions.answer, by=by, uuid=uuid, name=form.text("name"), accepts=accepts)
    except (Conflict, Invalid) as error:
        form.wrong(f"value-{uuid}", _told(error))
        return await _office(request, viewer, form)
    return see_other("/office/sortition?done=kept")


def _told(error: FedcoopError) -> str:
    assert isinstance(error, Refused)
    return error.message
