"""Templates become pages: one Jinja environment, escaping always, unknown names are errors, dates in the co-op's zone."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fedcoop.config import InstanceConfig
from fedcoop.governance.counting.weighing import exact_percent
from fedcoop.governance.motions.method import Sentence, amount
from fedcoop.kernel.clock import Clock, rfc3339
from fedcoop.kernel.dates import day_of, moment
from fedcoop.urls import Urls
from fedcoop.web.frame import avatars, formats, words
from fedcoop.web.frame.static import StaticFiles

_WBR = Markup("<wbr>")
_LONGEST = 20
TEMPLATES = Path(__file__).parents[1] / "templates"


class Renderer:
    """Renders templates for one instance."""

    def __init__(self, instance: InstanceConfig, *, urls: Urls, static: StaticFiles, clock: Clock) -> None:
        self._clock = clock
        self.zone = ZoneInfo(instance.time_zone)
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(self._filters())
        self._environment.globals.update(
            coop_name=instance.name,
            coop_description=instance.description,
            coop_contact=instance.contact,
            coop_handle=urls.shown_handle(instance.actor),
            coop_uri=urls.actor(instance.actor),
            coop_profile=f"/@{instance.actor}",
            accent=instance.accent,
            language=instance.languages[0],
            origin=urls.origin,
            zone_name=instance.time_zone,
            static=static.url,
            person=avatars.person,
            square=avatars.coop,
            words=words,
            share_words=exact_percent,
            query=_query,
        )

    def render(self, template: str, **values: Any) -> str:
        """Return the page. `now` is the present instant; a name the template does not get raises UndefinedError."""
        return self._environment.get_template(template).render(now=self._clock.now(), **values)

    def moment(self, instant: datetime) -> str:
        """Return the instant as pages show it."""
        return moment(instant, self.zone, self._clock.now())

    def _filters(self) -> dict[str, Any]:
        zone, now = self.zone, self._clock.now
        return {
            "moment": lambda instant: moment(instant, zone, now()),
            "long_moment": lambda instant: moment(instant, zone, now(), long=True),
            "day": lambda instant: day_of(instant, zone, now()),
            "full_day": lambda instant: formats.full_day(instant, zone),
            "clock": lambda instant: formats.clock(instant, zone),
            "exact_clock": lambda instant: formats.clock(instant, zone, seconds=True),
            "ago": lambda instant: formats.ago(instant, now()),
            "span": formats.span,
            "urgency": lambda instant: formats.urgency(instant, now()),
            "iso": rfc3339,
            "local_iso": lambda instant: instant.astimezone(zone).isoformat(timespec="minutes"),
            "utc_moment": lambda instant: moment(instant, ZoneInfo("UTC"), now()) + " UTC",
            "plural": formats.plural,
            "whole": formats.whole,
            "decimal": amount,
            "percent": formats.percent,
            "width": formats.width,
            "listed": formats.listed,
            "fingerprint": formats.fingerprint,
            "size": formats.size,
            "bold": bold,
            "said": said,
            "soft": soft,
        }


def bold(sentence: Sentence) -> Markup:
    """Return the escaped sentence with the numbers that decide in bold (design.md 7)."""
    return Markup("").join(
        Markup("<b>{}</b>").format(part.text) if part.bold else escape(part.text) for part in sentence
    )


def soft(text: str) -> Markup:
    """Return the escaped text with places to break in words too long for a small screen."""
    return (
        _WBR.join(text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST)) if _is_long(text) else escape(text)
    )


def _is_long(text: str) -> bool:
    return any(len(word) > _LONGEST for word in text.split())


def said(sentence: Sentence) -> str:
    """Return the sentence as plain text."""
    return "".join(part.text for part in sentence)


def _query(**values: Any) -> str:
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})


def input_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return the value of a `datetime-local` field."""
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
