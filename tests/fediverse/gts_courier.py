"""How GoToSocial reaches others: four minutes of patience with a letter, and with an origin one try an hour (federation.md 18).

Nothing runs by itself: `send_due` sends what is due by the clock that was given, so that a test can let hours pass.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, DummyCookieJar

from fedcoop.kernel.clock import Clock
from tests.doors.peer import ACTIVITY_JSON, rsa_key
from tests.fediverse.gts_signing import sign

ACCEPT = f'{ACTIVITY_JSON}, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
AFTER = tuple(timedelta(seconds=seconds) for seconds in (0, 10, 30, 70, 150, 240))
REST = timedelta(hours=1)
Json = dict[str, Any]


class Unreachable(Exception):
    """No answer, none that is ActivityPub, or the origin rests."""


@dataclass(frozen=True)
class Signer:
    """In whose name a request is signed."""

    uri: str
    key_number: int

    @property
    def key_id(self) -> str:
        return f"{self.uri}/main-key"


@dataclass
class Letter:
    """An activity on its way to one inbox."""

    inbox: str
    activity: Json
    signer: Signer
    written: datetime
    tries: int = 0

    @property
    def origin(self) -> str:
        return origin_of(self.inbox)

    def due(self) -> datetime:
        return self.written + AFTER[self.tries]


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Courier:
    """`lost` holds the letters it gave up, `sent` the others, with the status they got."""

    def __init__(self, clock: Clock) -> None:
        self.waiting: list[Letter] = []
        self.sent: list[tuple[int, Letter]] = []
        self.lost: list[Letter] = []
        self._clock = clock
        self._resting: dict[str, datetime] = {}
        self._session: ClientSession | None = None

    async def start(self) -> None:
        self._session = ClientSession(cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=10), trust_env=False)

    async def close(self) -> None:
        assert self._session is not None
        await self._session.close()

    def post(self, inbox: str, activity: Json, signer: Signer) -> None:
        """The letter goes out with the next `send_due`; to an origin that rests it never does."""
        letter = Letter(inbox, activity, signer, self._clock.now())
        (self.lost if self._rests(letter.origin) else self.waiting).append(letter)

    def due(self) -> list[Letter]:
        return [letter for letter in self.waiting if letter.due() <= self._clock.now()]

    async def send_due(self) -> int:
        """Try every letter that is due, in the order in which they were written; return how many."""
        due = self.due()
        for letter in due:
            self.waiting.remove(letter)
            if self._rests(letter.origin):
                self.lost.append(letter)
            else:
                await self._try(letter)
        return len(due)

    def _rests(self, origin: str) -> bool:
        until = self._resting.get(origin)
        return until is not None and self._clock.now() < until

    async def _try(self, letter: Letter) -> None:
        assert self._session is not None
        body = json.dumps(letter.activity).encode()
        key = rsa_key(letter.signer.key_number)
        headers = sign(key, letter.signer.key_id, letter.inbox, self._clock.now(), body)
        try:
            async with self._session.post(
                letter.inbox, data=body, headers={**headers, "Content-Type": ACTIVITY_JSON}
            ) as answer:
                status = answer.status
        except (ClientConnectionError, TimeoutError):
            status = 0
        if status == 0 or status == 429 or status >= 500:
            self._failed(letter)
        else:
            self._resting.pop(letter.origin, None)
            self.sent.append((status, letter))

    def _failed(self, letter: Letter) -> None:
        letter.tries += 1
        if letter.tries < len(AFTER) and letter.origin not in self._resting:
            self.waiting.append(letter)
            return
        self.lost.append(letter)
        self._resting[letter.origin] = self._clock.now() + REST

    async def fetch(self, url: str, signer: Signer) -> Json:
        """The document at the URL by a signed GET; once more without the query in the signature after a 401 (5.1)."""
        for with_query in (True, False):
            status, kind, body = await self.get(
                url, sign(rsa_key(signer.key_number), signer.key_id, url, self._clock.now(), with_query=with_query)
            )
            if status != 401 or "?" not in url:
                break
        if status != 200 or kind not in (ACTIVITY_JSON, "application/ld+json"):
            raise Unreachable(f"{url}: {status} {kind}")
        document: Json = json.loads(body)
        return document

    async def get(self, url: str, headers: dict[str, str], accept: str = ACCEPT) -> tuple[int, str, bytes]:
        """Status, media type and body of a GET."""
        assert self._session is not None
        if self._rests(origin_of(url)):
            raise Unreachable(f"{url}: the origin rests")
        try:
            async with self._session.get(url, headers={**headers, "Accept": accept}) as answer:
                return answer.status, answer.content_type, await answer.read()
        except (ClientConnectionError, TimeoutError) as error:
            raise Unreachable(f"{url}: {error}") from None
