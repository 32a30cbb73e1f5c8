"""The parts of the federation door, put together once for `app.py` and for tests: nothing here decides anything."""

from dataclasses import dataclass

from aiohttp import web

from fedcoop import __version__
from fedcoop.config import Config
from fedcoop.federation.inbox.actor_store import ActorStorage
from fedcoop.federation.inbox.authenticate import Authenticator
from fedcoop.federation.inbox.contract import Remote
from fedcoop.federation.inbox.standing import Standing
from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.compactor import Compactor
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.remote.guard import AddressPolicy
from fedcoop.federation.remote.lookup import Finder
from fedcoop.federation.remote.memory import LearningLimits
from fedcoop.federation.remote.store import StoredKey
from fedcoop.federation.remote.transport import Transport
from fedcoop.federation.remote.webfinger import WebFinger
from fedcoop.federation.server.documents import DocumentCache
from fedcoop.federation.server.door import Door, InFlightTracker
from fedcoop.federation.server.fetching import FetchSigner, SchemeMemory
from fedcoop.federation.server.keys import AUTHENTICATOR, CLOCK, DOCUMENTS, DOOR, UNITS
from fedcoop.federation.server.refreshing import Refresher
from fedcoop.federation.signatures.keys import PublicKey, load_public
from fedcoop.federation.wire.jsonld import parse_document
from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import Units


@dataclass(frozen=True, slots=True)
class FederationParts:
    """Everything that this door and the inbox loop need. `transport` is to be started and closed by who made it."""

    units: Units
    clock: Clock
    transport: Transport
    documents: Documents
    webfinger: WebFinger
    finder: Finder
    actors: Actors
    standing: Standing
    authenticator: Authenticator
    door: Door
    cache: DocumentCache
    remote: Remote
    refresher: Refresher

    def install(self, app: web.Application) -> None:
        """The handlers of this door find their parts in `app`."""
        app[UNITS] = self.units
        app[CLOCK] = self.clock
        app[AUTHENTICATOR] = self.authenticator
        app[DOOR] = self.door
        app[DOCUMENTS] = self.cache


async def assemble(units: Units, config: Config, clock: Clock, in_flight: InFlightTracker) -> FederationParts:
    """Return the parts, built but not started. The founding must have been done: fetches are signed by the instance actor."""
    standing = Standing(units, clock)
    transport = _transport(config, units, standing)
    signer = FetchSigner(units, clock)
    await signer.refresh()
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
        finder=Finder(transport, documents, webfinger, actors),
        actors=actors,
        standing=standing,
        authenticator=authenticator,
        door=door,
        cache=DocumentCache(clock),
        remote=remote,
        refresher=Refresher(standing, signer.refresh, clock),
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
