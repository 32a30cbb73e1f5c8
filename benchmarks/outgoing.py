"""Deliveries: one post to many inboxes, on one origin, on many, behind shared inboxes, and over TLS to unseen hosts."""

import json
import socket
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stage import SinkProcess, Stage, follow_ours, get, remote_actor, self_signed
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one post: deliveries, seconds until all had arrived since it was sent off, milliseconds
    until the first had since it was answered, connections."""

    number: int
    seconds: float
    first_ms: float
    connections: int

    @property
    def per_second(self) -> float:
        return self.number / self.seconds


def _measure(stage: Stage, sink: SinkProcess, follow: Callable[[UnitOfWork], Any], expected: int, counter: str) -> Sent:
    """Publish one post and return what the sink saw until it has had `expected` deliveries."""

    def prepare(uow: UnitOfWork) -> str:
        follow(uow)
        ada = add_member(uow, new=NewMember("ada", "ada@example.org", is_admin=True), who="bench")[0]
        return stage.sign_in(uow, ada.id)

    stage.serve()  # the first start tells followers of the profile; here there are none yet
    stage.stop()
    secret = stage.fill(prepare)
    stage.serve()
    get(counter)
    post = stage.form(
        "/announcements/new", secret, text="The second oven arrives on Monday.", audience="public", kind="general"
    )
    started = time.perf_counter()
    _send(stage, post)
    posted = time.perf_counter()
    total, connections, first = 0, 0, 0.0
    while total < expected:
        seen = json.loads(get(counter))
        total, connections = total + seen["count"], connections + seen["connections"]
        first = first or seen["first"]
        if time.perf_counter() - started > 60:
            raise RuntimeError(f"only {total} of {expected} arrived")
        time.sleep(0.01)
    if total != expected:
        raise RuntimeError(f"{total} arrived, {expected} were expected")
    return Sent(expected, time.perf_counter() - started, 1000 * max(0.0, first - posted), connections)


def plain(*, inboxes: int, origins: int, followers_each: int = 1) -> Sent:
    """Post to `inboxes` spread over `origins`, over plain http."""
    sink, stage = SinkProcess(), Stage()
    port = sink.port

    def follow(uow: UnitOfWork) -> None:
        for number in range(inboxes):
            origin = f"http://127.0.{10 + number % origins // 250}.{number % origins % 250 + 1}:{port}"
            for follower in range(followers_each):
                uri = f"{origin}/users/u{number}-{follower}"
                shared = f"{origin}/inbox/{number}"
                follow_ours(uow, remote_actor(uow, uri, "u", inbox=f"{uri}/inbox", shared_inbox=shared))

    try:
        return _measure(stage, sink, follow, inboxes, f"http://127.0.0.1:{port}/")
    finally:
        stage.close()
        sink.stop()


def over_tls(*, hosts: int, inboxes_each: int = 1) -> Sent:
    """Post to hosts that were never seen before, over TLS."""
    with tempfile.TemporaryDirectory() as folder:
        names = {f"h{n}.peers.test": f"127.0.{20 + n // 250}.{n % 250 + 1}" for n in range(hosts)}
        certificate, key = self_signed(Path(folder), "*.peers.test")
        sink, stage = SinkProcess(certificate, key), Stage(ca_file=certificate, resolve=names)
        port = sink.port
        context = ssl.create_default_context(cafile=certificate)
        context.check_hostname = False
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        urllib.request.install_opener(opener)

        def follow(uow: UnitOfWork) -> None:
            for number in range(inboxes_each):
                for name in names:
                    follow_ours(uow, remote_actor(uow, f"https://{name}:{port}/users/u{number}", "u"))

        try:
            return _measure(stage, sink, follow, hosts * inboxes_each, f"https://127.0.20.1:{port}/")
        finally:
            stage.close()
            sink.stop()


def one_origin() -> dict[str, float]:
    """Return deliveries a second to 1,000 inboxes of one origin."""
    return {"fan-out-one-origin": plain(inboxes=1000, origins=1).per_second}


def many_origins() -> dict[str, float]:
    """Return deliveries a second to 1,000 inboxes of 250 origins."""
    return {"fan-out-many-origins": plain(inboxes=1000, origins=250).per_second}


def followers() -> dict[str, float]:
    """Return seconds until 10,000 followers behind 500 shared inboxes have a post."""
    return {"10000-followers": plain(inboxes=500, origins=500, followers_each=20).seconds}


def unseen_tls() -> dict[str, float]:
    """Return deliveries a second to hosts that were never seen before, over TLS."""
    return {"unseen-tls": over_tls(hosts=600).per_second}


def cold() -> dict[str, float]:
    """Return deliveries a second to four inboxes each of 250 such hosts, when the first arrived, and connections opened."""
    sent = over_tls(hosts=250, inboxes_each=4)
    return {
        "fan-out-cold": sent.per_second,
        "fan-out-cold-first": sent.first_ms,
        "fan-out-cold-connections": sent.connections,
    }


def _send(stage: Stage, post: bytes) -> None:
    with socket.create_connection(("127.0.0.1", stage.port), 10) as connection:
        connection.sendall(post)
        answer = connection.recv(65536)
    if b" 303 " not in answer.split(b"\r\n", 1)[0]:
        raise RuntimeError(answer[:300].decode("utf-8", "replace"))
