"""Pictures of the profile: drawn, or made anew from a file; what is no picture or too large is refused (federation.md 2.1)."""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from fedcoop.kernel.errors import ConfigError
from fedcoop.media import HEADER, ICON, PALETTES, DrawnMark, Picture, profile_pictures

URI = "https://alder.example/actors/alder"


@dataclass
class Settings:
    accent: str = "spruce"
    icon: str = ""
    header: str = ""


def made(settings: Settings, max_bytes: int = 1 << 20) -> tuple[Picture, Picture | None]:
    found = profile_pictures(settings, uri=URI, max_bytes=max_bytes)
    return found.icon, found.header


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.body))


def write(path: Path, size: tuple[int, int], format_: str, mode: str = "RGB", **more: object) -> str:
    Image.new(mode, size, "#336699").save(path, format_, **more)
    return str(path)


@pytest.mark.parametrize("accent", PALETTES)
def test_a_mark_is_drawn_in_the_two_colours_of_the_palette(accent: str) -> None:
    picture = DrawnMark(URI, accent)
    drawn = opened(picture)
    assert (drawn.size, drawn.format, picture.media_type) == (ICON, "PNG", "image/png")
    corners = {drawn.convert("RGB").getpixel(at) for at in ((3, 3), (396, 3), (3, 396), (396, 396))}
    assert corners == {tuple(bytes.fromhex(colour)) for colour in PALETTES[accent]}


def test_the_same_settings_give_the_same_name_and_others_another() -> None:
    names = {
        DrawnMark(URI, "rye").name,
        DrawnMark(URI, "rye").name,
        DrawnMark(URI, "fern").name,
        DrawnMark("x", "rye").name,
    }
    assert len(names) == 3


def test_a_file_is_cut_to_size_and_made_anew_without_what_it_carried(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    icon = write(tmp_path / "icon", (900, 300), "JPEG", exif=exif)
    header = write(tmp_path / "header.png", (640, 480), "PNG", "RGBA")
    mark, across = made(Settings(icon=icon, header=header))
    assert across is not None
    assert (opened(mark).size, mark.media_type, opened(mark).format) == (ICON, "image/jpeg", "JPEG")
    assert (opened(across).size, across.media_type, opened(across).format) == (HEADER, "image/png", "PNG")
    assert b"taken at home" not in mark.body
    assert mark.name.endswith(".jpg")
    webp, _ = made(Settings(icon=write(tmp_path / "icon.webp", (50, 50), "WEBP")))
    assert webp.media_type == "image/png"


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that says it has very many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture that we can read"),
        (b"", "no picture that we can read"),
        (b"\x89PNG\r\n\x1a\nnonsense", "no picture that we can read"),
        (bomb(5001, 5001), "25 million pixels"),
        (bomb(60_000, 60_000), "pixels"),
        (bomb(400, 400), ""),
        (b"x" * (1 << 20) + b"y", "more than 1,048,576 bytes"),
    ],
)
def test_what_is_no_picture_or_too_much_is_refused_with_the_key(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "icon"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as refused:
        made(Settings(icon=str(path)))
    assert refused.value.code == "config-value"
    assert f"[instance] icon: {path}: " in refused.value.message
    assert words in refused.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        made(Settings(header=str(tmp_path / "none.png")))
    assert "[instance] header: " in refused.value.message
    assert "No such file" in refused.value.message
