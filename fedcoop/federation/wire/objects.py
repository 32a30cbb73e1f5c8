"""Remote actors and notes as typed values, cut to the limits of federation.md 16; texts cleaned at the border."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.wire.jsonld import as_list, id_of, ids_of, is_public, one_string, same_origin, types_of
from fedcoop.federation.wire.limits import MAX_ID, MAX_USERNAME, is_long
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.kernel.html import clean_html, plain_text
from fedcoop.kernel.names import to_uri

ACTOR_TYPES = frozenset({"Person", "Organization", "Group", "Application", "Service"})
MAX_KEYS = 10
MAX_ALSO_KNOWN = 50
MAX_TAGS = 100
YEARS = range(1900, 9000)
AUDIENCE = ("to", "cc", "audience")
MAX_IMPLEMENTED = 100
_HANDLE_CHARS = 320
_RFC9421 = re.compile(
    r"https?://(?:datatracker\.ietf\.org/doc(?:/html)?|(?:www\.)?rfc-editor\.org/(?:rfc|info))/rfc9421(?:\.html|\.txt)?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ActorKey:
    """One public key of an actor document: PEM for `rsa`, Multikey text for `ed25519`."""

    key_id: str
    kind: str
    material: str
    owner: str


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An actor document as far as we read it. `shared_inbox` is empty unless it has the inbox's origin (federation.md 7)."""

    id: str
    type: str
    name: str
    display_name: str
    summary: str
    url: str
    inbox: str
    shared_inbox: str
    followers: str
    outbox: str
    keys: tuple[ActorKey, ...]
    also_known_as: tuple[str, ...]
    moved_to: str
    webfinger: str
    takes_rfc9421: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A post: `content` and `summary` are safe to show."""

    id: str
    author: str
    in_reply_to: str
    content: str
    summary: str
    language: str
    url: str
    public: bool
    audience: tuple[str, ...]
    mentions: tuple[str, ...]
    published: datetime | None
    updated: datetime | None
    raw: Mapping[str, Any]


def parse_actor(document: Mapping[str, Any]) -> RemoteActor:
    """Return the actor. Raises MalformedActivity (`actor-…`) when something that we need is missing or foreign."""
    actor_id = document.get("id")
    type_ = next((item for item in types_of(document) if item in ACTOR_TYPES), None)
    inbox = one_string(document.get("inbox"))
    name = one_string(document.get("preferredUsername"))
    if not isinstance(actor_id, str) or len(actor_id) > MAX_ID or type_ is None:
        raise MalformedActivity("actor-type")
    if inbox is None or not same_origin(inbox, actor_id):
        raise MalformedActivity("actor-inbox")
    if not name or len(name) > MAX_USERNAME:
        raise MalformedActivity("actor-name")
    endpoints = document.get("endpoints")
    shared = one_string(endpoints.get("sharedInbox")) if isinstance(endpoints, Mapping) else None
    return RemoteActor(
        id=actor_id,
        type=type_,
        name=plain_text(name, MAX_USERNAME),
        display_name=plain_text(one_string(document.get("name")) or name, 200),
        summary=clean_html((one_string(document.get("summary")) or "")[:10_000]),
        url=web_url(document.get("url")) or actor_id,
        inbox=to_uri(inbox),
        shared_inbox=to_uri(shared) if shared and same_origin(shared, inbox) else "",
        followers=_own(document.get("followers"), actor_id),
        outbox=_own(document.get("outbox"), actor_id),
        keys=_keys(document, actor_id),
        also_known_as=tuple(ids_of(document.get("alsoKnownAs"))[:MAX_ALSO_KNOWN]),
        moved_to=id_of(document.get("movedTo")) or "",
        webfinger=(one_string(document.get("webfinger")) or "")[:_HANDLE_CHARS],
        takes_rfc9421=_takes_rfc9421(document),
    )


def parse_note(value: Mapping[str, Any]) -> Note:
    """Return the post. Raises MalformedActivity (`note-id`, `note-author`, `note-long`)."""
    found, author = id_of(value), id_of(value.get("attributedTo"))
    if found is None:
        raise MalformedActivity("note-id")
    if author is None:
        raise MalformedActivity("note-author")
    content, language = _content(value)
    if is_long(content):
        raise MalformedActivity("note-long")
    audience = tuple(dict.fromkeys(item for key in AUDIENCE for item in ids_of(value.get(key))))
    return Note(
        id=found,
        author=author,
        in_reply_to=id_of(value.get("inReplyTo")) or "",
        content=clean_html(content),
        summary=plain_text(one_string(value.get("summary")) or "", 500),
        language=language,
        url=web_url(value.get("url")) or found,
        public=is_public(value.get("to")) or is_public(value.get("cc")),
        audience=audience,
        mentions=tuple(_mentions(value)),
        published=instant(value.get("published")),
        updated=instant(value.get("updated")),
        raw=value,
    )


def addressed(value: Mapping[str, Any], *, to: Sequence[str], cc: Sequence[str]) -> Mapping[str, Any]:
    """Return an object with its audience: one that has an owner and names nobody is for whom its activity is."""
    if value.get("attributedTo") is None or any(ids_of(value.get(key)) for key in AUDIENCE):
        return value
    return {**value, "to": list(to), "cc": list(cc)}


def instant(value: Any) -> datetime | None:
    """Return the instant of an RFC 3339 text, or None where there is none that we understand; without an offset it is UTC.

    The year 1 (what programs in Go write for none) and the year 9999 are no instants that anybody means or a page can show.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    for text in (value, f"{value}Z"):
        with contextlib.suppress(ValueError, OverflowError):
            found = parse_rfc3339(text)
            return found if found.year in YEARS else None
    return None


def web_url(value: Any) -> str:
    """Return the first http(s) address of a string, a Link or a list, or nothing."""
    for item in as_list(value):
        found = item.get("href") if isinstance(item, Mapping) else item
        if isinstance(found, str) and len(found) <= MAX_ID and found.startswith(("https://", "http://")):
            return found
    return ""


def _content(value: Mapping[str, Any]) -> tuple[str, str]:
    content, by_language = one_string(value.get("content")), value.get("contentMap")
    if isinstance(by_language, Mapping):
        for language, text in by_language.items():
            if isinstance(text, str) and (content is None or text == content):
                return text, plain_text(language, 20)
    return content or "", ""


def _mentions(value: Mapping[str, Any]) -> list[str]:
    tags = as_list(value.get("tag"))[:MAX_TAGS]
    named = [id_of(tag.get("href")) for tag in tags if isinstance(tag, Mapping) and "Mention" in types_of(tag)]
    return [href for href in named if href is not None]


def _own(value: Any, actor_id: str) -> str:
    found = id_of(value)
    return found if found is not None and same_origin(found, actor_id) else ""


def _keys(document: Mapping[str, Any], actor_id: str) -> tuple[ActorKey, ...]:
    """Return the keys that the actor itself owns; one that names another owner or origin is no key of this actor."""
    found: list[ActorKey] = []
    for item in as_list(document.get("publicKey")):
        pem = one_string(item.get("publicKeyPem")) if isinstance(item, Mapping) else None
        if pem and (key_id := _own(item, actor_id)) and id_of(item.get("owner")) == actor_id:
            found.append(ActorKey(key_id=key_id, kind="rsa", material=pem[: 16 * 1024], owner=actor_id))
    for item in as_list(document.get("assertionMethod")):
        text = one_string(item.get("publicKeyMultibase")) if isinstance(item, Mapping) else None
        named = text is not None and text.startswith("z6Mk")
        if text and named and (key_id := _own(item, actor_id)) and id_of(item.get("controller")) == actor_id:
            found.append(ActorKey(key_id=key_id, kind="ed25519", material=text[:200], owner=actor_id))
    return tuple(found[:MAX_KEYS])


def _takes_rfc9421(document: Mapping[str, Any]) -> bool:
    """Return whether the actor's software, or the actor where it is one, implements RFC 9421 (FEP-844e).

    What is implemented is named by a Link, by an object with an id, or by its address alone.
    """
    generators = [item for item in as_list(document.get("generator")) if isinstance(item, Mapping)]
    named = [item for holder in (*generators, document) for item in as_list(holder.get("implements"))]
    return any(_names_rfc9421(item) for item in named[:MAX_IMPLEMENTED])


def _names_rfc9421(item: Any) -> bool:
    found = (item.get("href") or item.get("id")) if isinstance(item, Mapping) else item
    return isinstance(found, str) and _RFC9421.fullmatch(found) is not None
