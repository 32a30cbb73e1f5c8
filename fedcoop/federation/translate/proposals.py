"""A proposal under discussion as an ActivityPub object (federation.md 12.1, 12.5)."""

from typing import Any

from fedcoop.federation.wire.contexts import CONTEXT_NOTE
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.urls import replies_of


def proposal_note(
    *,
    uri: str,
    author: str,
    followers: str,
    context: str,
    content: str,
    language: str,
    published: str,
    updated: str = "",
) -> dict[str, Any]:
    """Return the Note: no options and no `name`, so that no server takes it for a poll or a vote."""
    return {
        "@context": CONTEXT_NOTE,
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "to": [AS_PUBLIC],
        "cc": [followers],
        "url": uri,
        "replies": replies_of(uri),
        "context": context,
        "content": content,
        "contentMap": {language: content},
        "sensitive": False,
        "published": published,
        **({"updated": updated} if updated else {}),
    }
