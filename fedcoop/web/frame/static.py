"""Style sheets, the script, symbols and fonts, from memory, compressed once, under an address that changes with their bytes.

`/static/{version}/fedcoop.css` may be kept for ever: `version` is a digest over all files, and what a style sheet names
relatively (`fonts/…`) lies under the same version. The plain `/static/{name}` answers too, for a short while.
"""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import brotli
from aiohttp import web

FOLDER = Path(__file__).parents[1] / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSED = (".css", ".js", ".svg", ".txt")
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in memory."""

    body: bytes
    content_type: str
    etag: str
    compressible: bool


class StaticFiles:
    """All files of the folder; answers requests for them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _load(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(name.encode() + b"\0" + file.etag.encode() + b"\0")
        self.version = digest.hexdigest()[:12]
        self._packed: dict[tuple[str, str], bytes] = {}

    def url(self, name: str) -> str:
        """Return the path of a file, with the version. Raises KeyError for a file that does not exist."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a GET of a static file: 200, 304 or 404."""
        version, _, rest = request.match_info["path"].partition("/")
        versioned = version == self.version
        name = rest if versioned else request.match_info["path"]
        file = self._files.get(name)
        if file is None:
            return web.Response(status=404, text="There is no such file.")
        headers = {
            "ETag": f'"{file.etag}"',
            "Cache-Control": _FOR_EVER if versioned else _FOR_AN_HOUR,
            "X-Content-Type-Options": "nosniff",
            "Content-Type": file.content_type,
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        }
        if file.compressible:
            headers["Vary"] = "Accept-Encoding"
        if request.headers.get("If-None-Match") in (f'"{file.etag}"', f'W/"{file.etag}"'):
            return web.Response(status=304, headers=headers)
        encoding = _encoding(request.headers.get("Accept-Encoding", "")) if file.compressible else ""
        if not encoding:
            return web.Response(body=file.body, headers=headers)
        headers["Content-Encoding"] = encoding
        return web.Response(body=await self._pack(name, file, encoding), headers=headers)

    async def _pack(self, name: str, file: StaticFile, encoding: str) -> bytes:
        key = (name, encoding)
        if key not in self._packed:
            self._packed[key] = await asyncio.to_thread(_compress, file.body, encoding)
        return self._packed[key]


def _load(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return StaticFile(body, kind, hashlib.sha256(body).hexdigest()[:20], path.suffix in _COMPRESSED)


def _encoding(accepted: str) -> str:
    offered = {part.partition(";")[0].strip() for part in accepted.split(",") if "q=0" not in part.replace(" ", "")}
    return next((name for name in ("br", "gzip") if name in offered), "")


def _compress(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body) if encoding == "br" else gzip.compress(body, mtime=0)
