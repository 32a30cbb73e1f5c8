"""A co-op and a server that federates as GoToSocial does, when something comes between: outages, blocks, accounts that go.

GoToSocial waits four minutes for us and then gives a letter up; tells nobody but followers what becomes of an account; and
goes on showing what it has, unless it is told that a follow is over (federation.md 7, 8, 14, 18).
"""

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from fedcoop.actions.fediverse import peers
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.html import text_of_html
from tests.cli.conftest import Cli
from tests.fediverse.gts_server import GotoSocialLike
from tests.fediverse.harness import free_port, until

# -------------------------------------------------------------------------------------------------------------- outages


async def test_after_an_outage_there_the_poll_comes_before_its_outcome_and_is_news(alder):
    ana = await alder.account("ana", member="noor")
    await alder.gts.down()
    motion = await alder.coop.open_poll(closes_at=alder.clock.now() + timedelta(hours=1))
    for _ in range(8):
        await alder.advance(minutes=5)
    assert ana.timeline() == []
    await alder.gts.up()
    await alder.advance(minutes=25)  # the vote is over, and the next try with the poll comes an hour later
    await alder.advance(hours=3)
    poll, outcome = ana.timeline()
    assert (poll.uri, outcome.in_reply_to) == (motion.url, motion.url)
    assert poll.poll.closed_at


async def outage(alder, minutes):
    """We are away for so long; the other server goes on trying for a while."""
    await alder.coop.down()
    for _ in range(minutes):
        await alder.advance(minutes=1)
    await alder.coop.up()
    await alder.settle()


async def test_after_an_outage_here_members_whose_votes_may_be_lost_are_told_and_others_are_not(alder):
    ana, bea = [await alder.account(name, member=member) for name, member in (("ana", "noor"), ("bea", "ilse"))]
    motion = await alder.coop.open_poll()
    await alder.settle()
    await bea.vote(motion.url, "For")
    await alder.advance(minutes=4)
    await ana.vote(motion.url, "Against")
    await outage(alder, minutes=6)
    await alder.advance(minutes=2)
    assert [letter.activity["type"] for letter in alder.gts.courier.lost] == ["Create"]
    assert await alder.coop.ballots(motion) == {"ilse": ("for",)}
    (told,) = alder.told(ana)
    assert "We were away from" in told
    assert motion.url in told
    assert alder.told(bea) == []


async def test_a_short_stop_loses_nothing_and_nobody_is_told(alder):
    ana = await alder.account("ana", member="noor")
    motion = await alder.coop.open_poll()
    await alder.settle()
    await alder.coop.down()
    await ana.vote(motion.url, "Against")
    await alder.advance(seconds=60)
    await alder.coop.up()
    await alder.advance(seconds=30)
    assert await alder.coop.ballots(motion) == {"noor": ("against",)}
    assert alder.told(ana) == []


async def test_posts_of_a_followed_account_that_were_lost_in_an_outage_are_fetched(alder):
    ana = await alder.account("ana", follows=False)
    async with alder.coop.signed_in("ilse") as web:
        await web.send("/office", action="/office/follow", handle=f"@{ana.handle}")
    await alder.settle()
    await alder.coop.down()
    poll = await ana.ask("Tea or coffee?", "Tea", "Coffee")
    for _ in range(6):
        await alder.advance(minutes=1)
    assert [letter.activity["type"] for letter in alder.gts.courier.lost] == ["Create"]
    await alder.coop.up()
    await alder.settle()
    await alder.advance(minutes=2)
    found = await alder.coop.node.units.read(lambda uow: uow.notes.find_remote_motion(poll.uri))
    assert found is not None


# --------------------------------------------------------------------------------------------------------------- blocks


async def test_whoever_is_blocked_reads_no_more_through_others_and_may_follow_again_later(alder):
    ana, bea = [await alder.account(name) for name in ("ana", "bea")]
    await alder.coop.open_poll("Both read this")
    await alder.settle()
    await alder.coop.write(peers.block, target=ana.uri, who="test")
    await alder.settle()
    assert ana.following == {}
    await alder.coop.open_poll("One reads this")
    await alder.settle()
    assert [len(user.timeline()) for user in (ana, bea)] == [1, 2]
    await alder.coop.write(peers.unblock, target=ana.uri, who="test")
    await ana.follow(alder.coop.uri)
    await alder.settle()
    assert ana.following[alder.coop.uri].accepted
    await alder.coop.open_poll("Both read this again")
    await alder.settle()
    assert [len(user.timeline()) for user in (ana, bea)] == [2, 3]


# ------------------------------------------------------------------------------------------------------------- accounts


async def accounts_page(alder, member="noor"):
    async with alder.coop.signed_in(member) as web:
        return text_of_html(await web.page("/settings/accounts"))


async def days(alder, number=2):
    """Enough hours pass for everything that is done once a day."""
    for _ in range(number * 3):
        await alder.advance(hours=8)


async def test_a_deleted_account_that_told_only_its_followers_is_found_out_within_a_day(alder):
    ana = await alder.account("ana", member="noor")
    await ana.delete_account()
    await alder.settle()
    await days(alder)
    assert "its server said it is gone" in await accounts_page(alder)


async def test_where_a_linked_account_moved_stands_on_its_members_page(alder):
    ana, new = await alder.account("ana", member="noor"), await alder.account("ana2")
    await ana.move(new.uri)
    await days(alder)
    page = await accounts_page(alder)
    assert "It says that it has moved to" in page
    assert "A vote from the new account counts once you have linked that one." in page


async def test_a_new_name_and_a_new_address_are_seen_within_a_day(alder):
    ana = await alder.account("ana", member="noor")
    before = ana.handle
    await ana.rename("Ana of the mill")
    await days(alder)
    known = await alder.coop.node.units.read(lambda uow: uow.actors.find(ana.uri))
    assert known.display_name == "Ana of the mill"
    assert "when it was linked" not in await accounts_page(alder)
    await ana.rename("Ana of the mill", address="ana_of_the_mill")
    await days(alder)
    shown = await accounts_page(alder)
    assert f"It was called @{before} when it was linked." in shown
    assert ana.handle in shown


async def test_a_move_is_seen_within_a_day_and_carries_no_link(alder):
    ana = await alder.account("ana", member="noor")
    new = await alder.account("ana_new", follows=False)
    await ana.move(new.uri)
    await days(alder)
    shown = await accounts_page(alder)
    assert "moved" in shown
    assert new.uri in shown or new.handle in shown
    motion = await alder.coop.open_poll()
    await new.vote(motion.url, "For")
    await alder.settle()
    assert await alder.coop.ballots(motion) == {}


# ------------------------------------------------------------------------------------------------------- a real process


@pytest.fixture
def served(tmp_path):
    """`fedcoop serve` with one member, Noor, who has an office."""
    origin = f"http://127.0.0.1:{free_port()}"
    cli = Cli(tmp_path / "instance.toml")
    cli.run("init", str(tmp_path), "--origin", origin, "--name", "Alder Works", "--actor", "alder")
    cli.run("member", "add", "noor", "--email", "noor@example.org", "--admin")
    command = [sys.executable, "-m", "fedcoop", "--config", str(cli.config), "serve"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"fedcoop ready {origin}\n", (tmp_path / "log").read_text()
    yield cli, origin
    process.terminate()
    process.wait(15)
    process.stdout.close()


async def test_a_server_as_operators_start_it_is_found_followed_voted_in_and_counts(served):
    cli, origin = served
    gts = GotoSocialLike(SystemClock())
    await gts.start()

    async def wait(condition, what):
        async def look():
            await gts.settle()
            return condition()

        return await until(look, what=what)

    try:
        ana = gts.user("ana")
        coop = await ana.search(f"@alder@{origin.removeprefix('http://')}")
        await ana.follow(coop)
        await asyncio.to_thread(cli.run, "member", "link", "noor", "--actor", ana.uri)
        await wait(lambda: ana.following[coop].accepted, "the follow")
        asked = ("--by", "noor", "--title", "Bake on Sundays", "--channels", "web,activitypub")
        motion = (await asyncio.to_thread(cli.json, "motion", "open", *asked))["url"]
        (poll,) = await wait(ana.timeline, "the poll")
        await ana.vote(poll.uri, "For")
        await gts.settle()

        async def counted():
            return (await asyncio.to_thread(cli.json, "motion", "show", motion))["ballots"]

        assert await until(counted, what="the ballot") == 1
        await asyncio.to_thread(cli.run, "motion", "close", motion, "--wait")
        await wait(lambda: poll.poll.closed_at and len(ana.timeline()) == 2, "the end and the outcome")
        assert (poll.poll.votes, poll.poll.voters) == ([1, 0, 0], 1)
    finally:
        await gts.close()
