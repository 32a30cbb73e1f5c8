"""Results of budgets: what is funded with which money, each project's support, the rounds of equal shares (11.2)."""

from fractions import Fraction

from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.tallies import Count, Round, Tally
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import listed, money, plural, whole
from fedcoop.web.results.charts import spent
from fedcoop.web.results.result_parts import (
    Cell,
    Detail,
    Names,
    Row,
    Section,
    Table,
    Winner,
    names_of,
    number,
    tie_words,
)


def sections(motion: Motion, tally: Tally, count: Count) -> tuple[Section, ...]:
    """Return the money, the table of projects, and how they were chosen."""
    return (_projects(motion, tally, count), *_rounds(motion, count))


def winners(motion: Motion, tally: Tally, count: Count) -> tuple[Winner, ...]:
    """Return what is funded, with cost and support."""
    currency, support = words.currency(motion.settings.extra), _support(tally, count)
    options = {option.key: option for option in motion.options}
    return tuple(
        Winner(
            options[key].name,
            f"{money(options[key].cost, currency)}, supported by {plural(support.get(key, 0), 'member')}.",
        )
        for key in count.elected
    )


def _support(tally: Tally, count: Count) -> dict[str, int]:
    return {key: int(value) for key, value in dict(count.facts.get("supporters", tally.counts)).items()}


def _projects(motion: Motion, tally: Tally, count: Count) -> Section:
    currency, support = words.currency(motion.settings.extra), _support(tally, count)
    funded = count.elected
    options = sorted(
        motion.options,
        key=lambda option: (
            funded.index(option.key) if option.key in funded else len(funded),
            -support.get(option.key, 0),
            option.name,
        ),
    )
    rows = tuple(
        Row(
            option.name,
            (
                Cell(money(option.cost, currency)),
                Cell(whole(support.get(option.key, 0))),
                Cell("Funded", "done") if option.key in funded else Cell("Not funded"),
            ),
            up=option.key in funded,
        )
        for option in options
    )
    table = Table(
        "Projects with cost and support, the funded ones on top.",
        "Project",
        ("Cost", "Supporters", "Result"),
        rows,
        words=frozenset((2,)),
    )
    names = names_of(motion.options)
    bars = (spent(motion.options, funded, int(count.facts.get("budget_minor", 0)), currency),)
    return Section(
        "projects", "The money", bars=bars, table=table, after=tuple(tie_words(tie, names) for tie in count.ties)
    )


def _rounds(motion: Motion, count: Count) -> tuple[Section, ...]:
    if not count.rounds:
        return ()
    names, currency = names_of(motion.options), words.currency(motion.settings.extra)
    details = tuple(_detail(at, item, names, currency) for at, item in enumerate(count.rounds, 1))
    return (Section("purchases", "Project by project", lead=_start(motion, count, currency), details=details),)


def _start(motion: Motion, count: Count, currency: str) -> tuple[str, ...]:
    if "start_minor" not in count.facts:
        return ("The projects with most support come first. What no longer fits into the money is passed over.",)
    start = money(int(Fraction(str(count.facts["start_minor"]))), currency)
    return (
        f"In the run that counts, each ballot starts with {start}. Supporters of a project pay for it together, as "
        "equally as what they have left allows. Bought next is the project of which each supporter pays the smallest "
        "part.",
    )


def _detail(at: int, item: Round, names: Names, currency: str) -> Detail:
    who = listed([names.get(key, key) for key in item.of])
    if item.kind == "skipped":
        return Detail(f"{at}. {who} is passed over", (f"It no longer fits into the money.{_left(item, currency)}",))
    if "most_paid_minor" in item.facts:
        paid = money(round(Fraction(str(item.facts["most_paid_minor"]))), currency)
        votes = sorted(item.totals.items(), key=lambda pair: (-pair[1], names.get(pair[0], pair[0])))
        told = [f"{names.get(key, key)} {number(value, 2)}" for key, value in votes]
        effective = f"Effective votes (cost ÷ what one supporter pays at most): {listed(told)}." if told else ""
        return Detail(f"{at}. {who} is bought", (f"No supporter pays more than {paid}.", effective))
    kind = "is bought with the money left over" if item.kind == "fill" else "is bought"
    support = [f"{number(value)} supporters" for key, value in item.totals.items() if key in item.of]
    return Detail(f"{at}. {who} {kind}", (f"{listed(support) or 'Supported'}.{_left(item, currency)}",))


def _left(item: Round, currency: str) -> str:
    return f" {money(int(item.facts['left_minor']), currency)} are left." if "left_minor" in item.facts else ""
