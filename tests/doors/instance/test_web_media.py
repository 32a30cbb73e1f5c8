"""The co-op's pictures and what its page says of it (federation.md 2.1, 3.2)."""

from pathlib import Path

from fedcoop.federation.publish.profile import take_over_settings
from fedcoop.media import DrawnMark, Picture, ProfilePictures
from tests.doors.website import open_website

ACROSS = Picture("c" * 32 + ".jpg", "image/jpeg", b"across")
SETTINGS = {
    "description": "We bake.\n\nYou eat <well>.",
    "website": "https://bread.example",
    "contact": "hello@bread.example",
    "fields": {"Open": "Mo-Fr 8-18"},
}


async def test_a_picture_is_served_so_that_it_can_act_as_nothing_else(tmp_path: Path) -> None:
    async with open_website(tmp_path) as site:
        mark = DrawnMark("https://alder.example/actors/alder", "spruce")
        await site.units.write(take_over_settings, ProfilePictures(mark, None))
        async with site.browser().session.get(f"{site.origin}/media/{mark.name}") as got:
            assert (got.status, await got.read()) == (200, mark.body)
            assert got.headers["Content-Type"] == "image/png"
            assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert "immutable" in got.headers["Cache-Control"]
            etag = got.headers["ETag"]
        session = site.browser().session
        async with session.get(f"{site.origin}/media/{mark.name}", headers={"If-None-Match": etag}) as again:
            assert again.status == 304
        for name in ("0" * 32 + ".png", mark.name.replace("png", "svg"), "..%2finstance.toml", mark.name + ".html"):
            assert (await site.browser().get(f"/media/{name}")).status == 404


async def test_the_public_page_says_the_same_as_the_profile_elsewhere(tmp_path: Path) -> None:
    async with open_website(tmp_path, instance=SETTINGS) as site:
        mark = DrawnMark("https://alder.example/actors/alder", "spruce")
        await site.units.write(take_over_settings, ProfilePictures(mark, ACROSS))
        page = await site.browser().get("/@alder")
        for words in ("We bake.", "You eat <well>.", "bread.example", "hello@bread.example", "Mo-Fr 8-18"):
            assert words in page.words
        assert 'href="https://bread.example" rel="me ' in page.text
        assert f'src="/media/{ACROSS.name}"' in page.text
        assert f'src="/media/{mark.name}"' not in page.text, "the mark is drawn in place, in the reader's colours"
