"""A member's public profile in their settings: opened and deleted, who may follow it, what was written to it."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from fedcoop.accounts.actor_keys import new_keys
from fedcoop.actions.fediverse import followers
from fedcoop.actions.instance import founding
from fedcoop.kernel.errors import NotFound, Refused
from fedcoop.kernel.ids import ActorId, whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.members.profiles import profile_settings
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import cursor

_ANSWERS: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "accept": (followers.answer_request, {"accepted": True}),
    "refuse": (followers.answer_request, {"accepted": False}),
    "remove": (followers.remove_follower, {}),
}


@member_page
async def profile_settings_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the member's public actor with its followers, or what making one means."""
    return await _show(request, viewer)


async def _show(
    request: web.Request, viewer: Viewer, *, status: int = 200, errors: dict[str, str] | None = None
) -> web.Response:
    assert viewer.member is not None
    before = cursor(request)
    view = await request.app[UNITS].read(profile_settings, member=viewer.member, before=before)
    older = f"/settings/profile?before={view.older}#followers" if view.older else ""
    return html(
        request,
        "members/profile_settings.html",
        status=status,
        view=view,
        older=older,
        newer="/settings/profile#followers" if before else "",
        errors=errors or {},
    )


@member_page
async def set_profile(request: web.Request, viewer: Viewer) -> web.Response:
    """Make the member's public actor, or delete it."""
    assert viewer.member is not None
    units = request.app[UNITS]
    wish = (await read_form(request)).text("do")
    try:
        if wish == "opt-in":
            keys = await asyncio.to_thread(new_keys)
            await units.write(
                founding.open_member_actor, member_id=viewer.member.id, name=viewer.member.name, keys=keys
            )
            return see_other("/settings/profile?done=opted-in")
        if wish == "remove":
            await units.write(founding.close_member_actor, member_id=viewer.member.id)
            return see_other("/settings/profile?done=removed")
    except Refused as error:
        return await _show(request, viewer, status=409, errors={"main": error.message})
    return see_other("/settings/profile")


@member_page
async def answer(request: web.Request, viewer: Viewer) -> web.Response:
    """Accept or refuse who asks to follow, or end it for who does; somebody who took it back meanwhile is told of."""
    assert viewer.member is not None
    form = await read_form(request)
    wish = form.text("do")
    if wish not in _ANSWERS:
        raise NotFound("act-unknown", "There is nothing to do here.")
    act, more = _ANSWERS[wish]
    try:
        await request.app[UNITS].write(act, by=viewer.member.id, follower_id=_follower(form), **more)
    except Refused as error:
        return await _show(request, viewer, status=409, errors={"followers": error.message})
    return see_other(f"/settings/profile?done={wish}#followers")


def _follower(form: Form) -> ActorId:
    follower = whole_number(form.text("follower"))
    if follower is None:
        raise NotFound("follow-unknown", "They do not ask to follow you any more.")
    return ActorId(follower)
