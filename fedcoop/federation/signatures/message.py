"""A request as signatures see it: method, raw target, our own authority, and headers in the order received."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signable:
    """What can be signed of a request.

    `target` is the raw path with its query, as on the wire. `authority` and `scheme` are the configured ones of the
    server that answers, never what a proxy or a Host header says (federation.md 5.3, 5.4). Names are in lower case.
    """

    method: str
    target: str
    authority: str
    scheme: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    def values(self, name: str) -> list[str]:
        """Return the values of all header lines called `name` (lower case), in order."""
        return [value for header, value in self.headers if header == name]

    @property
    def target_uri(self) -> str:
        """Return the whole URI of the request (RFC 9421 §2.2.2)."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def needs_digest(self) -> bool:
        """Return whether the signature must cover a body: always for POST, else where there is one (federation.md 5.2.5)."""
        return self.method == "POST" or bool(self.body)
