"""Pages of templates: which way to decide when, the co-op's own, what other co-ops offer."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from fedcoop.actions.proposals import templates as actions
from fedcoop.kernel.errors import Conflict, Invalid, NotFound, Refused
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.proposals.templates import named_view, offer_view, template_view, templates_view
from fedcoop.web.frame.forms import Form, read_form
from fedcoop.web.frame.guards import html, member_page, page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of

_STEPS: dict[str, Callable[..., Any]] = {"offer": actions.offer_template, "delete": actions.delete_template}
_JSON = {
    "Content-Type": "application/json; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@page
async def templates_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show every template by the question it answers, with when to take it and when not."""
    view = await request.app[UNITS].read(templates_view, member=viewer.member)
    return html(request, "proposals/templates.html", view=view, kept={"file": "", "key": ""}, errors={})


@page
async def template_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show one template of ours: to members, and to everybody if it is offered."""
    return await _one(request, viewer)


async def _one(request: web.Request, viewer: Viewer, *, errors: dict[str, str] | None = None) -> web.Response:
    view = await request.app[UNITS].read(template_view, uuid=uuid_of(request), member=viewer.member)
    kept = {"key": view.line.template.key, "title": view.line.template.title}
    return html(
        request, "proposals/template.html", status=422 if errors else 200, view=view, kept=kept, errors=errors or {}
    )


@page
async def template_json(request: web.Request, viewer: Viewer) -> web.Response:
    """Hand out a template of ours as a file that another co-op can import."""
    view = await request.app[UNITS].read(template_view, uuid=uuid_of(request), member=viewer.member)
    return _file(view.line.template.key, actions.template_file(view.line.template))


@page
async def named_json(request: web.Request, viewer: Viewer) -> web.Response:
    """Hand out a built-in template as a file."""
    line = await request.app[UNITS].read(named_view, key=request.match_info["key"])
    return _file(line.template.key, actions.template_file(line.template))


def _file(key: str, text: str) -> web.Response:
    disposition = {"Content-Disposition": f'attachment; filename="template-{key}.json"'}
    return web.Response(body=text.encode(), headers={**_JSON, **disposition})


@member_page
async def import_(request: web.Request, viewer: Viewer) -> web.Response:
    """Import a template from what was pasted; what is wrong comes back with it."""
    assert viewer.member is not None
    form = await read_form(request)
    kept = {"file": form.text("file"), "key": form.text("key")}
    try:
        stored = await request.app[UNITS].write(
            actions.import_template, by=viewer.member.id, text=kept["file"], key=kept["key"]
        )
    except (Invalid, Conflict) as error:
        view = await request.app[UNITS].read(templates_view, member=viewer.member)
        return html(
            request, "proposals/templates.html", status=422, view=view, kept=kept, errors=_errors(error, "file")
        )
    return see_other(f"/templates/{stored.uuid}")


@page
async def named_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show one built-in template, with the form that makes one of our own from it."""
    return await _named(request, viewer, kept={"key": "", "title": ""})


async def _named(
    request: web.Request, viewer: Viewer, *, kept: dict[str, str], errors: dict[str, str] | None = None
) -> web.Response:
    line = await request.app[UNITS].read(named_view, key=request.match_info["key"])
    return html(
        request,
        "proposals/template_named.html",
        status=422 if errors else 200,
        line=line,
        kept=kept,
        errors=errors or {},
    )


@member_page
async def copy(request: web.Request, viewer: Viewer) -> web.Response:
    """Save a copy of a built-in template under another name, to be one of our own."""
    assert viewer.member is not None
    form = await read_form(request)
    kept = {"key": form.text("key"), "title": form.text("title")}
    line = await request.app[UNITS].read(named_view, key=request.match_info["key"])
    title = kept["title"] or line.template.title
    try:
        stored = await request.app[UNITS].write(
            actions.import_template,
            by=viewer.member.id,
            text=actions.template_file(line.template),
            key=kept["key"],
            title=title,
        )
    except (Invalid, Conflict) as error:
        return await _named(request, viewer, kept=kept, errors=_errors(error, "key"))
    return see_other(f"/templates/{stored.uuid}")


@member_page
async def rename(request: web.Request, viewer: Viewer) -> web.Response:
    """Give the template another title and short name."""
    assert viewer.member is not None
    form: Form = await read_form(request)
    uuid = uuid_of(request)
    try:
        await request.app[UNITS].write(
            actions.rename_template, by=viewer.member.id, uuid=uuid, key=form.text("key"), title=form.text("title")
        )
    except (Invalid, Conflict) as error:
        return await _one(request, viewer, errors=_errors(error, "key"))
    return see_other(f"/templates/{uuid}?done=renamed")


@member_page
async def step_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before a template is offered or deleted."""
    view = await request.app[UNITS].read(template_view, uuid=uuid_of(request), member=viewer.member)
    step, title = request.match_info["step"], view.line.template.title
    told = {
        "offer": (
            "Everybody can read it at its address. Those who follow us hear of it and can import it with one step.",
            "It holds no names and no votes: the rule, the phases, and when to take it.",
        ),
        "delete": (
            "Votes that used it keep their rule. Nobody can choose it any more.",
            *(
                ("Those who follow us are told that it is gone; copies that they imported stay.",)
                if view.line.offered
                else ()
            ),
        ),
    }[step]
    return _confirm(
        request,
        title={"offer": f"Offer “{title}” to other co-\u2060ops?", "delete": f"Delete “{title}”?"}[step],
        action=f"/templates/{view.stored.uuid}/{step}",
        back=f"/templates/{view.stored.uuid}",
        told=told,
        verb={"offer": "Offer it", "delete": "Delete it"}[step],
        danger=step == "delete",
    )


@member_page
async def take_step(request: web.Request, viewer: Viewer) -> web.Response:
    """Offer or delete the template."""
    assert viewer.member is not None
    uuid, step = uuid_of(request), request.match_info["step"]
    await request.app[UNITS].write(_STEPS[step], by=viewer.member.id, uuid=uuid)
    return see_other(f"/templates/{uuid}?done=offered" if step == "offer" else "/templates?done=deleted")


@member_page
async def offer_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what another co-op offers, with the one step that imports it."""
    offer, line = await request.app[UNITS].read(offer_view, offer_id=_offer_id(request))
    return html(request, "proposals/template_offer.html", offer=offer, line=line, kept={"key": ""}, errors={})


@member_page
async def accept(request: web.Request, viewer: Viewer) -> web.Response:
    """Import what another co-op offers; a short name that is taken here is asked for anew."""
    assert viewer.member is not None
    offer_id, form = _offer_id(request), await read_form(request)
    try:
        stored = await request.app[UNITS].write(
            actions.accept_offer, by=viewer.member.id, offer_id=offer_id, key=form.text("key")
        )
    except (Invalid, Conflict) as error:
        offer, line = await request.app[UNITS].read(offer_view, offer_id=offer_id)
        errors, kept = _errors(error, "key"), {"key": form.text("key")}
        return html(
            request, "proposals/template_offer.html", status=422, offer=offer, line=line, kept=kept, errors=errors
        )
    return see_other(f"/templates/{stored.uuid}?done=imported")


def _offer_id(request: web.Request) -> int:
    number = whole_number(request.match_info["offer"])
    if number is None:
        raise NotFound("offer-unknown", "There is no such offer.")
    return number


def _errors(error: Refused, usual: str) -> dict[str, str]:
    """Return the message by the field it belongs to; a short name that is taken belongs to the short name."""
    taken = error.code in ("template-exists", "template-key")
    return {"key" if taken else usual: error.message}


def _confirm(request: web.Request, **values: Any) -> web.Response:
    usual: dict[str, Any] = {"subject": "Ways to decide", "keep": "Leave it", "ask_time": False, "ask_reason": False}
    return html(request, "frame/confirm.html", **usual, **values, kept_time="", kept_reason="", errors={})
