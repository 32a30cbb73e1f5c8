"""Why somebody has no vote on a motion, as a key that pages and messages have words for (governance.md 3, 15.2)."""

from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions.motion import Motion

_RESTING = {
    MemberStatus.SUSPENDED: "suspended",
    MemberStatus.PROBATION: "on-trial",
    MemberStatus.DORMANT: "dormant",
}
BARS = frozenset({*_RESTING.values(), "left", "joined-later", "others", "off-roll"})


def bar_to_vote(motion: Motion, member: Member, *, on_roll: bool) -> str:
    """Return one of `BARS`, or nothing for somebody who may vote now."""
    rule = motion.settings.electorate
    if not rule.lets_vote(member.status):
        return _RESTING.get(member.status, "left")
    if on_roll:
        return ""
    if member.joined_at > (rule.record_date or motion.opens_at):
        return "joined-later"
    return "others" if rule.classes or rule.groups or rule.members else "off-roll"
