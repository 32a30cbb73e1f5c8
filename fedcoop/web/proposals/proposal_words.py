"""The fixed words of proposals and amendments, and what happened to a proposal and happens next (design.md 5, 7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fedcoop.governance.motions.method import plural
from fedcoop.governance.motions.motion import MotionState
from fedcoop.governance.proposals.amendments import AmendmentState
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.dates import moment
from fedcoop.queries.proposals.proposal import ProposalView
from fedcoop.web.frame.words import Sign
from fedcoop.web.motions.steps import Step

S = ProposalState
PHASES = {
    "admission": Sign("Sponsors sought", "people", "care"),
    "discussion": Sign("Discussion", "talk"),
    "frozen": Sign("Text fixed", "lock"),
    "voting": Sign("Voting", "hand"),
    "closed": Sign("Vote closed", "hourglass"),
    "decided": Sign("Decided", "seal", "done"),
    "in_force": Sign("In force", "seal", "done"),
    "review_due": Sign("Review due", "clock", "care"),
    "withdrawn": Sign("Withdrawn", "undo", "line"),
    "lapsed": Sign("Lapsed", "hourglass", "line"),
    "rejected": Sign("Not carried", "dash", "abstain"),
    "annulled": Sign("Annulled", "stop", "stop"),
    "superseded": Sign("Superseded", "next", "line"),
    "repealed": Sign("Repealed", "undo", "line"),
    "draft": Sign("Draft", "edit"),
}
AMENDMENTS = {
    AmendmentState.OPEN: Sign("open", "edit"),
    AmendmentState.SUPPORTED: Sign("will be voted on", "hand"),
    AmendmentState.STALE: Sign("stale: its paragraph changed", "alert", "care"),
    AmendmentState.VOTING: Sign("being voted on", "hand", "care"),
    AmendmentState.CONFLICTING: Sign("choice between wordings", "scale", "care"),
    AmendmentState.CARRIED: Sign("carried", "check", "done"),
    AmendmentState.ACCEPTED: Sign("in the text", "check", "done"),
    AmendmentState.DECLINED: Sign("not taken by the authors", "dash", "abstain"),
    AmendmentState.NOT_CARRIED: Sign("not carried", "dash", "abstain"),
    AmendmentState.WITHDRAWN: Sign("withdrawn", "undo", "line"),
    AmendmentState.LAPSED: Sign("lapsed", "hourglass", "line"),
}
OPERATIONS = {
    "replace": "Change this paragraph",
    "insert_after": "Add something after it",
    "delete": "Leave it out",
}
STEPS: Mapping[str, Mapping[str, Any]] = {
    "freeze": {
        "title": "Fix the text",
        "told": (
            "The text stands as it is now. Nobody can change it any more.",
            "Members get notice of the dates, and the vote opens after the notice by itself.",
            "This cannot be undone; amendments that found too few sponsors lapse.",
        ),
        "verb": "Fix the text",
        "keep": "Go on discussing",
    },
    "open": {
        "title": "Open the vote now",
        "told": (
            "Everybody on the roll can vote from now on.",
            "Text, rule and roll are fixed. This cannot be undone.",
        ),
        "verb": "Open the vote",
        "keep": "Wait",
    },
    "withdraw": {
        "title": "Withdraw this proposal",
        "told": (
            "It ends without a vote, and stays readable.",
            "If members stand behind it, each of them can adopt it within three days; then it goes on with them.",
        ),
        "verb": "Withdraw it",
        "keep": "Keep it",
        "danger": True,
    },
    "discard": {
        "title": "Discard this draft",
        "told": ("Only you can see it. It is put away and cannot be opened again.",),
        "verb": "Discard it",
        "keep": "Keep it",
        "danger": True,
    },
    "amendment-votes": {
        "title": "Vote on the amendments",
        "told": (
            "Each amendment with enough sponsors is put to a vote of its own, one after another, before the main vote.",
            "Until they are decided the text stands still and no more amendments come in.",
        ),
        "verb": "Open the first vote",
        "keep": "Not yet",
    },
}


def phase_of(view: ProposalView) -> Sign:
    """Return word, icon and tone of the proposal's state."""
    return PHASES[view.proposal.state.value]


def steps_of(view: ProposalView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    """Return what happened so far, where it stands, and what comes with its dates."""
    plan, state = view.plan, view.proposal.state
    found: list[Step] = []
    if plan.submitted_at is not None:
        found.append(Step("past", f"Published {moment(plan.submitted_at, zone, now)}"))
    if state is S.ADMISSION and plan.admission_ends_at is not None:
        until = moment(plan.admission_ends_at, zone, now)
        missing = plural(max(0, view.needed - view.sponsor_number), "more is", "more are")
        found.append(Step("now", f"Sponsors are sought until {until}", f"{missing} needed; without them it lapses"))
        found.append(Step("", "Discussion, 3 days or more"))
    elif plan.seeks_sponsors and state not in (S.DRAFT, S.LAPSED):
        found.append(Step("past", f"{plural(view.sponsor_number, 'member stands', 'members stand')} behind it"))
    found += _discussion(view, zone, now)
    found += _vote(view, zone, now)
    if plan.withdrawal_at is not None and state in (S.ADMISSION, S.DISCUSSION, S.FROZEN):
        until = moment(plan.withdrawal_at, zone, now)
        found.append(Step("now", f"Being withdrawn on {until}", "Unless a sponsor adopts it before"))
    if state in (S.WITHDRAWN, S.LAPSED, S.ANNULLED):
        found.append(Step("past", PHASES[state.value].word))
    return tuple(found)


def _discussion(view: ProposalView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    plan, state = view.plan, view.proposal.state
    if not plan.discusses:
        return ()
    if state is S.DISCUSSION and plan.discussion_ends_at is not None:
        until = moment(plan.discussion_ends_at, zone, now, long=True)
        days = plan.notice.days
        notice = f"Notice, {plural(days, 'day', 'days')}" if days else "The text is fixed"
        return (
            Step("now", f"Discussion until {until}", "The authors can still change the text"),
            Step("", "Amendments with enough sponsors are voted on"),
            Step("", notice, "From then on nobody can change the text"),
            Step("", f"Voting, {plural(max(1, plan.lasts.days), 'day', 'days')}"),
        )
    if plan.frozen_at is not None:
        return (Step("past", f"Text fixed {moment(plan.frozen_at, zone, now)}", f"Version {view.proposal.version}"),)
    return ()


def _vote(view: ProposalView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    plan, state = view.plan, view.proposal.state
    motion = view.motions[-1] if view.motions else None
    if (
        state is S.FROZEN
        and plan.opens_at is not None
        and (motion is None or motion.state is not MotionState.SCHEDULED)
    ):
        closes = f"Voting until {moment(plan.closes_at, zone, now)}" if plan.closes_at else "Voting"
        return (Step("now", f"The vote opens {moment(plan.opens_at, zone, now, long=True)}"), Step("", closes))
    if motion is None or state in (S.DISCUSSION, S.ADMISSION, S.WITHDRAWN, S.LAPSED):
        return ()
    if motion.state is MotionState.SCHEDULED:
        return (Step("now", f"The vote opens {moment(motion.opens_at, zone, now, long=True)}"),)
    if motion.state is MotionState.OPEN:
        return (Step("now", f"Voting until {moment(motion.closes_at, zone, now, long=True)}"),)
    return (Step("past", f"Voted on until {moment(motion.closes_at, zone, now)}"), Step("now", phase_of(view).word))
