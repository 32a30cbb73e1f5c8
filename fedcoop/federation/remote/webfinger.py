"""Handles of other servers: `@name@host` to an actor id and back, never believed without the loop-back.

A handle counts as verified when WebFinger at the host that the actor itself claims names that very actor. Source:
federation.md 2.2, RFC 7033, FEP-2c59.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.redirects import check_status, follow
from fedcoop.federation.remote.transport import TOTAL_S, Response, Transport
from fedcoop.federation.remote.xrd import Jrd, lrdd_template, parse_jrd
from fedcoop.federation.wire.jsonld import one_string
from fedcoop.kernel.errors import Invalid, OriginMismatch, PeerError, PeerGone

ACCEPT = "application/jrd+json, application/json"
ACCEPT_XRD = "application/xrd+xml"
MAX_ANSWER = 64 * 1024

_HANDLE = re.compile(r"(?:acct:|@)?([^@\s/:?#]{1,128})@([^@\s/?#\\]{1,253})", re.IGNORECASE)


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


class WebFinger:
    """Asks other servers who `@name@host` is, and whether an actor's own name for itself is true."""

    def __init__(self, transport: Transport, documents: FetchesDocuments) -> None:
        self._transport = transport
        self._documents = documents

    async def resolve_handle(self, handle: str, budget: FetchBudget | None = None) -> tuple[str, str]:
        """Return actor id and canonical handle (`@name@host`), looped back.

        Raises Invalid (`handle`) if it is no handle, OriginMismatch (`handle-mismatch`) if actor and WebFinger do not
        agree, or any PeerError of the look-ups.
        """
        budget = budget or self._documents.budget()
        asked = self._address(handle)
        scheme = "http" if self._transport.policy.allow_http else "https"
        answer = await self._ask(asked, scheme, budget)
        document = await self._documents.fetch(answer.actor_id, budget, may_move=True)
        actor_id = str(document["id"])
        return actor_id, await self._loop_back(document, budget, known={asked.acct.lower(): answer})

    async def verify_handle(self, actor: Mapping[str, Any], budget: FetchBudget | None = None) -> str | None:
        """Return the canonical handle of the actor whose document was fetched, or None if it cannot be verified now."""
        try:
            return await self._loop_back(actor, budget or self._documents.budget(), known={})
        except (PeerError, Invalid):
            return None

    async def _loop_back(self, actor: Mapping[str, Any], budget: FetchBudget, *, known: dict[str, Jrd]) -> str:
        """Ask for the address that the actor claims, and once more for the one that the answer calls canonical."""
        actor_id = str(actor["id"])
        scheme = urlsplit(actor_id).scheme
        address = self._claimed(actor)
        for _ in range(2):
            answer = known.get(address.acct.lower()) or await self._ask(address, scheme, budget)
            if answer.actor_id != actor_id:
                break
            subject = self._address(answer.subject)
            if subject.is_same(address):
                return subject.handle
            address = subject
        raise OriginMismatch("handle-mismatch", actor=actor_id, address=address.acct)

    def _claimed(self, actor: Mapping[str, Any]) -> Address:
        claimed = one_string(actor.get("webfinger"))
        if claimed:
            return self._address(claimed)
        name = one_string(actor.get("preferredUsername")) or ""
        return self._address(f"{name}@{urlsplit(str(actor['id'])).netloc}")

    def _address(self, text: str) -> Address:
        match = _HANDLE.fullmatch(text.strip())
        if match is None:
            raise Invalid("handle", "that is no handle like @name@host", field="handle")
        scheme = "http" if self._transport.policy.allow_http else "https"
        origin = self._transport.policy.check_url(f"{scheme}://{match[2]}/").origin
        return Address(match[1], urlsplit(origin).netloc)

    async def _ask(self, address: Address, scheme: str, budget: FetchBudget) -> Jrd:
        """Return the answer of WebFinger, or on 404 that of the place which host-meta names."""
        base = f"{scheme}://{address.host}/.well-known"
        try:
            return await self._read_jrd(f"{base}/webfinger?resource={quote(address.acct, safe='')}", budget)
        except PeerGone as gone:
            if gone.code != "not-found":
                raise
        template = lrdd_template(await self._get(f"{base}/host-meta", ACCEPT_XRD, budget))
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
