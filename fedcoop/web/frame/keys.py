"""What the composition root hands to the page handlers: typed keys of the aiohttp application."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from fedcoop.config import Config
from fedcoop.kernel.clock import Clock
from fedcoop.kernel.ids import RemoteMotionId
from fedcoop.storage.unit_of_work import Units
from fedcoop.urls import Urls
from fedcoop.web.frame.pace import Pace
from fedcoop.web.frame.rendering import Renderer
from fedcoop.web.frame.static import StaticFiles


class Throttle(Protocol):
    """Says how long somebody has to wait before the next try."""

    def take(self, key: str, now: float) -> float:
        """Take one try for `key`; return 0.0 if it may be made, else the seconds to wait."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An actor of another server whose document was fetched and stored; `handle` is `name@host`, looped back.

    `doubt` says why the handle did not loop back this time.
    """

    uri: str
    handle: str
    name: str
    doubt: str = ""


class Remote(Protocol):
    """What pages ask of the fediverse; the composition root hands in the implementation."""

    async def look_up(self, handle: str) -> RemoteActor:
        """Find, fetch and store the account of what was pasted: a handle, a link to a profile or a post.

        Raises PeerError or Refused, with a sentence that says what was wrong there.
        """
        ...

    def look_again(self, remote_motion_id: RemoteMotionId) -> None:
        """Have a poll elsewhere looked at soon, if that was not done just before. Returns at once."""
        ...

    async def follow(self, handle: str, *, who: str) -> None:
        """Look the actor up and ask to follow it as the co-op. Raises PeerError or Refused."""
        ...


UNITS = web.AppKey("UNITS", Units)
CONFIG = web.AppKey("CONFIG", Config)
URLS = web.AppKey("URLS", Urls)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK", Clock)
RENDERER = web.AppKey("RENDERER", Renderer)
STATIC = web.AppKey("STATIC", StaticFiles)
PACE: web.AppKey[Pace] = web.AppKey("PACE", Pace)
SIGN_IN_THROTTLE: web.AppKey[Throttle] = web.AppKey("SIGN_IN_THROTTLE", Throttle)
REMOTE: web.AppKey[Remote] = web.AppKey("REMOTE", Remote)
