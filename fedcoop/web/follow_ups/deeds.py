"""What each step around a vote does with what was sent, and the fields it asks for; the pages are `following`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedcoop.actions.follow_ups import (
    advising,
    consenting,
    errata,
    outcomes,
    petitions,
)
from fedcoop.governance.follow_ups.answers import ACCEPTED, WITHDRAWN
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.errors import Invalid
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.follow_ups.follow_ups import AfterView, Piece
from fedcoop.storage.unit_of_work import Units
from fedcoop.web.frame.forms import lines


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a step: `kind` is `line`, `text`, `time`, `checks` (of the vote's options) or `yes_no`."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    optional: bool = False
    missing: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stand:
    """The vote on which the step is taken, as this reader sees what stands around it."""

    motion: Motion
    view: AfterView
    member_id: MemberId


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, read by the kinds of its fields."""

    texts: Mapping[str, str]
    times: Mapping[str, datetime]
    lists: Mapping[str, tuple[str, ...]]


Act = Callable[[Units, Stand, Sent], Awaitable[Motion | None]]


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step: its question, what will happen, its button, its fields, and what it does.

    `act` returns the motion to go to, or None to go back to this one.
    """

    title: str
    verb: str
    keep: str
    told: tuple[str, ...]
    fields: Callable[[Stand], tuple[Field, ...]]
    act: Act
    danger: bool = False
    start: Callable[[Stand], dict[str, str]] = lambda _: {}


def reason_field(label: str = "Reason", *, optional: bool = False, hint: str = "All members can read it.") -> Field:
    """Return the field for a public reason."""
    return Field("reason", label, hint=hint, optional=optional, missing="Write why. Members will ask.")


CLOSES = Field("closes", "Voting until", "time")


# --- what each step does ----------------------------------------------------------------------------------------


async def sign(units: Units, stand: Stand, sent: Sent) -> None:
    """Sign the petition."""
    await units.write(
        petitions.sign_petition, by=stand.member_id, motion_id=stand.motion.id, reason=sent.texts["reason"]
    )


async def find_petition(units: Units, stand: Stand, sent: Sent) -> None:
    """Uphold or reject the petition."""
    await units.write(
        petitions.find_on_petition,
        by=stand.member_id,
        motion_id=stand.motion.id,
        upheld=sent.texts["answer"] == "yes",
        reason=sent.texts["reason"],
    )


async def call_again(units: Units, stand: Stand, sent: Sent) -> Motion:
    """Open the re-run, and go there."""
    again = petitions.Again(
        closes_at=sent.times["closes"],
        title=sent.texts["title"],
        body=sent.texts["body"],
        settings=pairs(sent.texts["settings"]),
    )
    return await units.write(petitions.rerun, by=stand.member_id, motion_id=stand.motion.id, again=again)


def pairs(text: str) -> dict[str, str]:
    """Return rules typed as `name = value`, one a line. Raises Invalid."""
    found = {}
    for line in lines(text):
        name, equals, value = line.partition("=")
        if not equals:
            raise Invalid("settings", f"Write rules as name = value; this is none: {line}.", field="settings")
        found[name.strip()] = value.strip()
    return found


async def add_erratum(units: Units, stand: Stand, sent: Sent) -> None:
    """Put the spelling fix beside the text."""
    await units.write(
        errata.add_erratum,
        by=stand.member_id,
        motion_id=stand.motion.id,
        was=sent.texts["was"],
        reads=sent.texts["reads"],
    )


async def state_outcome(units: Units, stand: Stand, sent: Sent) -> None:
    """State the outcome in words."""
    await units.write(
        outcomes.state_outcome,
        by=stand.member_id,
        motion_id=stand.motion.id,
        text=sent.texts["text"],
        options=sent.lists.get("options", ()),
    )


async def open_again(units: Units, stand: Stand, sent: Sent) -> None:
    """Take votes again."""
    await units.write(
        outcomes.reopen,
        by=stand.member_id,
        motion_id=stand.motion.id,
        closes_at=sent.times["closes"],
        reason=sent.texts["reason"],
    )


async def open_next_round(units: Units, stand: Stand, sent: Sent) -> Motion:
    """Open the next round, and go there."""
    new = consenting.NewVersion(
        body=sent.texts["body"],
        closes_at=sent.times["closes"],
        title=sent.texts["title"],
        note=sent.texts["note"],
        answers={piece.member_id: sent.texts[answer_name(piece)] for piece in unsettled(stand)},
    )
    return await units.write(consenting.next_round, by=stand.member_id, motion_id=stand.motion.id, new=new)


def answer_name(piece: Piece) -> str:
    """Return the name of the field for the answer to this objection."""
    return f"answer-{piece.number}"


def unsettled(stand: Stand) -> tuple[Piece, ...]:
    """Return the objections that the author still answers."""
    return tuple(piece for piece in stand.view.pieces if piece.settled != WITHDRAWN)


def round_fields(stand: Stand) -> tuple[Field, ...]:
    """Return text, title, date, and one field for each objection."""
    objections = tuple(
        Field(
            answer_name(piece),
            f"Your answer to {piece.person.name}",
            hint=f"“{piece.reason}” Say what you changed because of it.",
            missing="Answer each objection: what you changed, or why not.",
        )
        for piece in unsettled(stand)
    )
    return (
        Field("title", "Title", "line", missing="Give it a title."),
        Field(
            "body", "The next version", hint="Work the objections in. Everybody is shown what changed.", optional=True
        ),
        *objections,
        Field("note", "What changed, in a sentence", "line", optional=True),
        CLOSES,
    )


async def take_to_vote(units: Units, stand: Stand, sent: Sent) -> Motion:
    """Announce the fallback vote, and go there."""
    return await units.write(consenting.move_to_fallback, by=stand.member_id, motion_id=stand.motion.id)


async def leave_it(units: Units, stand: Stand, sent: Sent) -> None:
    """Leave it at the last round."""
    await units.write(consenting.give_up, by=stand.member_id, motion_id=stand.motion.id, reason=sent.texts["reason"])


async def settle_it(units: Units, stand: Stand, sent: Sent) -> None:
    """Accept the answer, or withdraw the objection."""
    settled = ACCEPTED if sent.texts["answer"] == "yes" else WITHDRAWN
    await units.write(consenting.settle_objection, by=stand.member_id, motion_id=stand.motion.id, settled=settled)


async def record_finding(units: Units, stand: Stand, sent: Sent) -> None:
    """Record what the panel found."""
    piece = chosen(stand, sent.texts["piece"])
    await units.write(
        consenting.record_finding,
        by=stand.member_id,
        motion_id=stand.motion.id,
        member_id=piece.member_id,
        finding=sent.texts["finding"],
    )


async def answer_piece(units: Units, stand: Stand, sent: Sent) -> None:
    """Answer one piece of advice."""
    piece = chosen(stand, sent.texts["piece"])
    await units.write(
        advising.answer_advice,
        by=stand.member_id,
        motion_id=stand.motion.id,
        member_id=piece.member_id,
        answer=sent.texts["text"],
    )


def chosen(stand: Stand, number: str) -> Piece:
    """Return the piece that was chosen. Raises Invalid."""
    found = next((piece for piece in stand.view.pieces if str(piece.number) == number), None)
    if found is None:
        raise Invalid("piece", "Choose whose words this is about.", field="piece")
    return found


def whose(stand: Stand) -> Field:
    """Return the field that asks whose words are meant."""
    choices = tuple((str(piece.number), f"{piece.person.name}: {piece.reason[:80]}") for piece in stand.view.pieces)
    return Field("piece", "Whose words", "select", choices=choices)


async def decide_it(units: Units, stand: Stand, sent: Sent) -> None:
    """Decide, under the decider’s name."""
    await units.write(
        advising.decide,
        by=stand.member_id,
        motion_id=stand.motion.id,
        carried=sent.texts["answer"] == "yes",
        text=sent.texts["text"],
    )


async def call_it_in(units: Units, stand: Stand, sent: Sent) -> Motion | None:
    """Call the decision in, and go to the vote of all if that was the last signature."""
    return await units.write(
        advising.call_in, by=stand.member_id, motion_id=stand.motion.id, reason=sent.texts["reason"]
    )


async def set_dates(units: Units, stand: Stand, sent: Sent) -> None:
    """Set the dates that were given."""
    by, proposal_id = stand.member_id, stand.motion.proposal_id
    if "effective" in sent.times:
        await units.write(outcomes.set_effective, by=by, proposal_id=proposal_id, at=sent.times["effective"])
    if "review" in sent.times:
        await units.write(outcomes.set_review, by=by, proposal_id=proposal_id, at=sent.times["review"])


async def replace_decision(units: Units, stand: Stand, sent: Sent) -> None:
    """Record which decision replaced this one."""
    await units.write(
        outcomes.end_by_number,
        by=stand.member_id,
        proposal_id=stand.motion.proposal_id,
        number=sent.texts["number"],
        repeals=sent.texts["answer"] == "repeal",
        reason=sent.texts["reason"],
    )
