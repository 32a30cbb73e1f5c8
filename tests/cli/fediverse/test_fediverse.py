"""What came from the fediverse, by command: for people with an office, and in no export."""

import asyncio
from pathlib import Path

from fedcoop.actions.fediverse.desk import receive_message
from fedcoop.actions.fediverse.mirrors import SeenNote
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.cli.opened import opened
from fedcoop.config import load
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import seen
from tests.cli.conftest import Cli


def write(coop: Cli, words: str) -> None:
    """Somebody elsewhere writes to the co-op in private."""

    def run(uow: UnitOfWork) -> None:
        zoe = remember_actor(uow, seen("zoe"))
        post = SeenNote(f"{zoe.uri}/notes/1", "", f"<p>{words}</p>", "", "en", "", False, None, None)
        receive_message(uow, author=zoe, recipient=uow.actors.local("alder"), seen=post)

    async def in_it() -> None:
        async with opened(load(coop.config)) as units:
            await units.write(run)

    asyncio.run(in_it())


def test_a_message_is_read_answered_and_put_back_by_the_office(coop: Cli) -> None:
    write(coop, "Can I join?")
    assert coop.refused("fediverse", "list", "--by", "ben").startswith("not-an-office: ")
    (item,) = coop.json("fediverse", "list", "--by", "ada")
    assert (item["kind"], item["author"], item["text"]) == ("message", "@zoe@far.example", "Can I join?")
    number = item["id"]
    assert coop.refused("fediverse", "done", number, "--by", "ben").startswith("desk-item-unknown: ")
    answered = coop.json("fediverse", "answer", number, "--by", "ada", given="Yes.\n")
    assert answered["note"].startswith("http://localhost:8420/notes/")
    assert coop.json("fediverse", "list", "--by", "ada") == []
    (settled,) = coop.json("fediverse", "list", "--by", "ada", "--done")
    assert settled["answers"] == 1
    coop.json("fediverse", "undo", number, "--by", "ada")
    coop.json("fediverse", "done", number, "--by", "ada", "--note", "Came by.")
    assert coop.json("fediverse", "list", "--by", "ada", "--done", "--kind", "message")[0]["note"] == "Came by."


def test_an_export_holds_no_private_message(coop: Cli, tmp_path: Path) -> None:
    write(coop, "My secret")
    number = coop.json("fediverse", "list", "--by", "ada")[0]["id"]
    coop.json("fediverse", "answer", number, "--by", "ada", given="Our secret\n")
    coop.json("announce", "--by", "ada", given="No secret at all.\n")
    coop.json("export", str(tmp_path / "out"))
    everything = "".join(path.read_text() for path in (tmp_path / "out/tables").iterdir())
    assert "No secret at all" in everything
    for words in ("My secret", "Our secret", "A person will read it"):
        assert words not in everything
