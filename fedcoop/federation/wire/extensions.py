"""Does a document say our extension terms under another spelling (federation.md 10)? Asked before compacting it."""

from collections.abc import Mapping
from typing import Any

from fedcoop.federation.wire.contexts import COOP
from fedcoop.federation.wire.jsonld import as_list


def says_it_otherwise(document: Mapping[str, Any], context: Any) -> bool:
    """Return whether `context` maps a name other than `coop` into our namespace, and the document uses no `coop:` key."""
    if any(name.startswith("coop:") for name in document):
        return False
    return any(
        name != "coop" and _target(value).startswith(COOP)
        for item in as_list(context)
        if isinstance(item, Mapping)
        for name, value in item.items()
    )


def _target(value: Any) -> str:
    found = value.get("@id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""
