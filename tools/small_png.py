"""Make a PNG of a page small: at most 256 colours, the most frequent ones kept exactly. Standard library only."""

import struct
import zlib
from collections import Counter

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]


def indexed(png: bytes) -> bytes:
    """Return the picture with a palette. It must have 8 bits for each of RGB or RGBA and no interlacing."""
    width, height, depth, kind, data = _chunks(png)
    if depth != 8 or kind not in (2, 6):
        raise ValueError("only 8-bit RGB and RGBA pictures can be made small")
    rows = _unfiltered(zlib.decompress(data), width, height, 3 if kind == 2 else 4)
    pixels = [[tuple(row[at : at + 3]) for at in range(0, len(row), len(row) // width)] for row in rows]
    seen: Counter[Colour] = Counter(pixel for row in pixels for pixel in row)  # type: ignore[misc]
    palette = [colour for colour, _ in seen.most_common(256)]
    place = {colour: number for number, colour in enumerate(palette)}
    nearest = {colour: place[colour] if colour in place else _nearest(colour, palette) for colour in seen}
    lines = b"".join(b"\0" + bytes(nearest[pixel] for pixel in row) for row in pixels)  # type: ignore[index]
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return _SIGNATURE + b"".join(
        _chunk(name, body)
        for name, body in (
            (b"IHDR", header),
            (b"PLTE", b"".join(map(bytes, palette))),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


def _nearest(colour: Colour, palette: list[Colour]) -> int:
    return min(range(len(palette)), key=lambda n: sum((a - b) ** 2 for a, b in zip(colour, palette[n], strict=True)))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _chunks(png: bytes) -> tuple[int, int, int, int, bytes]:
    """Return width, height, depth, kind of colour, and the compressed pixels."""
    at, data, header = len(_SIGNATURE), b"", b""
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        header = body if name == b"IHDR" else header
        data += body if name == b"IDAT" else b""
        at += size + 12
    width, height, depth, kind = struct.unpack(">IIBB", header[:10])
    return width, height, depth, kind, data


def _unfiltered(raw: bytes, width: int, height: int, size: int) -> list[bytearray]:
    """Return the rows of bytes as they were before PNG's filters."""
    rows, stride, before = [], width * size, bytearray(width * size)
    for number in range(height):
        start = number * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _undo(raw[start], row, before, size)
        rows.append(row)
        before = row
    return rows


def _undo(kind: int, row: bytearray, before: bytearray, size: int) -> None:
    for at in range(len(row) if kind else 0):
        left = row[at - size] if at >= size else 0
        up, corner = before[at], before[at - size] if at >= size else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (row[at] + guess) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))
