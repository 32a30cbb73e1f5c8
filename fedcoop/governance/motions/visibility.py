"""Which numbers and names whom may see, before and after the close: pages, API and wire all ask here (governance.md 4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedcoop.governance.motions.motion import Motion, MotionState, Visibility


class ViewerKind(StrEnum):
    """Who looks."""

    PUBLIC = "public"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and whether they have voted on the motion."""

    kind: ViewerKind
    has_voted: bool = False

    @staticmethod
    def wire() -> "Viewer":
        """Return everybody out there: what other servers are told."""
        return Viewer(ViewerKind.PUBLIC)

    @staticmethod
    def member(*, has_voted: bool) -> "Viewer":
        """Return a signed-in member."""
        return Viewer(ViewerKind.MEMBER, has_voted)


ENDED = (MotionState.DECIDED, MotionState.ANNULLED)


def may_see_counts(motion: Motion, viewer: Viewer, now: datetime) -> bool:
    """Return whether the viewer may see totals now. After the close, before the outcome, it is as it was at the close."""
    if motion.state is MotionState.DECIDED:
        return True
    if motion.state is MotionState.ANNULLED:
        return motion.settings.visibility is Visibility.LIVE
    setting = motion.settings.visibility
    if setting is Visibility.LIVE:
        return True
    return setting is Visibility.AFTER_OWN_VOTE and viewer.kind is ViewerKind.MEMBER and viewer.has_voted


def may_see_ballots(motion: Motion, viewer: Viewer, now: datetime) -> bool:
    """Return whether the viewer may see who voted how, and reasons: members only, open ballots, when counts show."""
    return (
        viewer.kind is ViewerKind.MEMBER and motion.settings.secrecy == "open" and may_see_counts(motion, viewer, now)
    )


def may_see_delegate(motion: Motion) -> bool:
    """Return whether a member may see what their own delegate voted, as soon as it is cast: where ballots are open (8).

    That is so also while results are hidden from others: it is the member's own vote.
    """
    return motion.settings.secrecy == "open"


def may_see_turnout(motion: Motion, viewer: Viewer, now: datetime) -> bool:
    """Return whether `voted of eligible` may show as one number; it always may (governance.md 4)."""
    return motion.state is not MotionState.SCHEDULED


def shown_until(motion: Motion, now: datetime) -> datetime | None:
    """Return up to which receipt time ballots show: from the close to the outcome not more than at the close."""
    if motion.state in (MotionState.OPEN, MotionState.CLOSED) and now > motion.closes_at:
        return motion.closes_at
    return None
