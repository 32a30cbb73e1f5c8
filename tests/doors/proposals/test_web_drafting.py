"""A proposal on the pages before its vote: drafted, discussed, amended, fixed; what strangers and others see of it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fedcoop import wiring
from fedcoop.actions.members.registrar import join_group, save_class, save_group, set_class
from fedcoop.governance.delegation.delegation_rule import DELEGABLE
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals.paragraphs import paragraphs_of
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.queueing import TimerLoop
from fedcoop.web.proposals.setting_forms import WITHOUT_QUORUM
from tests.doors.website import Browser, Page, Website, open_website

DAY = timedelta(days=1)
TEXT = "We bake with local grain.\n\n1. We buy rye.\n2. We pay 4 cents more."
FIELDS = {
    "template": "ordinary",
    "shown": "ordinary",
    "title": "Bake with local grain",
    "text": TEXT,
    "closes": "",
    "discussion": "",
    "audience": "public",
    "channels": "activitypub",
    "visibility": "live",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def send(browser: Browser, step: str, **changes: Any) -> Page:
    return await browser.submit("/proposals/new", "/proposals/new", {**FIELDS, "step": step, **changes})


async def stored(site: Website) -> Proposal:
    states = tuple(ProposalState)
    return (await site.units.read(lambda uow: uow.proposals.listing(states)))[0]


async def discussed(site: Website, browser: Browser, **changes: Any) -> str:
    page = await send(browser, "discuss", **changes)
    assert page.status == 303, page.words
    return page.location.partition("?")[0]


async def later(site: Website, step: timedelta) -> None:
    site.clock.advance(step)
    loop = TimerLoop(site.units, wiring.TIMERS, wiring.LONG_TIMERS)
    while await loop.run_once():
        continue


async def press(browser: Browser, path: str, step: str, **fields: str) -> Page:
    return await browser.submit(path, f"{path}/{step}", fields)


async def test_a_draft_is_kept_and_seen_by_its_author_only(site: Website) -> None:
    noor, tomasz = await site.signed_in("noor"), await site.signed_in("tomasz")
    saved = await send(noor, "save", title="", template="approval", shown="approval", options="Rye | dark\nWheat")
    assert saved.status == 303
    path = saved.location.partition("?")[0]
    page = await noor.get(path)
    assert "Only you can see this draft." in page.words
    assert "Rye | dark" in page.text
    assert (await tomasz.get(path)).status == 404
    assert (await tomasz.get(path.removesuffix("/draft"))).status == 404
    assert (await noor.get(path.removesuffix("/draft"))).location == path
    assert "Without a title" in (await noor.get("/proposals")).words
    started = await noor.submit(path, path, {**FIELDS, "step": "discuss"})
    assert started.status == 303
    assert (await stored(site)).state is ProposalState.DISCUSSION


@pytest.mark.parametrize(
    "template",
    [
        "consent",
        "advice",
        "schulze",
        "score",
        "dots",
        "stv_scottish",
        "greedy",
        "dates",
        "sense",
        "opt_in",
        "questions",
    ],
)
async def test_each_way_shows_the_settings_that_it_reads(site: Website, template: str) -> None:
    noor = await site.signed_in("noor")
    page = await send(noor, "choose", template=template)
    assert page.status == 200
    assert f'value="{template}" checked' in page.text
    assert "We pay 4 cents more." in page.text
    names = {
        "score": "max",
        "dots": "cap",
        "stv_scottish": "seats",
        "greedy": "budget",
        "opt_in": "target",
        "advice": "advisers",
    }
    if template in names:
        assert f'name="{names[template]}"' in page.text
    assert ('name="delegation"' in page.text) is (METHODS[template].key in DELEGABLE)
    assert "Classes counted apart" not in page.words
    assert ('name="second_call"' in page.text) is (template not in WITHOUT_QUORUM)


async def test_a_discussion_has_its_dates_its_rule_and_its_list(site: Website) -> None:
    noor = await site.signed_in("noor")
    path = await discussed(site, noor)
    page = await noor.get(path)
    assert "Carried if more than half of the votes for and against are for" in page.words
    assert "Discussion until" in page.words
    listed = await noor.get("/proposals")
    assert "Bake with local grain" in listed.words
    tomasz = await site.signed_in("tomasz")
    waits = "Under discussion; you have not said anything yet"
    assert waits in (await tomasz.get("/")).words
    await press(tomasz, path, "comment", text="I like rye.", kind="reaction")
    for browser in (noor, tomasz):
        assert waits not in (await browser.get("/")).words
    stranger = site.browser()
    public = await stranger.get(path)
    assert public.status == 200
    assert "Noor" not in public.words
    await press(noor, path, "comment", text="Who pays?", kind="question")
    await noor.submit(
        f"{path}/edit", f"{path}/edit", {"title": "Bake", "text": "Rye.", "based_on": "1", "note": "By Noor"}
    )
    for address in (path, f"{path}/versions/2", "/proposals"):
        assert "Noor" not in (await stranger.get(address)).words
    assert "Who pays?" in (await stranger.get(path)).words
    assert "Under discussion 1" in (await stranger.get("/decisions")).words


async def test_what_is_for_members_does_not_exist_for_others(site: Website) -> None:
    noor, stranger = await site.signed_in("noor"), site.browser()
    path = await discussed(site, noor, audience="members")
    assert (await noor.get(path)).status == 200
    assert (await stranger.get(path)).status == 404
    assert "Bake with local grain" not in (await stranger.get("/proposals")).words
    await later(site, 3 * DAY)
    await later(site, 2 * DAY)
    found = await site.units.read(lambda uow: uow.motions.motions_of(uow.proposals.find(path.split("/")[2]).id))  # type: ignore[union-attr]
    for address in (f"/motions/{found[0].uuid}", "/decisions", "/", f"/motions/{found[0].uuid}/recount.json"):
        assert "Bake with local grain" not in (await stranger.get(address)).words
    assert (await stranger.get(f"/motions/{found[0].uuid}")).status == 404
    assert (await noor.get(f"/motions/{found[0].uuid}")).status == 200


async def test_sponsors_bring_it_into_discussion(site: Website) -> None:
    noor, tomasz, ilse = [await site.signed_in(name) for name in ("noor", "tomasz", "ilse")]
    path = await discussed(site, noor, sponsors="yes")
    assert "Sponsors sought" in (await noor.get(path)).words
    assert "0 of 2 sponsors found" in (await tomasz.get("/")).words
    assert "Stand behind it" not in (await noor.get(path)).words
    assert (await press(tomasz, path, "sponsor")).status == 303
    await press(ilse, path, "sponsor")
    page = await noor.get(path)
    assert "Discussion until" in page.words
    assert "2 of 2 sponsors." in page.words
    assert (await press(ilse, path, "unsponsor")).status == 303


async def test_two_who_edit_at_once_lose_nothing(site: Website) -> None:
    noor = await site.signed_in("noor")
    path = await discussed(site, noor)
    edit = f"{path}/edit"
    stored_ = await noor.submit(edit, edit, {"title": "Bake with local grain", "text": "Rye only.", "based_on": "1"})
    assert stored_.status == 303
    clash = await noor.submit(edit, edit, {"title": "Bake with local grain", "text": "Wheat only.", "based_on": "1"})
    assert clash.status == 409
    assert "changed this text while you wrote" in clash.words
    assert "Wheat only." in clash.text
    assert "<ins>Wheat</ins>" in clash.text
    again = await noor.submit(edit, edit, {"title": "Bake with local grain", "text": "Wheat only.", "based_on": "2"})
    assert again.status == 303
    version = await noor.get(f"{path}/versions/3")
    assert "<del>Rye</del>" in version.text
    assert (await noor.get(f"{path}/versions/9")).status == 404
    assert "See what changed" in (await noor.get(path)).words


async def test_an_amendment_is_proposed_and_accepted_or_put_right(site: Website) -> None:
    noor, tomasz = await site.signed_in("noor"), await site.signed_in("tomasz")
    path = await discussed(site, noor)
    pay = paragraphs_of(TEXT)[-1].id
    fields = {"paragraph": pay, "operation": "replace", "text": "", "reason": "It is dear", "kind": "friendly"}
    wrong = await tomasz.submit(f"{path}/amend", f"{path}/amend", fields)
    assert wrong.status == 422
    assert "Write the words that would stand there." in wrong.words
    assert "It is dear" in wrong.text
    fine = await tomasz.submit(f"{path}/amend", f"{path}/amend", {**fields, "text": "2. We pay 2 cents more."})
    assert fine.status == 303
    assert "An amendment waits for your answer" in (await noor.get("/")).words
    page = await noor.get(path)
    assert "<del>4</del>" in page.text
    assert "<ins>2</ins>" in page.text
    step = re.findall(r'action="([^"]+/accept)"', page.text)[0]
    assert (await noor.submit(path, step, {})).status == 303
    assert "2 cents" in (await stored(site)).body


async def test_words_are_said_answered_and_removed(site: Website) -> None:
    noor, tomasz = await site.signed_in("noor"), await site.signed_in("tomasz")
    path = await discussed(site, noor)
    empty = await press(tomasz, path, "comment", text=" ", kind="question")
    assert empty.status == 422
    assert "Write something" in empty.words
    assert (await press(tomasz, path, "comment", text="Who pays?", kind="question")).status == 303
    page = await noor.get(path)
    reply = re.findall(r"\?reply=([0-9a-f-]{36})", page.text)[0]
    assert "Your answer to Tomasz" in (await noor.get(f"{path}?reply={reply}")).words
    await press(noor, path, "comment", text="We do.", reply_to=reply)
    assert "We do." in (await noor.get(path)).words
    await tomasz.submit(path, f"{path}/comments/{reply}/delete", {})
    assert "Removed." in (await noor.get(path)).words


async def test_the_text_is_fixed_and_the_vote_opened_by_hand(site: Website) -> None:
    noor = await site.signed_in("noor")
    path = await discussed(site, noor, discussion="2026-06-30T18:00")
    assert (await noor.get(f"{path}/freeze")).status == 404
    await later(site, 3 * DAY)
    assert "Nobody can change it any more." in (await noor.get(f"{path}/freeze")).words
    assert (await press(noor, path, "freeze")).status == 303
    assert "The vote opens" in (await noor.get(path)).words
    assert "The text is fixed; the vote comes" in (await noor.get("/")).words
    assert (await noor.get(f"{path}/open")).status == 404
    early = await noor.submit(path, f"{path}/open", {})
    assert early.status == 409
    assert "The notice period is not over yet" in early.words
    await later(site, 2 * DAY)
    page = await noor.get(path)
    assert "To the vote" in page.words
    motion = re.findall(r'href="(/motions/[0-9a-f-]{36})"', page.text)[0]
    assert f'href="{path}">Its discussion</a>' in (await noor.get(motion)).text


async def test_an_author_withdraws(site: Website) -> None:
    noor = await site.signed_in("noor")
    path = await discussed(site, noor)
    assert "stays readable" in (await noor.get(f"{path}/withdraw")).words
    assert (await press(noor, path, "withdraw")).status == 303
    assert "Withdrawn" in (await noor.get(path)).words
    assert "Ended without a vote" in (await noor.get("/proposals")).words


async def test_an_option_has_a_meaning_and_an_icon_that_exists(site: Website) -> None:
    noor = await site.signed_in("noor")
    wrong = await send(noor, "discuss", template="approval", shown="approval", options="Rye | dark | loaf\nWheat")
    assert wrong.status == 422
    assert "There is no icon loaf." in wrong.words
    path = await discussed(site, noor, template="approval", shown="approval", options="Rye | dark | bread\nWheat")
    assert "dark" in (await noor.get(path)).words


async def with_classes(site: Website) -> None:
    """Noor and Tomasz are workers, Ilse is a user, Bilal a friend without a vote; Ilse and Noor are the board."""
    for item in (MemberClass("worker", "Workers"), MemberClass("user", "Users"), MemberClass("friend", "Friends", 0)):
        await site.units.write(save_class, item=item, who="test", new=True)
    for name, kept in (("noor", "worker"), ("tomasz", "worker"), ("ilse", "user"), ("bilal", "friend")):
        await site.units.write(set_class, member_id=site.members[name].id, name=kept, who="test")
    await site.units.write(save_group, item=Group("board", "The board"), who="test")
    for name in ("ilse", "noor"):
        await site.units.write(join_group, group="board", member_id=site.members[name].id, who="test")


async def motion_at(site: Website, page: Page) -> Motion:
    assert page.status == 303, page.words
    found = await site.units.read(lambda uow: uow.motions.find_by_uuid(page.location.split("/")[2]))
    assert found is not None
    return found


async def test_everything_that_a_vote_knows_can_be_set_on_the_page(site: Website) -> None:
    await with_classes(site)
    noor = await site.signed_in("noor")
    fields: list[tuple[str, str]] = [
        *{**FIELDS, "closes": "2026-05-20T18:00", "step": "open"}.items(),
        *(("classes", name) for name in ("worker", "user")),
        ("guests", "friend"),
        ("groups", "board"),
        ("min_days", "0"),
        ("good_standing", "on"),
        ("statuses", "full, leaving, probation"),
        ("record_date", "2026-05-12T10:00"),
        ("colleges:worker", "60%"),
        ("colleges:user", "40 %"),
        ("absent_class", "counts_against"),
        ("class_quorum:worker", "1/2"),
        ("class_veto", "user"),
        ("delegation", "liquid"),
        ("delegation_cap", "3"),
        ("delegation_counts_for_quorum", "on"),
        ("topic", "Flour"),
        ("scrutineers", "ilse, tomasz"),
        ("second_call", "14d"),
        ("second_call_quorum", "1/4"),
        ("second_call_lasts", "3d"),
        ("require", "for >= 1/2 of eligible, abstain <= 30% of cast"),
        ("early_close", "never"),
        ("change", "never"),
        ("reasons", "required"),
        ("reason_max", "300"),
        ("max_extensions", "0"),
    ]
    motion = await motion_at(site, await noor.submit("/proposals/new", "/proposals/new", fields))
    settings = motion.settings
    rule = settings.electorate
    assert [sorted(named) for named in (rule.classes, rule.guests, rule.groups)] == [
        ["user", "worker"],
        ["friend"],
        ["board"],
    ]
    assert rule.good_standing
    assert str(rule.record_date) == "2026-05-12 08:00:00+00:00"
    assert {name: str(share) for name, share in settings.weighting.colleges.items()} == {"worker": "3/5", "user": "2/5"}
    assert (settings.weighting.veto, settings.weighting.absent_counts_against) == (("user",), True)
    assert (settings.delegation.cap, settings.delegation.quorum, settings.delegation.topic) == (3, True, "flour")
    assert settings.scrutineers == ("ilse", "tomasz")
    assert settings.second_call is not None
    assert (settings.second_call.after.days, settings.second_call.lasts.days) == (14, 3)
    assert [demand.option for demand in settings.demands] == ["for", "abstain"]
    assert (settings.reason_max, settings.max_extensions) == (300, 0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("colleges", "6 tenths"),
        ("colleges", "70%"),
        ("min_days", "soon"),
        ("members", "nobody"),
        ("scrutineers", "ilse"),
        ("delegation_cap", "many"),
        ("second_call_quorum", "few"),
        ("second_call_lasts", "long"),
        ("require", "for is enough"),
        ("record_date", "yesterday"),
        ("record_date", "2026-05-30T10:00"),
        ("reason_max", "0"),
    ],
)
async def test_a_refused_setting_is_said_at_its_field_with_everything_kept(site: Website, name: str, text: str) -> None:
    await with_classes(site)
    noor = await site.signed_in("noor")
    shares = {"colleges:worker": text, "colleges:user": "40%"} if name == "colleges" else {name: text}
    fields = {**shares, "classes": "worker", "early_close": "never", "step": "preview"}
    fields |= {"class_veto": "user", "classes": ""} if name == "colleges" else {}
    page = await send(noor, **fields)
    assert page.status == 422
    assert f'href="#{name}"' in page.text
    assert f'id="{name}-e"' in page.text
    assert f'value="{text}"' in page.text
    assert 'value="never" selected' in page.text
    kept = 'name="class_veto" value="user" checked' if name == "colleges" else 'name="classes" value="worker" checked'
    assert kept in page.text


async def test_a_draft_keeps_its_ticks_shares_and_times(site: Website) -> None:
    await with_classes(site)
    noor = await site.signed_in("noor")
    fields = {"colleges:worker": "60%", "colleges:user": "40%", "groups": "board", "record_date": "2026-05-01T10:00"}
    saved = await send(noor, "save", **fields)
    page = await noor.get(saved.location)
    for shown in (
        'name="colleges:worker" value="60%"',
        'name="groups" value="board" checked',
        'name="record_date" type="datetime-local" value="2026-05-01T10:00"',
        "<details open><summary>Classes counted apart",
        "<details><summary>Passing on",
    ):
        assert shown in page.text


async def test_another_way_keeps_what_was_typed_and_has_a_place_there(site: Website) -> None:
    await with_classes(site)
    noor = await site.signed_in("noor")
    fields = {"classes": "worker", "early_close": "never", "closes": "2026-07-01T18:00", "quorum": "1/2"}
    page = await send(noor, "choose", template="approval", **fields, delegation="proxy")
    assert 'name="classes" value="worker" checked' in page.text
    assert 'value="never" selected' in page.text
    assert 'value="proxy" selected' in page.text
    assert 'value="2026-07-01T18:00"' in page.text
    assert 'value="1/2" selected' not in page.text
    usual = await noor.get("/proposals/new?template=approval")
    closes = re.findall(r'name="closes" type="datetime-local" value="([^"]+)"', usual.text)[0]
    consent = re.findall(r'name="closes" type="datetime-local" value="([^"]+)"', page.text)[0]
    again = await send(noor, "choose", template="sense", shown="approval", closes=closes)
    assert f'value="{closes}"' not in again.text
    assert consent != closes
