"""Values of the wire as the values that actions keep (federation.md 11, 12.6). Texts were cleaned by the codec."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fedcoop.actions.fediverse.mirrors import SeenMotion, SeenNote
from fedcoop.actions.fediverse.remote import SeenActor, SeenKey
from fedcoop.federation.wire.objects import MAX_ALSO_KNOWN, MAX_KEYS, Note, RemoteActor, instant, parse_note
from fedcoop.federation.wire.polls import PollOption, parse_question
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
    "suspended",
    "publicKey",
    "assertionMethod",
    "generator",
)
_CUT = {"alsoKnownAs": MAX_ALSO_KNOWN, "publicKey": MAX_KEYS, "assertionMethod": MAX_KEYS}


def seen_actor(
    actor: RemoteActor, document: Mapping[str, Any], *, handle: str = "", asked_at: datetime | None = None
) -> SeenActor:
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
        takes_rfc9421=actor.takes_rfc9421,
        asked_at=asked_at,
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
    motion = document.get("coop:motion")
    if isinstance(motion, Mapping) and "oneOf" not in document and "anyOf" not in document:
        note = parse_note(document)
        return replace(_motion(note, document, motion), ends_at=instant(document.get("endTime")))
    question = parse_question(document)
    return replace(
        _motion(question.note, document, question.motion),
        options=tuple(_answer(option) for option in question.options),
        multiple=question.multiple,
        ends_at=question.ends_at,
        closed_at=question.closed_at,
        closed=question.closed,
        voters_count=question.voters_count,
    )


def _motion(note: Note, document: Mapping[str, Any], motion: Mapping[str, Any] | None) -> SeenMotion:
    return SeenMotion(
        uri=note.id,
        url=note.url,
        title=_title(note, document),
        content=note.content,
        options=(),
        multiple=False,
        ends_at=None,
        closed_at=None,
        voters_count=None,
        motion=motion if motion is not None and len(motion) <= MAX_NODE_KEYS else None,
        published_at=note.published,
        updated_at=note.updated,
        public=note.public if note.audience else None,
    )


def _answer(option: PollOption) -> dict[str, Any]:
    """Return what is kept of an answer: the exact words only where we show others."""
    kept = {"name": option.name, "votes": option.votes}
    return kept if option.raw == option.name else {**kept, "raw": option.raw}


def _title(note: Note, document: Mapping[str, Any]) -> str:
    """The first paragraph: Mastodon ignores `name` of a poll, so the title stands there (11.3)."""
    name = document.get("name")
    first = text_of_html(note.content).split("\n", 1)[0]
    return plain_text(name if isinstance(name, str) and name.strip() else first, MAX_TITLE)
