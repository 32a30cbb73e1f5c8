"""Templates as pages show them: ours and built-in ones by question, those that other co-ops offer, one alone."""

from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.method import Sentence
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.proposals.templates import (
    BUILT_IN,
    Template,
    by_question,
    template_options,
    template_settings,
)
from fedcoop.kernel.errors import MotionRefused, NotFound, Refused
from fedcoop.queries.follow_ups.decision_register import eligible_now
from fedcoop.storage.proposals.templates import StoredTemplate, TemplateOffer
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One template in a list; `rule` is its sentence with today's members, empty where it needs options first."""

    template: Template
    icon: str
    method: str
    rule: Sentence
    uuid: str = ""
    offered: bool = False


@dataclass(frozen=True, slots=True)
class OfferLine:
    """What another co-op offers."""

    offer: TemplateOffer
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class TemplatesView:
    """All templates by question, and the offers of others, for members."""

    groups: dict[str, list[TemplateLine]]
    offers: tuple[OfferLine, ...]


@dataclass(frozen=True, slots=True)
class TemplateView:
    """One template of ours: who may change it, where it came from."""

    line: TemplateLine
    stored: StoredTemplate
    mine: bool
    origin_is_link: bool
    updated_at: datetime


def templates_view(uow: UnitOfWork, *, member: Member | None) -> TemplatesView:
    """Return every template by its question, ours first; offers of other co-ops for members only."""
    eligible = eligible_now(uow)
    own = {stored.template.key: stored for stored in uow.templates.all()}
    listed = [stored.template for stored in own.values()] + list(BUILT_IN.values())
    order = by_question([*BUILT_IN.values(), *(stored.template for stored in own.values())])
    found = by_question(listed)
    groups = {
        question: [_line(template, eligible, own.get(template.key)) for template in found[question]]
        for question in order
    }
    offers = tuple(_offer(uow, offer) for offer in uow.templates.offers()) if member is not None else ()
    return TemplatesView(groups, offers)


def template_view(uow: UnitOfWork, *, uuid: str, member: Member | None) -> TemplateView:
    """Return one template of ours to a member, or to everybody if it is offered. Raises NotFound (`template-unknown`)."""
    stored = uow.templates.get(uuid)
    if stored.offered_at is None and member is None:
        raise NotFound("template-unknown", "There is no such template.")
    mine = member is not None and (member.has_office or stored.author_id == member.id)
    line = _line(stored.template, eligible_now(uow), stored)
    return TemplateView(line, stored, mine, stored.origin.startswith("https://"), stored.updated_at)


def offer_view(uow: UnitOfWork, *, offer_id: int) -> tuple[OfferLine, TemplateLine | None]:
    """Return what another co-op offers, and how it would work here. Raises NotFound (`offer-unknown`)."""
    offer = uow.templates.find_offer(offer_id)
    if offer is None:
        raise NotFound("offer-unknown", "This template is not offered any more.")
    made = offer.template
    return _offer(uow, offer), None if made is None else _line(made, eligible_now(uow), None)


def named_view(uow: UnitOfWork, *, key: str) -> TemplateLine:
    """Return a built-in template. Raises NotFound (`template-unknown`)."""
    template = BUILT_IN.get(key)
    if template is None:
        raise NotFound("template-unknown", "There is no such template.")
    return _line(template, eligible_now(uow), None)


def _line(template: Template, eligible: int, stored: StoredTemplate | None) -> TemplateLine:
    method = METHODS[template.method]
    uuid, offered = ("", False) if stored is None else (stored.uuid, stored.offered_at is not None)
    return TemplateLine(template, method.icon, method.title, _rule(template, eligible), uuid, offered)


def _rule(template: Template, eligible: int) -> Sentence:
    """Return the rule with today's members; nothing where the proposal must say more first, such as a budget."""
    try:
        settings = template_settings(template)
        return METHODS[template.method].sentence(template_options(template), settings, max(eligible, 1))
    except (MotionRefused, Refused, KeyError, ValueError):
        return ()


def _offer(uow: UnitOfWork, offer: TemplateOffer) -> OfferLine:
    actor = uow.actors.get(offer.actor_id)
    host = actor.origin.partition("://")[2]
    return OfferLine(offer, actor.display_name or actor.name or host, host)


def templates_now(uow: UnitOfWork) -> dict[str, Template]:
    """Return every template by its key: built-in ones, and the co-op's own, which come first where a key is the same."""
    own = {stored.template.key: stored.template for stored in uow.templates.all()}
    return {**BUILT_IN, **own}
