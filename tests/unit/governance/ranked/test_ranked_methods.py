"""Methods with ranked ballots: the worked profiles of governance.md 7.11 to 7.16, and what each rule says at its edges."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Visibility
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tie, count_of, count_to_json
from fedcoop.governance.proof import recount
from fedcoop.governance.words.wording import plain, rule_sentence
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from tests.unit.governance.ranked.rules import LOT, RANKED, Vote, piles
from tests.unit.governance.samples import counted, motion, verify

VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors" / "methods" / "ranked.json").read_text())


def _profile(name: str = "79") -> list[tuple[int, str]]:
    return [(number, ranks) for number, ranks in VECTOR["profiles"][name]["ballots"]]


# --- the worked profiles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", RANKED)
def test_first_preferences_are_the_totals_of_every_ranked_vote(method: str) -> None:
    assert Vote(method, _profile()).tally.counts == VECTOR["first_preferences"]


def test_points_of_the_worked_profile() -> None:
    vote = Vote("points", _profile())
    assert vote.count.facts["points"] == VECTOR["points"]
    assert vote.outcome.winners == ("C",)
    assert vote.order == "C D E B A"


def test_instant_runoff_of_the_worked_profile_round_by_round() -> None:
    vote, expected = Vote("runoff", _profile()), VECTOR["runoff"]
    assert vote.outcome.winners == (expected["winner"],)
    assert vote.outcome.code is OutcomeCode.CARRIED
    assert len(vote.count.rounds) == len(expected["rounds"])
    for found, told in zip(vote.count.rounds, expected["rounds"], strict=True):
        assert found.totals == told["totals"]
        assert found.exhausted == told["exhausted"]
        assert found.facts["base"] == told["base"]
        assert found.excluded == tuple(told.get("excluded", ""))
        assert found.elected == tuple(told.get("elected", ""))
    assert vote.count.rounds[3].moves == {"B": 6, "": 17}
    assert vote.outcome.requirements[0].work == "In the last round Name B has 33 of 62 ballots. 32 were needed."


def test_pairs_and_strongest_paths_of_the_worked_profile() -> None:
    vote = Vote("schulze", _profile())
    assert vote.count.facts["pairs"] == VECTOR["pairs"]
    assert vote.count.facts["paths"] == VECTOR["paths"]
    assert "condorcet_winner" not in vote.count.facts


@pytest.mark.parametrize("method", ["schulze", "ranked_pairs"])
@pytest.mark.parametrize("profile", ["79", "45"])
def test_condorcet_orders_of_both_worked_profiles(method: str, profile: str) -> None:
    vote = Vote(method, _profile(profile))
    assert vote.order == " ".join(VECTOR["orders"][method][profile])
    assert vote.outcome.winners == (VECTOR["orders"][method][profile][0],)
    assert vote.count.ties == ()


def test_ranked_pairs_locks_and_skips_as_worked() -> None:
    victories = Vote("ranked_pairs", _profile()).count.facts["victories"]
    assert [[item[name] for name in ("winner", "loser", "for", "against", "locked")] for item in victories] == VECTOR[
        "victories"
    ]
    assert victories[8]["circle"] == ["E", "B", "A"]
    assert victories[9]["circle"] == ["D", "B", "A"]


def test_scottish_count_of_the_worked_profile_stage_by_stage() -> None:
    vote, expected = Vote("stv_scottish", _profile(), seats="2"), VECTOR["stv_scottish"]
    assert vote.count.facts["quota"] == expected["quota"]
    assert vote.count.elected == tuple(expected["elected"])
    assert vote.outcome.code is OutcomeCode.ELECTED
    assert len(vote.count.rounds) == len(expected["rounds"])
    for found, told in zip(vote.count.rounds, expected["rounds"], strict=True):
        assert found.kind == told["kind"]
        assert found.totals == {key: Fraction(text) for key, text in told["totals"].items()}
        assert (found.lost, found.exhausted) == (Fraction(told["lost"]), Fraction(told["exhausted"]))
        assert (found.elected, found.excluded) == (tuple(told["elected"]), tuple(told["excluded"]))
    assert vote.count.rounds[1].facts == {"surplus": "2", "values": {"1": "0.06896"}}
    assert vote.count.rounds[1].moves == {"D": Fraction("1.17232"), "E": Fraction("0.82752")}


def test_meek_count_of_the_worked_profile_round_by_round() -> None:
    vote, expected = Vote("stv_meek", _profile(), seats="2"), VECTOR["stv_meek"]
    assert vote.count.elected == tuple(expected["elected"])
    assert len(vote.count.rounds) == len(expected["rounds"])
    for found, told in zip(vote.count.rounds, expected["rounds"], strict=True):
        assert _six(Fraction(found.facts["quota"])) == told["quota"]
        assert {key: _six(number) for key, number in found.totals.items()} == told["totals"]
        assert (found.elected, found.excluded) == (tuple(told["elected"]), tuple(told["excluded"]))
    assert _six(Fraction(vote.count.facts["keep"]["A"])) == expected["keep_A"]
    assert vote.count.rounds[3].moves == {"": 14}
    assert vote.count.facts["limited"] is False


def _six(value: Fraction) -> str:
    whole, rest = divmod(round(value * 10**6), 10**6)
    return f"{whole}.{rest:06d}"


def test_five_rules_choose_four_from_the_same_ballots() -> None:
    winners = {method: Vote(method, _profile()).count.elected[0] for method in ("points", "runoff", "schulze")}
    assert winners == {"points": "C", "runoff": "B", "schulze": "D"}


# --- ballots ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", RANKED)
@pytest.mark.parametrize(
    ("words", "choice", "code"),
    [
        ({}, ("a", "z"), "option"),
        ({}, ("a", "b", "a"), "ranks"),
        ({}, (), "too-few"),
        ({"min_ranked": "2"}, ("a",), "too-few"),
        ({"max_ranked": "2"}, ("c", "a", "b"), "too-many"),
    ],
)
def test_a_ballot_that_is_no_ranking_is_refused(
    method: str, words: dict[str, str], choice: tuple[str, ...], code: str
) -> None:
    asked = motion(method, **words)
    METHODS[method].check(("b", "a"), asked.options, asked.settings)
    with pytest.raises(BallotRefused) as refused:
        METHODS[method].check(choice, asked.options, asked.settings)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"seats": "0"}, "seats"),
        ({"seats": "4"}, "seats"),
        ({"seats": "3", "withdrawn": "a"}, "seats"),
        ({"seats": "3", "ron": "a"}, "seats"),
        ({"min_ranked": "0"}, "min_ranked"),
        ({"min_ranked": "4"}, "min_ranked"),
        ({"max_ranked": "4"}, "max_ranked"),
        ({"max_ranked": "-1"}, "max_ranked"),
        ({"min_ranked": "3", "max_ranked": "2"}, "max_ranked"),
        ({"ron": "z"}, "ron"),
        ({"ron": "a", "withdrawn": "a"}, "ron"),
        ({"withdrawn": "a, z"}, "withdrawn"),
        ({"decimals": "31"}, "decimals"),
        ({"decimals": "-1"}, "decimals"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(words: dict[str, str], code: str) -> None:
    assert motion("stv_scottish", seats="2", ron="c", decimals="4").settings.extra["decimals"] == 4
    with pytest.raises(MotionRefused) as refused:
        motion("stv_scottish", **words)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"unranked": "first"}, "unranked"),
        ({"status_quo": "z"}, "status_quo"),
        ({"status_quo": "a", "ron": "b"}, "status_quo"),
        ({"threshold": "2/3"}, "threshold"),
    ],
)
@pytest.mark.parametrize("method", ["schulze", "ranked_pairs"])
def test_settings_of_comparisons_that_cannot_be_are_refused_by_name(
    method: str, words: dict[str, str], code: str
) -> None:
    assert motion(method, status_quo="a", threshold="2/3", unranked="no_opinion")
    with pytest.raises(MotionRefused) as refused:
        motion(method, **words)
    assert refused.value.code == code


@pytest.mark.parametrize("method", RANKED)
def test_figures_of_ranked_votes_show_after_the_close_unless_told_otherwise(method: str) -> None:
    assert motion(method).settings.visibility is Visibility.AFTER_CLOSE
    assert motion(method, visibility="live").settings.visibility is Visibility.LIVE


@pytest.mark.parametrize("method", RANKED)
def test_one_option_alone_is_no_choice(method: str) -> None:
    with pytest.raises(MotionRefused) as refused:
        METHODS[method].validate(motion(method).options[:1], motion(method).settings)
    assert refused.value.code == "options"


@pytest.mark.parametrize("method", RANKED)
def test_without_a_ballot_there_is_no_result(method: str) -> None:
    assert Vote(method, []).outcome.code is OutcomeCode.NO_RESULT
    withdrawn = Vote(method, [(3, "A")], "ABC", withdrawn="A")
    assert withdrawn.outcome.code is OutcomeCode.NO_RESULT
    assert withdrawn.count.facts["blank"] == 3


@pytest.mark.parametrize("method", RANKED)
def test_a_quorum_that_is_missed_elects_nobody(method: str) -> None:
    asked = Vote(method, [(3, "AB")], "ABC", quorum="1/2")
    assert asked.outcome.winners == ("A",)
    short = METHODS[method].decide(
        asked.tally.__class__(asked.tally.counts, 3, 12, count=asked.count), asked.motion.options, asked.motion.settings
    )
    assert short.code is OutcomeCode.INQUORATE
    assert short.winners == ()


@pytest.mark.parametrize("method", RANKED)
def test_a_withdrawn_option_leaves_every_ballot_and_later_ones_move_up(method: str) -> None:
    vote = Vote(method, [(4, "CA"), (3, "BA")], "ABC", withdrawn="C")
    assert vote.count.elected == ("A",)
    assert all("C" not in group for group in vote.count.ranking)
    plain_ = Vote(method, [(4, "A"), (3, "BA")], "AB")
    assert plain_.count.elected == vote.count.elected


@pytest.mark.parametrize("method", RANKED)
def test_weights_count_like_that_many_ballots(method: str) -> None:
    vote = Vote(method, _profile())
    heavy = [replace(pile, number=1, weight=pile.number) for pile in piles(_profile())]
    tally = tally_motion(Ballots(method, vote.motion.options, vote.motion.settings, LOT), heavy, {"member": 6})
    assert tally.count == vote.count


@pytest.mark.parametrize("method", ["points", "runoff", "stv_meek", "stv_scottish"])
def test_a_paper_ranking_is_cut_before_the_first_equal_or_missing_rank(method: str) -> None:
    equal = Vote(method, [(3, ["A", ("B", "C"), "D"]), (2, "B")], "ABCD", seats="1") if method != "runoff" else None
    plain_ = Vote(method, [(3, "A"), (2, "B")], "ABCD")
    missing = Vote(method, [(3, ["A", (), "B", "C", "D"]), (2, "B")], "ABCD")
    assert missing.count == plain_.count
    assert equal is None or equal.count == plain_.count
    moved_up = Vote(method, [(3, ["A", ("B", "C")]), (2, "B")], "ABCD", withdrawn="C")
    assert moved_up.count == Vote(method, [(3, "AB"), (2, "B")], "ABCD", withdrawn="C").count


def test_comparisons_take_equal_ranks_and_pass_over_skipped_ones() -> None:
    pairs = Vote("schulze", [(3, ["A", (), ("B", "C")])], "ABCD").count.facts["pairs"]
    assert pairs["A"] == {"B": 3, "C": 3, "D": 3}
    assert pairs["B"] == {"A": 0, "C": 0, "D": 3}
    silent = Vote("schulze", [(3, ["A", ("B", "C")])], "ABCD", unranked="no_opinion").count.facts["pairs"]
    assert silent["A"] == {"B": 3, "C": 3, "D": 0}
    assert silent["D"] == {"A": 0, "B": 0, "C": 0}


# --- ties -------------------------------------------------------------------------------------------------------


def test_equals_at_the_bottom_are_told_apart_by_the_round_before() -> None:
    vote = Vote("runoff", [(6, "A"), (4, "B"), (3, "C"), (1, "DC")], "ABCD")
    assert vote.count.rounds[1].totals == {"A": 6, "B": 4, "C": 4, "D": 0}
    assert vote.count.ties == (Tie(("B", "C"), ("B", "C"), "look-back", "exclusion"),)
    assert vote.count.rounds[1].excluded == ("C",)


def test_equals_that_never_differed_go_by_lot_and_the_first_wins() -> None:
    for seed in (b"one", b"two", b"three", b"four"):
        lot = Lot(seed)
        vote = Vote("runoff", [(3, "A"), (2, "B"), (2, "C")], "ABC", lot)
        order = lot.order(("B", "C"))
        assert vote.count.ties == (Tie(("B", "C"), order, "lot", "exclusion"),)
        assert vote.count.rounds[0].excluded == (order[-1],)
        assert f"A lot put Name {order[0]} first." in vote.outcome.notes[0]


def test_only_those_whom_no_round_told_apart_are_in_the_lot() -> None:
    vote = Vote("runoff", [(9, "A"), (3, "B"), (2, "C"), (1, "EC"), (2, "D"), (1, "ED")], "ABCDE")
    tie = vote.count.rounds[1].ties
    assert [item.rung for item in tie] == ["look-back", "lot"]
    assert (tie[0].among, tie[1].among) == (("B", "C", "D"), ("C", "D"))
    assert vote.count.rounds[1].excluded == (tie[1].order[-1],)


def test_equal_surpluses_and_the_order_of_the_elected_go_by_lots_that_are_listed() -> None:
    vote = Vote("stv_scottish", [(10, "AC"), (10, "BD"), (4, "C"), (3, "D")], "ABCD", seats="3")
    assert set(vote.count.rounds[0].elected) == {"A", "B"}
    assert vote.count.rounds[0].ties == (Tie(("A", "B"), vote.count.elected[:2], "lot", "order of election"),)
    assert [tie.about for tie in vote.count.rounds[1].ties] == ["surplus"]
    assert vote.count.rounds[1].of == vote.count.rounds[1].ties[0].order[:1]


@pytest.mark.parametrize("method", ["stv_scottish", "stv_meek", "points", "schulze"])
def test_equal_to_re_open_nominations_goes_by_lot(method: str) -> None:
    found = {
        seed: Vote(method, [(5, "A"), (5, "R")], "ABR", Lot(bytes([seed])), seats="2", ron="R") for seed in range(9)
    }
    assert {vote.count.elected for vote in found.values()} == {("A",), ()}
    assert all(vote.count.ties[0].among == ("A", "R") for vote in found.values())


@pytest.mark.parametrize("method", ["points", "schulze", "ranked_pairs"])
def test_equals_who_all_have_a_seat_are_put_in_order_by_a_lot_that_is_listed(method: str) -> None:
    vote = Vote(method, [(1, "AB"), (1, "BA")], "ABC", seats="2")
    assert set(vote.count.elected) == {"A", "B"}
    assert vote.count.ties == (Tie(("A", "B"), vote.count.elected, "lot", "order of election"),)


def test_the_largest_surplus_goes_first_and_nobody_is_excluded_before() -> None:
    vote = Vote("stv_scottish", [(13, "AC"), (15, "BD"), (4, "C"), (3, "D"), (1, "E")], "ABCDE", seats="3")
    assert [(item.kind, item.of) for item in vote.count.rounds[:3]] == [
        ("first", ()),
        ("surplus", ("B",)),
        ("surplus", ("A",)),
    ]


def test_points_equal_at_the_last_place_go_by_lot() -> None:
    vote = Vote("points", [(1, "AB"), (1, "BA")], "ABC")
    assert vote.count.ranking[0] == ("A", "B")
    assert vote.count.elected == vote.count.ties[0].order[:1]


def test_equal_victories_that_contradict_each_other_go_by_lot() -> None:
    vote = Vote("ranked_pairs", [(1, "ABC"), (1, "BCA"), (1, "CAB")], "ABC")
    assert vote.count.ties[0].about == "order of equal victories"
    assert [item["locked"] for item in vote.count.facts["victories"]].count(False) == 1
    assert Vote("ranked_pairs", [(2, "ABC"), (1, "BAC")], "ABC").count.ties == ()


def test_schulze_leaves_a_perfect_circle_to_the_lot() -> None:
    vote = Vote("schulze", [(1, "ABC"), (1, "BCA"), (1, "CAB")], "ABC")
    assert vote.count.ranking == (("A", "B", "C"),)
    assert vote.count.ties[0].rung == "lot"
    assert vote.count.elected == vote.count.ties[0].order[:1]


# --- re-open nominations, status quo ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["stv_scottish", "stv_meek"])
def test_re_open_nominations_leaves_its_seat_and_all_further_ones_empty(method: str) -> None:
    ballots = [(40, "A"), (30, "R"), (20, "B"), (9, "C")]
    vote = Vote(method, ballots, "ABCR", seats="3", ron="R")
    assert vote.count.elected == ("A",)
    assert vote.outcome.code is OutcomeCode.ELECTED
    assert vote.outcome.notes == ("“Name R” came before the last seat was filled. 2 seats stay empty.",)
    assert Vote(method, ballots, "ABCR", seats="3").count.elected == ("A", "R", "B")
    alone = Vote(method, [(40, "R"), (30, "A")], "ABR", seats="1", ron="R")
    assert alone.outcome.code is OutcomeCode.NOT_CARRIED


@pytest.mark.parametrize("method", ["points", "schulze", "ranked_pairs"])
def test_re_open_nominations_ends_an_order_too(method: str) -> None:
    ballots = [(5, "ARBC"), (1, "BARC")]
    assert Vote(method, ballots, "ABCR", seats="3").count.elected == ("A", "R", "B")
    vote = Vote(method, ballots, "ABCR", seats="3", ron="R")
    assert vote.count.elected == ("A",)
    assert "2 seats stay empty" in vote.outcome.notes[0]


def test_runoff_won_by_re_open_nominations_carries_nothing() -> None:
    vote = Vote("runoff", [(5, "R"), (1, "A")], "ABR", ron="R")
    assert vote.outcome.code is OutcomeCode.NOT_CARRIED
    assert vote.outcome.notes == ("“Name R” came before the last seat was filled. One seat stays empty.",)


@pytest.mark.parametrize("method", ["schulze", "ranked_pairs"])
def test_a_variant_must_beat_the_status_quo_by_the_threshold(method: str) -> None:
    ballots = [(6, "VWS"), (4, "SWV")]
    simple = Vote(method, ballots, "SVW", status_quo="S")
    assert simple.outcome.winners == ("V",)
    assert simple.outcome.requirements[0].work == "Name V against Name S: 6 to 4. 6 were needed."
    strict = Vote(method, ballots, "SVW", status_quo="S", threshold="2/3")
    assert strict.outcome.code is OutcomeCode.NOT_CARRIED
    assert strict.outcome.requirements[0].met is False
    assert strict.outcome.requirements[0].need == 7


@pytest.mark.parametrize("method", ["schulze", "ranked_pairs"])
def test_a_variant_that_misses_the_threshold_stands_in_nobodys_way(method: str) -> None:
    ballots = [(5, "VWS"), (3, "WSV"), (1, "SVW")]
    assert Vote(method, ballots, "SVW").outcome.winners == ("V",)
    vote = Vote(method, ballots, "SVW", status_quo="S", threshold="3/4")
    assert vote.outcome.winners == ("W",)
    assert vote.count.facts["status_quo"]["V"] == {"for": 5, "against": 4, "passed": False}


# --- the record -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", RANKED)
@pytest.mark.parametrize("profile", ["79", "45"])
def test_the_record_survives_json_and_the_recount_agrees(method: str, profile: str) -> None:
    count = Vote(method, _profile(profile)).count
    assert count_of(json.loads(json.dumps(count_to_json(count)))) == count
    asked = motion(method)
    found = counted(asked, [("a", "b"), ("b", "c"), ("c",), ("b", "a", "c")])
    assert recount.recount(found.export.encode(), verify).tally == found.tally


def test_a_meek_count_that_would_never_end_says_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedcoop.governance.ranked.meek.MOST_ITERATIONS", 1)
    limited = Vote("stv_meek", _profile(), seats="2")
    assert limited.count.facts["limited"] is True
    assert limited.count.rounds[1].facts["limited"] is True
    assert limited.count.elected


@pytest.mark.parametrize("seats", range(1, 6))
@pytest.mark.parametrize("method", ["stv_scottish", "stv_meek"])
def test_all_seats_are_filled_where_there_are_names_for_them(method: str, seats: int) -> None:
    assert len(Vote(method, _profile(), seats=str(seats)).count.elected) == seats


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "words", "sentence"),
    [
        (
            "stv_scottish",
            {"seats": "2"},
            "Two people are elected. A candidate with more than a third of the votes has a seat; what is over goes to"
            " the next name on those ballots.",
        ),
        (
            "stv_meek",
            {"seats": "1", "quorum": "10%"},
            "One person is elected, if at least 12 of 120 members take part. A candidate with more than half of the"
            " votes still counted has a seat; what is over goes to the next name on those ballots.",
        ),
        (
            "runoff",
            {},
            "A choice with more than half of the ballots still counted wins. Until there is one, the choice with fewest"
            " is taken out, and its ballots go to the next name on them.",
        ),
        (
            "points",
            {"seats": "2", "quorum": "10%"},
            "The two choices with the most points win, if at least 12 of 120 members take part. Your first gets 3 points"
            " and each further one a point less; what you leave out gets none.",
        ),
        (
            "schulze",
            {},
            "The choice that beats each of the others, compared two by two, wins. Where such wins go round in a circle, the weakest"
            " link of each chain of wins says how much it counts.",
        ),
        (
            "ranked_pairs",
            {"status_quo": "a", "threshold": "2/3", "quorum": "10%"},
            "The choice that beats each of the others, compared two by two, wins, if at least two thirds prefer it to “Rye”, and at"
            " least 12 of 120 members take part. Where such wins go round in a circle, the clearest ones count first, and"
            " what contradicts them is left out.",
        ),
    ],
)
def test_the_rule_stands_in_two_sentences(method: str, words: dict[str, str], sentence: str) -> None:
    asked = motion(method, eligible=120, **words)
    said = plain(rule_sentence(method, asked.options, asked.settings, 120))
    assert said == sentence
    assert said.count(". ") == 1
