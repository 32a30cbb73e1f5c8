"""The ballots of a decided ranked vote, to be counted by other programs (governance.md 7.11)."""

from aiohttp import web

from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.ballot_files import blt_file
from fedcoop.web.frame.guards import page
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of


@page
async def blt(request: web.Request, viewer: Viewer) -> web.Response:
    """Hand out the rankings as a BLT file; who cast them is not in it."""
    text = await request.app[UNITS].read(blt_file, uuid=uuid_of(request))
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": f'attachment; filename="ballots-{request.match_info["uuid"][:8]}.blt"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.Response(body=text.encode(), headers=headers)
