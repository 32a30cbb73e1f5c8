"""Linked accounts are looked at daily: renamed, moved, deleted, silent; links freeze where federation.md 14.4 says so."""

from datetime import timedelta

import pytest

from fedcoop.queries.fediverse.linked import linked_news, links_of
from fedcoop.storage import tables as t
from tests.doors.loops import make_visits
from tests.doors.peer import AS2
from tests.doors.votes import open_poll, vote


@pytest.fixture
async def ana(bread, peer):
    """An account linked to Ana, with the address that her server confirms."""
    actor = peer.actor("ana")
    answers(peer, "ana")
    await bread.link("ana", actor)
    await bread.units.write(lambda uow: uow.actors.note_handle(actor.uri, f"ana@{host(peer)}"))
    await bread.units.write(lambda uow: uow.conn.execute(t.links.update().values(handle=f"ana@{host(peer)}")))
    peer.requests.clear()
    return actor


def host(peer):
    return peer.origin.removeprefix("http://")


def answers(peer, name, actor="ana"):
    """WebFinger names the account by this name."""
    link = {"rel": "self", "type": "application/activity+json", "href": f"{peer.origin}/users/{actor}"}
    peer.documents["/.well-known/webfinger"] = (200, {"subject": f"acct:{name}@{host(peer)}", "links": [link]})


async def days(bread, number=2, step=6):
    """So many days pass, some hours at a time."""
    for _ in range(24 * number // step):
        await make_visits(bread)
        bread.advance(hours=step)
    await make_visits(bread)


async def link_of(bread, name="ana"):
    member = await bread.units.read(lambda uow: uow.members.get(bread.members[name]))
    (link,) = await bread.units.read(links_of, member=member)
    return link


async def test_a_linked_account_is_looked_at_once_a_day_whether_it_says_anything_or_not(bread, peer, ana):
    await days(bread, 6, step=2)
    looks = peer.requests.count("GET /users/ana")
    assert 5 <= looks <= 7
    link = await link_of(bread)
    assert (link.state, link.is_news) == ("active", False)
    assert len(await bread.rows(t.visits)) == 1


async def test_looks_are_spread_over_the_day_and_end_with_the_link(bread, peer):
    for n in range(20):
        await bread.link(f"m{n}", peer.actor(f"u{n}", rsa_number=n % 2))
    await make_visits(bread)
    due = sorted(row.due_at for row in await bread.rows(t.visits))
    assert due[-1] - due[0] > timedelta(hours=8)
    await bread.units.write(lambda uow: uow.conn.execute(t.links.delete()))
    await days(bread)
    assert await bread.rows(t.visits) == []


@pytest.mark.parametrize("answer", [(404, {}), (410, {}), (200, {"type": "Tombstone"})])
async def test_a_deleted_account_is_frozen_and_stays_so_when_it_comes_back(bread, peer, ana, answer):
    motion = await open_poll(bread, by="ana")
    status, more = answer
    peer.documents["/users/ana"] = (status, {"@context": AS2, "id": ana.uri, **more})
    await days(bread)
    link = await link_of(bread)
    assert (link.state, link.reason) == ("frozen", "gone")
    del peer.documents["/users/ana"]
    await days(bread, 8)
    link = await link_of(bread)
    assert (link.state, link.reason) == ("frozen", "came-back")
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert await bread.rows(t.ballots) == []
    assert [line.link.id for line in await bread.units.read(linked_news)] == [link.id]


async def test_another_name_is_kept_beside_the_one_it_was_linked_by(bread, peer, ana):
    ana.extra["preferredUsername"] = "anna"
    answers(peer, "anna")
    await days(bread)
    link = await link_of(bread)
    assert (link.state, link.handle, link.former) == ("active", f"anna@{host(peer)}", f"ana@{host(peer)}")
    ana.extra["preferredUsername"] = "ana"
    answers(peer, "ana")
    await days(bread)
    link = await link_of(bread)
    assert (link.handle, link.former, link.is_news) == (f"ana@{host(peer)}", "", False)


async def test_a_name_that_does_not_loop_back_changes_nothing(bread, peer, ana):
    ana.extra["preferredUsername"] = "anna"
    await days(bread)
    link = await link_of(bread)
    assert (link.handle, link.former) == (f"ana@{host(peer)}", "")


async def test_where_it_moved_is_told_and_the_link_stays_with_the_old_account(bread, peer, ana):
    ana.extra["movedTo"] = "https://new.example/users/ana"
    await days(bread)
    link = await link_of(bread)
    assert (link.state, link.moved_to) == ("active", "https://new.example/users/ana")
    motion = await open_poll(bread, by="ana")
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    assert len(await bread.rows(t.ballots)) == 1
    (line,) = await bread.units.read(linked_news)
    assert line.person.name == "ana"


async def test_changed_keys_and_an_inbox_elsewhere_freeze_without_a_word_from_the_account(bread, peer, ana):
    ben = peer.actor("ben", rsa_number=1)
    await bread.link("ben", ben)
    ana.rsa_number = 1
    ben.extra["inbox"] = "https://elsewhere.example/inbox"
    await days(bread)
    assert (await link_of(bread)).reason == "keys-changed"
    assert (await link_of(bread, "ben")).reason == "inbox-moved"


async def test_a_suspended_account_is_told_and_is_not_when_that_is_over(bread, peer, ana):
    ana.extra["suspended"] = True
    await days(bread)
    assert (await link_of(bread)).is_suspended
    assert len(await bread.units.read(linked_news)) == 1
    del ana.extra["suspended"]
    await days(bread)
    assert not (await link_of(bread)).is_suspended
    assert await bread.units.read(linked_news) == ()


async def test_a_server_that_does_not_answer_for_days_is_told_and_asked_less(bread, peer, ana):
    peer.broken = True
    peer.documents.clear()
    await days(bread, 2)
    peer.requests.clear()
    await days(bread, 4)
    assert len([path for path in peer.requests if path == "GET /users/ana"]) <= 2 * 5, "in both forms of signatures"
    link = await link_of(bread)
    assert (link.state, link.silent_since is not None) == ("active", True)
    peer.broken = False
    answers(peer, "ana")
    await days(bread)
    assert not (await link_of(bread)).is_news


async def test_what_another_server_serves_under_the_id_is_not_believed(bread, peer, ana):
    peer.documents["/users/ana"] = (200, {**ana.document(), "id": f"{peer.origin}/users/eve"})
    await days(bread)
    link = await link_of(bread)
    assert (link.state, link.handle) == ("active", f"ana@{host(peer)}")
