"""`fedcoop doctor`: looks at configuration, key, database, clock, disk, DNS, TLS, mail and reachability.

Each check is a function of the settings that returns findings: what was looked at, whether it is fine, and what to do if not.
The checks that need the network open plain connections to the instance's own names only.
"""

import asyncio
import json
import smtplib
import socket
import sqlite3
import ssl
import stat
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from shutil import disk_usage
from urllib.parse import urlsplit

import click
from cryptography import x509
from sqlalchemy.exc import DBAPIError

from fedcoop import wiring
from fedcoop.actions.instance.holding import WORDS, held
from fedcoop.cli.opened import opened, settings
from fedcoop.cli.output import REFUSED, emit, json_option, table
from fedcoop.config import Config
from fedcoop.federation.publish.auditing import findings
from fedcoop.federation.remote.knocking import CAVAGE
from fedcoop.federation.server.fetching import FetchSigner
from fedcoop.federation.server.readiness import SELF_CHECK
from fedcoop.kernel.clock import SystemClock, rfc3339, runs_behind
from fedcoop.kernel.errors import ConfigError, DatabaseAway, FedcoopError, Refused
from fedcoop.listening import files
from fedcoop.media import profile_pictures
from fedcoop.queries.instance.outages import LastOutage, last_outage
from fedcoop.storage.instance.maintenance import integrity_problems
from fedcoop.storage.instance.version import check_version
from fedcoop.storage.unit_of_work import UnitOfWork

TIMEOUT_S = 5.0
MAX_ANSWER = 65_536
_PROXY_CHANGES = "let the reverse proxy pass path and headers on as they are"
_SIGNATURE_REMEDIES = {
    "fine": "",
    "signature-host": "let the reverse proxy pass Host on as it came, with the port (nginx: proxy_set_header Host $http_host)",
}
SMALL_DISK_BYTES = 1 << 30
SOON = timedelta(days=14)
CLOCK_DRIFT_S = 30
BROKEN = "stop the server, keep a copy of the file, and `fedcoop restore` the newest backup into a new folder"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw; `remedy` says what to do where `fine` is False or a warning stands."""

    check: str
    fine: bool
    seen: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """What the database says of itself."""

    members: int
    opens: bool
    held: str
    last_at: datetime | None
    problems: list[str]


@click.command()
@click.option("--tables", is_flag=True, help="Print which event leads to what, and the timers.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, tables: bool, as_json: bool) -> None:
    """Check the set-up; one line each, with the remedy."""
    if tables:
        _print_tables(as_json=as_json)
        return
    findings = examine(settings(ctx))
    rows = [("ok" if f.fine else "FAIL", f.check, f.seen + (f"; {f.remedy}" if f.remedy else "")) for f in findings]
    emit([asdict(f) for f in findings], table(rows), as_json=as_json)
    if not all(f.fine for f in findings):
        ctx.exit(REFUSED)


def examine(config: Config) -> list[Finding]:
    """Return what every check found, in the order of interface.md 2."""
    return [finding for check in CHECKS for finding in check(config)]


def check_configuration(config: Config) -> Iterator[Finding]:
    """The settings were read; the files that hold secrets are private."""
    yield Finding("configuration", True, f"{config.root / 'instance.toml'} for {config.instance.origin}")
    for path in (config.root / "instance.toml", Path(config.instance.key_file)):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("configuration", False, f"others can read {path}", f"chmod 600 {path}")
    try:
        profile_pictures(config.instance, uri=config.instance.origin, max_bytes=config.media.max_bytes)
    except ConfigError as error:
        yield Finding("configuration", False, error.message, "name another file, or none")
    if config.federation.allow_http and config.instance.origin.startswith("https:"):
        yield Finding("configuration", False, "plain http is allowed", "remove [federation] allow_http")


def check_database(config: Config) -> Iterator[Finding]:
    """The database answers, is sound and of this version, and the key opens it."""
    try:
        inside = asyncio.run(_look_inside(config))
    except (FedcoopError, DatabaseAway, DBAPIError, sqlite3.Error, OSError) as error:
        remedy = "check [database] url and the key file; `fedcoop upgrade` brings tables up to date"
        if _is_broken(error):
            remedy = BROKEN
        yield Finding("database", False, " ".join(str(error).split()), remedy)
        return
    place = (config.database.url.partition("@")[2] or config.database.url).partition("?")[0]
    seen = f"{place}, {inside.members} members" if not inside.problems else f"{place}: {inside.problems[0]}"
    yield Finding("database", not inside.problems, seen, BROKEN if inside.problems else "")
    opens = "the key file opens it" if inside.opens else "no actor's key was found"
    yield Finding("key", inside.opens, opens, "" if inside.opens else "run `fedcoop init`")
    if inside.held:
        remedy = "make sure that no other copy acts, then run `fedcoop restore confirm`"
        yield Finding("restored", False, WORDS[inside.held], remedy)
    yield from _clock_findings(inside)


def _is_broken(error: Exception) -> bool:
    text = str(error)
    return any(sign in text for sign in ("malformed", "not a database", "disk I/O error"))


def _clock_findings(inside: Inside) -> Iterator[Finding]:
    if inside.last_at is not None and runs_behind(SystemClock().now(), inside.last_at):
        seen = f"it stands before the last log entry, of {rfc3339(inside.last_at)}"
        yield Finding("clock", False, seen, "set the clock by NTP, or wait: votes would be dated wrongly until then")


async def _look_inside(config: Config) -> Inside:
    problems = await integrity_problems(config.database.sqlite_path) if config.database.is_sqlite else []
    async with opened(config) as units:
        await check_version(units.database)
        return await units.read(_inside, problems=problems)


def _inside(uow: UnitOfWork, *, problems: list[str]) -> Inside:
    keys = uow.actors.keys_of(uow.actors.local(uow.site.coop_name).id)
    secrets = [key.secret for key in keys if key.secret is not None]
    opens = bool(secrets) and all(uow.site.vault.open(secret) for secret in secrets)
    return Inside(uow.members.count_active(), opens, held(uow), uow.condition.last_entry_at(), problems)


def check_outages(config: Config) -> Iterator[Finding]:
    """When nobody could reach us last, and whether what followed from it is done; nothing where that was never so."""
    try:
        last = asyncio.run(_last_outage(config))
    except (FedcoopError, DatabaseAway, DBAPIError, sqlite3.Error, OSError):
        return  # the database's own check says so
    if last is not None:
        times = f"away from {rfc3339(last.outage.began_at)} to {rfc3339(last.outage.ended_at)}"
        left = f", {last.to_look_at} outboxes still to be looked at" if last.to_look_at else ""
        yield Finding("outages", True, f"{times}, {last.told} members told{left}")


async def _last_outage(config: Config) -> LastOutage | None:
    async with opened(config) as units:
        return await units.read(last_outage)


def check_votes(config: Config) -> Iterator[Finding]:
    """Every stored outcome is the one that its votes, roll and log give, and the one that was published (governance.md 5)."""
    try:
        looked, found = asyncio.run(_differences(config))
    except (FedcoopError, DatabaseAway, DBAPIError, sqlite3.Error, OSError):
        return  # the database's own check says so
    for url, refused in found:
        yield Finding(
            "votes", False, f"{url}: {refused.message}", "find out who changed the database; annul, or restore"
        )
    if not found:
        yield Finding("votes", True, f"{looked} recounted, each as it was published")


async def _differences(config: Config) -> tuple[int, list[tuple[str, Refused]]]:
    async with opened(config) as units:
        seen = [one async for one in findings(units)]
        found = [(motion_id, refused) for motion_id, refused in seen if refused is not None]
        urls = await units.read(lambda uow: [uow.motions.get(motion_id).url for motion_id, _ in found])
    return len(seen), [(url, refused) for url, (_, refused) in zip(urls, found, strict=True)]


def check_disk(config: Config) -> Iterator[Finding]:
    """There is room for the database and the media."""
    free = disk_usage(config.root).free
    remedy = "" if free >= SMALL_DISK_BYTES else "make room: the database and backups grow"
    yield Finding("disk", not remedy, f"{free / (1 << 30):.1f} GiB free at {config.root}", remedy)


def check_files(config: Config) -> Iterator[Finding]:
    """As many files may be open as the settings need; looked up here, where the limit may be another than the service's."""
    hard, wanted = files.limits()[1], files.needed(config)
    if hard is None or hard >= wanted:
        yield Finding("files", True, f"{wanted} may be open at once")
        return
    seen = f"{hard} may be open at once, which leaves {files.room(config, hard)} of {config.server.connections} connections"
    yield Finding(
        "files", True, seen, f"write LimitNOFILE={wanted} or more into the unit, or lower [server] connections"
    )


def check_dns(config: Config) -> Iterator[Finding]:
    """The origin's name resolves."""
    host = urlsplit(config.instance.origin).hostname or ""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        yield Finding("DNS", False, f"{host} has no address", f"add an A or AAAA record for {host}")
        return
    yield Finding("DNS", True, f"{host} is {', '.join(sorted(found))}")


def check_tls(config: Config) -> Iterator[Finding]:
    """Our own certificate names the host and lasts; behind a proxy, reachability shows it."""
    if not config.server.tls_cert:
        kind = "a reverse proxy's" if config.instance.origin.startswith("https:") else "none: an http origin"
        yield Finding("TLS", True, kind)
        return
    host, now = urlsplit(config.instance.origin).hostname or "", SystemClock().now()
    try:
        certificate = x509.load_pem_x509_certificate(Path(config.server.tls_cert).read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        yield Finding("TLS", False, f"{config.server.tls_cert}: {error}", "write a PEM chain into [server] tls_cert")
        return
    covered = _covers(names.get_values_for_type(x509.DNSName), host)
    yield Finding(
        "TLS", covered, f"the certificate names {host}" if covered else f"the certificate does not name {host}"
    )
    until = certificate.not_valid_after_utc
    yield Finding("TLS", until > now, f"valid until {until:%Y-%m-%d}", "renew it" if until - now < SOON else "")


def _covers(names: list[str], host: str) -> bool:
    return host in names or f"*.{host.partition('.')[2]}" in names


def check_mail(config: Config) -> Iterator[Finding]:
    """The mail server answers."""
    parts = urlsplit(config.mail.smtp)
    if not parts.hostname:
        yield Finding("mail", True, "none configured: invitations are printed, not sent")
        return
    try:
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        with kind(parts.hostname, parts.port or 0, timeout=TIMEOUT_S) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail", False, f"{parts.hostname} does not answer: {error}", "check [mail] smtp")
        return
    yield Finding("mail", True, f"{parts.hostname} answers")


def check_reachability(config: Config) -> Iterator[Finding]:
    """The origin leads to this instance, by its own name, and the clocks agree."""
    url = f"{config.instance.origin}/readyz"
    try:
        status, date = _get(url, config.federation.ca_file)
    except (OSError, ValueError) as error:
        remedy = "start `fedcoop serve`; check the reverse proxy, the firewall and the certificate"
        yield Finding("reachability", False, f"{url}: {getattr(error, 'reason', error)}", remedy)
        return
    remedy = "" if status == 200 else "the answer says which part does not work"
    yield Finding("reachability", status == 200, f"{url} answers {status}", remedy)
    if date is not None:
        drift = abs((SystemClock().now() - date).total_seconds())
        wrong = drift > CLOCK_DRIFT_S
        yield Finding(
            "clock",
            not wrong,
            f"{drift:.0f} s beside the server's",
            "set the clock by NTP: peers refuse old dates" if wrong else "",
        )


def check_signature(config: Config) -> Iterator[Finding]:
    """A request that we sign for our public address arrives as it was signed: Host, path and headers as they were."""
    url = f"{config.instance.origin}/readyz?{SELF_CHECK}"
    try:
        headers = asyncio.run(_signed(config, url))
        answer = json.loads(_open(url, config.federation.ca_file, headers)[2])
    except (FedcoopError, DatabaseAway, DBAPIError, sqlite3.Error, OSError, ValueError):
        return  # other checks say why
    code = answer.get("signature", "")
    if code:
        seen = "a signed request arrives as it was sent" if code == "fine" else f"a signed request is refused: {code}"
        yield Finding("signature", code == "fine", seen, _SIGNATURE_REMEDIES.get(code, _PROXY_CHANGES))


async def _signed(config: Config, url: str) -> Mapping[str, str]:
    async with opened(config) as units:
        signer = FetchSigner(units, units.clock)
        await signer.refresh()
    return signer(url, CAVAGE)


def _get(url: str, ca_file: str) -> tuple[int, datetime | None]:
    status, date, _ = _open(url, ca_file, {})
    return status, date


def _open(url: str, ca_file: str, headers: Mapping[str, str]) -> tuple[int, datetime | None, bytes]:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    handlers = (urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
    try:
        opener = urllib.request.build_opener(*handlers)
        opener.addheaders = list(headers.items())
        with opener.open(url, timeout=TIMEOUT_S) as response:
            status, date, body = response.status, response.headers.get("Date"), response.read(MAX_ANSWER)
    except urllib.error.HTTPError as error:
        status, date, body = error.code, error.headers.get("Date"), error.read(MAX_ANSWER)
    return status, parsedate_to_datetime(date) if date else None, body


CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    check_configuration,
    check_database,
    check_outages,
    check_votes,
    check_disk,
    check_files,
    check_dns,
    check_tls,
    check_mail,
    check_reachability,
    check_signature,
)


def _print_tables(*, as_json: bool) -> None:
    reactions = {
        event.__name__: [f"{reaction.__module__}.{reaction.__qualname__}" for reaction in found]
        for event, found in wiring.REACTIONS.items()
    }
    actions = {**wiring.TIMERS, **wiring.LONG_TIMERS}
    timers = {name: f"{action.__module__}.{action.__qualname__}" for name, action in actions.items()}
    rows = [(name, name_of) for name, found in reactions.items() for name_of in found or ["-"]]
    text = table(rows, ("event", "leads to")) + "\n\n" + table(list(timers.items()), ("timer", "calls"))
    emit({"reactions": reactions, "timers": timers}, text, as_json=as_json)
