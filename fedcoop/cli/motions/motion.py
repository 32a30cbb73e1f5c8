"""`fedcoop motion`: open, show, cast (by a teller), close, annul, export. Every rule is the actions' own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from fedcoop import wiring
from fedcoop.actions.motions import motion as actions
from fedcoop.actions.motions.ballots import cast_by_teller
from fedcoop.cli.motions import motion_rounds, rolls
from fedcoop.cli.motions.candidates import withdraw_option
from fedcoop.cli.motions.deciding import DECIDING_COMMANDS
from fedcoop.cli.motions.delegations import proxy
from fedcoop.cli.motions.lots import LOT_COMMANDS
from fedcoop.cli.opened import member_named, motion_at, with_units
from fedcoop.cli.output import emit, json_option, note, table
from fedcoop.config import parse_duration
from fedcoop.governance.counting.times import with_zone
from fedcoop.governance.motions.choices import Choice, choice_to_json, paper_of
from fedcoop.governance.motions.lifecycle import acceptance_ends_at
from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Option
from fedcoop.governance.motions.option_lines import keys_for, read_lines
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Ranking, tally_of
from fedcoop.governance.motions.visibility import Viewer, may_see_counts, shown_until
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.kernel.errors import Conflict, FedcoopError
from fedcoop.queries.delegation.delegations import concentration_of
from fedcoop.storage.unit_of_work import UnitOfWork, Units

FOR_PEOPLE = ("title", "url", "method", "state", "closes_at", "ballots", "represented", "eligible")
LOOK_EVERY_S = 0.1
SERVER_HAS_S = 3.0
WAIT_AT_MOST_S = 600.0
ENDED = frozenset({MotionState.DECIDED, MotionState.ANNULLED, MotionState.WITHDRAWN})


@click.group()
def motion() -> None:
    """Open, show, close and export decisions."""


for _command in rolls.COMMANDS:
    motion.add_command(_command)


@dataclass(frozen=True, slots=True)
class Closing:
    """When a motion closes: a duration from now, or an instant."""

    after: timedelta | None
    at: datetime | None

    def instant(self, now: datetime) -> datetime:
        """Return the instant, seen from `now`."""
        if self.at is not None:
            return self.at
        return now + (self.after or timedelta(days=7))


@motion.command("open")
@click.option("--by", required=True, metavar="NAME", help="The member who proposes.")
@click.option("--title", required=True)
@click.option("--text-file", type=click.File(encoding="utf-8"), help="What would be decided, Markdown.")
@click.option("--method", default="resolution", show_default=True)
@click.option(
    "--option", "options", multiple=True, help="NAME | MEANING | ICON | PROMPT, or a JSON object; again for each."
)
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A rule of this motion, as governance names it."
)
@click.option("--opens-in", metavar="DURATION", help="Open later, for example in 2d; scrutineers commit until then.")
@click.option("--opens-at", metavar="INSTANT", help="Open at this instant, RFC 3339 with offset.")
@click.option("--closes-in", metavar="DURATION", help="For example 7d, which is the default.")
@click.option("--closes-at", metavar="INSTANT", help="RFC 3339 with offset.")
@click.option("--channels", default="web,activitypub", show_default=True, help="web, activitypub, peer; with commas.")
@json_option
@click.pass_context
def open_(
    ctx: click.Context,
    *,
    by: str,
    title: str,
    text_file: TextIO | None,
    method: str,
    options: tuple[str, ...],
    pairs: tuple[str, ...],
    opens_in: str | None,
    opens_at: str | None,
    closes_in: str | None,
    closes_at: str | None,
    channels: str,
    as_json: bool,
) -> None:
    """Open a motion for voting, at once if the bylaws let NAME do so."""
    text = text_file.read() if text_file else ""
    closing, settings, ways = _closing(closes_in, closes_at), pairs_of(pairs), channels_of(channels)
    opening = _closing(opens_in, opens_at)

    def run(uow: UnitOfWork) -> dict[str, Any]:
        known = METHODS[method].extra_keys() if method in METHODS else {}
        ruled = with_zone(known, settings, uow.site.config.instance.time_zone)
        draft = actions.Draft(
            title=title,
            body=text,
            method=method,
            closes_at=closing.instant(uow.now),
            options=lettered(options, method, ruled),
            settings=ruled,
            channels=ways,
            opens_at=opening.at if opening.after is None else uow.now + opening.after,
        )
        return plain(actions.open_motion(uow, by=member_named(uow, name=by).id, draft=draft))

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, data["url"], as_json=as_json)


def _closing(closes_in: str | None, closes_at: str | None) -> Closing:
    if closes_in and closes_at:
        raise click.UsageError("write --closes-in or --closes-at, not both")
    try:
        return Closing(
            parse_duration(closes_in) if closes_in else None, parse_rfc3339(closes_at) if closes_at else None
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def pairs_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return settings of the words after `--set`. Raises UsageError."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise click.UsageError(f"--set {pair}: write key=value")
        found[key.strip()] = value.strip()
    return found


def channels_of(text: str) -> frozenset[Channel]:
    """Return the channels of a list with commas. Raises UsageError."""
    try:
        return frozenset(Channel(word.strip()) for word in text.split(",") if word.strip())
    except ValueError as error:
        raise click.UsageError(f"--channels {text}: known are web, activitypub, peer") from error


def lettered(texts: Sequence[str], method: str, pairs: Mapping[str, str]) -> tuple[Option, ...]:
    """Return options with the keys a, b, …, z, aa, ab, …: short to write in a ballot.

    Each is a line as its method reads it, `NAME | MEANING | ICON | PROMPT`, or a JSON object. Raises MotionRefused.
    """
    if method not in METHODS:
        return tuple(Option(key, text) for key, text in zip(keys_for(len(texts)), texts, strict=False))
    return read_lines(METHODS[method], texts, pairs)


def plain(found: Motion) -> dict[str, Any]:
    """Return the motion as `--json` shows it (interface.md 2)."""
    return {
        "id": str(found.id),
        "url": found.url,
        "title": found.title,
        "method": found.method,
        "options": [{"key": option.key, "name": option.name} for option in found.options],
        "opens_at": rfc3339(found.opens_at),
        "closes_at": rfc3339(found.closes_at),
        "state": found.state.value,
        "channels": sorted(channel.value for channel in found.channels),
        "eligible": found.eligible,
        "roll_hash": found.roll_hash,
    }


@motion.command()
@click.argument("url")
@json_option
@click.pass_context
def show(ctx: click.Context, url: str, as_json: bool) -> None:
    """Show a motion: ballots, counts where they are visible, the outcome once it is decided."""
    data = with_units(ctx, lambda units: units.read(shown, url=url))
    emit(data, _text(data), as_json=as_json)


def shown(uow: UnitOfWork, *, url: str) -> dict[str, Any]:
    """Return the motion with what the public may see of its votes now."""
    found = motion_at(uow, url=url)
    data = {**plain(found), "ballots": uow.motions.count_ballots(found.id)}
    outcome = uow.motions.outcome_of(found.id)
    if outcome is not None:
        reasons = [requirement["work"] for requirement in outcome.outcome.get("requirements", [])]
        data["outcome"] = {"code": outcome.code, "reasons": reasons, "winners": outcome.outcome.get("winners", [])}
    line = uow.deciding.decision(found.proposal_id)
    if line is not None and line.label:
        data["number"], data["proposal_state"] = line.label, uow.motions.get_proposal(found.proposal_id).state.value
    if said := uow.deciding.statement(found.id):
        data["statement"] = {
            "version": said.version,
            "code": said.code,
            "text": said.text,
            "options": list(said.options),
        }
    if before := uow.deciding.sequel_of(found.id):
        data["follows"] = {"kind": before.kind.value, "url": uow.motions.get(before.earlier_id).url}
    followed = [(item.kind.value, uow.motions.get(item.motion_id).url) for item in uow.deciding.sequels_after(found.id)]
    if followed:
        data["followed_by"] = [{"kind": kind, "url": address} for kind, address in followed]
    if may_see_counts(found, Viewer.wire(), uow.now):
        if outcome is not None and (count := tally_of(outcome.tally).count):
            data["count"] = motion_rounds.counted(count, found.options)
        tally = uow.totals.seen(found, received_by=shown_until(found, uow.now))
        data |= {"counts": dict(tally.counts), **rolls.by_class(tally)}
        if found.settings.delegation.is_on:
            data |= {"represented": tally.represented, "concentration": _concentration(uow, found)}
    return data


def _concentration(uow: UnitOfWork, found: Motion) -> dict[str, str] | None:
    """Return how concentrated the votes are, as exact fractions without names (governance.md 17)."""
    speaking = uow.delegations.speaking(found, received_by=shown_until(found, uow.now))
    figures = concentration_of(speaking, found.eligible)
    return None if figures is None else {name: str(value) for name, value in asdict(figures).items()}


def _text(data: dict[str, Any]) -> str:
    rows = [(key.replace("_", " "), data[key]) for key in FOR_PEOPLE if key in data]
    rows += [(f"counts {key}", number) for key, number in data.get("counts", {}).items()]
    rows += rolls.class_rows(data)
    if "outcome" in data:
        rows += [("outcome", data["outcome"]["code"]), *(("", reason) for reason in data["outcome"]["reasons"])]
    if "count" in data:
        rows += motion_rounds.lines(data["count"])
    return table(rows)


@motion.command()
@click.argument("url")
@click.option("--by", required=True, metavar="NAME", help="The member whose ballot it is.")
@click.option("--choice", required=True, metavar="JSON", help='["for"], a ranking ["b","a"], scores {"a": 3}')
@click.option("--reason", default="")
@json_option
@click.pass_context
def cast(ctx: click.Context, url: str, *, by: str, choice: str, reason: str, as_json: bool) -> None:
    """Enter a member's ballot that came on paper; the audit log says so."""
    keys = _choice(choice)

    def run(uow: UnitOfWork) -> dict[str, Any]:
        voter, found = member_named(uow, name=by), motion_at(uow, url=url)
        ballot = cast_by_teller(uow, teller="operator", voter=voter.id, motion_id=found.id, choice=keys, reason=reason)
        return {
            "url": found.url,
            "by": voter.name,
            "choice": choice_to_json(ballot.choice),
            "channel": ballot.channel.value,
        }

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['by']}: {', '.join(data['choice']) or 'abstains'}", as_json=as_json)


def _choice(text: str) -> Choice | Ranking:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f'--choice {text}: write JSON such as ["for"]') from error
    return paper_of(value)


@motion.command()
@click.argument("url")
@click.option("--wait", is_flag=True, help="Return when the outcome is there.")
@json_option
@click.pass_context
def close(ctx: click.Context, url: str, wait: bool, as_json: bool) -> None:
    """Close a motion now, where its rule allows that."""

    def run(uow: UnitOfWork) -> None:
        found = motion_at(uow, url=url)
        actions.close_early(uow, by=None, motion_id=found.id)

    async def work(units: Units) -> dict[str, Any]:
        await units.write(run)
        if wait:
            note("waiting for the outcome …")
            await _decided(units, url)
        return await units.read(shown, url=url)

    data = with_units(ctx, work)
    emit(data, _text(data), as_json=as_json)


async def _decided(units: Units, url: str) -> None:
    """Wait until the motion has its outcome: the server's timer makes it; without a server this process does."""
    clock = units.clock
    started = clock.monotonic()
    found = await units.read(motion_at, url=url)
    motion_id = found.id
    while found.state not in ENDED:
        late_s = (clock.now() - acceptance_ends_at(found)).total_seconds()
        if late_s > SERVER_HAS_S:
            await units.write(actions.close, str(found.id))
            await wiring.LONG_TIMERS[actions.COUNT_TIMER](units, str(found.id))
        if await units.read(lambda uow: uow.lots.is_awaited(motion_id)):
            raise Conflict("lot-awaited", "The lot decides; its scrutineers have 48 hours to reveal their secrets.")
        if clock.monotonic() - started > WAIT_AT_MOST_S:
            raise FedcoopError("motion-waiting", "Votes that came in time are still being processed; look again later.")
        await asyncio.sleep(LOOK_EVERY_S)
        found = await units.read(motion_at, url=url)


@motion.command()
@click.argument("url")
@click.option("--reason", required=True)
@json_option
@click.pass_context
def annul(ctx: click.Context, url: str, *, reason: str, as_json: bool) -> None:
    """Annul a motion: it has no result, its ballots are kept, everybody is told the reason."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found = motion_at(uow, url=url)
        actions.annul_motion(uow, motion_id=found.id, by=None, reason=reason)
        return shown(uow, url=found.url)

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, _text(data), as_json=as_json)


@motion.command()
@click.argument("url")
@click.option("-o", "--output", "file", required=True, type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_context
def export(ctx: click.Context, url: str, *, file: Path, as_json: bool) -> None:
    """Write the recount file of a decided motion."""
    text = with_units(ctx, lambda units: units.read(_recount_file, url=url))
    file.write_text(text, encoding="utf-8")
    emit(
        {"file": str(file), "bytes": file.stat().st_size},
        f"{file}; check it with `fedcoop recount {file}`",
        as_json=as_json,
    )


def _recount_file(uow: UnitOfWork, *, url: str) -> str:
    found = motion_at(uow, url=url)
    text = uow.exports.of(found.id)
    if text is None:
        raise Conflict(
            "motion-undecided", f"This motion is {found.state.value}; the recount file comes with the outcome."
        )
    return text


for _command in (*LOT_COMMANDS, *DECIDING_COMMANDS, proxy, withdraw_option):
    motion.add_command(_command)
