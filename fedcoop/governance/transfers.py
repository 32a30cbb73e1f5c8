"""Ballot papers in the hands of candidates: who holds which at what value, and how they pass on (governance.md 7.13, 7.15).

Values are integers times a unit, so that nothing is rounded but where the rule says so. Equal rankings travel together.
"""

from collections.abc import Iterator

from fedcoop.governance.ranking import Contest, Rankings

Bundle = tuple[Iterator[str], int, int]
"""The names that follow on the papers, how many papers, the value of each."""


class Hands:
    """Papers held by those who stand. `continuing` are neither elected nor excluded: only they receive."""

    def __init__(self, rankings: Rankings, contest: Contest, unit: int) -> None:
        """Give each paper, worth one `unit`, to its first name."""
        self.unit = unit
        self.continuing = set(contest.standing)
        self.totals = dict.fromkeys(contest.standing, 0)
        self.exhausted = 0
        self.lost = 0
        self._held: dict[str, list[Bundle]] = {key: [] for key in contest.standing}
        for ranking, papers in rankings.numbers.items():
            rest = iter(ranking)
            first = next(rest)
            self._held[first].append((rest, papers, unit))
            self.totals[first] += papers * unit

    def exclude(self, key: str) -> dict[str, int]:
        """Pass on all papers of `key` at their present value; return who gained what, "" for exhausted."""
        self.continuing.discard(key)
        gains, _ = self._pass_on(key, None)
        self.totals[key] = 0
        return gains

    def pass_surplus(self, key: str, quota: int) -> tuple[dict[str, int], dict[int, int]]:
        """Pass on what `key` has above the quota; return the gains and which new value each old value got.

        Every paper passes, worth `surplus × its value / total`, cut off after the last decimal; the rest is lost.
        """
        total = self.totals[key]
        gains, values = self._pass_on(key, (total - quota, total))
        self.lost += total - quota - sum(gains.values())
        self.totals[key] = quota
        return gains, values

    def _pass_on(self, key: str, part: tuple[int, int] | None) -> tuple[dict[str, int], dict[int, int]]:
        bundles, self._held[key] = self._held[key], []
        values = {value: value if part is None else part[0] * value // part[1] for value in {b[2] for b in bundles}}
        continuing, held = self.continuing, self._held
        gains = dict.fromkeys((*continuing, ""), 0)
        for rest, papers, old in bundles:
            value = values[old]
            for to in rest:
                if to in continuing:
                    held[to].append((rest, papers, value))
                    gains[to] += papers * value
                    break
            else:
                gains[""] += papers * value
        for to in continuing:
            self.totals[to] += gains[to]
        self.exhausted += gains[""]
        return gains, values
