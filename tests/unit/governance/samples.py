"""Motions, members and ballots to test rules with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from fedcoop.governance.delegation.representation import Grant
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.ballots import Ballot, Cast, RollEntry, accept
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import Tally
from fedcoop.governance.proof import logchain, recount
from fedcoop.governance.rolls import roll
from fedcoop.kernel.canonical import canonical_bytes, digest_of
from fedcoop.kernel.errors import BadSignature
from fedcoop.kernel.ids import ActorId, MemberId, MotionId, ProposalId

OPENS = datetime(2026, 3, 1, 9, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=7)
URL = "https://alder.example/motions/7"
BREADS = ("Rye", "Wheat", "Spelt")
_ids = count(1)


def members(number: int) -> list[Member]:
    return [
        Member(
            MemberId(n), n, f"m{n}", f"Member {n}", f"m{n}@example.org", "member", MemberStatus.FULL, False, OPENS, None
        )
        for n in range(1, number + 1)
    ]


def own_options(method: str) -> tuple[Option, ...]:
    """Three options of a method that brings none, as typed: some cost, some start at a time; words need none."""
    if METHODS[method].shape is Shape.WORDS:
        return ()
    form, starts = METHODS[method].form, ("2026-09-22T18:00Z/2h", "2026-09-23T12:00Z/2h", "2026-09-26T10:00Z")
    texts = starts if form == "dates" else [name + {"projects": ": 40"}.get(form, "") for name in BREADS]
    return tuple(METHODS[method].read_option(key, text, {}) for key, text in zip("abc", texts, strict=True))


def motion(
    method: str = "resolution", *, eligible: int = 12, options: tuple[Option, ...] = (), **settings: str
) -> Motion:
    chosen = METHODS[method]
    listed = options or chosen.default_options() or own_options(method)
    if "budget" in chosen.extra_keys():
        settings = {"budget": "100", **settings}
    rules = settings_of(chosen, settings, grace=timedelta(seconds=120))
    lifecycle.check_settings(method, listed, rules)
    secret = b"s" * 32
    entries = roll.freeze(MotionId(7), roll.RegisterAt(OPENS, members(eligible)), rules, secret)
    return Motion(
        id=MotionId(7),
        uuid="7",
        url=URL,
        proposal_id=ProposalId(1),
        title="Buy a second oven",
        body="From reserves.",
        method=method,
        options=listed,
        settings=rules,
        channels=frozenset({Channel.WEB, Channel.ACTIVITYPUB}),
        state=MotionState.OPEN,
        opens_at=OPENS,
        closes_at=CLOSES,
        first_closes_at=CLOSES,
        extensions=0,
        eligible=eligible,
        roll_hash=roll.roll_hash(roll.roll_lines(entries)),
        text_hash=lifecycle.text_hash(
            title="Buy a second oven", body="From reserves.", options=listed, method=method, settings=rules
        ),
        motion_digest="sha-256:00",
        poll_secret=secret,
        opened_by=MemberId(1),
        created_at=OPENS,
    )


def entries_of(motion: Motion) -> tuple[RollEntry, ...]:
    register = roll.RegisterAt(OPENS, members(motion.eligible))
    return roll.freeze(motion.id, register, motion.settings, motion.poll_secret)


def cast(*choice: str, **changes: Any) -> Cast:
    at = OPENS + timedelta(hours=1)
    base = Cast(choice=choice, reason="", channel=Channel.WEB, actor_id=None, cast_at=at, received_at=at)
    return replace(base, **changes)


def from_afar(*choice: str, actor: int = 5, **changes: Any) -> Cast:
    return cast(*choice, channel=Channel.ACTIVITYPUB, actor_id=ActorId(actor), **changes)


def ballot(motion: Motion, voter: RollEntry, cast: Cast, earlier: Ballot | None = None) -> Ballot:
    number = next(_ids)
    return accept(motion, voter, earlier, cast, ballot_id=number, nonce=f"{number:032x}")


def tally(eligible: int, **counts: int) -> Tally:
    return Tally(counts=counts, voted=sum(counts.values()), eligible=eligible)


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """What stands for the co-op's proof: a digest over all of it."""
    return {**document, "proof": digest_of({name: value for name, value in document.items() if name != "proof"})}


def verify(document: dict[str, Any]) -> None:
    if sealed(document) != document:
        raise BadSignature("proof-wrong")


def counted(motion: Motion, choices: list[Choice], grants: Sequence[Grant] = ()) -> recount.Counted:
    """The motion with one ballot a choice and votes passed on, closed and counted, under a seal."""
    roll_entries = entries_of(motion)
    reason = cast(reason="because")
    ballots = [
        ballot(motion, entry, replace(reason, choice=choice))
        for entry, choice in zip(roll_entries, choices, strict=False)
    ]
    log = [
        logchain.open_entry(motion),
        *([logchain.delegations_entry(grants)] if grants else []),
        *(logchain.ballot_entry(b) for b in ballots),
        logchain.close_entry(motion, len(ballots)),
    ]
    material = recount.Material(
        motion=motion,
        ballots=ballots,
        roll=roll.roll_lines(roll_entries),
        log=[canonical_bytes({"n": n, **entry}).decode() for n, entry in enumerate(log, start=1)],
    )
    return recount.count(material, sealed)
