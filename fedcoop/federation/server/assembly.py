"""The parts of the federation door, put together once for `app.py` and for tests: nothing here decides anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web

from fedcoop import __version__
from fedcoop.config import Config
from fedcoop.federation.inbox.actor_store import ActorStorage
from fedcoop.federation.inbox.authenticate import Authenticator
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.standing import Standing
from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.compactor import Compactor
from fedcoop.federation.remote.documents import RFC9421, Documents
from fedcoop.federation.remote.guard import AddressPolicy
from fedcoop.federation.remote.keyring import private_key
from fedcoop.federation.remote.memory import LearningLimits
from fedcoop.federation.remote.store import StoredKey
from fedcoop.federation.remote.transport import Transport
from fedcoop.federation.remote.webfinger import WebFinger
from fedcoop.federation.server.documents import DocumentCache
from fedcoop.federation.server.door import Door, InFlightTracker
from fedcoop.federation.server.keys import AUTHENTICATOR, CLOCK, DOCUMENTS, DOOR, UNITS
from fedcoop.federation.signatures import cavage, rfc9421
from fedcoop.federation.signatures.keys import PrivateKey, PublicKey, load_public
from fedcoop.federation.signatures.message import Signable
from fedcoop.federation.wire.jsonld import parse_document
from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import UnitOfWork, Units

SCHEME_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FederationParts:
    """Everything that this door and the inbox loop need. `transport` is to be started and closed by who made it."""

    units: Units
    clock: Clock
    transport: Transport
    documents: Documents
    webfinger: WebFinger
    actors: Actors
    standing: Standing
    authenticator: Authenticator
    door: Door
    cache: DocumentCache
    remote: Remote

    def install(self, app: web.Application) -> None:
        """The handlers of this door find their parts in `app`."""
        app[UNITS] = self.units
        app[CLOCK] = self.clock
        app[AUTHENTICATOR] = self.authenticator
        app[DOOR] = self.door
        app[DOCUMENTS] = self.cache


class FetchSigner:
    """Signs every GET as the instance actor (federation.md 5.1), whose key is read at the first one."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._key: tuple[PrivateKey, str] | None = None

    async def load(self) -> None:
        """Read the instance actor's key. Raises NotFound before the founding."""
        self._key = await self._units.read(_instance_key)

    def __call__(self, url: str, scheme: str) -> Mapping[str, str]:
        """Return the headers of a signed GET; none while there is no key."""
        if self._key is None:
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
        key, key_id = self._key
        form = rfc9421 if scheme == RFC9421 else cavage
        return {"Host": parts.netloc, **form.sign(message, key=key, key_id=key_id, now=self._clock.now())}


class SchemeMemory:
    """Which form of signature an origin took in the last seven days (federation.md 5.1)."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def recall(self, origin: str) -> str:
        """Return `cavage` or `rfc9421`, or nothing."""
        host = await self._units.read(lambda uow: uow.actors.host(origin))
        if host is None or host.scheme_at is None or self._clock.now() - host.scheme_at > SCHEME_LASTS:
            return ""
        return host.scheme

    async def remember(self, origin: str, scheme: str) -> None:
        """The second knock opened the door."""
        await self._units.write(lambda uow: uow.actors.note_scheme(origin, scheme, uow.now))


def _instance_key(uow: UnitOfWork) -> tuple[PrivateKey, str] | None:
    actor = uow.actors.find(uow.urls.instance_actor)
    keys = [] if actor is None else uow.actors.keys_of(actor.id)
    found = next((key for key in keys if key.algorithm == "rsa" and key.secret is not None), None)
    return None if found is None else (private_key(uow.site.vault, found), found.key_id)


async def assemble(units: Units, config: Config, clock: Clock, in_flight: InFlightTracker) -> FederationParts:
    """Return the parts, built but not started. The founding must have been done: fetches are signed by the instance actor."""
    standing = Standing(units, clock)
    transport = _transport(config, units, standing)
    signer = FetchSigner(units, clock)
    await signer.load()
    await standing.refresh()
    memory = SchemeMemory(units, clock)
    documents = Documents(
        transport,
        sign_get=signer,
        parse=parse_document,
        clock=clock,
        recall=memory.recall,
        remember=memory.remember,
    )
    webfinger = WebFinger(transport, documents)
    limits = LearningLimits(new_hosts=config.limits.new_hosts, new_actors=config.limits.new_actors)
    actors = Actors(documents, ActorStorage(units), clock, load=_load_key, limits=limits)
    authenticator = Authenticator(units=units, actors=actors, documents=documents, standing=standing)
    proxies = config.server.trusted_proxies
    door = Door(units=units, clock=clock, limits=config.limits, trusted_proxies=proxies, in_flight=in_flight)
    remote = Remote(documents=documents, actors=actors, units=units, compactor=Compactor())
    return FederationParts(
        units=units,
        clock=clock,
        transport=transport,
        documents=documents,
        webfinger=webfinger,
        actors=actors,
        standing=standing,
        authenticator=authenticator,
        door=door,
        cache=DocumentCache(clock),
        remote=remote,
    )


def _load_key(key: StoredKey) -> PublicKey:
    return load_public("ed25519" if key.algorithm == "ed25519" else "rsa", key.material)


def _transport(config: Config, units: Units, standing: Standing) -> Transport:
    federation, delivery = config.federation, config.delivery
    policy = AddressPolicy(
        own_origin=units.site.urls.origin,
        allow_networks=federation.allow_networks,
        allow_http=federation.allow_http,
        is_blocked=standing.has_blocked,
    )
    contact = config.instance.contact or units.site.urls.origin
    return Transport(
        policy,
        user_agent=f"fedcoop/{__version__} (+{contact})",
        ca_file=federation.ca_file,
        resolve=federation.resolve,
        per_origin=delivery.per_origin,
        total=delivery.total,
        connect_s=delivery.connect_s,
    )
