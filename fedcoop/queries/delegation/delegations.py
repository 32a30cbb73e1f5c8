"""Who speaks for whom, as pages show it: a member's own delegations, and one motion's for its reader (governance.md 8)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedcoop.governance.delegation.concentration import Concentration, concentration
from fedcoop.governance.delegation.delegation_rule import DelegationMode, DelegationRule, ProxyNaming
from fedcoop.governance.delegation.mandates import Delegation, PassedVote, Scope
from fedcoop.governance.delegation.representation import Why, cap_of, resolve
from fedcoop.governance.members.member import VOTING, Member
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.visibility import Viewer, may_see_ballots, may_see_delegate, shown_until
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, whole_number
from fedcoop.queries.people import Person, people
from fedcoop.storage.delegation.delegations import Speaking
from fedcoop.storage.unit_of_work import UnitOfWork

MOST_NAMES = 300
DELEGATES_SHOWN = 100
HISTORY_SHOWN = 30
CHAIN_SHOWN = 10
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MyDelegate:
    """Who speaks for the reader here: the chain up to the last one, and what that one voted as soon as they did.

    `why` is empty where the reader is represented, `voted` that they voted themselves, else a key of why not.
    """

    chain: tuple[Person, ...]
    why: str
    choice: Choice | None
    instruction: str
    standing: bool
    cast_for_me: bool


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whom the reader is to vote for by proxy. `state` is `yours`, `waiting`, `cast` (by the reader) or `voted`."""

    person: Person
    number: int
    instruction: str
    state: str
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class DelegateLine:
    """One who voted for others too: how many members that ballot speaks for, themselves among them."""

    person: Person
    weight: int


@dataclass(frozen=True, slots=True)
class MotionDelegation:
    """Votes passed on in one motion, for one reader.

    `speaks_for` are those whom the reader's ballot counts for, by name where their grant may be seen, `unnamed` the
    number of the others. `delegates` and `concentration` are None while who voted is hidden; `missing` counts who is not
    represented by why.
    """

    mode: str
    cap: int
    can_name: bool
    can_take_back: bool
    mine: MyDelegate | None
    speaks_for: tuple[Person, ...]
    unnamed: int
    principals: tuple[Principal, ...]
    delegates: tuple[DelegateLine, ...] | None
    represented: int
    missing: Mapping[str, int]
    concentration: Concentration | None
    names: tuple[str, ...]


def motion_delegation(
    uow: UnitOfWork, motion: Motion, member: Member | None, *, has_voted: bool
) -> MotionDelegation | None:
    """Return what of passed-on votes this reader may see; None where everybody votes for themselves."""
    rule = motion.settings.delegation
    if not rule.is_on:
        return None
    found = uow.totals.speaking(motion, received_by=shown_until(motion, uow.now))
    sight = Viewer.wire() if member is None else Viewer.member(has_voted=has_voted)
    shown = may_see_ballots(motion, sight, uow.now)
    running = motion.state is MotionState.SCHEDULED or (
        motion.state is MotionState.OPEN and uow.now <= motion.closes_at
    )
    can_name = member is not None and running and _naming_runs(motion, rule)
    mine, speaks_for, unnamed = _mine(uow, motion, member, found)
    return MotionDelegation(
        mode=rule.mode.value,
        cap=cap_of(rule, motion.eligible),
        can_name=can_name and not has_voted,
        can_take_back=running,
        mine=mine,
        speaks_for=speaks_for,
        unnamed=unnamed,
        principals=_principals(uow, motion, member, found),
        delegates=_delegates(uow, found) if shown else None,
        represented=len(found.represented.speaker),
        missing=Counter(why.value for why in found.represented.missing.values()),
        concentration=concentration_of(found, motion.eligible) if shown else None,
        names=name_list(uow, but=member) if can_name else (),
    )


def _delegates(uow: UnitOfWork, found: Speaking) -> tuple[DelegateLine, ...]:
    """Return who votes for the most, at most 100."""
    weights = [
        (weight, found.members[voter])
        for voter, weight in found.represented.weights().items()
        if voter in found.members
    ]
    most = sorted(weights, key=lambda item: (-item[0], item[1]))[:DELEGATES_SHOWN]
    named = people(uow, [member_id for _, member_id in most])
    lines = [DelegateLine(named[member_id], weight) for weight, member_id in most]
    return tuple(sorted(lines, key=lambda line: (-line.weight, line.person.name.casefold())))


def concentration_of(found: Speaking, eligible: int) -> Concentration | None:
    """Return how concentrated the votes are: over those who voted, each with the members they spoke for (17)."""
    weights = found.represented.weights()
    return concentration([weights.get(voter, 1) for voter in found.choices], eligible)


def _naming_runs(motion: Motion, rule: DelegationRule) -> bool:
    if motion.state is MotionState.SCHEDULED:
        return True
    return rule.mode is DelegationMode.PROXY and rule.naming is ProxyNaming.FIRST_BALLOT


def _mine(
    uow: UnitOfWork, motion: Motion, member: Member | None, found: Speaking
) -> tuple[MyDelegate | None, tuple[Person, ...], int]:
    if member is None:
        return None, (), 0
    mine = _delegate_of(uow, motion, member, found)
    voter = found.voters.get(member.id)
    if voter is None:
        return mine, (), 0
    for_me = _for_me(uow, motion, voter, found)
    given = {vote.delegator_id for vote in uow.delegations.votes_to(motion.id, member.id) if not vote.hidden}
    seen = [giver for giver in for_me if giver in given]
    shown = people(uow, seen).values()
    return mine, tuple(sorted(shown, key=lambda person: person.name.casefold())), len(for_me) - len(seen)


def _for_me(uow: UnitOfWork, motion: Motion, voter: str, found: Speaking) -> list[MemberId]:
    """Return whom this voter's ballot speaks for, or would if they voted."""
    represented = found.represented
    if voter not in found.choices:
        grants = uow.delegations.grants(motion.id, uow.delegations.voters(motion.id))
        rule, eligible = motion.settings.delegation, uow.delegations.eligible(motion.id)
        represented = resolve(rule, eligible, {*found.choices, voter}, grants)
    return [found.members[giver] for giver, speaker in represented.speaker.items() if speaker == voter]


def _delegate_of(uow: UnitOfWork, motion: Motion, member: Member, found: Speaking) -> MyDelegate | None:
    vote = uow.delegations.vote_of(motion.id, member.id)
    if vote is None:
        return None
    voter = found.voters.get(member.id, "")
    chain = [found.members[step] for step in found.represented.chain(voter)][:CHAIN_SHOWN] or [vote.delegate_id]
    named = people(uow, chain)
    speaker = found.represented.speaker.get(voter)
    choice = found.choices.get(speaker) if speaker is not None and may_see_delegate(motion) else None
    return MyDelegate(
        chain=tuple(named[step] for step in chain),
        why=_why(motion, vote, voter, found),
        choice=choice,
        instruction=vote.instruction,
        standing=vote.delegation_id is not None,
        cast_for_me=voter in found.choices and _cast_by_holder(uow, vote),
    )


def _why(motion: Motion, vote: PassedVote, voter: str, found: Speaking) -> str:
    if motion.state is MotionState.SCHEDULED:
        return "scheduled"
    if voter in found.choices:
        return "voted"
    if voter not in found.represented.speaker:
        return found.represented.missing.get(voter, Why.OFF_ROLL).value
    return ""


def _cast_by_holder(uow: UnitOfWork, vote: PassedVote) -> bool:
    ballot = uow.motions.ballot_of(vote.motion_id, vote.delegator_id)
    return ballot is not None and ballot.id == vote.ballot_id


def _principals(uow: UnitOfWork, motion: Motion, member: Member | None, found: Speaking) -> tuple[Principal, ...]:
    if member is None or motion.settings.delegation.mode is not DelegationMode.PROXY:
        return ()
    votes = uow.delegations.votes_to(motion.id, member.id)
    named, members = people(uow, [v.delegator_id for v in votes]), uow.members.many([v.delegator_id for v in votes])
    return tuple(
        Principal(
            person=named[vote.delegator_id],
            number=members[vote.delegator_id].number,
            instruction=vote.instruction,
            state=_state(uow, vote, found),
            choice=_own_choice(uow, vote, found),
        )
        for vote in votes
    )


def _state(uow: UnitOfWork, vote: PassedVote, found: Speaking) -> str:
    if found.voters.get(vote.delegator_id, "") in found.choices:
        return "cast" if _cast_by_holder(uow, vote) else "voted"
    return "waiting" if vote.instructed else "yours"


def _own_choice(uow: UnitOfWork, vote: PassedVote, found: Speaking) -> Choice | None:
    """Return what the holder cast for the principal; a vote of the principal's own is no business of theirs here."""
    return found.choices.get(found.voters.get(vote.delegator_id, "")) if _cast_by_holder(uow, vote) else None


def principal_of(uow: UnitOfWork, *, motion: Motion, holder: Member, number: int) -> tuple[Principal, MemberId]:
    """Return the principal with this member number whom the holder votes for. Raises NotFound (`delegation-unknown`)."""
    found = uow.delegations.speaking(motion)
    for line in _principals(uow, motion, holder, found):
        if line.number == number:
            member = next(m for m in uow.delegations.votes_to(motion.id, holder.id) if _number(uow, m) == number)
            return line, member.delegator_id
    raise NotFound("delegation-unknown", "You do not vote for this member here.")


def _number(uow: UnitOfWork, vote: PassedVote) -> int:
    return uow.members.get(vote.delegator_id).number


# --- a member's own ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One delegation as its member sees it; `of` names the topic or the vote, `running` counts the votes it serves now."""

    id: int
    person: Person
    scope: str
    of: str
    since: datetime
    until: datetime
    hidden: bool
    ends_soon: bool
    running: int
    ended_at: datetime | None
    ended_why: str


@dataclass(frozen=True, slots=True)
class RunningLine:
    """A proxy of the member's, or for them, in a vote that is open or comes."""

    title: str
    uuid: str
    person: Person
    instructed: bool


@dataclass(frozen=True, slots=True)
class DelegationsView:
    """Everything a member delegates and is delegated."""

    mine: tuple[GrantLine, ...]
    proxies: tuple[RunningLine, ...]
    for_me: tuple[GrantLine, ...]
    hidden_for_me: int
    proxies_for_me: tuple[RunningLine, ...]
    history: tuple[GrantLine, ...]
    topics: tuple[str, ...]
    coming: tuple[tuple[str, str], ...]
    names: tuple[str, ...]


def delegations_view(uow: UnitOfWork, *, member: Member) -> DelegationsView:
    """Return who speaks for the member, whom they speak for unless hidden, and what was."""
    own, to_me = uow.delegations.of(member.id), uow.delegations.to(member.id)
    named = people(uow, {item.delegate_id for item in own} | {item.delegator_id for item in to_me})
    standing = [item for item in own if item.in_force(uow.now)]
    over = [item for item in own if not item.in_force(uow.now)]
    in_force = [item for item in to_me if item.in_force(uow.now)]
    running = [vote for vote in uow.delegations.running_of(member.id) if vote.delegation_id is None]
    coming = uow.motions.listing([MotionState.SCHEDULED], limit=50)
    liquid = [motion for motion in coming if motion.settings.delegation.mode is DelegationMode.LIQUID]
    return DelegationsView(
        mine=_lines(uow, standing, named, mine=True),
        proxies=_running(uow, [vote for vote in running if vote.delegator_id == member.id], mine=True),
        for_me=_lines(uow, [item for item in in_force if not item.hidden], named, mine=False),
        hidden_for_me=sum(item.hidden for item in in_force),
        proxies_for_me=_running(uow, [vote for vote in running if vote.delegate_id == member.id], mine=False),
        history=_lines(uow, over[:HISTORY_SHOWN], named, mine=True),
        topics=tuple(_topics(uow)),
        coming=tuple((motion.uuid, motion.title) for motion in liquid),
        names=name_list(uow, but=member),
    )


def _lines(
    uow: UnitOfWork, items: Sequence[Delegation], named: Mapping[MemberId, Person], *, mine: bool
) -> tuple[GrantLine, ...]:
    return tuple(
        GrantLine(
            id=item.id,
            person=named[item.delegate_id if mine else item.delegator_id],
            scope=item.scope.value,
            of=_of(uow, item),
            since=item.granted_at,
            until=item.expires_at,
            hidden=item.hidden,
            ends_soon=item.expires_at - uow.now <= SOON,
            running=len(uow.delegations.running_of_delegation(item.id)) if mine and item.ended_at is None else 0,
            ended_at=item.ended_at or (item.expires_at if item.expires_at <= uow.now else None),
            ended_why=item.ended_why or "expired",
        )
        for item in items
    )


def _of(uow: UnitOfWork, item: Delegation) -> str:
    if item.scope is Scope.POLL and item.motion_id is not None:
        return uow.motions.get(item.motion_id).title
    return item.topic


def _running(uow: UnitOfWork, votes: Iterable[PassedVote], *, mine: bool) -> tuple[RunningLine, ...]:
    listed = list(votes)
    named = people(uow, {vote.delegate_id if mine else vote.delegator_id for vote in listed})
    motions = {vote.motion_id: uow.motions.get(vote.motion_id) for vote in listed}
    return tuple(
        RunningLine(
            motions[vote.motion_id].title,
            motions[vote.motion_id].uuid,
            named[vote.delegate_id if mine else vote.delegator_id],
            vote.instructed,
        )
        for vote in listed
    )


def _topics(uow: UnitOfWork) -> list[str]:
    motions = uow.motions.listing([MotionState.SCHEDULED, MotionState.OPEN, MotionState.DECIDED], limit=200)
    used = {motion.settings.delegation.topic for motion in motions if motion.settings.delegation.topic}
    return sorted({*used, *uow.delegations.topics()})


def grant_line(uow: UnitOfWork, *, member: Member, delegation_id: int) -> GrantLine:
    """Return one of the member's delegations that is not over. Raises NotFound (`delegation-unknown`)."""
    item = uow.delegations.get(delegation_id)
    if item.delegator_id != member.id or item.ended_at is not None:
        raise NotFound("delegation-unknown", "There is no such delegation of yours.")
    return _lines(uow, [item], people(uow, [item.delegate_id]), mine=True)[0]


# --- names typed ------------------------------------------------------------------------------------------------


def name_list(uow: UnitOfWork, *, but: Member | None) -> tuple[str, ...]:
    """Return the members who can be chosen, as `Lou Marin (M0004)`, by name; 300 of them where there are more."""
    found = uow.members.page(VOTING, words="", after=0, limit=MOST_NAMES + 1)
    shown = [f"{member.display_name} (M{member.number:04d})" for member in found if member != but]
    return tuple(sorted(shown[:MOST_NAMES], key=str.casefold))


def member_typed(uow: UnitOfWork, *, text: str) -> Member:
    """Return the member of `Lou Marin (M0004)`, `M0004`, or a name that only one has. Raises NotFound (`member-unknown`)."""
    typed = " ".join(text.split()).casefold()
    number = typed.rpartition("(m")[2].removesuffix(")") if typed.endswith(")") else typed.removeprefix("m")
    found = uow.members.called(" ".join(text.split()), whole_number(number))
    if len(found) > 1:
        raise NotFound("member-unknown", "More than one member has this name. Write the number too, such as M0004.")
    if not found:
        raise NotFound("member-unknown", "There is no member of this name. Choose one from the list.")
    return found[0]
