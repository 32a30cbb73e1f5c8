"""What a result page is made of besides its verdict: sections with sentences, a chart, bars, tables and folded details.

The builders of each family of methods fill these; one template shows them all, on any screen and on paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.tallies import Tie, exact_text
from fedcoop.web.frame.formats import listed
from fedcoop.web.results.charts import Bar
from fedcoop.web.results.line_chart import LineChart


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `mark` is `done` for who won, `quiet` for what counts less; `nil` cells are dropped from cards."""

    text: str
    mark: str = ""
    nil: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, its cells, whether it stands out."""

    name: str
    cells: tuple[Cell, ...]
    up: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `scrolls` keeps it a table on a phone; else rows become cards. `words` are columns of text, not numbers."""

    caption: str
    first: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    foot: Row | None = None
    scrolls: bool = False
    words: frozenset[int] = frozenset()
    matrix: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """A folded paragraph."""

    summary: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section under its heading; `lead` stands before chart, bars and table, `after` behind them."""

    id: str
    title: str
    lead: tuple[str, ...] = ()
    chart: LineChart | None = None
    bars: tuple[Bar, ...] = ()
    table: Table | None = None
    after: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Winner:
    """One who is chosen, with how in a sentence."""

    name: str
    how: str


Names = Mapping[str, str]


def names_of(options: Sequence[Option]) -> dict[str, str]:
    """Return the names of the options by key."""
    return {option.key: option.name for option in options}


def short_names(options: Sequence[Option]) -> dict[str, str]:
    """Return first words where they tell all apart, else whole names: for charts and heads of columns."""
    first = {option.key: option.name.split()[0] for option in options if option.name.split()}
    return first if len(set(first.values())) == len(options) else names_of(options)


def number(value: Fraction, places: int = 12) -> str:
    """Return the number exactly where `places` decimals suffice, else rounded to them."""
    return exact_text(value if places >= 12 else Fraction(round(value * 10**places), 10**places))


_RUNGS = {
    "look-back": "in the latest earlier round in which they differed, {first} had more",
    "supporters": "more members support {first}",
    "against": "fewer are against {first}",
    "lot": "the public lot put {first} first",
}


def tie_words(tie: Tie, names: Names) -> str:
    """Return who was equal for what, and by which rung of the ladder they were told apart (governance.md 10.1)."""
    among = listed(sorted(names.get(key, key) for key in tie.among))
    first = names.get(tie.order[0], tie.order[0])
    how = _RUNGS.get(tie.rung, f"{tie.rung} put {{first}} first").format(first=first)
    about = f" ({tie.about})" if tie.about else ""
    return f"{among} were equal{about}: {how}."
