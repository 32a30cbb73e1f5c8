"""Base58 in Bitcoin's alphabet, as Multibase `z` uses it (W3C Controlled Identifiers §2.4)."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """Return `data` in base58; each leading zero byte is a `1`."""
    number = int.from_bytes(data)
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _ALPHABET[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def decode(text: str) -> bytes:
    """Return the bytes that `text` stands for. Raises ValueError for another alphabet."""
    number = 0
    for character in text:
        if character not in _VALUES:
            raise ValueError("not base58")
        number = number * 58 + _VALUES[character]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)
