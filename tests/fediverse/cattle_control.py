"""The control door of the cattle-grid peer: what its users do, as JSON on loopback, and what arrived.

Everything goes through cattle-grid's own exchange (`send_message`, `incoming.#`), as an application behind it would.
"""

import os
from typing import Any
from uuid import uuid4

from aiohttp import ClientError
from cattle_front import arrivals
from cattle_grid.activity_pub.actor.internals import bovine_actor_for_actor_id
from cattle_grid.activity_pub.actor.relationship import followers_for_actor, following_for_actor
from cattle_grid.app import app_globals
from cattle_grid.database.activity_pub_actor import Actor
from fastapi import FastAPI, HTTPException
from sqlalchemy import select

Json = dict[str, Any]
ORIGIN = f"https://{os.environ['DOMAIN']}"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"

received: list[Json] = []
actors: dict[str, str] = {}
control = FastAPI(openapi_url=None)


async def _publish(actor: str, data: Json) -> Json:
    """data is handed to cattle-grid, which delivers it to everybody it is addressed to."""
    await app_globals.broker.publish(  # type: ignore[union-attr]
        {"actor": actor, "data": data}, exchange=app_globals.activity_exchange, routing_key="send_message"
    )
    return data


def _new(actor: str, kind: str) -> Json:
    return {"@context": CONTEXT, "id": f"{ORIGIN}/{kind.lower()}/{uuid4()}", "type": kind, "actor": actor}


def _actor(message: Json) -> str:
    name = message["actor"]
    if name not in actors:
        raise HTTPException(404, f"no actor {name}")
    return actors[name]


async def _author(actor: str, url: str) -> str:
    """The actor who is to get a vote on, or a reply to, the object at url."""
    found = await _signed_get(actor, url)
    if not found or "attributedTo" not in found:
        raise HTTPException(502, f"cannot read {url}")
    return str(found["attributedTo"])


async def _signed_get(actor: str, url: str) -> Json | None:
    async with app_globals.async_session_maker() as session:  # type: ignore[misc]
        bovine = await bovine_actor_for_actor_id(session, actor)
    if bovine is None:
        raise HTTPException(404, "no key")
    await bovine.init(session=app_globals.session)
    try:
        return await bovine.get(url, fail_silently=True)
    except ClientError:
        return None


@control.get("/ready")
async def ready() -> Json:
    return {"actors": actors, "origin": ORIGIN}


@control.get("/received")
async def list_received() -> list[Json]:
    return received


@control.get("/arrivals")
async def list_arrivals() -> list[Json]:
    return arrivals


@control.get("/relations/{name}")
async def relations(name: str) -> Json:
    async with app_globals.async_session_maker() as session:  # type: ignore[misc]
        actor = await session.scalar(select(Actor).where(Actor.actor_id == actors[name]))
        return {
            "followers": await followers_for_actor(session, actor),
            "following": await following_for_actor(session, actor),
        }


@control.post("/follow")
async def follow(message: Json) -> Json:
    actor = _actor(message)
    return await _publish(actor, _new(actor, "Follow") | {"object": message["target"], "to": [message["target"]]})


@control.post("/vote")
async def vote(message: Json) -> list[Json]:
    actor = _actor(message)
    to = message.get("to") or await _author(actor, message["question"])
    sent = []
    for name in message["names"]:
        note = {
            "id": f"{ORIGIN}/note/{uuid4()}",
            "type": "Note",
            "attributedTo": actor,
            "to": [to],
            "inReplyTo": message["question"],
            "name": name,
        }
        sent.append(await _publish(actor, _new(actor, "Create") | {"to": [to], "object": note}))
    return sent


def _note(actor: str, message: Json, to: str) -> Json:
    note = {
        "id": f"{ORIGIN}/note/{uuid4()}",
        "type": "Note",
        "attributedTo": actor,
        "to": [to],
        "content": message["content"],
    }
    if "inReplyTo" in message:
        note["inReplyTo"] = message["inReplyTo"]
    if to != PUBLIC:
        note["tag"] = [{"type": "Mention", "href": to}]
    return note


@control.post("/dm")
async def direct(message: Json) -> Json:
    actor = _actor(message)
    note = _note(actor, message, message["target"])
    return await _publish(actor, _new(actor, "Create") | {"to": note["to"], "object": note})


@control.post("/reply")
async def reply(message: Json) -> Json:
    actor = _actor(message)
    author = message.get("to") or await _author(actor, message["inReplyTo"])
    note = _note(actor, message, PUBLIC) | {"cc": [author], "tag": [{"type": "Mention", "href": author}]}
    return await _publish(actor, _new(actor, "Create") | {"to": [PUBLIC], "cc": [author], "object": note})


@control.post("/note")
async def note_to_followers(message: Json) -> Json:
    actor = _actor(message)
    followers = f"{actor}/followers"
    note = _note(actor, message, PUBLIC) | {"cc": [followers]}
    return await _publish(actor, _new(actor, "Create") | {"to": [PUBLIC], "cc": [followers], "object": note})


@control.post("/delete")
async def delete(message: Json) -> Json:
    actor = _actor(message)
    return await _publish(actor, _new(actor, "Delete") | {"to": [message["to"]], "object": message["object"]})


@control.post("/undo")
async def undo(message: Json) -> Json:
    actor = _actor(message)
    return await _publish(actor, _new(actor, "Undo") | {"to": [message["to"]], "object": message["object"]})


@control.post("/send")
async def send(message: Json) -> Json:
    """Any activity, as an application behind cattle-grid would send it."""
    return await _publish(_actor(message), message["activity"])


@control.post("/fetch")
async def fetch(message: Json) -> Json:
    return {"json": await _signed_get(_actor(message), message["url"])}
