"""Settings of ranked methods against elections that were counted by hand, and two that the Kubernetes community published."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.ballot_files.blt import read_blt
from fedcoop.governance.ballot_files.file_counts import count_file
from fedcoop.governance.motions.tallies import Count

FOLDER = Path(__file__).parents[3] / "vectors" / "methods"
CASES = [
    pytest.param(election["blt"], asked, id=f"{election['name'][:40]}-{asked['method']}-{asked.get('set', '')}")
    for election in json.loads((FOLDER / "settings.json").read_text())["elections"]
    for asked in election["by"]
]


@pytest.mark.parametrize(("blt", "asked"), CASES)
def test_a_count_by_a_setting_is_that_done_by_hand(blt: str, asked: dict[str, Any]) -> None:
    file = read_blt(blt)
    count = count_file(file, rule=asked["method"], words=asked.get("set", {})).count
    names = {option.key: option.name for option in file.options}
    for what, said in _said(count, names).items():
        if what in asked:
            assert said == asked[what], what
    for item, totals in zip(count.rounds, asked.get("rounds", count.rounds), strict=True):
        if "rounds" in asked:
            assert {names[key]: _twelve(number) for key, number in item.totals.items()} == totals


def _said(count: Count, names: dict[str, str]) -> dict[str, Any]:
    return {
        "elected": [names[key] for key in count.elected],
        "ranking": [[names[key] for key in group] for group in count.ranking],
        "kinds": [item.kind for item in count.rounds],
        "valid": count.facts["valid"],
        "quota": count.facts.get("quota"),
    }


def _twelve(number: Fraction) -> str:
    return f"{float(round(number, 12)):.12f}".rstrip("0").rstrip(".")
