"""Reading and voting over HTTP: actor documents, the front page, ballots through the web form; start-up and memory."""

from datetime import timedelta
from typing import Any

from benchmarks.stage import Crowd, Stage
from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.storage.unit_of_work import UnitOfWork


def _get(stage: Stage, path: str, accept: str) -> bytes:
    host = stage.origin.removeprefix("http://")
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n".encode()


def reading(number: int = 20_000) -> dict[str, float]:
    """Return GETs of the co-op's actor and of the front page a second, seconds to `ready`, and idle memory."""
    stage = Stage()
    try:
        start_s = stage.serve()
        stage.load([_get(stage, "/actors/alder", "application/activity+json")], repeat=10)
        idle = stage.memory_mib()
        actor = stage.load([_get(stage, "/actors/alder", "application/activity+json")], repeat=number)
        front = stage.load([_get(stage, "/", "text/html")], repeat=1500)
        _check(actor, number, 200)
        _check(front, 1500, 200)
        return {
            "actor-get": number / actor["seconds"],
            "front-page": 1500 / front["seconds"],
            "start": start_s,
            "memory-idle": idle,
            "memory-after": stage.memory_mib(),
        }
    finally:
        stage.close()


def verified(number: int = 4000, again: int = 20_000) -> dict[str, float]:
    """Return signed GETs of the co-op's actor a second where every reader must sign: each signature new, and each once more."""
    stage, crowd, path = Stage(authorized_fetch=True), Crowd(), "/actors/alder"
    forms = {"verified-get": cavage, "verified-get-rfc9421": rfc9421}
    try:
        stage.fill(crowd.fill)
        stage.serve()
        stage.load([crowd.get(n, stage.origin, path) for n in range(1000)])  # all keys are loaded from here on
        _check(stage.load([_get(stage, path, "application/activity+json")]), 1, 401)
        figures = {}
        for name, form in forms.items():
            requests = [crowd.get(n % 1000, stage.origin, path, form=form, ago=5 + n // 1000) for n in range(number)]
            before = stage.cpu_s()
            result = stage.load(requests)
            _check(result, number, 200)
            figures[name] = number / result["seconds"]
            figures[f"{name}-cpu"] = 1e6 * (stage.cpu_s() - before) / number
        before = stage.cpu_s()
        known = stage.load(requests, repeat=again // number)
        _check(known, again // number * number, 200)
        figures["verified-get-known"] = again // number * number / known["seconds"]
        return {**figures, "verified-get-known-cpu": 1e6 * (stage.cpu_s() - before) / (again // number * number)}
    finally:
        stage.close()


def web_ballots(number: int = 1500) -> dict[str, float]:
    """Return ballots a second through the web form, by 500 signed-in members, each three times."""
    stage = Stage()

    def prepare(uow: UnitOfWork) -> tuple[str, list[str]]:
        people = [
            add_member(uow, new=NewMember(f"m{n}", f"m{n}@example.org", is_admin=n == 0), who="bench")[0]
            for n in range(500)
        ]
        draft = Draft(
            title="Buy a second oven", body="From reserves.", method="resolution", closes_at=uow.now + timedelta(days=7)
        )
        motion = open_motion(uow, by=people[0].id, draft=draft)
        secrets = []
        for person in people:
            secrets.append(stage.sign_in(uow, person.id))
        return motion.uuid, secrets

    try:
        uuid, secrets = stage.fill(prepare)
        stage.serve()
        keys = ("for", "against", "abstain")
        path = f"/motions/{uuid}/vote"
        requests = [stage.form(path, secrets[n % 500], choice=keys[n // 500 % 3], reason="") for n in range(number)]
        result = stage.load(requests)
        _check(result, number, 303)
        return {"web-ballots": number / result["seconds"]}
    finally:
        stage.close()


def _check(result: dict[str, Any], number: int, status: int) -> None:
    if result["statuses"] != {str(status): number}:
        raise RuntimeError(f"unexpected answers: {result['statuses']}")
