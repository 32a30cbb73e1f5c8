"""What the pages of docs/methods say is the sentence that the program says."""

from pathlib import Path

import pytest

from fedcoop.governance.proposals.templates import FORMAT
from fedcoop.governance.words.wording import rule_sentence
from tests.unit.governance.samples import motion

DOCS = Path(__file__).parents[4] / "docs"
METHODS = ("resolution", "consent", "consensus", "gradients", "sense", "opt_in", "questions", "advice", "dates")


@pytest.mark.parametrize("key", METHODS)
def test_the_page_of_a_method_has_its_sentence(key: str) -> None:
    asked = motion(key, eligible=120)
    parts = rule_sentence(key, asked.options, asked.settings, 120)
    sentence = "".join(f"**{part.text}**" if part.bold else part.text for part in parts)
    text = " ".join((DOCS / "methods" / f"{key}.md").read_text().split())
    assert f"*{sentence}*" in text
    assert f"(`{key}`)" in text


def test_the_index_leads_to_every_page_of_these() -> None:
    index, which = (DOCS / "methods.md").read_text(), (DOCS / "methods" / "README.md").read_text()
    for key in METHODS:
        assert f"(methods/{key}.md)" in index
        assert f"({key}.md)" in which
    assert FORMAT in (DOCS / "templates.md").read_text()
