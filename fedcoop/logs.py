"""How log lines look: text or JSON on stderr, with the ids of the request and activity at hand, and without secrets.

Everybody logs by `logging.getLogger(__name__)` with a short constant message and `extra=` fields; only this module knows
structlog, and uses it as a formatter. Source: architecture.md 8.6.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

import structlog

from fedcoop.kernel.errors import DatabaseAway

request_id: ContextVar[str] = ContextVar("request_id", default="")
activity_id: ContextVar[str] = ContextVar("activity_id", default="")

HIDDEN = "[hidden]"
_NO_HTTP = "aiohttp.http_exceptions"
"""By name: commands that serve nothing do not load it."""
_SECRET_KEYS = re.compile(
    r"pass(word|phrase)|secret|token|authori[sz]ation|cookie|signature|private|credential|(^|_)key(_pem|s)?$|pem$|^code$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=Bearer )\S+|(?<=Basic )\S+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    re.DOTALL,
)


def set_up(*, level: str = "info", style: str = "text", stream: TextIO | None = None) -> None:
    """Send all logging from `level` up to `stream` (stderr) as `text` or `json`, replacing earlier handlers."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(style))
    handler.addFilter(_says_more)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiosqlite", "alembic", "sqlalchemy", "asyncio"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


def formatter(style: str) -> logging.Formatter:
    """Return the formatter of one line for a record: `json`, else text."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if style == "json"
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "logger", "event"], bool_as_flag=False
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_ids,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            last,
        ],
    )


def _says_more(record: logging.LogRecord) -> bool:
    """Tell what is ours to know.

    While the database is away everything fails for one reason, said once in a while (`storage.database.watching`). What a
    stranger sends that is no HTTP is answered 400: a trace for each would let anybody fill the disk.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, DatabaseAway) and type(error).__module__ != _NO_HTTP


@contextmanager
def about(*, request: str = "", activity: str = "") -> Iterator[None]:
    """Give every line logged inside the ids of the request or activity being handled."""
    tokens = [
        (variable, variable.set(value)) for variable, value in ((request_id, request), (activity_id, activity)) if value
    ]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def _add_ids(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for variable in (request_id, activity_id):
        if value := variable.get():
            event.setdefault(variable.name, value)
    return event


def hide_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values under secret-sounding keys, and keys, tokens and passwords inside any text."""
    for key, value in event.items():
        if key not in ("event", "level", "logger", "timestamp") and _SECRET_KEYS.search(key):
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = _SECRET_TEXT.sub(HIDDEN, value)
        elif not isinstance(value, int | float | bool | None):
            event[key] = _SECRET_TEXT.sub(HIDDEN, str(value))
    return event
