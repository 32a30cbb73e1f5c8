"""What a decision method must provide (architecture.md 7): check a choice, count, decide, and say its rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Quorum, Settings, Threshold
from fedcoop.governance.motions.outcomes import Outcome, Requirement
from fedcoop.governance.motions.tallies import Count, Pile, Tally
from fedcoop.kernel.errors import BallotRefused


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; bold where it holds a number that decides (design.md 7)."""

    text: str
    bold: bool = False


Sentence = tuple[Part, ...]


class Method(Protocol):
    """One way to decide. `wire` is how it shows as a poll (`oneOf`, `anyOf`), None where it cannot.

    `shape` is what a ballot looks like, `form` the name of its part of the voting page, `own_options` whether the motion
    brings its options. `binding` says whether it can decide anything; what is not binding may re-open (governance.md 2).
    `has_quorum` says whether too few can take part; where words or answers are gathered, nobody is too few.
    Write a new one as a subclass of `BaseMethod`.
    """

    key: str
    title: str
    icon: str
    wire: str | None
    own_options: bool
    shape: Shape
    form: str
    binding: bool
    has_quorum: bool

    def default_options(self) -> tuple[Option, ...]:
        """Return the options where the method has its own, else nothing; with `own_options` those used where none are given."""
        ...

    def read_option(self, key: str, text: str, settings: Mapping[str, str]) -> Option:
        """Return an option as typed: a name; with costs or times also these. Raises MotionRefused (`options`)."""
        ...

    def defaults(self) -> Settings:
        """Return the settings of an unadorned motion."""
        ...

    def extra_keys(self) -> Mapping[str, type]:
        """Return the names of `Settings.extra` that the method reads, with their types.

        int, bool, str; Fraction for a share, kept as text; `setting_words.MinorUnits` for money in the currency set.
        """
        ...

    def reads(self) -> Mapping[str, str]:
        """Return which of `threshold`, `base`, `approval_quorum` it reads, by the names that `--set` has for them."""
        ...

    def threshold_of(self, settings: Settings) -> Threshold | None:
        """Return the threshold that the rule asks for under these settings, or None where it asks for none."""
        ...

    def named_members(self, settings: Settings) -> Mapping[str, tuple[str, ...]]:
        """Return the short names of members that settings hold, by setting: each must be a member (`required`, `advisers`)."""
        ...

    def marked(self, settings: Settings) -> tuple[str, ...]:
        """Return the short names of those who have the class `required` on the roll."""
        ...

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused if options and settings do not fit."""
        ...

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`option`, `too-many`, `too-few`, `range`, `ranks`, …) if the choice is no ballot."""
        ...

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return whether this choice must come with a reason."""
        ...

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count | None:
        """Return the method's count with a full record of its steps, or None where the totals say all.

        Same input, same result; the order of piles and of options does not matter. Every pile has a weight above 0.
        """
        ...

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return what the tally means; a method with a count finds it in `tally.count`."""
        ...

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return when it carries, in one or two sentences (design.md 7)."""
        ...


class BaseMethod:
    """What most methods share; a method overrides what is its own."""

    wire: str | None = None
    own_options = False
    shape = Shape.ONE
    form = "one"
    binding = True
    has_quorum = True

    def default_options(self) -> tuple[Option, ...]:
        """Return nothing: the options are the motion's own."""
        return ()

    def read_option(self, key: str, text: str, settings: Mapping[str, str]) -> Option:
        """Return the option with this name."""
        return Option(key, text.strip())

    def extra_keys(self) -> Mapping[str, type]:
        """Return nothing: there are no further settings."""
        return {}

    def reads(self) -> Mapping[str, str]:
        """Return nothing: neither threshold nor base."""
        return {}

    def threshold_of(self, settings: Settings) -> Threshold | None:
        """Return the threshold set, if the method reads one."""
        return settings.threshold if "threshold" in self.reads().values() else None

    def named_members(self, settings: Settings) -> Mapping[str, tuple[str, ...]]:
        """Return nothing: settings name nobody."""
        return {}

    def marked(self, settings: Settings) -> tuple[str, ...]:
        """Return nobody."""
        return ()

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused unless the choice is exactly one of the options."""
        check_single(choice, options)

    def needs_reason(self, choice: Choice, settings: Settings) -> bool:
        """Return False: only the setting `reasons` asks for one."""
        return False

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count | None:
        """Return None: the totals say all."""
        return None


def keys_of(choice: Choice) -> tuple[str, ...]:
    """Return the choice as keys. Raises BallotRefused (`choice-shape`) for scores."""
    if isinstance(choice, Scores):
        raise BallotRefused("choice-shape", 'This vote takes option keys, such as ["a"], not scores.')
    return choice


def scores_of(choice: Choice) -> Scores:
    """Return the choice as scores; the empty one scores nothing. Raises BallotRefused (`choice-shape`) for keys."""
    if not isinstance(choice, Scores):
        if not choice:
            return Scores()
        raise BallotRefused("choice-shape", 'This vote takes numbers by option, such as {"a": 3}.')
    return choice


def check_single(choice: Choice, options: Sequence[Option]) -> None:
    """Raise BallotRefused unless the choice is exactly one of the options."""
    choice = keys_of(choice)
    if not choice:
        raise BallotRefused("too-few", "Choose one answer.")
    if len(choice) > 1:
        raise BallotRefused("too-many", "Choose one answer only.")
    if choice[0] not in {option.key for option in options}:
        raise BallotRefused("option", "That answer is not among the choices.")


def needed(quorum: Quorum, eligible: int) -> int:
    """Return how many must take part: max(floor, ceil(share × E)), never more than E (6).

    The floor asks for ceil(E/2) at most, but for consent (7.5), whose floor may ask for all.
    """
    by_share = ceil_of(quorum.share * eligible)
    floor = quorum.floor if quorum.floor_up_to_all else min(quorum.floor, ceil_of(Fraction(eligible, 2)))
    return min(max(by_share, floor), eligible)


def ceil_of(value: Fraction) -> int:
    """Return the smallest integer that is not below `value`."""
    return -(-value.numerator // value.denominator)


def reaches(part: int, base: int, threshold: Threshold) -> bool:
    """Compare by cross-multiplication, exactly (governance.md 1)."""
    left, right = part * threshold.share.denominator, threshold.share.numerator * base
    return left > right if threshold.strict else left >= right


def least(base: int, threshold: Threshold) -> int:
    """Return the smallest number that reaches the threshold of `base`."""
    exact = threshold.share * base
    return exact.numerator // exact.denominator + 1 if threshold.strict else ceil_of(exact)


def quorum_requirement(tally: Tally, settings: Settings) -> Requirement | None:
    """Return the participation quorum with its arithmetic, or None where none is set."""
    need = needed(settings.quorum, tally.eligible)
    if need == 0:
        return None
    present = present_for_quorum(tally, settings)
    met = present >= need
    verb = "is at least" if met else "is fewer than"
    work = f"{plural(present, 'member', 'members')} of {tally.eligible} took part. {present} {verb} {need}."
    if tally.represented:
        work += f" {_represented_words(tally, settings)}"
    return Requirement(
        name="quorum",
        title=f"At least {need} of {tally.eligible} take part",
        met=met,
        have=present,
        need=need,
        work=work,
    )


def present_for_quorum(tally: Tally, settings: Settings) -> int:
    """Return how many count as taking part: who voted, and the represented where the rule says so (governance.md 8)."""
    return tally.took_part if settings.delegation.counts_for_quorum else tally.voted


def _represented_words(tally: Tally, settings: Settings) -> str:
    if settings.delegation.counts_for_quorum:
        return f"{tally.represented} of them through a delegate."
    return f"{plural(tally.represented, 'vote', 'votes')} through a delegate do not count for this."


def amount(value: Fraction) -> str:
    """Return a number in digits, with two decimals or as many more as it needs not to look whole; no floats (1)."""
    digits = 2
    while value.denominator != 1 and round(value * 10**digits) % 10**digits == 0:
        digits += 1
    whole, rest = divmod(round(value * 10**digits), 10**digits)
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")


def plural(number: int, one: str, many: str) -> str:
    """Return the number with the right form of the word."""
    return f"{number} {one if number == 1 else many}"


def told_apart(texts: Sequence[str]) -> str:
    """Return the texts as a list whose items can be told apart also where one of them has a comma."""
    return ("; " if any("," in text for text in texts) else ", ").join(texts)


def totals_words(counts: Mapping[str, int], options: Sequence[Option]) -> str:
    """Return `24 for, 4 against, 2 abstain`, or `Rye: 3, Wheat: 2` where the options have names of their own."""
    names = {option.key: option.name for option in options}
    if set(names) == {"for", "against", "abstain"}:
        return ", ".join(f"{number} {names[key].lower()}" for key, number in counts.items())
    return told_apart([f"{names[key]}: {number}" for key, number in counts.items()])


_SHARES = {
    Fraction(1, 2): "half",
    Fraction(2, 3): "two thirds",
    Fraction(3, 4): "three quarters",
    Fraction(1, 3): "a third",
    Fraction(1, 4): "a quarter",
    Fraction(1, 5): "a fifth",
    Fraction(3, 5): "three fifths",
    Fraction(4, 5): "four fifths",
    Fraction(1): "all",
}


def share_words(share: Fraction) -> str:
    """Return the share in words where there are some, else as a fraction or percentage that is exact."""
    if share in _SHARES:
        return _SHARES[share]
    hundredth = share * 10_000
    if hundredth.denominator == 1:
        whole, rest = divmod(int(hundredth), 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
    return f"{share.numerator}/{share.denominator}"


def threshold_words(threshold: Threshold) -> str:
    """Return `more than half`, `at least two thirds`, … (design.md 7)."""
    return f"{'more than' if threshold.strict else 'at least'} {share_words(threshold.share)}"


def comparison(threshold: Threshold, *, met: bool) -> str:
    """Return how the sum ends: `is more than`, `is at least`, or that it is not."""
    if threshold.strict:
        return "is more than" if met else "is not more than"
    return "is at least" if met else "is fewer than"


def extra_int(settings: Settings, key: str, default: int) -> int:
    """Return a whole number of the method's own settings."""
    value: Any = settings.extra.get(key, default)
    return int(value)
