"""Templates: a way to decide, ready to use: method, setting words, phases, and when to take which.

`BUILT_IN` has one for every method and preset; a co-op saves its own beside them. `template_to_json` is the form in which
they are exported, imported and offered to other co-ops: `fedcoop-template-1`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.proposals.builtin_templates import ROWS
from fedcoop.kernel.errors import Invalid, MotionRefused

FORMAT = "fedcoop-template-1"
MOST_DAYS = 366
MAX_LINE, MAX_TEXT, MAX_OPTIONS, MAX_WORDS = 100, 1000, 50, 40
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_USUAL_GRACE = timedelta(seconds=120)
_TEXTS: Mapping[str, int] = {
    "question": MAX_LINE,
    "title": MAX_LINE,
    "method": MAX_LINE,
    "when": MAX_TEXT,
    "when_not": MAX_TEXT,
    "example": MAX_TEXT,
}


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each phase lasts, in days; 0 leaves it out. `admission` asks for sponsors first (governance.md 2)."""

    admission: bool = False
    discussion_days: int = 3
    notice_days: int = 2
    voting_days: int = 7
    review_days: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A way to decide. `question` is what somebody asks who looks for it; `words` are settings by their names.

    `options` are given where the template brings its own. `when`, `when_not` and `example` help to choose.
    """

    key: str
    question: str
    title: str
    method: str
    words: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    phases: Phases = Phases()
    when: str = ""
    when_not: str = ""
    example: str = ""


def _built_in(row: Mapping[str, Any]) -> Template:
    return Template(**{**row, "phases": Phases(**row["phases"])})


BUILT_IN: Mapping[str, Template] = {str(row["key"]): _built_in(row) for row in ROWS if row["method"] in METHODS}
"""Those whose method this program has, by key, in the order in which they are shown."""


def find_template(key: str, own: Iterable[Template] = ()) -> Template | None:
    """Return the template with this key: one of the co-op's own first, else a built-in one."""
    return next((item for item in own if item.key == key), BUILT_IN.get(key))


def by_question(templates: Iterable[Template]) -> dict[str, list[Template]]:
    """Return the templates grouped by their question, in the order in which each comes first."""
    found: dict[str, list[Template]] = {}
    for template in templates:
        found.setdefault(template.question, []).append(template)
    return found


def template_settings(template: Template, *, grace: timedelta = _USUAL_GRACE) -> Settings:
    """Return the settings that the template sets. Raises MotionRefused with the name of the setting as its code."""
    return settings_of(METHODS[template.method], template.words, grace=grace)


def template_options(template: Template, words: Mapping[str, str] | None = None) -> tuple[Option, ...]:
    """Return the options that the template brings, as its method reads them. Raises MotionRefused (`options`)."""
    method = METHODS[template.method]
    if not method.own_options or not template.options:
        return method.default_options()
    read = template.words if words is None else words
    return tuple(method.read_option(f"o{n}", text, read) for n, text in enumerate(template.options, start=1))


def check_template(template: Template) -> Template:
    """Return the template if it can be used here.

    Raises Invalid (`template-key`, `template-text`, `template-phases`, `template-method`, `template-options`,
    `template-setting`); the last says which setting and what to write instead.
    """
    if not _KEY.fullmatch(template.key):
        raise Invalid(
            "template-key", "A short name has up to 40 small letters, digits and _, a letter first.", field="key"
        )
    _check_texts(template)
    _check_phases(template.phases)
    if template.method not in METHODS:
        told = f"This program does not know the method {template.method}; a newer one may. Known are: {', '.join(METHODS)}."
        raise Invalid("template-method", told, field="method")
    try:
        settings = template_settings(template)
    except MotionRefused as error:
        raise Invalid("template-setting", f"{error.code}: {error.message}", field="words") from error
    _check_options(template, settings)
    return template


def _check_texts(template: Template) -> None:
    for name, most in _TEXTS.items():
        text = getattr(template, name)
        if len(text) > most or "\0" in text:
            raise Invalid("template-text", f"{name} has at most {most} characters.", field=name)
    for name in ("question", "title"):
        if not getattr(template, name).strip():
            raise Invalid("template-text", f"Give the template a {name}.", field=name)


def _check_phases(phases: Phases) -> None:
    days = (phases.discussion_days, phases.notice_days, phases.voting_days)
    if not all(0 <= number <= MOST_DAYS for number in days) or not 0 <= phases.review_days <= 10 * MOST_DAYS:
        raise Invalid("template-phases", f"A phase lasts 0 to {MOST_DAYS} days.", field="phases")
    if phases.voting_days == 0:
        raise Invalid("template-phases", "The vote lasts at least a day.", field="phases")


def _check_options(template: Template, settings: Settings) -> None:
    """Options are judged only where the template brings them; else the proposal will."""
    method = METHODS[template.method]
    if not template.options:
        return
    if not method.own_options:
        raise Invalid("template-options", f"{method.title} has its own choices; leave options out.", field="options")
    try:
        method.validate(template_options(template), settings)
    except MotionRefused as error:
        raise Invalid("template-options", f"{error.code}: {error.message}", field="options") from error


# --- JSON -------------------------------------------------------------------------------------------------------


def template_to_json(template: Template) -> dict[str, Any]:
    """Return the template as a JSON value of the form `fedcoop-template-1`."""
    phases = template.phases
    return {
        "format": FORMAT,
        "key": template.key,
        **{name: getattr(template, name) for name in _TEXTS},
        "words": dict(template.words),
        "options": list(template.options),
        "phases": {
            "admission": phases.admission,
            "discussion_days": phases.discussion_days,
            "notice_days": phases.notice_days,
            "voting_days": phases.voting_days,
            "review_days": phases.review_days,
        },
    }


def template_of(value: Any) -> Template:
    """Return the checked template of a JSON value. Raises Invalid (`template-format`, or as `check_template`)."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise Invalid("template-format", f"This is no template of the form {FORMAT}.")
    texts = {name: _text(value.get(name, "")) for name in ("key", *_TEXTS)}
    words, options = value.get("words", {}), value.get("options", [])
    if not isinstance(words, Mapping) or len(words) > MAX_WORDS:
        raise Invalid("template-format", "words is an object of texts, one for each setting.")
    if not isinstance(options, Sequence) or isinstance(options, str) or len(options) > MAX_OPTIONS:
        raise Invalid("template-format", f"options is a list of at most {MAX_OPTIONS} texts.")
    return check_template(
        Template(
            **texts,
            words={_text(name): _text(text) for name, text in words.items()},
            options=tuple(_text(option) for option in options),
            phases=_phases_of(value.get("phases", {})),
        )
    )


def renamed(template: Template, *, key: str, title: str) -> Template:
    """Return the template under another short name and title. Raises Invalid as `check_template` does."""
    return check_template(replace(template, key=key.strip(), title=title.strip()))


def _phases_of(value: Any) -> Phases:
    if not isinstance(value, Mapping):
        raise Invalid("template-format", "phases is an object of days.")
    usual = Phases()
    days = {name: value.get(name, getattr(usual, name)) for name in Phases.__slots__ if name != "admission"}
    admission = value.get("admission", False)
    if not isinstance(admission, bool) or not all(_is_int(number) for number in days.values()):
        raise Invalid("template-format", "phases is an object of days, with admission true or false.")
    return Phases(admission=admission, **days)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise Invalid("template-format", f"A text of the template is no text, or is longer than {MAX_TEXT} characters.")
    return value
