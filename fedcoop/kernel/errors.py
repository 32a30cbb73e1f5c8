"""The tree of errors (architecture.md 8.4). Rules raise, doors map; whatever else escapes is a bug."""

from typing import Any


class FedcoopError(Exception):
    """Something that can be told: a stable kebab-case `code`, a public `message`, details for the log only."""

    def __init__(self, code: str, message: str = "", **details: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or code.replace("-", " ")
        self.details = details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Refused(FedcoopError):
    """A person or peer asked for what cannot be; nothing changed."""


class NotFound(Refused):
    """It does not exist, or may not be known to exist."""


class NotAllowed(Refused):
    """The asker lacks the right; that the thing exists is no secret."""


class Invalid(Refused):
    """An input cannot be accepted; `field` names it."""

    def __init__(self, code: str, message: str = "", *, field: str = "", **details: Any) -> None:
        super().__init__(code, message, **details)
        self.field = field


class Conflict(Refused):
    """What is asked does not fit the present state."""


class BallotRefused(Refused):
    """A ballot does not stand: `late`, `early`, `ineligible`, `duplicate`, `option`, `reason`, … (federation.md 12.3)."""


class MotionRefused(Refused):
    """A motion cannot take this step (governance.md 2)."""


class PeerError(FedcoopError):
    """Another server's doing."""


class MalformedActivity(PeerError):
    """A document that breaks federation.md 10."""


class MalformedSignature(PeerError):
    """A signature that cannot be read; the door answers 400."""


class BadSignature(PeerError):
    """A signature that was read and does not hold; the door answers 401."""


class OriginMismatch(PeerError):
    """Owner, signer and id do not have one origin (federation.md 1)."""


class PeerUnreachable(PeerError):
    """No usable answer, now; trying later makes sense."""


class PeerGone(PeerError):
    """The thing asked for is gone for good (404, 410)."""


class PeerSaidNo(PeerError):
    """The peer answered, and the answer is no use."""


class ConfigError(FedcoopError):
    """A setting cannot stand; said before anything starts, with file and key."""


class DatabaseAway(Exception):
    """The database cannot be reached, now: trying later makes sense. Why is for the operator, not for who asks.

    No FedcoopError: it refuses nothing, so whoever drops what was refused must not drop this.
    """

    code = "database-away"

    def __init__(self, because: str) -> None:
        super().__init__(because)

    def __str__(self) -> str:
        return f"{self.code}: The database does not answer. {self.args[0]}"
