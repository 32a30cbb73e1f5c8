"""The page “From the fediverse”: what others wrote to the co-op, for people with an office; and to a member's profile.

Nothing here is shown to anybody else, nor in any document: who may read an item `actions/fediverse/desk.py` decides.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from fedcoop.actions.fediverse import desk as actions
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.fediverse.desk import KINDS, exchange, office_desk
from fedcoop.queries.members.accounts import Viewer
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import demand_office, html, local_path, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import cursor

HERE = "/office/fediverse"
_STEPS: dict[str, Callable[..., Any]] = {
    "done": actions.settle,
    "undo": actions.reopen,
    "unblock": actions.unblock_author,
}


@member_page
async def desk_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what waits or is done, newest first, of one kind or all, to who has an office."""
    member = demand_office(viewer)
    done = request.query.get("show", "") == "done"
    kind = request.query.get("kind", "")
    kind, before = kind if kind in KINDS else "", cursor(request)
    view = await request.app[UNITS].read(office_desk, by=member, done=done, kind=kind, before=before)
    here = _address(show="done" if done else "", kind=kind)
    return html(
        request,
        "fediverse/office_fediverse.html",
        tab="fediverse",
        view=view,
        show_done=done,
        kind=kind,
        list_address=_address(show="done" if done else "", kind=kind, before=before),
        older=_address(show="done" if done else "", kind=kind, before=view.older) if view.older else "",
        newer=here if before else "",
        undo=_item_text(request.query.get("item", "")),
    )


def _address(**values: Any) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{HERE}?{query}" if query else HERE


def _item_text(text: str) -> str:
    return text if whole_number(text) is not None else ""


def _item(request: web.Request) -> int:
    number = whole_number(request.match_info["item"])
    if number is None:
        raise NotFound("desk-item-unknown", "There is no such message.")
    return number


@member_page
async def item_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show one item with all that went between its author and us, and the form that answers."""
    return await _show(request, viewer, Form())


async def _show(request: web.Request, viewer: Viewer, form: Form) -> web.Response:
    member = demand_office(viewer)
    view = await request.app[UNITS].read(exchange, item_id=_item(request), by=member)
    status = 422 if form.errors else 200
    return html(
        request,
        "fediverse/office_fediverse_item.html",
        status=status,
        view=view,
        kept={"text": form.text("text"), "remark": form.text("remark")},
        errors=form.errors,
    )


@member_page
async def reply(request: web.Request, viewer: Viewer) -> web.Response:
    """Send an answer in the co-op's name; what is wrong comes back with the text."""
    member, form = demand_office(viewer), await read_form(request)
    try:
        await request.app[UNITS].write(actions.reply, by=member.id, item_id=_item(request), text=form.text("text"))
    except (Invalid, Conflict) as error:
        form.wrong("text", error.message)
        return await _show(request, viewer, form)
    return see_other(f"{HERE}/{_item(request)}?done=replied")


@member_page
async def step(request: web.Request, viewer: Viewer) -> web.Response:
    """Mark an item as done, put it back, or lift the block of its author."""
    member, form, name = demand_office(viewer), await read_form(request), request.match_info["step"]
    more = {"remark": form.text("remark")} if name == "done" else {}
    try:
        await request.app[UNITS].write(_STEPS[name], by=member.id, item_id=_item(request), **more)
    except Invalid as error:
        form.wrong("remark", error.message)
        return await _show(request, viewer, form)
    back = local_path(form.text("back"), HERE)
    told = urlencode({"done": name, "item": _item(request)})
    return see_other(f"{back}{'&' if '?' in back else '?'}{told}")


@member_page
async def block_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before the author of an item is blocked."""
    member = demand_office(viewer)
    view = await request.app[UNITS].read(exchange, item_id=_item(request), by=member)
    author = view.line.author
    return html(
        request,
        "frame/confirm.html",
        here="office",
        title=f"Block {author.name}?",
        subject="From the fediverse",
        back=f"{HERE}/{_item(request)}",
        action=f"{HERE}/{_item(request)}/block",
        told=(
            f"Nothing that @{author.address} writes reaches us any more, and nothing of ours is sent there. "
            "They no longer follow us, and what they wrote disappears from our public pages.",
            "If a member has linked this account, it rests: votes from there do not count.",
            "You can lift the block on the same page.",
        ),
        verb="Block them",
        keep="Leave them",
        danger=True,
        ask_time=False,
        ask_reason=False,
        kept_time="",
        kept_reason="",
        errors={},
    )


@member_page
async def block(request: web.Request, viewer: Viewer) -> web.Response:
    """Block the author of an item."""
    member = demand_office(viewer)
    await request.app[UNITS].write(actions.block_author, by=member.id, item_id=_item(request))
    return see_other(f"{HERE}/{_item(request)}?done=blocked")


@member_page
async def own_step(request: web.Request, viewer: Viewer) -> web.Response:
    """A member marks what came to their own profile as read, or puts it back."""
    assert viewer.member is not None
    name = request.match_info["step"]
    await request.app[UNITS].write(_STEPS[name], by=viewer.member.id, item_id=_item(request))
    return see_other(f"/settings/profile?{urlencode({'done': name, 'item': _item(request)})}#messages")
