"""Who asks, may this form be sent, what an error looks like: everything around a page handler.

A handler takes the request and the Viewer and returns a response; `page` and `member_page` put the rest around it:
session cookie, protection against forged forms, errors as pages, security headers. Source: design.md 6 and 8.
"""

import base64
import contextlib
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode, urlsplit

import brotli
from aiohttp import web
from markupsafe import Markup

from fedcoop.actions.members.accounts import TOUCH_EVERY, touch_session
from fedcoop.governance.members.member import Member
from fedcoop.kernel.errors import (
    BallotRefused,
    Conflict,
    DatabaseAway,
    FedcoopError,
    Invalid,
    MotionRefused,
    NotAllowed,
    NotFound,
    PeerError,
    Refused,
)
from fedcoop.queries.members.accounts import STRANGER, Viewer, viewer_of
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of
from fedcoop.web.frame.form_reading import UnreadableFormError
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.keys import CLOCK, PACE, RENDERER, STATIC, UNITS, URLS
from fedcoop.web.frame.pace import session_of

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[[web.Request, Viewer], Awaitable[web.StreamResponse]]
Served = Callable[[web.Request], Awaitable[web.StreamResponse]]

RETRY_AFTER_S = "5"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
STATUS: tuple[tuple[type[FedcoopError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Invalid, 422),
    (BallotRefused, 409),
    (MotionRefused, 409),
    (Conflict, 409),
    (Refused, 422),
    (
        PeerError,
        424,
    ),  # never 5xx: nothing is wrong with us, and no proxy shall hide the sentence behind a page of its own
)
_VIEWER = web.RequestKey("viewer", Viewer)
RECEIVED = web.RequestKey("received", datetime)
_MAC_BYTES = 16
_COMPRESS_FROM = 1024


# --- sessions ---------------------------------------------------------------------------------------------------


def cookie_name(origin: str) -> str:
    """Return the session cookie's name: `__Host-` on https, with the port on http (interface.md 3)."""
    parts = urlsplit(origin)
    return "__Host-fedcoop" if parts.scheme == "https" else f"fedcoop-{parts.port or 80}"


def set_session(request: web.Request, response: web.StreamResponse, token: str, *, max_age: int) -> None:
    """Make the browser send the session from now on, to this origin only and not from other sites' forms."""
    origin = request.app[URLS].origin
    secure = origin.startswith("https:")
    response.set_cookie(
        cookie_name(origin), token, max_age=max_age, httponly=True, secure=secure, samesite="Lax", path="/"
    )


def clear_session(request: web.Request, response: web.StreamResponse) -> None:
    """Make the browser forget the session."""
    origin = request.app[URLS].origin
    secure = origin.startswith("https:")
    response.del_cookie(cookie_name(origin), path="/", secure=secure, httponly=True, samesite="Lax")


async def find_viewer(request: web.Request) -> Viewer:
    """Return who asks: a signed-in member, or a stranger."""
    token = session_of(request, cookie_name(request.app[URLS].origin))
    if not token:
        return STRANGER
    units = request.app[UNITS]
    viewer = await units.read(viewer_of, token=token)
    if viewer.last_seen_at is not None and request.app[CLOCK].now() - viewer.last_seen_at > TOUCH_EVERY:
        await units.write(touch_session, secret=token)
    if viewer.member is not None:
        request.app[PACE].remember(token)
    return viewer


async def look(
    request: web.Request,
    viewer: Viewer,
    query: Callable[Concatenate[UnitOfWork, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Return what a public page shows: to a stranger as it may have been some seconds ago, to a session as it is.

    The only door to a copy of the database: what decides, counts or signs in reads where it is written (nodes.md 7).
    """
    units = request.app[UNITS]
    may_be_old = viewer.member is None and request.method in ("GET", "HEAD")
    return await (units.read_old if may_be_old else units.read)(query, *args, **kwargs)


# --- forged forms -----------------------------------------------------------------------------------------------


def csrf_token(session: str) -> str:
    """Return a token for one form: the session's MAC under a new mask, so that compressed pages do not give it away."""
    mask = secrets.token_bytes(_MAC_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, _mac(session))).decode().rstrip("=")


def csrf_holds(token: str, session: str) -> bool:
    """Return whether `token` was made by us for this session."""
    try:
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return False
    mask, masked = plain[:_MAC_BYTES], plain[_MAC_BYTES:]
    return len(plain) == 2 * _MAC_BYTES and hmac.compare_digest(_xor(mask, masked), _mac(session))


def _mac(session: str) -> bytes:
    return hmac.digest(session.encode(), b"fedcoop form v1", hashlib.sha256)[:_MAC_BYTES]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


async def check_form(request: web.Request, viewer: Viewer) -> None:
    """Return if the form was sent from a page of ours. Raises NotAllowed (`foreign-form`, `stale-form`)."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = request.app[URLS].origin
    if site is not None and site not in ("same-origin", "none"):
        raise NotAllowed("foreign-form", "This form came from another site, so nothing was done.")
    if site is None and origin is not None and origin_of(origin) != ours:
        raise NotAllowed("foreign-form", "This form came from another site, so nothing was done.")
    if viewer.member is not None and not csrf_holds((await read_form(request)).text("csrf"), viewer.token):
        raise NotAllowed(
            "stale-form",
            "This form was made for an earlier session, so nothing was done. Go back, reload, send it again.",
        )


def demand_office(viewer: Viewer) -> Member:
    """Return the member who has an office. Raises NotFound for others: what is there is not theirs to know."""
    if viewer.member is None or not viewer.member.has_office:
        raise NotFound("nothing-here", "There is nothing at this address.")
    return viewer.member


# --- responses --------------------------------------------------------------------------------------------------


def html(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Return the rendered page; `me` and `csrf_field` are there for every template."""
    viewer = request.get(_VIEWER, STRANGER)
    text = request.app[RENDERER].render(
        template,
        me=viewer.member,
        theme=viewer.theme,
        csrf_field=_csrf_field(viewer),
        path=request.path,
        done=request.query.get("done", ""),
        **values,
    )
    body = text.encode()
    headers = {**HEADERS, "Content-Type": "text/html; charset=utf-8", "Vary": "Accept, Accept-Encoding, Cookie"}
    headers["Cache-Control"] = "private, no-store" if viewer.member is not None else "private, no-cache"
    static = request.app[STATIC]
    headers["Link"] = ", ".join(
        f"<{static.url(name)}>; rel=preload; as=style" for name in ("tokens.css", "fedcoop.css")
    )
    if len(body) >= _COMPRESS_FROM and "br" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "br"
        body = brotli.compress(body, quality=4)
    return web.Response(body=body, status=status, headers=headers)


def _csrf_field(viewer: Viewer) -> Markup:
    if viewer.member is None:
        return Markup("")
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_token(viewer.token))


def see_other(path: str) -> web.Response:
    """Return a 303 to a page of ours."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store", **HEADERS})


def local_path(text: str, default: str = "/") -> str:
    """Return `text` if it is a path here, else `default`: a redirect never leaves."""
    fine = (
        text.startswith("/")
        and not text.startswith("//")
        and "\\" not in text
        and text.isprintable()
        and " " not in text
    )
    return text if fine else default


def error_page(request: web.Request, error: FedcoopError) -> web.Response:
    """Return the page that tells of the error, with the status of the one table."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    return html(request, "frame/error.html", status=status, code=error.code, message=error.message, status_code=status)


def too_many(request: web.Request, code: str, message: str) -> web.Response:
    """Return the page that says that too much was asked for: 429."""
    return html(request, "frame/error.html", status=429, code=code, message=message, status_code=429)


def unavailable(request: web.Request, code: str, message: str) -> web.Response:
    """Return the page that says why nothing is taken at the moment: 503."""
    return html(request, "frame/error.html", status=503, code=code, message=message, status_code=503)


def away_page(request: web.Request, away: DatabaseAway) -> web.Response:
    """Return the page for while the database cannot be reached: 503, and when to come again."""
    response = unavailable(request, away.code, "")
    response.headers["Retry-After"] = RETRY_AFTER_S
    return response


# --- around a handler -------------------------------------------------------------------------------------------


def page(handler: Handler) -> Served:
    """Return the handler as it is served to everybody."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return await _serve(request, handler, members_only=False)

    return serve


def member_page(handler: Handler) -> Served:
    """Return the handler as it is served to signed-in members; others are asked to sign in and come back."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return await _serve(request, handler, members_only=True)

    return serve


def ballot_door(handler: Handler) -> Served:
    """Return the handler as `member_page` does, for what says how somebody votes: until it is answered, closes wait for it."""
    served = member_page(handler)

    async def serve(request: web.Request) -> web.StreamResponse:
        with request.app[UNITS].at_the_door() as received_at:
            request[RECEIVED] = received_at
            return await served(request)

    return serve


async def _serve(request: web.Request, handler: Handler, *, members_only: bool) -> web.StreamResponse:
    if RECEIVED not in request:
        request[RECEIVED] = request.app[CLOCK].now()  # at the door, before anything is waited for (governance.md 4)
    try:
        viewer = await find_viewer(request)
        request[_VIEWER] = viewer
        if request.method == "POST":
            await check_form(request, viewer)
        if members_only and viewer.member is None:
            return _ask_to_sign_in(request)
        return await handler(request, viewer)
    except FedcoopError as error:
        return error_page(request, error)
    except DatabaseAway as away:
        return away_page(request, away)
    except UnreadableFormError as error:
        status = error.status
        return html(request, "frame/error.html", status=status, code="form", message=str(error), status_code=status)
    except web.HTTPException as error:
        return _plain_error(request, error)
    except Exception:
        log.exception("page failed", extra={"path": request.path, "method": request.method})
        return html(request, "frame/error.html", status=500, code="fault", message="", status_code=500)


def _ask_to_sign_in(request: web.Request) -> web.Response:
    back = request.path_qs if request.method in ("GET", "HEAD") else page_of(request.path)
    return see_other(f"/sign-in?{urlencode({'next': back})}")


def page_of(path: str) -> str:
    """Return the page a form stands on: `/motions/{uuid}/vote` belongs to `/motions/{uuid}`."""
    parts = path.split("/")
    return "/".join(parts[:3]) if len(parts) > 3 and parts[1] in ("motions", "announcements", "proposals") else path


def _plain_error(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    if error.status < 400:
        return error
    code = {404: "nothing-here", 405: "method", 413: "too-large"}.get(error.status, "fault")
    return html(request, "frame/error.html", status=error.status, code=code, message="", status_code=error.status)


@web.middleware
async def page_errors(request: web.Request, handler: Served) -> web.StreamResponse:
    """Tell a browser as a page what no handler answers: an unknown address, a wrong method, too large a form."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or "text/html" not in request.headers.get("Accept", ""):
            raise
        with contextlib.suppress(DatabaseAway):
            request[_VIEWER] = await find_viewer(request)
        return _plain_error(request, error)
