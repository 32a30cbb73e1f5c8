"""The calendar file of a time poll (governance.md 7.18)."""

from aiohttp import web

from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.meetings import meeting_file
from fedcoop.web.frame.guards import page
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of


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
