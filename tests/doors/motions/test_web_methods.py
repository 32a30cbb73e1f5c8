"""Every method on the pages: its ballot, a vote, a changed one, a wrong one, its result; all without script."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.lifecycle import is_poll
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from tests.doors.ways import WAYS, Way, open_way, ranks, vote
from tests.doors.website import Website, open_website

HERE = [way for way in WAYS if way.method in METHODS]
EACH = pytest.mark.parametrize("way", HERE, ids=[way.method for way in HERE])


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def stored(site: Website, motion: Motion) -> dict[str, Choice]:
    ballots = await site.units.read(lambda uow: uow.motions.ballots(motion.id))
    names = {member.id: name for name, member in site.members.items()}
    return {names[ballot.member_id]: ballot.choice for ballot in ballots}


def test_every_method_has_its_way() -> None:
    assert {way.method for way in WAYS} >= set(METHODS)


@EACH
async def test_a_vote_is_taken_said_back_and_counted(site: Website, way: Way) -> None:
    motion = await open_way(site, way)
    for name, fields in way.ballots.items():
        page = await vote(site, motion, name, fields)
        if name == "noor":
            assert way.told in page.words
    assert set(await stored(site, motion)) == set(way.ballots)
    register = await (await site.signed_in("noor")).get("/decisions")
    assert register.status == 200
    await site.close(motion)
    for reader in (site.browser(), await site.signed_in("noor")):
        page = await reader.get(f"/motions/{motion.uuid}")
        assert page.status == 200, page.words
    for words in way.result:
        assert words in page.words, page.words
    for path in ("/", "/decisions?state=all"):
        assert way.title in (await site.browser().get(path)).words


@EACH
async def test_a_vote_can_be_changed(site: Website, way: Way) -> None:
    motion = await open_way(site, way)
    await vote(site, motion, "noor", way.ballots["noor"])
    page = await vote(site, motion, "noor", way.ballots["ilse"])
    told = "Your vote is in" if way.method in ("questions", "opt_in") else "Your vote is now"
    assert told in page.words
    again = await (await site.signed_in("noor")).get(f"/motions/{motion.uuid}")
    assert "Your vote is in" in again.words


POLLS = frozenset(("resolution", "consent", "consensus", "gradients", "sense", "opt_in", "approval"))


@EACH
async def test_only_methods_of_single_choices_and_ticks_are_polls_in_the_fediverse(site: Website, way: Way) -> None:
    motion = await open_way(site, way)
    assert is_poll(motion.method, motion.options, motion.settings, motion.channels) is (way.method in POLLS)
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert ("Vote from Mastodon" in page.words) is (way.method in POLLS)


# --- rankings ---------------------------------------------------------------------------------------------------


def way_of(method: str) -> Way:
    return next(way for way in WAYS if way.method == method)


async def test_arrows_keep_everything_and_store_nothing(site: Website) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    page = await vote(
        site,
        motion,
        "noor",
        (*ranks(a=1, b=2), ("rank-c", ""), ("move", "up:b"), ("reason", "Both know the <b>till</b>.")),
    )
    assert page.status == 200
    assert page.text.index("Rank for Bilal Haddad") < page.text.index("Rank for Amara Okafor")
    assert "Both know the &lt;b&gt;till&lt;/b&gt;." in page.text
    assert await stored(site, motion) == {}


async def test_a_ranking_is_checked_before_it_is_cast(site: Website) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    fields = (*ranks(b=1, d=2), ("reason", "They know the till."))
    check = await vote(site, motion, "noor", (*fields, ("step", "check")))
    assert check.status == 200
    assert "Check your ballot" in check.words
    assert "1 Bilal Haddad" in check.words
    assert "Not ranked: Amara Okafor, Chiara Neri" not in check.words
    assert "Not ranked: Amara Okafor and Chiara Neri." in check.words
    assert await stored(site, motion) == {}
    kept = (("choice", "b"), ("choice", "d"), ("reason", "They know the till."))
    back = await vote(site, motion, "noor", (*kept, ("step", "change")))
    assert back.status == 200
    assert "They know the till." in back.text
    assert "Rank the candidates" in back.words
    assert await stored(site, motion) == {}
    cast = await vote(site, motion, "noor", (*kept, ("step", "cast")))
    assert "Your vote is in: 1. Bilal Haddad, 2. Dafydd Rees." in cast.words
    assert await stored(site, motion) == {"noor": ("b", "d")}


async def test_equal_ranks_name_both_and_keep_the_ballot(site: Website) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    page = await vote(site, motion, "noor", (*ranks(a=2, b=2, c=1), ("step", "check"), ("reason", "Why not")))
    assert page.status == 422
    assert page.text.split("<title>")[1].startswith("Error: ")
    assert "Amara Okafor and Bilal Haddad both have rank 2. Give one of them another number." in page.words
    assert page.text.count("<option selected>2</option>") == 2
    assert "Why not" in page.text
    assert await stored(site, motion) == {}
    assert (await vote(site, motion, "noor", (*ranks(a=2, b=3, c=1), ("step", "check")))).status == 200


async def test_a_ranking_of_nobody_is_refused_in_place(site: Website) -> None:
    motion = await open_way(site, way_of("runoff"))
    page = await vote(site, motion, "noor", (("rank-a", ""), ("step", "check")))
    assert page.status == 422
    assert "Rank at least 1 choice." in page.words


# --- numbers ----------------------------------------------------------------------------------------------------


async def test_too_many_dots_say_how_many_to_take_away(site: Website) -> None:
    motion = await open_way(site, way_of("dots"))
    page = await vote(site, motion, "noor", (("dots-x", "6"), ("dots-y", "4"), ("dots-z", "0")))
    assert page.status == 422
    assert "You gave 10 dots and have 8. Take 2 away; nothing else has changed." in page.words
    assert "2 too many" in page.words
    assert 'name="dots-x" inputmode="numeric" autocomplete="off" value="6"' in page.text
    assert await stored(site, motion) == {}
    plus = await vote(site, motion, "noor", (("dots-x", "6"), ("dots-y", "1"), ("more", "z")))
    assert (plus.status, "0 of 8 dots left" in plus.words) == (200, True)
    assert await stored(site, motion) == {}


async def test_a_score_out_of_range_is_refused_with_all_that_was_typed(site: Website) -> None:
    motion = await open_way(site, way_of("score"), settings={"max": "100"})
    page = await vote(site, motion, "noor", (("score-x", "70"), ("score-y", "101"), ("score-z", "")))
    assert page.status == 422
    assert "Give Night tariff for the ovens a whole number from 0 to 100, or leave it empty." in page.words
    assert 'value="101"' in page.text
    assert 'value="70"' in page.text
    assert await stored(site, motion) == {}
    await vote(site, motion, "noor", (("score-x", "70"), ("score-y", "100"), ("score-z", "")))
    assert await stored(site, motion) == {"noor": Scores({"x": 70, "y": 100})}


async def test_every_choice_needs_a_score_where_blanks_are_not_allowed(site: Website) -> None:
    motion = await open_way(site, way_of("score"), settings={"allow_blank": "off"})
    page = await vote(site, motion, "noor", (("score-x", "5"),))
    assert page.status == 422
    assert "Give every choice a number." in page.words
    assert "no score" not in page.words


async def test_simple_clients_send_key_and_number(site: Website) -> None:
    motion = await open_way(site, way_of("score"))
    await vote(site, motion, "noor", (("choice", "x=4"), ("choice", "z=1")))
    assert await stored(site, motion) == {"noor": Scores({"x": 4, "z": 1})}
    wrong = await vote(site, motion, "noor", (("choice", "nobody=4"),))
    assert wrong.status == 422


async def test_projects_say_what_they_cost_together(site: Website) -> None:
    motion = await open_way(site, way_of("greedy"))
    noor = await site.signed_in("noor")
    blank = await noor.get(f"/motions/{motion.uuid}")
    assert "You support projects for 0 € in all. No need to stay below 1,000 €." in blank.words
    page = await vote(site, motion, "noor", (("choice", "q"), ("choice", "r")))
    assert "You support projects for 550.50 € in all." in page.words


# --- what is hidden ---------------------------------------------------------------------------------------------


async def test_a_running_count_shows_totals_only_and_says_so(site: Website) -> None:
    motion = await open_way(site, way_of("score"))
    page = await vote(site, motion, "noor", way_of("score").ballots["noor"])
    assert "Only totals show while the vote runs. The count itself is made after the close." in page.words
    hidden = await open_way(site, way_of("stv_scottish"))
    page = await vote(site, hidden, "noor", ranks(a=1))
    assert "How members voted appears after the close" in page.words
    assert "first places" not in page.words


async def test_members_read_rankings_and_scores_of_all_ballots(site: Website) -> None:
    for method, told in (
        ("stv_scottish", "1. Amara Okafor, 2. Bilal Haddad"),
        ("score", "Insulate the cold room 5, Night"),
    ):
        motion = await open_way(site, way_of(method))
        for name, fields in way_of(method).ballots.items():
            await vote(site, motion, name, fields)
        await site.close(motion)
        assert told in (await (await site.signed_in("tomasz")).get(f"/motions/{motion.uuid}")).words
        assert told not in (await site.browser().get(f"/motions/{motion.uuid}")).words, method


async def test_the_order_of_options_can_be_by_name_and_is_each_members_own_when_shuffled(site: Website) -> None:
    motion = await open_way(site, way_of("approval"), settings={"option_order": "alphabetical"})
    page = await (await site.signed_in("noor")).get(f"/motions/{motion.uuid}")
    places = [page.text.index(f'value="{key}"') for key in ("x", "z", "y")]
    assert places == sorted(places)


async def test_a_ballot_can_be_followed_by_who_cast_it_and_by_its_receipt(site: Website) -> None:
    motion = await open_way(site, way_of("stv_scottish"))
    for name, fields in {"noor": ranks(d=1, a=2), "bilal": ranks(a=1), "ilse": ranks(a=1, b=2)}.items():
        page = await vote(site, motion, name, fields)
        if name == "noor":
            leaf = next(word for word in page.words.split() if len(word) == 64)
    await site.close(motion)
    mine = await (await site.signed_in("noor")).get(f"/motions/{motion.uuid}")
    assert "How your ballot travelled Round 1: it counts for Dafydd Rees, worth 1." in mine.words
    assert "How your ballot travelled" not in (await site.browser().get(f"/motions/{motion.uuid}")).words
    found = await site.browser().get(f"/motions/{motion.uuid}?receipt={leaf}")
    assert "This ballot was counted: 1. Dafydd Rees, 2. Amara Okafor. Round 1: it counts for Dafydd Rees" in found.words


async def test_who_has_a_place_and_who_waits_stands_in_the_order_of_receipt(site: Website) -> None:
    way = way_of("opt_in")
    motion = await open_way(site, way)
    for name, fields in way.ballots.items():
        site.clock.advance(timedelta(minutes=1))
        page = await vote(site, motion, name, fields)
    assert "Who has a place Noor Castellan Bilal Haddad Waiting list" in page.words
    assert "room for the first. Ilse Maurer" in page.words
    stranger = await site.browser().get(f"/motions/{motion.uuid}")
    assert "Noor Castellan" not in stranger.words
    noor = await site.signed_in("noor")
    await noor.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/withdraw", {})
    page = await noor.get(f"/motions/{motion.uuid}")
    assert "Who has a place Bilal Haddad Ilse Maurer Waiting list Nobody waits." in page.words
