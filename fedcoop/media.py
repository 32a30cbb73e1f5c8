"""Pictures of the co-op's profile: drawn from its mark and colours, or made from a file of its own (federation.md 2.1).

Whatever a file says it is, only what our decoder reads counts, and what is served is made anew: no metadata, a known type,
a bounded size. A name is made from what a picture was made from, so that the same settings give the same address, and a mark
that is stored already need not be drawn: the library that draws is large, and loaded where it is used.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from fedcoop.kernel.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image

RECIPE = b"fedcoop picture 1"  # change it when pictures are made in another way
ICON = (400, 400)
HEADER = (1500, 500)
MAX_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
PNG, JPEG = "image/png", "image/jpeg"
SUFFIXES = {PNG: "png", JPEG: "jpg"}
_NO_PICTURE = "this is no picture that we can read; write a PNG, JPEG or WebP file"
_SMOOTH = 4  # drawn so many times larger, then made small
# The two colours of each palette (design.md 3): the joint's light half, and the dark one.
PALETTES = {
    "spruce": ("ecb445", "1b5a48"), "harbour": ("f4ab67", "1b4f80"), "damson": ("eebd6a", "6b2c5d"),
    "brick": ("efc65f", "93371f"), "rye": ("9cc6ae", "70480f"), "fern": ("f1c453", "475a14"),
    "heather": ("f3b9a2", "57418f"), "slate": ("ecae86", "34505e"),
}  # fmt: skip
# fmt: off
_HALF = (
    (0, 0), (16, 0), (16, 7.6), (22, 5.4), (22, 14.6), (16, 12.4), (16, 19.6), (10, 17.4), (10, 26.6), (16, 24.4),
    (16, 32), (0, 32),
)
# fmt: on


class Instance(Protocol):
    """What the settings say of pictures: the palette, and paths of the co-op's own ones, or nothing."""

    @property
    def accent(self) -> str:
        """The palette."""
        ...

    @property
    def icon(self) -> str:
        """The file of its mark."""
        ...

    @property
    def header(self) -> str:
        """The file of what stands across the head of its profile."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be served under `/media/{name}`."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """The square sign of the co-op at `uri` in the colours of its palette, as pages draw it, without round corners.

    It is drawn when its `body` is asked for.
    """

    uri: str
    accent: str
    media_type: str = PNG

    @property
    def name(self) -> str:
        """Its name in `/media/`."""
        return f"{_name(b'mark', self.uri.encode(), self.accent.encode())}.png"

    @property
    def body(self) -> bytes:
        """The picture itself."""
        image, draw = _pillow("Image"), _pillow("ImageDraw")
        light, dark = PALETTES[self.accent]
        size = ICON[0] * _SMOOTH
        picture = image.new("RGB", (size, size), f"#{light}")
        points = [(x * size / 32, y * size / 32) for x, y in _HALF]
        draw.Draw(picture).polygon(points, fill=f"#{dark}")
        picture = picture.rotate(-90 * quarter_turns(self.uri)).resize(ICON, image.Resampling.LANCZOS)
        return _encoded(picture, "PNG", optimize=True)


@dataclass(frozen=True, slots=True)
class ProfilePictures:
    """The co-op's mark, and the picture across the head of its profile if it has one."""

    icon: Picture | DrawnMark
    header: Picture | None


def profile_pictures(instance: Instance, *, uri: str, max_bytes: int) -> ProfilePictures:
    """Return the pictures of the co-op at `uri` that its settings ask for.

    Raises ConfigError (`config-value`) for a file that is missing, too large or no picture.
    """
    icon, header = instance.icon, instance.header
    return ProfilePictures(
        icon=_from_file("icon", icon, ICON, max_bytes) if icon else DrawnMark(uri, instance.accent),
        header=_from_file("header", header, HEADER, max_bytes) if header else None,
    )


def quarter_turns(uri: str) -> int:
    """Return by how many quarters the joint of a co-op's sign is turned (design.md 3)."""
    return hashlib.sha256(uri.encode()).digest()[1] % 4


def _pillow(part: str) -> ModuleType:
    return import_module(f"PIL.{part}")


def _from_file(key: str, path: str, size: tuple[int, int], max_bytes: int) -> Picture:
    try:
        return _made(_read(Path(path), max_bytes), size)
    except OSError as error:
        raise ConfigError("config-value", f"[instance] {key}: {path}: {error.strerror or _NO_PICTURE}") from None
    except (ValueError, SyntaxError, _pillow("Image").DecompressionBombError) as error:
        raise ConfigError("config-value", f"[instance] {key}: {path}: {error or _NO_PICTURE}") from None


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"the file has more than {most:,} bytes")
    return data


def _made(data: bytes, size: tuple[int, int]) -> Picture:
    """Return the picture cut to size; what would take too much memory is refused before it is decoded."""
    image, ops = _pillow("Image"), _pillow("ImageOps")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", image.DecompressionBombWarning)  # our own bound is lower, and an error
        opened = image.open(io.BytesIO(data), formats=FORMATS)
    with opened as source:
        if source.width * source.height > MAX_PIXELS:
            raise ValueError(f"the picture has more than {MAX_PIXELS // 1_000_000} million pixels")
        is_photo = source.format == "JPEG"
        source.draft("RGB", (2 * size[0], 2 * size[1]))
        upright = ops.exif_transpose(source)
        whole = upright.convert("RGB" if is_photo else "RGBA")
    fitted = ops.fit(whole, size, image.Resampling.LANCZOS)
    media_type = JPEG if is_photo else PNG
    body = (
        _encoded(fitted, "JPEG", quality=88, progressive=True) if is_photo else _encoded(fitted, "PNG", optimize=True)
    )
    return Picture(f"{_name(data, repr(size).encode())}.{SUFFIXES[media_type]}", media_type, body)


def _name(*made_from: bytes) -> str:
    return hashlib.sha256(b"\0".join((RECIPE, *made_from))).hexdigest()[:32]


def _encoded(picture: "Image.Image", format_: str, **options: int) -> bytes:
    found = io.BytesIO()
    picture.save(found, format_, **options)
    return found.getvalue()
