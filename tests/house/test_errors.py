"""Error codes: kebab-case or the snake_case of a setting, and all of them on the page that lists them."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("list_error_codes", ROOT / "tools/list_error_codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_is_on_the_page_and_no_other():
    listed = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE))
    assert listed == set(tool().codes()), "run tools/list_error_codes.py"


def test_codes_are_words_joined_by_hyphens_or_the_name_of_a_setting():
    assert [code for code in tool().codes() if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", code)] == []
