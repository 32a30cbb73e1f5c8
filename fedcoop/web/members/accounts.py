"""Signing in and out, the first password, a member's linked accounts."""

import asyncio

from aiohttp import web

from fedcoop.accounts.credentials import MAX_LENGTH, check_password, hash_password, password_fits
from fedcoop.actions.members import accounts as account_actions
from fedcoop.actions.members import member as member_actions
from fedcoop.kernel.errors import Invalid, NotAllowed, PeerError, Refused
from fedcoop.kernel.ids import MemberId, whole_number
from fedcoop.queries.members.accounts import STRANGER, Viewer, account_by_email, accounts_view, token_view
from fedcoop.storage.instance.vault import token_hash
from fedcoop.web.fediverse.linked import link_words, rests
from fedcoop.web.frame import formats
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import clear_session, html, local_path, member_page, page, see_other, set_session
from fedcoop.web.frame.keys import CLOCK, REMOTE, RENDERER, UNITS
from fedcoop.web.members.tries import remember_browser, wait_for_change, wait_for_sign_in

WRONG = "E-\u2060mail and password do not match. Try again, or ask the registrar for a sign-in link."


# --- in and out -------------------------------------------------------------------------------------------------


@page
async def sign_in_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the sign-in form; a member who is signed in goes on."""
    back = local_path(request.query.get("next", "/"))
    if viewer.member is not None:
        return see_other(back)
    return html(request, "members/sign_in.html", next=back, email="", errors={})


@page
async def sign_in(request: web.Request, viewer: Viewer) -> web.Response:
    """Open a session where address and password match; the answer to a wrong one tells nothing more."""
    form = await read_form(request)
    back = local_path(form.text("next", "/"))
    email = form.text("email").lower()[:254]
    account = await request.app[UNITS].read(account_by_email, email=email)
    waiting = _too_often(request, wait_for_sign_in(request, email, account))
    if waiting:
        return _again(request, form, back, waiting, status=429)
    password = form.raw("password")[:MAX_LENGTH]
    stored = account.password_hash if account is not None else ""
    fits = await asyncio.to_thread(password_fits, stored, password)
    if account is None or not fits:
        return _again(request, form, back, WRONG, status=422)
    if viewer.member is not None:
        await request.app[UNITS].write(account_actions.sign_out, digest=token_hash(viewer.token))
    secret = await request.app[UNITS].write(
        account_actions.open_session, account_id=account.id, browser=browser_of(request)
    )
    return _signed_in(request, secret, back, account.id)


def _too_often(request: web.Request, seconds: float) -> str:
    if seconds <= 0:
        return ""
    at = formats.later(request.app[CLOCK].now(), seconds)
    return (
        f"Too many tries from here. Try again at {formats.clock(at, request.app[RENDERER].zone)}, or ask the registrar."
    )


def _again(request: web.Request, form: Form, back: str, told: str, *, status: int) -> web.Response:
    return html(
        request, "members/sign_in.html", status=status, next=back, email=form.text("email"), errors={"email": told}
    )


def _signed_in(request: web.Request, secret: str, back: str, account_id: int) -> web.Response:
    response = see_other(back)
    set_session(request, response, secret, max_age=int(account_actions.SESSION_LASTS.total_seconds()))
    remember_browser(request, response, account_id)
    return response


def browser_of(request: web.Request) -> str:
    """Return a short name of the browser: `Firefox on Linux`; empty where it tells nothing."""
    agent = request.headers.get("User-Agent", "")
    browsers = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for sign, name in systems if sign in agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


@page
async def link_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show whom a one-time link signs in; only the button uses it, so that no preview of a mail program does."""
    token = await request.app[UNITS].read(token_view, secret=request.match_info["token"])
    if token is None:
        raise NotAllowed("link-used", "This link has been used, or its time is over. Ask for a new one.")
    return html(request, "members/sign_in_link.html", name=token.name, purpose=token.purpose)


@page
async def use_link(request: web.Request, viewer: Viewer) -> web.Response:
    """Sign in by a one-time link; an invited member chooses a password next."""
    secret, purpose, account_id = await request.app[UNITS].write(
        account_actions.redeem_link, secret=request.match_info["token"], browser=browser_of(request)
    )
    return _signed_in(request, secret, "/welcome" if purpose == "invitation" else "/", account_id)


@page
async def sign_out(request: web.Request, viewer: Viewer) -> web.Response:
    """End this session."""
    if viewer is not STRANGER and viewer.member is not None:
        await request.app[UNITS].write(account_actions.sign_out, digest=token_hash(viewer.token))
    response = see_other("/")
    clear_session(request, response)
    return response


# --- the password -----------------------------------------------------------------------------------------------


@member_page
async def welcome_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask for a first password, or for a new one with the old."""
    view = await request.app[UNITS].read(accounts_view, viewer=viewer)
    return html(request, "members/welcome.html", has_password=view.has_password, errors={})


@member_page
async def set_password(request: web.Request, viewer: Viewer) -> web.Response:
    """Keep the new password and sign out all other browsers."""
    assert viewer.member is not None
    assert viewer.account_id is not None
    form = await read_form(request)
    password = form.raw("password")
    account = await request.app[UNITS].read(account_by_email, email=viewer.member.email)
    old_hash = account.password_hash if account else ""
    try:
        check_password(password, own_words=(viewer.member.email, viewer.member.name, viewer.member.display_name))
    except Invalid as error:
        form.wrong("password", error.message)
    if old_hash and not form.errors:
        waiting = _too_often(request, wait_for_change(request, viewer.account_id))
        if waiting:
            form.wrong("current", waiting)
        elif not await asyncio.to_thread(password_fits, old_hash, form.raw("current")[:MAX_LENGTH]):
            form.wrong("current", "This is not your password now.")
    if form.errors:
        return html(request, "members/welcome.html", status=422, has_password=bool(old_hash), errors=form.errors)
    new_hash = await asyncio.to_thread(hash_password, password)
    digest = token_hash(viewer.token)
    await request.app[UNITS].write(
        account_actions.set_password, account_id=viewer.account_id, password_hash=new_hash, digest=digest
    )
    return see_other("/settings/accounts?done=password" if old_hash else "/")


# --- linked accounts --------------------------------------------------------------------------------------------


@member_page
async def accounts_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show linked fediverse accounts, the code that waits, ways to sign in and open sessions."""
    return await _accounts(request, viewer, Form())


async def _accounts(request: web.Request, viewer: Viewer, form: Form) -> web.Response:
    view = await request.app[UNITS].read(accounts_view, viewer=viewer)
    status = 422 if form.errors else 200
    return html(
        request,
        "members/accounts.html",
        status=status,
        view=view,
        errors=form.errors,
        kept_handle=form.text("handle"),
        said={link.id: link_words(link, request.app[RENDERER]) for link in view.links},
        rests=rests,
    )


@member_page
async def start_link(request: web.Request, viewer: Viewer) -> web.Response:
    """Give a one-time code for an account whose address loops back (federation.md 14.1)."""
    form = await read_form(request)
    try:
        found = await request.app[REMOTE].look_up(form.text("handle"))
        if found.doubt:
            raise Invalid(
                "handle-unconfirmed", f"This account cannot be linked: its address is not confirmed. {found.doubt}"
            )
        await request.app[UNITS].write(
            member_actions.start_link, member_id=_me(viewer), handle=found.handle, actor_uri=found.uri
        )
    except (Refused, PeerError) as error:
        form.wrong("handle", error.message)
        return await _accounts(request, viewer, form)
    return see_other("/settings/accounts#pending")


def _me(viewer: Viewer) -> MemberId:
    assert viewer.member is not None
    return viewer.member.id


@member_page
async def confirm_link(request: web.Request, viewer: Viewer) -> web.Response:
    """Link the account that sent the code, by its member's word (federation.md 14.3)."""
    await request.app[UNITS].write(member_actions.confirm_link, member_id=_me(viewer))
    return see_other("/settings/accounts?done=linked")


@member_page
async def cancel_link(request: web.Request, viewer: Viewer) -> web.Response:
    """Forget the code."""
    await request.app[UNITS].write(member_actions.cancel_link, member_id=_me(viewer))
    return see_other("/settings/accounts")


@member_page
async def unlink(request: web.Request, viewer: Viewer) -> web.Response:
    """Remove one linked account at once."""
    link = whole_number((await read_form(request)).text("link"))
    if link is None:
        raise Invalid("link-unknown", "There is no such linked account.")
    await request.app[UNITS].write(member_actions.unlink, member_id=_me(viewer), link_id=link)
    return see_other("/settings/accounts?done=unlinked")


@member_page
async def sign_out_elsewhere(request: web.Request, viewer: Viewer) -> web.Response:
    """End all sessions of the account but this one."""
    assert viewer.account_id is not None
    digest = token_hash(viewer.token)
    await request.app[UNITS].write(account_actions.sign_out_elsewhere, account_id=viewer.account_id, digest=digest)
    return see_other("/settings/accounts?done=elsewhere")


@member_page
async def set_theme(request: web.Request, viewer: Viewer) -> web.Response:
    """Keep whether pages are light, dark, or as the device says."""
    theme = (await read_form(request)).text("theme")
    await request.app[UNITS].write(account_actions.set_theme, member_id=_me(viewer), theme=theme)
    return see_other("/settings/accounts?done=theme#look")
