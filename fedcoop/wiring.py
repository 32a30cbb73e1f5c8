"""Every consequence of every event, and every timer: read this file to see what follows from what (architecture.md 5).

Reactions run inside the unit of the action, in this order, and only write rows; if one raises, all roll back.
A timer's function may run twice; it must not mind.
"""

from collections.abc import Mapping, Sequence

from fedcoop.actions import events as federation_events
from fedcoop.actions.delegation import delegations
from fedcoop.actions.fediverse import outages, peers, visits
from fedcoop.actions.instance import upkeep
from fedcoop.actions.motions import after_count, motion
from fedcoop.actions.proof import sortitions
from fedcoop.actions.proposals import amendment_votes, proposal_steps
from fedcoop.actions.proposals import proposal as drafting
from fedcoop.federation.publish import aftermath as after_votes
from fedcoop.federation.publish import (
    counting,
    decisions,
    desk,
    joining,
    notes,
    opening,
    profile,
    refusals,
    relations,
    templates,
    warnings,
)
from fedcoop.federation.publish import proposals as publishing
from fedcoop.governance import events
from fedcoop.kernel.events import Event
from fedcoop.queueing import LongTimer, Timer
from fedcoop.storage.unit_of_work import Reaction

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    events.MotionOpened: (
        decisions.announce,
        after_votes.announce_sequel,
    ),
    events.BallotCast: (decisions.refresh_later,),
    events.BallotWithdrawn: (decisions.refresh_later,),
    events.RepresentationChanged: (decisions.refresh_later,),
    events.DelegationLapsing: (warnings.tell_of_lapse,),
    events.TemplateOffered: (templates.offer,),
    events.TemplateWithdrawn: (templates.withdraw,),
    events.TargetReached: (joining.announce_target,),
    events.TargetLost: (joining.announce_target,),
    events.MotionExtended: (after_votes.announce_extension,),
    events.RollCorrected: (decisions.announce_roll,),
    events.MotionClosed: (decisions.announce_outcome, amendment_votes.settle_later),
    events.MotionAnnulled: (decisions.announce_annulment, amendment_votes.settle_later),
    events.MotionReopened: (after_votes.announce_reopening,),
    events.ErratumPublished: (after_votes.announce_erratum,),
    events.OutcomeStated: (after_votes.announce_statement,),
    events.ProposalPublished: (publishing.announce,),
    events.ProposalChanged: (publishing.announce_change,),
    events.ProposalMoved: (publishing.announce_change,),
    events.MotionMirrored: (),  # theirs: shown here, never published again
    events.VoteSentAbroad: (notes.send_vote,),
    events.AnnouncementPublished: (notes.announce,),
    events.MemberAdmitted: (),
    federation_events.AnnouncementEdited: (notes.announce_edit,),
    federation_events.AnnouncementDeleted: (notes.retract,),
    federation_events.ActivityForwarded: (relations.pass_on,),
    federation_events.FollowReceived: (relations.answer_follow,),
    federation_events.FollowWanted: (relations.ask_to_follow,),
    federation_events.FollowEnded: (relations.undo_follow,),
    federation_events.FollowDropped: (relations.reject_follower,),
    federation_events.QuoteRequested: (relations.reject_quote,),
    federation_events.VotesMayBeLost: (warnings.tell_of_outage,),
    federation_events.VoteRefused: (refusals.answer_refused_vote,),
    federation_events.TotalsOwed: (decisions.refresh_later,),
    federation_events.MessageReceived: (desk.answer_message,),
    federation_events.DeskReplied: (desk.send_reply,),
    federation_events.LinkProven: (notes.confirm_proof,),
    federation_events.LinkConfirmed: (notes.confirm_link,),
    federation_events.CodeSent: (notes.send_code,),
    federation_events.ActorChanged: (profile.announce_actor,),
    federation_events.ActorRemoved: (relations.announce_removal,),
}

TIMERS: Mapping[str, Timer] = {
    motion.CLOSE_TIMER: motion.close,
    after_count.EFFECTIVE_TIMER: after_count.take_effect,
    after_count.REVIEW_TIMER: after_count.review_due,
    drafting.LAPSE_TIMER: proposal_steps.lapse,
    drafting.FREEZE_TIMER: proposal_steps.end_discussion,
    drafting.OPEN_VOTE_TIMER: proposal_steps.open_due,
    drafting.WITHDRAW_TIMER: proposal_steps.end_withdrawal,
    amendment_votes.SETTLE_TIMER: amendment_votes.settle,
    decisions.REFRESH_TIMER: decisions.refresh,
    refusals.ANSWER_TIMER: refusals.answer,
    sortitions.SILENCE_TIMER: sortitions.silence,
    peers.LAST_WORDS_TIMER: peers.say_last_words,
    outages.TELL_TIMER: outages.tell_members,
    visits.LOOK_TIMER: visits.look_after_outage,
    upkeep.PURGE_TIMER: upkeep.purge,
    delegations.KEEP_UP_TIMER: delegations.keep_up,
}

LONG_TIMERS: Mapping[str, LongTimer] = {
    motion.OPEN_TIMER: opening.open_motion,
    motion.COUNT_TIMER: counting.count_motion,
}
