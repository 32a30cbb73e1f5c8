"""People on a server like GoToSocial write to a co-op and its members: every word reaches a person, who can answer."""

import re

from fedcoop.kernel.html import text_of_html
from tests.fediverse.gts_documents import PUBLIC

DESK = "/office/fediverse"


async def items(web):
    """What waits on the desk, newest first: addresses and texts."""
    page = await web.page(DESK)
    return list(dict.fromkeys(re.findall(rf"{DESK}/\d+", page))), text_of_html(page)


async def test_a_private_message_that_is_no_code_is_read_by_a_person_and_answered(alder):
    ana = await alder.account("ana", follows=False)
    await ana.write("When do you open?", alder.coop.uri, visibility="direct")
    await alder.settle()
    (told,) = alder.told(ana)
    assert "person" in told
    async with alder.coop.signed_in("ilse") as web:
        (item,), shown = await items(web)
        assert "When do you open?" in shown
        await web.send(item, text="At seven, from Tuesday to Saturday.")
    await alder.settle()
    assert "At seven, from Tuesday to Saturday." in alder.told(ana)[-1]
    assert ana.number_of("mention") == 2


async def test_a_mention_an_answer_to_news_and_a_report_reach_the_office(alder):
    ana = await alder.account("ana")
    async with alder.coop.signed_in("ilse") as web:
        await web.send("/announcements/new", text="We bake on Sundays now.", audience="public", kind="work")
        await alder.settle()
        (news,) = ana.timeline()
        await ana.write("I like your bread.", alder.coop.uri)
        await ana.write("From which hour?", alder.coop.uri, in_reply_to=news.uri)
        await ana.report(alder.coop.uri, news.uri, text="That is advertising.")
        await alder.settle()
        found, shown = await items(web)
    assert len(found) == 3
    assert all(words in shown for words in ("I like your bread.", "From which hour?", "That is advertising."))


async def test_a_member_decides_who_follows_their_profile(alder):
    ana, eve = [await alder.account(name, follows=False) for name in ("ana", "eve")]
    member = f"{alder.coop.origin}/actors/noor"
    async with alder.coop.signed_in("noor") as web:
        await web.send("/settings/profile", do="opt-in")
        for user, answer in ((ana, "accept"), (eve, "refuse")):
            await user.follow(await user.search(member))
            await alder.settle()
            assert not user.following[member].accepted
            asked = re.search(r'name="follower" value="(\d+)"', await web.page("/settings/profile"))
            await web.send("/settings/profile", action="/settings/profile/followers", follower=asked[1], do=answer)
            await alder.settle()
    assert ana.following[member].accepted
    assert eve.following == {}


async def test_an_announcement_names_people_who_hear_of_it_and_its_edit_is_seen(alder):
    ana = await alder.account("ana", follows=False)
    async with alder.coop.signed_in("ilse") as web:
        text = f"@{ana.handle} brings the flour. #Baking"
        await web.send("/announcements/new", text=text, audience="public", kind="work")
        await alder.settle()
        ((_, uri),) = ana.notifications
        status = alder.gts.statuses[uri]
        assert (PUBLIC in status.to, list(status.mentions)) == (True, [ana.uri])
        page = f"/announcements/{uri.rpartition('/')[2]}/edit"
        await alder.advance(minutes=5)
        await web.send(page, text=f"@{ana.handle} brings the rye flour. #Baking", kind="work", base="1")
    await alder.settle()
    assert "rye flour" in status.content
    assert len(status.edits) == 1
