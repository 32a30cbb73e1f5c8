"""Pages of passing on votes: a member's delegations, proxies in one vote, and the ballot cast for somebody else."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from fedcoop.actions.delegation import delegations as actions
from fedcoop.actions.delegation.delegations import Wish
from fedcoop.actions.delegation.proxies import Naming, cast_for, name_proxy
from fedcoop.governance.delegation.delegation_rule import DelegationMode
from fedcoop.governance.delegation.mandates import Scope
from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.kernel.errors import BallotRefused, Conflict, Invalid, NotFound, Refused
from fedcoop.kernel.ids import MemberId, whole_number
from fedcoop.queries.delegation.delegations import (
    GrantLine,
    Principal,
    delegations_view,
    grant_line,
    member_typed,
    principal_of,
)
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.motion import MotionView
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.web.frame.formats import listed
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import RECEIVED, ballot_door, html, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.frame.words import choice as choice_sign
from fedcoop.web.frame.words import tick_rule
from fedcoop.web.motions.ballots import ballot_page
from fedcoop.web.motions.choosing import Marks, marks_of, read, sheet_of
from fedcoop.web.motions.motion import choice_told, motion_view_of

HERE = "/settings/delegations"
SCOPES = {"coop": "all votes of the co-\u2060op", "topic": "votes on one topic", "poll": "one vote"}


def _me(viewer: Viewer) -> Member:
    assert viewer.member is not None
    return viewer.member


def _number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise NotFound("delegation-unknown", "There is no such delegation of yours.")
    return number


# --- standing ---------------------------------------------------------------------------------------------------


@member_page
async def delegations_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show who speaks for the member, whom they speak for, and what was."""
    return await _page(request, viewer, Form())


async def _page(request: web.Request, viewer: Viewer, form: Form) -> web.Response:
    view = await request.app[UNITS].read(delegations_view, member=_me(viewer))
    wanted = request.query.get("vote", "")
    scope = form.text("scope") or (f"vote:{wanted}" if wanted in dict(view.coming) else "coop")
    kept = {"member": form.text("member"), "scope": scope, "topic": form.text("topic"), "hidden": form.has("hidden")}
    made = request.query.get("made", "")
    new = next((line for line in view.mine if str(line.id) == made), None)
    return html(
        request,
        "delegation/delegations.html",
        status=422 if form.errors else 200,
        view=view,
        errors=form.errors,
        kept=kept,
        scopes=SCOPES,
        new=new,
    )


@member_page
async def grant(request: web.Request, viewer: Viewer) -> web.Response:
    """Pass the member's vote on; what is wrong comes back with what was typed."""
    form = await read_form(request)
    if not form.text("member"):
        form.wrong("member", "Write who is to vote for you.")
        return await _page(request, viewer, form)
    try:
        made = await request.app[UNITS].write(_grant, by=_me(viewer).id, form=form)
    except Refused as error:
        form.wrong(getattr(error, "field", "") or "member", error.message)
        return await _page(request, viewer, form)
    return see_other(f"{HERE}?done=granted&made={made}")


def _grant(uow: UnitOfWork, *, by: MemberId, form: Form) -> int:
    to = member_typed(uow, text=form.text("member"))
    scope, _, uuid = form.text("scope", "coop").partition(":")
    motion = uow.motions.find_by_uuid(uuid) if uuid else None
    kind = {"topic": Scope.TOPIC, "vote": Scope.POLL}.get(scope, Scope.COOP)
    wish = Wish(to.id, kind, form.text("topic"), motion.id if motion else None, form.has("hidden"))
    return actions.grant(uow, by=by, wish=wish).id


@member_page
async def renew(request: web.Request, viewer: Viewer) -> web.Response:
    """Let a delegation last 12 months from now."""
    number = _number((await read_form(request)).text("delegation"))
    await request.app[UNITS].write(actions.renew, by=_me(viewer).id, delegation_id=number)
    return see_other(f"{HERE}?done=renewed")


@member_page
async def hide(request: web.Request, viewer: Viewer) -> web.Response:
    """Keep a delegation from its delegate's list, or show it there again."""
    form = await read_form(request)
    hidden = form.text("do") == "hide"
    number = _number(form.text("delegation"))
    await request.app[UNITS].write(actions.hide, by=_me(viewer).id, delegation_id=number, hidden=hidden)
    return see_other(f"{HERE}?done={'hidden' if hidden else 'shown'}")


@member_page
async def revoke_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before a delegation is over, saying what it serves now."""
    number = _number(request.match_info["id"])
    line = await request.app[UNITS].read(grant_line, member=_me(viewer), delegation_id=number)
    return html(
        request,
        "frame/confirm.html",
        subject="My delegations",
        back=HERE,
        action=f"{HERE}/{line.id}/revoke",
        title=f"Take your vote back from {line.person.name}?",
        told=_told(line),
        verb="Take my vote back",
        keep="Leave it",
        danger=False,
        ask_time=False,
        ask_reason=False,
        errors={},
    )


def _told(line: GrantLine) -> tuple[str, ...]:
    at_once = f"{line.person.name} no longer votes for you, from now on."
    if not line.running:
        return (at_once, "You can name them again at any time.")
    votes = "one vote that is" if line.running == 1 else f"{line.running} votes that are"
    return (
        at_once,
        f"In {votes} open now you count only if you vote yourself. "
        "For those this cannot be undone: who is named now votes for you from the next vote on.",
    )


@member_page
async def revoke(request: web.Request, viewer: Viewer) -> web.Response:
    """End a delegation at once, in votes that run too."""
    number = _number(request.match_info["id"])
    await request.app[UNITS].write(actions.revoke, by=_me(viewer).id, delegation_id=number)
    return see_other(f"{HERE}?done=revoked")


# --- in one vote ------------------------------------------------------------------------------------------------


@member_page
async def name(request: web.Request, viewer: Viewer) -> web.Response:
    """Name who votes for the member in this motion."""
    form, view = await read_form(request), await _where_named(request, viewer)
    if not form.text("member"):
        form.wrong("member", "Write who is to vote for you.")
    else:
        try:
            await request.app[UNITS].write(_name, by=_me(viewer).id, motion=view.motion, form=form)
        except (Invalid, Conflict, NotFound) as error:
            form.wrong(getattr(error, "field", "") or "member", error.message)
    if form.errors:
        return _naming_page(request, view, form)
    return see_other(f"/motions/{view.motion.uuid}?done=named#delegation")


def _name(uow: UnitOfWork, *, by: MemberId, motion: Motion, form: Form) -> None:
    to = member_typed(uow, text=form.text("member"))
    name_proxy(uow, by=by, motion_id=motion.id, naming=Naming(to.id, form.text("instruction")))


@member_page
async def name_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask whom to name for this vote."""
    return _naming_page(request, await _where_named(request, viewer), Form())


async def _where_named(request: web.Request, viewer: Viewer) -> MotionView:
    """Return the vote if somebody can be named for it now. Raises NotFound."""
    view = await motion_view_of(request, viewer)
    if view.passed is None or not view.passed.can_name or view.passed.mode != DelegationMode.PROXY.value:
        raise NotFound("delegation-off", "Nobody can be named for this vote now.")
    return view


def _naming_page(request: web.Request, view: MotionView, form: Form) -> web.Response:
    kept = {"member": form.text("member"), "instruction": form.text("instruction")}
    return html(
        request,
        "delegation/motion_proxy.html",
        status=422 if form.errors else 200,
        view=view,
        kept=kept,
        errors=form.errors,
    )


@member_page
async def take_back_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before nobody speaks for the member in this motion any more."""
    view = await motion_view_of(request, viewer)
    mine = view.passed.mine if view.passed is not None and view.passed.can_take_back else None
    if mine is None:
        raise NotFound("delegation-unknown", "Nobody votes for you here.")
    return html(
        request,
        "frame/confirm.html",
        subject=view.motion.title,
        back=f"/motions/{view.motion.uuid}",
        action=f"/motions/{view.motion.uuid}/proxy/take-back",
        title=f"Take your vote back from {mine.chain[0].name}?",
        told=(
            f"{mine.chain[0].name} does not vote for you here, from now on. You count only if you vote yourself.",
            "For this vote it cannot be undone."
            if view.phase == "open"
            else "Until the opening you can name somebody again.",
        ),
        verb="Take my vote back",
        keep="Leave it",
        danger=False,
        ask_time=False,
        ask_reason=False,
        errors={},
    )


@member_page
async def take_back(request: web.Request, viewer: Viewer) -> web.Response:
    """Let nobody speak for the member in this motion any more."""
    view = await motion_view_of(request, viewer)
    await request.app[UNITS].write(actions.revoke_in_motion, by=_me(viewer).id, motion_id=view.motion.id)
    return see_other(f"/motions/{view.motion.uuid}?done=taken-back#ballot")


@member_page
async def principal_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the ballot of a member whom the reader votes for."""
    view, line, _ = await _principal(request, viewer)
    sheet = sheet_of(view.motion, view.form, view.options)
    marks = marks_of(line.choice, "", sheet) if line.choice is not None else Marks()
    return _principal_page(request, view, line, marks)


async def _principal(request: web.Request, viewer: Viewer) -> tuple[MotionView, Principal, MemberId]:
    view = await motion_view_of(request, viewer)
    number = _number(request.match_info["number"])
    line, principal = await request.app[UNITS].read(principal_of, motion=view.motion, holder=_me(viewer), number=number)
    if view.motion.state is not MotionState.OPEN or view.phase != "open":
        raise Conflict("closed", "This vote is not open.")
    return view, line, principal


def _principal_page(
    request: web.Request, view: MotionView, line: Principal, marks: Marks, errors: dict[str, str] | None = None
) -> web.Response:
    needing = [choice_sign(key, view.motion.options).word.lower() for key in view.reason_for]
    shown = replace(view, my=None)
    data: dict[str, Any] = {"view": shown, "m": view.motion, "line": line, "errors": errors or {}}
    return html(
        request,
        "delegation/motion_for.html",
        status=422 if errors else 200,
        ballot=ballot_page(shown, marks),
        reason_words=listed(needing, "or"),
        tick_rule=tick_rule(view.motion.settings.extra),
        chosen=choice_told(view, line.choice) if line.choice is not None else "",
        **data,
    )


@ballot_door
async def vote_for(request: web.Request, viewer: Viewer) -> web.Response:
    """Cast a ballot for a member whom the reader votes for; what is wrong comes back with what was typed."""
    form, now = await read_form(request), request[RECEIVED]
    view, line, principal = await _principal(request, viewer)
    marks = read(form, sheet_of(view.motion, view.form, view.options))
    if marks.again:
        return _principal_page(request, view, line, marks)
    if marks.errors:
        return _principal_page(request, view, line, marks, dict(marks.errors))
    try:
        await request.app[UNITS].write(
            cast_for,
            holder=_me(viewer).id,
            principal=principal,
            motion_id=view.motion.id,
            choice=marks.choice,
            reason=marks.reason,
            received_at=now,
        )
    except BallotRefused as error:
        field = "reason" if error.code.startswith("reason") else "choice"
        return _principal_page(request, view, line, marks, {field: error.message})
    return see_other(f"/motions/{view.motion.uuid}?done=cast-for#delegation")
