"""All routes of this door. `SHARED` are URLs that a page has too: `negotiation.by_accept` chooses (architecture.md 6c)."""

from aiohttp import web

from fedcoop.federation.server import collections, inboxes, objects, replies, wellknown
from fedcoop.federation.server.negotiation import Handler

TABLES = (inboxes.routes, objects.routes, collections.routes, replies.routes, wellknown.routes)
SHARED: dict[str, Handler] = {
    "/motions/{uuid}": objects.get_motion,
    "/notes/{uuid}": objects.get_note,
    "/proposals/{uuid}": objects.get_proposal,
}


def add_to(app: web.Application) -> None:
    """The application answers everything of this door but the shared URLs."""
    for table in TABLES:
        app.add_routes(table)
