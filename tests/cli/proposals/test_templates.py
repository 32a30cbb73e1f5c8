"""`fedcoop template`: ways to decide listed, shown, exported, imported and offered."""

import json
from pathlib import Path

from tests.cli.conftest import Cli


def test_built_in_templates_are_listed_and_shown(cli: Cli):
    listed = {item["key"]: item for item in cli.json("template", "list")}
    assert listed["consent"]["built_in"] is True
    assert listed["special"]["words"] == {"preset": "special"}
    shown = cli.run("template", "show", "dissolution").stdout
    assert "When: The co-op ends" in shown
    assert "vote 14 days" in shown
    assert cli.refused("template", "show", "nothing").startswith("template-unknown: ")


def test_a_template_goes_out_as_a_file_and_comes_in_again(coop: Cli, tmp_path: Path):
    file = tmp_path / "loans.json"
    coop.run("template", "export", "special", "--out", str(file))
    assert coop.refused("template", "import", str(file)).startswith("template-exists: ")
    made = coop.json("template", "import", str(file), "--key", "loans", "--title", "Big loans", "--by", "ada")
    assert (made["key"], made["title"], made["origin"], made["built_in"]) == ("loans", "Big loans", "loans.json", False)
    printed = coop.run("template", "export", "loans").stdout
    again = coop.json("template", "import", "-", "--key", "more", given=printed)
    assert again["words"] == {"preset": "special"}
    file.write_text(json.dumps(json.loads(printed) | {"method": "oracle"}))
    assert coop.refused("template", "import", str(file)).startswith("template-method: ")


def test_an_own_template_is_offered_once(coop: Cli, tmp_path: Path):
    file = tmp_path / "loans.json"
    coop.run("template", "export", "special", "--out", str(file))
    coop.run("template", "import", str(file), "--key", "loans")
    offered = coop.json("template", "offer", "loans", "--by", "ben")
    assert offered["url"] == f"http://localhost:8420/templates/{offered['uuid']}"
    assert coop.refused("template", "offer", "loans").startswith("template-offered: ")
    assert coop.refused("template", "offer", "consent").startswith("template-unknown: ")
