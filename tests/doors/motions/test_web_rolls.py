"""Pages of a roll, of objections to it, and of the registrar: without script, for members and offices only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedcoop.actions.members.registrar import save_class, set_class
from fedcoop.governance.members.classes import Group, MemberClass
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork
from tests import crowd
from tests.doors.website import Website, open_website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Website]:
    async with open_website(tmp_path) as website:
        yield website


async def founders(site: Website) -> None:
    """Noor is a founder, with three votes by article 12."""
    item = MemberClass("founder", "Founders", 3, reference="article 12")
    await site.units.write(save_class, item=item, who="test", new=True)
    await site.units.write(set_class, member_id=site.members["noor"].id, name="founder", who="test")


async def test_members_see_the_roll_and_their_own_row(site: Website) -> None:
    await founders(site)
    motion = await site.open_motion()
    noor = await site.signed_in("noor")
    page = await noor.get(f"/motions/{motion.uuid}/roll")
    assert page.status == 200
    assert "4 members on the roll of" in page.words
    assert "You are on this roll as Founders, with 3 votes." in page.words
    assert "Bilal Haddad" in page.words
    found = await noor.get(f"/motions/{motion.uuid}/roll?q=M0004")
    assert "Bilal Haddad" in found.words
    assert "Tomasz Wilk" not in found.words
    assert "Nobody found" in (await noor.get(f"/motions/{motion.uuid}/roll?q=zzz")).words
    for wrong in ("0", "x", "-1"):
        assert (await noor.get(f"/motions/{motion.uuid}/roll?page={wrong}")).status == 404
    stranger = await site.browser().get(f"/motions/{motion.uuid}/roll")
    assert (stranger.status, stranger.location.startswith("/sign-in")) == (303, True)


async def test_a_missing_member_objects_and_the_registrar_corrects(site: Website) -> None:
    motion = await site.open_motion(settings={"members": "ilse, tomasz, noor"})
    bilal, ilse = await site.signed_in("bilal"), await site.signed_in("ilse")
    roll = f"/motions/{motion.uuid}/roll"
    assert "You are not on this roll." in (await bilal.get(roll)).words
    assert "This vote is for some of us" in (await bilal.get(f"/motions/{motion.uuid}")).words
    empty = await bilal.submit(roll, roll, {"words": " "})
    assert (empty.status, "Write what is wrong" in empty.words) == (422, True)
    sent = await bilal.submit(roll, roll, {"words": "I am missing."})
    assert sent.status == 303
    assert "waits for its answer" in (await bilal.get(roll)).words
    assert "Objections to rolls, 1 waiting" in (await ilse.get("/office")).words
    waiting = await ilse.get("/office/rolls")
    assert "I am missing." in waiting.words
    link = next(part for part in waiting.text.split('"') if part.startswith(f"{roll}?objection="))
    fields = {"kind": "add", "member": "bilal", "member_class": "", "reason": "The list was old."}
    form = link.partition("#")[0]
    objection = form.rpartition("=")[2]
    for bad, told in (
        ({"kind": "guess"}, "Say what is to be corrected."),
        ({"member": "zoe"}, "There is no member of this short name"),
        ({"member": "M0001"}, "is on the roll already"),
        ({"reason": ""}, "Say why the roll changes"),
    ):
        page = await ilse.submit(form, f"{roll}/correct", {**fields, **bad, "objection": objection})
        assert (page.status, told in page.words) == (422, True), page.words
    done = await ilse.submit(form, f"{roll}/correct", {**fields, "objection": objection})
    assert done.status == 303
    seen = await bilal.get(roll)
    assert "4 members on the roll" in seen.words
    assert "At the opening it had 3." in seen.words
    assert "Somebody was added" in seen.words
    assert "The list was old." in seen.words
    assert "No objections wait" in (await ilse.get("/office/rolls")).words
    voted = await bilal.submit(f"/motions/{motion.uuid}", f"/motions/{motion.uuid}/vote", {"choice": "for"})
    assert voted.status == 303


async def test_an_objection_is_refused_with_a_reason_that_its_member_reads(site: Website) -> None:
    motion = await site.open_motion()
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    roll = f"/motions/{motion.uuid}/roll"
    await noor.submit(roll, roll, {"words": "Bilal has left."})
    waiting = await ilse.get("/office/rolls")
    refuse = next(part for part in waiting.text.split('"') if part.endswith("/refuse"))
    empty = await ilse.submit("/office/rolls", refuse, {"reason": ""})
    assert (empty.status, "Say why the roll is right" in empty.words) == (422, True)
    assert (await ilse.submit("/office/rolls", refuse, {"reason": "He has not."})).status == 303
    assert "roll left as it is He has not." in (await noor.get(roll)).words
    assert (await ilse.submit("/settings/accounts", "/office/rolls/x/refuse", {"reason": "so"})).status == 404


@pytest.mark.parametrize("path", ["classes", "groups", "standing", "rolls", "merge"])
async def test_the_registrars_pages_are_for_who_has_an_office(site: Website, path: str) -> None:
    noor, ilse = await site.signed_in("noor"), await site.signed_in("ilse")
    assert (await noor.get(f"/office/{path}")).status == 404
    page = await ilse.get(f"/office/{path}")
    assert page.status == 200
    assert 'aria-current="page"' in page.text
    if path != "rolls":
        assert (await noor.submit("/settings/accounts", f"/office/{path}", {"act": "add"})).status == 404
        assert (await ilse.submit("/settings/accounts", f"/office/{path}", {"act": "dance"})).status == 404


async def test_the_registrar_keeps_classes(site: Website) -> None:
    ilse = await site.signed_in("ilse")
    fields = {"act": "add", "name": "worker", "title": "Workers", "weight": "3", "share": "40%", "may_propose": "on"}
    refused = await ilse.submit("/office/classes", "/office/classes", fields)
    assert (refused.status, "Say which article" in refused.words) == (422, True)
    for bad, told in (({"weight": "x"}, "a whole number"), ({"share": "often"}, "Write share as a share")):
        page = await ilse.submit("/office/classes", "/office/classes", {**fields, **bad})
        assert (page.status, told in page.words) == (422, True), page.words
    done = await ilse.submit("/office/classes", "/office/classes", {**fields, "reference": "article 12"})
    assert done.status == 303
    page = await ilse.get("/office/classes")
    assert "3 votes each, by article 12; share 40% as a college. Can propose." in page.words
    again = await ilse.submit("/office/classes", "/office/classes", {**fields, "reference": "article 12"})
    assert (again.status, "There is a class called worker already." in again.words) == (422, True)
    changed = {"act": "save", "name": "worker", "title": "Workers", "weight": "1", "share": "", "reference": ""}
    assert (await ilse.submit("/office/classes", "/office/classes", changed)).status == 303
    assert "1 vote each. Does not propose." in (await ilse.get("/office/classes")).words


async def test_the_registrar_changes_class_status_and_standing(site: Website) -> None:
    await founders(site)
    ilse = await site.signed_in("ilse")
    here = "/office/standing"
    for fields in (
        {"act": "class", "member": "bilal", "member_class": "founder"},
        {"act": "status", "member": "M0004", "status": "suspended", "reason": "The board said so."},
        {"act": "arrears", "member": "tomasz", "since": "2026-03-31"},
    ):
        assert (await ilse.submit(here, here, fields)).status == 303
    bilal = await site.units.read(lambda uow: uow.members.get(site.members["bilal"].id))
    tomasz = await site.units.read(lambda uow: uow.members.get(site.members["tomasz"].id))
    assert (bilal.member_class, bilal.status.value) == ("founder", "suspended")
    assert tomasz.arrears_since is not None
    assert (await ilse.submit(here, here, {"act": "arrears", "member": "tomasz", "since": ""})).status == 303
    for fields, told in (
        ({"act": "class", "member": "bilal", "member_class": "founder"}, "is in the class founder already"),
        ({"act": "class", "member": "zoe", "member_class": "founder"}, "There is no member of this short name"),
        ({"act": "status", "member": "bilal", "status": "king", "reason": "so"}, "Choose what the member is"),
        ({"act": "status", "member": "bilal", "status": "full", "reason": ""}, "Write why"),
        ({"act": "arrears", "member": "bilal", "since": "soon"}, "Give a day like"),
    ):
        page = await ilse.submit(here, here, fields)
        assert (page.status, told in page.words) == (422, True), page.words


async def test_the_registrar_keeps_groups_and_a_vote_is_theirs(site: Website) -> None:
    ilse, noor = await site.signed_in("ilse"), await site.signed_in("noor")
    here = "/office/groups"
    for fields in (
        {"act": "save", "name": "board", "title": "The board"},
        {"act": "join", "group": "board", "member": "ilse"},
        {"act": "join", "group": "board", "member": "M0002"},
        {"act": "leave", "group": "board", "member": "M0002"},
    ):
        assert (await ilse.submit(here, here, fields)).status == 303
    again = await ilse.submit(here, here, {"act": "join", "group": "board", "member": "ilse"})
    assert (again.status, "is in the group board already" in again.words) == (422, True)
    motion = await site.open_motion(settings={"groups": "board"})
    assert motion.eligible == 1
    assert "This vote is for some of us" in (await noor.get(f"/motions/{motion.uuid}")).words


async def test_two_numbers_of_one_person_are_merged_on_a_page(site: Website) -> None:
    motion = await site.open_motion()
    ilse = await site.signed_in("ilse")
    here = "/office/merge"
    same = await ilse.submit(here, here, {"act": "merge", "keep": "noor", "drop": "noor", "reason": "so"})
    assert (same.status, "These are one number already." in same.words) == (422, True)
    fields = {"act": "merge", "keep": "noor", "drop": "M0004", "reason": "One birthday."}
    assert (await ilse.submit(here, here, fields)).status == 303
    assert "3 members on the roll" in (await ilse.get(f"/motions/{motion.uuid}/roll")).words


async def test_votes_that_weigh_more_say_so_before_and_after(site: Website) -> None:
    await founders(site)
    motion = await site.open_motion(settings={"quorum": "0"})
    noor, tomasz = await site.signed_in("noor"), await site.signed_in("tomasz")
    page = f"/motions/{motion.uuid}"
    assert "Your vote counts 3, by article 12." in (await noor.get(page)).words
    assert "Your vote counts" not in (await tomasz.get(page)).words
    await noor.submit(page, f"{page}/vote", {"choice": "for"})
    await tomasz.submit(page, f"{page}/vote", {"choice": "against"})
    assert "By heads: 1 for, 1 against" in (await noor.get(page)).words
    await site.close(motion)
    result = (await noor.get(page)).words
    assert "By class" in result
    assert "Votes each" in result
    assert "Founders 3 1 0 0 1 of 1" in result
    assert "All members 1 1 0 2 of 4" in result
    assert "All votes 3 1 0 4 votes" in result
    assert "Votes of each member by class: founder 3; everybody else one. (article 12)" in result
    assert "Everyone on the roll has one vote." not in result


async def test_colleges_and_guests_show_by_class(site: Website) -> None:
    for name, weight in (("worker", 1), ("user", 1), ("friend", 0)):
        await site.units.write(save_class, item=MemberClass(name, f"{name.title()}s", weight), who="test", new=True)
    for member, name in (("ilse", "worker"), ("tomasz", "user"), ("noor", "user"), ("bilal", "friend")):
        await site.units.write(set_class, member_id=site.members[member].id, name=name, who="test")
    words = {"colleges": "worker=60%, user=40%", "guests": "friend", "quorum": "0"}
    motion = await site.open_motion(settings=words)
    page = f"/motions/{motion.uuid}"
    browsers = {name: await site.signed_in(name) for name in ("ilse", "tomasz", "noor", "bilal")}
    assert "You vote among Workers, who together have 60% of this decision." in (await browsers["ilse"].get(page)).words
    assert "You take part as a guest" in (await browsers["bilal"].get(page)).words
    for name, choice in (("ilse", "for"), ("tomasz", "against"), ("noor", "for"), ("bilal", "against")):
        done = await browsers[name].submit(page, f"{page}/vote", {"choice": choice})
        assert done.status == 303
    assert "Guests, not counted: " in (await browsers["noor"].get(page)).words
    await site.close(motion)
    result = (await browsers["noor"].get(page)).words
    assert "Of the colleges’ shares 80.00% are for." in result
    assert "Workers 60% 1 0 0 1 of 1" in result
    assert "Guests, not counted" in result
    assert "guest, not counted" in result
    assert "Everyone on the roll has one vote." not in result
    roll = (await browsers["noor"].get(f"{page}/roll")).words
    assert "3 members on the roll" in roll
    assert "and 1 guest whose answer is not counted" in roll
    home = (await browsers["noor"].get("/decisions?state=decided")).words
    assert "3 of 3" in home


async def test_a_large_group_shows_its_first_members_and_takes_out_any_by_number(site: Website) -> None:
    await crowd.gather(site, 104)

    def join_all(uow: UnitOfWork) -> None:
        uow.classes.put_group(Group("board", "Board"))
        for number in range(crowd.FIRST, crowd.FIRST + 104):
            uow.classes.join("board", MemberId(number), uow.now)

    await site.units.write(join_all)
    ilse = await site.signed_in("ilse")
    page = await ilse.get("/office/groups")
    assert "104 members" in page.words
    assert "Member 1099" in page.words
    assert "Member 1100" not in page.words
    assert "And 4 more" in page.words
    fields = {"act": "leave", "group": "board", "member": "M1103"}
    assert (await ilse.submit("/office/groups", "/office/groups", fields)).status == 303
    assert "103 members" in (await ilse.get("/office/groups")).words
