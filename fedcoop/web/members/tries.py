"""How often somebody may try a password: by client address, by account, and apart for a browser that was in that account before.

So nobody locks a member out by trying: their own browser bears a sealed cookie that names the account, and has a count of its
own. One-time links are never held up (members-place.md 1.2).
"""

import secrets

from aiohttp import web

from fedcoop.kernel.errors import ConfigError
from fedcoop.storage.instance.vault import token_hash
from fedcoop.storage.records import Account
from fedcoop.throttle import client_address
from fedcoop.urls import Urls
from fedcoop.web.frame.keys import CLOCK, CONFIG, SIGN_IN_THROTTLE, UNITS, URLS

SEEN_LASTS_S = 400 * 86_400
_LABEL = b"seen"


def cookie_name(urls: Urls) -> str:
    """Return the cookie's name; with the port on http, where cookies do not tell ports apart."""
    return "__Host-seen" if urls.scheme == "https" else f"seen-{urls.authority.rpartition(':')[2]}"


def remember_browser(request: web.Request, response: web.StreamResponse, account_id: int) -> None:
    """Make the browser known as one that was in this account."""
    urls = request.app[URLS]
    sealed = request.app[UNITS].site.vault.seal(b"%s %d %s" % (_LABEL, account_id, secrets.token_bytes(8)))
    secure = urls.scheme == "https"
    name = cookie_name(urls)
    response.set_cookie(
        name, sealed.decode().rstrip("="), max_age=SEEN_LASTS_S, httponly=True, secure=secure, samesite="Lax", path="/"
    )


def wait_for_sign_in(request: web.Request, email: str, account: Account | None) -> float:
    """Take one try at this account's password; return the seconds to wait instead, 0.0 where it may be tried."""
    own = _own_count(request, account)
    return _wait(request, own) if own else _wait(request, f"address:{client_of(request)}", f"account:{email}")


def wait_for_change(request: web.Request, account_id: int) -> float:
    """Take one try at the password that a signed-in member gives to change it; strangers' tries do not count here."""
    return _wait(request, f"change:{account_id}")


def client_of(request: web.Request) -> str:
    """Return the client's address as throttles know it."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return client_address(request.remote or "", forwarded, request.app[CONFIG].server.trusted_proxies)


def _wait(request: web.Request, *keys: str) -> float:
    throttle, now = request.app[SIGN_IN_THROTTLE], request.app[CLOCK].monotonic()
    return max(throttle.take(key, now) for key in keys)


def _own_count(request: web.Request, account: Account | None) -> str:
    cookie = request.cookies.get(cookie_name(request.app[URLS]), "")
    if account is None or not cookie or len(cookie) > 400 or not cookie.isascii():
        return ""
    try:
        label, number, _ = (
            request.app[UNITS].site.vault.open(cookie.encode() + b"=" * (-len(cookie) % 4)).split(b" ", 2)
        )
    except (ConfigError, ValueError):
        return ""
    return f"seen:{token_hash(cookie).hex()}" if (label, number) == (_LABEL, b"%d" % account.id) else ""
