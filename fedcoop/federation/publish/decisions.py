"""What other servers hear of a motion: the poll, its totals, its end, the outcome (federation.md 12, 13.1 to 13.4).

Totals are counted anew for every publication. While results are hidden the poll shows zeros; from the close to the end
of grace it shows what was shown at the close.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fedcoop.actions.events import TotalsOwed
from fedcoop.federation.publish.outbox import Parcel, coop_actor, prove, publish_object, send, when
from fedcoop.federation.translate.decisions import Publication, Result, motion_object, outcome_note, result_of
from fedcoop.governance.events import (
    BallotCast,
    BallotWithdrawn,
    MotionAnnulled,
    MotionClosed,
    MotionOpened,
    RepresentationChanged,
    RollCorrected,
)
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Visibility
from fedcoop.governance.motions.outcomes import OutcomeCode, outcome_from_json
from fedcoop.governance.motions.tallies import Tally, tally_of
from fedcoop.governance.motions.visibility import Viewer, may_see_counts, shown_until
from fedcoop.governance.words.posts import reason_told
from fedcoop.governance.words.wording import ended, outcome_sentence
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.html import escape, link_to
from fedcoop.kernel.ids import MotionId, new_uuid
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

REFRESH_EVERY = timedelta(minutes=3)
FIRST_REFRESH = timedelta(seconds=5)
REFRESH_TIMER = "refresh_motion"


def announce(uow: UnitOfWork, event: MotionOpened) -> None:
    """The motion is stored as an object and on its way to all followers."""
    motion = uow.motions.get(event.motion_id)
    if not is_public(uow, motion):
        return
    actor = coop_actor(uow)
    document = motion_document(uow, motion, actor)
    publish_object(uow, actor, document)
    send(uow, actor, Parcel(type="Create", object=document, to=document["to"], cc=document["cc"]))


def is_public(uow: UnitOfWork, motion: Motion) -> bool:
    """Return whether other servers may hear of the vote: not where its proposal is for members only."""
    return uow.proposals.audience_of(motion.proposal_id) == "public"


def refresh_later(uow: UnitOfWork, event: BallotCast | BallotWithdrawn | RepresentationChanged | TotalsOwed) -> None:
    """A timer waits that will publish the totals: at most one `Update` in three minutes, however many votes (12.4)."""
    key = str(event.motion_id)
    jitter = timedelta(milliseconds=secrets.randbelow(5000))
    if uow.set_timer(REFRESH_TIMER, key, uow.now + REFRESH_EVERY + jitter):
        last = uow.votes.last_update(event.motion_id)
        if last is None or last < uow.now - REFRESH_EVERY - jitter:
            uow.queues.move_timer(REFRESH_TIMER, key, uow.now + FIRST_REFRESH + jitter)


def refresh(uow: UnitOfWork, key: str) -> None:
    """The newest totals of a poll are on their way, if it is open and they may be seen; else to whom they are owed.

    A vote that replaced an equal one changes no totals but those of its voter's server, so that each goes out. Where there
    was none only servers that counted a refused vote hear of it, of hidden totals and ended polls too. From the close to
    the outcome nobody does: that comes with the count.
    """
    motion = uow.motions.get(MotionId(int(key)))
    _, is_poll, _ = uow.motions.presentation(motion.id)
    stored = uow.notes.find_object(motion.url)
    if not is_poll or stored is None or motion.state in (MotionState.CLOSED, MotionState.SCHEDULED):
        return
    shows = motion.state is MotionState.OPEN and motion.settings.visibility is Visibility.LIVE
    if shows and (uow.votes.voted_since_update(motion.id) or stored.document != _text_of(uow, motion)):
        update_object(uow, motion)
    elif owed := uow.votes.refused_inboxes(motion.id, owed_only=True):
        _send_update(uow, motion, owed, only=True)


def _text_of(uow: UnitOfWork, motion: Motion) -> str:
    return canonical_bytes(motion_document(uow, motion)).decode()


def announce_roll(uow: UnitOfWork, event: RollCorrected) -> None:
    """The corrected size and digest of the roll are on their way; the motion's own digest does not hold them (12.5)."""
    update_object(uow, uow.motions.get(event.motion_id))


def announce_outcome(uow: UnitOfWork, event: MotionClosed) -> None:
    """The poll is `closed` with its final totals, and the outcome is a Note with a proof of its own (13.4)."""
    motion = uow.motions.get(event.motion_id)
    row = uow.motions.outcome_of(motion.id)
    if row is None:
        return
    actor = coop_actor(uow)
    update_object(uow, motion)
    outcome = outcome_from_json(row.outcome)
    tally = tally_of(row.tally)
    text = outcome_sentence(motion, outcome, tally)
    content = f"<p>{escape(text)}</p>{_called_again(uow, motion)}<p>{link_to(motion.url)}</p>"
    note = outcome_note(
        motion,
        publication(uow, motion, actor),
        uri=uow.urls.note(row.note_uuid),
        content=content,
        result=result_of(outcome, tally, row.box_root),
        at=uow.now,
    )
    send_note(uow, motion, actor, note)


def _called_again(uow: UnitOfWork, motion: Motion) -> str:
    """Return that the same text opens again by itself, with the dates, where it does (governance.md 2, 6)."""
    words = {
        SequelKind.SECOND_CALL: "The same text is voted on a second time",
        SequelKind.CONFIRMATION: "This needs a second vote that confirms it",
    }
    for sequel in uow.deciding.sequels_after(motion.id):
        if sequel.kind in words:
            again = uow.motions.get(sequel.motion_id)
            told = f"{words[sequel.kind]}, from {when(uow, again.opens_at)}, to {when(uow, again.closes_at)}."
            return f"<p>{escape(told)}</p>"
    return ""


def announce_annulment(uow: UnitOfWork, event: MotionAnnulled) -> None:
    """The poll is closed as annulled, and a Note says why (12.5)."""
    motion = uow.motions.get(event.motion_id)
    actor = coop_actor(uow)
    update_object(uow, motion)
    head = f"Cancelled: {ended(motion.title)} This vote has no result."
    content = f"<p>{escape(head)}</p>{reason_told(event.reason)}<p>{link_to(motion.url)}</p>"
    result = Result(code=OutcomeCode.ANNULLED.value, tally=None, quorum_met=False, box_root="")
    note = outcome_note(
        motion,
        publication(uow, motion, actor),
        uri=uow.urls.note(new_uuid()),
        content=content,
        result=result,
        at=uow.now,
    )
    send_note(uow, motion, actor, note)


def motion_document(uow: UnitOfWork, motion: Motion, actor: Actor | None = None) -> dict[str, Any]:
    """Return the motion as its object says it now: what an `Update` and a GET both show."""
    author = actor or coop_actor(uow)
    _, is_poll, _ = uow.motions.presentation(motion.id)
    published = uow.motions.published_of(motion.id)
    tally = visible_tally(uow, motion)
    counts: Mapping[str, int] | None = None if tally is None else tally.counts
    voters = 0 if tally is None else tally.took_part
    named = publication(uow, motion, author)
    return motion_object(motion, named, published=published, is_poll=is_poll, counts=counts, voters=voters)


def visible_tally(uow: UnitOfWork, motion: Motion) -> Tally | None:
    """Return the totals that everybody may see now, or None while they are hidden."""
    if not may_see_counts(motion, Viewer.wire(), uow.now):
        return None
    row = uow.motions.outcome_of(motion.id)
    if row is not None:
        return tally_of(row.tally)
    return uow.totals.seen(motion, received_by=shown_until(motion, uow.now))


def publication(uow: UnitOfWork, motion: Motion, actor: Actor) -> Publication:
    """Return what of the co-op and of the conversation its objects name; and the motion that this one takes the place of."""
    _, _, context_uuid = uow.motions.presentation(motion.id)
    language = uow.site.config.instance.languages[0]
    sequel = uow.deciding.sequel_of(motion.id)
    replaces = sequel is not None and sequel.kind is not SequelKind.CONFIRMATION
    return Publication(
        author=actor.uri,
        followers=actor.followers,
        context=uow.urls.context(context_uuid),
        language=language,
        supersedes=uow.motions.get(sequel.earlier_id).url if sequel is not None and replaces else "",
    )


def update_object(uow: UnitOfWork, motion: Motion) -> None:
    """The motion's object as it stands now is stored and on its way to all who have it."""
    if is_public(uow, motion):
        refused = uow.votes.refused_inboxes(motion.id, owed_only=False)
        _send_update(uow, motion, [*uow.actors.interacting_inboxes(motion.url), *_voters(uow, motion), *refused])


def _send_update(uow: UnitOfWork, motion: Motion, inboxes: Sequence[str], *, only: bool = False) -> None:
    actor = coop_actor(uow)
    document = motion_document(uow, motion, actor)
    if not only:
        publish_object(uow, actor, document)
    uow.votes.settle_owed(motion.id)
    to, cc = document["to"], document["cc"]
    send(uow, actor, Parcel(type="Update", object=document, to=to, cc=cc, more_inboxes=inboxes, only_more=only))


def send_note(uow: UnitOfWork, motion: Motion, actor: Actor, note: dict[str, Any]) -> None:
    """The Note has its proof and is on its way to all who have the motion."""
    if not is_public(uow, motion):
        return
    proven = prove(uow, actor, note)
    publish_object(uow, actor, proven)
    inboxes = [*uow.actors.interacting_inboxes(motion.url), *_voters(uow, motion)]
    send(uow, actor, Parcel(type="Create", object=proven, to=proven["to"], cc=proven["cc"], more_inboxes=inboxes))


def _voters(uow: UnitOfWork, motion: Motion) -> list[str]:
    return uow.votes.voting_inboxes(motion.id) if Channel.ACTIVITYPUB in motion.channels else []
