"""What those do who run a vote: close it early, extend it, annul it, each with a page that asks first."""

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from fedcoop.actions.motions.motion import annul_motion, close_early, extend_motion
from fedcoop.kernel.errors import Invalid, MotionRefused, NotFound
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame.forms import Form, local_instant, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import RENDERER, UNITS
from fedcoop.web.frame.rendering import input_time
from fedcoop.web.motions.motion import motion_view_of

_STEPS: dict[str, dict[str, Any]] = {
    "close": {
        "title": "Close this vote now?",
        "verb": "Close the vote",
        "keep": "Leave it open",
        "danger": False,
        "told": ("Nobody can vote any more. The count follows by the rule. This cannot be undone.",),
    },
    "extend": {
        "title": "Extend this vote?",
        "verb": "Extend the vote",
        "keep": "Leave the date",
        "danger": False,
        "told": ("The new date goes to everybody, here and on other servers.",),
    },
    "annul": {
        "title": "Annul this vote?",
        "verb": "Annul the vote",
        "keep": "Let it stand",
        "danger": True,
        "told": (
            "The vote ends without a result. Ballots are kept.",
            "Members and followers are told with your reason. This cannot be undone.",
        ),
    },
}


@member_page
async def step_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before a vote is closed early, extended or annulled."""
    view, name = await _open_to(request, viewer)
    return _confirm(request, view, name, Form(), reason="", closes=_tomorrow(request, view))


@member_page
async def take_step(request: web.Request, viewer: Viewer) -> web.Response:
    """Close early, extend or annul; what is wrong comes back on the same page."""
    assert viewer.member is not None
    view, name = await _open_to(request, viewer)
    form = await read_form(request)
    closes, reason = form.text("closes"), form.text("reason")
    if name != "close" and not reason:
        form.wrong("reason", "Write why. Members will ask.")
    at = form.take("closes", lambda text: local_instant(text, request.app[RENDERER].zone)) if name == "extend" else None
    if not form.errors:
        try:
            await _do(request, viewer, view, name, reason=reason, closes_at=at)
        except (MotionRefused, Invalid) as error:
            form.wrong(getattr(error, "field", "") or ("closes" if name == "extend" else "main"), error.message)
        else:
            return see_other(f"/motions/{view.motion.uuid}")
    return _confirm(request, view, name, form, reason=reason, closes=closes)


async def _do(
    request: web.Request, viewer: Viewer, view: MotionView, name: str, *, reason: str, closes_at: datetime | None
) -> None:
    assert viewer.member is not None
    units, by, motion_id = request.app[UNITS], viewer.member.id, view.motion.id
    if name == "close":
        await units.write(close_early, by=by, motion_id=motion_id)
    elif name == "annul":
        await units.write(annul_motion, by=by, motion_id=motion_id, reason=reason)
    elif closes_at is not None:
        await units.write(extend_motion, by=by, motion_id=motion_id, closes_at=closes_at, reason=reason)


async def _open_to(request: web.Request, viewer: Viewer) -> tuple[MotionView, str]:
    name = request.match_info["step"]
    view = await motion_view_of(request, viewer)
    if name not in _STEPS or name not in view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    return view, name


def _tomorrow(request: web.Request, view: MotionView) -> str:
    return input_time(view.motion.closes_at + timedelta(days=1), request.app[RENDERER].zone)


def _confirm(
    request: web.Request, view: MotionView, name: str, form: Form, *, reason: str, closes: str
) -> web.Response:
    motion = view.motion
    return html(
        request,
        "frame/confirm.html",
        status=422 if form.errors else 200,
        subject=motion.title,
        back=f"/motions/{motion.uuid}",
        action=f"/motions/{motion.uuid}/{name}",
        ask_time=name == "extend",
        ask_reason=name != "close",
        kept_time=closes,
        kept_reason=reason,
        errors=form.errors,
        **_STEPS[name],
    )
