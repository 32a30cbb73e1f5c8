"""Pages that belong to nobody in particular: the first page, how to join, everything in one list, remote interaction."""

from importlib.metadata import version
from typing import Any

from aiohttp import web

from fedcoop.kernel.errors import PeerError, Refused
from fedcoop.queries.fediverse.remote import what_is
from fedcoop.queries.follow_ups.decision_register import MotionLine, front, home
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.members.profiles import profile_news
from fedcoop.queries.proposals.proposal_lists import asked_of
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import html, look, member_page, page, see_other
from fedcoop.web.frame.keys import CLOCK, REMOTE, RENDERER, UNITS
from fedcoop.web.results import charts
from fedcoop.web.results.verdicts import result_words

VERSION = version("fedcoop")
MAX_URI = 2048


@page
async def home_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show who we are to everybody, what needs them to a member."""
    units = request.app[UNITS]
    if viewer.member is None:
        view = await look(request, viewer, front)
        latest = view.latest[:1]
        bars = charts.results(latest[0].motion, latest[0].tally) if latest and latest[0].tally else ()
        return html(
            request,
            "instance/front.html",
            view=view,
            bar=bars[0] if len(bars) == 1 else None,
            results=results_of(view.latest),
        )
    mine = await units.read(home, member=viewer.member)
    asked = await units.read(asked_of, viewer.member)
    profile = await units.read(profile_news, member=viewer.member)
    hour = request.app[CLOCK].now().astimezone(request.app[RENDERER].zone).hour
    greeting = "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"
    values: dict[str, Any] = {
        "asked": asked,
        "profile": profile,
        "greeting": greeting,
        "results": results_of(mine.latest),
    }
    return html(request, "instance/home.html", view=mine, **values)


def results_of(lines: tuple[MotionLine, ...]) -> dict[str, str]:
    """Return the totals of each line in a few words."""
    return {line.uuid: result_words(line.motion, line.tally) for line in lines}


@page
async def join_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Say how to become a member and whom to write to."""
    return html(request, "instance/join.html")


@page
async def about_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Name the program, its licence and where its source is."""
    return html(request, "instance/about.html", version=VERSION)


@member_page
async def more_page(request: web.Request, viewer: Viewer) -> web.Response:
    """List everything there is, for small screens."""
    return html(request, "frame/more.html")


@page
async def interact_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Say what a remote server wants us to look at; never redirect, never fetch on a GET (federation.md 2.1)."""
    uri = request.query.get("uri", "").strip()[:MAX_URI]
    return await _interact(request, uri)


async def _interact(request: web.Request, uri: str, *, told: str = "") -> web.Response:
    found = await request.app[UNITS].read(what_is, uri=uri) if uri else None
    values: dict[str, Any] = {"address": "", "verb": "", "follow_uri": ""}
    if not uri:
        told = "No address came with this link."
    elif not told and found is not None:
        told, values["address"], values["verb"] = found.told, found.address, found.verb
        values["follow_uri"] = found.follow_uri
    elif not told:
        told = "We do not know this address yet. Somebody with an office here can look it up and follow it."
        values["follow_uri"] = uri
    return html(request, "instance/interact.html", title="From another server", uri=uri, told=told, **values)


@member_page
async def interact(request: web.Request, viewer: Viewer) -> web.Response:
    """Follow the actor of the address as the co-op, for somebody with an office."""
    uri = (await read_form(request)).text("uri")[:MAX_URI]
    if viewer.member is None or not viewer.member.has_office:
        return await _interact(request, uri, told="Following is for people with an office.")
    try:
        await request.app[REMOTE].follow(uri, who=f"member:{viewer.member.number}")
    except (Refused, PeerError) as error:
        return await _interact(request, uri, told=error.message)
    return see_other("/office?done=followed")
