"""Which of two states of a mirrored thing is the later one, in whatever order they came and whoever brought them.

Pure: the same states end in the same one. A state is told by its `updated`, then by how far it is, then by when its author
first said it; so an old one that comes again changes nothing, also where its id was forgotten. Source: federation.md 8.1
step 14, 12.5, 13.4; governance.md 2.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from fedcoop.storage.fediverse.remote_outcomes import RemoteOutcome
from fedcoop.storage.records import OVER, RemoteMotion

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FETCHED_EARLIER = timedelta(minutes=1)
"""How old what a server shows may be: others' caches keep our polls so long too (federation.md 12.4), and clocks differ."""
FINAL = ("withdrawn", "annulled")
"""States and outcomes after which nothing else comes, the later one outranking the earlier (governance.md 2)."""


def succeeds(new: RemoteMotion, earlier: RemoteMotion, now: datetime) -> bool:
    """Return whether the poll as seen now comes after the state that we have.

    A vote that was closed is open again only where its author said so later, with a later end (federation.md 12.5).
    """
    version, had = new.updated_at or NEVER, earlier.updated_at or NEVER
    if version != had:
        return version > had
    stage, before = _stage(new, now), _stage(earlier, now)
    if stage == before:
        return new.said_at >= earlier.said_at
    if stage < before:
        return new.said_at > earlier.said_at and _ends_later(new, earlier)
    return not (earlier.said_at > new.said_at and _ends_later(earlier, new))


def _stage(poll: RemoteMotion, now: datetime) -> int:
    """Return 0 for an open vote, 1 for one that its author says is over, 2 for one that was taken back."""
    state = (poll.motion or {}).get("coop:state")
    if state in FINAL:
        return 2
    return 1 if state in OVER or (poll.closed_at is not None and poll.closed_at <= now) else 0


def _ends_later(later: RemoteMotion, than: RemoteMotion) -> bool:
    return later.closes_at is not None and than.closes_at is not None and later.closes_at > than.closes_at


def last_outcome(motion: RemoteMotion, told: Iterable[RemoteOutcome], now: datetime) -> RemoteOutcome | None:
    """Return which of the outcomes told stands: none of before the vote was opened again, unless that was final."""
    reopened_at = motion.said_at - FETCHED_EARLIER if _stage(motion, now) == 0 else NEVER
    standing = [found for found in told if outcome_order(found)[0] or found.said_at >= reopened_at]
    return max(standing, key=outcome_order, default=None)


def outcome_order(told: RemoteOutcome) -> tuple[int, datetime, datetime, datetime, str]:
    """Return the key by which the last outcome is the greatest: a final one first, then what was published last."""
    result = str(told.outcome.get("coop:result", ""))
    rank = FINAL.index(result) + 1 if result in FINAL else 0
    return rank, told.published_at or NEVER, told.updated_at or NEVER, told.said_at, told.uri
