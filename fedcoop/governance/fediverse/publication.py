"""What of a motion is published and locked: its wire members and their digest (federation.md 12.5, 13.1).

Codecs put these members on the wire, ballots and outcomes quote the digest: one function builds both. Quorum and threshold
are those that the method's rule asks for and its sentence says, so that nobody reads two rules of one motion.
"""

from fractions import Fraction
from typing import Any

from fedcoop.governance.motions.method import ceil_of, needed
from fedcoop.governance.motions.motion import Change, Channel, Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.canonical import digest_of
from fedcoop.kernel.clock import rfc3339

_ON_THE_WIRE = (Channel.WEB, Channel.ACTIVITYPUB, Channel.PEER)


def ratio(value: Fraction) -> str:
    """Return the fraction as wire text: `1/2`, `1/1`."""
    return f"{value.numerator}/{value.denominator}"


def motion_members(motion: Motion, *, electorate: str) -> dict[str, Any]:
    """Return the locked members of the `coop:Motion` node, absent ones left out; `electorate` is the actor's id."""
    settings = motion.settings
    members: dict[str, Any] = {
        "coop:method": motion.method,
        "coop:ballotMode": "open" if settings.secrecy == "open" else "secret",
        "coop:channels": [channel.value for channel in _ON_THE_WIRE if channel in motion.channels],
        "coop:revoting": "last" if settings.change is Change.UNTIL_CLOSE else "first",
        "coop:opens": rfc3339(motion.opens_at),
        "coop:electorate": electorate,
        "coop:options": [{"coop:key": option.key, "name": option.name} for option in motion.options],
    }
    quorum, threshold = quorum_share(motion), threshold_share(motion)
    if quorum:
        members["coop:quorum"] = ratio(quorum)
    if threshold is not None:
        members["coop:threshold"] = ratio(threshold)
    return members


def quorum_share(motion: Motion) -> Fraction:
    """Return the share of members who must take part, 0 for none: of so many members exactly as many as the rule asks for.

    That is the share set, unless a floor or its bound (governance.md 6) asks for another number of those on the roll at the
    opening: then that number of them.
    """
    if not METHODS[motion.method].has_quorum:
        return Fraction(0)
    quorum, eligible = motion.settings.quorum, motion.first_eligible or motion.eligible
    need = needed(quorum, eligible)
    return quorum.share if ceil_of(quorum.share * eligible) == need else Fraction(need, eligible)


def threshold_share(motion: Motion) -> Fraction | None:
    """Return the share that the method's majority needs, or None where it asks for none."""
    threshold = METHODS[motion.method].threshold_of(motion.settings)
    return None if threshold is None else threshold.share


def published(motion: Motion, *, content: str, electorate: str) -> dict[str, Any]:
    """Return what the digest covers: the post's content and the locked members. It is kept, and published for ever."""
    return {"content": content, **motion_members(motion, electorate=electorate)}


def motion_digest(motion: Motion, *, content: str, electorate: str) -> str:
    """Return `sha-256:` and the hex digest that ballots and outcomes quote (federation.md 12.5)."""
    return "sha-256:" + digest_of(published(motion, content=content, electorate=electorate))
