"""posts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: the post of a vote is kept as it was published, however later ones are worded."""
    op.add_column("motions", sa.Column("content", sa.Text(), server_default="", nullable=False))
    objects = sa.table("objects", sa.column("uri", sa.Text), sa.column("document", sa.Text))
    motions = sa.table("motions", sa.column("url", sa.Text), sa.column("content", sa.Text))
    connection = op.get_bind()
    published = sa.select(motions.c.url, objects.c.document).join(objects, objects.c.uri == motions.c.url)
    for url, document in connection.execute(published).all():
        content = str(json.loads(document).get("content", ""))
        connection.execute(motions.update().where(motions.c.url == url).values(content=content))
