"""Writing a new proposal: one form with its way to decide, a look before anything is sent, drafts; what was typed is kept.

The form is chosen by question, and shows the settings of the chosen way. It works without scripts: another way is chosen by
its radio and “Use this way”, which sends the form and brings it back with the other fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from fedcoop.actions.motions.motion import DEFAULT_CHANNELS, Draft, plan_motion
from fedcoop.actions.proposals.proposal import Wanted, save_draft, submit
from fedcoop.governance.counting.times import with_zone
from fedcoop.governance.delegation.delegation_rule import DelegationMode
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.method import Sentence
from fedcoop.governance.motions.motion import Channel, Option
from fedcoop.governance.motions.option_lines import read_lines
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.templates import BUILT_IN, Template, by_question
from fedcoop.governance.words.wording import rule_sentence
from fedcoop.kernel.errors import Invalid, MotionRefused, Refused
from fedcoop.queries.follow_ups.decision_register import eligible_now
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.members.choosable import Choosable, choosable
from fedcoop.queries.proposals.proposal import readable
from fedcoop.queries.proposals.templates import templates_now
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.web.frame.forms import Form, lines, local_instant, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import CLOCK, RENDERER, UNITS
from fedcoop.web.frame.rendering import input_time
from fedcoop.web.motions.motion import uuid_of
from fedcoop.web.motions.steps import Step
from fedcoop.web.proposals.setting_fields import SettingField
from fedcoop.web.proposals.setting_forms import (
    fields_of,
    share_in,
    shown_times,
    ticked,
    typed_in,
    was_sent,
    with_instants,
    words_of,
)

TEXTS = ("title", "text", "options", "discussion", "closes", "opens", "audience", "topic")
MAX_LINES = 50
MORE = {
    "who": "Who may vote",
    "class": "Classes counted apart",
    "pass": "Passing on one’s vote",
    "more": "Closing, changing, reasons, a second vote",
}
"""Groups of settings that stand closed where all is usual, with the words on them."""
_FIELDS = {
    "closes_at": "closes",
    "opens_at": "opens",
    "body": "text",
    "electorate": "members",
    "option-icon": "options",
    "option-words": "options",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """How the proposal would look."""

    title: str
    html: str
    rule: Sentence
    options: tuple[Option, ...]
    closes_at: datetime
    is_poll: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What can be chosen: the ways to decide, and what the register has."""

    ways: Mapping[str, Template]
    register: Choosable

    def fields(self, template: Template) -> tuple[SettingField, ...]:
        """Return the fields of settings for this way here."""
        return fields_of(METHODS[template.method], self.register)


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it is shown: the chosen way, what was typed, and the address it is sent to."""

    template: Template
    kept: dict[str, Any]
    known: Known
    action: str = "/proposals/new"
    draft: str = ""


# --- pages ------------------------------------------------------------------------------------------------------


@member_page
async def new_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the form with what is usual for the way in `?template=`."""
    known = await request.app[UNITS].read(_known)
    template = known.ways.get(request.query.get("template", ""), next(iter(BUILT_IN.values())))
    return _show(request, Filled(template, _usual(request, template), known))


@member_page
async def draft_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show a draft of the member's own in the form. Raises NotFound."""
    uuid = uuid_of(request)
    title, body, plan = await request.app[UNITS].read(_kept_draft, uuid=uuid, viewer=viewer)
    known = await request.app[UNITS].read(_known)
    template = _template_of(plan, known.ways)
    values = _of_plan(request, title, body, plan, template)
    return _show(request, Filled(template, values, known, f"/proposals/{uuid}/draft", uuid))


def _known(uow: UnitOfWork) -> Known:
    return Known(templates_now(uow), choosable(uow))


def _kept_draft(uow: UnitOfWork, *, uuid: str, viewer: Viewer) -> tuple[str, str, Plan]:
    proposal, plan = readable(uow, uuid=uuid, member=viewer.member)
    return proposal.title, proposal.body, plan


@member_page
async def send(request: web.Request, viewer: Viewer) -> web.Response:
    """Show how it would look, save it, start its discussion or open its vote; what is wrong comes back with what was typed."""
    assert viewer.member is not None
    form, step = await read_form(request), ""
    step = form.text("step") or "preview"
    uuid = uuid_of(request) if "uuid" in request.match_info else ""
    known = await request.app[UNITS].read(_known)
    template = _template(form, known.ways)
    fields = known.fields(template)
    filled = Filled(template, _kept(form, fields), known, request.path, uuid)
    if step == "choose":
        return _show(request, replace(filled, kept=_brought(request, form, filled)))
    words = with_instants(form, _settings(form, template, fields), request.app[RENDERER].zone)
    wanted = _wanted(request, form, template, step, words)
    if form.errors:
        return _show(request, filled, errors=form.errors)
    try:
        if step == "preview":
            return _show(request, filled, preview=await _preview(request, viewer, wanted), wanted=wanted)
        return see_other(await _store(request, viewer, wanted, step, uuid))
    except (Invalid, MotionRefused) as error:
        return _show(request, filled, errors={_field(error, fields): error.message})


async def _store(request: web.Request, viewer: Viewer, wanted: Wanted, step: str, uuid: str) -> str:
    """Save, and submit where that was asked for, in one unit: a refused one leaves no draft behind. Return where to go."""
    assert viewer.member is not None
    by = viewer.member.id

    def work(uow: UnitOfWork) -> str:
        draft = save_draft(uow, by=by, wanted=wanted, uuid=uuid)
        if step == "save":
            return f"/proposals/{draft.uuid}/draft?done=saved"
        _, motion = submit(uow, by=by, uuid=draft.uuid)
        return f"/motions/{motion.uuid}" if motion is not None else f"/proposals/{draft.uuid}?done=published"

    return await request.app[UNITS].write(work)


# --- what was typed ---------------------------------------------------------------------------------------------


def _template(form: Form, known: Mapping[str, Template]) -> Template:
    """Return the chosen way; a form that names a method only takes the first way with that method."""
    found = known.get(form.text("template"))
    if found is None:
        found = next((item for item in BUILT_IN.values() if item.method == form.text("method")), None)
    if found is None:
        form.wrong("method", "Choose how we decide this.")
    return found or next(iter(BUILT_IN.values()))


def _wanted(request: web.Request, form: Form, template: Template, step: str, words: Mapping[str, str]) -> Wanted:
    """Return what the form wants; errors are noted in the form. Saving a draft asks for nothing to be complete."""
    if step == "save":
        title = form.text("title")[: lifecycle.MAX_TITLE]
    else:
        title = form.required(
            "title", "Give it a title. What will be true if this is carried?", most=lifecycle.MAX_TITLE
        )
    opens_now = step == "open"
    phases, method = template.phases, METHODS[template.method]
    options = tuple(lines(form.text("options")))
    if method.own_options and step != "save" and not (options or method.default_options()):
        form.wrong("options", "Give 2 to 50 options, one a line; there are 0.")
    elif method.own_options and step != "save" and len(options) == 1:
        form.wrong("options", "Give 2 to 10 options, one a line; there is 1.")
    elif len(options) > MAX_LINES:
        form.wrong("options", f"Give 2 to {MAX_LINES} options, one a line; there are {len(options)}.")
    public = form.text("audience") != "members"
    channels = frozenset({Channel.WEB, *((Channel.ACTIVITYPUB,) if "activitypub" in form.all("channels") else ())})
    return Wanted(
        title=title,
        body=form.text("text"),
        method=template.method,
        options=options if method.own_options else (),
        settings=with_zone(method.extra_keys(), words, str(request.app[RENDERER].zone)),
        channels=channels & DEFAULT_CHANNELS,
        template=template.key,
        audience="public" if public else "members",
        topic=form.text("topic"),
        seeks_sponsors=bool(form.text("sponsors")) and not opens_now,
        discusses=not opens_now,
        notice=timedelta(days=phases.notice_days),
        lasts=timedelta(days=phases.voting_days),
        discussion_ends_at=None if opens_now else _instant(request, form, "discussion", needed=False),
        opens_at=_instant(request, form, "opens", needed=False),
        closes_at=_instant(request, form, "closes", needed=opens_now),
    )


def _instant(request: web.Request, form: Form, name: str, *, needed: bool) -> datetime | None:
    """Return the time in a field; one in the past is no time for something to come."""
    if not form.text(name) and not needed:
        return None
    found = form.take(name, lambda typed: local_instant(typed, request.app[RENDERER].zone))
    if found is not None and found <= request.app[CLOCK].now():
        form.wrong(name, "This is in the past. Give a later time.")
    return found


def _settings(form: Form, template: Template, fields: Sequence[SettingField]) -> dict[str, str]:
    """Return the template's words under what was typed; fields that belong to another way say nothing about this one."""
    method = METHODS[template.method]
    typed = {field.name: typed_in(form, field) for field in fields if was_sent(form, field)}
    shown = form.text("shown")
    if shown and shown != template.key:
        own = {*method.extra_keys(), *method.reads(), "quorum"}
        typed = {name: text for name, text in typed.items() if name not in own}
    words = {**template.words, **words_of(method, typed)}
    if words.get("delegation") == DelegationMode.LIQUID and form.text("topic"):
        words["topic"] = form.text("topic")  # finds those who passed on their votes of this topic (governance.md 8)
    return words


def _field(error: Refused, fields: Sequence[SettingField]) -> str:
    named = error.field if isinstance(error, Invalid) else ""
    known = {*TEXTS, "channels", "method", *(field.name for field in fields)}
    return next((name for name in (named, error.code, _FIELDS.get(error.code, "")) if name in known), "title")


def _brought(request: web.Request, form: Form, filled: Filled) -> dict[str, Any]:
    """Return the form for another way: what is usual for it, the texts, and what was not as usual and it has too."""
    template, known = filled.template, filled.known
    before = known.ways.get(form.text("shown"), template)
    usual, own = _usual(request, before), {*METHODS[template.method].extra_keys(), *METHODS[template.method].reads()}
    shared = {"discussion", "closes", "opens", *(field.name for field in known.fields(template))} - own - {"quorum"}
    changed = {name: filled.kept[name] for name in shared if filled.kept[name] not in ("", usual.get(name, ""))}
    texts = {name: form.text(name) for name in ("title", "text", "options", "audience", "topic")}
    told = {"channels": form.all("channels"), "sponsors": form.text("sponsors")}
    return _usual(request, template) | changed | texts | told


def _kept(form: Form, fields: Sequence[SettingField]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: form.text(name) for name in TEXTS}
    kept |= {field.name: typed_in(form, field) for field in fields}
    return kept | {"channels": form.all("channels"), "sponsors": form.text("sponsors")}


# --- what is usual ----------------------------------------------------------------------------------------------


def _usual(request: web.Request, template: Template) -> dict[str, Any]:
    now, zone = request.app[CLOCK].now().replace(minute=0), request.app[RENDERER].zone
    kept = _blank(template)
    phases = template.phases
    days = max(phases.discussion_days, Bylaws().shortest_discussion.days)
    talks_until = now + timedelta(days=days)
    closes = talks_until + timedelta(days=phases.notice_days + phases.voting_days)
    if not phases.discussion_days:
        closes = now + timedelta(days=phases.voting_days)
    kept |= {"discussion": input_time(talks_until, zone), "closes": input_time(closes, zone)}
    return kept | {"options": "\n".join(template.options), "sponsors": "yes" if phases.admission else ""}


def _blank(template: Template) -> dict[str, Any]:
    method = METHODS[template.method]
    kept: dict[str, Any] = dict.fromkeys((*TEXTS, *(field.name for field in fields_of(method))), "")
    kept |= {name: word for name, word in template.words.items() if name in kept}
    kept["visibility"] = template.words.get("visibility", method.defaults().visibility.value)
    return kept | {"audience": "public", "channels": ("activitypub",), "sponsors": ""}


def _template_of(plan: Plan, known: Mapping[str, Template]) -> Template:
    """Return the way of a stored draft; where it is gone, the first with its method."""
    same = next((item for item in BUILT_IN.values() if item.method == plan.method), next(iter(BUILT_IN.values())))
    return known.get(plan.template, same)


def _of_plan(request: web.Request, title: str, body: str, plan: Plan, template: Template) -> dict[str, Any]:
    """Return the form's values of a stored draft."""
    zone = request.app[RENDERER].zone
    kept = _blank(template) | {name: word for name, word in plan.settings.items() if name not in TEXTS}
    kept |= shown_times(plan.settings, zone)
    dates = {"discussion": plan.discussion_ends_at, "closes": plan.closes_at, "opens": plan.opens_at}
    kept |= {name: input_time(at, zone) if at is not None else "" for name, at in dates.items()}
    kept |= {"title": title, "text": body, "options": "\n".join(plan.options), "topic": plan.topic}
    kept |= {"audience": plan.audience, "sponsors": "yes" if plan.seeks_sponsors else ""}
    kept["channels"] = tuple(channel.value for channel in plan.channels if channel is Channel.ACTIVITYPUB)
    return kept


# --- showing ----------------------------------------------------------------------------------------------------


async def _preview(request: web.Request, viewer: Viewer, wanted: Wanted) -> Preview:
    assert viewer.member is not None
    now, method = request.app[CLOCK].now(), METHODS[wanted.method]
    closes_at = wanted.closes_at or now + wanted.lasts
    draft = Draft(
        title=wanted.title,
        body=wanted.body,
        method=wanted.method,
        closes_at=closes_at,
        options=read_lines(method, wanted.options, wanted.settings) if method.own_options else (),
        settings=wanted.settings,
        channels=wanted.channels,
    )
    motion, body_html = await request.app[UNITS].read(plan_motion, by=viewer.member.id, draft=draft)
    eligible = await request.app[UNITS].read(eligible_now)
    rule = rule_sentence(motion.method, motion.options, motion.settings, eligible)
    is_poll = wanted.audience == "public" and lifecycle.is_poll(
        motion.method, motion.options, motion.settings, motion.channels
    )
    return Preview(motion.title, body_html, rule, motion.options, motion.closes_at, is_poll)


def _show(
    request: web.Request,
    filled: Filled,
    *,
    errors: dict[str, str] | None = None,
    preview: Preview | None = None,
    wanted: Wanted | None = None,
) -> web.Response:
    template, method = filled.template, METHODS[filled.template.method]
    groups: dict[str, list[SettingField]] = {"rule": [], **{name: [] for name in MORE}}
    for field in filled.known.fields(template):
        groups[field.group].append(field)
    return html(
        request,
        "proposals/proposal_new.html",
        status=422 if errors else 200,
        kept=filled.kept,
        errors=errors or {},
        preview=preview,
        chosen=template,
        method=method,
        ways=ways(template, filled.known.ways),
        groups=groups,
        more=MORE,
        opened=_opened(filled, groups, errors or {}),
        ticked=ticked,
        share_in=share_in,
        usual=_usual_words(template),
        action=filled.action,
        draft=filled.draft,
        steps=phases_ahead(template),
        opens_at_once=template.phases.discussion_days == 0,
    )


def _opened(filled: Filled, groups: Mapping[str, Sequence[SettingField]], errors: Mapping[str, str]) -> frozenset[str]:
    """Return the groups of settings that stand open: where something is wrong, or is not as usual for the way."""
    usual, kept = _blank(filled.template), filled.kept
    names = {group: [field.name for field in fields] for group, fields in groups.items()}
    names["more"].append("topic")
    return frozenset(
        group
        for group, listed in names.items()
        if any(name in errors or kept.get(name, "") not in ("", usual.get(name, "")) for name in listed)
    )


def ways(chosen: Template, known: Mapping[str, Template]) -> list[tuple[str, Template, list[Template]]]:
    """Return each question with the way that stands for it, the chosen one where it is among them, and the others."""
    found = []
    for question, templates in by_question(known.values()).items():
        shown = next((item for item in templates if item.key == chosen.key), templates[0])
        found.append((question, shown, [item for item in templates if item.key != shown.key]))
    return found


def _usual_words(template: Template) -> Mapping[str, str]:
    """Return what holds where a field is left empty, as far as the method names it."""
    extra = METHODS[template.method].defaults().extra
    shown = {
        name: ("yes" if value else "no") if isinstance(value, bool) else str(value) for name, value in extra.items()
    }
    return shown | dict(template.words)


def phases_ahead(template: Template) -> tuple[Step, ...]:
    """Return what will happen, phase by phase (design.md 5, Steps)."""
    phases = template.phases
    first = Step("now", "You write and look", "Everything can still change")
    if phases.discussion_days == 0:
        return (
            first,
            Step("", "You open the vote", "Text, rule and roll are fixed from then on"),
            Step("", f"Voting, {_days(phases.voting_days)}"),
            Step("", "Counted at once, by the rule"),
        )
    return (
        first,
        *((Step("", "Sponsors are sought", "30 days at most"),) if phases.admission else ()),
        Step("", f"Discussion, {_days(phases.discussion_days)} or more", "You can still change the text"),
        Step("", "The text is fixed", f"{_days(phases.notice_days)} of notice" if phases.notice_days else ""),
        Step("", f"Voting, {_days(phases.voting_days)}"),
        Step("", "Counted at once, by the rule"),
    )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
