"""Handles of other servers: `@name@host` to an actor id and back, never believed without the loop-back.

A handle counts as verified when WebFinger at the host that the actor itself claims names that very actor. Source:
federation.md 2.2, RFC 7033, FEP-2c59.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.redirects import check_status, follow
from fedcoop.federation.remote.transport import TOTAL_S, Response, Transport
from fedcoop.federation.remote.xrd import GROUP, Jrd, lrdd_template, parse_jrd
from fedcoop.federation.wire.jsonld import one_string, types_of
from fedcoop.kernel.errors import Invalid, OriginMismatch, PeerError, PeerGone, PeerUnreachable
from fedcoop.kernel.names import to_uri

ACCEPT = "application/jrd+json, application/json"
ACCEPT_XRD = "application/xrd+xml"
MAX_ANSWER = 64 * 1024
MAX_OF_ONE_NAME = 2

_HANDLE = re.compile(r"(?:acct:)?[@!]?([^@!\s/:?#]{1,128})@([^@\s/?#\\]{1,253})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A name at a host, as `acct:` has it; the host is lower-case ASCII, with a port if that is not the default."""

    name: str
    host: str

    @property
    def handle(self) -> str:
        """`@name@host`, as people write it."""
        return f"@{self.name}@{self.host}"

    @property
    def acct(self) -> str:
        """The `acct:` URI that is asked for."""
        return f"acct:{self.name}@{self.host}"

    def is_same(self, other: "Address") -> bool:
        """Return whether both are one address; names have no case."""
        return (self.name.lower(), self.host) == (other.name.lower(), other.host)


class FetchesDocuments(Protocol):
    """Where actor documents come from: `Documents`."""

    def budget(self) -> FetchBudget:
        """Return a fresh budget."""
        ...

    async def fetch(self, url: str, budget: FetchBudget | None = None, *, may_move: bool = False) -> dict[str, Any]:
        """Return the document whose id is `url`."""
        ...


def is_handle(text: str) -> bool:
    """Return whether the text is written as a handle: `@name@host`, `!group@host` or `acct:name@host`."""
    return _HANDLE.fullmatch(text.strip()) is not None


class WebFinger:
    """Asks other servers who `@name@host` is, and whether an actor's own name for itself is true."""

    def __init__(self, transport: Transport, documents: FetchesDocuments) -> None:
        self._transport = transport
        self._documents = documents

    async def resolve_handle(self, handle: str, budget: FetchBudget | None = None) -> tuple[str, str]:
        """Return actor id and canonical handle (`@name@host`), looped back; see `resolve`."""
        document, verified = await self.resolve(handle, budget)
        return str(document["id"]), verified

    async def resolve(self, handle: str, budget: FetchBudget | None = None) -> tuple[dict[str, Any], str]:
        """Return the actor's document and its canonical handle (`@name@host`), looped back. `!name@host` is a group.

        Raises Invalid (`handle`) if it is no handle, OriginMismatch (`handle-mismatch`) if actor and WebFinger do not
        agree, or any PeerError of the look-ups.
        """
        budget = budget or self._documents.budget()
        match = _HANDLE.fullmatch(handle.strip())
        if match is None:
            raise Invalid("handle", "that is no handle like @name@host", field="handle")
        asked, group = self._address(match[1], match[2]), "!" in handle
        answer = await self._ask_about(asked, budget)
        document = await self._actor_of(answer, budget, group=group)
        return document, await self.loop_back(document, budget, known={asked.acct.lower(): answer})

    async def resolve_url(self, url: str, budget: FetchBudget) -> dict[str, Any]:
        """Return the document of the actor that the URL's server names for it (RFC 7033). Raises PeerError."""
        asked = self._transport.policy.check_url(url)
        answer = await self._read_jrd(
            f"{asked.origin}/.well-known/webfinger?resource={quote(asked.url, safe='')}", budget
        )
        return await self._actor_of(answer, budget, group=False)

    async def verify_handle(self, actor: Mapping[str, Any], budget: FetchBudget | None = None) -> str | None:
        """Return the canonical handle of the actor whose document was fetched, or None if it cannot be verified now."""
        try:
            return await self.loop_back(actor, budget or self._documents.budget())
        except PeerError:
            return None

    async def _actor_of(self, answer: Jrd, budget: FetchBudget, *, group: bool) -> dict[str, Any]:
        """Return the actor that the answer names: of several of one name a group, or one that is none."""
        candidates = answer.likely(group=group)[:MAX_OF_ONE_NAME]
        found = await self._documents.fetch(candidates[0], budget, may_move=True)
        for other in candidates[1:]:
            if (GROUP in types_of(found)) is not group:
                found = await self._documents.fetch(other, budget, may_move=True)
        return found

    async def loop_back(
        self, actor: Mapping[str, Any], budget: FetchBudget, known: Mapping[str, Jrd] | None = None
    ) -> str:
        """Return the canonical handle: ask for the address that the actor claims, and once more for the one called canonical.

        A subject that names no address (some servers give the profile's URL) leaves the address that was asked for.
        Raises OriginMismatch (`handle-mismatch`, `handle-unreadable`) or any PeerError of the look-ups.
        """
        actor_id = str(actor["id"])
        scheme = urlsplit(actor_id).scheme
        address = self._claimed(actor)
        for _ in range(2):
            answer = (known or {}).get(address.acct.lower()) or await self._ask(address, scheme, budget)
            if to_uri(actor_id) not in map(to_uri, answer.actor_ids):
                break
            subject = self._named(answer.subject) or address
            if subject.is_same(address):
                return subject.handle
            address = subject
        raise OriginMismatch("handle-mismatch", actor=actor_id, address=address.acct, host=address.host)

    def _claimed(self, actor: Mapping[str, Any]) -> Address:
        claimed = one_string(actor.get("webfinger"))
        name = one_string(actor.get("preferredUsername")) or ""
        found = self._named(claimed or f"{name}@{urlsplit(str(actor['id'])).netloc}")
        if found is None:
            raise OriginMismatch("handle-unreadable", actor=str(actor["id"]))
        return found

    def _named(self, text: str) -> Address | None:
        """Return the address that another server wrote, or None where it is none."""
        match = _HANDLE.fullmatch(unquote(text).strip())
        return None if match is None else self._address(match[1], match[2])

    def _address(self, name: str, host: str) -> Address:
        """Return the address with its host in the one spelling. Raises PeerUnreachable (`url-refused`)."""
        scheme = "http" if self._transport.policy.allow_http else "https"
        origin = self._transport.policy.check_url(f"{scheme}://{host}/").origin
        return Address(name, urlsplit(origin).netloc)

    async def _ask_about(self, address: Address, budget: FetchBudget) -> Jrd:
        """Return the answer of a server of which nothing is known: under `allow_http` by http, where that may be reached."""
        if self._transport.policy.allow_http:
            try:
                return await self._ask(address, "http", budget)
            except PeerUnreachable as error:
                if error.code != "address-refused":
                    raise
        return await self._ask(address, "https", budget)

    async def _ask(self, address: Address, scheme: str, budget: FetchBudget) -> Jrd:
        """Return the answer of WebFinger, or on 404 that of the place which host-meta names."""
        base = f"{scheme}://{address.host}/.well-known"
        try:
            return await self._read_jrd(f"{base}/webfinger?resource={quote(address.acct, safe='')}", budget)
        except PeerGone as gone:
            if gone.code != "not-found":
                raise
            unknown = gone
        try:
            template = lrdd_template(await self._get(f"{base}/host-meta", ACCEPT_XRD, budget))
        except PeerError:
            raise unknown from None
        return await self._read_jrd(template.replace("{uri}", quote(address.acct, safe="")), budget)

    async def _read_jrd(self, url: str, budget: FetchBudget) -> Jrd:
        return parse_jrd(await self._get(url, ACCEPT, budget))

    async def _get(self, url: str, accept: str, budget: FetchBudget) -> bytes:
        async def send(hop: str) -> Response:
            budget.spend()
            deadline_s = min(TOTAL_S, budget.remaining_s)
            return await self._transport.get(
                hop, headers={"Accept": accept}, max_bytes=MAX_ANSWER, deadline_s=deadline_s
            )

        response = await follow(send, url)
        check_status(response)
        return response.body
