"""When we were away: which votes that may have hurt, and how the time is said (federation.md 18; governance.md 4).

A vote sent from elsewhere in such a time may never arrive: some servers give up after minutes. The close stands as it was
announced, also where nobody was there: only joint motions are extended for an outage (governance.md 13.3).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from fedcoop.governance.motions.lifecycle import acceptance_ends_at
from fedcoop.governance.motions.motion import Channel, Motion, MotionState
from fedcoop.kernel.dates import moment

SHORTEST = timedelta(minutes=2)
LONGEST_GRACE = timedelta(seconds=240)
_MINUTE = timedelta(minutes=1)
_STANDING = frozenset({MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED})


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which nobody could reach us."""

    id: int
    began_at: datetime
    ended_at: datetime

    @property
    def said_from(self) -> datetime:
        """The whole minute before it began, which is what people read."""
        return self.began_at.replace(second=0, microsecond=0)

    @property
    def said_to(self) -> datetime:
        """The whole minute after it ended."""
        return self.said_from - (self.said_from - self.ended_at) // _MINUTE * _MINUTE


def is_outage(last: datetime, now: datetime) -> bool:
    """Return whether so much time has passed since we last said that we are here."""
    return now - last >= SHORTEST


def may_have_lost_votes(motion: Motion, outage: Outage) -> bool:
    """Return whether the motion, if it is public, took votes from elsewhere when the time began: then others knew of it."""
    polled = motion.state in _STANDING and Channel.ACTIVITYPUB in motion.channels
    return polled and motion.opens_at <= outage.began_at <= acceptance_ends_at(motion)


def closed_in(motion: Motion, outage: Outage) -> bool:
    """Return whether voting ended in that time, so that nobody could make use of the last of it."""
    return motion.state in _STANDING and outage.began_at < motion.closes_at <= outage.ended_at


def times_of(outage: Outage, zone: tzinfo, now: datetime) -> str:
    """Return `22:00 to 22:05` on the clocks of `zone`, with days where it was not today; whole minutes, the end rounded up."""
    start, end = outage.said_from.astimezone(zone), outage.said_to.astimezone(zone)
    if start.date() == end.date() == now.astimezone(zone).date():
        return f"{start:%H:%M} to {end:%H:%M}"
    until = f"{end:%H:%M}" if start.date() == end.date() else moment(end, zone, now)
    return f"{moment(start, zone, now)} to {until}"
