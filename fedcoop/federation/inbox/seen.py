"""Values of the wire as the values that actions keep (federation.md 11, 12.6). Texts were cleaned by the codec."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fedcoop.actions.remote import SeenActor, SeenKey, SeenMotion, SeenNote
from fedcoop.federation.wire.objects import (
    MAX_ALSO_KNOWN,
    MAX_KEYS,
    Note,
    Question,
    RemoteActor,
    instant,
    parse_note,
    parse_question,
)
from fedcoop.kernel.html import plain_text, text_of_html

MAX_TITLE = 200
MAX_NODE_KEYS = 60
_KEPT = (
    "id",
    "type",
    "preferredUsername",
    "webfinger",
    "name",
    "url",
    "inbox",
    "outbox",
    "followers",
    "featured",
    "endpoints",
    "alsoKnownAs",
    "movedTo",
    "publicKey",
    "assertionMethod",
    "generator",
)
_CUT = {"alsoKnownAs": MAX_ALSO_KNOWN, "publicKey": MAX_KEYS, "assertionMethod": MAX_KEYS}


def seen_actor(actor: RemoteActor, document: Mapping[str, Any], *, handle: str = "") -> SeenActor:
    """Return the actor as `remember_actor` takes it; `handle` only after a loop-back (federation.md 2.2)."""
    return SeenActor(
        uri=actor.id,
        kind=actor.type,
        name=actor.name,
        display_name=actor.display_name,
        summary=actor.summary,
        url=actor.url,
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        followers=actor.followers,
        moved_to=actor.moved_to,
        document={key: _cut(key, document[key]) for key in _KEPT if key in document},
        keys=tuple(SeenKey(key.key_id, key.kind, key.material) for key in actor.keys),
        handle=handle,
    )


def _cut(key: str, value: Any) -> Any:
    """Lists are kept as far as they are read (federation.md 16)."""
    return value[: _CUT[key]] if key in _CUT and isinstance(value, list) else value


def seen_note(document: Mapping[str, Any]) -> SeenNote:
    """Return the post as `store_note` takes it. Raises MalformedActivity."""
    note = parse_note(document)
    return SeenNote(
        uri=note.id,
        in_reply_to=note.in_reply_to,
        content=note.content,
        summary=note.summary,
        language=note.language,
        url=note.url,
        public=note.public,
        published_at=note.published,
        updated_at=note.updated,
    )


def seen_motion(document: Mapping[str, Any]) -> SeenMotion:
    """Return the poll, or the motion that is none and can be read only, as `mirror_motion` takes it. Raises MalformedActivity."""
    if "oneOf" in document or "anyOf" in document:
        return _of_question(parse_question(document), document)
    motion = document.get("coop:motion")
    node = motion if isinstance(motion, Mapping) else None
    return _motion(parse_note(document), document, motion=node, ends_at=instant(document.get("endTime")))


def _of_question(question: Question, document: Mapping[str, Any]) -> SeenMotion:
    return _motion(
        question.note,
        document,
        motion=question.motion,
        options=tuple({"name": option.name, "votes": option.votes} for option in question.options),
        multiple=question.multiple,
        ends_at=question.ends_at,
        closed_at=question.closed_at,
        voters_count=question.voters_count,
    )


def _motion(
    note: Note,
    document: Mapping[str, Any],
    *,
    motion: Mapping[str, Any] | None,
    options: tuple[Mapping[str, Any], ...] = (),
    multiple: bool = False,
    ends_at: datetime | None = None,
    closed_at: datetime | None = None,
    voters_count: int = 0,
) -> SeenMotion:
    return SeenMotion(
        uri=note.id,
        url=note.url,
        title=_title(note, document),
        content=note.content,
        options=options,
        multiple=multiple,
        ends_at=ends_at,
        closed_at=closed_at,
        voters_count=voters_count,
        motion=motion if motion is not None and len(motion) <= MAX_NODE_KEYS else None,
        published_at=note.published,
        updated_at=note.updated,
    )


def _title(note: Note, document: Mapping[str, Any]) -> str:
    """The first paragraph: Mastodon ignores `name` of a poll, so the title stands there (11.3)."""
    name = document.get("name")
    first = text_of_html(note.content).split("\n", 1)[0]
    return plain_text(name if isinstance(name, str) and name.strip() else first, MAX_TITLE)
