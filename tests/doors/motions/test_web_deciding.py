"""What follows a vote, in a browser without script: rounds of consent, advice, second call, petition and re-run, outcomes.

Timers run as on a server, and each round is recounted from its file by the command.
"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedcoop import wiring
from fedcoop.cli.ballot_files.recounting import recount
from fedcoop.governance.motions.motion import Motion
from fedcoop.queueing import TimerLoop
from tests.doors.website import Browser, Page, Website, open_website

TEXT = "The night bake starts at 23:00 on every night."
BETTER = "The night bake starts at 23:00 on Tuesday to Saturday nights."


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def pass_time(site: Website, **time: float) -> None:
    """Let time pass, and do what falls due, as after a restart: by a loop that remembers nothing."""
    site.clock.advance(timedelta(**time))
    loop = TimerLoop(site.units, wiring.TIMERS, wiring.LONG_TIMERS)
    while await loop.run_once():
        continue


async def cast(browser: Browser, uuid: str, choice: str, reason: str = "") -> None:
    fields = [("choice", choice)] if choice else []
    sent = await browser.submit(f"/motions/{uuid}", f"/motions/{uuid}/vote", [*fields, ("reason", reason)])
    assert sent.status == 303, sent.words


async def take(browser: Browser, uuid: str, step: str, status: int = 303, **fields: str) -> Page:
    """Open the page of the step and send its form."""
    path = f"/motions/{uuid}/{step}"
    assert (await browser.get(path)).status == 200
    sent = await browser.submit(path, path, {name.replace("_", "-"): text for name, text in fields.items()})
    assert sent.status == status, sent.words
    return sent


async def recounted(browser: Browser, uuid: str, folder: Path) -> str:
    """Return the outcome that the command finds in the file of the page."""
    page = await browser.get(f"/motions/{uuid}/recount.json")
    file = folder / f"{uuid}.json"
    file.write_text(page.text, encoding="utf-8")
    done = CliRunner().invoke(recount, [str(file), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["outcome"])


def uuid_in(page: Page) -> str:
    return page.location.partition("/motions/")[2][:36]


def when(site: Website, **later: float) -> str:
    return (site.clock.now() + timedelta(**later)).strftime("%Y-%m-%dT%H:%M")


async def test_consent_goes_over_two_versions(site: Website, tmp_path: Path) -> None:
    motion = await site.open_motion(method="consent", title="Start the night bake early", body=TEXT)
    tomasz, noor, bilal, ilse = [await site.signed_in(name) for name in ("tomasz", "noor", "bilal", "ilse")]
    first = motion.uuid
    assert "Consent, round 1 of 3" in (await noor.get(f"/motions/{first}")).words
    await cast(tomasz, first, "consent")
    await cast(ilse, first, "consent_with_concern", "Watch the bills.")
    await cast(noor, first, "objection", "Three of us live beyond the last tram.")
    await pass_time(site, hours=51)
    assert "Waits for your word 1 Start the night bake early" in (await tomasz.get("/")).words
    assert "Waits for your word" not in (await noor.get("/")).words
    page = await tomasz.get(f"/motions/{first}")
    assert "Waits for a word" in page.words
    assert "The objection of this round Noor Castellan objection Three of us live beyond the last tram." in page.words
    assert "Write the next version" in page.words
    assert "Write the next version" not in (await bilal.get(f"/motions/{first}")).words
    assert (await bilal.get(f"/motions/{first}/next-round")).status == 404
    noor_number = site.members["noor"].number
    fields = {"title": "Start the night bake early", "body": BETTER, "note": "", "closes": when(site, days=4)}
    wrong = await take(tomasz, first, "next-round", status=422, **fields)
    assert "Answer each objection" in wrong.words
    assert BETTER in wrong.text
    answer = {f"answer_{noor_number}": "No bake on nights without a tram."}
    second = uuid_in(await take(tomasz, first, "next-round", **fields, **answer))
    page = await noor.get(f"/motions/{second}")
    assert "Consent, round 2 of 3" in page.words
    assert "The text changed. Earlier answers no longer count." in page.words
    assert "<ins>" in page.text
    assert "What the objection was" in page.words
    assert "Answer: No bake on nights without a tram." in page.words
    assert "1 1 1 1 1 Not adopted" in page.words
    assert f'href="/motions/{first}/settle"' in page.text
    await take(noor, first, "settle", answer="yes")
    assert "answer accepted" in (await bilal.get(f"/motions/{second}")).words
    stranger = await site.browser().get(f"/motions/{second}")
    assert "Noor" not in stranger.text
    assert "last tram" not in stranger.text
    for browser in (tomasz, noor):
        await cast(browser, second, "consent")
    await cast(bilal, second, "consent_with_concern", "Compare the bills.")
    await pass_time(site, days=5)
    page = await noor.get(f"/motions/{second}")
    assert "In force" in page.words
    assert "The concern kept with this decision" in page.words
    assert "Compare the bills." not in (await site.browser().get(f"/motions/{second}")).text
    assert (await recounted(noor, first, tmp_path), await recounted(noor, second, tmp_path)) == (
        "not_carried",
        "carried",
    )
    register = await noor.get("/decisions?state=in_force")
    assert "2026-01 Start the night bake early" in register.words


async def test_after_the_last_round_a_special_resolution_decides(site: Website, tmp_path: Path) -> None:
    rules = {"rounds": "1"}
    motion = await site.open_motion(method="consent", body=TEXT, settings=rules)
    tomasz, noor, bilal = [await site.signed_in(name) for name in ("tomasz", "noor", "bilal")]
    for browser in (tomasz, bilal):
        await cast(browser, motion.uuid, "consent")
    await cast(noor, motion.uuid, "objection", "The tram.")
    await pass_time(site, hours=51)
    last = uuid_in(await take(tomasz, motion.uuid, "fallback"))
    page = await noor.get(f"/motions/{last}")
    assert "Not open yet" in page.words
    assert "The rounds of consent are over. This vote decides the text as it stands." in page.words
    await pass_time(site, days=14)
    for browser in (tomasz, bilal, noor):
        await cast(browser, last, "for")
    await pass_time(site, hours=51)
    assert await recounted(noor, last, tmp_path) == "carried"
    assert "In force" in (await noor.get(f"/motions/{last}")).words


async def test_a_special_resolution_without_quorum_is_called_a_second_time(site: Website, tmp_path: Path) -> None:
    rules = {"preset": "rule_change", "second_call_lasts": "3d"}
    motion = await site.open_motion(settings=rules)
    noor = await site.signed_in("noor")
    page = await noor.get(f"/motions/{motion.uuid}")
    assert "If too few take part: the same text once more" in page.words
    assert "then any number is enough" in page.words
    await cast(noor, motion.uuid, "for")
    await pass_time(site, hours=51)
    page = await noor.get(f"/motions/{motion.uuid}")
    assert "The same text is called a second time" in page.words
    assert await recounted(noor, motion.uuid, tmp_path) == "inquorate"
    (second,) = await site.units.read(lambda uow: uow.deciding.sequels_after(motion.id))
    again: Motion = await site.units.read(lambda uow: uow.motions.get(second.motion_id))
    await pass_time(site, days=7)
    page = await noor.get(f"/motions/{again.uuid}")
    assert "Second call" in page.words
    await cast(noor, again.uuid, "for")
    await pass_time(site, days=3, minutes=3)
    assert await recounted(noor, again.uuid, tmp_path) == "carried"
    assert "In force" in (await noor.get("/decisions?state=in_force")).words


async def test_advice_is_answered_decided_and_in_force_after_seven_days(site: Website, tmp_path: Path) -> None:
    rules = {"advisers": "noor", "min_time": "1d", "adviser_deadline": "2d"}
    motion = await site.open_motion(method="advice", title="Buy the blue van", settings=rules)
    tomasz, noor, bilal = [await site.signed_in(name) for name in ("tomasz", "noor", "bilal")]
    await cast(noor, motion.uuid, "reconsider", "Who drives it in winter?")
    await cast(bilal, motion.uuid, "go_ahead", "Take it.")
    page = await tomasz.get(f"/motions/{motion.uuid}")
    assert "Not decided yet" in page.words
    assert (await tomasz.get(f"/motions/{motion.uuid}/decide")).status == 404
    for name, answer in (("noor", "I do."), ("bilal", "Thank you.")):
        await take(tomasz, motion.uuid, "answer", piece=str(site.members[name].number), text=answer)
    await pass_time(site, days=1)
    assert (await noor.get(f"/motions/{motion.uuid}/decide")).status == 404
    empty = await take(tomasz, motion.uuid, "decide", status=422, answer="yes", text="")
    assert "Write what you decide and why." in empty.words
    await take(tomasz, motion.uuid, "decide", answer="yes", text="I buy it on Monday.")
    await pass_time(site, seconds=1)
    page = await bilal.get(f"/motions/{motion.uuid}")
    assert "The decision I buy it on Monday. Decided to do it" in page.words
    assert "Members can still call this in" in page.words
    assert await recounted(noor, motion.uuid, tmp_path) == "no_result"
    await pass_time(site, days=7)
    assert "In force" in (await bilal.get(f"/motions/{motion.uuid}")).words
    assert (await bilal.get(f"/motions/{motion.uuid}/call-in")).status == 404


async def test_a_decision_on_advice_is_called_in_and_all_vote(site: Website, tmp_path: Path) -> None:
    motion = await site.open_motion(method="advice", title="Buy the blue van", settings={"min_time": "1d"})
    tomasz, noor, bilal, ilse = [await site.signed_in(name) for name in ("tomasz", "noor", "bilal", "ilse")]
    await pass_time(site, days=1)
    await take(tomasz, motion.uuid, "decide", answer="yes", text="I buy it on Monday.")
    await pass_time(site, seconds=1)
    for browser in (noor, bilal):
        await take(browser, motion.uuid, "call-in", reason="It is all our money.")
    assert "2 have called it in so far" in (await ilse.get(f"/motions/{motion.uuid}")).words
    opened = uuid_in(await take(ilse, motion.uuid, "call-in", reason="Ours too."))
    page = await noor.get(f"/motions/{opened}")
    assert "Called in by members" in page.words
    assert "I buy it on Monday." in page.words
    for browser in (noor, bilal, ilse):
        await cast(browser, opened, "against")
    await cast(tomasz, opened, "for")
    await pass_time(site, days=8)
    assert await recounted(noor, opened, tmp_path) == "not_carried"
    assert "In force" not in (await noor.get(f"/motions/{motion.uuid}")).words


async def test_a_petition_annuls_and_the_vote_is_called_again(site: Website) -> None:
    motion = await site.open_motion()
    tomasz, noor, ilse = [await site.signed_in(name) for name in ("tomasz", "noor", "ilse")]
    empty = await take(noor, motion.uuid, "petition", status=422, reason="")
    assert "Write why. Members will ask." in empty.words
    await take(noor, motion.uuid, "petition", reason="The threshold was wrong.")
    page = await tomasz.get(f"/motions/{motion.uuid}")
    assert "1 of 1 needed has signed." in page.words
    assert "The threshold was wrong." in page.words
    assert "The threshold was wrong." not in (await site.browser().get(f"/motions/{motion.uuid}")).text
    assert (await noor.get(f"/motions/{motion.uuid}/find")).status == 404
    assert "Petition to annul: 1 of 1 needed" in (await ilse.get("/office")).words
    await take(ilse, motion.uuid, "find", answer="yes", reason="It should be two thirds.")
    page = await tomasz.get(f"/motions/{motion.uuid}")
    assert "It should be two thirds." in page.words
    fields = {"title": motion.title, "body": motion.body, "closes": when(site, days=4)}
    wrong = await take(tomasz, motion.uuid, "rerun", status=422, **fields, settings="threshold often")
    assert "Write rules as name = value" in wrong.words
    again = uuid_in(await take(tomasz, motion.uuid, "rerun", **fields, settings="threshold = 2/3"))
    page = await noor.get(f"/motions/{again}")
    assert "This vote takes the place of one that was annulled." in page.words
    assert "at least two thirds" in page.words
    assert f'href="/motions/{again}"' in (await noor.get(f"/motions/{motion.uuid}")).text


async def test_a_spelling_fix_stands_beside_the_text(site: Website) -> None:
    motion = await site.open_motion(body="We buy the ofen.")
    tomasz, noor = await site.signed_in("tomasz"), await site.signed_in("noor")
    assert (await noor.get(f"/motions/{motion.uuid}/erratum")).status == 404
    wrong = await take(tomasz, motion.uuid, "erratum", status=422, was="boat", reads="oven")
    assert "Give the words as they stand in the text." in wrong.words
    await take(tomasz, motion.uuid, "erratum", was="ofen", reads="oven")
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "Read “oven” for “ofen”." in page.words
    assert "We buy the ofen." in page.words


async def test_an_outcome_is_stated_changed_and_a_vote_opened_again(site: Website) -> None:
    motion = await site.open_motion(method="sense")
    tomasz, noor = await site.signed_in("tomasz"), await site.signed_in("noor")
    await cast(noor, motion.uuid, "unsure")
    await pass_time(site, hours=51)
    await take(tomasz, motion.uuid, "reopen", closes=when(site, days=2), reason="Many were away.")
    await cast(noor, motion.uuid, "looks_good")
    await pass_time(site, days=3)
    wrong = await take(tomasz, motion.uuid, "outcome", status=422, text="We try it.")
    assert "Name the choice or the choices that the outcome follows." in wrong.words
    await take(tomasz, motion.uuid, "outcome", text="We try it.", options="looks_good")
    await take(tomasz, motion.uuid, "outcome", text="We try it in June.", options="looks_good")
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "The outcome Looks good We try it in June." in page.words
    assert "version 2" in page.words
    assert (await tomasz.get(f"/motions/{motion.uuid}/reopen")).status == 404


async def test_a_decision_has_its_dates_is_reviewed_and_replaced(site: Website) -> None:
    tomasz, noor = await site.signed_in("tomasz"), await site.signed_in("noor")

    async def decided(title: str) -> tuple[str, str]:
        motion = await site.open_motion(title=title)
        for browser in (tomasz, noor):
            await cast(browser, motion.uuid, "for")
        await pass_time(site, hours=51)
        line = await site.units.read(lambda uow: uow.deciding.decision(motion.proposal_id))
        assert line is not None
        return motion.uuid, line.label

    old, number = await decided("Close on Mondays")
    assert (await noor.get(f"/motions/{old}/dates")).status == 404
    await take(tomasz, old, "dates", review=when(site, days=10))
    await pass_time(site, days=11)
    assert "Due for review 1 Close on Mondays" in (await tomasz.get("/")).words
    assert "Due for review" not in (await noor.get("/")).words
    assert "Review due" in (await noor.get("/decisions?state=review_due")).words
    await take(tomasz, old, "dates", review=when(site, days=300))
    assert "Due for review" not in (await tomasz.get("/")).words
    new, newer = await decided("Open on Mondays")
    assert (number, newer) == ("2026-01", "2026-02")
    fields = {"answer": "supersede", "reason": ""}
    wrong = await take(tomasz, old, "replaced", status=422, number="2020-1", **fields)
    assert "There is no decision 2020-1 in the register." in wrong.words
    await take(tomasz, old, "replaced", number=newer, **fields)
    assert "Replaced by 2026-02" in (await noor.get("/decisions?state=replaced")).words
    assert f'<a href="/motions/{new}">Decision 2026-02</a>' in (await noor.get(f"/motions/{old}")).text
    assert f'This decision replaced <a href="/motions/{old}">2026-01</a>' in (await noor.get(f"/motions/{new}")).text


async def test_a_vote_is_extended_twice_with_reasons_that_all_read(site: Website) -> None:
    motion = await site.open_motion()
    tomasz = await site.signed_in("tomasz")
    blank = await take(tomasz, motion.uuid, "extend", status=422, closes=when(site, days=4), reason="")
    assert "Write why. Members will ask." in blank.words
    for days, reason in ((4, "A holiday."), (6, "The snow.")):
        await take(tomasz, motion.uuid, "extend", closes=when(site, days=days), reason=reason)
    wrong = await take(tomasz, motion.uuid, "extend", status=422, closes=when(site, days=8), reason="Again.")
    assert "A vote can be extended 2 times at most." in wrong.words
    page = await site.browser().get(f"/motions/{motion.uuid}")
    assert "A holiday." in page.words
    assert "The snow." in page.words
