"""`fedcoop proposal new|submit|edit|sponsor|freeze|open|withdraw|amend|show|list`: until the vote. Rules are the actions' own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TextIO

import click

from fedcoop.actions.proposals import amendments, proposal_steps
from fedcoop.actions.proposals.proposal import Edit, Wanted, edit, save_draft, submit
from fedcoop.cli.motions.motion import channels_of, pairs_of, plain
from fedcoop.cli.opened import member_named, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.config import parse_duration
from fedcoop.governance.proposals.amendments import Amendment, AmendmentKind, Change, Operation
from fedcoop.governance.proposals.paragraphs import START, paragraphs_of
from fedcoop.governance.proposals.proposal import UNDER_DISCUSSION, Proposal, ProposalState
from fedcoop.governance.proposals.templates import find_template
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import Conflict, NotFound
from fedcoop.storage.unit_of_work import UnitOfWork

Command = Callable[..., Any]
DATES = (
    "admission_ends_at",
    "discussion_ends_at",
    "notice_ends_at",
    "opens_at",
    "closes_at",
    "frozen_at",
    "withdrawal_at",
)


def found_at(uow: UnitOfWork, what: str) -> Proposal:
    """Return the proposal with this URL or UUID. Raises NotFound."""
    found = uow.proposals.find(what.rstrip("/").rpartition("/")[2])
    if found is None:
        raise NotFound("proposal-unknown", f"There is no proposal {what} here.")
    return found


def shown(uow: UnitOfWork, uuid: str) -> dict[str, Any]:
    """Return the proposal as `--json` shows it."""
    proposal = found_at(uow, uuid)
    plan = uow.proposals.plan(proposal.id)
    data: dict[str, Any] = {
        "id": str(proposal.id),
        "url": uow.urls.proposal(proposal.uuid),
        "title": proposal.title,
        "state": proposal.state.value,
        "version": proposal.version,
        "text": proposal.body,
        "paragraphs": [{"id": item.id, "text": item.text} for item in paragraphs_of(proposal.body)],
        "motions": [motion.url for motion in uow.motions.motions_of(proposal.id)],
    }
    if plan is None:
        return data
    members = uow.members.many([item.member_id for item in uow.proposals.sponsors(proposal.id)])
    dates = {name: getattr(plan, name) for name in DATES}
    return data | {
        "method": plan.method,
        "options": list(plan.options),
        "settings": dict(plan.settings),
        "audience": plan.audience,
        "sponsors": sorted(member.name for member in members.values()),
        "sponsors_needed": plan.sponsors_needed,
        "text_hash": plan.text_hash,
        "amendments": [amended(item) for item in uow.proposals.amendments(proposal.id)],
        **{name: rfc3339(at) if at is not None else None for name, at in dates.items()},
    }


def amended(amendment: Amendment) -> dict[str, Any]:
    """Return the amendment as `--json` shows it."""
    change = amendment.change
    return {
        "id": amendment.uuid,
        "kind": amendment.kind.value,
        "state": amendment.state.value,
        "operation": change.operation.value,
        "paragraph": change.paragraph,
        "text": change.text,
        "based_on": amendment.based_on,
    }


def _say(data: Mapping[str, Any]) -> str:
    names = ("title", "url", "state", "version", "method", *DATES)
    rows = [(name.replace("_", " "), data[name]) for name in names if data.get(name)]
    rows += [("paragraph", f"{item['id']}  {item['text']}") for item in data.get("paragraphs", ())]
    rows += [("amendment", f"{item['id']}  {item['state']}") for item in data.get("amendments", ())]
    return table(rows)


def _by(command: Command) -> Command:
    return click.option("--by", required=True, metavar="NAME", help="The member who does it.")(command)


def _instant(name: str, text: str | None) -> datetime | None:
    try:
        return parse_rfc3339(text) if text else None
    except ValueError as error:
        raise click.UsageError(f"--{name} {text}: write an instant such as 2026-05-01T00:00:00Z") from error


def _duration(name: str, text: str | None, usual: timedelta) -> timedelta:
    try:
        return parse_duration(text) if text else usual
    except ValueError as error:
        raise click.UsageError(f"--{name} {text}: write a duration such as 7d") from error


# --- writing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phases:
    """What was said about phases and dates."""

    template: str | None
    discusses: bool
    sponsors: bool
    notice: str | None
    lasts: str | None
    discussion: str | None
    opens: str | None
    closes: str | None


def _wanted(title: str, text: str, options: Sequence[str], pairs: Sequence[str], more: Mapping[str, Any]) -> Wanted:
    phases: Phases = more["phases"]
    template = find_template(phases.template) if phases.template else None
    if phases.template and template is None:
        raise click.UsageError(f"--template {phases.template}: there is no such template")
    usual = template.phases if template else None
    return Wanted(
        title=title,
        body=text,
        method=more["method"] or (template.method if template else "resolution"),
        options=options or (template.options if template else ()),
        settings={**(template.words if template else {}), **pairs_of(pairs)},
        channels=channels_of(more["channels"]),
        template=phases.template or "",
        audience=more["audience"],
        topic=more["topic"],
        seeks_sponsors=phases.sponsors or bool(usual and usual.admission),
        discusses=phases.discusses,
        notice=_duration("notice", phases.notice, timedelta(days=usual.notice_days if usual else 2)),
        lasts=_duration("lasts", phases.lasts, timedelta(days=usual.voting_days if usual else 7)),
        discussion_ends_at=_instant("discussion-until", phases.discussion),
        opens_at=_instant("opens-at", phases.opens),
        closes_at=_instant("closes-at", phases.closes),
    )


@click.command()
@_by
@click.option("--title", required=True)
@click.option("--text-file", type=click.File(encoding="utf-8"), help="What would be decided, Markdown.")
@click.option("--template", help="A way to decide with its settings and phases, such as ordinary.")
@click.option("--method", help="The method, where no template says it; resolution otherwise.")
@click.option(
    "--option", "options", multiple=True, help="NAME | MEANING | ICON | PROMPT, or a JSON object; again for each."
)
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A rule of the vote, as governance names it.")
@click.option("--channels", default="web,activitypub", show_default=True)
@click.option("--audience", type=click.Choice(["public", "members"]), default="public", show_default=True)
@click.option("--topic", default="")
@click.option("--sponsors", is_flag=True, help="Seek sponsors before the discussion.")
@click.option("--at-once", is_flag=True, help="No discussion and no notice: submitting opens the vote.")
@click.option("--discussion-until", metavar="INSTANT")
@click.option("--notice", metavar="DURATION", help="Between the fixed text and the vote; 2d otherwise.")
@click.option("--lasts", metavar="DURATION", help="How long the vote is open; 7d otherwise.")
@click.option("--opens-at", metavar="INSTANT")
@click.option("--closes-at", metavar="INSTANT")
@click.option("--submit", "submitted", is_flag=True, help="Submit it too.")
@json_option
@click.pass_context
def new(
    ctx: click.Context,
    /,
    *,
    by: str,
    title: str,
    text_file: TextIO | None,
    options: tuple[str, ...],
    pairs: tuple[str, ...],
    submitted: bool,
    as_json: bool,
    **more: Any,
) -> None:
    """Write a draft that only NAME sees, or submit it at once."""
    text = text_file.read() if text_file else ""
    more["phases"] = Phases(
        template=more.pop("template"),
        discusses=not more.pop("at_once"),
        sponsors=more.pop("sponsors"),
        notice=more.pop("notice"),
        lasts=more.pop("lasts"),
        discussion=more.pop("discussion_until"),
        opens=more.pop("opens_at"),
        closes=more.pop("closes_at"),
    )
    wanted = _wanted(title, text, options, pairs, more)

    def run(uow: UnitOfWork) -> dict[str, Any]:
        member = member_named(uow, name=by)
        draft = save_draft(uow, by=member.id, wanted=wanted)
        if submitted:
            submit(uow, by=member.id, uuid=draft.uuid)
        return shown(uow, draft.uuid)

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, data["url"], as_json=as_json)


@click.command("edit")
@click.argument("proposal")
@_by
@click.option("--title")
@click.option("--text-file", type=click.File(encoding="utf-8"), required=True)
@click.option("--based-on", type=int, help="The version it was written from; the present one otherwise.")
@click.option("--note", default="", help="What changed, in one line.")
@json_option
@click.pass_context
def edit_(
    ctx: click.Context,
    proposal: str,
    *,
    by: str,
    title: str | None,
    text_file: TextIO,
    based_on: int | None,
    note: str,
    as_json: bool,
) -> None:
    """Store a new version of a proposal under discussion."""
    text = text_file.read()

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = found_at(uow, proposal)
        change = Edit(title or found.title, text, based_on or found.version, note)
        edit(uow, by=member_named(uow, name=by).id, uuid=found.uuid, change=change)
        return shown(uow, found.uuid)

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, _say(data), as_json=as_json)


# --- steps ------------------------------------------------------------------------------------------------------


def _step(name: str, told: str, action: Callable[..., Any]) -> click.Command:
    @click.command(name, help=told)
    @click.argument("proposal")
    @_by
    @json_option
    @click.pass_context
    def step(ctx: click.Context, proposal: str, *, by: str, as_json: bool) -> None:
        def run(uow: UnitOfWork) -> dict[str, Any]:
            found = found_at(uow, proposal)
            action(uow, by=member_named(uow, name=by).id, uuid=found.uuid)
            return shown(uow, found.uuid)

        data = with_units(ctx, lambda units: units.write(run))
        emit(data, _say(data), as_json=as_json)

    return step


@click.command("sponsor")
@click.argument("proposal")
@_by
@click.option("--take-back", is_flag=True, help="Stand behind it no more.")
@json_option
@click.pass_context
def sponsor(ctx: click.Context, proposal: str, *, by: str, take_back: bool, as_json: bool) -> None:
    """Stand behind a proposal; with enough sponsors its discussion begins."""
    action = proposal_steps.withdraw_sponsor if take_back else proposal_steps.add_sponsor

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = found_at(uow, proposal)
        action(uow, by=member_named(uow, name=by).id, uuid=found.uuid)
        return shown(uow, found.uuid)

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, _say(data), as_json=as_json)


@click.command("open")
@click.argument("proposal")
@_by
@json_option
@click.pass_context
def open_(ctx: click.Context, proposal: str, *, by: str, as_json: bool) -> None:
    """Open the vote on a fixed text after its notice."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = found_at(uow, proposal)
        return plain(proposal_steps.open_vote(uow, by=member_named(uow, name=by).id, uuid=found.uuid))

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, data["url"], as_json=as_json)


@click.command("amend")
@click.argument("proposal")
@_by
@click.option(
    "--operation", type=click.Choice([item.value for item in Operation]), default="replace", show_default=True
)
@click.option("--paragraph", help="Its id as `show` says it, its number, or start.")
@click.option("--text", default="")
@click.option("--reason", default="")
@click.option("--formal", is_flag=True, help="Voted on by all; otherwise the authors answer it.")
@click.option("--accept", metavar="ID", help="Accept or sponsor this amendment instead.")
@json_option
@click.pass_context
def amend(
    ctx: click.Context,
    proposal: str,
    *,
    by: str,
    operation: str,
    paragraph: str | None,
    text: str,
    reason: str,
    formal: bool,
    accept: str | None,
    as_json: bool,
) -> None:
    """Propose an amendment to a paragraph, or stand behind one."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = found_at(uow, proposal), member_named(uow, name=by)
        if accept:
            return amended(amendments.back_amendment(uow, by=member.id, uuid=accept))
        change = Change(Operation(operation), _paragraph(found, paragraph or ""), text)
        kind = AmendmentKind.FORMAL if formal else AmendmentKind.FRIENDLY
        made = amendments.propose_amendment(uow, by=member.id, uuid=found.uuid, kind=kind, change=change, reason=reason)
        return amended(made)

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['id']}  {data['state']}", as_json=as_json)


def _paragraph(proposal: Proposal, named: str) -> str:
    """Return the id of the paragraph with this id or number."""
    found = paragraphs_of(proposal.body)
    if named == START or any(item.id == named for item in found):
        return named
    if named.isdecimal() and 1 <= int(named) <= len(found):
        return found[int(named) - 1].id
    raise Conflict("amendment-paragraph", "That paragraph is not in the present text. Choose it again.")


# --- looking ----------------------------------------------------------------------------------------------------


@click.command("show")
@click.argument("proposal")
@json_option
@click.pass_context
def show(ctx: click.Context, proposal: str, *, as_json: bool) -> None:
    """Show a proposal: text by paragraphs, dates, sponsors, amendments."""
    data = with_units(ctx, lambda units: units.read(shown, proposal))
    emit(data, _say(data), as_json=as_json)


@click.command("list")
@click.option("--state", type=click.Choice([state.value for state in ProposalState]), help="Only those in this state.")
@json_option
@click.pass_context
def list_(ctx: click.Context, *, state: str | None, as_json: bool) -> None:
    """List proposals before their vote, newest first."""
    states = (ProposalState(state),) if state else (ProposalState.DRAFT, *UNDER_DISCUSSION)

    def look(uow: UnitOfWork) -> list[dict[str, Any]]:
        return [shown(uow, proposal.uuid) for proposal in uow.proposals.listing(states)]

    found = with_units(ctx, lambda units: units.read(look))
    emit(found, table([(item["state"], item["title"], item["url"]) for item in found]), as_json=as_json)


DRAFTING_COMMANDS: tuple[click.Command, ...] = (
    new,
    _step("submit", "Submit a draft: to its sponsors, its discussion, or its vote.", submit),
    edit_,
    sponsor,
    _step("freeze", "Fix the text of a proposal; the vote opens after the notice.", proposal_steps.freeze),
    open_,
    _step("withdraw", "Take a proposal back; sponsors may adopt it within three days.", proposal_steps.withdraw),
    _step("adopt", "Make a proposal that is being withdrawn one's own.", proposal_steps.adopt),
    amend,
    show,
    list_,
)
