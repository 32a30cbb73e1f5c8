"""What a person hears of a look-up that failed: what was wrong at the other server, in one sentence for each code.

`{host}` is the server that was asked last, `{status}` what it answered.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fedcoop.kernel.errors import PeerError

_UNREADABLE = "What {host} sent cannot be read."
_TOO_MUCH = "What {host} sent is larger than what we read."
_AT_ODDS = "{host} gives two different addresses for this, so we cannot tell which one is true."

SENTENCES: Mapping[str, str] = {
    # the way there
    "address-refused": "{host} is not on the public internet.",
    "connection-failed": "{host} cannot be reached now. Try again later.",
    "fetch-budget": "{host} took too long to answer. Try again later.",
    "learning-limit": "Too many new servers or accounts were looked up just now. Try again in an hour.",
    "name-unknown": "There is no server called {host}.",
    "origin-blocked": "{host} is blocked here.",
    "timeout": "{host} did not answer in time. Try again later.",
    "tls-failed": "The certificate of {host} is not valid.",
    "transport-closed": "We are about to stop. Try again in a minute.",
    "url-refused": "{host} is no address that we look up.",
    # what it answered
    "answer-malformed": _UNREADABLE,
    "answer-too-large": _TOO_MUCH,
    "gone": "{host} says that this is gone for good.",
    "media-type": "{host} answered with something else than a fediverse account or post.",
    "not-found": "{host} answered 404 for this address.",
    "peer-busy": "{host} answered {status}: it cannot help just now. Try again later.",
    "peer-refused": "{host} answered {status}: it does not let us look at this.",
    "redirect-refused": "{host} sends us on to where we do not follow.",
    "unexpected-status": "{host} answered {status} for this address.",
    # what the document says
    "actor-id": _AT_ODDS,
    "actor-inbox": "The account at {host} names an inbox on another server.",
    "actor-name": "The account at {host} has no name that we can read.",
    "actor-type": "What {host} shows at this address is no account.",
    "audience": _TOO_MUCH,
    "context": _UNREADABLE,
    "document-id": _AT_ODDS,
    "id-long": _TOO_MUCH,
    "json": _UNREADABLE,
    "json-depth": _TOO_MUCH,
    "json-key-twice": _UNREADABLE,
    "json-nodes": _TOO_MUCH,
    "json-number": _UNREADABLE,
    "json-object": _UNREADABLE,
    "json-string": _UNREADABLE,
    "no-account": "What {host} shows at this address names no account.",
    "note-author": "The post at {host} names no account.",
    "note-id": _UNREADABLE,
    "note-long": _TOO_MUCH,
    "own-origin": "{host} calls something of ours its own.",
    "owner": "What {host} shows belongs to an account of another server.",
    "page-without-account": "That page names no fediverse account.",
    "redirected-away": "{host} sends us on to another server for this.",
    # names
    "handle-mismatch": "{host} names another account for this address than the account does itself.",
    "handle-unreadable": "The account at {host} gives itself a name that cannot be looked up.",
    "host-meta-answer": _UNREADABLE,
    "webfinger-answer": "{host} knows this address, but does not say which fediverse account it is.",
}

_PLACES = ("final", "url", "origin", "id", "uri", "actor", "key")


def explained(error: PeerError, asked: str) -> PeerError:
    """Return the error with its sentence; `asked` is the host that the person named."""
    sentence = SENTENCES.get(error.code)
    if sentence is None:
        return error
    told = sentence.format(host=_host(error.details) or asked, status=error.details.get("status", "an error"))
    return type(error)(error.code, told, **error.details)


def _host(details: Mapping[str, Any]) -> str:
    """Return the server that the error is about, with a port that is not the default."""
    if details.get("host"):
        return str(details["host"])
    for place in _PLACES:
        try:
            found = urlsplit(str(details.get(place, ""))).netloc
        except ValueError:
            continue
        if found:
            return found.rpartition("@")[2]
    return ""
