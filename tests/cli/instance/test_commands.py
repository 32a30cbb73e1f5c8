"""Commands beside or without a server: exit status, one line of complaint, one JSON document, and their effects."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from fedcoop.cli.instance.checking import check_files
from fedcoop.cli.main import main
from fedcoop.config import load
from tests.cli.conftest import Cli


def test_a_missing_configuration_is_wrong_use(tmp_path: Path):
    said = Cli(tmp_path / "instance.toml").refused("member", "list", code=2)
    assert said.startswith("config-file-missing: ")
    assert "fedcoop init" in said


def test_the_configuration_may_come_from_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FEDCOOP_CONFIG", str(cli.config))
    assert CliRunner().invoke(main, ["member", "list", "--json"]).stdout == "[]\n"


def test_wrong_options_are_wrong_use(cli: Cli):
    assert "no such option" in cli.run("queue", "--nonsense", code=2).stderr.lower()
    assert "missing option" in cli.run("member", "add", "ada", code=2).stderr.lower()


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "fedcoop", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fedcoop, version ")


def test_members_are_entered_listed_and_invited(cli: Cli):
    made = cli.json("member", "add", "ada", "--email", "Ada@Coop.example", "--display-name", "Ada Lovage", "--admin")
    assert made["number"] == 1
    assert made["invitation"].startswith("http://localhost:8420/sign-in/")
    assert cli.refused("member", "add", "ada", "--email", "x@coop.example").startswith("name-taken: ")
    assert cli.refused("member", "add", "eve", "--email", "ada@coop.example").startswith("email-taken: ")
    listed = cli.json("member", "list")
    assert [(m["name"], m["email"], m["admin"], m["status"]) for m in listed] == [
        ("ada", "ada@coop.example", True, "full")
    ]
    [invited] = cli.json("member", "invite", "ada")
    assert invited["invitation"] != made["invitation"]
    assert cli.json("member", "invite", "ada", "--sign-in")[0]["member"] == "ada"
    assert cli.refused("member", "invite", "eve").startswith("member-unknown: ")


def test_a_password_comes_from_stdin_and_never_from_an_argument(cli: Cli):
    made = cli.json(
        *("member", "add", "ada", "--email", "ada@coop.example", "--password-stdin"), given="correct horse battery\n"
    )
    assert made["invitation"] is None
    short = cli.refused("member", "add", "ben", "--email", "b@coop.example", "--password-stdin", given="short\n")
    assert short.startswith("password-short: ")


def test_members_are_imported_all_or_none(cli: Cli, tmp_path: Path):
    file = tmp_path / "members.csv"
    file.write_text("name,email,display_name,class,admin\nada,a@c.example,Ada,,yes\nben,b@c.example,,worker,\n")
    made = cli.json("member", "import", str(file))
    assert [(m["name"], m["class"], m["admin"]) for m in made] == [("ada", "member", True), ("ben", "worker", False)]
    file.write_text("name,email\ncleo,c@c.example\nada,again@c.example\n")
    said = cli.refused("member", "import", str(file))
    assert said.startswith("name-taken: line 3: ")
    assert len(cli.json("member", "list")) == 2
    file.write_text("name\ncleo\n")
    assert cli.refused("member", "import", str(file)).startswith("csv-columns: ")
    file.write_text("name;email;class\n\ndora;d@c.example;baker\nemil;e@c.example;baker\n")
    told = cli.run("member", "import", str(file)).stderr
    assert told.count("class-new: line 3: the class baker is new") == 1
    added = cli.refused("member", "add", "finn", "--email", "f@c.example", "--class", "bakr")
    assert added.startswith("class-unknown: ")
    assert "There are: baker, member, worker." in added
    assert cli.json("member", "add", "finn", "--email", "f@c.example", "--class", "baker")["class"] == "baker"


def test_a_token_is_printed_once(coop: Cli):
    made = coop.json("token", "ada", "--scopes", "read  write")
    assert made["scope"] == "read write"
    assert len(made["access_token"]) > 30
    assert coop.refused("token", "eve").startswith("member-unknown: ")


def test_an_announcement_has_an_address(coop: Cli, tmp_path: Path):
    text = tmp_path / "text.md"
    text.write_text("We bake on Sundays.")
    made = coop.json("announce", "--by", "ben", "--text-file", str(text), "--audience", "members")
    assert made["url"].startswith("http://localhost:8420/notes/")
    text.write_text("")
    assert coop.refused("announce", "--by", "ben", "--text-file", str(text)).startswith("text-missing: ")
    assert coop.refused("announce", "--by", "eve", "--text-file", str(text)).startswith("member-unknown: ")


def test_the_queue_is_shown_and_retried(cli: Cli):
    found = cli.json("queue")
    assert set(found) == {"inbox", "deliveries", "timers", "failures"}
    assert set(found["inbox"]) == {"waiting", "due", "failed", "oldest_s"}
    assert cli.refused("queue", "--retry", "12").startswith("queue-row-unknown: ")


def test_servers_are_blocked_and_unblocked(cli: Cli):
    cli.run("peer", "block", "https://bad.example", "--reason", "spam")
    assert cli.json("peer", "list")["blocked"] == [{"target": "https://bad.example", "kind": "origin"}]
    cli.run("peer", "unblock", "https://bad.example")
    assert cli.json("peer", "list")["blocked"] == []
    assert cli.refused("peer", "unblock", "https://bad.example").startswith("block-unknown: ")


def test_doctor_prints_what_leads_to_what(cli: Cli):
    found = json.loads(CliRunner().invoke(main, ["doctor", "--tables", "--json"]).stdout)
    assert "MotionOpened" in found["reactions"]
    assert "close_motion" in found["timers"]


def test_doctor_says_how_many_connections_the_limit_of_files_leaves(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fedcoop.listening.files.limits", lambda: (1024, 100_000))
    (fine,) = check_files(load(cli.config, {}))
    assert (fine.fine, fine.remedy) == (True, "")
    monkeypatch.setattr("fedcoop.listening.files.limits", lambda: (1024, 2048))
    (short,) = check_files(load(cli.config, {}))
    assert "leaves 1024 of 4096 connections" in short.seen
    assert "LimitNOFILE=5576" in short.remedy


def test_doctor_finds_what_is_wrong_and_names_the_remedy(cli: Cli):
    cli.config.chmod(0o644)
    findings = json.loads(cli.run("doctor", "--json", code=1).stdout)
    seen = {finding["check"]: finding for finding in findings if not finding["fine"]}
    assert "chmod 600" in seen["configuration"]["remedy"]
    assert "serve" in seen["reachability"]["remedy"]
    assert {"database", "key", "disk", "DNS"} <= {finding["check"] for finding in findings if finding["fine"]}


def test_a_wrong_key_is_named(cli: Cli, make: Callable[[str], Cli]):
    other = make("birch")
    key = (other.config.parent / "data/instance.key").read_bytes()
    (cli.config.parent / "data/instance.key").write_bytes(key)
    findings = json.loads(cli.run("doctor", "--json", code=1).stdout)
    assert [f["fine"] for f in findings if f["check"] == "database"] == [False]


def test_the_key_may_live_in_the_environment(coop: Cli, monkeypatch: pytest.MonkeyPatch):
    path = coop.config.parent / "data/instance.key"
    monkeypatch.setenv("FEDCOOP_INSTANCE_KEY", path.read_text().strip())
    path.unlink()
    assert len(coop.json("member", "list")) == 3
    monkeypatch.delenv("FEDCOOP_INSTANCE_KEY")
    assert coop.refused("member", "list", code=2).startswith("instance-key-missing: ")


def test_a_backup_is_private_and_restores_into_an_empty_folder(coop: Cli, tmp_path: Path):
    (coop.config.parent / "data/media").mkdir(exist_ok=True)
    (coop.config.parent / "data/media/picture.webp").write_bytes(b"webp")
    file = tmp_path / "backup.tar"
    coop.run("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert coop.refused("backup", str(file)).startswith("file-exists: ")
    restored = Cli(tmp_path / "again/instance.toml")
    coop.run("restore", str(file), str(tmp_path / "again"))
    assert restored.json("member", "list") == coop.json("member", "list")
    assert (tmp_path / "again/data/media/picture.webp").read_bytes() == b"webp"
    for name in ("instance.toml", "data/instance.key", "data/fedcoop.db"):
        assert (tmp_path / "again" / name).stat().st_mode & 0o777 == 0o600
    assert coop.refused("restore", str(file), str(tmp_path / "again")).startswith("folder-not-empty: ")


def test_places_outside_the_folder_are_restored_inside(coop: Cli, tmp_path: Path):
    key = tmp_path / "elsewhere.key"
    (coop.config.parent / "data/instance.key").rename(key)
    text = coop.config.read_text().replace("[server]", f"key_file = {json.dumps(str(key))}\n\n[server]")
    coop.config.write_text(text)
    coop.run("backup", str(tmp_path / "b.tar"))
    key.unlink()
    coop.run("restore", str(tmp_path / "b.tar"), str(tmp_path / "again"))
    restored = Cli(tmp_path / "again/instance.toml")
    assert len(restored.json("member", "list")) == 3
    assert not key.exists()


def test_the_coops_own_picture_is_checked_and_comes_back_with_a_backup(coop: Cli, tmp_path: Path):
    picture = tmp_path / "elsewhere.png"
    text = coop.config.read_text().replace("[server]", f"icon = {json.dumps(str(picture))}\n\n[server]")
    coop.config.write_text(text)
    picture.write_bytes(b"<svg/>")
    said = coop.run("doctor", code=1).stdout
    assert f"[instance] icon: {picture}: this is no picture" in said
    Image.new("RGB", (40, 40)).save(picture)
    assert "[instance] icon" not in CliRunner().invoke(main, ["--config", str(coop.config), "doctor"]).stdout
    coop.run("backup", str(tmp_path / "b.tar"))
    picture.unlink()
    coop.run("restore", str(tmp_path / "b.tar"), str(tmp_path / "again"))
    assert load(tmp_path / "again/instance.toml", {}).instance.icon == str(tmp_path / "again/data/icon")
    assert (tmp_path / "again/data/icon").read_bytes().startswith(b"\x89PNG")


def test_another_file_is_no_backup(cli: Cli, tmp_path: Path):
    file = tmp_path / "other.tar"
    file.write_bytes(os.urandom(2000))
    assert cli.refused("restore", str(file), str(tmp_path / "again")).startswith("backup-bad: ")


def test_an_export_is_readable_and_holds_no_secret(coop: Cli, tmp_path: Path):
    coop.run("member", "add", "dora", "--email", "d@coop.example", "--password-stdin", given="correct horse battery\n")
    counts = coop.json("export", str(tmp_path / "out"))
    assert counts["members"] == 4
    rows = (tmp_path / "out/members.csv").read_text().splitlines()
    assert rows[0].startswith("number,name,")
    assert len(rows) == 5
    everything = "".join(path.read_text() for path in (tmp_path / "out/tables").iterdir())
    for secret in ("argon2", "PRIVATE KEY", "gAAAA"):
        assert secret not in everything
    assert coop.refused("export", str(tmp_path / "out")).startswith("folder-not-empty: ")


def test_an_announcement_is_changed_and_taken_back_by_its_address(coop: Cli):
    made = coop.json("announce", "--by", "ben", given="The till is open.\n")
    changed = coop.json("announcement", "edit", made["url"], "--by", "ben", given="The till is shut.\n")
    assert (changed["url"], changed["version"], changed["text"]) == (made["url"], 2, "The till is shut.")
    assert coop.refused("announcement", "edit", made["url"], "--by", "ada", given="Mine.").startswith(
        "not-the-author: "
    )
    assert [row["text"] for row in coop.json("announcement", "list")] == ["The till is shut."]
    assert coop.json("announcement", "delete", made["url"], "--by", "ada")["deleted"]
    again = coop.refused("announcement", "delete", made["url"], "--by", "ada")
    assert again.startswith("announcement-deleted: ")
    assert coop.refused("announcement", "delete", "https://x.example/1", "--by", "ada").startswith(
        "announcement-unknown"
    )
