"""Whatever bytes come over a connection: no 5xx, no traceback in the log, and a server that still answers others."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.stage import Stage, get

TOKENS = st.sampled_from(
    ["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "PUT", "TRACE", "get", "G\x00T", "", "PRI", "GET GET", "É"]
)
TARGETS = st.sampled_from(
    [
        *(
            "/",
            "/healthz",
            "*",
            "//",
            "/%",
            "/%00",
            "/%ff",
            "/%c3%28",
            "/..",
            "/../../etc/passwd",
            "/\x7f",
            "/é",
            "?",
            "#",
            "",
        ),
        *(
            "/actors/alder",
            "/inbox",
            "/motions/%0d%0aX:y",
            "/sign-in?next=//evil",
            "/static/..%2f..%2fx",
            "/healthz?a=%zz",
        ),
        *(
            "http://",
            "http://[",
            "http://[::1",
            "http://a:b@c/",
            "http://a:99999/",
            "http://evil/inbox",
            "a:443",
            "localhost:x",
        ),
        *(
            "/" + "x" * 9000,
            "/?" + "a=b&" * 3000,
            "/" + "../" * 500,
            "/;" * 100,
            "/\\",
            "/ /",
            "/\t",
            "mailto:a@b",
            "///@:0",
        ),
    ]
)
VERSIONS = st.sampled_from(
    ["HTTP/1.1"] * 5 + ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.", "http/1.1", "", "HTTP/1.1 x"]
)
HEADERS = st.sampled_from(
    [
        *(
            "Host: a",
            "Host: [",
            "Host: [::1",
            "Host: a:b",
            "Host: ",
            "Host: é",
            "Host: a\x00b",
            "Host: http://x/",
            "Host: a:99999999",
        ),
        *(
            "Content-Length: 5",
            "Content-Length: -1",
            "Content-Length: 5, 5",
            "Content-Length: 99999999999999999999",
            "Content-Length: x",
        ),
        *(
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: x",
            "Transfer-Encoding: chunked, x",
        ),
        *(
            "Connection: close",
            "Connection: keep-alive",
            "Connection: upgrade",
            "Upgrade: websocket",
            "Upgrade: h2c",
            "Expect: x",
        ),
        *(
            "Expect: 100-continue",
            "Content-Encoding: gzip",
            "Content-Encoding: br",
            "Content-Encoding: deflate",
            "Range: bytes=0-0",
        ),
        *(
            "Cookie: a=b; =; ;;",
            "Cookie: \xff",
            "Cookie: session=" + "x" * 5000,
            "Accept: application/activity+json",
            "Accept: ;q=x",
        ),
        *(
            "Content-Type: multipart/form-data; boundary=",
            "Content-Type: application/x-www-form-urlencoded; charset=x",
            "Content-Type: é",
        ),
        *(
            "X: " + "x" * 9000,
            "X:\x00",
            "X\x00: y",
            " folded",
            ": no name",
            "no colon",
            "Referer: http://[",
            "Origin: null",
            "Origin: [",
        ),
        *(
            "If-None-Match: *",
            "If-Modified-Since: x",
            "Accept-Language: x;q=é",
            "Date: x",
            "Signature: x",
            "Authorization: Basic é",
        ),
        *(
            "X-Forwarded-For: [, é",
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Proto: x",
            "Digest: x",
            "Signature-Input: (",
        ),
    ]
)
BODIES = st.sampled_from(
    ["", "", "hello", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n", "5\r\nhel", "-1\r\n"]
)
ENDS = st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request of which up to two parts are strange and all others right, so that it comes as far as it can."""
    strange = set(draw(st.lists(st.integers(0, 12), max_size=2)))

    def part(number: int, right: st.SearchStrategy[str], wrong: st.SearchStrategy[str]) -> str:
        return draw(wrong if number in strange else right)

    end = part(0, st.just("\r\n"), st.sampled_from(["\n", "\r", "\r\n\r\n"]))
    method = part(1, st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"]), TOKENS)
    target = part(
        2, st.sampled_from(["/", "/healthz", "/inbox", "/actors/alder", "/sign-in", "/motions", "/join"]), TARGETS
    )
    version = part(3, st.just("HTTP/1.1"), VERSIONS)
    host = part(4, st.just("Host: localhost"), HEADERS)
    more = [
        part(5, st.sampled_from(["Accept: text/html", "Accept: */*", "Cookie: a=b"]), HEADERS)
        for _ in range(draw(st.integers(0, 3)))
    ]
    body = part(6, st.just(""), BODIES)
    return (end.join([f"{method} {target} {version}", host, *more]) + end + end + body).encode("latin-1")


conversations = st.lists(
    st.one_of(requests(), requests(), requests(), st.binary(max_size=300)), min_size=1, max_size=40
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    made.serve()
    yield made
    made.close()


async def say(port: int, data: bytes, cut: int) -> bytes:
    """Send the bytes in two parts; return what is answered, until it is closed or nothing more comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(data[:cut])
        await asyncio.sleep(0)
        writer.write(data[cut:])
        while chunk := await asyncio.wait_for(reader.read(1 << 16), 0.3):
            answer += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return answer


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.lists(st.tuples(conversations, st.integers(0, 200)), min_size=10, max_size=40))
def test_no_bytes_make_the_server_fail(stage: Stage, data: list[tuple[list[bytes], int]]) -> None:
    async def all_at_once() -> list[bytes]:
        return await asyncio.gather(*(say(stage.port, b"".join(parts), cut) for parts, cut in data))

    for answer in asyncio.run(all_at_once()):
        assert re.findall(rb"HTTP/1\.[01] 5\d\d[^\r]*", answer) == []
    log = (stage.root / "log").read_text()
    assert "Traceback" not in log
    assert "level=error" not in log
    assert get(f"{stage.origin}/healthz") == b"ok\n"


def test_hundreds_of_requests_sent_at_once_over_one_connection_are_all_answered(stage: Stage) -> None:
    data = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300
    answer = asyncio.run(say(stage.port, data, len(data) // 2))
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 300


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/inbox", "application/activity+json"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/sign-in", "multipart/form-data; boundary=b"),
        ("/nowhere", "text/plain"),
    ],
)
def test_an_upload_that_is_broken_off_is_no_fault_of_ours(stage: Stage, path: str, kind: str) -> None:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{stage.port}",
        f"Origin: {stage.origin}",
        f"Content-Type: {kind}",
    ]
    head = "\r\n".join([*lines, "Content-Length: 1000", "", ""]).encode()
    asyncio.run(say(stage.port, head + b"--b\r\n", len(head)))
    assert get(f"{stage.origin}/healthz") == b"ok\n"
    log = (stage.root / "log").read_text()
    assert ("Traceback" in log, "level=error" in log) == (False, False)
