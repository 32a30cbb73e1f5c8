"""The roll of a motion for members: names, own row, objections; and for the registrar its corrections (governance.md 3)."""

from typing import Any

from aiohttp import web

from fedcoop.actions.motions.rolls import Change, correct_roll, object_to_roll, refuse_objection
from fedcoop.governance.rolls.roll import Correction
from fedcoop.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.rolls import member_called, pending_objections, roll_view
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import demand_office, html, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of

_KINDS = (("add", "Add the member"), ("remove", "Take the member out"), ("change", "Change the class"))
_KNOWN = frozenset(kind for kind, _ in _KINDS)


@member_page
async def roll_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show who can vote, with the reader's own row, what was corrected, and the form to object."""
    return await _show(request, viewer, Form())


async def _show(request: web.Request, viewer: Viewer, form: Form) -> web.Response:
    assert viewer.member is not None
    sought = request.query.get("q", "").strip()[:100]
    view = await request.app[UNITS].read(
        roll_view, uuid=uuid_of(request), member=viewer.member, words=sought, page=_page(request)
    )
    kept: dict[str, Any] = {name: form.text(name) for name in ("words", "kind", "member", "member_class", "reason")}
    return html(
        request,
        "motions/roll.html",
        status=422 if form.errors else 200,
        view=view,
        sought=sought,
        errors=form.errors,
        kept=kept,
        kinds=_KINDS,
        objection=whole_number(form.text("objection") or request.query.get("objection", "")),
    )


def _page(request: web.Request) -> int:
    page = whole_number(request.query.get("page", "1"), 99_999)
    if not page:
        raise NotFound("page-unknown", "There is no such page.")
    return page


@member_page
async def object_(request: web.Request, viewer: Viewer) -> web.Response:
    """Take a member's objection to the roll."""
    assert viewer.member is not None
    form, uuid = await read_form(request), uuid_of(request)
    view = await request.app[UNITS].read(roll_view, uuid=uuid, member=viewer.member, words="", page=1)
    try:
        await request.app[UNITS].write(
            object_to_roll, by=viewer.member.id, motion_id=view.motion.id, words=form.text("words")
        )
    except (Invalid, Conflict) as error:
        form.wrong("words", error.message)
        return await _show(request, viewer, form)
    return see_other(f"/motions/{uuid}/roll?done=objected#wrong")


@member_page
async def correct(request: web.Request, viewer: Viewer) -> web.Response:
    """Correct one row of the roll, by its own or in answer to an objection."""
    member, form, uuid = demand_office(viewer), await read_form(request), uuid_of(request)
    units = request.app[UNITS]
    view = await units.read(roll_view, uuid=uuid, member=member, words="", page=1)
    kind = form.text("kind")
    if kind not in _KNOWN:
        form.wrong("kind", "Say what is to be corrected.")
        return await _show(request, viewer, form)
    try:
        found = await units.read(member_called, text=form.text("member"))
        change = Change(Correction(kind), found.id, form.text("member_class") if kind != "remove" else "")
        await units.write(
            correct_roll,
            by=member.id,
            motion_id=view.motion.id,
            change=change,
            reason=form.text("reason"),
            objection_id=whole_number(form.text("objection")),
        )
    except (Invalid, Conflict, NotFound) as error:
        form.wrong(_field_of(error), error.message)
        return await _show(request, viewer, form)
    return see_other(f"/motions/{uuid}/roll?done=corrected")


def _field_of(error: Refused) -> str:
    if isinstance(error, Invalid) and error.field:
        return error.field
    return "kind" if error.code.startswith("roll-") else "member"


@member_page
async def objections_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the registrar which objections to rolls wait for an answer."""
    return await _objections(request, viewer, {})


async def _objections(request: web.Request, viewer: Viewer, errors: dict[str, str]) -> web.Response:
    demand_office(viewer)
    lines = await request.app[UNITS].read(pending_objections)
    return html(
        request, "motions/office_rolls.html", status=422 if errors else 200, lines=lines, errors=errors, tab="rolls"
    )


@member_page
async def refuse(request: web.Request, viewer: Viewer) -> web.Response:
    """Answer an objection: the roll is right, for a reason that its member reads."""
    member, form = demand_office(viewer), await read_form(request)
    objection_id = whole_number(request.match_info["objection"])
    if objection_id is None:
        raise NotFound("objection-unknown", "There is no such objection.")
    try:
        reason = form.text("reason")
        await request.app[UNITS].write(refuse_objection, by=member.id, objection_id=objection_id, reason=reason)
    except (Invalid, Conflict, NotAllowed) as error:
        return await _objections(request, viewer, {f"reason-{objection_id}": error.message})
    return see_other("/office/rolls?done=refused")
