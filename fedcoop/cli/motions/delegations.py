"""`fedcoop delegation` and `fedcoop motion proxy`: who speaks for whom, by the operator's word. Every rule is the actions' own."""

from typing import Any

import click

from fedcoop.actions.delegation import delegations as actions
from fedcoop.actions.delegation.delegations import Wish
from fedcoop.actions.delegation.proxies import Naming, name_proxy
from fedcoop.cli.opened import member_named, motion_at, with_units
from fedcoop.cli.output import emit, json_option, table
from fedcoop.governance.delegation.delegation_rule import topic_of
from fedcoop.governance.delegation.mandates import Delegation, Scope
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork


@click.group()
def delegation() -> None:
    """Keep who speaks for whom: standing delegations."""


@delegation.command("grant")
@click.option("--by", required=True, metavar="NAME", help="The member whose vote is passed on.")
@click.option("--to", required=True, metavar="NAME", help="The member who speaks for them.")
@click.option("--topic", default="", help="For votes on this topic only.")
@click.option("--motion", "url", default="", metavar="URL", help="For this vote only, before it opens.")
@click.option("--hide", is_flag=True, help="The delegate does not see it.")
@json_option
@click.pass_context
def grant(ctx: click.Context, *, by: str, to: str, topic: str, url: str, hide: bool, as_json: bool) -> None:
    """Pass a member's vote on for 12 months; to the same one again renews it."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        scope = _scope(topic, url)
        motion_id = motion_at(uow, url=url).id if url else None
        wish = Wish(member_named(uow, name=to).id, scope, topic, motion_id, hide)
        made = actions.grant(uow, by=member_named(uow, name=by).id, wish=wish, who="operator")
        return _plain(uow, [made])[0]

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['to']} speaks for {data['by']} until {data['expires_at']}", as_json=as_json)


def _scope(topic: str, url: str) -> Scope:
    if topic and url:
        raise click.UsageError("write --topic or --motion, not both")
    return Scope.POLL if url else Scope.TOPIC if topic else Scope.COOP


@delegation.command("revoke")
@click.option("--by", required=True, metavar="NAME", help="The member whose vote it is.")
@click.option("--topic", default="", help="What was granted for this topic.")
@click.option("--motion", "url", default="", metavar="URL", help="In this vote, also where it runs already.")
@json_option
@click.pass_context
def revoke(ctx: click.Context, *, by: str, topic: str, url: str, as_json: bool) -> None:
    """Take a member's vote back, at once; without --topic or --motion what is for the whole co-op."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        scope, who = _scope(topic, url), member_named(uow, name=by)
        if scope is Scope.POLL:
            actions.revoke_in_motion(uow, by=who.id, motion_id=motion_at(uow, url=url).id, who="operator")
        else:
            found = uow.delegations.find(who.id, f"topic:{topic_of(topic)}" if topic else Scope.COOP.value)
            if found is None:
                raise NotFound("delegation-unknown", f"{who.name} has granted nothing of this scope.")
            actions.revoke(uow, by=who.id, delegation_id=found.id, who="operator")
        return {"by": who.name, "scope": scope.value, "topic": topic, "motion": url}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['by']} speaks for themselves again", as_json=as_json)


@delegation.command("list")
@click.option("--by", default="", metavar="NAME", help="Of this member only.")
@json_option
@click.pass_context
def list_(ctx: click.Context, *, by: str, as_json: bool) -> None:
    """Show the standing delegations in force, oldest first."""

    def run(uow: UnitOfWork) -> list[dict[str, Any]]:
        who = member_named(uow, name=by).id if by else None
        found = [item for item in uow.delegations.standing() if item.in_force(uow.now)]
        return _plain(uow, [item for item in found if who in (None, item.delegator_id)])

    data = with_units(ctx, lambda units: units.read(run))
    rows = [(row["by"], row["to"], row["scope"], row["topic"] or row["motion"], row["expires_at"]) for row in data]
    emit(data, table(rows, ("member", "speaks for them", "scope", "of", "until")), as_json=as_json)


def _plain(uow: UnitOfWork, items: list[Delegation]) -> list[dict[str, Any]]:
    names = uow.members.many([member for item in items for member in (item.delegator_id, item.delegate_id)])
    return [
        {
            "id": str(item.id),
            "by": names[item.delegator_id].name,
            "to": names[item.delegate_id].name,
            "scope": item.scope.value,
            "topic": item.topic,
            "motion": uow.motions.get(item.motion_id).url if item.motion_id is not None else "",
            "granted_at": item.granted_at,
            "expires_at": item.expires_at,
            "hidden": item.hidden,
        }
        for item in items
    ]


@click.command("proxy")
@click.argument("url")
@click.option("--by", required=True, metavar="NAME", help="The member whose vote it is.")
@click.option("--to", required=True, metavar="NAME", help="The member who votes for them.")
@click.option("--instruction", default="", help="With it the vote is given only by a ballot cast for the member.")
@json_option
@click.pass_context
def proxy(ctx: click.Context, url: str, *, by: str, to: str, instruction: str, as_json: bool) -> None:
    """Name who votes for a member in this motion; `fedcoop delegation revoke --motion` takes it back."""

    def run(uow: UnitOfWork) -> dict[str, Any]:
        found, who, holder = motion_at(uow, url=url), member_named(uow, name=by), member_named(uow, name=to)
        named = name_proxy(uow, by=who.id, motion_id=found.id, naming=Naming(holder.id, instruction), who="operator")
        return {"url": found.url, "by": who.name, "to": holder.name, "instructed": named.instructed}

    data = with_units(ctx, lambda units: units.write(run))
    emit(data, f"{data['to']} votes for {data['by']}", as_json=as_json)
