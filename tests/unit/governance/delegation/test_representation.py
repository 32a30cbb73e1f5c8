"""Who is represented by whom: the worked example of governance.md 8, chains, cycles, caps, and what a count makes of it."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fedcoop.governance.counting.tallying import (
    Ballots,
    RollRow,
    eligible_of,
    piles_of,
    represent,
    represented_piles,
    tally_motion,
)
from fedcoop.governance.delegation.concentration import concentration
from fedcoop.governance.delegation.delegation_rule import (
    DELEGABLE,
    DelegationMode,
    DelegationRule,
    ProxyNaming,
    check_rule,
    delegation_of,
    delegation_to_json,
    topic_of,
)
from fedcoop.governance.delegation.representation import Grant, Why, cap_of, grant_of, grant_to_json, resolve
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Quorum
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_from_json, settings_to_json
from fedcoop.governance.proof import logchain
from fedcoop.governance.proof.recount import recount
from fedcoop.kernel.errors import MotionRefused, Refused
from tests.unit.governance.samples import counted, entries_of, motion, sealed, verify

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "vectors" / "governance" / "delegation.json").read_text(encoding="utf-8")
)
LIQUID, PROXY = DelegationRule(DelegationMode.LIQUID), DelegationRule(DelegationMode.PROXY)
GRANTS = [Grant(who, to, order) for order, (who, to) in enumerate(VECTOR["grants"])]
CHOICES = {who: (choice,) for who, choice in VECTOR["ballots"].items()}


def rule_of(case: dict[str, Any]) -> DelegationRule:
    return DelegationRule(DelegationMode(case["mode"]), cap=case["cap"])


@pytest.mark.parametrize("case", VECTOR["cases"], ids=lambda case: case["name"])
def test_the_worked_example_comes_out_exactly(case: dict[str, Any]) -> None:
    rows = [RollRow(name, "member", 1) for name in VECTOR["roll"]]
    settings = replace(motion(eligible=13).settings, delegation=rule_of(case), quorum=Quorum())
    found = represent(settings, rows, CHOICES, GRANTS)
    assert found.weights() == case["weights"]
    assert {name: why.value for name, why in found.missing.items()} == case["missing"]
    assert "max" not in {*found.speaker, *found.missing}
    piles = piles_of(rows, CHOICES) + represented_piles({row.voter: row for row in rows}, CHOICES, found)
    options = METHODS["resolution"].default_options()
    tally = tally_motion(Ballots("resolution", options, settings), piles, eligible_of(rows))
    assert (tally.counts["for"], tally.counts["against"]) == (case["for"], case["against"])
    assert (tally.voted, tally.represented, tally.took_part) == (4, case["represented"], case["took_part"])
    assert METHODS["resolution"].decide(tally, options, settings).code.value == case["code"]


def test_concentration_is_that_of_the_worked_example() -> None:
    stated = VECTOR["concentration"]
    found = concentration(stated["weights"], stated["eligible"])
    assert found is not None
    for name in ("gini_of_voters", "gini_of_eligible", "herfindahl", "largest"):
        assert getattr(found, name) == Fraction(stated[name])
    assert round(float(found.gini_of_eligible), 3) == 0.769
    assert concentration([], 13) is None


def test_a_chain_is_told_up_to_who_voted_and_once_around_a_cycle() -> None:
    found = resolve(LIQUID, 13, VECTOR["ballots"], GRANTS)
    assert found.chain("kim") == ("ana", "bo")
    assert found.chain("eli") == ("fay", "gus", "eli")
    assert found.chain("max") == ()
    assert found.chain("bo") == ()


def test_why_somebody_is_not_represented_is_told_apart() -> None:
    grants = [Grant("a", "b", 0), Grant("b", "c", 1), Grant("d", "e", 2), Grant("e", None, 3), Grant("f", "f2", 4)]
    found = resolve(LIQUID, 10, ["f2"], grants)
    assert found.speaker == {"f": "f2"}
    assert found.missing == {"a": Why.DEAD_END, "b": Why.NOT_VOTED, "d": Why.OFF_ROLL, "e": Why.OFF_ROLL}
    assert resolve(LIQUID, 10, ["c"], grants).speaker == {"a": "c", "b": "c"}


def test_what_leads_into_a_cycle_is_not_represented_either() -> None:
    grants = [Grant("a", "b", 0), Grant("b", "c", 1), Grant("c", "b", 2)]
    assert set(resolve(LIQUID, 5, (), grants).missing.values()) == {Why.CYCLE}
    assert resolve(LIQUID, 5, ["c"], grants).speaker == {"a": "c", "b": "c"}


def test_a_proxy_is_never_passed_on() -> None:
    grants = [Grant("a", "b", 0), Grant("b", "c", 1)]
    found = resolve(PROXY, 5, ["c"], grants)
    assert (found.speaker, found.missing) == ({"b": "c"}, {"a": Why.NOT_VOTED})


def test_an_instructed_proxy_does_not_follow_the_holders_own_vote() -> None:
    grants = [Grant("a", "c", 0, instructed=True), Grant("b", "c", 1)]
    found = resolve(PROXY, 5, ["c"], grants)
    assert (found.speaker, found.missing) == ({"b": "c"}, {"a": Why.INSTRUCTED})
    assert resolve(PROXY, 5, ["c", "a"], grants).missing == {}


@pytest.mark.parametrize(
    ("rule", "eligible", "others"),
    [
        (PROXY, 100, 2),
        (replace(PROXY, cap=5), 100, 5),
        (LIQUID, 13, 2),
        (LIQUID, 45, 3),
        (LIQUID, 100, 9),
        (replace(LIQUID, cap=3), 100, 2),
    ],
)
def test_caps_are_two_principals_of_a_proxy_and_a_tenth_of_the_roll_in_liquid(
    rule: DelegationRule, eligible: int, others: int
) -> None:
    assert cap_of(rule, eligible) == others
    grants = [Grant(f"p{number}", "holder", number) for number in range(20)]
    found = resolve(rule, eligible, ["holder"], grants)
    assert set(found.speaker) == {f"p{number}" for number in range(others)}
    assert set(found.missing.values()) == {Why.CAP}


def test_the_cap_counts_the_oldest_also_of_those_that_come_through_others() -> None:
    grants = [Grant("young", "holder", 9), Grant("old", "young", 1), Grant("older", "old", 0)]
    found = resolve(replace(LIQUID, cap=3), 10, ["holder"], grants)
    assert found.speaker == {"older": "holder", "old": "holder"}
    assert found.missing == {"young": Why.CAP}


def test_without_delegation_nobody_is_represented() -> None:
    assert resolve(DelegationRule(), 10, ["b"], [Grant("a", "b", 0)]).speaker == {}


@pytest.mark.parametrize("grants", [[Grant("a", "b", 0), Grant("a", "c", 1)], [Grant("a", "a", 0)]])
def test_a_vote_passed_on_twice_or_to_oneself_is_an_error(grants: list[Grant]) -> None:
    with pytest.raises(ValueError, match="a passes on"):
        resolve(LIQUID, 10, (), grants)


def test_a_hundred_thousand_in_one_chain_are_resolved() -> None:
    last = 100_000
    grants = [Grant(f"{number}", f"{number + 1}", number) for number in range(last)]
    found = resolve(replace(LIQUID, cap=last + 1), last + 1, [f"{last}"], grants)
    assert len(found.speaker) == last
    assert found.weights() == {f"{last}": last + 1}


def test_who_is_off_the_roll_or_without_a_vote_takes_and_passes_on_nothing() -> None:
    rows = [RollRow("a", "member", 1), RollRow("b", "member", 1), RollRow("guest", "guest", 0)]
    settings = replace(motion().settings, delegation=LIQUID)
    grants = [Grant("a", "guest", 0), Grant("b", "gone", 1), Grant("guest", "a", 2), Grant("gone", "a", 3)]
    found = represent(settings, rows, ["guest"], grants)
    assert (found.speaker, found.missing) == ({}, {"a": Why.OFF_ROLL, "b": Why.OFF_ROLL})


def test_a_represented_vote_counts_in_the_class_and_with_the_weight_of_its_member() -> None:
    rows = [RollRow("a", "users", 2), RollRow("b", "workers", 1), RollRow("c", "users", 2)]
    settings = replace(motion().settings, delegation=LIQUID)
    choices = {"b": ("for",)}
    found = represent(settings, rows, choices, [Grant("a", "b", 0)])
    piles = piles_of(rows, choices) + represented_piles({row.voter: row for row in rows}, choices, found)
    rule = Ballots("resolution", METHODS["resolution"].default_options(), settings)
    tally = tally_motion(rule, piles, eligible_of(rows))
    assert (tally.counts["for"], tally.head_counts["for"], tally.cast) == (3, 2, 3)
    users = tally.classes["users"]
    assert (users.counts["for"], users.voted, users.represented) == (1, 0, 1)


@pytest.mark.parametrize(
    ("words", "present", "code"),
    [
        ({"delegation": "proxy"}, 3, "carried"),
        ({"delegation": "liquid"}, 2, "inquorate"),
        ({"delegation": "liquid", "delegation_counts_for_quorum": "on"}, 3, "carried"),
        ({"delegation": "proxy", "delegation_counts_for_quorum": "off"}, 2, "inquorate"),
    ],
)
def test_the_represented_count_for_the_quorum_with_proxies_and_not_in_liquid_unless_set(
    words: dict[str, str], present: int, code: str
) -> None:
    asked = motion(eligible=5, quorum="1/2", **words)
    voters = [entry.voter for entry in entries_of(asked)]
    found = counted(asked, [("for",), ("for",)], [Grant(voters[2], voters[0], 0)])
    quorum = next(need for need in found.outcome.requirements if need.name == "quorum")
    assert (quorum.have, quorum.need, found.outcome.code.value) == (present, 3, code)
    assert "through a delegate" in quorum.work
    assert recount(found.export.encode(), verify).tally == found.tally


@pytest.mark.parametrize(("mode", "present", "met"), [("proxy", 2, True), ("liquid", 1, False)])
def test_the_represented_count_for_the_quorum_of_their_class_as_for_that_of_all(
    mode: str, present: int, met: bool
) -> None:
    asked = motion(quorum="0", delegation=mode, class_quorum="users=100%")
    rows = [RollRow("a", "users", 1), RollRow("b", "users", 1), RollRow("c", "workers", 1)]
    choices = {"b": ("for",), "c": ("for",)}
    found = represent(asked.settings, rows, choices, [Grant("a", "c", 0)])
    piles = piles_of(rows, choices) + represented_piles({row.voter: row for row in rows}, choices, found)
    rule = Ballots("resolution", asked.options, asked.settings)
    outcome = METHODS["resolution"].decide(tally_motion(rule, piles, eligible_of(rows)), asked.options, asked.settings)
    need = next(item for item in outcome.requirements if item.name == "class-quorum")
    assert (need.have, need.need, need.met) == (present, 2, met)


def test_the_recount_file_tells_the_grants_and_a_changed_one_is_found() -> None:
    asked = motion(eligible=4, quorum="0", delegation="liquid")
    voters = [entry.voter for entry in entries_of(asked)]
    found = counted(asked, [("for",)], [Grant(voters[1], voters[0], 0), Grant(voters[2], None, 1)])
    document = json.loads(found.export)
    assert document["delegations"] == [
        {"from": voters[1], "to": voters[0], "order": 0},
        {"from": voters[2], "to": None, "order": 1},
    ]
    assert document["tally"]["represented"] == 1
    document["delegations"].pop()
    document = sealed(document)
    with pytest.raises(Refused) as refused:
        recount(json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode(), verify)
    assert refused.value.code == "recount-delegations"


def test_the_log_tells_what_was_named_and_revoked_after_the_opening() -> None:
    first, second = Grant("a", "b", 0), Grant("c", None, 1, instructed=True)
    log = [{"type": "open"}, logchain.delegations_entry([first, second]), logchain.revocation_entry("a", "now")]
    assert logchain.standing_grants(log) == [second]
    log.append(logchain.grant_entry(Grant("a", "d", 2), "later"))
    assert logchain.standing_grants(log) == [second, Grant("a", "d", 2)]
    assert [grant_of(grant_to_json(grant)) for grant in (first, second)] == [first, second]


# --- the rule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(METHODS))
def test_delegation_is_for_methods_in_which_a_ballot_can_stand_for_another(method: str) -> None:
    if method in DELEGABLE:
        check_rule(LIQUID, method, "open")
        return
    check_rule(DelegationRule(), method, "open")
    with pytest.raises(MotionRefused) as refused:
        check_rule(LIQUID, method, "open")
    assert refused.value.code == "delegation-method"


@pytest.mark.parametrize(
    ("rule", "secrecy", "allowed"),
    [
        (LIQUID, "open", True),
        (LIQUID, "confidential", True),
        (LIQUID, "secret", False),
        (PROXY, "secret", True),
        (PROXY, "blind", False),
        (PROXY, "external", False),
    ],
)
def test_delegation_is_refused_where_the_secrecy_forbids_it(rule: DelegationRule, secrecy: str, allowed: bool) -> None:
    if allowed:
        check_rule(rule, "resolution", secrecy)
        return
    with pytest.raises(MotionRefused) as refused:
        check_rule(rule, "resolution", secrecy)
    assert refused.value.code == "delegation-secrecy"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"delegation": "liquid", "delegation_cap": "1"}, "delegation_cap"),
        ({"delegation": "liquid", "proxy_naming": "first_ballot"}, "proxy_naming"),
        ({"delegation": "liquid", "topic": "t" * 61}, "topic"),
    ],
)
def test_rules_that_could_let_nobody_speak_are_refused(words: dict[str, str], code: str) -> None:
    assert motion(delegation="liquid", topic=" Food  and DRINK ").settings.delegation.topic == "food and drink"
    with pytest.raises(MotionRefused) as refused:
        motion(**words)
    assert refused.value.code == code


def test_the_rule_survives_json_and_is_left_out_where_there_is_none() -> None:
    rule = DelegationRule(DelegationMode.PROXY, 3, False, topic_of("Food"), ProxyNaming.FIRST_BALLOT)
    assert delegation_of(delegation_to_json(rule)) == rule
    assert "delegation" not in settings_to_json(motion().settings)
    asked = motion(delegation="proxy", proxy_naming="first_ballot")
    assert settings_from_json(settings_to_json(asked.settings)) == asked.settings


def test_a_vote_that_is_passed_on_is_never_decided_before_its_time() -> None:
    asked, same = motion(eligible=3), motion(eligible=3, delegation="liquid")
    rows = [RollRow(entry.voter, "member", 1) for entry in entries_of(asked)]
    piles = piles_of(rows, {rows[0].voter: ("for",), rows[1].voter: ("for",)})
    tally = tally_motion(Ballots("resolution", asked.options, asked.settings), piles, eligible_of(rows))
    assert lifecycle.is_decided(asked, tally)
    assert not lifecycle.is_decided(same, tally)
