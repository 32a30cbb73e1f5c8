"""Options as they are typed, one a line: `Name | meaning | icon | prompt`; what a name holds is the method's own.

`Solar on the roof: 500 | For the warehouse | sprout | What would you power with it?` Everything after the name may be left
out. A line that begins with `{` is a JSON object with the same, and with costs and times as stored. Pure; the form and
the command line share it.
"""

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Option, option_to_json
from fedcoop.kernel.errors import MotionRefused

ICONS = frozenset(
    (
        "alert",
        "app",
        "bell",
        "book",
        "box",
        "bread",
        "cal",
        "check",
        "circle",
        "clock",
        "concern",
        "cross",
        "dash",
        "decide",
        "dots",
        "down",
        "edit",
        "eye",
        "flag",
        "get",
        "globe",
        "grip",
        "hand",
        "home",
        "hourglass",
        "info",
        "key",
        "link",
        "lock",
        "mail",
        "menu",
        "money",
        "next",
        "people",
        "plus",
        "prev",
        "print",
        "rank",
        "reply",
        "scale",
        "score",
        "seal",
        "search",
        "share",
        "slip",
        "sprout",
        "stop",
        "talk",
        "truck",
        "undo",
        "up",
        "web",
    )
)
"""The names of the icon sheet that an option may carry (a test compares them with the sheet)."""
MAX_MEANING, MAX_PROMPT, MAX_PARTS = 200, 200, 4


def keys_for(number: int) -> list[str]:
    """Return that many keys: a, b, …, z, aa, ab, …: short to write in a ballot."""
    letters = string.ascii_lowercase
    return [*letters, *(first + second for first in letters for second in letters)][:number]


def read_lines(method: Method, typed: Sequence[str], settings: Mapping[str, str]) -> tuple[Option, ...]:
    """Return the options of these lines. Raises MotionRefused (`options`, `option-icon`, `option-words`)."""
    lines = [line.strip() for line in typed if line.strip()]
    if len(lines) > len(keys_for(1000)):
        raise MotionRefused("options", "That are too many choices.")
    return tuple(_read(method, key, line, settings) for key, line in zip(keys_for(len(lines)), lines, strict=True))


def _read(method: Method, key: str, line: str, settings: Mapping[str, str]) -> Option:
    if line.startswith("{"):
        return option_of(method, key, _object(line), settings)
    parts = [part.strip() for part in line.split("|")]
    if len(parts) > MAX_PARTS:
        raise MotionRefused("options", "Write a choice as: Name | meaning | icon | prompt.")
    option = method.read_option(key, parts[0], settings)
    meaning, icon, prompt = [*parts[1:], "", "", ""][:3]
    return checked(replace(option, meaning=meaning or option.meaning, icon=icon or option.icon, prompt=prompt))


def option_of(method: Method, key: str, value: Mapping[str, Any], settings: Mapping[str, str]) -> Option:
    """Return the option of a JSON object with `name` and any of meaning, icon, prompt, cost, starts_at, minutes.

    Raises MotionRefused (`options`, `option-icon`, `option-words`).
    """
    known = {
        "key": str,
        "name": str,
        "meaning": str,
        "icon": str,
        "prompt": str,
        "cost": int,
        "starts_at": str,
        "minutes": int,
    }
    for name, given in value.items():
        kind = known.get(name)
        if kind is None or not isinstance(given, kind) or isinstance(given, bool):
            raise MotionRefused("options", f"A choice has {', '.join(known)}; {name} cannot stand so.")
    name, costs = str(value.get("name", "")), {"cost", "starts_at", "minutes"} & set(value)
    option = Option(key, name.strip()) if costs else method.read_option(key, name, settings)
    return checked(replace(option, **{word: given for word, given in value.items() if word != "name"}))


def checked(option: Option) -> Option:
    """Return the option. Raises MotionRefused (`option-icon`, `option-words`) for what cannot be shown."""
    if option.icon and option.icon not in ICONS:
        raise MotionRefused(
            "option-icon", f"There is no icon {option.icon[:40]}. Known are: {', '.join(sorted(ICONS))}."
        )
    if len(option.meaning) > MAX_MEANING or len(option.prompt) > MAX_PROMPT:
        raise MotionRefused("option-words", f"Meaning and prompt have at most {MAX_MEANING} characters each.")
    return option


def line_of(option: Option) -> str:
    """Return the option as a line that `read_lines` reads back whole, whatever its method."""
    return json.dumps(option_to_json(option), ensure_ascii=False)


def _object(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MotionRefused("options", 'A choice that begins with { is JSON, such as {"name": "Rye"}.') from error
    if not isinstance(value, dict):
        raise MotionRefused("options", 'A choice that begins with { is JSON, such as {"name": "Rye"}.')
    return value
