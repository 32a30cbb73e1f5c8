"""What holds for every answer of ours, whoever gives it: the lines above it, and 500 for what nobody foresaw."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from fedcoop.kernel.errors import DatabaseAway

log = logging.getLogger(__name__)

RETRY_AFTER_S = "5"
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"


def on_every_answer(*, is_secure: bool) -> dict[str, str]:
    """Return the lines that say what we are, and that nothing is sniffed, framed or run where a page says no more.

    Which versions of what we run on is nobody's business.
    """
    lines = {"Server": "fedcoop", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": NOTHING_RUNS}
    return lines | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})


@web.middleware
async def errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What nobody foresaw is a bug: 500, logged once. While the database is away: 503, and the log says so by itself."""
    try:
        return await handler(request)
    except (web.HTTPException, asyncio.CancelledError, ConnectionError):
        raise
    except DatabaseAway as away:
        return web.json_response({"error": away.code}, status=503, headers={"Retry-After": RETRY_AFTER_S})
    except Exception:
        log.exception("request failed", extra={"method": request.method, "route": _route(request)})
        return web.json_response({"error": "internal"}, status=500)


def adding(headers: Mapping[str, str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return what lays `headers` under those of an answer, as a signal of the application."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = headers["Server"]
        for name, value in headers.items():
            response.headers.setdefault(name, value)

    return add


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
