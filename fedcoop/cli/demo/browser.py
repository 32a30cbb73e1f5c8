"""A plain browser for the demo: cookies, forms with their hidden fields, redirects. What it does any client could do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import urljoin

import aiohttp

from fedcoop.kernel.errors import FedcoopError

AS2 = "application/activity+json"


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: the address after redirects, the status and the text."""

    url: str
    status: int
    text: str


@dataclass(slots=True)
class _Forms(HTMLParser):
    """Collects the hidden fields of every form by its action."""

    found: dict[str, dict[str, str]] = field(default_factory=dict)
    _current: dict[str, str] | None = None

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or one of its hidden fields."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._current = self.found.setdefault(values.get("action", "").partition("#")[0], {})
        elif tag == "input" and values.get("type") == "hidden" and self._current is not None:
            self._current[values.get("name", "")] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        if tag == "form":
            self._current = None


class Browser:
    """One person's browser at one server."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), trust_env=False)

    async def __aenter__(self) -> "Browser":
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str, *, accept: str = "text/html") -> Page:
        """Return the page. Raises FedcoopError (`demo-failed`) for any other status than 200."""
        async with self._session.get(urljoin(self.origin, path), headers={"Accept": accept}) as response:
            return _fine(Page(str(response.url), response.status, await response.text()), f"GET {path}")

    async def send(self, page: str, fields: Mapping[str, str | list[str]], *, action: str = "") -> Page:
        """Open `page`, fill in its form (the one with `action`, else the page's own), send it, follow to where it leads."""
        opened = await self.get(page)
        target = action or page
        forms = _Forms()
        forms.feed(opened.text)
        pairs = list(forms.found.get(target, {}).items())
        for name, value in fields.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        headers = {"Origin": self.origin, "Accept": "text/html"}
        async with self._session.post(urljoin(self.origin, target), data=pairs, headers=headers) as response:
            return _fine(Page(str(response.url), response.status, await response.text()), f"POST {target}")


def _fine(page: Page, asked: str) -> Page:
    if page.status != 200:
        raise FedcoopError("demo-failed", f"{asked} answered {page.status}.")
    return page
