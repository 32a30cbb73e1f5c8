"""Somebody withdraws from a ranked vote that is open: a page that asks who and why (governance.md 7.11)."""

from aiohttp import web

from fedcoop.actions.motions.candidacy import withdraw_option
from fedcoop.governance.ranked.candidacy import TOLD
from fedcoop.kernel.errors import MotionRefused, NotFound
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import motion_view_of

_WORDS = {
    "title": "A candidate withdraws?",
    "verb": "Withdraw the candidate",
    "keep": "Leave the vote as it is",
    "danger": False,
    "told": (
        "The name leaves every ballot, also those cast already, and later names move up.",
        "Everybody who comes to vote reads it beside the name. This cannot be undone.",
    ),
}


@member_page
async def candidates_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask who withdraws, and why."""
    return _confirm(request, await _open_to(request, viewer), Form())


@member_page
async def withdraw(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the name out of the vote; what is wrong comes back on the same page."""
    assert viewer.member is not None
    view, form = await _open_to(request, viewer), await read_form(request)
    key, reason = form.text("option"), form.text("reason")
    if not reason:
        form.wrong("reason", "Write why. Members will ask.")
        return _confirm(request, view, form, key, reason)
    try:
        await request.app[UNITS].write(
            withdraw_option, by=viewer.member.id, motion_id=view.motion.id, key=key, reason=reason
        )
    except MotionRefused as error:
        form.wrong("option", error.message)
        return _confirm(request, view, form, key, reason)
    return see_other(f"/motions/{view.motion.uuid}")


async def _open_to(request: web.Request, viewer: Viewer) -> MotionView:
    view = await motion_view_of(request, viewer)
    if view.form != "ranking" or "extend" not in view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    return view


def _confirm(request: web.Request, view: MotionView, form: Form, option: str = "", reason: str = "") -> web.Response:
    motion = view.motion
    return html(
        request,
        "frame/confirm.html",
        status=422 if form.errors else 200,
        subject=motion.title,
        back=f"/motions/{motion.uuid}",
        action=f"/motions/{motion.uuid}/candidates",
        ask_option=[(item.key, item.name) for item in view.options if item.meaning != TOLD],
        kept_option=option,
        ask_time=False,
        ask_reason=True,
        kept_time="",
        kept_reason=reason,
        errors=form.errors,
        **_WORDS,
    )
