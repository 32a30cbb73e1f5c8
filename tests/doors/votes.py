"""Motions of a test instance, and votes on them as Mastodon sends them."""

from datetime import timedelta

from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.governance.motions.motion import Channel, Option
from tests.doors.peer import AS2

BOTH = frozenset({Channel.WEB, Channel.ACTIVITYPUB})


async def open_poll(bread, *, method="resolution", channels=BOTH, days=7, by="noor", settings=None, options=()):
    """Open a motion that a member `by` puts to the vote; the roll is who is a member now."""
    member = bread.members.get(by) or await bread.add_member(by)
    draft = Draft(
        title="Buy a second oven",
        body="Cost 9 000 EUR.",
        method=method,
        closes_at=bread.now + timedelta(days=days),
        options=tuple(Option(key, name) for key, name in options),
        settings=settings or {},
        channels=channels,
    )
    return await bread.units.write(open_motion, by=member, draft=draft)


def vote(actor, bread, motion, name, number=1, **changes):
    """A vote: a `Create` of a named reply without text (federation.md 12.2)."""
    note = {
        "id": f"{actor.uri}#votes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "to": bread.uri,
        "inReplyTo": motion.url,
        "name": name,
    }
    activity = {
        "@context": AS2,
        "id": f"{actor.uri}#votes/{number}/activity",
        "type": "Create",
        "actor": actor.uri,
        "to": bread.uri,
        "object": {**note, **changes.pop("note", {})},
    }
    return {**activity, **changes}
