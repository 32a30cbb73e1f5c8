"""How our GETs are signed: with which key, and in the form that the other server takes (federation.md 5.1)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fedcoop.federation.remote.keyring import private_key
from fedcoop.federation.remote.knocking import RFC9421, Form, form_for
from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.keys import PrivateKey
from fedcoop.federation.signatures.message import Signable
from fedcoop.kernel.clock import Clock
from fedcoop.storage.records import ActorKey
from fedcoop.storage.unit_of_work import UnitOfWork, Units

KEY_AGE_S = 10.0


class FetchSigner:
    """Signs every GET as the instance actor (federation.md 5.1), with the key that is its present one."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._stored: ActorKey | None = None
        self._key: PrivateKey | None = None
        self._until = float("-inf")

    async def refresh(self) -> None:
        """Read the instance actor's key anew if that was not done for ten seconds: keys are changed while we run."""
        now = self._clock.monotonic()
        if now < self._until:
            return
        stored = await self._units.read(_instance_key)
        if stored is not None and stored != self._stored:
            self._key = private_key(self._units.site.vault, stored)
        self._stored = stored
        self._until = now + KEY_AGE_S

    def __call__(self, url: str, scheme: str) -> Mapping[str, str]:
        """Return the headers of a signed GET; none while there is no key."""
        if self._key is None or self._stored is None:
            return {}
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        message = Signable(
            method="GET",
            target=target,
            authority=parts.netloc,
            scheme=parts.scheme,
            headers=(("host", parts.netloc),),
            body=None,
        )
        form = rfc9421 if scheme == RFC9421 else cavage
        now = self._clock.now()
        return {"Host": parts.netloc, **form.sign(message, key=self._key, key_id=self._stored.key_id, now=now)}


class SchemeMemory:
    """Which form of signature to knock with at an origin, and which one worked (federation.md 5.1)."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def recall(self, origin: str) -> Form:
        """Return the form to knock with."""
        return form_for(await self._units.read(lambda uow: uow.actors.host(origin)), self._clock.now())

    async def remember(self, origin: str, scheme: str) -> None:
        """The second knock opened the door."""
        await self._units.write(lambda uow: uow.actors.note_scheme(origin, scheme, uow.now))


def _instance_key(uow: UnitOfWork) -> ActorKey | None:
    actor = uow.actors.find(uow.urls.instance_actor)
    keys = [] if actor is None else uow.actors.keys_of(actor.id)
    return next((key for key in keys if key.algorithm == "rsa" and key.secret is not None), None)
