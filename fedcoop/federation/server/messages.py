"""A request as its signature covers it: raw target, our configured authority, headers in the order received."""

from aiohttp import web

from fedcoop.federation.server.keys import UNITS
from fedcoop.federation.signatures.message import Signable


def message_of(request: web.Request, body: bytes) -> Signable:
    """Return what was signed. The authority is ours from the configuration: a Host header decides nothing (5.3, 5.4)."""
    urls = request.app[UNITS].site.urls
    return Signable(
        method=request.method,
        target=request.raw_path,
        authority=urls.authority,
        scheme=urls.scheme,
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in request.raw_headers
        ),
        body=body,
    )
