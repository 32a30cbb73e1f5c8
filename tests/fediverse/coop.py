"""A fedcoop of our own beside the peers: a real process, driven by the commands an operator has."""

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.fediverse.harness import ADDRESSES, HERE, Authority, Process, until
from tests.fediverse.peers import Peer

Json = dict[str, Any]
ROOT = HERE.parent.parent
MEMBERS = ("alma", "bruno", "cleo", "dario", "elif")


def set_key(text: str, section: str, key: str, value: object) -> str:
    """The TOML text with the key of the section set, whether it stood there, as a comment, or not at all."""
    line = f"{key} = {json.dumps(value)}"
    head = re.search(rf"(?m)^\[{re.escape(section)}\].*$", text)
    if head is None:
        return f"{text.rstrip()}\n\n[{section}]\n{line}\n"
    after = re.search(r"(?m)^\[", text[head.end() :])
    end = head.end() + after.start() if after else len(text)
    body = text[head.end() : end]
    present = re.search(rf"(?m)^{re.escape(key)}[ \t]*=.*$", body)
    body = body[: present.start()] + line + body[present.end() :] if present else f"\n{line}{body}"
    return text[: head.end()] + body + text[end:]


@dataclass(slots=True)
class FedcoopServer:
    """One instance: its folder, its process, its commands."""

    domain: str
    actor: str
    config: Path
    process: Process
    authority: Authority

    @classmethod
    def make(
        cls, folder: Path, authority: Authority, *, domain: str = "coop.test", grace: str = "0s", name: str = "Alder"
    ) -> "FedcoopServer":
        """An instance that is ready to start: made by `init`, then told of our certificates and addresses."""
        directory, actor = folder / domain, domain.split(".")[0]
        listen = f"{ADDRESSES[domain]}:443"
        made = subprocess.run(
            [
                *(sys.executable, "-m", "fedcoop", "init", directory, "--origin", f"https://{domain}"),
                *("--name", name, "--actor", actor, "--listen", listen),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        config = directory / "instance.toml"
        text = config.read_text("utf-8")
        for section, key, value in (
            ("server", "tls_cert", str(authority.certificate)),
            ("server", "tls_key", str(authority.key)),
            ("federation", "ca_file", str(authority.root)),
            ("federation", "allow_networks", ["127.0.0.0/8"]),
            ("federation", "grace", grace),
        ):
            text = set_key(text, section, key, value)
        config.write_text(text, "utf-8")
        command: list[str | Path] = [sys.executable, "-m", "fedcoop", "--config", config, "serve"]
        process = Process(f"fedcoop {domain}", command, folder / "fedcoop.log", {"PYTHONUNBUFFERED": "1"}, ROOT)
        return cls(domain, actor, config, process, authority)

    @property
    def origin(self) -> str:
        return f"https://{self.domain}"

    @property
    def id(self) -> str:
        """The co-op's actor."""
        return f"{self.origin}/actors/{self.actor}"

    @property
    def handle(self) -> str:
        return f"@{self.actor}@{self.domain}"

    def start(self) -> None:
        """The server has said that it is ready."""
        self.process.start()
        self.process.wait_ready(lambda: f"fedcoop ready {self.origin}" in self.process.text(), within=30)

    def stop(self) -> int | None:
        """The server ended by SIGTERM; its exit status."""
        return self.process.stop(grace=15)

    async def run(self, *arguments: str) -> str:
        """What the command prints; AssertionError with its stderr and the server's log if it fails."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fedcoop", "--config", str(self.config), *arguments),
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        assert child.returncode == 0, f"{' '.join(arguments)}: {err.decode()}\n{self.process.tail()}"
        return out.decode()

    async def run_json(self, *arguments: str) -> Any:
        """The one JSON document the command prints."""
        return json.loads(await self.run(*arguments, "--json"))

    async def add_members(self, *names: str) -> None:
        """They are in the register; the first is an administrator."""
        for position, name in enumerate(names):
            more = ["--admin"] if position == 0 else []
            await self.run("member", "add", name, "--email", f"{name}@members.test", *more)

    @asynccontextmanager
    async def signed_in(self, name: str) -> AsyncIterator["Web"]:
        """A browser of the member, signed in by a link that works once."""
        (row,) = await self.run_json("member", "invite", name)
        trusted = ssl.create_default_context(cafile=str(self.authority.root))
        async with aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(ssl=trusted)) as session:
            web = Web(self.origin, session)
            await web.send(urlsplit(row["invitation"]).path)
            yield web

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of an object asked for as ActivityPub."""
        trusted = ssl.create_default_context(cafile=str(self.authority.root))
        async with (
            aiohttp.ClientSession(trust_env=False, headers={"Accept": "application/activity+json"}) as session,
            session.get(self.origin + path, ssl=trusted) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def total(self, collection: str) -> int:
        """The `totalItems` of `followers` or `following` of the co-op."""
        status, found = await self.get(f"/actors/{self.actor}/{collection}")
        assert status == 200, found
        return int(found["totalItems"])

    async def link(self, name: str, actor: str) -> None:
        """Votes of the fediverse account count as the member's."""
        await self.run("member", "link", name, "--actor", actor)

    async def open_motion(self, title: str, *more: str, by: str) -> Json:
        """An open motion that is published as a poll."""
        arguments = ("--by", by, "--title", title, "--closes-in", "1h", "--channels", "web,activitypub")
        motion: Json = await self.run_json("motion", "open", *arguments, *more)
        return motion

    async def show(self, motion: Json) -> Json:
        """The motion as it stands."""
        shown: Json = await self.run_json("motion", "show", motion["url"])
        return shown

    async def cast(self, motion: Json, *by: str, choice: str = "for") -> None:
        """Ballots on paper."""
        for name in by:
            await self.run("motion", "cast", motion["url"], "--by", name, "--choice", json.dumps([choice]))

    async def close(self, motion: Json) -> None:
        """Closed, with its outcome."""
        await self.run("motion", "close", motion["url"], "--wait")

    async def wait_ballots(self, motion: Json, number: int) -> Json:
        """The motion once it has that many ballots."""

        async def look() -> Json | None:
            shown = await self.show(motion)
            return shown if shown["ballots"] == number else None

        return await until(look, what=f"{number} ballots on {motion['title']}")


@dataclass(frozen=True)
class Web:
    """The pages of one server as one person's browser sees them."""

    origin: str
    session: aiohttp.ClientSession

    async def page(self, path: str) -> str:
        """The text of the page."""
        async with self.session.get(self.origin + path, headers={"Accept": "text/html"}) as answer:
            assert answer.status == 200, (path, answer.status)
            return await answer.text()

    async def send(self, page: str, *, action: str = "", **fields: str) -> str:
        """The text of the page to which the filled-in form of `page` leads."""
        hidden = re.search(r'name="csrf" value="([^"]+)"', await self.page(page))
        token = {"csrf": hidden[1]} if hidden else {}
        headers = {"Origin": self.origin, "Accept": "text/html"}
        async with self.session.post(
            self.origin + (action or page), data={**fields, **token}, headers=headers
        ) as answer:
            assert answer.status == 200, (action or page, answer.status, (await answer.text())[:2000])
            return await answer.text()


async def followed(coop: FedcoopServer, peer: Peer, name: str) -> None:
    """The peer's actor follows the co-op, which said Accept."""
    if coop.id in (await peer.relations(name))["following"]:
        return
    await peer.follow(name, coop.id)

    async def accepted() -> bool:
        return coop.id in (await peer.relations(name))["following"]

    await until(accepted, what=f"{name}@{peer.domain} follows {coop.domain}")
