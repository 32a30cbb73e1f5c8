"""What happens in the co-op of picture_posts.py, and which of the posts that arrived elsewhere are pictured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mastodon_look import Json

from fedcoop.accounts.links import codes_in
from fedcoop.actions.members import registrar
from fedcoop.actions.motions import motion as motions
from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.actions.proposals import proposal as proposals
from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.motion import Channel, Motion
from fedcoop.kernel.html import text_of_html
from tests.fediverse.gts_user import User
from tests.fediverse.gts_world import World

MORE_MEMBERS = ("tomasz", "ruth", "bilal", "amara", "dafydd")
BREADS = ("Olive and thyme", "Potato loaf", "Buckwheat rolls", "Seeded crispbread")


@dataclass(frozen=True)
class Picture:
    """Received documents, and when they are looked at."""

    documents: Sequence[Json]
    now: datetime


@dataclass
class Scene:
    """The running servers, Ana, whose timeline is pictured, and Bea, whose account is linked to a member."""

    world: World
    ana: User
    bea: User
    pictures: dict[str, Picture] = field(default_factory=dict)

    async def vote(self, title: str, body: str, **more: Any) -> Motion:
        """Return an open vote whose post has arrived."""
        closes = self.world.clock.now() + timedelta(days=5, hours=12, minutes=47)
        motion = await self.world.coop.open_poll(title, **{"body": body, "closes_at": closes, **more})
        await self.world.settle()
        return motion

    async def cast(self, motion: Motion, **choices: str) -> None:
        """These members vote on the page."""
        now = self.world.clock.now()
        for name, choice in choices.items():
            values = {"voter": self.world.coop.members[name], "motion_id": motion.id, "choice": (choice,)}
            await self.world.coop.write(cast_ballot, **values, channel=Channel.WEB, cast_at=now, received_at=now)

    def arrived(self, kind: str = "Create") -> list[Json]:
        """Return the objects of all activities of this kind that came from the co-op, oldest first, each once."""
        found = [activity for _, status, activity in self.world.gts.arrivals if status == 202]
        objects = {a["id"]: a["object"] for a in found if a["type"] == kind and isinstance(a["object"], dict)}
        return list(objects.values())

    def keep(self, key: str, *documents: Json) -> None:
        """Have a picture of these documents, or of the newest post."""
        self.pictures[key] = Picture(documents or self.arrived()[-1:], self.world.clock.now())

    def keep_with_reply(self, key: str, motion: Motion) -> None:
        """Have a picture of the poll as it stands now, and of the newest post below it."""
        polls = [document for document in self.arrived("Update") if document["id"] == motion.url]
        replies = [document for document in self.arrived() if document.get("inReplyTo") == motion.url]
        self.keep(key, polls[-1], replies[-1])


async def play_all(scene: Scene) -> None:
    """Play every scene, one after the other."""
    for name in MORE_MEMBERS:
        await scene.world.coop.add_member(name)
    for play in (outage, proposal, polls, ends, news, messages):
        await play(scene)


async def outage(scene: Scene) -> None:
    """We were away while members may have voted."""
    await scene.vote("Shorter queues on Saturday", "A second till from eight to twelve.")
    await scene.world.coop.down()
    await scene.world.advance(minutes=5)
    await scene.world.coop.up()
    await scene.world.advance(seconds=10)
    scene.keep("away", *[found for found in scene.arrived() if "We were away" in found["content"]][-1:])


async def proposal(scene: Scene) -> None:
    """A proposal before its vote."""
    coop = scene.world.coop
    wanted = proposals.Wanted("A shop on the market", "We rent a stall on Saturdays.\n\nThe rent is 60 euros a day.")
    draft = await coop.write(proposals.save_draft, by=coop.members["ilse"], wanted=wanted)
    await coop.write(proposals.submit, by=coop.members["ilse"], uuid=draft.uuid)
    await scene.world.settle()
    scene.keep("proposal")


async def polls(scene: Scene) -> None:
    """Votes that are polls, and one that is none."""
    await scene.vote("Buy a second oven", "It costs 9,000 euros and is paid from the reserve.")
    scene.keep("poll")
    hidden = {"settings": {"visibility": "after_close"}}
    await scene.vote("Who keeps the books?", "We ask Ruth to keep them for a year.", **hidden)
    scene.keep("hidden")
    two = {"method": "approval", "options": BREADS, "settings": {"max": "2", "seats": "2"}}
    await scene.vote("Breads for the summer", "Two of them go on sale in June.", **two)
    scene.keep("limited")
    await scene.vote("Four days a week", "We try it from January to March.", method="consent")
    scene.keep("consent")
    names = ("Rye Rising", "Morning Star", "Slow Loaf")
    await scene.vote("A name for the new bread", "It is a rye loaf with caraway.", method="schulze", options=names)
    scene.keep("ranking")


async def ends(scene: Scene) -> None:
    """What is said of a vote after it began."""
    coop = scene.world.coop
    motion = await scene.vote("Open on Sundays", "From May to September, nine to one.")
    await scene.bea.vote(motion.url, "For")
    await scene.cast(motion, noor="for", tomasz="against", ruth="for")
    await scene.world.advance(days=4)
    later = {"closes_at": motion.closes_at + timedelta(days=2), "reason": "The bakery was closed for two days of snow."}
    await coop.write(motions.extend_motion, by=coop.members["ilse"], motion_id=motion.id, **later)
    await scene.world.settle()
    scene.keep_with_reply("extension", motion)
    await scene.cast(motion, bilal="for", amara="abstain")
    await scene.world.advance(days=4)
    scene.keep_with_reply("outcome", motion)
    wrong = await scene.vote("Sell the old van", "The price is 400 euros.")
    reason = "The price was wrong: it is 4,000 euros. A new vote follows."
    await coop.write(motions.annul_motion, by=coop.members["ilse"], motion_id=wrong.id, reason=reason)
    await scene.world.settle()
    scene.keep_with_reply("annulment", wrong)


async def news(scene: Scene) -> None:
    """An announcement that names somebody and a topic."""
    text = (
        "The second oven arrives on **Monday**. Come at eight and help to carry it: "
        f"@{scene.bea.handle} has the keys. #Baking\n\n- Bring gloves\n- Breakfast is on us"
    )
    async with scene.world.coop.signed_in("ilse") as web:
        await web.send("/announcements/new", text=text, audience="public", kind="work")
    await scene.world.settle()
    scene.keep("announcement")


async def messages(scene: Scene) -> None:
    """What the co-op tells one person."""
    coop, ana = scene.world.coop, scene.ana
    motion = await scene.vote("Repair the roof", "Slates, gutters and the skylight.")
    await ana.vote(motion.url, "For")
    await scene.world.settle()
    scene.keep("unlinked")
    async with coop.signed_in("noor") as web:
        code = next(codes_in(text_of_html(await web.send("/settings/accounts", handle=f"@{ana.handle}"))))
        await ana.write(code, coop.uri, visibility="direct")
        await scene.world.settle()
        scene.keep("code")
        await web.send("/settings/accounts", action="/settings/accounts/confirm")
    await scene.world.settle()
    scene.keep("linked")
    two = {"method": "approval", "options": BREADS, "settings": {"max": "2"}}
    motion = await scene.vote("Breads for the autumn", "We bake two of them.", **two)
    await ana.vote(motion.url, *BREADS[:3])
    await scene.world.advance(seconds=11)
    scene.keep("partly")
    motion = await scene.vote("A bench by the door", "Oak, made by Dafydd.")
    suspended = {"status": MemberStatus.SUSPENDED, "who": "operator", "reason": "A hearing is due."}
    await coop.write(registrar.change_status, member_id=coop.members["noor"], **suspended)
    await ana.vote(motion.url, "For")
    await scene.world.settle()
    scene.keep("suspended")
    back = {"status": MemberStatus.FULL, "who": "operator", "reason": "The hearing is over."}
    await coop.write(registrar.change_status, member_id=coop.members["noor"], **back)
