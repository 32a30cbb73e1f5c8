"""What people typed becomes values, or an error beside the field with the input kept."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from multidict import MultiDict, MultiDictProxy

from fedcoop.kernel.errors import Invalid
from fedcoop.web.frame.forms import Form, lines, local_instant, one_of

ROME = ZoneInfo("Europe/Rome")


def form(**fields: str) -> Form:
    return Form(MultiDictProxy(MultiDict(fields)))


@pytest.mark.parametrize("text", ["2026-05-31T18:00", "31 May 2026, 18:00", "31 May 2026 18:00", "2026-05-31 18:00"])
def test_a_closing_time_is_read_on_the_coops_clocks(text: str) -> None:
    assert local_instant(text, ROME) == datetime(2026, 5, 31, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "31 Feb 2026, 18:00", "tomorrow", "31 May 2026", "31 May 2026, 25:00", "31 Mai x, 18:00"]
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        local_instant(text, ROME)
    assert caught.value.code == "date"
    assert "31 May 2026, 18:00" in caught.value.message


def test_a_time_that_comes_twice_in_autumn_is_the_first() -> None:
    assert local_instant("2026-10-25T02:30", ROME) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_text_is_trimmed_and_has_one_kind_of_line_end() -> None:
    assert form(text=" a\r\nb\0 ").text("text") == "a\nb"


def test_a_password_is_taken_exactly_as_sent() -> None:
    assert form(password="  two  spaces ").raw("password") == "  two  spaces "


def test_the_first_error_of_a_field_stays() -> None:
    found = form(title="")
    found.required("title", "Give it a title.")
    found.wrong("title", "Something else.")
    assert found.errors == {"title": "Give it a title."}


def test_a_text_that_is_too_long_is_kept_and_told() -> None:
    found = form(title="x" * 12)
    assert found.required("title", "Give it a title.", most=10) == "x" * 12
    assert found.errors == {"title": "This has 12 characters; 10 is the most."}


def test_taking_a_field_gives_the_value_or_notes_why_not() -> None:
    found = form(method="ranked", other="approval")
    pick = one_of(["approval"], "Choose how.")
    assert found.take("other", pick) == "approval"
    assert found.take("method", pick) is None
    assert found.errors == {"method": "Choose how."}


def test_options_are_the_lines_that_hold_something() -> None:
    assert lines(" Rye \n\n Spelt\n") == ("Rye", "Spelt")


def test_every_value_of_a_field_that_comes_twice_is_there() -> None:
    found = Form(MultiDictProxy(MultiDict([("choice", "a"), ("choice", ""), ("choice", "b")])))
    assert found.all("choice") == ("a", "b")
