"""Public replies from other servers, as pages show them under what they reply to."""

from dataclasses import dataclass
from datetime import datetime

from fedcoop.storage.records import Actor, Note


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A public reply from another server; `html` was sanitised when it came in."""

    uri: str
    name: str
    handle: str
    origin: str
    address: str
    html: str
    warning: str
    language: str
    published_at: datetime | None
    deleted: bool


def reply_view(note: Note, actor: Actor) -> ReplyView:
    """Return a public reply from another server as pages show it."""
    host = actor.origin.partition("://")[2]
    return ReplyView(
        uri=actor.uri,
        name=actor.display_name or actor.name or host,
        handle=actor.handle or f"{actor.name}@{host}",
        origin=host,
        address=note.url or note.uri,
        html=note.content,
        warning=note.summary,
        language=note.language,
        published_at=note.published_at,
        deleted=note.deleted_at is not None,
    )
