"""From the bytes of a form to its fields: UTF-8 and nothing else, in time proportional to its length.

The client chooses no codec, no encoding of parts, no compression: what Python or aiohttp would undo at the sender's wish may
take the square of the time. Everything not readable as UTF-8 is 400. Source: RFC 7578, WHATWG URL "urlencoded parsing".
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from aiohttp import BodyPartReader, web
from multidict import MultiDict

MAX_FIELDS = 2000
MAX_CHARS = 100_000
"""Of one field: twice the longest text that any rule takes, so that what is somewhat too long comes back to who wrote it."""
BODY_S = 30.0
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_UTF_8 = frozenset({"utf-8", "utf8", ""})
_AS_IS = frozenset({"", "7bit", "8bit", "binary"})


class UnreadableFormError(Exception):
    """The form is not what a browser sends; `status` says how: 400, 408, 413 or 415."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


async def read_fields(request: web.Request) -> MultiDict[str]:
    """Return the text fields of the form; of files and other types nothing is read. Raises UnreadableFormError."""
    if request.content_type not in (URLENCODED, MULTIPART):
        return MultiDict()
    _check_charset(request.charset)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnreadableFormError(415, "Forms come uncompressed.")
    try:
        async with asyncio.timeout(BODY_S):
            if request.content_type == MULTIPART:
                return await _multipart(request)
            return _urlencoded(await request.read())
    except TimeoutError as error:
        raise UnreadableFormError(408, "The form took too long to arrive.") from error
    except (ValueError, LookupError, RuntimeError, AssertionError, OSError, web.RequestPayloadError) as error:
        raise UnreadableFormError(400, "The form cannot be read.") from error


def _urlencoded(body: bytes) -> MultiDict[str]:
    pairs = body.rstrip(b"\r\n").split(b"&") if body else []
    _check_number(len(pairs))
    fields: MultiDict[str] = MultiDict()
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if pair:
            fields.add(_plain(name), _fitting(_plain(value)))
    return fields


def _plain(part: bytes) -> str:
    return unquote_to_bytes(part.replace(b"+", b" ")).decode()


async def _multipart(request: web.Request) -> MultiDict[str]:
    fields: MultiDict[str] = MultiDict()
    reader = await request.multipart()
    size = number = 0
    while (part := await reader.next()) is not None:
        number += 1
        _check_number(number)
        _check_part(part.headers)
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise UnreadableFormError(400, "A part of the form has no name, or parts of its own.")
        value = bytearray()
        while chunk := await part.read_chunk():
            size += len(chunk)
            if size > request.client_max_size:
                raise UnreadableFormError(413, "The form is too large.")
            value += b"" if part.filename else chunk
        if part.filename is None:
            fields.add(part.name, _fitting(bytes(value).decode()))
    return fields


def _check_part(headers: Mapping[str, str]) -> None:
    coded = "*=" in headers.get("Content-Disposition", "") or "Content-Encoding" in headers
    if coded or headers.get("Content-Transfer-Encoding", "").strip().lower() not in _AS_IS:
        raise UnreadableFormError(400, "A part of the form is encoded.")
    for setting in headers.get("Content-Type", "").split(";")[1:]:
        name, _, value = setting.partition("=")
        if name.strip().lower() == "charset":
            _check_charset(value)


def _check_charset(charset: str | None) -> None:
    if (charset or "").strip().strip('"').lower() not in _UTF_8:
        raise UnreadableFormError(400, "Forms are read as UTF-8 only.")


def _fitting(value: str) -> str:
    if len(value) > MAX_CHARS:
        raise UnreadableFormError(413, f"One field of a form holds at most {MAX_CHARS:,} characters.")
    return value


def _check_number(number: int) -> None:
    if number > MAX_FIELDS:
        raise UnreadableFormError(413, f"A form has at most {MAX_FIELDS} fields.")
