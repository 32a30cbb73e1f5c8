"""The co-op's profile as others see it: from the settings, and told once where it changed (federation.md 3.2)."""

from dataclasses import replace

import msgspec
import pytest

from fedcoop.actions.instance.founding import open_member_actor, rotate_keys
from fedcoop.federation.publish.profile import document_of, take_over_settings
from fedcoop.media import Picture, ProfilePictures
from fedcoop.storage import tables as t
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from tests.actions.coop import follow, join, know, made_keys, rows, sent
from tests.conftest import Instance

MARK = Picture("a" * 32 + ".png", "image/png", b"mark")
OTHER = Picture("b" * 32 + ".jpg", "image/jpeg", b"other")
ACROSS = Picture("c" * 32 + ".jpg", "image/jpeg", b"across")


def with_settings(instance: Instance, **changes: object) -> Units:
    """The same instance started with other settings."""
    units = instance.units
    config = units.site.config
    site = replace(
        units.site, config=msgspec.structs.replace(config, instance=msgspec.structs.replace(config.instance, **changes))
    )
    return Units(units.database, site=site, clock=units.clock, reactions=units._reactions)


async def shown(units: Units) -> dict[str, object]:
    return await units.read(lambda uow: document_of(uow, uow.actors.local("alder")))


async def test_the_profile_says_what_the_settings_say(instance: Instance) -> None:
    units = with_settings(
        instance,
        name="Alder Works Bakery",
        description="We bake.\n\nYou eat.",
        website="https://bread.example",
        contact="hello@bread.example",
        fields={"Open": "Mo-Fr 8-18"},
    )
    await units.write(take_over_settings, ProfilePictures(MARK, ACROSS))
    found = await shown(units)
    assert (found["name"], found["summary"]) == ("Alder Works Bakery", "<p>We bake.</p><p>You eat.</p>")
    assert found["attachment"] == [
        {
            "type": "PropertyValue",
            "name": "Website",
            "value": '<a href="https://bread.example" rel="me">bread.example</a>',
        },
        {
            "type": "PropertyValue",
            "name": "Contact",
            "value": '<a href="mailto:hello@bread.example">hello@bread.example</a>',
        },
        {"type": "PropertyValue", "name": "Open", "value": "Mo-Fr 8-18"},
    ]
    media = "https://alder.example/media"
    assert found["icon"] == {"type": "Image", "mediaType": "image/png", "url": f"{media}/{MARK.name}"}
    assert found["image"] == {"type": "Image", "mediaType": "image/jpeg", "url": f"{media}/{ACROSS.name}"}
    kept = {row.name: bytes(row.body) for row in await rows(instance, t.media)}
    assert kept == {MARK.name: b"mark", ACROSS.name: b"across"}


async def test_a_change_is_told_once_to_followers_and_the_first_start_to_nobody(instance: Instance) -> None:
    await instance.units.write(take_over_settings, ProfilePictures(MARK, None))
    assert await sent(instance) == []
    zoe = await know(instance, "zoe")
    await follow(instance, zoe)
    await instance.units.write(take_over_settings, ProfilePictures(MARK, None))
    assert await sent(instance) == []
    for change in ({"description": "We bake."}, {"fields": {"Open": "daily"}}, {"name": "Alder"}):
        units = with_settings(instance, **change)
        before = len(await sent(instance))
        await units.write(take_over_settings, ProfilePictures(MARK, None))
        await units.write(take_over_settings, ProfilePictures(MARK, None))
        told = (await sent(instance))[before:]
        assert [(activity["type"], activity["object"]["id"]) for activity in told] == [
            ("Update", "https://alder.example/actors/alder")
        ]
        served = await shown(units)
        assert told[0]["object"] == {key: value for key, value in served.items() if key != "@context"}
    before = len(await sent(instance))
    await units.write(take_over_settings, ProfilePictures(OTHER, None))
    (update,) = (await sent(instance))[before:]
    assert update["object"]["icon"]["url"].endswith(OTHER.name)
    assert {row.inbox for row in await rows(instance, t.deliveries)} == {zoe.inbox}


async def test_who_followed_before_there_was_a_picture_is_told(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    await instance.units.write(take_over_settings, ProfilePictures(MARK, None))
    assert [activity["type"] for activity in await sent(instance)] == ["Update"]


async def test_new_keys_are_no_second_news_at_the_next_start(instance: Instance) -> None:
    await follow(instance, await know(instance, "zoe"))
    await instance.units.write(take_over_settings, ProfilePictures(MARK, None))

    def rotate(uow: UnitOfWork) -> None:
        rotate_keys(uow, actor_id=uow.actors.local("alder").id, keys=made_keys(2))

    await instance.units.write(rotate)
    await instance.units.write(take_over_settings, ProfilePictures(MARK, None))
    assert len(await sent(instance)) == 2


async def test_a_members_profile_says_nothing_of_the_coops(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    units = with_settings(instance, description="We bake.", fields={"Open": "daily"}, website="https://bread.example")
    await units.write(take_over_settings, ProfilePictures(MARK, ACROSS))
    mine = await units.write(open_member_actor, member_id=ada.id, name="ada", keys=made_keys(1))
    found = await units.read(lambda uow: document_of(uow, mine))
    assert found["summary"] == ""
    assert [field["value"] for field in found["attachment"]] == [
        '<a href="https://alder.example" rel="me">alder.example</a>'
    ]
    assert "icon" not in found


@pytest.mark.parametrize("origin", ["", "https://media.alder.example"])
async def test_pictures_are_at_the_media_origin_where_there_is_one(instance: Instance, origin: str) -> None:
    units = instance.units
    media = msgspec.structs.replace(units.site.config.media, origin=origin)
    site = replace(units.site, config=msgspec.structs.replace(units.site.config, media=media))
    other = Units(units.database, site=site, clock=units.clock, reactions=units._reactions)
    await other.write(take_over_settings, ProfilePictures(MARK, None))
    found = await shown(other)
    icon = found["icon"]
    assert isinstance(icon, dict)
    assert icon["url"] == f"{origin or 'https://alder.example'}/media/{MARK.name}"
