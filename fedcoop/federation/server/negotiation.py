"""Which form of a thing is asked for: ActivityPub JSON or a page (federation.md 4)."""

from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import web

ACTIVITY_JSON = "application/activity+json"
LD_JSON = "application/ld+json"
_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/*"})
_ANYTHING = frozenset({"*/*", "application/*"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@lru_cache(maxsize=1024)
def wants_activitypub(accept: str) -> bool:
    """Return whether the best match of an `Accept` header is ActivityPub JSON; q-values count, then the order."""
    activity = page = 0.0
    activity_at = page_at = 0
    for position, part in enumerate(accept[:2000].split(",")):
        kind, _, parameters = part.partition(";")
        quality = _quality(parameters)
        name = kind.strip().lower()
        if name in (ACTIVITY_JSON, LD_JSON) and quality > activity:
            activity, activity_at = quality, position
        elif name in _PAGES and quality > page:
            page, page_at = quality, position
        elif name in _ANYTHING and quality > page:
            page, page_at = quality, 10_000  # a wildcard wins by a higher q only
    return activity > 0 and (activity, -activity_at) >= (page, -page_at)


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                found = float(value.strip())
            except ValueError:
                return 0.0
            return found if 0.0 <= found <= 1.0 else 0.0
    return 1.0


def by_accept(activitypub: Handler, page: Handler) -> Handler:
    """Return one handler for a URL that page and object share (architecture.md 6c); `Accept` chooses."""

    async def choose(request: web.Request) -> web.StreamResponse:
        if wants_activitypub(request.headers.get("Accept", "")):
            return await activitypub(request)
        response = await page(request)
        if not response.prepared:
            response.headers.add("Vary", "Accept")
        return response

    return choose
