"""Money: whole minor units of a currency with its scale, read from and written as decimals; shares that add up.

Never a float (governance.md 1). Shares are rounded with largest remainder (16.7).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

_SCALES = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{2,7}")
_SPACES = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3})")
_GROUPED = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)|([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)")
_PLAIN = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency code, and how many decimals its main unit has: those of ISO 4217, two where that says nothing else."""

    code: str

    @property
    def scale(self) -> int:
        """How many decimals there are."""
        return _SCALES.get(self.code, 2)

    @property
    def unit(self) -> int:
        """How many minor units one main unit has."""
        return int(10**self.scale)

    def minor(self, text: str) -> int:
        """Return the minor units of `500`, `500.50`, `500,50`, `1,200.50`, `1.200,50` or `1 200`. Raises ValueError.

        More decimals than the currency has are refused: `1.200` may mean two things.
        """
        plain = _SPACES.sub("", text.strip())
        if grouped := _GROUPED.fullmatch(plain):
            whole = re.sub("[.,]", "", grouped[1] or grouped[3])
            part = grouped[2] or grouped[4]
        elif simple := _PLAIN.fullmatch(plain):
            whole, part = simple[1], simple[2] or ""
        else:
            raise ValueError(f"{text[:40]!r} is no amount")
        if len(part) > self.scale or len(whole) > 15:
            raise ValueError(f"{text[:40]!r} has more decimals than {self.code}")
        return int(whole) * self.unit + int(part.ljust(self.scale, "0") or "0")

    def text(self, minor: int) -> str:
        """Return the amount for people: `1,200.50 EUR`; whole amounts without decimals."""
        whole, part = divmod(abs(minor), self.unit)
        decimals = f".{part:0{self.scale}d}" if part else ""
        return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {self.code}"


def currency_of(code: str) -> Currency:
    """Return the currency with this code, such as EUR. Raises ValueError for what is no code."""
    if not _CURRENCY.fullmatch(code):
        raise ValueError(f"{code[:40]!r} is no currency code")
    return Currency(code)


def largest_remainder(total: int, weights: Sequence[int | Fraction]) -> tuple[int, ...]:
    """Return whole shares of `total` in proportion to the weights; they sum to it (governance.md 16.7).

    The missing units go one each to the largest fractions; of equal fractions to the earlier, so that the caller sorts.
    A total or a sum of weights of 0 gives zeros.
    """
    whole = sum(weights, Fraction(0))
    if total == 0 or whole == 0:
        return (0,) * len(weights)
    exact = [Fraction(total) * weight / whole for weight in weights]
    shares = [share.numerator // share.denominator for share in exact]
    by_fraction = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    return _with_one_more(shares, by_fraction[: total - sum(shares)])


def _with_one_more(shares: Sequence[int], places: Iterable[int]) -> tuple[int, ...]:
    more = set(places)
    return tuple(share + (place in more) for place, share in enumerate(shares))
