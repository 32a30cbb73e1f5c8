"""What a tally means under the rules: an outcome code with reasons, requirement by requirement (governance.md 1, 6, 7)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class OutcomeCode(StrEnum):
    """The codes of governance.md 1, the same in code and on the wire."""

    CARRIED = "carried"
    NOT_CARRIED = "not_carried"
    INQUORATE = "inquorate"
    TIED = "tied"
    ELECTED = "elected"
    FUNDED = "funded"
    NO_RESULT = "no_result"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition with its arithmetic in words: `name` is kebab-case, `have`/`need` exact integers, `work` a sentence."""

    name: str
    title: str
    met: bool
    have: int
    need: int
    work: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tally means; `winners` holds option keys where options are chosen (approval)."""

    code: OutcomeCode
    requirements: tuple[Requirement, ...]
    winners: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as a JSON value: `code`, `requirements`, `winners`, `notes`."""
    return {
        "code": outcome.code.value,
        "requirements": [asdict(item) for item in outcome.requirements],
        "winners": list(outcome.winners),
        "notes": list(outcome.notes),
    }


def outcome_from_json(value: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a JSON value made by `outcome_to_json`."""
    return Outcome(
        code=OutcomeCode(value["code"]),
        requirements=tuple(Requirement(**item) for item in value["requirements"]),
        winners=tuple(value["winners"]),
        notes=tuple(value["notes"]),
    )
