"""How many files the process may have open, and how many connections that leaves room for.

A connection is an open file, and so are the database's and those to other servers: what is let in must leave them enough.
"""

import importlib
import importlib.util
import logging
from types import ModuleType

from fedcoop.config import Config

log = logging.getLogger(__name__)

# the kind of system that has no such module has no such limit
RESOURCE: ModuleType | None = importlib.import_module("resource") if importlib.util.find_spec("resource") else None
BACKLOG = 1024
"""Connections that wait to be accepted; all of them may be at once, before the first is looked at."""
OURS = 256
"""Files of our own: database, logs, fetches from other servers, connections on their way out."""


def needed(config: Config) -> int:
    """Return how many open files the settings ask for."""
    return config.server.connections + BACKLOG + OURS + config.delivery.total


def room(config: Config, limit: int | None) -> int:
    """Return how many connections fit under `limit` open files (None: no limit): those set, or fewer, half of it at least."""
    most = config.server.connections
    if limit is None:
        return most
    return min(most, max(limit - (needed(config) - most), limit // 2))


def limits() -> tuple[int | None, int | None]:
    """Return how many files may be open now and how many the system would allow; None where there is no limit."""
    if RESOURCE is None:
        return None, None
    soft, hard = (
        None if limit == RESOURCE.RLIM_INFINITY else limit for limit in RESOURCE.getrlimit(RESOURCE.RLIMIT_NOFILE)
    )
    return soft, hard


def raise_limit(config: Config) -> None:
    """Have as many files allowed as the settings need, or as the system lets us; never fewer than before."""
    soft, hard = limits()
    wanted = needed(config)
    if RESOURCE is None or soft is None or soft >= wanted:
        return
    reached = wanted if hard is None else min(wanted, hard)
    if reached > soft:
        RESOURCE.setrlimit(RESOURCE.RLIMIT_NOFILE, (reached, RESOURCE.RLIM_INFINITY if hard is None else hard))
        log.info("limit of open files raised", extra={"before": soft, "now": reached})
    if reached < wanted:
        extra = {"limit": reached, "needed": wanted, "connections": room(config, reached)}
        log.warning("the system allows fewer open files than the settings need", extra=extra)
