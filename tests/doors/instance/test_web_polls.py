"""The page of a poll that a person elsewhere asks: who says what, what was sent, and nothing that nobody told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fedcoop.actions.fediverse.looks import looked, looked_in_vain
from fedcoop.actions.fediverse.mirrors import mirror_motion
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.kernel.clock import rfc3339
from fedcoop.storage.records import RemoteMotion
from fedcoop.web.routes import ROUTES, SHARED
from tests.doors.members.test_web_accounts import seen
from tests.doors.website import NOW, Browser, Website, open_website

BEN = "https://social.example/users/ben"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


@pytest.fixture
async def noor(site: Website) -> Browser:
    """A member with a public profile."""
    browser = await site.signed_in("noor")
    await browser.submit("/settings/profile", "/settings/profile", {"do": "opt-in"})
    return browser


def poll(*votes: Any, **members: Any) -> dict[str, Any]:
    names = ("Tea", "Coffee", "Water")[: len(votes)]
    options = [{"type": "Note", "name": n, "replies": {"totalItems": v}} for n, v in zip(names, votes, strict=True)]
    base = {
        "id": f"{BEN}/polls/1", "type": "Question", "attributedTo": BEN, "url": "https://social.example/@ben/1",
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "content": "<p>What shall we drink?</p>", "oneOf": options,
        "endTime": rfc3339(NOW + timedelta(days=3)),
    }  # fmt: skip
    return {**base, **members}


async def mirror(site: Website, document: dict[str, Any], kind: str = "Person") -> RemoteMotion:
    def store(uow: Any) -> RemoteMotion | None:
        ben = remember_actor(uow, seen(BEN, "ben", kind))
        return mirror_motion(uow, author=ben, seen=seen_motion(document)) or uow.notes.find_remote_motion(
            document["id"]
        )

    found = await site.units.write(store)
    assert found is not None
    return found


async def test_the_vote_was_sent_to_the_person_and_the_numbers_are_what_the_person_says(
    site: Website, noor: Browser
) -> None:
    path = f"/remote/motions/{(await mirror(site, poll(1, 0, votersCount=1))).uuid}"
    before = await noor.get(path)
    assert "asked by Ben" in before.words
    assert "1 vote, says Ben." in before.words
    assert "Numbers of Tue 12 May, 10:00." in before.words
    assert "Sent to" not in before.words
    assert (await noor.submit(path, f"{path}/vote", {"choice": "Tea"})).status == 303
    after = await noor.get(path)
    assert "Sent to Ben. Tea, Tue 12 May, 10:00." in after.words
    for motionlike in ("members", "decided by", "linked", "co-op another"):
        assert motionlike not in after.words.split("Their text")[1]
    await mirror(site, poll(1, 1, votersCount=2))
    assert "2 votes, says Ben." in (await noor.get(path)).words


TOLD = [
    (poll(1, 0), "1 vote, says Ben."),
    (poll(12_000, 1), "12 001 votes, says Ben."),
    ({**poll(), "anyOf": poll(2, 2)["oneOf"], "votersCount": 3}, "4 votes by 3 people, says Ben."),
    ({**poll(), "anyOf": poll(1, 0)["oneOf"], "votersCount": 1}, "1 vote by 1 person, says Ben."),
    ({**poll(), "anyOf": poll(2, 2)["oneOf"]}, "4 votes, says Ben."),
    (
        poll(None, None, votersCount=4),
        "4 people have voted, says Ben. Some polls tell the counts only after the close.",
    ),
    (poll(0, 0, votersCount=1), "1 person has voted, says Ben. Some polls tell the counts only after the close."),
    (poll(None, None), "Ben tells no number of votes. Some polls tell the counts only after the close."),
    (poll(3, None), "Ben tells no number of votes."),
    (poll(None, None, closed=True), "Ben tells no number of votes. Ben shows no counts."),
    (poll(0, 0, closed=True), "0 votes, says Ben."),
]


async def test_numbers_are_named_as_far_as_they_were_told(site: Website) -> None:
    stranger = site.browser()
    for number, (document, told) in enumerate(TOLD, start=1):
        motion = await mirror(site, {**document, "id": f"{BEN}/polls/{number}"})
        page = await stranger.get(f"/remote/motions/{motion.uuid}")
        assert told in page.words
        assert "None" not in page.words


async def test_what_is_extreme_is_shown_all_the_same(site: Website, noor: Browser) -> None:
    far, past, long = "8999-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "x" * 1999
    extremes = [
        poll(10**9, 10**9, votersCount=10**9, endTime=far, closed=far, published=past, updated=far),
        poll(0, 0, endTime=past, closed=past, votersCount=0),
        poll(1, 0, endTime="9999-12-31T23:59:59+14:00", closed="0001-01-01T00:00:00-12:00"),
        {**poll(), "anyOf": [{"name": f"{n} {long[5:]}", "replies": n} for n in range(60)], "content": long},
        poll(1, 0, name="", content="", url="javascript:alert(1)"),
    ]
    for number, document in enumerate(extremes, start=1):
        motion = await mirror(site, {**document, "id": f"{BEN}/polls/{number}"})
        page = await noor.get(f"/remote/motions/{motion.uuid}")
        assert page.status == 200, number
        assert "javascript:" not in page.text
    assert (await noor.get("/remote/motions")).status == 200


async def test_a_member_who_reads_old_numbers_has_us_look_and_a_stranger_does_not(site: Website, noor: Browser) -> None:
    motion, stranger = await mirror(site, poll(1, 0)), site.browser()
    path = f"/remote/motions/{motion.uuid}"
    await noor.get(path)
    assert site.remote.looked_at == []
    site.clock.advance(timedelta(minutes=1))
    for _ in range(3):
        assert (await stranger.get(path)).status == 200
    assert site.remote.looked_at == []
    assert (await noor.get(path)).status == 200
    assert site.remote.looked_at == [motion.id]


async def test_the_page_says_of_when_the_numbers_are_where_we_asked_in_vain(site: Website, noor: Browser) -> None:
    motion = await mirror(site, poll(1, 0))
    path = f"/remote/motions/{motion.uuid}"
    site.clock.advance(timedelta(minutes=30))
    await site.units.write(looked_in_vain, motion.id, code="unreachable")
    told = "Numbers of Tue 12 May, 10:00. We asked again Tue 12 May, 10:30: no answer."
    assert told in (await noor.get(path)).words
    await site.units.write(looked_in_vain, motion.id, code="not-found")
    assert "We asked again Tue 12 May, 10:30: the poll is no longer shown there." in (await noor.get(path)).words
    await site.units.write(looked, motion.id)
    page = await noor.get(path)
    assert "Numbers of Tue 12 May, 10:00." in page.words
    assert "We asked again" not in page.words


async def test_a_poll_is_over_when_its_author_says_so_and_not_before(site: Website, noor: Browser) -> None:
    early = await mirror(site, poll(1, 0, closed=rfc3339(NOW + timedelta(days=1))))
    path = f"/remote/motions/{early.uuid}"
    assert "Voting is over." not in (await noor.get(path)).words
    site.clock.advance(timedelta(days=1))
    over = await noor.get(path)
    assert "Voting is over." in over.words
    assert "closed Wed 13 May, 10:00" in over.words
    assert (await noor.post(f"{path}/vote", {"csrf": (await noor.get("/more")).csrf, "choice": "Tea"})).status == 422


async def test_a_poll_whose_answers_look_alike_is_answered_there(site: Website, noor: Browser) -> None:
    twins = poll(1, 0, 2)
    twins["oneOf"][1]["name"] = "Tea\u200b\u200b"
    path = f"/remote/motions/{(await mirror(site, twins)).uuid}"
    page = await noor.get(path)
    assert "Two of the answers have the same name" in page.words
    assert 'href="https://social.example/@ben/1"' in page.text
    assert f"{path}/vote" not in page.text


async def test_answers_that_only_look_alike_are_marked_and_can_be_sent(site: Website, noor: Browser) -> None:
    path = f"/remote/motions/{(await mirror(site, poll(1, 0, 2))).uuid}"
    assert "look alike" not in (await noor.get(path)).words
    twins = poll(1, 0, 2) | {"id": "https://social.example/polls/twins"}
    twins["oneOf"][1]["name"] = "T\u0435a"
    path = f"/remote/motions/{(await mirror(site, twins)).uuid}"
    assert "look alike but are two answers" in (await noor.get(path)).words
    assert (await noor.submit(path, f"{path}/vote", {"choice": "T\u0435a"})).status == 303


async def test_a_vote_on_answers_that_are_no_more_is_told_and_sent_again(site: Website, noor: Browser) -> None:
    path = f"/remote/motions/{(await mirror(site, poll(1, 0))).uuid}"
    await noor.submit(path, f"{path}/vote", {"choice": "Coffee"})
    site.clock.advance(timedelta(minutes=5))
    await mirror(site, poll(0, 0, 0, updated=rfc3339(NOW + timedelta(minutes=4))))
    page = await noor.get(path)
    assert "The answers were changed after you voted. You had sent Coffee." in page.words
    assert (await noor.submit(path, f"{path}/vote", {"choice": "Water"})).status == 303
    assert "Sent to Ben. Water" in (await noor.get(path)).words


DOORS = sorted({"/", *SHARED, *(route.path for route in ROUTES if route.method == "GET")})


async def doors_that_show(reader: Browser, words: str) -> list[str]:
    """Every address without a name in it that shows these words."""
    return [door for door in DOORS if "{" not in door and words in (await reader.get(door)).text]


async def test_a_poll_that_is_no_longer_for_everybody_is_behind_no_door(site: Website, noor: Browser) -> None:
    motion, stranger = await mirror(site, poll(1, 0)), site.browser()
    path, uri = f"/remote/motions/{motion.uuid}", f"{BEN}/polls/1"
    assert (await stranger.get(path)).status == 200
    assert await doors_that_show(noor, "we drink?</a>") == ["/remote/motions"]
    assert await doors_that_show(stranger, "we drink?</a>") == []
    assert path in (await stranger.get("/interact", params={"uri": uri})).text
    await mirror(site, poll(1, 0, to=[f"{BEN}/followers"]))
    for reader in (stranger, noor):
        assert (await reader.get(path)).status == 404
        assert path not in (await reader.get("/interact", params={"uri": uri})).text
        assert await doors_that_show(reader, "we drink?</a>") == []
    token = (await noor.get("/more")).csrf
    assert (await noor.post(f"{path}/vote", {"csrf": token, "choice": "Tea"})).status == 404
