"""Pages of deciding: the register, a motion with its ballot or its result, voting, the recount file, steps of its life."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from fedcoop.actions.motions.ballots import cast_on_page, try_on_page, withdraw_ballot
from fedcoop.governance.counting.weighing import weight_note
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.motion import Channel, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.words.choice_words import choice_words
from fedcoop.governance.words.rule_facts import further_rules
from fedcoop.kernel.errors import BallotRefused, NotFound
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.follow_ups.decision_register import STANDING, STATES, register
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.motions.meetings import Joining, joining
from fedcoop.queries.motions.motion import MotionView, blank_ballot, find_counted, motion_view, recount_part
from fedcoop.queries.proposals.proposal_lists import under_discussion
from fedcoop.web.frame import formats, words
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import RECEIVED, ballot_door, html, look, page, see_other
from fedcoop.web.frame.keys import CLOCK, RENDERER, UNITS
from fedcoop.web.motions.ballots import ballot_page
from fedcoop.web.motions.choosing import Marks, marks_of, read, sheet_of
from fedcoop.web.motions.facts import facts_of
from fedcoop.web.motions.steps import steps_of
from fedcoop.web.results import charts
from fedcoop.web.results.classes import beside, class_table, own_weight
from fedcoop.web.results.journeys import journey
from fedcoop.web.results.results import Result, counts_later, result_of
from fedcoop.web.results.verdicts import headline_of, result_words, verdict_of

_RECEIPT = re.compile(r"[0-9a-f]{64}")
OF_THE_CHOICE = frozenset(("option", "too-many", "too-few", "range", "ranks", "choice-shape"))
"""Codes of refusals that the member mends on the ballot itself."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uuid_of(request: web.Request) -> str:
    """Return the uuid in the address. Raises NotFound where it is none."""
    uuid = request.match_info["uuid"]
    if not _UUID.fullmatch(uuid):
        raise NotFound("motion-unknown", "There is no such proposal.")
    return uuid


# --- the register -----------------------------------------------------------------------------------------------


@page
async def decisions_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the register: open votes, what was decided, what was annulled; searched and in pages."""
    state = request.query.get("state", "open")
    sought = request.query.get("q", "").strip()[:100]
    if state not in STATES and state not in STANDING:
        raise NotFound("state-unknown")
    if sought and "state" not in request.query:
        state = "all"
    before = cursor(request)
    view = await look(request, viewer, register, state=state, words=sought, before=before, public=viewer.member is None)
    here = {"state": state, **({"q": sought} if sought else {})}
    older = f"/decisions?{urlencode({**here, 'before': view.older})}" if view.older else ""
    newer = f"/decisions?{urlencode(here)}" if before else ""
    results = {line.uuid: result_words(line.motion, line.tally) for line in view.lines}
    return html(
        request,
        "motions/decisions.html",
        view=view,
        under_discussion=await look(request, viewer, under_discussion, public=viewer.member is None),
        state=state,
        words_sought=sought,
        older=older,
        newer=newer,
        results=results,
    )


def cursor(request: web.Request, name: str = "before") -> int | None:
    """Return the id or number after which a page goes on. Raises NotFound for what is none."""
    text = request.query.get(name, "")
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise NotFound("cursor-unknown")
    return number


# --- one motion -------------------------------------------------------------------------------------------------


@page
async def motion_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show a motion: with its ballot while it is open, with its result and proof afterwards."""
    view = await motion_view_of(request, viewer)
    return await _show(request, view, marks=_stored(view))


def _stored(view: MotionView) -> Marks:
    """Return the ballot as this member's vote fills it in."""
    sheet = sheet_of(view.motion, view.form, view.options)
    return marks_of(view.my.choice, view.my.reason, sheet) if view.my else Marks()


async def motion_view_of(request: web.Request, viewer: Viewer) -> MotionView:
    """Return the motion of the address as this reader may see it. Raises NotFound."""
    after = whole_number(request.query.get("ballots", "")) or 0
    view = await look(request, viewer, motion_view, uuid=uuid_of(request), member=viewer.member, ballots_after=after)
    return _on_our_clocks(request, view)


def _on_our_clocks(request: web.Request, view: MotionView) -> MotionView:
    """Return the view with options that are times named on the co-op's own clocks, everywhere on the page."""
    if not any(option.starts_at for option in view.options):
        return view
    zone, now = request.app[RENDERER].zone, request.app[CLOCK].now()
    named = {option.key: replace(option, name=formats.occasion(option, zone, now)) for option in view.options}
    motion = replace(view.motion, options=tuple(named[option.key] for option in view.motion.options))
    return replace(view, motion=motion, options=tuple(named[option.key] for option in view.options))


async def _show(
    request: web.Request,
    view: MotionView,
    *,
    marks: Marks,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    late: str = "",
    checking: bool = False,
) -> web.Response:
    motion, told = view.motion, partial(choice_told, view)
    bars = {
        "turnout": charts.turnout(
            view.present,
            motion.eligible,
            view.quorum_needs,
            over=view.phase != "open",
            represented=view.present - view.voted,
        ),
        "result": charts.results(motion, view.tally) if view.tally else (),
    }
    return html(
        request,
        "motions/motion.html",
        status=status,
        view=view,
        bars=bars,
        ballot=ballot_page(view, marks),
        ballots_after=whole_number(request.query.get("ballots", "")),
        checking=checking,
        joining=await _joining(request, view),
        about=further_rules(motion.method, motion.settings, motion.eligible),
        signs_of=partial(choice_signs, view),
        told_of=told,
        facts=facts_of(view, request.app[RENDERER].zone, request.app[CLOCK].now()),
        errors=errors or {},
        late=late,
        kept_words=told(marks.choice) if late and marks.choice else "",
        steps=steps_of(view, request.app[RENDERER].zone, request.app[CLOCK].now()),
        counted_by=motion.closes_at + motion.settings.grace,
        verdict=verdict_of(view),
        headline=headline_of(view),
        result=_result(request, view),
        my_journey=journey(motion, view.my.choice, view.tally.count) if view.my and view.tally else (),
        guests=words.guests(view.tally.guests, motion.options) if view.tally else "",
        totals_only=counts_later(motion.method),
        my_words=told(view.my.choice) if view.my else "",
        tick_rule=words.tick_rule(motion.settings.extra),
        reason_words=formats.listed([words.choice(key, motion.options).word.lower() for key in view.reason_for], "or"),
        receipt=await _receipt(request, view),
        classes=class_table(view),
        own_weight=own_weight(view),
        beside=beside(view),
        weight_words=weight_note(motion.settings),
    )


def _result(request: web.Request, view: MotionView) -> Result:
    """Return the parts of the result once there is one."""
    if view.outcome is None or view.tally is None:
        return Result()
    zone, now = request.app[RENDERER].zone, request.app[CLOCK].now()
    return result_of(view.motion, view.tally, lambda option: formats.occasion(option, zone, now))


async def _joining(request: web.Request, view: MotionView) -> Joining | None:
    """Return where a count stands, where its numbers may be seen (governance.md 7.2)."""
    if view.motion.method != "opt_in" or view.tally is None:
        return None
    voter = view.my.voter if view.my else ""
    return await request.app[UNITS].read(joining, motion=view.motion, voter=voter)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was looked up: `state` is empty, `bad`, `absent` or `found`; then what was chosen, and how it travelled."""

    text: str = ""
    state: str = ""
    words: str = ""
    journey: tuple[str, ...] = ()


async def _receipt(request: web.Request, view: MotionView) -> Receipt:
    text = request.query.get("receipt", "").strip().lower().replace(" ", "")[:80]
    if not text or view.outcome is None:
        return Receipt()
    if not _RECEIPT.fullmatch(text):
        return Receipt(text, "bad")
    found = await request.app[UNITS].read(find_counted, motion_id=view.motion.id, leaf=text)
    if found is None:
        return Receipt(text, "absent")
    way = journey(view.motion, found, view.tally.count) if view.tally else ()
    return Receipt(text, "found", choice_told(view, found), way)


def choice_told(view: MotionView, choice: Choice) -> str:
    """Return what was chosen: `For`, `1. Amara, 2. Bilal`, `Olive 3, Rye 5`; times as the view names them."""

    def name(option: Option) -> str:
        return words.choice(option.key, (option,)).word

    return choice_words(view.motion.method, choice, view.motion.options, name)


def choice_signs(view: MotionView, choice: Choice) -> tuple[words.Sign, ...]:
    """Return the signs of stances or ticks; nothing where the choice is a ranking or numbers, which are words."""
    if not choice:
        return (words.Sign(choice_told(view, choice), "dash", "abstain"),)
    if METHODS[view.motion.method].shape not in (Shape.ONE, Shape.SET):
        return ()
    return tuple(words.choice(key, view.motion.options) for key in choice)


@ballot_door
async def vote(request: web.Request, viewer: Viewer) -> web.Response:
    """Cast or change the member's ballot; what is wrong comes back with everything that was typed.

    A button that only changes what is shown, and a ranking to be checked once more, store nothing.
    """
    assert viewer.member is not None
    uuid, form, now = uuid_of(request), await read_form(request), request[RECEIVED]
    motion, options = await request.app[UNITS].read(blank_ballot, uuid=uuid, member=viewer.member)
    marks = read(form, sheet_of(motion, METHODS[motion.method].form, options))
    step = form.text("step")
    if marks.again or step == "change":
        return await _show(request, await motion_view_of(request, viewer), marks=replace(marks, again=True))
    if marks.errors:
        view = await motion_view_of(request, viewer)
        return await _show(request, view, marks=marks, errors=marks.errors, status=422)
    units, voter = request.app[UNITS], viewer.member.id
    try:
        if step == "check":
            await units.read(
                try_on_page, voter=voter, uuid=uuid, marks=marks.choice, reason=marks.reason, received_at=now
            )
            return await _show(request, await motion_view_of(request, viewer), marks=marks, checking=True)
        changed = await units.write(
            cast_on_page, voter=voter, uuid=uuid, marks=marks.choice, reason=marks.reason, received_at=now
        )
    except BallotRefused as error:
        return await _refused(request, viewer, error, marks, now)
    return see_other(f"/motions/{uuid}?done={'changed' if changed else 'cast'}#ballot")


async def _refused(
    request: web.Request, viewer: Viewer, error: BallotRefused, marks: Marks, now: datetime
) -> web.Response:
    view = await motion_view_of(request, viewer)
    if error.code in ("late", "not-open", "closed") or view.phase != "open":
        return await _show(request, view, marks=marks, status=409, late=late_words(request, view, now))
    if error.code == "reason":
        told = next((words.REASON_NEEDED[key] for key in marks.choice if key in words.REASON_NEEDED), error.message)
        return await _show(request, view, marks=marks, errors={"reason": told}, status=422)
    if error.code == "reason-long":
        return await _show(request, view, marks=marks, errors={"reason": error.message}, status=422)
    told = ask(view, error) if error.code == "option" or not marks.choice else error.message
    status = 422 if error.code in OF_THE_CHOICE else 409
    return await _show(request, view, marks=marks, errors={"choice": told}, status=status)


def ask(view: MotionView, error: BallotRefused) -> str:
    """Return what to choose from."""
    return words.ASKS.get(view.motion.method) or error.message


def late_words(request: web.Request, view: MotionView, now: datetime) -> str:
    """Return what somebody hears whose vote came after the close (design.md 8.6)."""
    zone = request.app[RENDERER].zone
    closed = formats.clock(view.ended_at, zone)
    return (
        f"This vote closed at {closed}, before your vote arrived at {formats.clock(now, zone)}. "
        "It could not be counted. The result stands here once it is counted."
    )


@ballot_door
async def withdraw(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the member's ballot back; it leaves the turnout too."""
    assert viewer.member is not None
    view = await motion_view_of(request, viewer)
    now = request[RECEIVED]
    try:
        await request.app[UNITS].write(
            withdraw_ballot, voter=viewer.member.id, motion_id=view.motion.id, channel=Channel.WEB, at=now
        )
    except BallotRefused as error:
        return await _refused(request, viewer, error, Marks(), now)
    return see_other(f"/motions/{view.motion.uuid}?done=withdrawn#ballot")


@page
async def recount(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Hand out the recount file of a decided motion, part by part (governance.md 5.3)."""
    units, uuid = request.app[UNITS], uuid_of(request)
    part = await units.read(recount_part, uuid=uuid, member=viewer.member, n=0)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Disposition": f'attachment; filename="recount-{uuid[:8]}.json"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=3600" if viewer.member else "public, max-age=3600",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    n = 0
    while part:
        await response.write(part)
        n += 1
        part = await units.read(recount_part, uuid=uuid, member=viewer.member, n=n)
    await response.write_eof()
    return response
