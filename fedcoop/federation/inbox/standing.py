"""Who is blocked or suspended here: a small copy in memory, read anew every second (federation.md 8.1, steps 8 and 13)."""

from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import UnitOfWork, Units

AGE_S = 1.0


class Standing:
    """Answers without a query for each request."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._blocked: frozenset[str] = frozenset()
        self._suspended: frozenset[str] = frozenset()
        self._until = float("-inf")
        self._forgotten = 0

    def forget(self) -> None:
        """A block was set or lifted: ask the database next time, also who is asking it now."""
        self._until = float("-inf")
        self._forgotten += 1

    def has_blocked(self, origin: str) -> bool:
        """Return whether the origin was blocked when last looked: what connections ask, without waiting."""
        return origin in self._blocked

    async def is_blocked(self, *targets: str) -> bool:
        """Return whether any of these origins or actor ids is blocked."""
        await self.refresh()
        return not self._blocked.isdisjoint(targets)

    async def is_suspended(self, actor_uri: str) -> bool:
        """Return whether the actor is suspended here."""
        await self.refresh()
        return actor_uri in self._suspended

    async def refresh(self) -> None:
        """Look again if the copy is older than a second."""
        while (now := self._clock.monotonic()) >= self._until:
            forgotten = self._forgotten
            found = await self._units.read(_standing)
            if forgotten == self._forgotten:
                self._blocked, self._suspended = found
                self._until = now + AGE_S


def _standing(uow: UnitOfWork) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(target for target, _ in uow.actors.blocked()), frozenset(uow.actors.suspended())
