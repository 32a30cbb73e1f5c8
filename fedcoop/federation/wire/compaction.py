"""Extension terms of partners brought to our spelling by JSON-LD compaction (federation.md 10).

Runs in a process of its own (`remote.compactor`), for authenticated documents of partners only: nothing else here
imports `pyld`. Contexts come from bundled copies; an unknown one raises, the network is never asked.
"""

import json
from pathlib import Path
from typing import Any

from pyld import BUNDLED_CONTEXTS, FrozenDocumentLoader, jsonld

from fedcoop.federation.wire.contexts import COOP, DATA_INTEGRITY
from fedcoop.kernel.errors import MalformedActivity

CONTEXTS = Path(__file__).parent / "data"
_OURS = {DATA_INTEGRITY: CONTEXTS / "data-integrity-v2.json"}
_SPELLING = {
    "@context": {"coop": COOP, "id": "@id", "type": "@type", "name": "https://www.w3.org/ns/activitystreams#name"}
}
_LOADER = FrozenDocumentLoader(documents=dict(BUNDLED_CONTEXTS, **_OURS))


def expand(document: dict[str, Any]) -> list[Any]:
    """Return the expanded form by bundled contexts. Raises MalformedActivity (`context-unknown`)."""
    try:
        expanded: list[Any] = jsonld.expand(document, {"documentLoader": _LOADER})
    except jsonld.JsonLdError as error:
        raise MalformedActivity("context-unknown") from error
    return expanded


def our_terms(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document's own `coop:` members in our spelling. Raises MalformedActivity (`context-unknown`)."""
    try:
        compacted = jsonld.compact(document, _SPELLING, {"documentLoader": _LOADER})
    except jsonld.JsonLdError as error:
        raise MalformedActivity("context-unknown") from error
    return {name: _plain(value) for name, value in compacted.items() if name.startswith("coop:")}


def _plain(value: Any) -> Any:
    """Return a list written as `@list` as the plain list that we read."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return _plain(value["@list"]) if set(value) == {"@list"} else {key: _plain(item) for key, item in value.items()}
    return value


def serve_lines(lines: Any, write: Any) -> None:
    """Answer each line, a JSON document, with a line: `{"terms": …}` or `{"error": code}`."""
    for line in lines:
        try:
            answer: dict[str, Any] = {"terms": our_terms(json.loads(line))}
        except MalformedActivity as error:
            answer = {"error": error.code}
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            answer = {"error": "context-unreadable"}
        write(json.dumps(answer) + "\n")
