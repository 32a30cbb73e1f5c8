"""The registrar's pages: classes, groups, the standing of members, two numbers of one person (governance.md 15)."""

from collections.abc import Awaitable, Callable
from fractions import Fraction

from aiohttp import web

from fedcoop.actions.members.merging import merge_members
from fedcoop.actions.members.registrar import (
    change_status,
    join_group,
    leave_group,
    save_class,
    save_group,
    set_arrears,
    set_class,
)
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions.setting_words import names_of, share_of
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotFound
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.rolls import class_lines, group_lines, member_called
from fedcoop.storage.unit_of_work import Units
from fedcoop.web.frame.forms import Form, local_instant, read_form
from fedcoop.web.frame.guards import demand_office, html, member_page, see_other
from fedcoop.web.frame.keys import RENDERER, UNITS

_STATUSES = (
    ("suspended", "Suspend: the vote rests"),
    ("full", "Full member: lift a suspension, end a trial"),
    ("leaving", "Leaving: has given notice, votes until the date"),
    ("left", "Has left"),
    ("expelled", "Expelled"),
    ("ceased", "Has died, or is dissolved"),
)
_FIELDS = (
    *("name", "title", "weight", "share", "reference", "ignored_for", "group", "member", "member_class"),
    *("status", "since", "reason", "keep", "drop"),
)
_AMONG_FIELDS = {"class-unknown": "member_class", "class-same": "member_class", "group-unknown": "group"}


def _who(member: Member) -> str:
    return f"member:{member.number}"


async def _show(request: web.Request, viewer: Viewer, tab: str, form: Form) -> web.Response:
    demand_office(viewer)
    units = request.app[UNITS]
    return html(
        request,
        f"members/office_{tab}.html",
        status=422 if form.errors else 200,
        tab=tab,
        classes=await units.read(class_lines),
        groups=await units.read(group_lines) if tab == "groups" else (),
        statuses=_STATUSES,
        kept={name: form.text(name) for name in _FIELDS},
        errors=form.errors,
        act=form.text("act"),
    )


@member_page
async def office_tab(request: web.Request, viewer: Viewer) -> web.Response:
    """Show classes, groups, standing or the merging of two numbers."""
    return await _show(request, viewer, request.match_info["tab"], Form())


@member_page
async def act(request: web.Request, viewer: Viewer) -> web.Response:
    """Do what one of the forms of these pages asks; what is wrong comes back with everything that was typed."""
    member, form, tab = demand_office(viewer), await read_form(request), request.match_info["tab"]
    do = _ACTS.get((tab, form.text("act")))
    if do is None:
        raise NotFound("act-unknown", "There is nothing to do here.")
    try:
        await do(request, form, _who(member))
    except (Invalid, Conflict, NotFound, MotionRefused) as error:
        named = error.field if isinstance(error, Invalid) else ""
        form.wrong(named or _AMONG_FIELDS.get(error.code, "member" if form.has("member") else "name"), error.message)
        return await _show(request, viewer, tab, form)
    return see_other(f"/office/{tab}?done={form.text('act')}")


async def _member(units: Units, form: Form, field: str = "member") -> Member:
    try:
        return await units.read(member_called, text=form.text(field))
    except NotFound as error:
        raise Invalid(error.code, error.message, field=field) from error


def _weight(form: Form) -> int:
    weight = whole_number(form.text("weight") or "1", 99_999)
    if weight is None:
        raise Invalid("class-weight", "The votes of each member are a whole number, 0 or more.", field="weight")
    return weight


def _share(form: Form) -> Fraction | None:
    try:
        return share_of("share", form.text("share")) if form.text("share") else None
    except MotionRefused as error:
        raise Invalid("class-share", error.message, field="share") from error


async def _save_class(request: web.Request, form: Form, who: str) -> None:
    item = MemberClass(
        name=form.text("name").lower(),
        title=form.text("title"),
        weight=_weight(form),
        share=_share(form),
        may_propose=form.has("may_propose"),
        may_announce=form.has("may_announce"),
        reference=form.text("reference"),
        ignored_for=names_of(form.text("ignored_for")),
    )
    await request.app[UNITS].write(save_class, item=item, who=who, new=form.text("act") == "add")


async def _save_group(request: web.Request, form: Form, who: str) -> None:
    await request.app[UNITS].write(save_group, item=Group(form.text("name").lower(), form.text("title")), who=who)


async def _join(request: web.Request, form: Form, who: str) -> None:
    member = await _member(request.app[UNITS], form)
    await request.app[UNITS].write(join_group, group=form.text("group"), member_id=member.id, who=who)


async def _leave(request: web.Request, form: Form, who: str) -> None:
    member = await _member(request.app[UNITS], form)
    await request.app[UNITS].write(leave_group, group=form.text("group"), member_id=member.id, who=who)


async def _set_class(request: web.Request, form: Form, who: str) -> None:
    member = await _member(request.app[UNITS], form)
    await request.app[UNITS].write(set_class, member_id=member.id, name=form.text("member_class"), who=who)


async def _set_status(request: web.Request, form: Form, who: str) -> None:
    if form.text("status") not in dict(_STATUSES):
        raise Invalid("status-unknown", "Choose what the member is from now on.", field="status")
    member, status = await _member(request.app[UNITS], form), MemberStatus(form.text("status"))
    await request.app[UNITS].write(
        change_status, member_id=member.id, status=status, who=who, reason=form.text("reason")
    )


async def _set_arrears(request: web.Request, form: Form, who: str) -> None:
    member, text = await _member(request.app[UNITS], form), form.text("since")
    try:
        since = (
            local_instant(text if " " in text or "T" in text else f"{text}T00:00", request.app[RENDERER].zone)
            if text
            else None
        )
    except Invalid as error:
        raise Invalid(error.code, "Give a day like 2026-05-31, or leave it empty.", field="since") from error
    await request.app[UNITS].write(set_arrears, member_id=member.id, since=since, who=who)


async def _merge(request: web.Request, form: Form, who: str) -> None:
    units = request.app[UNITS]
    keep, drop = await _member(units, form, "keep"), await _member(units, form, "drop")
    await units.write(merge_members, keep=keep.id, drop=drop.id, who=who, reason=form.text("reason"))


Act = Callable[[web.Request, Form, str], Awaitable[None]]
_ACTS: dict[tuple[str, str], Act] = {
    ("classes", "add"): _save_class,
    ("classes", "save"): _save_class,
    ("groups", "save"): _save_group,
    ("groups", "join"): _join,
    ("groups", "leave"): _leave,
    ("standing", "class"): _set_class,
    ("standing", "status"): _set_status,
    ("standing", "arrears"): _set_arrears,
    ("merge", "merge"): _merge,
}
