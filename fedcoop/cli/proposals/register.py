"""`fedcoop proposal effective|review|supersede|repeal`: dates and ends of decisions. Every rule is the action's own."""

from typing import Any

import click

from fedcoop.actions.follow_ups import outcomes
from fedcoop.cli.motions.deciding import by_option, member_or_operator, write
from fedcoop.cli.opened import motion_at
from fedcoop.cli.output import json_option
from fedcoop.cli.proposals.proposal import DRAFTING_COMMANDS
from fedcoop.governance.follow_ups.decision_register import Decision
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import ProposalId
from fedcoop.storage.unit_of_work import UnitOfWork


def proposal_at(uow: UnitOfWork, *, what: str) -> ProposalId:
    """Return the proposal named by its number in the register, its URL, or the URL of a vote on it. Raises NotFound."""
    line = uow.deciding.numbered(what.strip())
    if line is not None:
        return line.proposal_id
    found = uow.motions.find_proposal_by_uuid(what.rstrip("/").rpartition("/")[2])
    if found is not None:
        return found.id
    try:
        return motion_at(uow, url=what).proposal_id
    except NotFound as error:
        raise NotFound("proposal-unknown", f"There is no proposal {what} here.") from error


def shown(uow: UnitOfWork, line: Decision) -> dict[str, Any]:
    """Return the line of the register as JSON values."""
    proposal = uow.motions.get_proposal(line.proposal_id)
    newer = uow.deciding.decision(line.ended_by) if line.ended_by is not None else None
    dates = {
        name: getattr(line, name) for name in ("decided_at", "effective_at", "in_force_at", "review_at", "ended_at")
    }
    return {
        "number": line.label,
        "url": uow.urls.proposal(proposal.uuid),
        "title": proposal.title,
        "state": proposal.state.value,
        **{name: rfc3339(at) if at is not None else None for name, at in dates.items()},
        "replaced_by": newer.label if newer is not None else None,
    }


@click.command()
@click.argument("proposal")
@by_option(required=False)
@click.option("--at", "at", required=True, metavar="INSTANT", help="RFC 3339 with offset.")
@json_option
@click.pass_context
def effective(ctx: click.Context, proposal: str, *, by: str | None, at: str, as_json: bool) -> None:
    """Set when a decision comes into force: before its vote opens, or until it is in force."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who = proposal_at(uow, what=proposal), member_or_operator(uow, by)
        return shown(uow, outcomes.set_effective(uow, by=who, proposal_id=found, at=_instant(at)))

    write(ctx, run, "{title}: in force from {effective_at}", as_json=as_json)


@click.command()
@click.argument("proposal")
@by_option(required=False)
@click.option("--at", "at", required=True, metavar="INSTANT", help="RFC 3339 with offset.")
@json_option
@click.pass_context
def review(ctx: click.Context, proposal: str, *, by: str | None, at: str, as_json: bool) -> None:
    """Set when a decision is looked at again; one that is due for review stays until then."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who = proposal_at(uow, what=proposal), member_or_operator(uow, by)
        return shown(uow, outcomes.set_review(uow, by=who, proposal_id=found, at=_instant(at)))

    write(ctx, run, "{title}: looked at again {review_at}", as_json=as_json)


def _instant(text: str) -> Any:
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise click.UsageError(f"--at {text}: write an instant such as 2026-05-01T00:00:00Z") from error


def _ending(name: str, told: str, *, repeals: bool) -> click.Command:
    @click.command(name, help=told)
    @click.argument("proposal")
    @click.option("--with", "newer", required=True, metavar="PROPOSAL", help="The newer decision, in force.")
    @by_option(required=False)
    @click.option("--reason", default="")
    @json_option
    @click.pass_context
    def end(ctx: click.Context, proposal: str, *, newer: str, by: str | None, reason: str, as_json: bool) -> None:
        def run(uow: UnitOfWork) -> dict[str, Any]:
            line = outcomes.end_decision(
                uow,
                by=member_or_operator(uow, by),
                proposal_id=proposal_at(uow, what=proposal),
                by_proposal=proposal_at(uow, what=newer),
                repeals=repeals,
                reason=reason,
            )
            return shown(uow, line)

        write(ctx, run, "{title}: {state}", as_json=as_json)

    return end


REGISTER_COMMANDS: tuple[click.Command, ...] = (
    effective,
    review,
    _ending("supersede", "Record that a newer decision in force takes the place of this one.", repeals=False),
    _ending("repeal", "Record that a newer decision in force repeals this one.", repeals=True),
)


@click.group()
def proposal() -> None:
    """From draft to vote, and dates and ends of decisions; PROPOSAL is a URL, or for decisions a number such as 2026-18."""


for _command in (*DRAFTING_COMMANDS, *REGISTER_COMMANDS):
    proposal.add_command(_command)
