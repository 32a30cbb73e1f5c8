"""Forms are UTF-8 and nothing else: the client chooses no codec, and what cannot be read is 400, never 500 and never slow."""

import asyncio
import encodings.aliases
import pkgutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import FormData, MultipartWriter

from fedcoop.web.frame.form_reading import MAX_CHARS
from tests.doors.website import PASSWORD, Website, open_website

CODECS = sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)} | set(encodings.aliases.aliases))
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def _sign_in(site: Website, body: bytes | FormData | MultipartWriter, **headers: str) -> int:
    return (await site.browser().post("/sign-in", body, headers=headers)).status


def _parts(*, content_type: str = "text/plain", **more: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\nContent-Type: {}\r\n{}\r\n{}\r\n'
    email = part.format("email", content_type, lines, "noor@example.org")
    return (email + part.format("password", "text/plain", "", PASSWORD) + "--b--\r\n").encode()


async def test_no_codec_is_taken_but_utf_8(site: Website) -> None:
    body = f"email=noor%40example.org&password={PASSWORD.replace(' ', '+')}".encode()
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    for good in ("utf-8", "UTF-8", "utf8", '"utf-8"'):
        assert await _sign_in(site, body, **{"Content-Type": f"{URLENCODED}; charset={good}"}) == 303, good
        assert await _sign_in(site, _parts(content_type=f"text/plain; charset={good}"), **multipart) == 303, good
    for codec in CODECS:
        if codec in ("utf8", "utf-8"):
            continue
        assert await _sign_in(site, body, **{"Content-Type": f"{URLENCODED}; charset={codec}"}) == 400, codec
        assert await _sign_in(site, _parts(content_type=f"text/plain; charset={codec}"), **multipart) == 400, codec


async def test_parts_are_taken_as_they_are(site: Website) -> None:
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    assert await _sign_in(site, _parts(), **multipart) == 303
    assert await _sign_in(site, _parts(Content_Transfer_Encoding="8bit"), **multipart) == 303
    for coding in ("base64", "quoted-printable", "uu", "x-gzip"):
        assert await _sign_in(site, _parts(Content_Transfer_Encoding=coding), **multipart) == 400, coding
    assert await _sign_in(site, _parts(Content_Encoding="gzip"), **multipart) == 400
    named = _parts().replace(b'name="email"', b"name*=punycode''email")
    assert await _sign_in(site, named, **multipart) == 400
    nested = _parts(content_type="multipart/mixed; boundary=c")
    assert await _sign_in(site, nested, **multipart) == 400
    for broken in (b"", b"--b", b"--b\r\n\r\n", _parts()[:-30], b"x" * 100):
        assert await _sign_in(site, broken, **multipart) in (400, 422), broken


@pytest.mark.parametrize("body", [b"email=%ff", b"email=\xff", b"%80=1", b"email=" + "é".encode("latin-1")])
async def test_what_is_not_utf_8_is_400(site: Website, body: bytes) -> None:
    assert await _sign_in(site, body, **{"Content-Type": URLENCODED}) == 400
    assert await _sign_in(site, b"email=%c3%a9&password=x", **{"Content-Type": URLENCODED}) == 422


async def test_compressed_forms_and_thousands_of_fields_are_refused(site: Website) -> None:
    plain = {"Content-Type": URLENCODED}
    assert await _sign_in(site, b"email=a", **plain, **{"Content-Encoding": "br"}) in (400, 415)
    assert await _sign_in(site, b"&".join([b"a=1"] * 2000), **plain) == 422
    assert await _sign_in(site, b"&".join([b"a=1"] * 2001), **plain) == 413


async def test_an_upload_that_breaks_off_is_no_fault_of_ours(site: Website, caplog: pytest.LogCaptureFixture) -> None:
    where = urlsplit(site.origin)
    for head in (URLENCODED, "multipart/form-data; boundary=b"):
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        request = (
            f"POST /sign-in HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: {head}\r\nContent-Length: 99\r\n\r\nemail"
        )
        writer.write(request.encode())
        await writer.drain()
        writer.close()
        await reader.read()
        await writer.wait_closed()
    await asyncio.sleep(0.05)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_field_holds_twice_the_longest_text_and_no_more(site: Website) -> None:
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    urlencoded = f"email=noor%40example.org&password={PASSWORD.replace(' ', '+')}&next=".encode()
    assert await _sign_in(site, urlencoded + b"x" * MAX_CHARS, **{"Content-Type": URLENCODED}) == 303
    assert await _sign_in(site, urlencoded + b"x" * (MAX_CHARS + 1), **{"Content-Type": URLENCODED}) == 413
    part = '--b\r\nContent-Disposition: form-data; name="next"\r\n\r\n{}\r\n'
    assert await _sign_in(site, part.format("x" * MAX_CHARS).encode() + _parts(), **multipart) == 303
    assert await _sign_in(site, part.format("x" * (MAX_CHARS + 1)).encode() + _parts(), **multipart) == 413
