"""What of a motion is published and locked: its wire members and their digest (federation.md 12.5, 13.1).

Codecs put these members on the wire, ballots and outcomes quote the digest: one function builds both.
"""

from fractions import Fraction
from typing import Any

from fedcoop.governance.motions import Change, Channel, Motion
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
    if settings.quorum.share:
        members["coop:quorum"] = ratio(settings.quorum.share)
    if settings.threshold is not None:
        members["coop:threshold"] = ratio(settings.threshold.share)
    return members


def motion_digest(motion: Motion, *, content: str, electorate: str) -> str:
    """Return `sha-256:` and the hex digest that ballots and outcomes quote (federation.md 12.5)."""
    return "sha-256:" + digest_of({"content": content, **motion_members(motion, electorate=electorate)})
