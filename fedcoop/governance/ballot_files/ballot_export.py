"""The ballots of a recount file as a ballot file, for programs that know no other form (governance.md 7.11)."""

from collections.abc import Mapping
from typing import Any

from fedcoop.governance.ballot_files.ballot_file import BallotFile
from fedcoop.governance.counting.tallying import piles_of, represent, represented_piles, row_of
from fedcoop.governance.delegation.representation import grant_of
from fedcoop.governance.motions.choices import choice_of
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.settings import settings_from_json
from fedcoop.governance.ranked.candidacy import counted_settings, left_since


def ballot_file_of(document: Mapping[str, Any]) -> BallotFile:
    """Return options, settings and ballots of a recount document: with weights and delegations, without voters."""
    rows = [row_of(line) for line in document["roll"]]
    choices = {ballot["voter"]: choice_of(ballot["choice"]) for ballot in document["ballots"]}
    settings = counted_settings(settings_from_json(document["settings"]), left_since(document["log"]))
    represented = represent(settings, rows, choices, [grant_of(item) for item in document["delegations"]])
    piles = piles_of(rows, choices) + represented_piles({row.voter: row for row in rows}, choices, represented)
    return BallotFile(
        title=document["title"],
        rule=document["method"],
        options=tuple(Option(**item) for item in document["options"]),
        piles=tuple(pile for pile in piles if pile.value),
        words={name: str(value) for name, value in settings.extra.items()},
    )
