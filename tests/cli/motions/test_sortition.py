"""`fedcoop sortition`: announced before its value exists; what is refused is one line."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Cli

SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
CALL = ("sortition", "announce", "--title", "Board", "--places", "2", "--source", "Lottery", "--value-at", SOON)


def test_a_draw_is_announced_listed_and_shown_and_waits_for_its_value(coop: Cli):
    made = coop.json(*CALL, "--minimum", "member=1")
    assert (made["pool"], made["places"], made["seed"], made["invited"]) == (3, 2, None, [])
    assert made["strata"] == [{"name": "member", "size": 3, "minimum": 1, "places": 2}]
    assert coop.json("sortition", "show", made["uuid"]) == made
    assert coop.json("sortition", "list") == [made]
    assert "Board" in coop.run("sortition", "list").stdout
    assert coop.refused("sortition", "draw", made["uuid"], "--value", "1").startswith("sortition-early: ")
    assert coop.refused("sortition", "next", made["uuid"]).startswith("sortition-undrawn: ")
    nobody = coop.refused("sortition", "answer", made["uuid"], "ada", "--accepts")
    assert nobody.startswith("sortition-not-invited: ")


def test_a_value_that_exists_already_is_refused(coop: Cli):
    assert coop.json(*CALL)["pool"] == 3
    assert coop.refused(*CALL[:-1], "2020-01-01T00:00:00Z").startswith("value_at: ")
    assert coop.refused(*CALL, "--classes", "workers").startswith("classes: ")
    assert coop.run(*CALL, "--minimum", "member", code=2)
    assert coop.run(*CALL[:-1], "tomorrow", code=2)
