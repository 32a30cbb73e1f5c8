"""In which order a member sees the options: as given, by name, or shuffled for each member, always the same for one (4).

A list is read from the top, and who stands there gains by it; shuffling gives each voter another top.
"""

import hashlib
from collections.abc import Iterable, Sequence

from fedcoop.governance.motions.motion import Option, OptionOrder, Settings
from fedcoop.kernel.html import fold_name

_LAST = ("none", "ron")
"""Settings that name an option which stands for nobody: it stays at the end, where it is looked for."""


def shown_order(options: Sequence[Option], settings: Settings, *, poll: str, member: str) -> tuple[Option, ...]:
    """Return the options as this member sees them. `poll` and `member` are ids; a reader without a vote has `""`."""
    last = {str(settings.extra[name]) for name in _LAST if name in settings.extra}
    first = [option for option in options if option.key not in last]
    return (*_sorted(first, settings.option_order, f"{poll}\n{member}"), *(o for o in options if o.key in last))


def _sorted(options: Iterable[Option], order: OptionOrder, seed: str) -> list[Option]:
    if order is OptionOrder.ALPHABETICAL:
        return sorted(options, key=lambda option: (fold_name(option.name), option.key))
    if order is OptionOrder.SHUFFLED:
        return sorted(options, key=lambda option: hashlib.sha256(f"{seed}\n{option.key}".encode()).digest())
    return list(options)
