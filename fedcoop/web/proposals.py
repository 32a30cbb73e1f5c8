"""A new proposal: one form with a look before the vote opens; everything typed is kept until it is right."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from fedcoop.actions.motions import Draft, open_motion, plan_motion
from fedcoop.governance import lifecycle
from fedcoop.governance.counting import Sentence
from fedcoop.governance.methods import METHODS
from fedcoop.governance.motions import Channel, Option
from fedcoop.governance.wording import rule_sentence
from fedcoop.kernel.errors import Invalid, MotionRefused, Refused
from fedcoop.queries.accounts import Viewer
from fedcoop.queries.register import eligible_now
from fedcoop.web.forms import Form, lines, local_instant, read_form
from fedcoop.web.guards import html, member_page, see_other
from fedcoop.web.keys import CLOCK, RENDERER, UNITS
from fedcoop.web.rendering import input_time

USUAL = timedelta(days=7)
_KEYS = "abcdefghij"
_TEXTS = ("method", "title", "text", "options", "seats", "closes", "threshold", "base", "quorum", "visibility")
_FIELDS = {
    "closes_at": "closes",
    "body": "text",
    "channels": "channels",
    "options": "options",
    "seats": "seats",
    "max": "options",
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


@member_page
async def new_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the form with what is usual."""
    closes = request.app[CLOCK].now() + USUAL
    kept: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    kept.update(method="resolution", threshold="1/2", base="yes_no", visibility="live", seats="1")
    kept.update(closes=input_time(closes.replace(minute=0), request.app[RENDERER].zone), channels=("activitypub",))
    return _show(request, kept)


@member_page
async def submit(request: web.Request, viewer: Viewer) -> web.Response:
    """Show how the proposal would look, or open the vote; what is wrong comes back with all that was typed."""
    assert viewer.member is not None
    form = await read_form(request)
    kept: dict[str, Any] = {name: form.text(name) for name in _TEXTS}
    kept["channels"] = form.all("channels")
    draft = _draft(request, form)
    if draft is None:
        return _show(request, kept, errors=form.errors)
    try:
        if form.text("step") == "open":
            motion = await request.app[UNITS].write(open_motion, by=viewer.member.id, draft=draft)
            return see_other(f"/motions/{motion.uuid}")
        preview = await _preview(request, viewer, draft)
    except (Invalid, MotionRefused) as error:
        return _show(request, kept, errors={_field(error): error.message})
    return _show(request, kept, preview=preview)


def _field(error: Refused) -> str:
    named = error.field if isinstance(error, Invalid) else ""
    known = {*_TEXTS, "channels"}
    return next((name for name in (named, error.code, _FIELDS.get(error.code, "")) if name in known), "title")


def _draft(request: web.Request, form: Form) -> Draft | None:
    method = form.text("method")
    if method not in METHODS:
        form.wrong("method", "Choose how we decide this.")
    title = form.required("title", "Give it a title. What will be true if this is carried?", most=lifecycle.MAX_TITLE)
    text = form.text("text")
    options = _options(form, method)
    closes_at = form.take("closes", lambda typed: local_instant(typed, request.app[RENDERER].zone))
    if closes_at is not None and closes_at <= request.app[CLOCK].now():
        form.wrong("closes", "This is in the past. Give a later time.")
    if form.errors or closes_at is None:
        return None
    channels = {Channel.WEB} | ({Channel.ACTIVITYPUB} if "activitypub" in form.all("channels") else set())
    return Draft(
        title=title,
        body=text,
        method=method,
        closes_at=closes_at,
        options=options,
        settings=_settings(form, method),
        channels=frozenset(channels),
    )


def _options(form: Form, method: str) -> tuple[Option, ...]:
    if method not in METHODS or not METHODS[method].own_options:
        return ()
    options = lines(form.text("options"))
    if not 2 <= len(options) <= 10:
        form.wrong(
            "options", f"Give 2 to 10 options, one a line; there {'is' if len(options) == 1 else 'are'} {len(options)}."
        )
    return tuple(Option(key, name) for key, name in zip(_KEYS, options, strict=False))


def _settings(form: Form, method: str) -> dict[str, str]:
    found = {"visibility": form.text("visibility", "live") or "live"}
    if form.text("quorum"):
        found["quorum"] = form.text("quorum")
    if method == "resolution":
        share = form.text("threshold") or "1/2"
        found["threshold"] = ">1/2" if share == "1/2" else share
        found["base"] = form.text("base") or "yes_no"
    if method == "approval" and form.text("seats"):
        found["seats"] = form.text("seats")
    return found


async def _preview(request: web.Request, viewer: Viewer, draft: Draft) -> Preview:
    assert viewer.member is not None
    motion, body_html = await request.app[UNITS].read(plan_motion, by=viewer.member.id, draft=draft)
    eligible = await request.app[UNITS].read(eligible_now)
    rule = rule_sentence(motion.method, motion.options, motion.settings, eligible)
    is_poll = lifecycle.is_poll(motion.method, motion.options, motion.settings, motion.channels)
    return Preview(motion.title, body_html, rule, motion.options, motion.closes_at, is_poll)


def _show(
    request: web.Request, kept: dict[str, Any], *, errors: dict[str, str] | None = None, preview: Preview | None = None
) -> web.Response:
    status = 422 if errors else 200
    return html(request, "proposal_new.html", status=status, kept=kept, errors=errors or {}, preview=preview)
