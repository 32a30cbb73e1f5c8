"""Secrets of the public lot: scrutineers commit before the opening and reveal after the close (governance.md 10.2)."""

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.timers import COUNT_TIMER
from fedcoop.governance.motions.motion import Motion, Settings
from fedcoop.governance.proof import public_lots
from fedcoop.governance.proof.public_lots import Secret
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.errors import MotionRefused, NotFound
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork


def check_scrutineers(uow: UnitOfWork, settings: Settings) -> None:
    """Raise MotionRefused (`scrutineers`) unless there are none or at least two, all of them members."""
    named = settings.scrutineers
    if named and len(named) < public_lots.FEWEST:
        raise MotionRefused("scrutineers", "Name at least two scrutineers: of one alone the lot would be known.")
    for name in named:
        member = uow.members.find_by_name(name)
        if member is None or not member.may_vote:
            raise MotionRefused("scrutineers", f"There is no member with a vote named {name}.")


@in_name_of("by")
def commit(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, commitment: str) -> Secret:
    """The scrutineer has committed to a secret; until the opening another may take its place.

    Raises MotionRefused (`lot-not-scrutineer`, `lot-late`, `lot-form`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    secret = Secret(uow.members.get(by).name, commitment.strip().lower())
    public_lots.check_commit(motion, secret.by, secret.commit)
    uow.lots.commit(motion.id, secret, uow.now)
    uow.audit("lot-committed", who=f"member:{by}", subject=motion.url, details={"commit": secret.commit})
    return secret


@in_name_of("by")
def promise(uow: UnitOfWork, *, by: MemberId, uuid: str, commitment: str) -> Secret:
    """The scrutineer has committed to a secret for the vote that a proposal comes to; its opening takes it over.

    Raises NotFound, or MotionRefused (`lot-not-scrutineer`, `lot-late`, `lot-form`).
    """
    proposal = uow.proposals.find(uuid)
    if proposal is None or proposal.state is ProposalState.DRAFT:
        raise NotFound("proposal-unknown", "There is no such proposal.")
    plan = uow.proposals.plan(proposal.id)
    named = public_lots.scrutineers_in(plan.settings if plan is not None else {})
    secret = Secret(uow.members.get(by).name, commitment.strip().lower())
    public_lots.check_promise(named, secret.by, secret.commit, opened=proposal.state not in public_lots.BEFORE_VOTE)
    uow.lots.promise(proposal.id, secret, uow.now)
    uow.audit("lot-committed", who=f"member:{by}", subject=proposal.uuid, details={"commit": secret.commit})
    return secret


def _take_promises(uow: UnitOfWork, motion: Motion) -> None:
    """What was committed to while the proposal was discussed belongs to this motion, and to no other any more."""
    have = {secret.by for secret in uow.lots.of(motion.id)}
    for secret, at in uow.lots.promises(motion.proposal_id):
        if secret.by in motion.settings.scrutineers:
            uow.lots.drop_promise(motion.proposal_id, secret.by)
            if secret.by not in have:
                uow.lots.commit(motion.id, secret, at)


def log_commits(uow: UnitOfWork, motion: Motion) -> None:
    """The log of a motion that has just opened holds every commitment, right after the opening."""
    _take_promises(uow, motion)
    for secret in uow.lots.of(motion.id):
        uow.motions.append_log(motion.id, motion.url, secret.entries()[0])


@in_name_of("by")
def reveal(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, value: str) -> Secret:
    """The scrutineer's secret is public; with the last one a waiting count goes on. Told twice, nothing changes.

    Raises MotionRefused (`lot-not-scrutineer`, `lot-early`, `lot-late`, `lot-mismatch`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    secrets, name = uow.lots.of(motion.id), uow.members.get(by).name
    secret = public_lots.check_reveal(motion, name, value.strip(), secrets, uow.now)
    if secret in secrets:
        return secret
    uow.lots.reveal(motion.id, secret, uow.now)
    entry = public_lots.timed(secret.entries()[1], uow.now)
    uow.motions.append_log(motion.id, motion.url, entry)
    uow.audit("lot-revealed", who=f"member:{by}", subject=motion.url)
    if not public_lots.outstanding(uow.lots.of(motion.id)):
        uow.queues.move_timer(COUNT_TIMER, str(motion.id), uow.now)
        uow.wake("timers")
    return secret


def await_reveals(uow: UnitOfWork, motion: Motion) -> None:
    """The count of this motion waits for the secrets still outstanding; none are, or time is up: it goes on at once."""
    waits = public_lots.may_wait(motion, uow.lots.of(motion.id), uow.now)
    uow.lots.mark_awaited(motion.id)
    uow.queues.move_timer(COUNT_TIMER, str(motion.id), public_lots.reveals_due(motion) if waits else uow.now)
    uow.wake("timers")
