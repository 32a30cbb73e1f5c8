"""Pages about people: the members' list, public profiles, the office."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.kernel.errors import Conflict, FedcoopError, Invalid, PeerError, Refused
from fedcoop.kernel.names import MAX_URL
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.members.member import members_view, office_view, profile_view
from fedcoop.web.fediverse.linked import link_in_short
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import demand_office, html, member_page, page, see_other
from fedcoop.web.frame.keys import REMOTE, UNITS, URLS
from fedcoop.web.motions.motion import cursor

_NOTHING = {"name": "", "display_name": "", "email": "", "handle": ""}


@member_page
async def members_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the members to members, in pages."""
    sought = request.query.get("q", "").strip()[:100]
    after = cursor(request, "after") or 0
    view = await request.app[UNITS].read(members_view, words=sought, after=after)
    here = {"q": sought} if sought else {}
    further = f"/members?{urlencode({**here, 'after': view.further})}" if view.further else ""
    first = f"/members?{urlencode(here)}" if after else ""
    return html(request, "members/members.html", view=view, sought=sought, after=after, first=first, further=further)


@page
async def profile_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the page about an actor of ours. A name that is no more answers 410."""
    name = request.match_info["name"].lower()[:64]
    view = await request.app[UNITS].read(profile_view, name=name)
    if view.is_gone:
        return html(
            request, "frame/error.html", status=410, code="gone", message="This profile was deleted.", status_code=410
        )
    return html(request, "members/profile.html", view=view)


@member_page
async def office_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show members, followed co-ops and queues to who has an office."""
    return await _office(request, viewer)


async def _office(
    request: web.Request,
    viewer: Viewer,
    *,
    kept: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    invited: dict[str, str] | None = None,
) -> web.Response:
    demand_office(viewer)
    view = await request.app[UNITS].read(office_view)
    values: dict[str, Any] = {
        "view": view,
        "said": {line.link.id: link_in_short(line.link) for line in view.linked},
        "kept": {**_NOTHING, **(kept or {})},
        "errors": errors or {},
        "invited": invited,
    }
    return html(request, "members/office.html", status=422 if errors else 200, **values)


@member_page
async def add(request: web.Request, viewer: Viewer) -> web.Response:
    """Enter a member and show the invitation, once."""
    demand_office(viewer)
    assert viewer.member is not None
    form = await read_form(request)
    kept = {name: form.text(name) for name in ("name", "display_name", "email")}
    try:
        member, secret = await request.app[UNITS].write(
            add_member,
            new=NewMember(kept["name"], kept["email"], kept["display_name"]),
            who=f"member:{viewer.member.number}",
        )
    except (Invalid, Conflict) as error:
        return await _office(request, viewer, kept=kept, errors={_field_of(error): error.message})
    invited = {"name": member.display_name, "link": request.app[URLS].sign_in_link(secret)}
    return await _office(request, viewer, invited=invited)


def _field_of(error: FedcoopError) -> str:
    named = error.field if isinstance(error, Invalid) else ""
    return named or ("email" if error.code.startswith("email") else "name")


@member_page
async def follow(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask to follow another co-op."""
    demand_office(viewer)
    assert viewer.member is not None
    handle = (await read_form(request)).text("handle")[:MAX_URL]
    if not handle:
        return await _office(request, viewer, errors={"handle": "Give the whole address, like @name@server.example."})
    try:
        await request.app[REMOTE].follow(handle, who=f"member:{viewer.member.number}")
    except (Refused, PeerError) as error:
        return await _office(request, viewer, kept={"handle": handle}, errors={"handle": error.message})
    return see_other("/office?done=followed")
