"""What the co-op says of itself beside its name: a few paragraphs, and fields that may link somewhere (federation.md 3.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fedcoop.kernel.html import escape

MAX_FIELDS = 4
MAX_FIELD_NAME = 100
MAX_FIELD_VALUE = 500
MAX_DESCRIPTION = 2_000
_BLANK_LINES = re.compile(r"\n\s*\n")
_URL = re.compile(r"https?://[^\s<>\"']{1,500}")
_EMAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,190}")


@dataclass(frozen=True, slots=True)
class Field:
    """A line of the profile; `href` is empty where the value leads nowhere."""

    name: str
    text: str
    href: str

    @property
    def html(self) -> str:
        """The value as other servers show it: a web address says that it is the same people's (`rel="me"`)."""
        if not self.href:
            return escape(self.text)
        rel = ' rel="me"' if self.href.startswith("http") else ""
        return f'<a href="{escape(self.href)}"{rel}>{escape(self.text)}</a>'


def fields_of(*, website: str, contact: str, fields: Mapping[str, str], origin: str) -> tuple[Field, ...]:
    """Return the lines of the co-op's profile: its website (else these pages), whom to write to, and its own ones."""
    named = {"Website": website or origin, **({"Contact": contact} if contact else {}), **fields}
    return tuple(_field(name, value) for name, value in named.items())


def is_web_address(text: str) -> bool:
    """Return whether `text` is one http(s) address and nothing else."""
    return _URL.fullmatch(text) is not None


def summary_html(description: str) -> str:
    """Return the description as HTML: blank lines part paragraphs, line ends stay."""
    parts = [part.strip() for part in _BLANK_LINES.split(description.strip()) if part.strip()]
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts)


def _field(name: str, value: str) -> Field:
    text = value.strip()
    if is_web_address(text):
        return Field(name, text.partition("://")[2].rstrip("/"), text)
    return Field(name, text, f"mailto:{text}" if _EMAIL.fullmatch(text) else "")
