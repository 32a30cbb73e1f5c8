"""Settings: what is read, what is refused, and that the example explains every key."""

import re
import tomllib
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec
import pytest

from fedcoop.config import ACCENTS, SECTIONS, Config, key_names, load, parse_duration
from fedcoop.kernel.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "instance.example.toml"
INSTANCE = '[instance]\norigin = "https://coop.example"\nname = "Alder Works"\nactor = "alder"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "instance.toml"
    path.write_text(INSTANCE)
    return path


def read(file: Path, more: str = "", **environ: str) -> Config:
    file.write_text(INSTANCE + more)
    return load(file, environ)


def test_three_keys_are_enough(file: Path):
    config = load(file, {})
    assert config.instance.origin == "https://coop.example"
    assert config.server.port == 8420
    assert config.federation.grace == timedelta(seconds=120)
    assert config.root == file.parent


def test_paths_are_of_the_folder_of_the_file(file: Path):
    config = read(file, '[federation]\nca_file = "ca.pem"\n[media]\npath = "/srv/media"\n')
    assert config.database.sqlite_path == file.parent / "data/fedcoop.db"
    assert config.instance.key_file == str(file.parent / "data/instance.key")
    assert config.federation.ca_file == str(file.parent / "ca.pem")
    assert config.media.path == "/srv/media"


def test_the_example_explains_every_key_and_no_other():
    example = tomllib.loads(EXAMPLE.read_text())
    assert {section: set(keys) for section, keys in example.items()} == {
        section: set(key_names(section)) for section in SECTIONS
    }


def test_the_example_shows_the_defaults(tmp_path: Path):
    path = tmp_path / "instance.toml"
    path.write_text(EXAMPLE.read_text())
    bare = tmp_path / "bare.toml"
    bare.write_text(INSTANCE)
    assert load(path, {}) == load(bare, {})


def test_each_group_of_keys_in_the_example_has_a_comment():
    lines = EXAMPLE.read_text().splitlines()
    for section in SECTIONS:
        assert lines[lines.index(f"[{section}]") + 1].startswith("#"), section


def test_the_example_names_every_accent():
    text = EXAMPLE.read_text()
    assert all(accent in text for accent in ACCENTS)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ("[server]\nlisten_on = '1'\n", "config-unknown-key", r"\[server\] listen_on .*did you mean listen\?"),
        ("[sever]\n", "config-unknown-section", r"\[sever\].*did you mean server\?"),
        ("[server]\nprocesses = 'two'\n", "config-value", r"\[server\] processes: Expected `int`.*processes = 1"),
        ("[server]\nprocesses = 2\n", "config-value", r"\[server\] processes: .*PostgreSQL"),
        ("[server]\nlisten = '8420'\n", "config-value", r"\[server\] listen: write \"127"),
        ("[server]\ntls_cert = 'a'\n", "config-value", r"tls_key: write it and tls_cert"),
        ("[database]\nurl = 'mysql://x'\n", "config-value", r"\[database\] url: write \"sqlite"),
        ("[database]\nurl_file = 'none'\n", "config-value", r"none: the file of a secret"),
        ("[database]\nsynchronous = 'OFF'\n", "config-value", r"synchronous: write \"FULL\""),
        ("[federation]\ngrace = 'soon'\n", "config-value", r"'soon' is no duration"),
        ("[federation]\ngrace = '5m'\n", "config-value", r"grace: write at most"),
        ("[federation]\nallow_networks = ['x']\n", "config-value", r"allow_networks: 'x' does not appear"),
        ("[federation]\nallow_networks = 'x'\n", "config-value", r"allow_networks: expected a list"),
        ("[limits]\nvotes = -1\n", "config-value", r"write 0 \(off\) or more"),
        ("[logging]\nlevel = 'loud'\n", "config-value", r"\[logging\] level: write one of"),
        ("[logging", "config-syntax", r"this is no TOML"),
    ],
)
def test_what_cannot_stand_is_said_with_file_key_and_remedy(file: Path, more: str, code: str, said: str):
    with pytest.raises(ConfigError) as caught:
        read(file, more)
    assert caught.value.code == code
    assert str(file.parent) in caught.value.message
    assert re.search(said, caught.value.message)


@pytest.mark.parametrize(
    "origin",
    [
        "https://coop.example/",
        "https://Coop.example",
        "https://coop.example:443",
        "https://me@coop.example",
        "coop.example",
        "ftp://coop.example",
        "https://",
        "https://coop.example:x",
        "http://coop.example",
    ],
)
def test_an_origin_is_scheme_and_host_only(file: Path, origin: str):
    with pytest.raises(ConfigError) as caught:
        load(file, {"FEDCOOP_INSTANCE_ORIGIN": origin})
    assert "[instance] origin: write" in caught.value.message


def test_http_needs_to_be_allowed(file: Path):
    config = read(file, "[federation]\nallow_http = true\n", FEDCOOP_INSTANCE_ORIGIN="http://localhost:8420")
    assert config.instance.origin == "http://localhost:8420"


def test_a_missing_file_and_missing_keys_are_named(tmp_path: Path):
    path = tmp_path / "instance.toml"
    with pytest.raises(ConfigError, match="fedcoop init") as caught:
        load(path, {})
    assert caught.value.code == "config-file-missing"
    path.write_text("[server]\n")
    with pytest.raises(ConfigError, match=r"section \[instance\] is missing"):
        load(path, {})
    path.write_text('[instance]\norigin = "https://a.example"\n')
    with pytest.raises(ConfigError, match="name is missing") as caught:
        load(path, {})
    assert caught.value.code == "config-missing-key"


def test_the_environment_goes_before_the_file(file: Path):
    config = read(
        file,
        '[server]\nlisten = "127.0.0.1:1"\n',
        FEDCOOP_SERVER_LISTEN="[::1]:9000",
        FEDCOOP_FEDERATION_AUTHORIZED_FETCH="true",
        FEDCOOP_FEDERATION_ALLOW_NETWORKS="127.0.0.0/8, ::1/128",
        FEDCOOP_FEDERATION_GRACE="0s",
        FEDCOOP_FEDERATION_RESOLVE="birch.test=127.0.2.2",
        FEDCOOP_LIMITS_KNOWN_ADDRESS="0",
        FEDCOOP_DELIVERY_CONNECT_S="2.5",
        FEDCOOP_INSTANCE_LANGUAGES="it,de",
        FEDCOOP_MAIL_FROM="office@coop.example",
        FEDCOOP_INSTANCE_KEY="a secret that is no setting",
        FEDCOOP_OTHER_THING="of another program",
    )
    assert (config.server.host, config.server.port) == ("::1", 9000)
    assert config.federation.authorized_fetch
    assert config.federation.allow_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert config.federation.grace == timedelta(0)
    assert config.federation.resolve == {"birch.test": "127.0.2.2"}
    assert config.limits.known_address == 0
    assert config.delivery.connect_s == 2.5
    assert config.instance.languages == ("it", "de")
    assert config.mail.sender == "office@coop.example"


def test_a_wrong_variable_is_named(file: Path):
    with pytest.raises(ConfigError, match="FEDCOOP_SERVER_LISTNE: did you mean listen"):
        load(file, {"FEDCOOP_SERVER_LISTNE": "x"})
    with pytest.raises(ConfigError, match=r"\[server\] processes: Expected `int`"):
        load(file, {"FEDCOOP_SERVER_PROCESSES": "x"})


def test_a_secret_may_live_in_a_file(file: Path):
    (file.parent / "url").write_text("postgresql://user:word@host/db\n")
    config = read(file, '[database]\nurl_file = "url"\n')
    assert config.database.url == "postgresql://user:word@host/db"
    assert not config.database.is_sqlite


def test_settings_cannot_be_changed(file: Path):
    config = load(file, {})
    with pytest.raises(AttributeError):
        config.server.listen = "x"
    assert all(msgspec.structs.fields(kind) for kind in SECTIONS.values())


def test_networks_hold_addresses(file: Path):
    proxies = load(file, {}).server.trusted_proxies
    assert proxies.holds(ip_address("127.0.0.1"))
    assert proxies.holds(ip_address("::1"))
    assert proxies.holds(ip_address("::ffff:127.0.0.1"))
    assert not proxies.holds(ip_address("127.0.0.2"))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("72h", 259200), ("7d", 604800), (" 0s ", 0)])
def test_durations(text: str, seconds: int):
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "90", "s", "1.5h", "-1s", "1w", "1h30m", "٣s"])
def test_other_text_is_no_duration(text: str):
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('website = "javascript:x"', "website"),
        ('website = "bread.example"', "website"),
        ('fields = { a = "1", b = "2", c = "3", d = "4", e = "5" }', "fields"),
        ('fields = { a = "" }', "fields"),
        ("fields = { a = 1 }", "fields"),
        (f'description = "{"x" * 2001}"', "description"),
    ],
)
def test_a_profile_that_cannot_be_shown_is_refused_with_its_key(file: Path, more: str, key: str):
    with pytest.raises(ConfigError) as refused:
        read(file, more + "\n")
    assert f"[instance] {key}" in refused.value.message


def test_a_profile_keeps_the_order_of_its_lines_and_finds_its_pictures(file: Path):
    config = read(file, 'fields = { Open = "daily", Forum = "https://f.example" }\nicon = "mark.png"\n')
    assert list(config.instance.fields) == ["Open", "Forum"]
    assert (config.instance.icon, config.instance.header) == (str(file.parent / "mark.png"), "")
    from_environment = read(file, "", FEDCOOP_INSTANCE_FIELDS="Open=daily, Forum=https://f.example")
    assert from_environment.instance.fields == {"Open": "daily", "Forum": "https://f.example"}
