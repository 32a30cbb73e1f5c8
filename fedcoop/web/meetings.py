"""The calendar file of a time poll (governance.md 7.18)."""

from aiohttp import web

from fedcoop.queries.accounts import Viewer
from fedcoop.queries.meetings import meeting_file
from fedcoop.web.decisions import uuid_of
from fedcoop.web.guards import page
from fedcoop.web.keys import UNITS


@page
async def meeting(request: web.Request, viewer: Viewer) -> web.Response:
    """Hand out the time that was chosen as a calendar file."""
    text = await request.app[UNITS].read(meeting_file, uuid=uuid_of(request))
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": f'attachment; filename="meeting-{request.match_info["uuid"][:8]}.ics"',
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=text.encode(), headers=headers)
