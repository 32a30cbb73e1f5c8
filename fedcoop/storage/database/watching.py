"""Does the database answer? Asked when a unit takes long or was lost, and said in the log once in a while (nodes.md 8)."""

import logging
import threading
from collections.abc import Callable

import psycopg

from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import DatabaseAway

log = logging.getLogger(__name__)

SLOW_S = 1.0
"""From so long a unit on, it is asked whether the database still answers at all."""
LOOK_S = 0.5
ANSWERS_IN_S = 2.0
SAY_EVERY_S = 10.0
_telling = threading.Lock()
_told_at = [float("-inf")]


class Watch:
    """Knows whether the database answers: asks when a unit takes long or was lost, and says so once in a while.

    While it does not answer, whoever comes is refused at once; it is asked twice a second.
    """

    def __init__(self, ask: Callable[[], None], cut: Callable[[], None]) -> None:
        self._ask = ask
        self._cut = cut
        self._now = SystemClock().monotonic
        self._under_way: dict[object, float] = {}
        self._because = ""
        self.has_answered = False
        self._busy = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="postgres-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._busy.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def enter(self) -> object:
        """A unit waits from now on; return its ticket."""
        ticket = object()
        self._under_way[ticket] = self._now()
        self._busy.set()
        return ticket

    def leave(self, ticket: object) -> None:
        """The unit has ended."""
        self._under_way.pop(ticket, None)

    def demand(self) -> None:
        """Return if the database answered when it was asked last. Raises DatabaseAway."""
        if self._because:
            raise DatabaseAway(self._because)

    def lost(self, because: str) -> None:
        """No new connection can be had: until one can, nobody tries but the watch."""
        if not self._because:
            self._because = because
        self.tell(because)
        self._busy.set()

    def _run(self) -> None:
        while self._busy.wait() and not self._stopping.wait(LOOK_S):
            started = list(self._under_way.copy().values())
            if self._because or (started and self._now() - min(started) > SLOW_S):
                self._look()
            elif not started:
                self._busy.clear()
                if self._under_way:  # whoever came meanwhile
                    self._busy.set()

    def _look(self) -> None:
        asked = threading.Thread(target=self._asked, name="postgres-ask", daemon=True)
        asked.start()
        asked.join(ANSWERS_IN_S)
        if asked.is_alive():
            self.lost("it does not answer")
            self._cut()

    def _asked(self) -> None:
        try:
            self._ask()
        except psycopg.Error as error:
            self.lost(str(error).strip())
            self._cut()
        else:
            self._because = ""

    def tell(self, because: str) -> None:
        """Say in the log what went wrong, at most once in ten seconds for all connections of the process.

        Of a database that never answered, whoever wanted to open it tells.
        """
        now = self._now()
        with _telling:
            if not self.has_answered or now - _told_at[0] < SAY_EVERY_S:
                return
            _told_at[0] = now
        log.error("the database does not answer", extra={"because": because})
