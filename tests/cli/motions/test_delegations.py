"""`fedcoop delegation` and `fedcoop motion proxy`, by the operator's word."""

import json
from pathlib import Path

from tests.cli.conftest import Cli
from tests.cli.motions.test_motions import cast, open_motion

LIQUID = ("--set", "delegation=liquid", "--set", "quorum=0")


def test_a_delegation_is_granted_listed_counted_and_revoked(coop: Cli, tmp_path: Path) -> None:
    assert coop.json("delegation", "list") == []
    made = coop.json("delegation", "grant", "--by", "ben", "--to", "ada")
    assert (made["by"], made["to"], made["scope"], made["hidden"]) == ("ben", "ada", "coop", False)
    food = coop.json("delegation", "grant", "--by", "ben", "--to", "cleo", "--topic", "Food", "--hide")
    assert (food["topic"], food["hidden"]) == ("food", True)
    assert "speaks for" in coop.run("delegation", "grant", "--by", "ben", "--to", "ada").stdout
    assert [row["to"] for row in coop.json("delegation", "list", "--by", "ben")] == ["ada", "cleo"]
    assert "ada" in coop.run("delegation", "list").stdout
    motion = open_motion(coop, *LIQUID)
    url = str(motion["url"])
    cast(coop, url, ada=["for"])
    shown = coop.json("motion", "show", url)
    assert (shown["ballots"], shown["represented"], shown["counts"]["for"]) == (1, 1, 2)
    assert shown["concentration"]["largest"] == "1"
    assert shown["concentration"]["gini_of_eligible"] == "2/3"
    coop.run("delegation", "revoke", "--by", "ben", "--motion", url)
    assert coop.json("motion", "show", url)["represented"] == 0
    coop.run("delegation", "revoke", "--by", "ben")
    coop.run("delegation", "revoke", "--by", "ben", "--topic", "food")
    assert coop.json("delegation", "list") == []
    assert coop.refused("delegation", "revoke", "--by", "ben").startswith("delegation-unknown: ")
    assert coop.refused("delegation", "revoke", "--by", "ben", "--motion", url).startswith("delegation-unknown: ")


def test_a_proxy_is_named_and_the_recount_tells_the_represented(coop: Cli, tmp_path: Path) -> None:
    settings = ("--set", "delegation=proxy", "--set", "proxy_naming=first_ballot", "--set", "early_close=any")
    url = str(open_motion(coop, *settings, "--set", "quorum=0", "--set", "grace=0s")["url"])
    named = coop.json("motion", "proxy", url, "--by", "ben", "--to", "ada")
    assert named == {"url": url, "by": "ben", "to": "ada", "instructed": False}
    assert coop.json("motion", "proxy", url, "--by", "cleo", "--to", "ada", "--instruction", "No.")["instructed"]
    cast(coop, url, ada=["for"])
    assert coop.refused("motion", "proxy", url, "--by", "ben", "--to", "ada").startswith("delegation-late: ")
    assert coop.json("motion", "close", url, "--wait")["counts"]["for"] == 2
    file = tmp_path / "recount.json"
    coop.run("motion", "export", url, "-o", str(file))
    assert len(json.loads(file.read_text())["delegations"]) == 2
    assert coop.json("recount", str(file))["represented"] == 1


def test_what_cannot_be_is_refused_in_one_line(coop: Cli) -> None:
    url = str(open_motion(coop)["url"])
    liquid = str(open_motion(coop, *LIQUID)["url"])
    for arguments, code in (
        (("delegation", "grant", "--by", "ben", "--to", "ben"), "delegation-self"),
        (("delegation", "grant", "--by", "ben", "--to", "zoe"), "member-unknown"),
        (("delegation", "grant", "--by", "ben", "--to", "ada", "--motion", liquid), "delegation-late"),
        (("motion", "proxy", url, "--by", "ben", "--to", "ada"), "delegation-off"),
    ):
        assert coop.refused(*arguments).startswith(f"{code}: ")
    both = ("delegation", "grant", "--by", "ben", "--to", "ada", "--motion", url, "--topic", "food")
    assert "not both" in coop.run(*both, code=2).stderr
    assert "represented" not in coop.json("motion", "show", url)
