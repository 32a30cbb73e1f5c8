"""Static files lie under an address that changes with their bytes."""

from pathlib import Path

import pytest

from fedcoop.web.frame.static import StaticFiles


def test_the_address_changes_with_any_byte(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    first = StaticFiles(tmp_path).version
    assert StaticFiles(tmp_path).version == first
    (tmp_path / "a.css").write_text("b{}")
    assert StaticFiles(tmp_path).version != first


def test_an_address_of_a_file_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        StaticFiles().url("no.css")


def test_every_file_of_the_design_is_there() -> None:
    files = StaticFiles()
    for name in ("tokens.css", "fedcoop.css", "icons.svg", "mark.svg", "chevron.svg", "fonts/figtree-latin.woff2"):
        assert files.url(name).endswith(f"/{name}")
