"""The sentence says exactly what is decided: a second decider reads only the sentence, and must always agree (design.md 7)."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.governance.words.wording import plain, rule_sentence
from fedcoop.kernel.errors import MotionRefused
from tests.unit.governance.samples import motion

SHARES = {
    "half": Fraction(1, 2),
    "two thirds": Fraction(2, 3),
    "three quarters": Fraction(3, 4),
    "a third": Fraction(1, 3),
    "a quarter": Fraction(1, 4),
    "a fifth": Fraction(1, 5),
    "three fifths": Fraction(3, 5),
    "four fifths": Fraction(4, 5),
    "all": Fraction(1),
}
NUMBERS = {"one": 1, "two": 2, "three": 3}
SHARE = r"(?:half|two thirds|three quarters|a third|a quarter|a fifth|three fifths|four fifths|all|[\d.]+%|\d+/\d+)"
BOUND = r"(none|(?:at least|more than|at most|fewer than|exactly) (?:" + SHARE + r"|\d+))"
VERBS = {
    "for": "are for",
    "against": "are against",
    "abstain": "abstain",
    "agree": "agree",
    "stand_aside": "stand aside",
    "block": "block",
    "veto": "veto",
}


def share(text: str) -> Fraction:
    if text in SHARES:
        return SHARES[text]
    return Fraction(text.removesuffix("%")) / 100 if text.endswith("%") else Fraction(text)


def holds(have: int, bound: str, base: int | None) -> bool:
    """Whether a number keeps a bound in words: `at least two thirds` of a base, `at most 3`, `none`."""
    if bound == "none":
        return have == 0
    sign, _, rest = bound.partition(" ")
    second, _, number = rest.partition(" ")
    words = f"{sign} {second}" if sign != "exactly" else sign
    limit = (
        Fraction(rest if sign == "exactly" else number)
        if base is None
        else share(rest if sign == "exactly" else number) * base
    )
    return {
        "at least": have >= limit,
        "more than": have > limit,
        "at most": have <= limit,
        "fewer than": have < limit,
        "exactly": have == limit,
    }[words]


def base_named(text: str, counts: Mapping[str, int], eligible: int) -> int:
    cast = sum(counts.values())
    if text.startswith("of the votes for and against"):
        return counts["for"] + counts["against"]
    if text.startswith("of all votes"):
        return cast
    if match := re.match(r"of all (\d+) members", text):
        assert int(match[1]) == eligible
        return eligible
    match = re.match(r"of the (\d+) present", text)
    assert match, text
    return max(int(match[1]), cast)


class Said:
    """A sentence that is taken apart from the front; whatever is left over at the end was not understood."""

    def __init__(self, asked: Motion) -> None:
        self.text = plain(rule_sentence(asked.method, asked.options, asked.settings, asked.eligible))

    def take(self, pattern: str) -> re.Match[str] | None:
        match = re.match(pattern, self.text)
        if match:
            self.text = self.text[match.end() :]
        return match

    def must(self, pattern: str) -> re.Match[str]:
        match = self.take(pattern)
        assert match, f"{pattern} is not the beginning of {self.text}"
        return match


def rest_holds(said: Said, counts: Mapping[str, int], eligible: int) -> tuple[bool, bool]:
    """Read combined requirements and the quorum to the end: do the former hold, is the latter met?"""
    good = True
    while match := said.take(
        rf", and {BOUND} (of [\w ,]+?)?(are for|are against|abstain|agree|stand aside|block)(?=[.,])"
    ):
        bound, of, verb = match[1], match[2], match[3]
        key = next(key for key in counts if VERBS.get(key) == verb)
        if of and (told := re.fullmatch(r"of (\d+) members ", of)):
            assert int(told[1]) == eligible
            good &= holds(counts[key], bound, None)
            continue
        good &= holds(counts[key], bound, base_named(of, counts, eligible) if of else None)
    match = said.take(r", and at least (\d+) of (\d+) members take part")
    assert match is None or int(match[2]) == eligible
    said.must(r"\.")
    return good, match is None or sum(counts.values()) >= int(match[1])


def verdict(good: bool, quorate: bool) -> str:
    return "inquorate" if not quorate else "carried" if good else "not"


def read_resolution(asked: Motion, counts: Mapping[str, int]) -> str:
    said, eligible = Said(asked), asked.eligible
    match = said.must(rf"Carried if ((?:at least|more than) {SHARE}) (of [\w ,]*?),? are for")
    base = base_named(match[2], counts, eligible)
    good = base > 0 and holds(counts["for"], match[1], base)
    more, quorate = rest_holds(said, counts, eligible)
    assert said.text in ("", " Who does not vote counts like a vote against.")
    return verdict(good and more, quorate)


def read_agreement(asked: Motion, counts: Mapping[str, int]) -> str:
    said, eligible, cast = Said(asked), asked.eligible, sum(counts.values())
    gradients = asked.method == "gradients"
    agree = sum(counts[key] for key in (("endorse", "support", "reservations") if gradients else ("agree",)))
    aside = sum(counts[key] for key in (("stand_aside", "not_involved") if gradients else ("stand_aside",)))
    blocks = counts["veto" if gradients else "block"]
    match = said.must(r"Adopted if (?:nobody (?:blocks|vetoes)|at most (\d+) (?:block|veto))")
    good = blocks <= int(match[1] or 0)
    match = said.must(rf", at most ({SHARE}|0%) stand aside(?: or take no part)?")
    good &= aside <= share(match[1]) * cast
    match = said.must(rf", and ((?:at least|more than) {SHARE}) (?:endorse, support or agree|agree)")
    good &= cast > 0 and holds(agree, match[1], cast)
    more, quorate = rest_holds(said, counts, eligible)
    assert said.text == ""
    return verdict(good and more, quorate)


def read_consent(asked: Motion, counts: Mapping[str, int]) -> str:
    said = Said(asked)
    match = said.must(r"Adopted when no objection stands(?: and at least (\d+) of (\d+) people answer)?\.")
    assert said.text in (" Silence counts as consent.", " Silence is not counted.")
    return verdict(counts["objection"] == 0, sum(counts.values()) >= int(match[1] or 0))


def read_opt_in(asked: Motion, counts: Mapping[str, int]) -> bool | None:
    match = re.search(r"target when at least (\d+) join\.", Said(asked).text)
    return counts["accept"] >= int(match[1]) if match else None


READERS = {
    "resolution": read_resolution,
    "consent": read_consent,
    "consensus": read_agreement,
    "gradients": read_agreement,
}
thresholds = st.sampled_from(["1/2", ">1/2", "2/3", ">2/3", "3/4", "66.67%", "5/7", "1", ">1/3", "60%"])
quorums = st.sampled_from(["0", "10%", "1/2", "1", "max(5, 1/10)", "max(3, 1/3)", "33.3%"])
signs = st.sampled_from([">=", ">", "<=", "<", "="])


@st.composite
def demands(draw: st.DrawFn, keys: tuple[str, ...], bases: tuple[str, ...]) -> str:
    found = {}
    for key in draw(st.lists(st.sampled_from(keys), unique=True, max_size=2)):
        base = draw(st.sampled_from(("", *bases)))
        number = draw(st.sampled_from(["1/5", "30%", "3/4", "1/2"])) if base else str(draw(st.integers(0, 6)))
        found[key] = f"{key} {draw(signs)} {number}" + (f" of {base}" if base else "")
    return ", ".join(found.values())


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    method = draw(st.sampled_from(list(READERS)))
    words: dict[str, str] = {"quorum": draw(quorums)}
    if method == "resolution":
        words |= {
            "threshold": draw(thresholds),
            "base": draw(st.sampled_from(["yes_no", "cast", "eligible", "present"])),
        }
        if words["base"] == "present":
            words["present"] = str(draw(st.integers(1, 12)))
        if draw(st.booleans()):
            words["approval_quorum"] = draw(st.sampled_from(["1/4", "1/3", "50%"]))
        words["require"] = draw(demands(("for", "against", "abstain"), ("yes_no", "cast", "eligible")))
    elif method == "consent":
        words["silence"] = draw(st.sampled_from(["consent", "not_counted"]))
    else:
        words |= {"min_agree": draw(thresholds), "max_blocks": str(draw(st.integers(0, 2)))}
        words["max_stand_aside"] = draw(st.sampled_from(["0", "20", "25", "37", "100"]))
        keys = ("agree", "stand_aside", "block", "abstain") if method == "consensus" else ("abstain",)
        words["require"] = draw(demands(keys, ("cast", "eligible")))
    return method, words


def counted(data: st.DataObject, asked: Motion) -> Tally:
    keys = [option.key for option in asked.options]
    votes = data.draw(st.lists(st.sampled_from(keys), max_size=asked.eligible))
    counts = {key: votes.count(key) for key in keys}
    return Tally(counts=counts, voted=len(votes), eligible=asked.eligible)


def made(method: str, eligible: int, words: Mapping[str, str]) -> Motion | None:
    try:
        return motion(method, eligible=eligible, **words)
    except MotionRefused:
        return None


@given(rule=rules(), eligible=st.integers(1, 14), data=st.data())
@settings(max_examples=600, deadline=None)
def test_whoever_reads_only_the_sentence_comes_to_the_same_outcome(
    rule: tuple[str, dict[str, str]], eligible: int, data: st.DataObject
) -> None:
    asked = made(rule[0], eligible, rule[1])
    assert asked is not None or rule[1].get("require")
    if asked is None:
        return
    tally = counted(data, asked)
    outcome = METHODS[asked.method].decide(tally, asked.options, asked.settings)
    decided = outcome.code.value if outcome.code in (OutcomeCode.CARRIED, OutcomeCode.INQUORATE) else "not"
    assert READERS[asked.method](asked, tally.counts) == decided, (Said(asked).text, tally)
    if outcome.code is OutcomeCode.TIED:
        assert tally.counts["for"] == tally.counts["against"] > 0


@given(
    words=st.fixed_dictionaries(
        {"seats": st.sampled_from(["1", "2"]), "quorum": quorums},
        optional={"threshold": st.sampled_from(["1/2", ">1/3"])},
    ),
    data=st.data(),
)
@settings(max_examples=200, deadline=None)
def test_the_sentence_of_approval_says_who_is_chosen(words: dict[str, str], data: st.DataObject) -> None:
    asked = motion("approval", **words)
    ballots: list[Any] = data.draw(st.lists(st.sets(st.sampled_from("abc")), max_size=12))
    counts = {key: sum(key in ballot for ballot in ballots) for key in "abc"}
    outcome = METHODS["approval"].decide(Tally(counts, len(ballots), 12), asked.options, asked.settings)
    said = Said(asked)
    seats = NUMBERS[said.must(r"The (\w+) choices? with most ticks (?:is|are) chosen")[1]]
    bound = said.take(rf", if ((?:at least|more than) {SHARE}) of the ballots approve (?:it|them)")
    quorum = said.take(r", (?:and|if) at least (\d+) of 12 members take part")
    said.must(r"\.$")
    if quorum and len(ballots) < int(quorum[1]):
        assert outcome.code is OutcomeCode.INQUORATE
        return
    may = [key for key in "abc" if counts[key] and (bound is None or holds(counts[key], bound[1], len(ballots)))]
    assert outcome.code is not OutcomeCode.INQUORATE
    assert set(outcome.winners) <= set(may)
    if outcome.code is not OutcomeCode.TIED:
        assert len(outcome.winners) == min(seats, len(may))
        lowest = min((counts[key] for key in outcome.winners), default=0)
        assert all(counts[key] <= lowest for key in may if key not in outcome.winners)


@given(target=st.integers(0, 9), data=st.data())
@settings(max_examples=100, deadline=None)
def test_what_binds_nobody_is_never_carried_and_its_target_is_what_the_sentence_says(
    target: int, data: st.DataObject
) -> None:
    for method, words in (("sense", {}), ("opt_in", {"target": str(target)} if target else {})):
        asked = motion(method, **words)
        outcome = METHODS[method].decide(counted(data, asked), asked.options, asked.settings)
        assert outcome.code is OutcomeCode.NO_RESULT
        assert "binds" in Said(asked).text
    tally = counted(data, asked)
    found = METHODS["opt_in"].decide(tally, asked.options, asked.settings).requirements
    assert [item.met for item in found] == ([] if not target else [read_opt_in(asked, tally.counts)])
