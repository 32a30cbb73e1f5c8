"""Public pictures under `/media/`: a type that our encoder made, and headers that let a file act as nothing else (2.1)."""

from aiohttp import web

from fedcoop.web.frame.keys import UNITS

MAX_KEPT = 8
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",  # other servers show it on their pages
    "Cache-Control": "public, max-age=31536000, immutable",  # another picture has another name
}


class MediaFiles:
    """Answers requests for pictures; a few stay in memory, because every server that follows us asks for the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, bytes]] = {}

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a GET of a picture: 200, 304 or 404."""
        name = request.match_info["name"]
        found = self._kept.get(name) or await request.app[UNITS].read(lambda uow: uow.media.find(name))
        if found is None:
            return web.Response(status=404, text="There is no such file.")
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[name] = found
        media_type, body = found
        headers = {**HEADERS, "ETag": f'"{name}"', "Content-Type": media_type}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)
