"""What this process keeps in memory of what others decide, read anew: blocks every second, the key of our GETs often.

Blocks hold for connections that we open, too, and those ask without waiting (`Standing.has_blocked`): so somebody must
look even where no request comes in, as in a process of loops only.
"""

from collections.abc import Awaitable, Callable

from fedcoop.federation.inbox.standing import Standing
from fedcoop.kernel.clock import Clock
from fedcoop.loops import Loop


class Refresher(Loop):
    """Looks every second; `wake` tells it that a block was set or lifted in this process."""

    name = "standing"
    idle_s = 1.0

    def __init__(self, standing: Standing, refresh_key: Callable[[], Awaitable[None]], clock: Clock) -> None:
        super().__init__(clock)
        self._standing = standing
        self._refresh_key = refresh_key

    def wake(self) -> None:
        """Ask the database at once, and whoever asks `Standing` meanwhile waits for the answer."""
        self._standing.forget()
        super().wake()

    async def run_once(self) -> int:
        """Look now at what is older than it may be."""
        await self._standing.refresh()
        await self._refresh_key()
        return 0
