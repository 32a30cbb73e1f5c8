"""A ballot as its page shows it: the options in order with what stands in their fields, what each button does, the sums.

What is typed comes from `choosing`, whether it is a ballot from the method; here is only what templates need.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Option, Reasons
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.money import Currency
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import money, plural
from fedcoop.web.motions.choosing import Marks, Sheet, sheet_of

MOST_RADIOS = 11
"""More steps than this are a number field (design.md 5)."""
WIDE = frozenset(("ranking", "scores", "dots", "dates", "projects"))
"""Forms that stand in the main column: they need its width."""
OF_PEOPLE = frozenset(("stv_scottish", "stv_meek"))
_CHECKED_FIRST = frozenset(("ranking",))
_TITLES = {
    "ranking": "Rank the choices",
    "scores": "Give each a score",
    "dots": "Share out your dots",
    "dates": "When can you come?",
    "projects": "Which projects do you support?",
    "words": "Your answer",
}
_HINTS = {
    "ranking": "Give each as many ranks as you like, 1 is your first choice",
    "several": "Tick all you approve of",
    "projects": "Tick all projects you support",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One option on the ballot. `typed` stands in its field; `now` says what the member's vote says about it."""

    key: str
    sign: words.Sign
    meaning: str
    prompt: str
    needs_reason: bool
    now: str
    typed: str
    checked: bool
    cost: int
    price: str
    no_up: bool
    no_down: bool
    at_most: bool
    so_far: str
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class BallotPage:
    """The whole ballot. `steps` are the values of a scale, empty where a number is typed; `left` dots are still to give."""

    sheet: Sheet
    lines: tuple[Line, ...]
    marks: Marks
    title: str
    hint: str
    wide: bool
    checked_first: bool
    of_people: bool
    ranks: tuple[str, ...]
    steps: tuple[str, ...]
    left: int
    scale: int
    sums: str
    prompts: tuple[tuple[str, str, str], ...]
    hides_reason: bool


def ballot_page(view: MotionView, marks: Marks) -> BallotPage:
    """Return the ballot of this motion with these marks on it."""
    sheet = sheet_of(view.motion, view.form, view.options)
    lines = tuple(_line(view, sheet, option, marks) for option in _in_order(view.options, marks.order))
    form = sheet.form
    spread = sheet.high - sheet.low
    return BallotPage(
        sheet=sheet,
        lines=lines,
        marks=marks,
        title=_title(view),
        hint=_HINTS.get(form, "Choose one"),
        wide=form in WIDE,
        checked_first=form in _CHECKED_FIRST,
        of_people=view.motion.method in OF_PEOPLE,
        ranks=tuple(str(rank) for rank in range(1, len(lines) + 1)),
        steps=tuple(str(step) for step in range(sheet.low, sheet.high + 1)) if spread < MOST_RADIOS else (),
        left=sheet.purse - sum(marks.choice.values()) if isinstance(marks.choice, Scores) else sheet.purse,
        scale=Currency(words.currency(view.motion.settings.extra)).scale,
        sums=_sums(view, marks.choice) if form == "projects" else "",
        prompts=tuple((line.key, line.sign.word, line.prompt) for line in lines if line.prompt),
        hides_reason=view.motion.settings.reasons is Reasons.REQUIRED_FOR and form in ("one", "several"),
    )


def _title(view: MotionView) -> str:
    if view.motion.method in OF_PEOPLE:
        return "Rank the candidates"
    plain = "Your vote" if view.motion.method in ("resolution", "approval") else "Your answer"
    return _TITLES.get(view.form, plain)


def _in_order(options: Iterable[Option], order: tuple[str, ...]) -> list[Option]:
    known = list(options)
    place = {key: at for at, key in enumerate(order)}
    return sorted(known, key=lambda option: place.get(option.key, len(place)))


def _line(view: MotionView, sheet: Sheet, option: Option, marks: Marks) -> Line:
    sign = words.choice(option.key, view.motion.options)
    typed = marks.typed.get(option.key, "")
    ranked = marks.choice if sheet.form == "ranking" else ()
    starts = parse_rfc3339(option.starts_at) if option.starts_at else None
    return Line(
        key=option.key,
        sign=sign,
        meaning=words.meaning(option),
        prompt=words.prompt(option),
        needs_reason=option.key in view.reason_for,
        now=_now(view, option.key),
        typed=typed,
        checked=option.key in marks.choice,
        cost=option.cost,
        price=money(option.cost, words.currency(view.motion.settings.extra)) if option.cost else "",
        no_up=option.key in tuple(ranked)[:1],
        no_down=option.key not in ranked,
        at_most=_at_most(sheet, marks, option.key),
        so_far=_so_far(view, option.key),
        starts=starts,
        ends=starts + timedelta(minutes=option.minutes) if starts is not None and option.minutes else None,
    )


def _now(view: MotionView, key: str) -> str:
    """Return what the member's stored vote says about this option."""
    if view.my is None or key not in view.my.choice:
        return ""
    choice = view.my.choice
    if isinstance(choice, Scores):
        told = words.TIMES.get(choice[key], "") if view.form == "dates" else str(choice[key])
        return f"Your vote now: {told}."
    return f"Your vote now: rank {choice.index(key) + 1}." if view.form == "ranking" else "Your vote now."


def _at_most(sheet: Sheet, marks: Marks, key: str) -> bool:
    """Return whether one dot more is one too many."""
    if sheet.form != "dots" or not isinstance(marks.choice, Scores):
        return False
    return sum(marks.choice.values()) >= sheet.purse or marks.choice.get(key, 0) >= sheet.high


def _so_far(view: MotionView, key: str) -> str:
    """Return the total of this option where it may be seen while the vote runs."""
    if view.tally is None or view.form != "dates":
        return ""
    return f"{plural(view.tally.counts.get(key, 0), 'point')} so far"


def _sums(view: MotionView, choice: Choice) -> str:
    """Return what the supported projects cost together (mock 19)."""
    extra = view.motion.settings.extra
    currency = words.currency(extra)
    total = sum(option.cost for option in view.motion.options if option.key in choice)
    budget = extra.get("budget", 0)
    whole = f" No need to stay below {money(int(budget), currency)}." if budget else ""
    return f"You support projects for {money(total, currency)} in all.{whole}"
