"""Write the list of modules in docs/house.md from their docstrings; `--check` only says whether it is in step."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "house.md"
BEGIN, END = "<!-- house -->", "<!-- /house -->"
ORDER = (
    *(
        "app.py",
        "wiring.py",
        "config.py",
        "urls.py",
        "throttle.py",
        "logs.py",
        "metrics.py",
        "media.py",
        "loops.py",
        "queueing.py",
    ),
    *("kernel", "governance", "accounts", "storage", "actions", "queries", "federation", "web", "listening", "cli"),
)


def first_sentence(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    text = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0].replace("\n", " ")
    end = text.find(". ")
    return text[: end + 1] if end > 0 else text


def house() -> str:
    """Return the list."""
    lines: list[str] = []
    package = ROOT / "fedcoop"
    for name in ORDER:
        place = package / name
        if place.is_file():
            lines.append(f"- `{name}`: {first_sentence(place)}")
            continue
        lines += ["", f"**`{name}/`** {first_sentence(place / '__init__.py')}", ""]
        for module in sorted(place.rglob("*.py")):
            if module.name != "__init__.py":
                lines.append(f"- `{module.relative_to(package)}`: {first_sentence(module)}")
    return "\n".join(lines)


def page() -> str:
    """Return docs/house.md with the list as it should be."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n\n{house()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(page() != PAGE.read_text())
    PAGE.write_text(page())
