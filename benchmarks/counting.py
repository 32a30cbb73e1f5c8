"""Counting ballots: ranked ones by each method, and a budget by equal shares; ballots are drawn from a fixed seed."""

import random
import time
from collections import Counter
from datetime import timedelta

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import Pile

_LOT = Lot(b"benchmark")
RANKED = {
    "count-runoff": ("runoff", {}),
    "count-stv": ("stv_scottish", {"seats": "3"}),
    "count-meek": ("stv_meek", {"seats": "3"}),
    "count-schulze": ("schulze", {}),
    "count-ranked-pairs": ("ranked_pairs", {}),
}


def _ranked_piles(number: int, candidates: int) -> list[Pile]:
    """Return whole rankings of all, the first ones more liked: nearly every ballot is another one."""
    draw = random.Random(20260301)
    places = list(range(candidates))
    found = (tuple(sorted(places, key=lambda place: draw.random() * (place + 4))) for _ in range(number))
    return [Pile(tuple(f"o{place}" for place in order), n) for order, n in Counter(found).items()]


def _milliseconds(method: str, words: dict[str, str], options: list[Option], piles: list[Pile]) -> float:
    rules = settings_of(METHODS[method], words, grace=timedelta())
    begun = time.perf_counter()
    METHODS[method].count(piles, options, rules, _LOT)
    return 1000 * (time.perf_counter() - begun)


def ranked() -> dict[str, float]:
    """Return milliseconds for 10,000 ballots over ten options by each method, and for 100,000 by STV."""
    options = [Option(f"o{place}", f"Option {place}") for place in range(10)]
    small, large = _ranked_piles(10_000, 10), _ranked_piles(100_000, 10)
    figures = {name: _milliseconds(method, words, options, small) for name, (method, words) in RANKED.items()}
    return {**figures, "count-stv-large": _milliseconds("stv_scottish", {"seats": "3"}, options, large)}


def equal_shares(voters: int = 6500, projects: int = 60) -> dict[str, float]:
    """Return milliseconds for a budget that pays for a quarter of what is proposed."""
    draw = random.Random(20260302)
    options = [Option(f"p{n}", f"Project {n}", cost=100 * draw.randint(500, 15_000)) for n in range(projects)]
    ticks = [tuple(sorted(draw.sample([option.key for option in options], draw.randint(1, 10)))) for _ in range(voters)]
    piles = [Pile(choice, number) for choice, number in Counter(ticks).items()]
    budget = sum(option.cost for option in options) // 400
    return {"count-equal-shares": _milliseconds("equal_shares", {"budget": str(budget)}, options, piles)}


def large() -> dict[str, float]:
    """Return milliseconds for 2,000 ballots that rank twenty each of 1,000 candidates, and by Schulze for 400 options."""
    draw = random.Random(20260303)
    many, some = ([Option(f"o{n}", f"Option {n}") for n in range(number)] for number in (1000, 400))

    def piles(options: list[Option]) -> list[Pile]:
        keys = [option.key for option in options]
        return [Pile(tuple(draw.sample(keys, 20)), 1) for _ in range(2000)]

    wide = piles(many)
    return {
        "count-stv-1000": _milliseconds("stv_scottish", {"seats": "5"}, many, wide),
        "count-meek-1000": _milliseconds("stv_meek", {"seats": "5"}, many, wide),
        "count-schulze-400": _milliseconds("schulze", {}, some, piles(some)),
    }
