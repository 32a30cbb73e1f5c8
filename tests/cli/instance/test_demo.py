"""`fedcoop demo` as a person meets it: a story of real requests, two co-ops up, links that sign in, a clean end."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

import pytest

STEPS = (
    "two co-ops are up",
    "registers have their members",
    "by a link that works once",
    "Birch's co-op follows @alder@localhost",
    "makes her profile at Birch public",
    "the account is linked",
    "Ada opens a vote",
    "it has reached Birch",
    "Ada votes for and Ben against",
    "the vote travels to Alder",
    "Ada closes the vote",
    "recounted from Alder's recount file alone, it agrees: carried with for 2, against 1",
    "the outcome has arrived at Birch",
)


def two_free_ports() -> int:
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except OSError:
                continue


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "fedcoop", "demo", "--port", str(two_free_ports())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.stdout is not None
    process.stdout.close()


def test_the_story_is_told_the_links_sign_in_and_a_signal_ends_everything(demo: subprocess.Popen[str]):
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "Ctrl-C" in line or len(lines) > 60:
            break
    told = "".join(lines)
    assert [step for step in STEPS if step not in told] == [], told
    times = [float(found) for found in re.findall(r"^ *([0-9.]+) s  ", told, re.MULTILINE)]
    assert len(times) == len(STEPS)
    assert times == sorted(times)
    links = re.findall(r"http://localhost:\d+/sign-in/\S+", told)
    assert len(links) == 3
    # one browser for both co-ops: signing in to one must not sign out of the other
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({}))
    for link in (links[0], links[2]):
        with opener.open(urllib.request.Request(link, data=b"", method="POST"), timeout=10) as page:
            assert page.url.endswith("/welcome")
    for link in (links[0], links[2]):
        origin = link.partition("/sign-in")[0]
        with opener.open(f"{origin}/settings/accounts", timeout=10) as page:
            assert page.url == f"{origin}/settings/accounts"
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    for link in links:
        port = int(re.findall(r":(\d+)/", link)[0])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=2)
