"""JSON as GoToSocial writes it, and what it reads of others' posts: pure functions of its own small records."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.doors.peer import AS2, pem_of, rsa_key

PUBLIC = AS2 + "#Public"
CONTEXT = [
    AS2,
    "https://w3id.org/security/v1",
    {"toot": "http://joinmastodon.org/ns#", "votersCount": "toot:votersCount"},
]
Json = dict[str, Any]


@dataclass
class Poll:
    """The copy of a poll that this server keeps: its totals, and the votes of its own users, by their ids."""

    number: int
    options: list[str]
    multiple: bool
    expires_at: str
    closed_at: str
    votes: list[int]
    voters: int
    ballots: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Status:
    """A post, ours or fetched."""

    uri: str
    author: str
    content: str
    published: str
    to: list[str]
    cc: list[str]
    mentions: dict[str, str]
    in_reply_to: str = ""
    summary: str = ""
    updated: str = ""
    poll: Poll | None = None
    edits: list[str] = field(default_factory=list)

    @property
    def audience(self) -> set[str]:
        return {*self.to, *self.cc}

    @property
    def is_direct(self) -> bool:
        return PUBLIC not in self.audience and not any(item.endswith("/followers") for item in self.audience)


def rfc3339(now: datetime) -> str:
    """To the second, as GoToSocial writes times."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def id_of(value: Any) -> str:
    """The id of an object that is named or embedded."""
    return str(value.get("id", "")) if isinstance(value, dict) else str(value or "")


# ----------------------------------------------------------------------------------------------------------- reading


def read_status(document: Json, poll_number: int) -> Status:
    """A Note or Question as a record."""
    return Status(
        uri=document["id"],
        author=id_of(document["attributedTo"]),
        content=document.get("content") or "",
        published=document.get("published", ""),
        to=[id_of(item) for item in as_list(document.get("to"))],
        cc=[id_of(item) for item in as_list(document.get("cc"))],
        mentions={tag["href"]: tag["name"] for tag in as_list(document.get("tag")) if tag.get("type") == "Mention"},
        in_reply_to=id_of(document.get("inReplyTo")),
        summary=document.get("summary") or "",
        updated=document.get("updated", ""),
        poll=_read_poll(document, poll_number) if document["type"] == "Question" else None,
    )


def _read_poll(document: Json, number: int) -> Poll:
    options = document.get("oneOf") or document["anyOf"]
    return Poll(
        number=number,
        options=[option["name"] for option in options],
        multiple="anyOf" in document,
        expires_at=document.get("endTime", ""),
        closed_at=document.get("closed", ""),
        votes=[option["replies"]["totalItems"] for option in options],
        voters=document.get("votersCount", 0),
    )


# ----------------------------------------------------------------------------------------------------------- writing


def account(uri: str, name: str, key_number: int, profile: Json) -> Json:
    """An account in full: without `endpoints`, for there is no shared inbox."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "following": f"{uri}/following",
        "featured": f"{uri}/collections/featured",
        "url": uri.replace("/users/", "/@"),
        "publicKey": public_key(uri, key_number),
        **profile,
    }


def stub(uri: str, name: str, key_number: int) -> Json:
    """What stands at `…/main-key` for everybody, unsigned."""
    key = public_key(uri, key_number)
    return {"@context": CONTEXT, "id": uri, "type": "Person", "preferredUsername": name, "publicKey": key}


def public_key(uri: str, key_number: int) -> Json:
    """The key under an id without fragment."""
    return {"id": f"{uri}/main-key", "owner": uri, "publicKeyPem": pem_of(rsa_key(key_number))}


def post(status: Status) -> Json:
    """The status as a Note, or as a Question with its numbers."""
    found: Json = {
        "id": status.uri,
        "type": "Note" if status.poll is None else "Question",
        "attributedTo": status.author,
        "content": status.content,
        "published": status.published,
        "to": _one_or_list(status.to),
        "cc": _one_or_list(status.cc),
        "tag": [{"type": "Mention", "href": uri, "name": name} for uri, name in status.mentions.items()],
        "sensitive": False,
        "url": status.uri.replace("/users/", "/@"),
    }
    if status.in_reply_to:
        found["inReplyTo"] = status.in_reply_to
    if status.updated:
        found["updated"] = status.updated
    return found if status.poll is None else {**found, **_numbers(status.poll)}


def _numbers(poll: Poll) -> Json:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in zip(poll.options, poll.votes, strict=True)
    ]
    closed = {"closed": poll.closed_at} if poll.closed_at else {}
    return {
        "anyOf" if poll.multiple else "oneOf": options,
        "votersCount": poll.voters,
        "endTime": poll.expires_at,
        **closed,
    }


def _one_or_list(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


def activity(kind: str, uri: str, actor: str, target: Any, *, to: list[str], cc: list[str] | None = None) -> Json:
    """An activity about an object or the id of one."""
    found = {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor, "object": target, "to": _one_or_list(to)}
    return {**found, "cc": _one_or_list(cc)} if cc else found


def about(kind: str, status: Status) -> Json:
    """`Create` or `Update` of a status: every Update of it has one and the same id."""
    uri = f"{status.uri}/activity#{kind}"
    return activity(kind, uri, status.author, post(status), to=status.to, cc=status.cc)


def vote(voter: str, status: Status, choices: tuple[int, ...], now: datetime) -> Json:
    """A vote: one `Create` with a list of Notes, whose id is the same for every vote of the voter in this poll."""
    assert status.poll is not None
    notes = [
        {
            "id": f"{voter}#{status.poll.number}/votes/{choice}",
            "type": "Note",
            "attributedTo": voter,
            "inReplyTo": status.uri,
            "name": status.poll.options[choice],
            "to": status.author,
        }
        for choice in choices
    ]
    uri = f"{voter}/activity#vote/{status.uri}"
    return {**activity("Create", uri, voter, notes, to=[status.author]), "published": rfc3339(now)}


def outbox_page(uri: str, statuses: list[Status]) -> Json:
    """The one page of an outbox: bare `Create`s of original public posts, no replies."""
    items = [
        {**about("Create", status), "object": status.uri, "published": status.published}
        for status in statuses
        if PUBLIC in status.to and not status.in_reply_to
    ]
    return {
        "@context": AS2,
        "id": f"{uri}?page=true",
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": items,
    }
