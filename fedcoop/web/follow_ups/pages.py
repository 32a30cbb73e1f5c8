"""Steps around a vote, each a form on a page of its own: petition, re-run, erratum, outcome, rounds, advice, dates.

Which steps are open to whom is the query's `may`; every rule is the action's own. What is wrong comes back with all that was
typed.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from fedcoop.kernel.errors import Invalid, NotFound, Refused
from fedcoop.queries.follow_ups.follow_ups import after_view
from fedcoop.queries.members.accounts import Viewer
from fedcoop.web.follow_ups.deeds import Field, Sent, Stand
from fedcoop.web.follow_ups.steps import OPEN_BY, STEPS
from fedcoop.web.frame.forms import Form, local_instant, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import CLOCK, RENDERER, UNITS
from fedcoop.web.frame.rendering import input_time
from fedcoop.web.motions.motion import uuid_of

_WEEK = timedelta(days=7)


@member_page
async def step_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before the step, with what is known already."""
    stand, name = await _stand(request, viewer)
    step = STEPS[name]
    kept: dict[str, Any] = {field.name: "" for field in step.fields(stand)} | step.start(stand)
    kept |= {"piece": request.query.get("piece", "")}
    for field in step.fields(stand):
        if field.kind == "time" and not field.optional:
            kept[field.name] = input_time(request.app[CLOCK].now() + _WEEK, request.app[RENDERER].zone)
    return _show(request, stand, name, kept, {})


@member_page
async def take_step(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the step; what is wrong comes back with all that was typed."""
    stand, name = await _stand(request, viewer)
    step, form = STEPS[name], await read_form(request)
    fields = step.fields(stand)
    sent = _read(request, form, fields)
    if not form.errors:
        try:
            opened = await step.act(request.app[UNITS], stand, sent)
        except Refused as error:
            form.wrong(_field(error, fields), error.message)
        else:
            return see_other(f"/motions/{opened.uuid if opened is not None else stand.motion.uuid}")
    kept: dict[str, Any] = {field.name: form.text(field.name) for field in fields}
    kept |= {field.name: form.all(field.name) for field in fields if field.kind == "checks"}
    return _show(request, stand, name, kept, form.errors)


def _read(request: web.Request, form: Form, fields: tuple[Field, ...]) -> Sent:
    texts, times, lists = {}, {}, {}
    for field in fields:
        if field.kind == "checks":
            lists[field.name] = form.all(field.name)
        elif field.kind == "time":
            if field.optional and not form.text(field.name):
                continue
            at = form.take(field.name, lambda text: local_instant(text, request.app[RENDERER].zone))
            if at is not None:
                times[field.name] = at
        else:
            texts[field.name] = form.text(field.name)
            if not texts[field.name] and not field.optional:
                form.wrong(field.name, field.missing or "Choose one.")
    return Sent(texts, times, lists)


_FIELDS = {"closes_at": "closes", "reason": "reason", "statement": "text", "option": "options", "written": "text"}


def _field(error: Refused, fields: tuple[Field, ...]) -> str:
    named = error.field if isinstance(error, Invalid) else ""
    names = [field.name for field in fields]
    wanted = (named, error.code, _FIELDS.get(error.code, ""))
    return next((name for name in wanted if name in names), "settings" if "settings" in names else "main")


async def _stand(request: web.Request, viewer: Viewer) -> tuple[Stand, str]:
    assert viewer.member is not None
    name, uuid, member = request.match_info["step"], uuid_of(request), viewer.member

    def read(uow: Any) -> Stand:
        motion = uow.motions.find_by_uuid(uuid)
        if motion is None:
            raise NotFound("motion-unknown", "There is no such proposal.")
        return Stand(motion, after_view(uow, motion, member), member.id)

    stand = await request.app[UNITS].read(read)
    if name not in STEPS or OPEN_BY.get(name, name) not in stand.view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    return stand, name


def _show(
    request: web.Request, stand: Stand, name: str, kept: Mapping[str, Any], errors: dict[str, str]
) -> web.Response:
    step, motion = STEPS[name], stand.motion
    return html(
        request,
        "follow_ups/step_form.html",
        status=422 if errors else 200,
        subject=motion.title,
        back=f"/motions/{motion.uuid}",
        action=f"/motions/{motion.uuid}/{name}",
        step=step,
        fields=step.fields(stand),
        kept=kept,
        errors=errors,
    )
