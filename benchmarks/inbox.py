"""The inbox: Likes accepted and fully processed, and poll votes of linked accounts counted as ballots."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from benchmarks.stage import Crowd, Stage, link
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork

AS = "https://www.w3.org/ns/activitystreams"
VOTES_TO = "/actors/alder/inbox"


def _open(uow: UnitOfWork, *, members: int, crowd: Crowd) -> str:
    ids = crowd.fill(uow)
    people = [
        add_member(uow, new=NewMember(f"m{n}", f"m{n}@example.org", is_admin=n == 0), who="bench")[0]
        for n in range(members)
    ]
    for person, actor_id in zip(people, ids, strict=False):
        link(uow, person.id, actor_id)
    draft = Draft(
        title="Buy a second oven", body="From reserves.", method="resolution", closes_at=uow.now + timedelta(days=7)
    )
    return open_motion(uow, by=people[0].id, draft=draft).url


def _like(crowd: Crowd, stage: Stage, number: int, actor: int, motion: str) -> bytes:
    uri = crowd.uris[actor]
    document = {
        "@context": AS,
        "id": f"{uri}/likes/{number}",
        "type": "Like",
        "actor": uri,
        "object": motion,
        "to": [f"{stage.origin}/actors/alder"],
    }
    return crowd.post(actor, stage.origin, "/inbox", document)


def vote_request(
    crowd: Crowd, stage: Stage, actor: int, motion: str, name: str, turn: int
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a signed vote."""
    return crowd.signed(actor, stage.origin, VOTES_TO, _vote_document(crowd, stage, actor, motion, name, turn))


def _vote(crowd: Crowd, stage: Stage, actor: int, motion: str, name: str, turn: int) -> bytes:
    return crowd.post(actor, stage.origin, VOTES_TO, _vote_document(crowd, stage, actor, motion, name, turn))


def _vote_document(crowd: Crowd, stage: Stage, actor: int, motion: str, name: str, turn: int) -> dict[str, Any]:
    uri, to = crowd.uris[actor], f"{stage.origin}/actors/alder"
    vote_id = f"{uri}#votes/{turn}"
    note = {"id": vote_id, "type": "Note", "attributedTo": uri, "to": to, "inReplyTo": motion, "name": name}
    return {"@context": AS, "id": f"{vote_id}/activity", "type": "Create", "actor": uri, "to": to, "object": note}


def _wait_empty(stage: Stage, started: float) -> float:
    while stage.ask(lambda uow: uow.queues.summary(uow.now)["inbox"]["waiting"]):
        if time.perf_counter() - started > 120:
            raise RuntimeError("the inbox does not empty")
    return time.perf_counter() - started


def likes(number: int = 6000) -> dict[str, float]:
    """Return Likes accepted a second and processed a second, over 1,000 actors of 20 origins."""
    stage, crowd = Stage(), Crowd()
    try:
        motion = stage.fill(lambda uow: _open(uow, members=1, crowd=crowd))
        stage.serve()
        stage.load([_like(crowd, stage, -1 - n, n, motion) for n in range(1000)])
        requests = [_like(crowd, stage, n, n % 1000, f"{motion}") for n in range(number)]
        started = time.perf_counter()
        result = stage.load(requests)
        accepted = number / result["seconds"]
        whole = _wait_empty(stage, started)
        _check(result, number)
        return {"inbox-accepted": accepted, "inbox-processed": number / whole, "inbox-memory": stage.memory_mib()}
    finally:
        stage.close()


def _mention(crowd: Crowd, stage: Stage, number: int, actor: int) -> bytes:
    """As Mastodon sends one: a public post that names the co-op, to its inbox."""
    uri, to = crowd.uris[actor], f"{stage.origin}/actors/alder"
    note = {
        "id": f"{uri}/statuses/{number}",
        "type": "Note",
        "attributedTo": uri,
        "published": "2026-03-01T10:00:00Z",
        "url": f"{uri}/statuses/{number}",
        "to": [f"{AS}#Public"],
        "cc": [f"{uri}/followers", to],
        "content": f'<p><a href="{to}" class="u-url mention">@alder</a> number {number}: when does the oven arrive?</p>',
        "tag": [{"type": "Mention", "href": to, "name": "@alder@127.0.0.1"}],
    }
    document = {
        "@context": AS,
        "id": f"{note['id']}/activity",
        "type": "Create",
        "actor": uri,
        "published": note["published"],
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }
    return crowd.post(actor, stage.origin, "/actors/alder/inbox", document)


def mentions(number: int = 6000) -> dict[str, float]:
    """Return mentions accepted and processed a second over TLS, and the server's CPU for each."""
    stage, crowd = Stage(tls=True), Crowd(origins=50, actors=2000, scheme="https")
    try:
        stage.fill(crowd.fill)
        stage.serve()
        stage.load([_mention(crowd, stage, -1 - n, n) for n in range(2000)])
        _wait_empty(stage, time.perf_counter())
        requests = [_mention(crowd, stage, n, n % 2000) for n in range(number)]
        started, before = time.perf_counter(), stage.cpu_s()
        result = stage.load(requests)
        whole = _wait_empty(stage, started)
        _check(result, number)
        kept = stage.ask(lambda uow: uow.conn.execute(select(func.count()).select_from(t.notes)).scalar_one())
        if kept != number + 2000:
            raise RuntimeError(f"{kept - 2000} of {number} mentions kept")
        return {
            "mentions-accepted": number / result["seconds"],
            "mentions-processed": number / whole,
            "mentions-cpu": 1e6 * (stage.cpu_s() - before) / number,
        }
    finally:
        stage.close()


def votes(number: int = 3000) -> dict[str, float]:
    """Return votes of linked accounts counted as ballots a second: 1,000 members, each votes three times."""
    stage, crowd = Stage(), Crowd()
    try:
        motion = stage.fill(lambda uow: _open(uow, members=1000, crowd=crowd))
        stage.serve()
        stage.load([_like(crowd, stage, -1 - n, n, motion) for n in range(1000)])
        names = ("For", "Against", "Abstain")
        requests = [_vote(crowd, stage, n % 1000, motion, names[n // 1000 % 3], n) for n in range(number)]
        started = time.perf_counter()
        result = stage.load(requests)
        whole = _wait_empty(stage, started)
        _check(result, number)
        counted = stage.ask(lambda uow: uow.conn.execute(select(func.count()).select_from(t.log_entries)).scalar_one())
        if counted != number + 1:
            raise RuntimeError(f"{counted - 1} of {number} votes counted")
        return {"votes-counted": number / whole}
    finally:
        stage.close()


def _check(result: dict[str, Any], number: int) -> None:
    if result["statuses"] != {"202": number}:
        raise RuntimeError(f"not all accepted: {result['statuses']}")
