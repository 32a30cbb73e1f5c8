"""Settings as words, who may see what and when, who may do what, and sentences with their right forms."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product

import pytest

from fedcoop.governance.members.bylaws import Bylaws, Who
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.members.permissions import Allowed, Deed, demand, may
from fedcoop.governance.motions.method import amount, plural, share_words
from fedcoop.governance.motions.motion import Change, EarlyClose, MotionState, Quorum, Reasons, Threshold, Visibility
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.setting_words import duration_of, quorum_of, share_of, threshold_of
from fedcoop.governance.motions.settings import PRESETS, settings_of
from fedcoop.governance.motions.visibility import (
    Viewer,
    may_see_ballots,
    may_see_counts,
    may_see_turnout,
    shown_until,
)
from fedcoop.governance.words.wording import outcome_sentence, plain, rule_sentence
from fedcoop.kernel.errors import MotionRefused, NotAllowed
from tests.unit.governance.samples import CLOSES, members, motion, tally

# --- settings


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("2/3", Fraction(2, 3)),
        ("66.67%", Fraction(6667, 10000)),
        ("66,67 %", Fraction(6667, 10000)),
        ("0.5", Fraction(1, 2)),
        ("100%", Fraction(1)),
        ("0", Fraction(0)),
        ("1/1", Fraction(1)),
    ],
)
def test_a_share_is_read_exactly(text: str, share: Fraction) -> None:
    assert share_of("quorum", text) == share


@pytest.mark.parametrize(
    "text", ["", "two", "3/2", "101%", "1.01", "-1/2", "1/0", "1e-1", "nan", "inf", "1/2/3", "½", "٣/٤", "0x1", "1_0%"]
)
def test_what_is_no_share_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(MotionRefused) as refused:
        share_of("quorum", text)
    assert refused.value.code == "quorum"


def test_thresholds_quorums_and_durations_are_read() -> None:
    assert threshold_of(">1/2") == Threshold(Fraction(1, 2), strict=True)
    assert threshold_of("> 1/2") == threshold_of(">1/2")
    assert threshold_of(">=1/2") == threshold_of("1/2") == Threshold(Fraction(1, 2))
    assert threshold_of("none") is None
    assert quorum_of("max(5, 1/10)") == Quorum(Fraction(1, 10), 5)
    assert quorum_of("10%") == Quorum(Fraction(1, 10))
    assert [duration_of("grace", text) for text in ("90", "90s", "2m", "1h", "3d")] == [
        timedelta(seconds=90),
        timedelta(seconds=90),
        timedelta(minutes=2),
        timedelta(hours=1),
        timedelta(days=3),
    ]
    for read, text in ((threshold_of, ">1"), (threshold_of, "0"), (quorum_of, "7"), (quorum_of, "max(5)")):
        with pytest.raises(MotionRefused):
            read(text)
    for text in ("", "soon", "-1s", "1w", "1.5h", "9999999s"):
        with pytest.raises(MotionRefused):
            duration_of("grace", text)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ({"change": "never"}, "change", Change.NEVER),
        ({"visibility": "after_own_vote"}, "visibility", Visibility.AFTER_OWN_VOTE),
        ({"early_close": "any"}, "early_close", EarlyClose.ANY),
        ({"grace": "0"}, "grace", timedelta(0)),
        ({"grace": "240s"}, "grace", timedelta(seconds=240)),
        ({"reasons": "required"}, "reasons", Reasons.REQUIRED),
        ({"reasons": "required_for:against, abstain"}, "reasons_for", ("against", "abstain")),
        ({"base": "cast"}, "base", "cast"),
        ({"max_extensions": "0"}, "max_extensions", 0),
        ({"preset": "special"}, "threshold", Threshold(Fraction(3, 4))),
        ({"preset": "special", "threshold": "2/3"}, "threshold", Threshold(Fraction(2, 3))),
    ],
)
def test_a_setting_is_read_by_its_name(words: dict[str, str], name: str, value: object) -> None:
    assert getattr(settings_of(METHODS["resolution"], words, grace=timedelta(seconds=120)), name) == value


@pytest.mark.parametrize(
    ("method", "words", "code"),
    [
        ("resolution", {"tresh": "1"}, "tresh"),
        ("resolution", {"preset": "odd"}, "preset"),
        ("approval", {"preset": "special"}, "preset"),
        ("consent", {"threshold": "1/2"}, "threshold"),
        ("resolution", {"grace": "241s"}, "grace"),
        ("resolution", {"secrecy": "secret"}, "secrecy"),
        ("resolution", {"reasons": "required_for"}, "reasons"),
        ("resolution", {"reasons": "required_for:maybe"}, "reasons"),
        ("consent", {"reasons": "off"}, "reasons"),
        ("consensus", {"reasons": "off"}, "reasons"),
        ("consensus", {"max_blocks": "-1"}, "max_blocks"),
        ("consensus", {"max_blocks": "few"}, "max_blocks"),
        ("consensus", {"max_stand_aside": "101"}, "max_stand_aside"),
        ("consent", {"silence": "golden"}, "silence"),
        ("resolution", {"base": "present"}, "base"),
        ("resolution", {"threshold": "none"}, "threshold"),
        ("resolution", {"max_extensions": "-1"}, "max_extensions"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(method: str, words: dict[str, str], code: str) -> None:
    with pytest.raises(MotionRefused) as refused:
        motion(method, **words)
    assert refused.value.code == code
    assert refused.value.message


def test_every_preset_makes_a_motion() -> None:
    for name in PRESETS:
        motion(preset=name)


# --- who may see what

PUBLIC, NOT_YET, VOTED = Viewer.wire(), Viewer.member(has_voted=False), Viewer.member(has_voted=True)


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [("live", {PUBLIC, NOT_YET, VOTED}), ("after_own_vote", {VOTED}), ("after_close", set())],
)
def test_counts_show_as_the_motion_says_until_the_outcome_and_to_all_after_it(
    visibility: str, seen_by: set[Viewer]
) -> None:
    asked = motion(visibility=visibility)
    moments = (CLOSES - timedelta(days=1), CLOSES, CLOSES + timedelta(seconds=1), CLOSES + timedelta(seconds=119))
    for viewer, now, state in product((PUBLIC, NOT_YET, VOTED), moments, (MotionState.OPEN, MotionState.CLOSED)):
        under_way = replace(asked, state=state)
        assert may_see_counts(under_way, viewer, now) is (viewer in seen_by)
        assert may_see_ballots(under_way, viewer, now) is (viewer in seen_by and viewer is not PUBLIC)
        assert may_see_turnout(under_way, viewer, now)
    for viewer in (PUBLIC, NOT_YET, VOTED):
        decided, annulled = (replace(asked, state=s) for s in (MotionState.DECIDED, MotionState.ANNULLED))
        assert may_see_counts(decided, viewer, CLOSES)
        assert may_see_ballots(decided, viewer, CLOSES) is (viewer is not PUBLIC)
        assert may_see_counts(annulled, viewer, CLOSES) is (visibility == "live")


def test_names_of_a_secret_vote_show_to_nobody() -> None:
    asked = replace(motion(), state=MotionState.DECIDED)
    secret = replace(asked, settings=replace(asked.settings, secrecy="secret"))
    assert may_see_ballots(asked, VOTED, CLOSES)
    assert not may_see_ballots(secret, VOTED, CLOSES)


def test_between_the_close_and_the_outcome_the_numbers_are_those_of_the_close() -> None:
    asked, after = motion(), CLOSES + timedelta(microseconds=1)
    assert shown_until(asked, CLOSES) is None
    assert shown_until(asked, after) == CLOSES
    assert shown_until(replace(asked, state=MotionState.CLOSED), after) == CLOSES
    assert shown_until(replace(asked, state=MotionState.DECIDED), after) is None


# --- who may do what

EVERYONE = {
    Deed.OPEN_MOTION, Deed.PROPOSE, Deed.SPONSOR, Deed.SPEAK, Deed.ANNOUNCE, Deed.SEE_MEMBERS, Deed.DELEGATE,
}  # fmt: skip
OWN = {Deed.CLOSE_EARLY, Deed.EXTEND, Deed.COORDINATE}


def who(status: MemberStatus = MemberStatus.FULL, *, admin: bool = False) -> Member:
    return replace(members(1)[0], status=status, is_admin=admin)


@pytest.mark.parametrize("deed", list(Deed))
def test_each_deed_is_allowed_to_whom_it_is_and_denied_to_all_others(deed: Deed) -> None:
    rule = Bylaws()
    assert may(who(admin=True), deed, rule) == Allowed()
    assert (may(who(), deed, rule) == Allowed()) is (deed in EVERYONE)
    assert (may(who(), deed, rule, own=True) == Allowed()) is (deed in EVERYONE | OWN)
    for nobody in (None, *(who(status, admin=True) for status in MemberStatus if status not in ("full", "leaving"))):
        with pytest.raises(NotAllowed) as refused:
            demand(nobody, deed, rule, own=True)
        assert refused.value.code == "not-a-member"
    assert (may(who(MemberStatus.LEAVING), deed, rule) == Allowed()) is (deed in EVERYONE)


def test_bylaws_may_keep_opening_and_announcing_to_offices() -> None:
    rule = Bylaws(may_open=Who.ADMINS, may_propose=Who.ADMINS, may_announce=Who.ADMINS)
    for deed in (Deed.OPEN_MOTION, Deed.PROPOSE, Deed.ANNOUNCE):
        with pytest.raises(NotAllowed) as refused:
            demand(who(), deed, rule)
        assert refused.value.code == "not-an-office"
        demand(who(admin=True), deed, rule)


# --- words


def test_words_have_their_right_forms() -> None:
    assert [plural(n, "vote", "votes") for n in (0, 1, 2)] == ["0 votes", "1 vote", "2 votes"]
    exact = {"46": (46, 1), "0.5": (1, 2), "3.33": (10, 3), "0.001": (1, 1000), "99.999": (99999, 1000)}
    assert {amount(Fraction(*value)): value for value in exact.values()} == exact
    assert amount(Fraction(1, 3)) == "0.33"
    assert share_words(Fraction(1)) == "all"


def test_an_outcome_is_told_with_its_numbers() -> None:
    asked = motion(eligible=37)
    votes = tally(37, **{"for": 24}, against=4, abstain=2)
    outcome = METHODS["resolution"].decide(votes, asked.options, asked.settings)
    expected = "Carried: Buy a second oven. 24 for, 4 against, 2 abstain; 30 of 37 members voted."
    assert outcome_sentence(asked, outcome, votes) == expected
    single = motion(eligible=1, quorum="0")
    one = tally(1, **{"for": 1}, against=0, abstain=0)
    assert outcome_sentence(single, Outcome(OutcomeCode.CARRIED, ()), one).endswith("1 of 1 member voted.")
    breads = motion("approval", seats="2")
    chosen = Outcome(OutcomeCode.CARRIED, (), winners=("a", "b"))
    assert " Chosen: Rye, Wheat. Rye: 3, Wheat: 2, Spelt: 0;" in outcome_sentence(
        breads, chosen, tally(12, a=3, b=2, c=0)
    )
    for code in OutcomeCode:
        assert outcome_sentence(asked, Outcome(code, ()), votes)


@pytest.mark.parametrize("method", list(METHODS))
def test_a_rule_sentence_of_any_size_of_electorate_reads_as_one(method: str) -> None:
    for eligible in (1, 2, 3, 12, 1000):
        asked = motion(method, eligible=3)
        sentence = plain(rule_sentence(method, asked.options, asked.settings, eligible))
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert " 0 " not in sentence
