"""Announcements, direct notes and votes of ours as ActivityPub objects (federation.md 12.2, 13.7, 11.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.wire.contexts import CONTEXT_NOTE
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import escape
from fedcoop.urls import replies_of


@dataclass(frozen=True, slots=True)
class Names:
    """Whom and what a text names (11.2): tags to show, and ids that it is addressed to besides its followers."""

    tags: Sequence[dict[str, str]] = ()
    addressed: Sequence[str] = ()


def mention_tag(uri: str, handle: str) -> dict[str, str]:
    """Return the tag without which a mentioned person gets no notification; `handle` is `name@host`."""
    return {"type": "Mention", "href": uri, "name": f"@{handle}"}


def hashtag_tag(name: str, href: str) -> dict[str, str]:
    """Return the tag of a topic; `name` is without `#`."""
    return {"type": "Hashtag", "href": href, "name": f"#{name}"}


def announcement_note(
    *,
    uri: str,
    url: str,
    author: str,
    followers: str,
    content: str,
    language: str,
    kind: str,
    at: datetime,
    updated: datetime | None = None,
    names: Names = Names(),
) -> dict[str, Any]:
    """Return a public announcement as a Note (13.7), as it reads since `updated`."""
    return {
        "@context": CONTEXT_NOTE,
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "to": [AS_PUBLIC],
        "cc": [followers, *names.addressed],
        "url": url,
        "replies": replies_of(uri),
        "content": content,
        "contentMap": {language: content},
        "sensitive": False,
        "published": rfc3339(at),
        **({"updated": rfc3339(updated)} if updated is not None else {}),
        **({"tag": list(names.tags)} if names.tags else {}),
        "coop:announcement": kind,
    }


def template_note(
    *,
    uri: str,
    url: str,
    author: str,
    followers: str,
    content: str,
    language: str,
    template: str,
    at: datetime,
    updated: datetime,
) -> dict[str, Any]:
    """Return an offered template as a Note; the template is JSON text, which no rewriting of names can change."""
    note = announcement_note(
        uri=uri,
        url=url,
        author=author,
        followers=followers,
        content=content,
        language=language,
        kind="general",
        at=at,
        updated=updated if updated > at else None,
    )
    return {**note, "coop:template": template}


def direct_note(
    *,
    uri: str,
    author: str,
    recipient: str,
    handle: str,
    content: str,
    language: str,
    at: datetime,
    in_reply_to: str = "",
) -> dict[str, Any]:
    """Return a Note to one actor, mentioned by tag: without the tag there is no notification (11.2)."""
    mention = f'<p><a class="u-url mention" href="{escape(recipient)}">@{escape(handle.split("@")[0])}</a></p>'
    text = mention + content
    return {
        "@context": CONTEXT_NOTE,
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "to": [recipient],
        **({"inReplyTo": in_reply_to} if in_reply_to else {}),
        "content": text,
        "contentMap": {language: text},
        "sensitive": False,
        "published": rfc3339(at),
        "tag": [mention_tag(recipient, handle)],
    }


def vote_note(*, uri: str, voter: str, poll: str, author: str, name: str) -> dict[str, Any]:
    """Return one mark on a poll of another server, as Mastodon sends it (12.2)."""
    return {"id": uri, "type": "Note", "attributedTo": voter, "to": [author], "inReplyTo": poll, "name": name}
