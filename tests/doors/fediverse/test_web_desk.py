"""The page “From the fediverse” of the office, and what comes to a member's own profile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedcoop.actions.fediverse import desk
from fedcoop.actions.fediverse.mirrors import SeenNote, store_note
from fedcoop.actions.fediverse.relations import receive_follow
from fedcoop.actions.fediverse.remote import remember_actor
from fedcoop.actions.instance.founding import open_member_actor
from fedcoop.storage import tables as t
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from tests.actions.coop import made_keys, seen
from tests.doors.website import Browser, Page, Website, open_website

HERE = "/office/fediverse"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def somebody(site: Website, name: str = "zoe", **more: str) -> Actor:
    return await site.units.write(remember_actor, seen(name, **more))


async def write(site: Website, author: Actor, words: str, *, to: str = "alder", kind: str = "message") -> int:
    """The author writes to an actor of ours; return the item's id."""

    def run(uow: UnitOfWork) -> int:
        uri = f"{author.uri}/notes/{uow.new_id()}"
        post = SeenNote(uri, "", f"<p>{words}</p>", "", "en", uri, kind != "message", None, None)
        recipient = uow.actors.local(to)
        if kind == "message":
            desk.receive_message(uow, author=author, recipient=recipient, seen=post)
        else:
            store_note(uow, author=author, seen=post, motion_id=None, kind="mention")
            desk.receive_post(uow, author=author, recipient=recipient, uri=uri, kind=kind)
        return uow.desk.listing(recipient.id, done=False)[0].id

    return await site.units.write(run)


async def report(site: Website, server: Actor, words: str, *objects: str) -> int:
    def run(uow: UnitOfWork) -> int:
        desk.receive_report(uow, actor=server, content=words, objects=objects)
        return uow.desk.listing(uow.actors.local("alder").id, done=False)[0].id

    return await site.units.write(run)


async def press(browser: Browser, page: str, path: str, **fields: str) -> Page:
    return await browser.submit(page, path, fields)


async def test_what_came_stands_newest_first_with_who_wrote_it_and_where(site: Website) -> None:
    known, claims = await somebody(site), await somebody(site, "yan", host="near.example", handle="")
    await write(site, known, "When do you open?", kind="mention")
    await write(site, claims, "Can I join?")
    ilse = await site.signed_in("ilse")
    assert "1 private message, 1 mention" in (await ilse.get("/office")).words
    assert "From the fediverse, 2 waiting" in (await ilse.get("/office")).words
    page = await ilse.get(HERE)
    assert page.words.index("Can I join?") < page.words.index("When do you open?")
    assert "@zoe@far.example" in page.words
    assert "@zoe@far.example (as they say)" not in page.words
    assert "@yan@near.example (as they say)" in page.words
    assert f'href="{known.uri}/notes/' in page.text
    assert f'href="{claims.uri}/notes/' not in page.text, "a private post has no page that others open"


async def test_the_page_is_for_people_with_an_office(site: Website) -> None:
    item = await write(site, await somebody(site), "My secret")
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    token = (await noor.get("/more")).csrf
    for path in (HERE, f"{HERE}/{item}", f"{HERE}/{item}/block"):
        assert (await noor.get(path)).status == 404
        assert (await ilse.get(path)).status == 200
    for path in (f"{HERE}/{item}", *(f"{HERE}/{item}/{step}" for step in ("done", "undo", "block", "unblock"))):
        assert (await noor.post(path, {"csrf": token, "text": "Hello"})).status == 404
    assert (await ilse.get(f"{HERE}/1")).status == 404
    for path in ("/", "/announcements", "/members", "/more", "/decisions"):
        assert "My secret" not in (await noor.get(path)).text


async def test_done_is_undone_where_it_was_pressed(site: Website) -> None:
    item = await write(site, await somebody(site), "Can I join?")
    ilse = await site.signed_in("ilse")
    page = await press(ilse, HERE, f"{HERE}/{item}/done", back=f"{HERE}?kind=message")
    assert page.location == f"{HERE}?kind=message&done=done&item={item}"
    after = await ilse.get(page.location)
    assert "Nothing waits" in after.words
    assert f'action="{HERE}/{item}/undo"' in after.text
    done = await ilse.get(f"{HERE}?show=done")
    assert "Can I join?" in done.words
    assert "Done by Ilse Maurer" in done.words
    await press(ilse, f"{HERE}?show=done", f"{HERE}/{item}/undo")
    assert "Can I join?" in (await ilse.get(HERE)).words
    assert (await press(ilse, HERE, f"{HERE}/{item}/done", back="https://evil.example")).location.startswith(HERE)


async def test_kinds_are_looked_at_one_by_one_and_in_pages(site: Website) -> None:
    zoe = await somebody(site, kind="Service")
    for number in range(20):
        await write(site, zoe, f"Mention {number:02d}", kind="mention")
    yan = await somebody(site, "yan", kind="Service")
    await write(site, yan, "Mention 20", kind="mention")
    await write(site, yan, "An answer", kind="answer")
    ilse = await site.signed_in("ilse")
    mentions = await ilse.get(f"{HERE}?kind=mention")
    assert "An answer" not in mentions.words
    assert "Mention 20" in mentions.words
    assert "Mention 00" not in mentions.words
    older = mentions.text.split('end" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Mention 00" in (await ilse.get(older)).words
    assert "An answer" in (await ilse.get(f"{HERE}?kind=answer")).words


async def test_an_answer_is_sent_and_stands_in_the_exchange(site: Website) -> None:
    item = await write(site, await somebody(site), "Can I join?")
    ilse = await site.signed_in("ilse")
    path = f"{HERE}/{item}"
    empty = await press(ilse, path, path, text=" ")
    assert empty.status == 422
    assert "Write the answer." in empty.words
    assert (await press(ilse, path, path, text="Yes: come **Friday**.")).location == f"{path}?done=replied"
    page = await ilse.get(path)
    assert "Yes: come Friday." in page.words
    assert "by Ilse Maurer" in page.words
    assert "The automatic answer went to them" in page.words
    assert "Nothing waits" in (await ilse.get(HERE)).words


async def test_an_author_is_blocked_after_a_question_and_let_in_again(site: Website) -> None:
    zoe = await somebody(site)
    item = await write(site, zoe, "Buy my shoes")
    ilse = await site.signed_in("ilse")
    ask = await ilse.get(f"{HERE}/{item}/block")
    assert "Block Zoe?" in ask.words
    assert (await press(ilse, f"{HERE}/{item}/block", f"{HERE}/{item}/block")).status == 303
    assert await site.units.read(lambda uow: uow.actors.is_blocked(zoe.uri))
    page = await ilse.get(f"{HERE}/{item}")
    assert "Lift the block" in page.words
    assert "Send the answer" not in page.words
    await press(ilse, f"{HERE}/{item}", f"{HERE}/{item}/unblock", back=f"{HERE}/{item}")
    assert not await site.units.read(lambda uow: uow.actors.is_blocked(zoe.uri))


async def test_a_report_names_what_it_is_about_and_is_settled_with_a_note(site: Website) -> None:
    server = await somebody(site, "server", kind="Application")
    motion = await site.open_motion(title="Buy a second deck oven")
    item = await report(
        site, server, "This is <b>rude</b>.", motion.url, "https://near.example/notes/1", "javascript:x"
    )
    ilse = await site.signed_in("ilse")
    page = await ilse.get(f"{HERE}/{item}")
    assert "Report from far.example" in page.words
    assert "This is <b>rude</b>." in page.words
    assert f'href="/motions/{motion.uuid}"' in page.text
    assert "Buy a second deck oven" in page.words
    assert 'href="javascript' not in page.text
    assert "Send the answer" not in page.words
    await press(ilse, f"{HERE}/{item}", f"{HERE}/{item}/done", remark="Read it; nothing is wrong.")
    assert "Read it; nothing is wrong." in (await ilse.get(f"{HERE}?show=done")).words


async def test_a_post_that_is_gone_says_so(site: Website) -> None:
    zoe = await somebody(site)
    await write(site, zoe, "Too hasty", kind="mention")
    note = (await site.units.read(lambda uow: uow.conn.execute(t.notes.select()).one())).uri
    await site.units.write(lambda uow: uow.notes.delete_note(note, uow.now))
    page = await (await site.signed_in("ilse")).get(HERE)
    assert "Its author removed it on their own server." in page.words
    assert "Too hasty" not in page.text


async def test_what_comes_to_a_profile_is_its_members(site: Website) -> None:
    noor_id = site.members["noor"].id
    await site.units.write(open_member_actor, member_id=noor_id, name="noor", keys=made_keys(1))
    item = await write(site, await somebody(site), "Your vote did not count", to="noor")
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    assert "1 message from the fediverse" in (await noor.get("/")).words
    assert "Your vote did not count" in (await noor.get("/settings/profile")).words
    assert "Your vote did not count" not in (await ilse.get(HERE)).words
    assert (await ilse.get(f"{HERE}/{item}")).status == 404
    path = f"/settings/profile/messages/{item}/done"
    assert (await ilse.post(path, {"csrf": (await ilse.get("/more")).csrf})).status == 404
    assert (await press(noor, "/settings/profile", path)).status == 303
    assert "1 message from the fediverse" not in (await noor.get("/")).words


async def ask_to_follow(site: Website, follower: Actor, name: str = "noor") -> None:
    def run(uow: UnitOfWork) -> str:
        followee = uow.actors.local(name)
        return receive_follow(
            uow, follower=follower, followee=followee, uri=f"{follower.uri}/follows/{name}", said_at=uow.now
        )

    assert await site.units.write(run) == "pending"


async def test_a_member_answers_who_asks_to_follow(site: Website) -> None:
    noor_id = site.members["noor"].id
    await site.units.write(open_member_actor, member_id=noor_id, name="noor", keys=made_keys(1))
    zoe, yan = await somebody(site), await somebody(site, "yan")
    for follower in (zoe, yan):
        await ask_to_follow(site, follower)
    noor = await site.signed_in("noor")
    assert "2 people ask to follow you" in (await noor.get("/")).words
    page, path = "/settings/profile", "/settings/profile/followers"
    assert "@zoe@far.example" in (await noor.get(page)).words
    assert (await press(noor, page, path, follower=str(zoe.id), do="accept")).location.startswith(page)
    assert (await press(noor, page, path, follower=str(yan.id), do="refuse")).status == 303
    after = await noor.get(page)
    assert "Who asks to follow you" not in after.words
    assert "Who follows you" in after.words
    assert "@yan@far.example" not in after.words
    gone = await press(noor, page, path, follower=str(yan.id), do="accept")
    assert gone.status == 409
    assert "They do not ask to follow you any more." in gone.words
    assert (await press(noor, page, path, follower=str(zoe.id), do="remove")).status == 303
    assert "Who follows you" not in (await noor.get(page)).words
    assert "ask to follow you" not in (await noor.get("/")).words


async def test_a_member_without_a_profile_answers_nobody(site: Website) -> None:
    zoe = await somebody(site)
    noor = await site.signed_in("noor")
    page = await press(noor, "/settings/accounts", "/settings/profile/followers", follower=str(zoe.id), do="accept")
    assert page.status == 409
    assert "You have no public profile." in page.words
    assert (
        await press(noor, "/settings/accounts", "/settings/profile/followers", follower="x", do="accept")
    ).status == 409
    assert (await press(noor, "/settings/accounts", "/settings/profile/followers", do="own")).status == 404


async def test_a_claimed_name_that_is_very_long_breaks_no_page(site: Website) -> None:
    zoe = await somebody(site)
    long = replace(zoe, name="z" * 128, handle="", display_name="Z" * 200)
    await site.units.write(lambda uow: uow.actors.put(long))
    await write(site, long, "W" * 3000)
    assert (await (await site.signed_in("ilse")).get(HERE)).status == 200
