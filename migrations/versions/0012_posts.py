"""posts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


LOCKED = ("method", "ballotMode", "channels", "revoting", "opens", "electorate", "options", "quorum", "threshold")


def upgrade() -> None:
    """Take the step: what a vote's digest covers is kept as it was published, however later votes are worded."""
    op.add_column("motions", sa.Column("published", sa.Text(), server_default="{}", nullable=False))
    objects = sa.table("objects", sa.column("uri", sa.Text), sa.column("document", sa.Text))
    motions = sa.table("motions", sa.column("url", sa.Text), sa.column("published", sa.Text))
    connection = op.get_bind()
    found = sa.select(motions.c.url, objects.c.document).join(objects, objects.c.uri == motions.c.url)
    for url, text in connection.execute(found).all():
        document = json.loads(text)
        node = document.get("coop:motion", {})
        kept = {f"coop:{name}": node[f"coop:{name}"] for name in LOCKED if f"coop:{name}" in node}
        published = json.dumps({"content": document.get("content", ""), **kept})
        connection.execute(motions.update().where(motions.c.url == url).values(published=published))
