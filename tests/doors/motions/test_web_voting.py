"""Voting on the pages: the ballot, what is hidden from whom, the result and its proof."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedcoop.actions.members.member import NewMember, add_member
from fedcoop.governance.motions.motion import Motion
from tests.doors.website import Browser, Page, Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def cast(browser: Browser, motion: Motion, choice: str | list[str], reason: str = "") -> Page:
    marks = [choice] if isinstance(choice, str) else choice
    fields = [*(("choice", key) for key in marks), ("reason", reason)]
    return await browser.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/vote", fields)


async def stored(site: Website, motion: Motion) -> dict[str, tuple[str, ...]]:
    ballots = await site.units.read(lambda uow: uow.motions.ballots(motion.id))
    names = {member.id: name for name, member in site.members.items()}
    return {names[ballot.member_id]: ballot.choice for ballot in ballots}


async def test_a_vote_is_stored_and_said_back(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    sent = await cast(noor, motion, "for", "Nobody should start at two.")
    assert (sent.status, sent.location) == (303, f"/motions/{motion.uuid}?done=cast#ballot")
    page = await noor.get(f"/motions/{motion.uuid}?done=cast")
    assert "Your vote is in: For. You can change it until Thursday 14 May, 12:00." in page.words
    assert await stored(site, motion) == {"noor": ("for",)}


async def test_a_changed_vote_replaces_the_earlier_one(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    await cast(noor, motion, "for")
    sent = await cast(noor, motion, "against")
    page = await noor.get(sent.location)
    assert "Your vote is now Against. The earlier one no longer counts." in page.words
    assert await stored(site, motion) == {"noor": ("against",)}


async def test_a_withdrawn_vote_leaves_the_turnout(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    await cast(noor, motion, "for")
    sent = await noor.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/withdraw", {})
    page = await noor.get(sent.location)
    assert "Your vote is withdrawn" in page.words
    assert "0 of 4 have voted" in page.words
    assert await stored(site, motion) == {}


async def test_a_vote_that_may_not_change_is_refused_the_second_time(site: Website) -> None:
    motion = await site.open_motion(settings={"change": "never"})
    noor = await site.signed_in("noor")
    assert (await cast(noor, motion, "for")).status == 303
    token = (await noor.get("/more")).csrf
    again = await noor.post(f"/motions/{motion.uuid}/vote", {"csrf": token, "choice": "against"})
    assert again.status == 409
    assert await stored(site, motion) == {"noor": ("for",)}


async def test_without_a_choice_the_reason_is_kept_and_the_choice_asked_for(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    page = await cast(noor, motion, [], "Because <b>of</b> the hours")
    assert page.status == 422
    assert page.text.split("<title>")[1].startswith("Error: ")
    assert "Choose For, Against or Abstain." in page.words
    assert "Because &lt;b&gt;of&lt;/b&gt; the hours" in page.text
    assert await stored(site, motion) == {}


async def test_an_objection_needs_a_reason_and_stands_with_one(site: Website) -> None:
    motion = await site.open_motion(method="consent")
    noor = await site.signed_in("noor")
    refused = await cast(noor, motion, "objection")
    assert refused.status == 422
    assert "An objection needs a reason: which aim would be harmed" in refused.words
    assert 'value="objection" checked' in refused.text
    assert (await cast(noor, motion, "objection", "It harms our sleep.")).status == 303
    assert await stored(site, motion) == {"noor": ("objection",)}


async def test_several_options_can_be_approved(site: Website) -> None:
    motion = await site.open_motion(method="approval", options=[("a", "Olive"), ("b", "Potato"), ("c", "Rye")])
    noor = await site.signed_in("noor")
    assert (await cast(noor, motion, ["c", "a"])).status == 303
    assert await stored(site, motion) == {"noor": ("a", "c")}


async def test_an_answer_that_is_not_among_the_choices_is_refused(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    assert (await cast(noor, motion, "perhaps")).status == 422
    assert await stored(site, motion) == {}


async def test_a_vote_after_the_close_is_refused_with_both_times(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    token = (await noor.get(f"/motions/{motion.uuid}")).csrf
    site.clock.advance(timedelta(hours=50, minutes=2))
    fields = {"csrf": token, "choice": "for", "reason": "It is <i>our</i> house."}
    late = await noor.post(f"/motions/{motion.uuid}/vote", fields)
    assert late.status == 409
    assert "This vote closed at 12:00, before your vote arrived at 12:02. It could not be counted." in late.words
    assert "You sent: For. Your reason: It is <i>our</i> house." in late.words
    assert "It is &lt;i&gt;our&lt;/i&gt; house." in late.text
    assert await stored(site, motion) == {}


async def test_who_joined_later_may_not_vote_and_is_told_so(site: Website) -> None:
    motion = await site.open_motion()
    site.clock.advance(timedelta(hours=1))
    new = NewMember("ruth", "ruth@example.org", "Ruth Adeyemi")
    _, secret = await site.units.write(add_member, new=new, who="operator")
    ruth = site.browser()
    await ruth.submit(f"/sign-in/{secret}", f"/sign-in/{secret}", {})
    page = await ruth.get(f"/motions/{motion.uuid}")
    assert (
        "You joined after this vote opened. You can read and speak here, and vote from the next one on." in page.words
    )
    token = (await ruth.get("/more")).csrf
    sent = await ruth.post(f"/motions/{motion.uuid}/vote", {"csrf": token, "choice": "for"})
    assert sent.status == 409
    assert await stored(site, motion) == {}


async def test_a_stranger_who_votes_is_asked_to_sign_in_and_comes_back(site: Website) -> None:
    motion = await site.open_motion()
    sent = await site.browser().post(f"/motions/{motion.uuid}/vote", {"choice": "for"})
    assert (sent.status, sent.location) == (303, f"/sign-in?next=%2Fmotions%2F{motion.uuid}")
    assert await stored(site, motion) == {}


async def test_results_are_hidden_until_ones_own_vote(site: Website) -> None:
    motion = await site.open_motion(settings={"visibility": "after_own_vote"})
    noor, bilal = await site.signed_in("noor"), await site.signed_in("bilal")
    await cast(bilal, motion, "against", "The reserve falls too low.")
    before = await noor.get(f"/motions/{motion.uuid}")
    assert "How members voted appears after your own vote." in before.words
    assert "The reserve falls too low." not in before.text
    assert "Against 1" not in before.words
    await cast(noor, motion, "for")
    after = await noor.get(f"/motions/{motion.uuid}")
    assert "Against 1" in after.words
    assert "The reserve falls too low." in after.text


async def test_reasons_and_names_are_for_members_only(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    await cast(noor, motion, "for", "Nobody should start at two.")
    stranger = await site.browser().get(f"/motions/{motion.uuid}")
    assert "1 of 4 has voted" in stranger.words
    assert "Noor" not in stranger.text
    assert "Tomasz" not in stranger.text
    assert "Nobody should start at two." not in stranger.text
    await site.close(motion)
    stranger = await site.browser().get(f"/motions/{motion.uuid}")
    assert "Noor" not in stranger.text
    assert "Noor Castellan" in (await noor.get(f"/motions/{motion.uuid}")).text


async def test_after_the_close_the_vote_is_being_counted_until_the_grace_is_over(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    await cast(noor, motion, "for")
    site.clock.advance(timedelta(hours=50, seconds=30))
    page = await noor.get(f"/motions/{motion.uuid}")
    assert "Closed, being counted" in page.words
    assert 'name="choice"' not in page.text
    assert (await noor.get(f"/motions/{motion.uuid}/recount.json")).status == 404


async def test_a_decision_shows_its_sums_requirement_by_requirement(site: Website) -> None:
    motion = await site.open_motion()
    for name, choice in (("noor", "for"), ("bilal", "for"), ("ilse", "against")):
        await cast(await site.signed_in(name), motion, choice)
    await site.close(motion)
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "Carried 2 for, 1 against; 2 were needed." in page.words
    assert "2 for + 1 against = 3." in page.words
    assert "3 of 4 took part, 75%" in page.words
    front = await site.browser().get("/")
    assert "Our latest decision, 14 May" in front.words


async def test_no_quorum_is_no_rejection(site: Website) -> None:
    motion = await site.open_motion()
    await cast(await site.signed_in("noor"), motion, "for")
    await site.close(motion)
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "No quorum 1 of 4 took part, 2 were needed. This is not a rejection" in page.words


async def test_the_recount_file_is_handed_out_as_it_was_stored(site: Website) -> None:
    motion = await site.open_motion()
    await cast(await site.signed_in("noor"), motion, "for")
    await site.close(motion)
    got = await site.browser().get(f"/motions/{motion.uuid}/recount.json")
    assert got.status == 200
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.text == await site.units.read(lambda uow: uow.exports.of(motion.id))
    assert "noor" not in got.text.lower()
    assert len(json.loads(got.text)["ballots"]) == 1


async def test_a_receipt_finds_its_ballot_and_no_other_number_does(site: Website) -> None:
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    await cast(noor, motion, "for")
    page = await noor.get(f"/motions/{motion.uuid}")
    leaf = next(word for word in page.words.split() if len(word) == 64)
    await site.close(motion)
    stranger = site.browser()
    found = await stranger.get(f"/motions/{motion.uuid}?receipt={leaf}")
    assert "This ballot was counted: For." in found.words
    absent = await stranger.get(f"/motions/{motion.uuid}?receipt={'0' * 64}")
    assert "No ballot with this number was counted." in absent.words
    bad = await stranger.get(f"/motions/{motion.uuid}?receipt=xyz")
    assert "A ballot number has 64 digits" in bad.words


async def test_an_annulled_vote_shows_its_reason_and_no_result(site: Website) -> None:
    motion = await site.open_motion()
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    await cast(noor, motion, "for")
    steps = f"/motions/{motion.uuid}/annul"
    assert (await noor.get(steps)).status == 404
    assert "Write why." in (await ilse.submit(steps, steps, {"reason": ""})).words
    assert (await ilse.submit(steps, steps, {"reason": "The roll was wrong."})).status == 303
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "Annulled This vote has no result. The roll was wrong." in page.words


async def test_who_opened_a_vote_may_extend_it_with_a_reason(site: Website) -> None:
    motion = await site.open_motion()
    tomasz = await site.signed_in("tomasz")
    steps = f"/motions/{motion.uuid}/extend"
    refused = await tomasz.submit(steps, steps, {"closes": "2026-05-13T10:00", "reason": "Holiday"})
    assert refused.status == 422
    assert "Holiday" in refused.text
    assert (await tomasz.submit(steps, steps, {"closes": "2026-05-16T18:00", "reason": "Holiday"})).status == 303
    page = await tomasz.get(f"/motions/{motion.uuid}")
    assert "closes Sat 16 May, 18:00" in page.words
    assert "extended, was Thu 14 May, 12:00" in page.words


async def test_a_vote_closes_early_once_all_have_voted(site: Website) -> None:
    motion = await site.open_motion()
    tomasz = await site.signed_in("tomasz")
    steps = f"/motions/{motion.uuid}/close"
    for name in ("noor", "bilal", "ilse"):
        await cast(await site.signed_in(name), motion, "for")
    assert (await tomasz.submit(steps, steps, {})).status == 422
    await cast(tomasz, motion, "for")
    assert (await tomasz.submit(steps, steps, {})).status == 303
    site.clock.advance(timedelta(seconds=1))
    await site.count(motion)
    assert "Carried 4 for, 0 against" in (await tomasz.get(f"/motions/{motion.uuid}")).words


@pytest.mark.parametrize("uuid", ["0", "00000000-0000-4000-8000-000000000000", "..%2f..%2fetc", "'--"])
async def test_a_motion_that_does_not_exist_is_not_found(site: Website, uuid: str) -> None:
    assert (await site.browser().get(f"/motions/{uuid}")).status == 404


async def test_a_text_that_was_not_carried_is_not_called_a_decision(site: Website) -> None:
    lost, won = await site.open_motion(title="Lost"), await site.open_motion(title="Won")
    for name in ("noor", "tomasz"):
        browser = await site.signed_in(name)
        await cast(browser, lost, "against")
        await cast(browser, won, "for")
    await site.close(lost)
    await site.count(won)
    assert "What was proposed" in (await site.browser().get(f"/motions/{lost.uuid}")).words
    assert "What we decided" in (await site.browser().get(f"/motions/{won.uuid}")).words


async def test_every_refusal_stands_in_place_with_what_was_typed(site: Website) -> None:
    options = [("a", "Olive"), ("b", "Potato"), ("c", "Rye")]
    many = await site.open_motion(
        method="approval", options=options, settings={"max": "2", "min": "1", "reason_max": "40"}
    )
    noor = await site.signed_in("noor")
    for marks, reason, told in (
        (["a", "b", "c"], "All of them", "Tick at most 2 choices."),
        ([], "None of them", "Tick at least one, or leave the vote for later."),
        (["a"], "Olive! " * 6 + "!", "A reason has at most 40 characters; yours has 43."),
    ):
        page = await cast(noor, many, marks, reason)
        assert page.status == 422, page.words
        assert page.text.split("<title>")[1].startswith("Error: ")
        assert told in page.words
        assert reason.strip() in page.text
        assert [key for key, _ in options if f'value="{key}" checked' in page.text] == marks
    assert await stored(site, many) == {}
    assert (await cast(noor, many, ["a", "b"], "Two of them")).status == 303
