"""The ladder of ties and the public lot: governance.md 10.1 and the vector of 10.2; shares that add up (16.7)."""

import hashlib
import hmac
import json
from fractions import Fraction
from pathlib import Path

import pytest

from fedcoop.governance.counting.ties import LOT, Rung, first_places, hangs_on_lot, settle, uses_lot
from fedcoop.governance.motions.lot_order import Lot, commitment, lot_of
from fedcoop.governance.motions.tallies import Count, Round, Tie
from fedcoop.kernel.money import currency_of, largest_remainder

VECTOR = json.loads((Path(__file__).parents[3] / "vectors/governance/lots.json").read_text())["lot"]
POLL, ROOT, REVEALS = VECTOR["poll"], VECTOR["root"], tuple(VECTOR["reveals"])


def test_the_lot_is_that_of_the_vector() -> None:
    assert [commitment(value) for value in REVEALS] == VECTOR["commits"]
    for reveals in (REVEALS, REVEALS[::-1]):
        lot = lot_of(POLL, ROOT, reveals)
        assert lot.seed.hex() == VECTOR["seed"]
        assert lot.order(["D", "B"]) == lot.order(["B", "D"]) == tuple(VECTOR["order"])
        for id_, begin in VECTOR["hmac"].items():
            assert hmac.digest(lot.seed, id_.encode(), "sha256").hex().startswith(begin)


def test_a_lot_without_reveals_hangs_on_the_box_alone() -> None:
    lines = f"fedcoop-lot-v1\n{POLL}\n{ROOT}"
    assert lot_of(POLL, ROOT, ()).seed == hashlib.sha256(lines.encode()).digest()


def test_the_first_rung_that_parts_all_decides_else_the_lot_within_it() -> None:
    lot = Lot(bytes(32))
    sizes, ages = {"a": 1, "b": 2, "c": 2}, {"a": 0, "b": 7, "c": 9}
    rungs = (Rung("supporters", sizes.__getitem__), Rung("against", ages.__getitem__))
    assert settle("ab", rungs, lot) == Tie(("a", "b"), ("b", "a"), "supporters")
    assert settle("cab", rungs, lot) == Tie(("a", "b", "c"), ("c", "b", "a"), "against")
    told = settle("cab", rungs[:1], lot, about="the last place")
    assert told.rung == LOT
    assert told.order == (*lot.order(["b", "c"]), "a")


def test_every_group_of_equals_among_the_first_is_told_of() -> None:
    lot = Lot(bytes(32))
    order = lot.order("ab")
    assert first_places((("a", "b"), ("c",)), 2, (), lot) == (
        order,
        (Tie(("a", "b"), order, LOT, "order of election"),),
    )
    chosen, ties = first_places((("a", "b"), ("c",)), 1, (), lot)
    assert chosen == lot.order("ab")[:1]
    assert ties == (Tie(("a", "b"), lot.order("ab"), LOT),)


def test_the_lot_names_only_those_whom_nothing_else_parts() -> None:
    lot, sizes = Lot(bytes(32)), {"a": 5, "b": 1, "c": 1}
    chosen, ties = first_places((("a", "b", "c"),), 2, (Rung("supporters", sizes.__getitem__),), lot)
    assert chosen == ("a", lot.order("bc")[0])
    assert ties == (Tie(("b", "c"), lot.order("bc"), LOT),)
    chosen, ties = first_places((("a", "b", "c"),), 3, (Rung("supporters", sizes.__getitem__),), lot)
    assert chosen == ("a", *lot.order("bc"))
    assert ties == (
        Tie(("a", "b", "c"), chosen, "supporters", "order of election"),
        Tie(("b", "c"), lot.order("bc"), LOT, "order of election"),
    )


def test_a_count_says_whether_a_lot_decided_anything() -> None:
    lot, look = Tie(("a",), ("a",), LOT), Tie(("a",), ("a",), "look-back")
    assert not uses_lot(None)
    assert not uses_lot(Count(ties=(look,)))
    assert uses_lot(Count(ties=(look, lot)))
    assert uses_lot(Count(rounds=(Round("first", {}, ties=(lot,)),)))
    bought = Count(ties=(Tie(("a", "b"), ("a", "b"), LOT, "order of purchase"),))
    assert uses_lot(bought)
    assert not hangs_on_lot(bought)
    assert hangs_on_lot(Count(ties=(Tie(("a", "b"), ("a", "b"), LOT, "order of election"),)))


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (4, [18, 225, 8], (0, 4, 0)),
        (7, [18, 225, 8], (1, 6, 0)),
        (10, [1, 1, 1], (4, 3, 3)),
        (0, [1, 2], (0, 0)),
        (5, [0, 0], (0, 0)),
        (3, [Fraction(1, 2), Fraction(1, 4)], (2, 1)),
    ],
)
def test_shares_add_up_by_largest_remainder(total: int, weights: list[int | Fraction], shares: tuple[int, ...]) -> None:
    assert largest_remainder(total, weights) == shares


@pytest.mark.parametrize(
    ("code", "text", "minor"),
    [("EUR", "500", 50_000), ("EUR", "1.200,5", 120_050), ("EUR", "1,200.05", 120_005), ("JPY", "1 200", 1_200)],
)
def test_amounts_are_read_exactly_and_written_for_people(code: str, text: str, minor: int) -> None:
    money = currency_of(code)
    assert money.minor(text) == minor
    assert money.minor(money.text(minor).removesuffix(f" {code}").replace(",", "")) == minor


@pytest.mark.parametrize("text", ["", "1.234", "1,2,3", "-5", "1e3", "five", "1.2.3,4", "9" * 16])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert currency_of("EUR").minor("1.23") == 123
    with pytest.raises(ValueError, match=r"is no amount|decimals"):
        currency_of("EUR").minor(text)
