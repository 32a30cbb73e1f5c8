"""What members do on a proposal's page: sponsor, edit, amend, speak, fix, open, withdraw; each a form that needs no script.

What ends a phase is asked for on a page of its own. Texts that cannot stand come back with everything that was typed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from fedcoop.actions.proposals import (
    amendment_votes,
    amendments,
    co_authors,
    discussion,
)
from fedcoop.actions.proposals import proposal as actions
from fedcoop.actions.proposals import proposal_steps as steps
from fedcoop.governance.proposals.amendments import AmendmentKind, Change, Operation
from fedcoop.governance.proposals.diffs import Paragraph, diff_texts
from fedcoop.governance.proposals.paragraphs import START, paragraphs_of
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotFound, Refused
from fedcoop.kernel.ids import whole_number
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.proposals.amendments import AmendmentView
from fedcoop.queries.proposals.proposal import ProposalView, proposal_view
from fedcoop.web.frame.forms import Form, lines, read_form
from fedcoop.web.frame.guards import html, member_page, see_other
from fedcoop.web.frame.keys import UNITS
from fedcoop.web.motions.motion import uuid_of
from fedcoop.web.proposals.proposal import show
from fedcoop.web.proposals.proposal_words import OPERATIONS, STEPS

Action = Callable[..., Any]
DIRECT: Mapping[str, tuple[Action, str]] = {
    "sponsor": (steps.add_sponsor, "sponsor"),
    "unsponsor": (steps.withdraw_sponsor, "unsponsor"),
    "adopt": (steps.adopt, "adopt"),
    "leave": (co_authors.leave_authors, "leave"),
}
CONFIRMED: Mapping[str, tuple[Action, str]] = {
    "freeze": (steps.freeze, "freeze"),
    "open": (steps.open_vote, "open"),
    "withdraw": (steps.withdraw, "withdraw"),
    "discard": (actions.discard_draft, "discard"),
    "amendment-votes": (amendment_votes.begin, "amendment-votes"),
}
ON_AMENDMENTS: Mapping[str, Action] = {
    "accept": amendments.back_amendment,
    "sponsor": amendments.back_amendment,
    "unsponsor": amendments.unback_amendment,
    "decline": amendments.decline_amendment,
    "formal": amendments.make_formal,
    "withdraw": amendments.withdraw_amendment,
}


async def view_of(request: web.Request, viewer: Viewer) -> ProposalView:
    """Return the proposal of the address as this reader may see it. Raises NotFound."""
    return await request.app[UNITS].read(proposal_view, uuid=uuid_of(request), member=viewer.member)


def _back(request: web.Request, done: str, place: str = "") -> web.Response:
    return see_other(f"/proposals/{uuid_of(request)}?done={done}{f'#{place}' if place else ''}")


# --- steps ------------------------------------------------------------------------------------------------------


@member_page
async def take_direct(request: web.Request, viewer: Viewer) -> web.Response:
    """Take a step that can be taken back."""
    assert viewer.member is not None
    name = request.match_info["step"]
    action, _ = DIRECT[name]
    await request.app[UNITS].write(action, by=viewer.member.id, uuid=uuid_of(request))
    return _back(request, name, "sponsors")


@member_page
async def step_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Say what the step would do, before it is done. Raises NotFound where it is not open to the reader now."""
    return _confirm(request, await view_of(request, viewer), request.match_info["step"])


@member_page
async def take_step(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the step; what stands against it is said on the page that asked."""
    assert viewer.member is not None
    name = request.match_info["step"]
    try:
        found = await request.app[UNITS].write(CONFIRMED[name][0], by=viewer.member.id, uuid=uuid_of(request))
    except (Conflict, MotionRefused) as error:
        return _confirm(request, await view_of(request, viewer), name, error=error.message)
    if name == "open":
        return see_other(f"/motions/{found.uuid}")
    return see_other("/proposals") if name == "discard" else _back(request, name)


def _confirm(request: web.Request, view: ProposalView, name: str, *, error: str = "") -> web.Response:
    if not error and CONFIRMED[name][1] not in view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    address = f"/proposals/{view.proposal.uuid}"
    values: dict[str, Any] = {"danger": False, **STEPS[name]}
    return html(
        request,
        "frame/confirm.html",
        status=409 if error else 200,
        subject=view.proposal.title,
        back=f"{address}/draft" if name == "discard" else address,
        action=f"{address}/{name}",
        ask_time=False,
        ask_reason=False,
        kept_time="",
        kept_reason="",
        errors={"main": error} if error else {},
        **values,
    )


# --- the text ---------------------------------------------------------------------------------------------------


@member_page
async def edit_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the text in a form."""
    view = await view_of(request, viewer)
    if "edit" not in view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    return _edit(request, view, _present(view))


def _present(view: ProposalView) -> dict[str, str]:
    proposal = view.proposal
    return {
        "title": proposal.title,
        "text": proposal.body,
        "options": "\n".join(view.plan.options),
        "note": "",
        "based_on": str(proposal.version),
    }


@member_page
async def edit(request: web.Request, viewer: Viewer) -> web.Response:
    """Store a new version; if somebody else changed the text meanwhile, show both and lose nothing (design.md 8.20)."""
    assert viewer.member is not None
    form, uuid = await read_form(request), uuid_of(request)
    kept = {name: form.text(name) for name in ("title", "text", "options", "note", "based_on")}
    change = actions.Edit(
        title=kept["title"],
        body=kept["text"],
        based_on=whole_number(kept["based_on"], 999_999) or 0,
        note=kept["note"],
        options=tuple(lines(kept["options"])) if form.has("options") else None,
    )
    try:
        await request.app[UNITS].write(actions.edit, by=viewer.member.id, uuid=uuid, change=change)
    except (Invalid, MotionRefused, Conflict) as error:
        view = await view_of(request, viewer)
        if error.code == "edited-meanwhile":
            kept["based_on"] = str(view.proposal.version)
            return _edit(
                request, view, kept, clash=await asyncio.to_thread(diff_texts, view.proposal.body, kept["text"])
            )
        return _edit(request, view, kept, errors={_field(error): error.message})
    return _back(request, "edited", "text")


def _field(error: Refused) -> str:
    named = error.field if isinstance(error, Invalid) else ""
    table = {"body": "text", "text": "text", "options": "options", "title": "title"}
    return next((table[name] for name in (named, error.code) if name in table), "text")


def _edit(
    request: web.Request,
    view: ProposalView,
    kept: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    clash: Sequence[Paragraph] = (),
) -> web.Response:
    other = view.versions[-1] if clash else None
    return html(
        request,
        "proposals/proposal_edit.html",
        status=409 if clash else 422 if errors else 200,
        view=view,
        kept=kept,
        errors=errors or {},
        other=other,
        diff=clash,
    )


# --- amendments -------------------------------------------------------------------------------------------------


@member_page
async def amend_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the form of an amendment, new or based anew on the present text."""
    view = await view_of(request, viewer)
    rebased = _rebased(request, view)
    if rebased is None and "amend" not in view.may:
        raise NotFound("step-unknown", "There is nothing to do here now.")
    kept = {"paragraph": request.query.get("paragraph", ""), "operation": "replace", "text": "", "reason": ""}
    if rebased is not None:
        change = rebased.amendment.change
        kept |= {"operation": change.operation.value, "text": change.text, "reason": rebased.amendment.reason}
    elif kept["paragraph"]:
        kept["text"] = next((p.text for p in paragraphs_of(view.proposal.body) if p.id == kept["paragraph"]), "")
    return _amend(request, view, {**kept, "kind": "friendly"}, rebased=rebased)


def _rebased(request: web.Request, view: ProposalView) -> AmendmentView | None:
    uuid = request.match_info.get("amendment")
    if uuid is None:
        return None
    found = next((item for item in view.amendments if item.amendment.uuid == uuid), None)
    if found is None or "rebase" not in found.may:
        raise NotFound("amendment-unknown", "There is no such amendment.")
    return found


@member_page
async def amend(request: web.Request, viewer: Viewer) -> web.Response:
    """Propose an amendment, or base one anew; what is wrong comes back with everything that was typed."""
    assert viewer.member is not None
    form, units = await read_form(request), request.app[UNITS]
    kept = {name: form.text(name) for name in ("paragraph", "operation", "text", "reason", "kind")}
    view = await view_of(request, viewer)
    rebased = _rebased(request, view)
    try:
        change = _change(form)
        if rebased is not None:
            await units.write(
                amendments.rebase_amendment, by=viewer.member.id, uuid=rebased.amendment.uuid, change=change
            )
        else:
            await units.write(
                amendments.propose_amendment,
                by=viewer.member.id,
                uuid=uuid_of(request),
                kind=AmendmentKind.FORMAL if kept["kind"] == "formal" else AmendmentKind.FRIENDLY,
                change=change,
                reason=kept["reason"],
            )
    except (Invalid, Conflict) as error:
        field = {"amendment-paragraph": "paragraph", "amendment-reason": "reason"}.get(error.code, "text")
        return _amend(request, view, kept, errors={field: error.message}, rebased=rebased)
    return _back(request, "amended", "amendments")


def _change(form: Form) -> Change:
    operation = form.text("operation")
    if operation not in OPERATIONS:
        raise Invalid("amendment-text", "Choose what should happen to the paragraph.", field="text")
    return Change(Operation(operation), form.text("paragraph"), form.text("text"))


def _amend(
    request: web.Request,
    view: ProposalView,
    kept: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    rebased: AmendmentView | None = None,
) -> web.Response:
    found = paragraphs_of(view.proposal.body)
    choices = [(p.id, f"{number}. {_start(p.text)}") for number, p in enumerate(found, start=1)]
    return html(
        request,
        "proposals/amendment_new.html",
        status=422 if errors else 200,
        view=view,
        kept=kept,
        errors=errors or {},
        choices=[("", "Choose a paragraph"), *choices, (START, "The beginning of the text")],
        operations=OPERATIONS,
        rebased=rebased,
        action=request.path,
    )


def _start(text: str) -> str:
    words = text.replace("\n", " ")
    return words if len(words) <= 60 else f"{words[:59].rstrip()}…"


@member_page
async def step_on_amendment(request: web.Request, viewer: Viewer) -> web.Response:
    """Take a step on an amendment of the proposal."""
    assert viewer.member is not None
    action = ON_AMENDMENTS[request.match_info["step"]]
    await request.app[UNITS].write(action, by=viewer.member.id, uuid=request.match_info["amendment"])
    return _back(request, "amendment", "amendments")


# --- words ------------------------------------------------------------------------------------------------------


@member_page
async def speak(request: web.Request, viewer: Viewer) -> web.Response:
    """Store a comment, or show it again with what is wrong."""
    assert viewer.member is not None
    form = await read_form(request)
    kept = {name: form.text(name) for name in ("text", "kind", "reply_to")}
    kept["kind"] = kept["kind"] or "comment"
    try:
        made = await request.app[UNITS].write(discussion.comment, by=viewer.member.id, uuid=uuid_of(request), **kept)
    except Invalid as error:
        return show(request, await view_of(request, viewer), errors={"said": error.message}, kept=kept, status=422)
    return _back(request, "said", f"c-{made.uuid}")


@member_page
async def delete_comment(request: web.Request, viewer: Viewer) -> web.Response:
    """Take the words of a comment away."""
    assert viewer.member is not None
    await request.app[UNITS].write(discussion.delete_comment, by=viewer.member.id, uuid=request.match_info["comment"])
    return _back(request, "deleted", "said")


@member_page
async def summarise(request: web.Request, viewer: Viewer) -> web.Response:
    """Store the summary of the discussion."""
    assert viewer.member is not None
    text = (await read_form(request)).text("summary")
    await request.app[UNITS].write(discussion.summarise, by=viewer.member.id, uuid=uuid_of(request), text=text)
    return _back(request, "summarised", "said")


@member_page
async def add_author(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask another member to write together."""
    assert viewer.member is not None
    name = (await read_form(request)).text("name")
    try:
        await request.app[UNITS].write(co_authors.add_author, by=viewer.member.id, uuid=uuid_of(request), name=name)
    except Invalid as error:
        return show(request, await view_of(request, viewer), errors={"name": error.message}, status=422)
    return _back(request, "author", "authors")
