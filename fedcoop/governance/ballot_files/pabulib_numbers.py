"""Numbers as files of budgets write them: amounts, points, how many; exact, and never larger than anybody means."""

import re
from decimal import Decimal
from typing import Any

from fedcoop.governance.ballot_files.ballot_file import broken
from fedcoop.kernel.money import Currency, currency_of

MOST = 10**9
_SPACE = re.compile(r"(?<=[0-9])\s(?=[0-9]{3})")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_DIGITS, _PLACES = 15, 12


def whole_of(value: Any, what: str, *, most: int = MOST) -> int:
    """Return a whole number from 0 to `most`. Raises Refused (`ballot-file`) with `what` it should have been."""
    number = _decimal(value, what)
    if not 0 <= number <= most or number != number.to_integral_value():
        raise broken(f"{_capital(what)} must be a whole number from 0 to {most}, not {str(value)[:40]}.")
    return int(number)


def minor_of(value: Any, money: Currency, what: str) -> int:
    """Return an amount above 0 in minor units. Raises Refused (`ballot-file`)."""
    if value is None:
        raise broken(f"{_capital(what)} is missing.")
    minor = _decimal(value, what) * money.unit
    if minor <= 0 or minor != minor.to_integral_value():
        raise broken(f"{_capital(what)} is no amount of {money.code}: {str(value)[:40]}.")
    return int(minor)


def money_of(code: str) -> Currency:
    """Return the currency. Raises Refused (`ballot-file`)."""
    try:
        return currency_of(code.strip().upper())
    except ValueError as error:
        raise broken(f"{code[:40]} is no currency code.") from error


def amount_text(minor: int, money: Currency) -> str:
    """Return the amount as the setting `budget` is typed."""
    whole, part = divmod(minor, money.unit)
    return f"{whole}.{part:0{money.scale}d}" if part else str(whole)


def _decimal(value: Any, what: str) -> Decimal:
    """Return the number as it is written; a comma may part the decimals, and JSON may have small exponents."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= _PLACES and value.adjusted() < _DIGITS:
            return value
    elif not isinstance(value, bool):
        text = _SPACE.sub("", str(value).strip()).replace(",", ".")
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    raise broken(f"{_capital(what)} is no number: {str(value)[:40]}.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
