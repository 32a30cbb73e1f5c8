"""The settings of one instance: `instance.toml` and the environment become a frozen `Config`, or a ConfigError.

Every key has a line of explanation in `instance.example.toml` (a test compares the two). Unknown keys are errors.
Whoever needs settings is handed its section (`DeliveryConfig`), never the module. Source: interface.md 3,
architecture.md 8.6.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from fedcoop.kernel.errors import ConfigError
from fedcoop.kernel.names import is_name, is_origin, to_uri
from fedcoop.kernel.profile import MAX_DESCRIPTION, MAX_FIELD_NAME, MAX_FIELD_VALUE, MAX_FIELDS, is_web_address

ACCENTS = ("spruce", "harbour", "damson", "brick", "rye", "fern", "heather", "slate")
LOG_LEVELS = ("debug", "info", "warning", "error")
MAX_GRACE = timedelta(seconds=240)  # governance.md 4
RESERVED = frozenset({"FEDCOOP_INSTANCE_KEY", "FEDCOOP_CONFIG"})

_DURATION = re.compile(r"([0-9]+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Networks(tuple[IPv4Network | IPv6Network, ...]):
    """A list of address ranges; `holds` asks whether an address is in one of them."""

    __slots__ = ()

    def holds(self, address: IPv4Address | IPv6Address) -> bool:
        """Return whether `address` lies in one of the networks (an IPv4-mapped one counts as its IPv4 address)."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        plain = mapped or address
        return any(plain.version == network.version and plain in network for network in self)


class InstanceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who we are: `[instance]`. `icon` and `header` are paths of picture files, absolute once loaded."""

    origin: str
    name: str
    actor: str
    contact: str = ""
    description: str = ""
    website: str = ""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    icon: str = ""
    header: str = ""
    languages: tuple[str, ...] = ("en",)
    time_zone: str = "UTC"
    accent: str = "spruce"
    key_file: str = "data/instance.key"


class ServerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where we listen: `[server]`."""

    listen: str = "127.0.0.1:8420"
    tls_cert: str = ""
    tls_key: str = ""
    trusted_proxies: Networks = Networks((IPv4Network("127.0.0.1/32"), IPv6Network("::1/128")))
    metrics_networks: Networks = Networks()
    processes: int = 1
    connections: int = 4096
    connections_per_address: int = 256
    head_s: float = 20.0
    idle_s: float = 75.0
    write_s: float = 30.0

    @property
    def host(self) -> str:
        """The address of `listen`, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return int(self.listen.rpartition(":")[2])


class DatabaseConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where rows live: `[database]`."""

    url: str = "sqlite:///data/fedcoop.db"
    url_file: str = ""
    read_url: str = ""
    pooler: bool = False
    synchronous: str = "FULL"

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.url.startswith("sqlite:")

    @property
    def sqlite_path(self) -> Path:
        """The file of a SQLite database; absolute once loaded."""
        return Path(self.url.removeprefix("sqlite:///"))


class FederationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How we talk to other servers: `[federation]`."""

    authorized_fetch: bool = False
    allow_networks: Networks = Networks()
    allow_http: bool = False
    ca_file: str = ""
    grace: timedelta = timedelta(seconds=120)
    answer_refused_votes: bool = True
    answer_messages: bool = True
    resolve: dict[str, str] = msgspec.field(default_factory=dict)


class DeliveryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How hard we send: `[delivery]`."""

    per_origin: int = 4
    total: int = 200
    connect_s: float = 5.0
    total_s: float = 15.0


class MailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How mail goes out: `[mail]`. `sender` is the key `from`."""

    smtp: str = ""
    smtp_file: str = ""
    sender: str = msgspec.field(name="from", default="")
    inbound: str = ""


class MediaConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where files live: `[media]`."""

    path: str = "data/media"
    origin: str = ""
    max_bytes: int = 16_777_216


class LimitsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a stranger may do: `[limits]`; a minute or, for `new_*`, an hour; 0 = off (federation.md 9, 16)."""

    address: int = 1200
    known_address: int = 12000
    origin: int = 6000
    actor: int = 60
    votes: int = 20
    bad_signatures: int = 20
    pages: int = 1200
    sign_ins: int = 10
    new_hosts: int = 10
    new_actors: int = 1000


class ClusterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How nodes hear of each other: `[cluster]`."""

    bus: str = ""


class LoggingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is logged: `[logging]`."""

    level: str = "info"
    format: str = "text"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of an instance. `root` is the folder of `instance.toml`; paths in the sections are absolute."""

    instance: InstanceConfig
    server: ServerConfig = ServerConfig()
    database: DatabaseConfig = DatabaseConfig()
    federation: FederationConfig = msgspec.field(default_factory=FederationConfig)
    delivery: DeliveryConfig = DeliveryConfig()
    mail: MailConfig = MailConfig()
    media: MediaConfig = MediaConfig()
    limits: LimitsConfig = LimitsConfig()
    cluster: ClusterConfig = ClusterConfig()
    logging: LoggingConfig = LoggingConfig()
    root: Path = Path()


SECTIONS: dict[str, type[msgspec.Struct]] = {
    name: kind for name, kind in get_type_hints(Config).items() if name != "root"
}


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` (`90s`, `15m`, `72h`, `7d`) names. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h or d, like 90s, 72h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings of the instance at `path`, with `FEDCOOP_SECTION_KEY` of the environment laid over them.

    Raises ConfigError (`config-file-missing`, `config-syntax`, `config-unknown-section`, `config-unknown-key`,
    `config-missing-key`, `config-value`) whose message names the file, the key and what to write instead.
    """
    path = path.absolute()
    raw = _read(path)
    _check_names(raw, path)
    overridden = _with_environment(raw, os.environ if environ is None else environ)
    config = _convert(overridden, path)
    config = _with_paths(config, path.parent)
    _check(config, path)
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path}: there is no such file; write one with `fedcoop init`, or name it with --config PATH"
        raise ConfigError("config-file-missing", message) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config-file-missing", f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("config-syntax", f"{path}: this is no TOML: {error}") from None


def _check_names(raw: dict[str, Any], path: Path) -> None:
    for section, table in raw.items():
        if section not in SECTIONS or not isinstance(table, dict):
            message = f"{path}: [{section}] is not a section of ours; {_instead(section, SECTIONS)}"
            raise ConfigError("config-unknown-section", message)
        known = key_names(section)
        for key in table:
            if key not in known:
                message = f"{path}: [{section}] {key} is not a key of ours; {_instead(key, known)}"
                raise ConfigError("config-unknown-key", message)


def key_names(section: str) -> dict[str, msgspec.structs.FieldInfo]:
    """Return the keys of `section` as they are written in the file, with their fields."""
    return {field.encode_name: field for field in msgspec.structs.fields(SECTIONS[section])}


def _instead(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else "known are " + ", ".join(sorted(known))


def _with_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    merged = {section: dict(table) for section, table in raw.items()}
    for variable, text in environ.items():
        section, _, key = variable.removeprefix("FEDCOOP_").lower().partition("_")
        if not variable.startswith("FEDCOOP_") or variable in RESERVED or section not in SECTIONS:
            continue
        field = key_names(section).get(key)
        if field is None:
            message = f"environment {variable}: {_instead(key, key_names(section))}"
            raise ConfigError("config-unknown-key", message)
        merged.setdefault(section, {})[key] = _from_text(field.type, text)
    return merged


def _from_text(kind: Any, text: str) -> Any:
    shape = getattr(kind, "__origin__", kind)
    if shape in (int, float, bool):
        try:
            return msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            return text  # `_convert` says what is wrong with it, with the key
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if shape is dict:
        return dict(part.split("=", 1) for part in parts if "=" in part)
    return parts if shape in (tuple, Networks) else text


def _convert(raw: dict[str, Any], path: Path) -> Config:
    if "instance" not in raw:
        message = f'{path}: the section [instance] is missing; write in it origin = "https://coop.example", name, actor'
        raise ConfigError("config-missing-key", message)
    sections: dict[str, Any] = {}
    for section, table in raw.items():
        try:
            sections[section] = msgspec.convert(_durations(section, table), SECTIONS[section], dec_hook=_decode)
        except (msgspec.ValidationError, ValueError) as error:
            raise _value_error(path, section, str(error)) from None
    return Config(**sections, root=path.parent)


def _durations(section: str, table: dict[str, Any]) -> dict[str, Any]:
    known = key_names(section)
    return {
        key: parse_duration(value) if known[key].type is timedelta and isinstance(value, str) else value
        for key, value in table.items()
    }


def _decode(kind: type, value: object) -> object:
    if kind is not Networks or not isinstance(value, list | tuple):
        raise ValueError('expected a list of networks such as ["10.0.0.0/8"]')
    return Networks(ip_network(str(item), strict=False) for item in value)


def _value_error(path: Path, section: str, text: str) -> ConfigError:
    missing = re.search(r"required field `(\w+)`", text)
    if missing:
        message = f'{path}: [{section}] {missing[1]} is missing; write {missing[1]} = "…"'
        return ConfigError("config-missing-key", message)
    sentence, _, place = text.partition(" - at `$.")
    key = place.rstrip("`").partition("[")[0]
    example = _example(section, key)
    return ConfigError("config-value", f"{path}: [{section}] {key + ': ' if key else ''}{sentence}{example}")


def _example(section: str, key: str) -> str:
    field = key_names(section).get(key)
    if field is None or field.default is msgspec.NODEFAULT:
        return ""
    default = field.default
    text = f'"{default}"' if isinstance(default, str) else msgspec.json.encode(default, enc_hook=str).decode()
    return f"; write for example {key} = {text}"


def _with_paths(config: Config, root: Path) -> Config:
    replace = msgspec.structs.replace
    place = root.joinpath
    instance, server, media = config.instance, config.server, config.media
    federation = config.federation
    url = _secret(root, config.database.url_file) or config.database.url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{place(url.removeprefix('sqlite:///'))}"
    return replace(
        config,
        instance=replace(
            instance,
            origin=to_uri(instance.origin),
            key_file=str(place(instance.key_file)),
            icon=str(place(instance.icon)) if instance.icon else "",
            header=str(place(instance.header)) if instance.header else "",
        ),
        server=replace(
            server,
            tls_cert=str(place(server.tls_cert)) if server.tls_cert else "",
            tls_key=str(place(server.tls_key)) if server.tls_key else "",
        ),
        database=replace(config.database, url=url),
        federation=replace(federation, ca_file=str(place(federation.ca_file)) if federation.ca_file else ""),
        media=replace(media, path=str(place(media.path)), origin=to_uri(media.origin)),
        mail=replace(config.mail, smtp=_secret(root, config.mail.smtp_file) or config.mail.smtp),
    )


def _secret(root: Path, name: str) -> str:
    if not name:
        return ""
    path = root / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError("config-value", f"{path}: the file of a secret cannot be read: {error.strerror}") from None


def _check(config: Config, path: Path) -> None:
    for section, key, fine, instead in _demands(config):
        if not fine:
            raise ConfigError("config-value", f"{path}: [{section}] {key}: {instead}")


def _demands(config: Config) -> tuple[tuple[str, str, bool, str], ...]:
    instance, server, database, federation = config.instance, config.server, config.database, config.federation
    limits, delivery = config.limits, config.delivery
    return (
        ("instance", "origin", is_origin(instance.origin), 'write scheme and host only, like "https://coop.example"'),
        (
            "instance",
            "origin",
            instance.origin.startswith("https:") or federation.allow_http,
            "write an https origin, or [federation] allow_http = true on a closed network",
        ),
        ("instance", "name", bool(instance.name.strip()), "write the name of the co-op"),
        ("instance", "actor", is_name(instance.actor), 'write up to 64 of a-z, 0-9, _, with . or - inside: "alder"'),
        *_profile_demands(instance),
        ("instance", "languages", bool(instance.languages), 'write at least one, like ["en"]'),
        ("instance", "time_zone", _is_zone(instance.time_zone), 'write an IANA name, like "Europe/Rome"'),
        ("instance", "accent", instance.accent in ACCENTS, "write one of " + ", ".join(ACCENTS)),
        ("server", "listen", _is_listen(server.listen), 'write "127.0.0.1:8420" or "[::1]:8420"'),
        ("server", "tls_key", bool(server.tls_cert) == bool(server.tls_key), "write it and tls_cert, or neither"),
        (
            "server",
            "processes",
            server.processes == 1,
            "write 1: one process serves; further loops are `fedcoop worker` processes, on PostgreSQL",
        ),
        ("server", "connections", server.connections >= 1, "write 1 or more"),
        ("server", "connections_per_address", server.connections_per_address >= 1, "write 1 or more"),
        (
            "server",
            "idle_s",
            min(server.head_s, server.idle_s, server.write_s) > 0,
            "write seconds above 0 (head_s, write_s too)",
        ),
        (
            "database",
            "url",
            database.url.startswith(("sqlite:///", "postgresql://")),
            'write "sqlite:///data/fedcoop.db" or "postgresql://user@host/db"',
        ),
        ("database", "synchronous", database.synchronous in ("FULL", "NORMAL"), 'write "FULL" or "NORMAL"'),
        ("federation", "grace", federation.grace <= MAX_GRACE, 'write at most "240s"'),
        ("delivery", "per_origin", min(delivery.per_origin, delivery.total) >= 1, "write 1 or more (total too)"),
        ("delivery", "total_s", 0 < delivery.connect_s <= delivery.total_s, "write connect_s or more, above 0"),
        ("media", "max_bytes", config.media.max_bytes > 0, "write a number of bytes above 0"),
        ("media", "origin", not config.media.origin or is_origin(config.media.origin), "write an origin, or nothing"),
        ("limits", "address", min(msgspec.structs.astuple(limits)) >= 0, "write 0 (off) or more, for every limit"),
        ("cluster", "bus", config.cluster.bus in ("", "postgresql"), 'write "" or "postgresql"'),
        ("logging", "level", config.logging.level in LOG_LEVELS, "write one of " + ", ".join(LOG_LEVELS)),
        ("logging", "format", config.logging.format in ("text", "json"), 'write "text" or "json"'),
    )


def _profile_demands(instance: InstanceConfig) -> tuple[tuple[str, str, bool, str], ...]:
    fields = instance.fields.items()
    lengths = all(0 < len(name) <= MAX_FIELD_NAME and 0 < len(value) <= MAX_FIELD_VALUE for name, value in fields)
    is_address = not instance.website or (is_web_address(instance.website) and len(instance.website) <= MAX_FIELD_VALUE)
    return (
        (
            "instance",
            "description",
            len(instance.description) <= MAX_DESCRIPTION,
            f"write at most {MAX_DESCRIPTION:,} characters",
        ),
        ("instance", "website", is_address, 'write a web address, like "https://alder.example", or nothing'),
        (
            "instance",
            "fields",
            len(fields) <= MAX_FIELDS and lengths,
            f'write at most {MAX_FIELDS}, like {{ "Open" = "Mo-Fr 8-18" }}; a name has up to {MAX_FIELD_NAME} characters, '
            f"what it says {MAX_FIELD_VALUE}",
        ),
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return False
    return True


def _is_listen(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdigit() and 0 <= int(port) < 65536
