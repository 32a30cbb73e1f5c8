"""The governance engine: proposals with their life, electorate and classes, delegation, lots, templates."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step, one function for each part of governance.md."""
    _proposals()
    _electorate()
    _delegation()
    _lots()
    _templates()


def _proposals() -> None:
    """governance.md 2."""


def _electorate() -> None:
    """governance.md 3 and 9."""


def _delegation() -> None:
    """governance.md 8."""


def _lots() -> None:
    """governance.md 10.2."""


def _templates() -> None:
    """Templates of decisions."""
