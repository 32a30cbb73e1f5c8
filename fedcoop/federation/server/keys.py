"""Where the handlers of this door find what `app.py` built for them."""

from aiohttp import web

from fedcoop.federation.inbox.authenticate import Authenticator
from fedcoop.federation.server.documents import DocumentCache
from fedcoop.federation.server.door import Door
from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import Units

UNITS: web.AppKey[Units] = web.AppKey("federation_units", Units)
CLOCK: web.AppKey[Clock] = web.AppKey("federation_clock", Clock)
AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("federation_authenticator", Authenticator)
DOOR: web.AppKey[Door] = web.AppKey("federation_door", Door)
DOCUMENTS: web.AppKey[DocumentCache] = web.AppKey("federation_documents", DocumentCache)
