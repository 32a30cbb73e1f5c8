"""Time polls of governance.md 7.18: typing times, their order, and the calendar file of RFC 5545."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting import times
from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile, Tally
from fedcoop.governance.rolls import roll
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from tests.unit.governance.samples import entries_of, members, motion

METHOD = METHODS["dates"]
CASES: list[dict[str, Any]] = json.loads(Path("tests/vectors/methods/dates.json").read_text())["cases"]
LOT = Lot(b"seed")


def _options(texts: dict[str, str]) -> tuple[Option, ...]:
    return tuple(METHOD.read_option(key, text, {}) for key, text in texts.items())


def _tally(options: tuple[Option, ...], ballots: list[Any], lot: Lot | None = LOT) -> Tally:
    piles = [Pile(Scores(answers), number, 1, name) for number, name, answers in ballots]
    eligible = {name: sum(number for number, other, _ in ballots if other == name) for _, name, _ in ballots}
    return tally_motion(Ballots("dates", options, Settings(), lot), piles, eligible)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_times_are_ordered_by_required_score_yes_and_earliest(case: dict[str, Any]) -> None:
    options = _options(case["options"])
    for listed in (options, options[::-1]):
        tally = _tally(listed, case["ballots"])
        assert tally.count is not None
        rows = tally.count.facts["answers"]
        assert {key: [rows[key][name] for name in ("yes", "maybe", "no", "score")] for key in rows} == case["answers"]
        assert [key for group in tally.count.ranking for key in group] == case["ranking"]
        outcome = METHOD.decide(tally, listed, Settings())
        assert (outcome.code, outcome.winners) == (OutcomeCode.CARRIED, (case["ranking"][0],))


def test_two_lengths_at_one_instant_are_told_apart_by_lot() -> None:
    options = _options({"a": "2026-09-22T18:00Z/1h", "b": "2026-09-22T18:00Z/2h"})
    count = _tally(options, [[2, "member", {"a": 2, "b": 2}]]).count
    assert count is not None
    assert count.ties[0].rung == "lot"
    assert count.elected == LOT.order(("a", "b"))[:1]


def test_nobody_who_can_come_is_no_result_and_so_is_a_look_meanwhile() -> None:
    options = _options({"a": "2026-09-22T18:00Z/1h", "b": "2026-09-23T18:00Z/2h"})
    nobody = _tally(options, [[2, "member", {"a": 0, "b": 0}]])
    meanwhile = _tally(options, [[2, "member", {"a": 2, "b": 0}]], lot=None)
    assert METHOD.decide(nobody, options, Settings()).code is OutcomeCode.NO_RESULT
    assert METHOD.decide(meanwhile, options, Settings()).code is OutcomeCode.NO_RESULT
    quorate = motion("dates", quorum="1/2").settings
    assert METHOD.decide(replace(meanwhile, eligible=9), options, quorate).code is OutcomeCode.INQUORATE


@pytest.mark.parametrize(
    ("text", "zone", "starts_at", "minutes", "name"),
    [
        ("2026-09-22T18:00+02:00/2h", "UTC", "2026-09-22T16:00:00Z", 120, "Tue 22 Sep 2026, 16:00 to 18:00 UTC"),
        ("2026-09-22 18:00/2h", "Europe/Rome", "2026-09-22T16:00:00Z", 120, "Tue 22 Sep 2026, 18:00 to 20:00"),
        ("2026-12-22T18:00", "Europe/Rome", "2026-12-22T17:00:00Z", 60, "Tue 22 Dec 2026, 18:00 to 19:00"),
        ("2026-03-29 02:30/30m", "Europe/Rome", "2026-03-29T01:30:00Z", 30, "Sun 29 Mar 2026, 03:30 to 04:00"),
        ("2026-10-25 02:30/1h", "Europe/Rome", "2026-10-25T00:30:00Z", 60, "Sun 25 Oct 2026, 02:30 to 02:30"),
        (
            "2026-09-22T23:00Z/2h",
            "UTC",
            "2026-09-22T23:00:00Z",
            120,
            "Tue 22 Sep 2026, 23:00 to Wed 23 Sep 2026, 01:00 UTC",
        ),
        (
            "2026-09-22T09:00Z/2d",
            "UTC",
            "2026-09-22T09:00:00Z",
            2880,
            "Tue 22 Sep 2026, 09:00 to Thu 24 Sep 2026, 09:00 UTC",
        ),
    ],
)
def test_a_time_is_read_with_its_offset_or_on_local_clocks(
    text: str, zone: str, starts_at: str, minutes: int, name: str
) -> None:
    option = METHOD.read_option("a", text, {"zone": zone})
    assert (option.starts_at, option.minutes, option.name) == (starts_at, minutes, name)


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("Tuesday evening", "UTC", "options"),
        ("2026-09-31 18:00/2h", "UTC", "options"),
        ("2026-09-22 18:00/0h", "UTC", "options"),
        ("2026-09-22 18:00/15d", "UTC", "options"),
        ("2026-09-22 18:00/", "UTC", "options"),
        ("0001-01-01T00:00+14:00/1h", "UTC", "options"),
        ("2026-09-22 18:00/2h", "Middle/Earth", "zone"),
    ],
)
def test_what_is_no_time_is_refused(text: str, zone: str, code: str) -> None:
    METHOD.read_option("a", "2026-09-22 18:00/2h", {"zone": "UTC"})
    with pytest.raises(MotionRefused) as refused:
        METHOD.read_option("a", text, {"zone": zone})
    assert refused.value.code == code


def test_a_time_poll_needs_two_different_times() -> None:
    one, other = _options({"a": "2026-09-22T18:00Z/1h", "b": "2026-09-22T18:00Z/2h"})
    METHOD.validate((one, other), Settings())
    for wrong in ((one,), (one, replace(one, key="b", name="again")), (one, Option("b", "Later"))):
        with pytest.raises(MotionRefused) as refused:
            METHOD.validate(wrong, Settings())
        assert refused.value.code == "options"


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Scores(), "too-few"),
        (Scores({"z": 2}), "option"),
        (Scores({"a": 3}), "range"),
        (Scores({"a": -1}), "range"),
        (("a",), "choice-shape"),
    ],
)
def test_an_answer_is_yes_if_need_be_or_no(choice: Any, code: str) -> None:
    asked = motion("dates")
    METHOD.check(Scores({"a": 2, "b": 1, "c": 0}), asked.options, asked.settings)
    with pytest.raises(BallotRefused) as refused:
        METHOD.check(choice, asked.options, asked.settings)
    assert refused.value.code == code


def test_who_is_required_stands_so_on_the_roll() -> None:
    asked = motion("dates", required="m2, m5", eligible=6)
    marked = roll.mark(entries_of(asked), members(6), METHOD.marked(asked.settings))
    assert {int(entry.member_id) for entry in marked if entry.member_class == "required"} == {2, 5}
    assert roll.mark(entries_of(asked), members(6), ()) == entries_of(asked)


def _unfolded(text: str) -> list[str]:
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def test_the_chosen_time_is_an_icalendar_file() -> None:
    starts_at, minutes = times.meeting_of(_options({"a": "2026-09-22T18:00+02:00/2h"}), "a")
    stamp = datetime(2026, 9, 1, 8, tzinfo=UTC)
    title = "Team day; bread, cheese\\ and " + "é" * 60 + "\nEND:VEVENT"
    url = "https://alder.example/motions/" + "7" * 60
    lines = _unfolded(times.calendar_file(times.Meeting(url, title, starts_at, minutes, url, "Alder", stamp)))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20260922T160000Z" in lines
    assert "DTEND:20260922T180000Z" in lines
    assert "DTSTAMP:20260901T080000Z" in lines
    assert "SUMMARY:Team day\\; bread\\, cheese\\\\ and " + "é" * 60 + "\\nEND:VEVENT" in lines
    assert lines.count("END:VEVENT") == 1


def test_a_local_time_is_on_the_clocks_of_the_co_op_unless_another_zone_is_named() -> None:
    known = METHOD.extra_keys()
    assert times.with_zone(known, {}, "Europe/Rome") == {"zone": "Europe/Rome"}
    assert times.with_zone(known, {"zone": "UTC"}, "Europe/Rome") == {"zone": "UTC"}
    assert times.with_zone(METHODS["sense"].extra_keys(), {}, "Europe/Rome") == {}
