"""The tally: totals of ballots, turnout, and a method's rounds; a pure function of ballots and roll. Counted, never
incremented.

A `Pile` is what ballots are grouped to before they are counted: equal choice, class and weight. A `Count` is what a
method with rounds, rankings or scores finds out; a method of single choices or ticks needs none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from fedcoop.governance.motions.choices import Choice, Scores, Shape

Ranking: TypeAlias = tuple[str | tuple[str, ...], ...]
"""A ranking as files hold it: a nested tuple is an equal rank. Ballots cast here never have one."""


@dataclass(frozen=True, slots=True)
class Pile:
    """`number` equal ballots, each of this weight. `represented`: they came through a delegate (governance.md 8)."""

    choice: Choice | Ranking
    number: int = 1
    weight: int = 1
    member_class: str = ""
    represented: bool = False

    @property
    def value(self) -> int:
        """The weight of the whole pile."""
        return self.number * self.weight


@dataclass(frozen=True, slots=True)
class Tie:
    """Equal options that had to be told apart: by which rung of governance.md 10.1, and in which order (first wins).

    `rung` is `look-back`, `supporters`, `against`, `lot`, or a method's own; `about` says for what in a few words.
    """

    among: tuple[str, ...]
    order: tuple[str, ...]
    rung: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One published stage of a count: totals at its end, who was elected or excluded in it, where votes went.

    `kind` is `first`, `surplus`, `exclusion`, `iteration`, `purchase`, …; `of` names whose votes moved or what was
    bought; `moves` holds what each option gained in it; `exhausted` and `lost` are sums since the beginning.
    """

    kind: str
    totals: Mapping[str, Fraction]
    of: tuple[str, ...] = ()
    moves: Mapping[str, Fraction] = field(default_factory=dict)
    exhausted: Fraction = Fraction(0)
    lost: Fraction = Fraction(0)
    elected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """What a method found: who is elected, in order; a ranking whose groups are ties; the rounds; further figures.

    `facts` holds JSON values only (strings for fractions): quota, pairwise counts, sums, means, costs.
    """

    elected: tuple[str, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()
    rounds: tuple[Round, ...] = ()
    ties: tuple[Tie, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassTally:
    """Heads within one class: counts by option key, who voted, who could have, whose delegate voted for them."""

    counts: Mapping[str, int]
    voted: int
    eligible: int
    represented: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals of one motion.

    `counts` is weighted, by option key (every option present): ticks, sums of scores, or first preferences. `voted`
    members cast a ballot, `represented` ones have a delegate who did, of `eligible`. `heads` is the same without weights
    and None where there are none. `weight` is that of all ballots; None means one each. `guests` are stances without a
    vote, in no other number. `count` is there once the method has counted.
    """

    counts: Mapping[str, int]
    voted: int
    eligible: int
    represented: int = 0
    heads: Mapping[str, int] | None = None
    weight: int | None = None
    classes: Mapping[str, ClassTally] = field(default_factory=dict)
    guests: Mapping[str, int] = field(default_factory=dict)
    count: Count | None = None

    @property
    def cast(self) -> int:
        """The weight of all ballots that count, abstentions among them."""
        return self.voted + self.represented if self.weight is None else self.weight

    @property
    def took_part(self) -> int:
        """How many members voted or are represented: the turnout (governance.md 17)."""
        return self.voted + self.represented

    @property
    def head_counts(self) -> Mapping[str, int]:
        """Totals with one for each member, whatever their weight."""
        return self.counts if self.heads is None else self.heads


Counter_: TypeAlias = Callable[[Sequence[Pile]], Count | None]


def tally_of_piles(
    piles: Iterable[Pile],
    *,
    options: Iterable[str],
    eligible: Mapping[str, int],
    shape: Shape = Shape.SET,
    count: Counter_ | None = None,
    classes: Sequence[str] = (),
) -> Tally:
    """Return the totals; `options` are all keys, `eligible` the rows of the roll with a vote by class.

    `count` is the method's own count over the piles that have a vote, where its result is wanted. `classes` are told
    apart even if nobody of them is on the roll. The order of the piles changes nothing.
    """
    given = sorted(_merged(piles), key=_order)
    counting = [pile for pile in given if pile.weight > 0]
    keys = tuple(options)
    weighted = any(pile.weight != 1 for pile in counting)
    return Tally(
        counts=totals(counting, keys, shape),
        voted=sum(pile.number for pile in counting if not pile.represented),
        eligible=sum(eligible.values()),
        represented=sum(pile.number for pile in counting if pile.represented),
        heads=totals([_head(pile) for pile in counting], keys, shape) if weighted else None,
        weight=sum(pile.value for pile in counting) if weighted else None,
        classes=_classes(counting, keys, {**dict.fromkeys(classes, 0), **eligible}, shape, always=bool(classes)),
        guests=_guests(given, keys, shape),
        count=count(counting) if count is not None else None,
    )


def totals(piles: Iterable[Pile], options: Iterable[str], shape: Shape) -> dict[str, int]:
    """Return the weighted total of each option: ticks, sums of scores, or first preferences."""
    counts = dict.fromkeys(options, 0)
    for pile in piles:
        for key, marks in _marks(pile.choice, shape):
            counts[key] += marks * pile.value
    return counts


def _marks(choice: Choice | Ranking, shape: Shape) -> Iterable[tuple[str, int]]:
    if isinstance(choice, Scores):
        return choice.items()
    keys = choice[:1] if shape is Shape.RANKING else choice
    return [(key, 1) for key in keys if isinstance(key, str)]


def _merged(piles: Iterable[Pile]) -> list[Pile]:
    numbers: Counter[tuple[Any, ...]] = Counter()
    for pile in piles:
        numbers[(pile.choice, pile.weight, pile.member_class, pile.represented)] += pile.number
    return [Pile(choice, number, weight, name, given) for (choice, weight, name, given), number in numbers.items()]


def _order(pile: Pile) -> tuple[str, int, str, bool]:
    return (_spelled(pile.choice), pile.weight, pile.member_class, pile.represented)


def _spelled(choice: Choice | Ranking) -> str:
    """Return a text for the choice: keys have no line break, so that a plain ranking needs no quotes to be told apart."""
    if isinstance(choice, Scores):
        return repr(sorted(choice.items()))
    try:
        return "\n".join(choice)  # type: ignore[arg-type]
    except TypeError:
        return repr(choice)


def _head(pile: Pile) -> Pile:
    return Pile(pile.choice, pile.number, 1, pile.member_class, pile.represented)


def _classes(
    piles: Sequence[Pile], keys: tuple[str, ...], eligible: Mapping[str, int], shape: Shape, *, always: bool
) -> dict[str, ClassTally]:
    """Return heads by class where the roll has more than one, or the rule goes by classes."""
    if len(eligible) < 2 and not always:
        return {}
    found = {}
    for name in sorted(eligible):
        own = [_head(pile) for pile in piles if pile.member_class == name]
        voted = sum(pile.number for pile in own if not pile.represented)
        represented = sum(pile.number for pile in own if pile.represented)
        found[name] = ClassTally(totals(own, keys, shape), voted, eligible[name], represented)
    return found


def _guests(piles: Sequence[Pile], keys: tuple[str, ...], shape: Shape) -> dict[str, int]:
    own = [_head(pile) for pile in piles if pile.weight == 0]
    return totals(own, keys, shape) if own else {}


# --- JSON -------------------------------------------------------------------------------------------------------


def exact_text(value: Fraction) -> str:
    """Return the number exactly: as a decimal of at most 12 places where it is one, else as `a/b`."""
    for digits in (0, 5, 12):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            whole, rest = divmod(abs(scaled.numerator), 10**digits)
            text = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
            return f"-{text}" if value < 0 else text
    return f"{value.numerator}/{value.denominator}"


def count_to_json(count: Count) -> dict[str, Any]:
    """Return the count as a JSON value; numbers of rounds are exact texts."""
    return {
        "elected": list(count.elected),
        "ranking": [list(group) for group in count.ranking],
        "rounds": [_round_to_json(item) for item in count.rounds],
        "ties": [_tie_to_json(tie) for tie in count.ties],
        "facts": dict(count.facts),
    }


def count_of(value: Mapping[str, Any]) -> Count:
    """Return the count of a JSON value made by `count_to_json`."""
    return Count(
        elected=tuple(value["elected"]),
        ranking=tuple(tuple(group) for group in value["ranking"]),
        rounds=tuple(_round_of(item) for item in value["rounds"]),
        ties=tuple(_tie_of(item) for item in value["ties"]),
        facts=dict(value["facts"]),
    )


def _round_to_json(item: Round) -> dict[str, Any]:
    value: dict[str, Any] = {
        "kind": item.kind,
        "totals": {key: exact_text(number) for key, number in item.totals.items()},
        "of": list(item.of),
        "moves": {key: exact_text(number) for key, number in item.moves.items()},
        "exhausted": exact_text(item.exhausted),
        "lost": exact_text(item.lost),
        "elected": list(item.elected),
        "excluded": list(item.excluded),
        "ties": [_tie_to_json(tie) for tie in item.ties],
    }
    return {**value, "facts": dict(item.facts)} if item.facts else value


def _round_of(value: Mapping[str, Any]) -> Round:
    return Round(
        kind=str(value["kind"]),
        totals={key: Fraction(text) for key, text in value["totals"].items()},
        of=tuple(value["of"]),
        moves={key: Fraction(text) for key, text in value["moves"].items()},
        exhausted=Fraction(value["exhausted"]),
        lost=Fraction(value["lost"]),
        elected=tuple(value["elected"]),
        excluded=tuple(value["excluded"]),
        ties=tuple(_tie_of(item) for item in value["ties"]),
        facts=dict(value.get("facts", {})),
    )


def _tie_to_json(tie: Tie) -> dict[str, Any]:
    return {"among": list(tie.among), "order": list(tie.order), "rung": tie.rung, "about": tie.about}


def _tie_of(value: Mapping[str, Any]) -> Tie:
    return Tie(tuple(value["among"]), tuple(value["order"]), str(value["rung"]), str(value["about"]))


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """Return the tally as a JSON value; what does not apply is left out."""
    value: dict[str, Any] = {"counts": dict(tally.counts), "voted": tally.voted, "eligible": tally.eligible}
    if tally.represented:
        value["represented"] = tally.represented
    if tally.heads is not None:
        value["heads"] = dict(tally.heads)
    if tally.weight is not None:
        value["weight"] = tally.weight
    if tally.classes:
        value["classes"] = {
            name: {"counts": dict(item.counts), "voted": item.voted, "eligible": item.eligible}
            | ({"represented": item.represented} if item.represented else {})
            for name, item in tally.classes.items()
        }
    if tally.guests:
        value["guests"] = dict(tally.guests)
    if tally.count is not None:
        value["count"] = count_to_json(tally.count)
    return value


def tally_of(value: Mapping[str, Any]) -> Tally:
    """Return the tally of a JSON value made by `tally_to_json`."""
    heads, count = value.get("heads"), value.get("count")
    return Tally(
        counts=dict(value["counts"]),
        voted=int(value["voted"]),
        eligible=int(value["eligible"]),
        represented=int(value.get("represented", 0)),
        heads=None if heads is None else dict(heads),
        weight=value.get("weight"),
        classes={
            name: ClassTally(
                dict(item["counts"]), int(item["voted"]), int(item["eligible"]), int(item.get("represented", 0))
            )
            for name, item in value.get("classes", {}).items()
        },
        guests=dict(value.get("guests", {})),
        count=None if count is None else count_of(count),
    )
