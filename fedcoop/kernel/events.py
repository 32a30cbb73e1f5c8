"""The base of domain events: facts in the past tense, with ids and small values only (architecture.md 5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that happened in one unit of work; `wiring.REACTIONS` names who reacts."""
