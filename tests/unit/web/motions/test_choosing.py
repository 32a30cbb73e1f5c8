"""What a ballot's form says, and which field is wrong, with everything typed kept."""

from multidict import MultiDict, MultiDictProxy

from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.motion import Option
from fedcoop.web.frame.forms import Form
from fedcoop.web.motions.choosing import Marks, Sheet, marks_of, read

PEOPLE = (Option("a", "Amara"), Option("b", "Bilal"), Option("c", "Chiara"))
RANKING = Sheet("ranking", PEOPLE)
DOTS = Sheet("dots", PEOPLE, high=4, purse=8)
SCORES = Sheet("scores", PEOPLE, high=5)
DATES = Sheet("dates", PEOPLE, high=2)


def sent(sheet: Sheet, *pairs: tuple[str, str]) -> Marks:
    return read(Form(MultiDictProxy(MultiDict(pairs))), sheet)


def test_one_answer_and_its_reason_are_read() -> None:
    assert sent(Sheet("one", PEOPLE), ("choice", "b"), ("reason", " Why ")) == Marks(("b",), "Why")


def test_none_of_these_clears_the_other_ticks() -> None:
    sheet = Sheet("several", PEOPLE, none="c")
    assert sent(sheet, ("choice", "a"), ("choice", "c")).choice == ("c",)
    assert sent(sheet, ("choice", "b"), ("choice", "a"), ("choice", "b")).choice == ("b", "a")


def test_a_ranking_comes_from_its_numbers() -> None:
    marks = sent(RANKING, ("rank-a", "2"), ("rank-b", "–"), ("rank-c", "1"))
    assert (marks.choice, marks.order, dict(marks.errors)) == (("c", "a"), ("c", "a", "b"), {})


def test_gaps_in_a_ranking_close() -> None:
    marks = sent(RANKING, ("rank-a", "5"), ("rank-b", ""), ("rank-c", "3"))
    assert marks.choice == ("c", "a")
    assert marks.typed == {"c": "1", "a": "2"}


def test_repeated_choices_in_order_are_a_ranking() -> None:
    assert sent(RANKING, ("choice", "b"), ("choice", "a")).choice == ("b", "a")


def test_equal_ranks_name_both_and_keep_what_was_typed() -> None:
    marks = sent(RANKING, ("rank-a", "2"), ("rank-b", "2"), ("rank-c", "1"))
    assert marks.errors == {"rank-b": "Amara and Bilal both have rank 2. Give one of them another number."}
    assert marks.typed == {"a": "2", "b": "2", "c": "1"}


def test_three_equal_ranks_name_all() -> None:
    marks = sent(RANKING, ("rank-a", "1"), ("rank-b", "1"), ("rank-c", "1"))
    assert marks.errors == {"rank-c": "Amara, Bilal and Chiara all have rank 1. Give each another number."}


def test_a_rank_that_is_no_number_is_wrong_at_its_field() -> None:
    marks = sent(RANKING, ("rank-a", "first"), ("rank-b", "1"))
    assert marks.errors == {"rank-a": "Give Amara a whole number from 1 on, or leave it at “–”."}
    assert marks.typed["a"] == "first"


def test_arrows_move_one_place_and_cast_nothing() -> None:
    ranks = (("rank-a", "1"), ("rank-b", "2"), ("rank-c", ""), ("reason", "Because"))
    moves = {
        "up:b": ("b", "a"),
        "down:a": ("b", "a"),
        "up:a": ("a", "b"),
        "down:b": ("a",),
        "up:c": ("a", "b", "c"),
        "down:c": ("a", "b"),
    }
    for move, expected in moves.items():
        marks = sent(RANKING, *ranks, ("move", move))
        assert (marks.choice, marks.again, marks.reason) == (expected, True, "Because"), move


def test_an_arrow_for_nobody_moves_nothing() -> None:
    for move in ("up:z", "sideways:a", ""):
        marks = sent(RANKING, ("rank-a", "1"), ("move", move))
        assert (marks.choice, marks.again) == (("a",), False)


def test_a_stored_ranking_fills_its_numbers() -> None:
    marks = marks_of(("c", "a"), "", RANKING)
    assert (marks.typed, marks.order) == ({"c": "1", "a": "2"}, ("c", "a", "b"))
    assert marks_of(Scores({"a": 3}), "", SCORES).typed == {"a": "3"}


def test_scores_leave_out_what_is_blank() -> None:
    marks = sent(SCORES, ("score-a", "5"), ("score-b", ""), ("score-c", "0"))
    assert (marks.choice, dict(marks.errors)) == (Scores({"a": 5, "c": 0}), {})


def test_a_score_out_of_range_says_the_range() -> None:
    marks = sent(SCORES, ("score-a", "6"), ("score-b", "-1"), ("score-c", "2.5"))
    assert marks.errors["score-a"] == "Give Amara a whole number from 0 to 5, or leave it empty."
    assert set(marks.errors) == {"score-a", "score-b", "score-c"}
    assert marks.typed["c"] == "2.5"


def test_simple_clients_write_key_and_number() -> None:
    assert sent(SCORES, ("choice", "a=4"), ("choice", "b=1")).choice == Scores({"a": 4, "b": 1})
    assert sent(DOTS, ("choice", "a=4")).choice == Scores({"a": 4})
    assert sent(DATES, ("choice", "a=2"), ("choice", "b=0")).choice == Scores({"a": 2, "b": 0})
    assert sent(SCORES, ("choice", "z=4")).choice == Scores({"z": 4})


def test_too_many_dots_say_how_many_to_take_away() -> None:
    marks = sent(DOTS, ("dots-a", "4"), ("dots-b", "4"), ("dots-c", "2"))
    assert marks.errors == {"choice": "You gave 10 dots and have 8. Take 2 away; nothing else has changed."}
    assert marks.typed == {"a": "4", "b": "4", "c": "2"}


def test_dots_over_the_cap_of_one_choice_say_how_many() -> None:
    marks = sent(DOTS, ("dots-a", "6"))
    assert marks.errors == {"dots-a": "Amara takes 4 dots at most. Take 2 away."}


def test_plus_and_minus_count_and_cast_nothing() -> None:
    dots = (("dots-a", "4"), ("dots-b", "3"), ("dots-c", ""))
    assert sent(DOTS, *dots, ("more", "c")).typed == {"a": "4", "b": "3", "c": "1"}
    assert sent(DOTS, *dots, ("more", "a")).typed["a"] == "4"
    assert sent(DOTS, *dots, ("less", "b")).typed["b"] == "2"
    assert sent(DOTS, *dots, ("less", "c")).typed["c"] == "0"
    full = (("dots-a", "4"), ("dots-b", "4"))
    assert sent(DOTS, *full, ("more", "c")).typed["c"] == "0"
    assert sent(DOTS, *dots, ("more", "c")).again


def test_no_dots_are_no_scores() -> None:
    assert sent(DOTS, ("dots-a", "0"), ("dots-b", "")).choice == Scores()


def test_times_take_three_answers() -> None:
    marks = sent(DATES, ("time-a", "2"), ("time-b", "1"), ("time-c", "7"))
    assert marks.errors == {"time-c": "Choose yes, if need be, or no for Chiara."}
    assert sent(DATES, ("time-a", "2"), ("time-b", "0")).choice == Scores({"a": 2, "b": 0})


def test_words_need_no_choice() -> None:
    assert sent(Sheet("words", ()), ("reason", "An answer")) == Marks((), "An answer")
