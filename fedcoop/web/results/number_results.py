"""Results that are numbers by option: ticks, scores, dots, ranking points, answers to times (governance.md 7.8 to 7.18)."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.tallies import Count, Tally
from fedcoop.web.frame.formats import percent, plural, whole
from fedcoop.web.results.charts import amounts
from fedcoop.web.results.result_parts import Cell, Row, Section, Table, Winner, names_of, number, tie_words

Columns = Mapping[str, Callable[[str], str]]
_RULES = {"sum": "the highest sum wins", "mean": "the highest mean wins", "median": "the highest median wins"}


def ticks(motion: Motion, tally: Tally, count: Count | None) -> tuple[Section, ...]:
    """Return the ticks of each option as a table; the bars stand under the verdict."""
    columns = {
        "Ticks": lambda key: whole(tally.counts.get(key, 0)),
        "Of the ballots": lambda key: percent(tally.counts.get(key, 0), tally.cast),
    }
    return (_table(motion, tally.counts, count, "ticks", "Ticks by choice", columns),)


def scores(motion: Motion, tally: Tally, count: Count) -> tuple[Section, ...]:
    """Return sums, means, medians and raters. The rule that decides is named."""
    facts = count.facts
    sums, means = dict(facts.get("sums", tally.counts)), dict(facts.get("means", {}))
    medians, raters = dict(facts.get("medians", {})), dict(facts.get("raters", {}))
    columns = {
        "Sum": lambda key: whole(sums.get(key, 0)),
        "Mean": lambda key: number(Fraction(str(means[key])), 3) if key in means else "–",
        "Median": lambda key: str(medians.get(key, "–")),
        "Scored by": lambda key: whole(raters.get(key, 0)),
    }
    lead = [f"The rule of this vote: {_RULES.get(str(facts.get('rule', 'sum')), 'the highest sum wins')}."]
    if int(facts.get("min_raters", 1)) > 1:
        lead.append(f"A choice needed scores from at least {plural(int(facts['min_raters']), 'member')}.")
    lead.append("The mean is over those who scored; the median is the middle score, of two middle ones the lower.")
    section = _table(motion, sums, count, "scores", "Scores by choice", columns, lead=tuple(lead))
    return (_with_bars(section, motion, sums, "in all"),)


def dots(motion: Motion, tally: Tally, count: Count) -> tuple[Section, ...]:
    """Return the dots of each option, and how many were spent."""
    had, spent = int(count.facts.get("dots", 0)), int(count.facts.get("spent", sum(tally.counts.values())))
    columns = {
        "Dots": lambda key: whole(tally.counts.get(key, 0)),
        "Of those spent": lambda key: percent(tally.counts.get(key, 0), spent),
    }
    lead = (f"{whole(spent)} of {plural(had, 'dot')} were spent.",) if had else ()
    section = _table(motion, tally.counts, count, "dots", "Dots by choice", columns, lead=lead)
    return (_with_bars(section, motion, tally.counts, "dots"),)


def points(motion: Motion, tally: Tally, count: Count) -> tuple[Section, ...]:
    """Return ranking points beside first places."""
    found = {key: int(value) for key, value in dict(count.facts.get("points", {})).items()}
    columns = {
        "Points": lambda key: whole(found.get(key, 0)),
        "First places": lambda key: whole(tally.counts.get(key, 0)),
    }
    lead = (f"A first place is worth {plural(len(found), 'point')}, each further one a point less.",) if found else ()
    section = _table(motion, found, count, "points", "Points by choice", columns, lead=lead)
    return (_with_bars(section, motion, found, "points"),)


def dates(motion: Motion, count: Count, when: Callable[[Option], str]) -> tuple[Section, ...]:
    """Return the answers to each time, in the order found; `when` words a time on the co-op's clocks."""
    answers: Mapping[str, Mapping[str, int]] = count.facts.get("answers", {})
    options = {option.key: option for option in motion.options}
    order = [key for group in count.ranking for key in group] or list(answers)
    required = any(row.get("required_no") for row in answers.values())
    heads = ("Yes", "If need be", "No", *(("Required, but no",) if required else ()), "Sum")
    parts = ("yes", "maybe", "no", *(("required_no",) if required else ()), "score")
    rows = tuple(
        Row(
            when(options[key]),
            tuple(Cell(whole(answers[key].get(part, 0))) for part in parts),
            up=key in count.elected,
        )
        for key in order
        if key in answers
    )
    table = Table("Answers by time, the first time on top.", "Time", heads, rows)
    names = {option.key: when(option) for option in motion.options}
    return (Section("times", "Answers by time", table=table, after=tuple(tie_words(tie, names) for tie in count.ties)),)


def winners(motion: Motion, count: Count | None, how: Callable[[str], str]) -> tuple[Winner, ...]:
    """Return who is chosen, each with `how`."""
    names = names_of(motion.options)
    return tuple(Winner(names[key], how(key)) for key in count.elected) if count is not None else ()


def _table(
    motion: Motion,
    totals: Mapping[str, int],
    count: Count | None,
    id_: str,
    title: str,
    columns: Columns,
    *,
    lead: tuple[str, ...] = (),
) -> Section:
    names, elected = names_of(motion.options), count.elected if count is not None else ()
    order = [option.key for option in motion.options if option.key in totals]
    order.sort(key=lambda key: (elected.index(key) if key in elected else len(elected), -totals[key], names[key]))
    rows = tuple(Row(names[key], tuple(Cell(text(key)) for text in columns.values()), key in elected) for key in order)
    table = Table(f"{title}, most first.", "Choice", tuple(columns), rows)
    ties = tuple(tie_words(tie, names) for tie in count.ties) if count is not None else ()
    return Section(id_, title, lead=lead, table=table, after=ties)


def _with_bars(section: Section, motion: Motion, totals: Mapping[str, int], unit: str) -> Section:
    return Section(
        section.id,
        section.title,
        section.lead,
        bars=amounts(motion.options, totals, unit),
        table=section.table,
        after=section.after,
    )
