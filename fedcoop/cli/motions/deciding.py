"""`fedcoop motion …` around a vote: extend, open again, state the outcome, errata, petitions, re-runs, rounds, advice.

Every rule is the actions' own. Where `--by` may be left out, the operator does it, and the audit log says so.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO, TypeVar

import click

from fedcoop.actions.follow_ups import (
    advising,
    consenting,
    errata,
    outcomes,
    petitions,
)
from fedcoop.actions.motions import motion as motions
from fedcoop.cli.opened import member_named, motion_at, with_units
from fedcoop.cli.output import emit, json_option
from fedcoop.config import parse_duration
from fedcoop.governance.follow_ups.petitions import CALL_IN, signatures_needed
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork

F = TypeVar("F", bound=Callable[..., Any])
_text_file = click.option("--text-file", type=click.File(encoding="utf-8"), help="The text, Markdown.")


def by_option(*, required: bool) -> Callable[[F], F]:
    """Give the command `--by NAME`."""
    told = "The member who does it." if required else "The member who does it; the operator, if left out."
    return click.option("--by", required=required, metavar="NAME", help=told)


def closing_option(command: F) -> F:
    """Give the command `--closes-in` and `--closes-at`."""
    in_ = click.option("--closes-in", metavar="DURATION", help="For example 7d.")
    at = click.option("--closes-at", metavar="INSTANT", help="RFC 3339 with offset.")
    return in_(at(command))


def instant(now: datetime, closes_in: str | None, closes_at: str | None) -> datetime:
    """Return the instant that was meant. Raises UsageError unless exactly one is given."""
    if bool(closes_in) == bool(closes_at):
        raise click.UsageError("write --closes-in or --closes-at")
    try:
        return now + parse_duration(closes_in) if closes_in else parse_rfc3339(str(closes_at))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def member_or_operator(uow: UnitOfWork, name: str | None) -> MemberId | None:
    """Return the member, or None for the operator."""
    return member_named(uow, name=name).id if name else None


def brief(found: Motion) -> dict[str, Any]:
    """Return the motion in a few words, for `--json`."""
    return {
        "url": found.url,
        "title": found.title,
        "method": found.method,
        "state": found.state.value,
        "opens_at": rfc3339(found.opens_at),
        "closes_at": rfc3339(found.closes_at),
    }


def write(ctx: click.Context, run: Callable[[UnitOfWork], dict[str, Any]], told: str, *, as_json: bool) -> None:
    """Do it in one unit and print what came of it; `told` may name keys of the data."""
    data = with_units(ctx, lambda units: units.write(run))
    emit(data, told.format(**data), as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@closing_option
@click.option("--reason", required=True)
@json_option
@click.pass_context
def extend(
    ctx: click.Context, url: str, *, by: str, closes_in: str | None, closes_at: str | None, reason: str, as_json: bool
) -> None:
    """Move the closing time of an open motion, twice at most unless its rule says otherwise."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        later = instant(found.closes_at if closes_in else uow.now, closes_in, closes_at)
        return brief(motions.extend_motion(uow, by=member.id, motion_id=found.id, closes_at=later, reason=reason))

    write(ctx, run, "open until {closes_at}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=False)
@closing_option
@click.option("--reason", required=True)
@json_option
@click.pass_context
def reopen(
    ctx: click.Context,
    url: str,
    *,
    by: str | None,
    closes_in: str | None,
    closes_at: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Open a counted motion again; only where it binds nobody and is not secret."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, until = motion_at(uow, url=url), instant(uow.now, closes_in, closes_at)
        who = member_or_operator(uow, by)
        return brief(outcomes.reopen(uow, by=who, motion_id=found.id, closes_at=until, reason=reason))

    write(ctx, run, "open again until {closes_at}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=False)
@click.option("--text", required=True, help="What happens now, in a sentence or two.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY", help="A choice that the outcome follows; again for each."
)
@json_option
@click.pass_context
def outcome(
    ctx: click.Context, url: str, *, by: str | None, text: str, options: tuple[str, ...], as_json: bool
) -> None:
    """State the outcome of a motion that binds nobody; a later text is a new version."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who = motion_at(uow, url=url), member_or_operator(uow, by)
        said = outcomes.state_outcome(uow, by=who, motion_id=found.id, text=text, options=options)
        return {"url": found.url, "version": said.version, "text": said.text, "options": list(said.options)}

    write(ctx, run, "version {version}: {text}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=False)
@click.option("--was", required=True, help="The words as they stand in the text.")
@click.option("--reads", required=True, help="How to read them.")
@json_option
@click.pass_context
def erratum(ctx: click.Context, url: str, *, by: str | None, was: str, reads: str, as_json: bool) -> None:
    """Put a spelling fix beside the text; the text itself never changes."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who = motion_at(uow, url=url), member_or_operator(uow, by)
        fix = errata.add_erratum(uow, by=who, motion_id=found.id, was=was, reads=reads)
        return {"url": found.url, "was": fix.was, "reads": fix.reads, "text_hash": found.text_hash}

    write(ctx, run, "read “{reads}” for “{was}”", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@click.option("--reason", default="", help="Needed from who begins the petition.")
@json_option
@click.pass_context
def petition(ctx: click.Context, url: str, *, by: str, reason: str, as_json: bool) -> None:
    """Sign that the motion be annulled; a tenth of the roll makes the committee decide."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        number = petitions.sign_petition(uow, by=member.id, motion_id=found.id, reason=reason)
        return {"url": found.url, "signatures": number, "needed": signatures_needed(found.eligible)}

    write(ctx, run, "{signatures} of {needed} needed", as_json=as_json)


@click.command("petition-find")
@click.argument("url")
@by_option(required=False)
@click.option("--upheld/--rejected", "upheld", required=True, default=None, help="Upheld annuls the motion.")
@click.option("--reason", required=True)
@json_option
@click.pass_context
def petition_find(ctx: click.Context, url: str, *, by: str | None, upheld: bool, reason: str, as_json: bool) -> None:
    """Uphold or reject a petition for the governance committee."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who = motion_at(uow, url=url), member_or_operator(uow, by)
        return brief(petitions.find_on_petition(uow, by=who, motion_id=found.id, upheld=upheld, reason=reason))

    write(ctx, run, "{title}: {state}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@closing_option
@click.option("--title", default="", help="A new title; else the same.")
@_text_file
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A rule to change; all others stay.")
@json_option
@click.pass_context
def rerun(
    ctx: click.Context,
    url: str,
    *,
    by: str,
    closes_in: str | None,
    closes_at: str | None,
    title: str,
    text_file: TextIO | None,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Call an annulled motion again, with the same text and rules but for what is given."""
    body = text_file.read() if text_file else None
    settings = dict(_pair(pair) for pair in pairs)

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        again = petitions.Again(instant(uow.now, closes_in, closes_at), title, body, settings)
        return {**brief(petitions.rerun(uow, by=member.id, motion_id=found.id, again=again)), "reruns": found.url}

    write(ctx, run, "{url}", as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"--set {text}: write key=value")
    return key.strip(), value.strip()


@click.command("next-round")
@click.argument("url")
@by_option(required=True)
@closing_option
@click.option("--title", default="")
@_text_file
@click.option("--answer", "answers", multiple=True, metavar="NAME=TEXT", help="The answer to a member's objection.")
@click.option("--note", default="", help="What changed, in a sentence.")
@json_option
@click.pass_context
def next_round(
    ctx: click.Context,
    url: str,
    *,
    by: str,
    closes_in: str | None,
    closes_at: str | None,
    title: str,
    text_file: TextIO | None,
    answers: tuple[str, ...],
    note: str,
    as_json: bool,
) -> None:
    """Open the next round of consent on the next version of the text."""
    body = text_file.read() if text_file else None

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        told = {member_named(uow, name=name).id: text for name, text in map(_pair, answers)}
        new = consenting.NewVersion(
            body=found.body if body is None else body,
            closes_at=instant(uow.now, closes_in, closes_at),
            title=title or found.title,
            note=note,
            answers=told,
        )
        opened = consenting.next_round(uow, by=member.id, motion_id=found.id, new=new)
        return {**brief(opened), "round": uow.deciding.round_of(opened.id)}

    write(ctx, run, "round {round}: {url}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@json_option
@click.pass_context
def fallback(ctx: click.Context, url: str, *, by: str, as_json: bool) -> None:
    """Take the text to the fallback vote after the last round of consent."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        return brief(consenting.move_to_fallback(uow, by=member.id, motion_id=found.id))

    write(ctx, run, "{url} opens {opens_at}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@click.option("--to", "adviser", required=True, metavar="NAME", help="Who gave the advice, or objected.")
@click.option("--text", required=True)
@json_option
@click.pass_context
def answer(ctx: click.Context, url: str, *, by: str, adviser: str, text: str, as_json: bool) -> None:
    """Answer a piece of advice, or an objection of a counted round, in writing."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member, to = motion_at(uow, url=url), member_named(uow, name=by), member_named(uow, name=adviser)
        deed = advising.answer_advice if found.method == "advice" else consenting.answer_objection
        deed(uow, by=member.id, motion_id=found.id, member_id=to.id, answer=text)
        return {"url": found.url, "to": to.name, "answer": text}

    write(ctx, run, "answered {to}", as_json=as_json)


@click.command()
@click.argument("url")
@by_option(required=True)
@click.option("--do/--leave", "carried", required=True, default=None, help="Whether it is done.")
@click.option("--text", required=True, help="The decision in words.")
@json_option
@click.pass_context
def decide(ctx: click.Context, url: str, *, by: str, carried: bool, text: str, as_json: bool) -> None:
    """Decide after advice, under your own name."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        said = advising.decide(uow, by=member.id, motion_id=found.id, carried=carried, text=text)
        return {"url": found.url, "code": said.code, "text": said.text, "by": member.name}

    write(ctx, run, "{code}: {text}", as_json=as_json)


@click.command("call-in")
@click.argument("url")
@by_option(required=True)
@click.option("--reason", required=True)
@json_option
@click.pass_context
def call_in(ctx: click.Context, url: str, *, by: str, reason: str, as_json: bool) -> None:
    """Ask that all vote on what a decider decided; the last one needed opens the vote."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, member = motion_at(uow, url=url), member_named(uow, name=by)
        opened = advising.call_in(uow, by=member.id, motion_id=found.id, reason=reason)
        signed = len(uow.deciding.signatures(found.id, CALL_IN))
        return {"url": found.url, "signatures": signed, "vote": opened.url if opened is not None else None}

    write(ctx, run, "{signatures} have called it in", as_json=as_json)


DECIDING_COMMANDS: tuple[click.Command, ...] = (
    extend,
    reopen,
    outcome,
    erratum,
    petition,
    petition_find,
    rerun,
    next_round,
    fallback,
    answer,
    decide,
    call_in,
)
