"""The public lot of a motion as a reader sees it: who made it with which commitment, what is still awaited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.proof import public_lots
from fedcoop.governance.proof.public_lots import Secret
from fedcoop.governance.proposals.proposal import Proposal
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ScrutineerLine:
    """One scrutineer: the name as others see it, and the secret as far as it is known; `commit` is empty before."""

    name: str
    display_name: str
    commit: str
    value: str


@dataclass(frozen=True, slots=True)
class LotView:
    """The lot of one motion. `step` is what this reader may do now: `commit`, `reveal`, or nothing."""

    motion: Motion
    lines: tuple[ScrutineerLine, ...]
    awaited: bool
    reveals_due: datetime
    step: str


def lot_view(uow: UnitOfWork, *, uuid: str, member: Member | None) -> LotView:
    """Return the lot of a motion that has scrutineers. Raises NotFound."""
    motion = uow.motions.find_by_uuid(uuid)
    if motion is None or not motion.settings.scrutineers:
        raise NotFound("lot-unknown", "This proposal has no scrutineers of a lot.")
    secrets = uow.lots.of(motion.id)
    return LotView(
        motion=motion,
        lines=tuple(_line(uow, name, secrets) for name in motion.settings.scrutineers),
        awaited=awaits_lot(uow, motion),
        reveals_due=public_lots.reveals_due(motion),
        step=_step(motion, secrets, member, uow.now),
    )


@dataclass(frozen=True, slots=True)
class PromiseView:
    """The lot of a vote that is still to come; `may_commit` says that this reader is to make it."""

    proposal: Proposal
    lines: tuple[ScrutineerLine, ...]
    may_commit: bool


def promise_view(uow: UnitOfWork, *, uuid: str, member: Member | None) -> PromiseView:
    """Return who makes the lot of the vote that a proposal comes to. Raises NotFound."""
    proposal = uow.proposals.find(uuid)
    plan = uow.proposals.plan(proposal.id) if proposal is not None else None
    named = public_lots.scrutineers_in(plan.settings) if plan is not None else ()
    if proposal is None or not named or proposal.state not in public_lots.BEFORE_VOTE:
        raise NotFound("lot-unknown", "This proposal has no scrutineers of a lot.")
    secrets = [secret for secret, _ in uow.lots.promises(proposal.id)]
    mine = member is not None and member.name in named
    return PromiseView(proposal, tuple(_line(uow, name, secrets) for name in named), mine)


def awaits_lot(uow: UnitOfWork, motion: Motion) -> bool:
    """Return whether the result waits for secrets of scrutineers."""
    return (
        bool(motion.settings.scrutineers)
        and motion.state is MotionState.CLOSED
        and uow.lots.is_awaited(motion.id)
        and public_lots.may_wait(motion, uow.lots.of(motion.id), uow.now)
    )


def _line(uow: UnitOfWork, name: str, secrets: Sequence[Secret]) -> ScrutineerLine:
    member = uow.members.find_by_name(name)
    own = next((secret for secret in secrets if secret.by == name), Secret(name, ""))
    return ScrutineerLine(name, member.display_name if member else name, own.commit, own.value)


def _step(motion: Motion, secrets: Sequence[Secret], member: Member | None, now: datetime) -> str:
    if member is None or member.name not in motion.settings.scrutineers:
        return ""
    if motion.state is MotionState.SCHEDULED:
        return "commit"
    open_ = motion.state is MotionState.CLOSED and now <= public_lots.reveals_due(motion)
    return "reveal" if open_ and member.name in public_lots.outstanding(secrets) else ""
