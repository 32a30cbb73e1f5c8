"""A dictionary that cannot grow: a table that anybody can fill must not (Fedify CVE-2026-34148, CVE-2026-69132)."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Lru(Generic[_K, _V]):
    """Keeps `size` values at most, none of them None; the one unused for longest goes. Threads may share it."""

    __slots__ = ("_entries", "_lock", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[_K, _V] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: _K) -> _V | None:
        """Return the value, which then counts as used."""
        with self._lock:
            value = self._entries.get(key)
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: _K, value: _V) -> None:
        """Keep the value."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self, key: _K) -> None:
        """Forget the value, if there is one."""
        with self._lock:
            self._entries.pop(key, None)

    def drop_where(self, claim: Callable[[_V], bool]) -> None:
        """Forget every value of which `claim` is true."""
        with self._lock:
            for key in [key for key, value in self._entries.items() if claim(value)]:
                del self._entries[key]
