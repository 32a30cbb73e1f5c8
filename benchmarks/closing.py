"""A large motion closes: how long other requests take meanwhile, and how long the outcome takes."""

import http.client
import json
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from benchmarks.stage import Stage
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions import motion as actions
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.choices import choice_to_json
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.governance.proof import logchain
from fedcoop.governance.rolls import roll
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork

MANY = 100_000
CHUNK = 5_000


def closing() -> dict[str, float]:
    """Return milliseconds of the slowest and the 99th-percentile request before and while a large motion is counted."""
    stage = Stage()
    try:
        uuid, voter, other = stage.fill(lambda uow: _prepare(uow, stage))
        stage.serve()
        probe = _Probe(stage, voter, other)
        stage_closes(stage, uuid, after=timedelta(seconds=6))
        before = probe.run(seconds=5.0)
        time.sleep(1)
        started = time.perf_counter()
        during = probe.run(until=lambda: _decided(stage, uuid))
        return {
            "close-outcome": time.perf_counter() - started,
            "close-before": max(before),
            "close-slowest": max(during),
            "close-p99": sorted(during)[len(during) * 99 // 100],
        }
    finally:
        stage.close()


def stage_closes(stage: Stage, uuid: str, *, after: timedelta) -> None:
    """Let acceptance of the motion end so much from now."""

    def end(uow: UnitOfWork) -> None:
        motion = uow.motions.find_by_uuid(uuid)
        assert motion is not None
        at = uow.now + after
        closes_at = at - motion.settings.grace
        uow.conn.execute(t.motions.update().where(t.motions.c.id == motion.id).values(closes_at=closes_at))
        uow.queues.move_timer(actions.CLOSE_TIMER, str(motion.id), at)

    stage.fill(end)


class _Probe:
    """Sends one request after another over one connection: the front page, a poll's object, a vote."""

    def __init__(self, stage: Stage, secret: str, uuid: str) -> None:
        self._stage, self._secret, self._uuid = stage, secret, uuid

    def run(self, *, seconds: float = 120.0, until: Any = None) -> list[float]:
        """Return the milliseconds of each request."""
        host = self._stage.origin.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=30)
        taken: list[float] = []
        ends = time.perf_counter() + seconds
        looked = time.perf_counter()
        while time.perf_counter() < ends:
            for method, path, headers, body in self._requests():
                started = time.perf_counter()
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                taken.append((time.perf_counter() - started) * 1000)
                if answer.status >= 400:
                    raise RuntimeError(f"{method} {path}: {answer.status}")
            if until is not None and time.perf_counter() - looked > 0.5:
                looked = time.perf_counter()
                if until():
                    break
            time.sleep(0.005)
        return taken

    def _requests(self) -> Sequence[tuple[str, str, dict[str, str], bytes]]:
        form = self._stage.form(f"/motions/{self._uuid}/vote", self._secret, choice="for", reason="")
        head, _, body = form.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        return (
            ("GET", "/healthz", {}, b""),
            ("GET", f"/motions/{self._uuid}", {"Accept": "application/activity+json"}, b""),
            ("POST", f"/motions/{self._uuid}/vote", lines, body),
        )


def _decided(stage: Stage, uuid: str) -> bool:
    host = stage.origin.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", f"/motions/{uuid}", headers={"Accept": "application/activity+json"})
    document = json.loads(connection.getresponse().read())
    return bool(document["coop:motion"]["coop:state"] == "decided")


def _prepare(uow: UnitOfWork, stage: Stage) -> tuple[str, str, str]:
    """Fill a register, open a large and a small motion, and put a ballot of everybody into the large one."""
    first, _ = add_member(uow, new=NewMember("m0", "m0@example.org", is_admin=True), who="bench")
    draft = {"body": "From reserves.", "closes_at": uow.now + timedelta(days=7)}
    small = actions.open_motion(
        uow, by=first.id, draft=actions.Draft(title="A small one", method="resolution", **draft)
    )
    names = [Option(key, f"Candidate {key}") for key in "abcdefghij"]
    settings = {"visibility": "after_close", "seats": "3"}
    large = actions.Draft(title="A large one", method="stv_scottish", options=names, settings=settings, **draft)
    opened = actions.open_motion(uow, by=first.id, draft=large)
    _fill(uow, first, opened)
    return opened.uuid, stage.sign_in(uow, first.id), small.uuid


def _fill(uow: UnitOfWork, first: Member, motion: Motion) -> None:
    chance = random.Random(7)
    keys = [option.key for option in motion.options]
    entries, ballots = [], []
    for number in range(1, MANY):
        id_ = MemberId(uow.new_id())
        voter = roll.pseudonym(motion.poll_secret, number + 10)
        entries.append({"member": id_, "number": number + 10, "voter": voter})
        choice = tuple(chance.sample(keys, chance.randint(1, len(keys))))
        nonce = f"{chance.getrandbits(128):032x}"
        ballots.append(
            Ballot(uow.new_id(), motion.id, id_, voter, choice, "", Channel.WEB, None, uow.now, uow.now, nonce)
        )
    for start in range(0, len(entries), CHUNK):
        _insert(uow, first, motion, entries[start : start + CHUNK], ballots[start : start + CHUNK])
    log, (n, head) = [], uow.motions.log_end(motion.id)
    for ballot in ballots:
        n += 1
        text = canonical_bytes({"n": n, **logchain.ballot_entry(ballot)})
        head = logchain.next_head(head, text)
        log.append({"motion_id": motion.id, "n": n, "entry": text.decode(), "head": head})
    for start in range(0, len(log), CHUNK):
        uow.conn.execute(t.log_entries.insert(), log[start : start + CHUNK])
    uow.conn.execute(t.motions.update().where(t.motions.c.id == motion.id).values(eligible=MANY))


def _insert(
    uow: UnitOfWork, first: Member, motion: Motion, people: list[dict[str, Any]], ballots: list[Ballot]
) -> None:
    members = [
        {
            "id": person["member"],
            "number": person["number"],
            "name": f"m{person['number']}",
            "display_name": f"Member {person['number']}",
            "email": f"m{person['number']}@example.org",
            "member_class": first.member_class,
            "status": first.status.value,
            "is_admin": False,
            "joined_at": uow.now,
        }
        for person in people
    ]
    uow.conn.execute(t.members.insert(), members)
    rows = [
        {"motion_id": motion.id, "member_id": p["member"], "voter": p["voter"], "member_class": "member", "weight": 1}
        for p in people
    ]
    uow.conn.execute(t.roll_entries.insert(), rows)
    cast = [
        {
            **{name: getattr(b, name) for name in Ballot.__slots__},
            "choice": json.dumps(choice_to_json(b.choice)),
            "channel": b.channel.value,
        }
        for b in ballots
    ]
    uow.conn.execute(t.ballots.insert(), cast)
