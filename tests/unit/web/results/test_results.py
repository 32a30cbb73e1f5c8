"""Results in tables, charts and sentences: the worked profiles of governance.md 7.11 to 7.16 and 11.2."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Motion, MotionState, Option
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile, Tally, count_of, count_to_json
from fedcoop.governance.words.wording import outcome_sentence
from fedcoop.kernel.ids import MotionId, ProposalId
from fedcoop.web.results.journeys import journey
from fedcoop.web.results.result_parts import Section, Table
from fedcoop.web.results.results import Result, result_of
from fedcoop.web.results.verdicts import result_words

AT = datetime(2026, 5, 1, tzinfo=UTC)
PEOPLE = tuple(
    Option(key, name)
    for key, name in zip("ABCDE", ("Amara O", "Bilal H", "Chiara N", "Dafydd R", "Elif D"), strict=True)
)
PROFILE = {"ADEC": 17, "CB": 13, "BE": 14, "DECBA": 6, "AECB": 12, "DC": 17}
RANKED = [Pile(tuple(ranking), number) for ranking, number in PROFILE.items()]


def motion_of(method: str, options: tuple[Option, ...], extra: Mapping[str, Any]) -> Motion:
    settings = METHODS[method].defaults()
    settings = replace(settings, extra={**settings.extra, **extra})
    return Motion(
        id=MotionId(1), uuid="u", url="https://a.example/motions/u", proposal_id=ProposalId(1), title="A vote", body="",
        method=method, options=options, settings=settings, channels=frozenset(), state=MotionState.DECIDED, opens_at=AT,
        closes_at=AT, first_closes_at=AT, extensions=0, eligible=120, roll_hash="", text_hash="", motion_digest="",
        poll_secret=b"", opened_by=None, created_at=AT,
    )  # fmt: skip


def tallied(method: str, piles: list[Pile], options: tuple[Option, ...], **extra: Any) -> tuple[Motion, Tally]:
    """Return motion and tally as they come out of storage."""
    motion = motion_of(method, options, extra)
    tally = tally_motion(Ballots(method, options, motion.settings, Lot(b"x")), piles, {"": 120})
    return motion, replace(tally, count=count_of(count_to_json(tally.count)) if tally.count else None)


def result(motion: Motion, tally: Tally) -> Result:
    return result_of(motion, tally, lambda option: option.name)


def section(found: Result, id_: str) -> Section:
    return next(item for item in found.sections if item.id == id_)


def row(table: Table | None, name: str) -> list[str]:
    assert table is not None
    return next([cell.text for cell in item.cells] for item in table.rows if item.name == name)


def test_scottish_rounds_are_told_as_the_worked_example_has_them() -> None:
    motion, tally = tallied("stv_scottish", RANKED, PEOPLE, seats=2)
    found = result(motion, tally)
    assert [winner.name for winner in found.winners] == ["Amara O", "Bilal H"]
    assert found.winners[0].how == "Elected in round 1 with 29 first preferences; 27 were needed."
    assert found.winners[1].how == "Elected in round 4 with 27.82752 votes; 27 were needed."
    rounds = section(found, "rounds")
    assert rounds.table is not None
    assert rounds.table.heads == (
        "1. First preferences", "2. Surplus of Amara", "3. Elif excluded", "4. Chiara excluded", "Outcome",
    )  # fmt: skip
    assert row(rounds.table, "Dafydd R") == ["23", "24.17232", "24.17232", "24.17232", "Not elected"]
    assert row(rounds.table, "Chiara N") == ["13", "13", "13.82752", "–", "Out after round 3"]
    assert row(rounds.table, "Lost by cutting off") == ["0", "0.00016", "0.00016", "0.00016", ""]
    assert rounds.table.foot is not None
    assert [cell.text for cell in rounds.table.foot.cells] == ["79", "79", "79", "79", ""]
    assert rounds.after == ("The quota. 79 valid ballots, 2 seats: 79 ÷ (2 + 1) = 26.3, rounded down, plus 1 = 27.",)
    surplus = rounds.details[1]
    assert surplus.summary == "Round 2: Surplus of Amara"
    assert surplus.paragraphs[0] == (
        "Amara has 29, 2 more than needed. All these ballots move on at 0.06896 each: 1.17232 to Dafydd and 0.82752 to "
        "Elif. Amara keeps exactly 27. 0.00016 are lost by cutting off."
    )
    assert surplus.paragraphs[1] == "Nobody has enough. Elif has the fewest votes, 0.82752, and is excluded."


def test_the_chart_has_a_line_for_each_and_the_quota() -> None:
    motion, tally = tallied("stv_scottish", RANKED, PEOPLE, seats=2)
    chart = section(result(motion, tally), "moved").chart
    assert chart is not None
    assert len(chart.lines) == 5
    assert chart.left_out == 0
    assert chart.quota_label is not None
    assert chart.quota_label.text == "27 needed"
    assert {label.text for label in chart.labels} == {
        "Amara 27", "Bilal 27.83", "Dafydd 24.17", "Chiara 13.83, out", "Elif 0.83, out",
    }  # fmt: skip
    right = sorted(label.y for label in chart.labels if "out" not in label.text)
    assert all(second - first >= 16 for first, second in pairwise(right))
    assert "Bilal from 14 to 27.83" in chart.sentence


def test_meek_and_runoff_tell_what_they_ask_for() -> None:
    motion, tally = tallied("stv_meek", RANKED, PEOPLE, seats=2)
    found = result(motion, tally)
    assert [winner.name for winner in found.winners] == ["Amara O", "Dafydd R"]
    assert section(found, "rounds").after[0].startswith("The quota. Votes still counted ÷ (2 + 1), worked out anew")
    motion, tally = tallied("runoff", RANKED, PEOPLE)
    found = result(motion, tally)
    assert found.winners[0].how == "Elected in round 4 with 33 votes; 32 were needed."
    assert row(section(found, "rounds").table, "No further name") == ["0", "0", "0", "17", ""]


def test_pairs_are_a_matrix_with_its_wins_marked() -> None:
    for method in ("schulze", "ranked_pairs"):
        motion, tally = tallied(method, RANKED, PEOPLE)
        found = result(motion, tally)
        assert found.winners[0].name == "Dafydd R"
        assert found.winners[0].how == "Beats 3 of 4 other choices one against one."
        assert (
            section(found, "order").lead[0].startswith("1. Dafydd R; 2. Elif D; 3. Chiara N; 4. Bilal H; 5. Amara O.")
        )
        pairs = section(found, "pairs").table
        assert pairs is not None
        assert pairs.matrix
        assert row(pairs, "Dafydd R") == ["–", "40", "40", "40", "23"]
        marks = next([cell.mark for cell in item.cells] for item in pairs.rows if item.name == "Dafydd R")
        assert marks == ["quiet", "done", "done", "done", "quiet"]
    locks = section(found, "locks")
    assert sorted(locks.after) == [
        "Amara O over Dafydd R, 29 to 23: left out, since Dafydd R over Bilal H over Amara O counts already.",
        "Amara O over Elif D, 29 to 20: left out, since Elif D over Bilal H over Amara O counts already.",
    ]


SCORES = [
    {"X": 5, "Y": 3, "Z": 0}, {"X": 4, "Y": 3, "Z": 5}, {"X": 0, "Y": 4, "Z": 5}, {"X": 3, "Y": 3}, {"Y": 4},
    {"X": 5, "Z": 5}, {"X": 2, "Y": 3, "Z": 0},
]  # fmt: skip
XYZ = tuple(Option(key, key) for key in "XYZ")


def test_scores_have_sum_mean_median_and_raters() -> None:
    motion, tally = tallied("score", [Pile(Scores(given)) for given in SCORES], XYZ)
    table = section(result(motion, tally), "scores").table
    assert row(table, "Y") == ["20", "3.333", "3", "6"]
    assert row(table, "X") == ["19", "3.167", "3", "6"]
    assert row(table, "Z") == ["15", "3", "5", "5"]


def test_equal_shares_tell_what_is_bought_for_how_much() -> None:
    costs = {"Solar": 500, "Bikes": 450, "Creche": 300, "Garden": 200, "Print": 100}
    who = {
        "Solar": (1, 2, 3, 4, 5, 6), "Bikes": (1, 2, 3, 4, 5, 6), "Creche": (7, 8, 9, 10), "Garden": (6, 7, 8, 9, 10),
        "Print": (1, 2, 7),
    }  # fmt: skip
    piles = [Pile(tuple(key for key in costs if voter in who[key])) for voter in range(1, 11)]
    options = tuple(Option(key, key, cost=cost * 100) for key, cost in costs.items())
    motion, tally = tallied("equal_shares", piles, options, budget=100_000)
    found = result(motion, tally)
    assert {winner.name for winner in found.winners} == {"Bikes", "Garden", "Creche"}
    money = section(found, "projects")
    assert row(money.table, "Garden") == ["200\u00a0€", "5", "Funded"]
    assert row(money.table, "Solar") == ["500\u00a0€", "6", "Not funded"]
    assert money.bars[0].sentence == "950\u00a0€ of 1,000\u00a0€ spent on 3 projects"
    purchases = section(found, "purchases")
    assert "each ballot starts with" in purchases.lead[0]
    assert purchases.details[0].paragraphs[0] == "No supporter pays more than 75\u00a0€."
    assert "Bikes 6" in purchases.details[0].paragraphs[1]


def test_a_ballot_is_followed_until_nobody_can_take_it() -> None:
    motion, tally = tallied("stv_scottish", RANKED, PEOPLE, seats=2)
    assert journey(motion, tuple("AECB"), tally.count) == (
        "Round 1: it counts for Amara O, worth 1.",
        "Round 2: Amara O keeps 0.93104 of it; the rest, 0.06896, goes on to Elif D.",
        "Round 3: Elif D is excluded; it goes on to Chiara N, worth 0.06896.",
        "Round 4: Chiara N is excluded; it goes on to Bilal H, worth 0.06896.",
    )
    lost = journey(motion, tuple("EC"), tally.count)
    assert lost[-1] == "Round 4: Chiara N is excluded; no name on it can take it any more."
    assert journey(motion, Scores(), tally.count) == ()
    assert journey(motion, ("A",), None) == ()


@pytest.mark.parametrize(
    ("method", "choices", "options", "words", "told"),
    [
        (
            "stv_scottish",
            [("A", "B"), ("A",), ("B",)],
            PEOPLE,
            "Amara O; 3 of 120",
            "Decided: A vote. Elected: Amara O. 3",
        ),
        ("score", [Scores({"X": 5, "Y": 1})], XYZ, "X; 1 of 120", "Decided: A vote. Chosen: X. X: 5, Y: 1, Z: 0; 1"),
        ("approval", [("X",)], XYZ, "1 of 120 took part", "Decided: A vote. Chosen: X. X: 1, Y: 0, Z: 0; 1"),
    ],
)
def test_outcomes_read_well_in_lists_and_on_the_wire(
    method: str, choices: list[Choice], options: tuple[Option, ...], words: str, told: str
) -> None:
    motion, tally = tallied(method, [Pile(choice) for choice in choices], options)
    outcome = METHODS[method].decide(tally, options, motion.settings)
    assert result_words(motion, tally) == words
    assert outcome_sentence(motion, outcome, tally) == f"{told} of 120 members voted."


def test_what_decides_nothing_is_not_called_a_result() -> None:
    options = METHODS["sense"].default_options()
    motion = motion_of("sense", options, {})
    tally = tally_motion(Ballots("sense", options, motion.settings), [Pile(("unsure",))], {"": 120})
    outcome = METHODS["sense"].decide(tally, options, motion.settings)
    assert outcome.code is OutcomeCode.NO_RESULT
    assert outcome_sentence(motion, outcome, tally) == (
        "Sense check: A vote. Looks good: 0, Unsure: 1, Concerned: 0; 1 of 120 members answered."
    )


def test_losers_defeated_together_and_the_quota_of_hare_are_told_in_words() -> None:
    piles = [Pile(tuple(ranking), n) for ranking, n in {"ECB": 1, "ACD": 5, "CEA": 12, "DB": 7, "BAC": 11}.items()]
    found = result(*tallied("stv_scottish", piles, PEOPLE, seats=2, decimals=4, batch_elimination=True))
    first, second, *_ = section(found, "rounds").details
    assert (
        "Elif and Amara cannot win any more: together, with all surplus, they have fewer than the next."
        in first.paragraphs[1]
    )
    assert "The ballots of Elif and Amara go to the next name on them" in second.paragraphs[0]
    hare = section(result(*tallied("stv_scottish", RANKED, PEOPLE, seats=2, quota="hare")), "rounds")
    assert hare.after[0] == "The quota. 79 valid ballots, 2 seats: 79 ÷ 2 = 39.5, rounded up = 40."
    meek = section(result(*tallied("stv_meek", RANKED, PEOPLE, seats=2, quota="hare")), "rounds")
    assert meek.after[0].startswith("The quota. Votes still counted ÷ 2, worked out anew")


def test_fractions_of_an_exact_count_are_shown_to_six_places() -> None:
    found = section(result(*tallied("stv_scottish", RANKED, PEOPLE, seats=2, exact=True)), "rounds")
    assert "Numbers are shown to six places; the recount file has the exact fractions." in found.after
    shown = " ".join(cell.text for line in (found.table.rows if found.table else ()) for cell in line.cells)
    assert "24.172414" in shown
    assert "/" not in shown
    assert "All these ballots move on at 0.068966 each" in found.details[1].paragraphs[0]


def test_a_circle_that_a_runoff_solved_is_told_place_by_place() -> None:
    piles = [Pile(tuple(ranking), n) for ranking, n in {"ABC": 4, "ACB": 2, "BCA": 7, "CAB": 8}.items()]
    found = result(*tallied("schulze", piles, PEOPLE[:3], seats=1, circles="runoff"))
    assert [winner.name for winner in found.winners] == ["Bilal H"]
    solved = section(found, "runoff")
    assert solved.after == ("1. Amara O (6) left out; Bilal H beats all who remain.",)
    assert solved.details[0].paragraphs[1:] == ("2. Chiara N beats all others.", "3. Amara O beats all others.")
