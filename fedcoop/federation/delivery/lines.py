"""What waits for one origin, in order, and how many requests carry it at once (federation.md 7).

One connection carries what waits before a second is opened: to open one costs more than some letters. Where more waits
than a few for each, and the first came through, others carry too.
"""

from collections import deque
from dataclasses import dataclass, field

from fedcoop.federation.delivery.signing import Letter
from fedcoop.federation.remote.knocking import Form
from fedcoop.storage.records import DeliveryJob, Host

LETTERS_EACH = 8


@dataclass(frozen=True, slots=True)
class Sealed:
    """A letter, signed: `headers` go with it as they are while the origin is knocked at in that form."""

    job: DeliveryJob
    letter: Letter
    headers: dict[str, str]
    host: Host | None


@dataclass(slots=True)
class Line:
    """The letters of one origin; `form` is how to sign for it, as far as those under way have found out."""

    origin: str
    form: Form
    most: int
    waiting: deque[Sealed] = field(default_factory=deque)
    under_way: int = 0
    carriers: int = 0
    came_through: bool = False

    def __len__(self) -> int:
        return len(self.waiting) + self.under_way

    def needs_carrier(self) -> bool:
        """Return whether one more is to carry what waits."""
        if not self.carriers:
            return bool(self.waiting)
        return self.came_through and self.carriers < self.most and len(self.waiting) > LETTERS_EACH * self.carriers
