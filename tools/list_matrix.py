"""Write the table of incoming activities in FEDERATION.md from the matrix in code."""

from pathlib import Path

from fedcoop.federation.inbox.authorise import MATRIX

PAGE = Path(__file__).parents[1] / "FEDERATION.md"
HEAD = "| activity | what about | handled in |\n| --- | --- | --- |\n"


def table() -> str:
    """Return the rows."""
    rows = []
    for row in MATRIX:
        activities = ", ".join(f"`{name}`" for name in sorted(row.activities))
        about = (row.picks.__doc__ or "").strip().split("\n")[0].removeprefix("Pick ").rstrip(".")
        rows.append(f"| {activities} | {about} | `{row.meaning}` |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    text = PAGE.read_text()
    start, end = text.index(HEAD) + len(HEAD), text.index("\n## Limits")
    PAGE.write_text(text[:start] + table() + text[end:])
