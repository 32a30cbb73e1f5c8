"""The real peers as processes with clients: Fedify, cattle-grid, and the RabbitMQ that cattle-grid needs."""

import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.fediverse.harness import ADDRESSES, HERE, Authority, Process, Unavailable, free_port, until

Json = Any  # what a JSON document decodes to


def check_installed() -> None:
    """What `install.sh` brings is there."""
    if shutil.which("node") is None:
        raise Unavailable("Node 20 or newer is missing (Debian: apt install nodejs npm)")
    for part in ("node_modules/.installed", ".venv-cattle/.installed"):
        if not (HERE / part).exists():
            raise Unavailable(f"tests/fediverse/{part} is missing: run tests/fediverse/install.sh (or make peers)")


def _rabbitmq_program() -> Path:
    """The program itself, not Debian's wrapper, which insists on its own user and folders."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not found or shutil.which("epmd") is None:
        raise Unavailable("RabbitMQ is missing (Debian: apt install rabbitmq-server)")
    return found[-1]


@dataclass(slots=True)
class Rabbit:
    """A message broker of our own: own ports on 127.0.0.1, own name, everything it writes under one folder."""

    port: int
    processes: list[Process]

    @classmethod
    def start(cls, folder: Path) -> "Rabbit":
        """The broker takes connections as guest/guest."""
        program, ports = _rabbitmq_program(), [free_port() for _ in range(3)]
        for part in ("mnesia", "log"):
            (folder / part).mkdir(parents=True)
        (folder / "plugins").write_text("[].\n")
        (folder / "rabbit.conf").write_text("log.console = true\nlog.file = false\n")
        (folder / "env").touch()
        environment = {
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(ports[0]),
            "RABBITMQ_NODENAME": f"fedcoop{ports[1]}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(ports[1]),
            "RABBITMQ_DIST_PORT": str(ports[2]),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbit.conf"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        names = ["epmd", "-port", str(ports[0]), "-address", "127.0.0.1"]
        mapper = Process("epmd", names, folder / "epmd.log", environment)
        broker = Process("RabbitMQ", [program], folder / "rabbitmq.log", environment, folder)
        mapper.start()
        broker.start()
        made = cls(ports[1], [broker, mapper])
        try:
            broker.wait_ready(lambda: "Server startup complete" in broker.text())
        except BaseException:
            made.stop()
            raise
        return made

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def stop(self) -> None:
        """Broker and port mapper are gone."""
        for process in self.processes:
            process.kill()


@dataclass(slots=True)
class Peer:
    """A server of another make: its process, and its control door as methods."""

    domain: str
    process: Process
    control: str

    @property
    def origin(self) -> str:
        return f"https://{self.domain}"

    def start(self) -> None:
        """The peer listens, on both doors."""
        self.process.start()
        self.process.wait_ready(self._answers)

    def stop(self) -> None:
        """The process is gone; keys and database stay for the next start."""
        self.process.kill()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.control}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    async def ask(self, path: str) -> Any:
        """The JSON at path of the control door."""
        async with aiohttp.ClientSession(trust_env=False) as session, session.get(f"{self.control}/{path}") as answer:
            return await self._json(answer, path)

    async def do(self, operation: str, **values: Any) -> Any:
        """One operation of the control door, done."""
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.post(f"{self.control}/{operation}", json=values) as answer,
        ):
            return await self._json(answer, operation)

    async def _json(self, answer: aiohttp.ClientResponse, what: str) -> Any:
        if answer.status != 200:
            text = await answer.text()
            raise AssertionError(f"{self.process.name}: {what}: {answer.status} {text}\n{self.process.tail()}")
        return await answer.json()

    async def relations(self, name: str) -> Json:
        """`followers` and `following` of the actor, by id; only those that were accepted."""
        return await self.ask(f"relations/{name}")

    async def actor(self, name: str) -> str:
        """The id of the peer's actor of that name."""
        return str((await self.ask("ready"))["actors"][name])

    async def received(self, **wanted: Any) -> list[Json]:
        """Activities the peer took, in order, whose members are as wanted."""
        entries: list[Json] = await self.ask("received")
        return [entry for entry in entries if all(entry.get(key) == value for key, value in wanted.items())]

    async def wait_received(self, *, within: float = 30.0, count: int = 1, **wanted: Any) -> Json:
        """The count-th activity of that kind, once it is there."""

        async def look() -> Json | None:
            found = await self.received(**wanted)
            return found[count - 1] if len(found) >= count else None

        return await until(look, what=f"{self.domain} receives {wanted}", within=within)

    # what a user of the peer does

    async def follow(self, actor: str, target: str) -> Json:
        return await self.do("follow", actor=actor, target=target)

    async def vote(self, actor: str, question: str, *names: str, **more: Any) -> Json:
        """As Mastodon: one Create for each name, with a Note that has a name and no content."""
        return await self.do("vote", actor=actor, question=question, names=list(names), **more)

    async def direct(self, actor: str, target: str, content: str) -> Json:
        return await self.do("dm", actor=actor, target=target, content=content)

    async def reply(self, actor: str, in_reply_to: str, content: str) -> Json:
        return await self.do("reply", actor=actor, inReplyTo=in_reply_to, content=content)

    async def note(self, actor: str, content: str) -> Json:
        """A public note, to the followers."""
        return await self.do("note", actor=actor, content=content)

    async def fetch(self, actor: str, url: str) -> Json:
        """`json`: what a signed GET by actor brought."""
        return await self.do("fetch", actor=actor, url=url)


class FedifyPeer(Peer):
    """Fedify 2.3: `received` also says `signature`, `signatureVerified`, `hasProof`, `proofVerified`."""

    @classmethod
    def make(cls, folder: Path, authority: Authority, *, actors: str = "ana,bea,cyd") -> "FedifyPeer":
        """A peer that is ready to start; its keys outlive restarts."""
        domain, port = "fedify.test", free_port()
        environment = {
            "DOMAIN": domain,
            "ADDRESS": ADDRESSES[domain],
            "ACTORS": actors,
            "TLS_CERT": str(authority.certificate),
            "TLS_KEY": str(authority.key),
            "NODE_EXTRA_CA_CERTS": str(authority.root),
            "KEYS_FILE": str(folder / "fedify-keys.json"),
            "CONTROL_PORT": str(port),
        }
        process = Process("Fedify", ["node", HERE / "fedify_peer.mjs"], folder / "fedify.log", environment)
        return cls(domain, process, f"http://127.0.0.1:{port}")

    async def lookup(self, actor: str, address: str) -> Json:
        """What a search for an address or id finds: `id`, `name`, `json`."""
        return await self.do("lookup", actor=actor, id=address)

    async def send_raw(self, actor: str, inbox: str, activity: Json | str, *, scheme: str) -> Json:
        """One POST, signed as `cavage` or `rfc9421` and no other way; `status` and `body` of the answer."""
        return await self.do("send-raw", actor=actor, inbox=inbox, activity=activity, scheme=scheme)

    async def prefer(self, origin: str, scheme: str) -> None:
        """Deliveries to origin knock with this scheme first."""
        await self.do("prefer", origin=origin, scheme=scheme)

    async def down(self) -> None:
        """The federation port refuses connections."""
        await self.do("down")

    async def up(self) -> None:
        """The federation port is open again."""
        await self.do("up")


class CattlePeer(Peer):
    """cattle-grid 0.5: takes draft-cavage only, answers only signed GETs; `arrivals` tells the verdicts."""

    @classmethod
    def make(cls, folder: Path, authority: Authority, rabbit: Rabbit, *, actors: str = "ben,dot") -> "CattlePeer":
        """A peer that is ready to start; keys and database outlive restarts."""
        domain, port = "grid.test", free_port()
        environment = {
            "DOMAIN": domain,
            "ADDRESS": ADDRESSES[domain],
            "ACTORS": actors,
            "AMQP_URL": rabbit.url,
            "WORK_DIR": str(folder),
            "TLS_CERT": str(authority.certificate),
            "TLS_KEY": str(authority.key),
            "SSL_CERT_FILE": str(authority.root),
            "CONTROL_PORT": str(port),
        }
        command = [HERE / ".venv-cattle/bin/python", HERE / "cattle_peer.py"]
        process = Process("cattle-grid", command, folder / "cattle.log", environment, folder)
        return cls(domain, process, f"http://127.0.0.1:{port}")
