"""Alembic runs here on the connection that `fedcoop.storage.instance.migrations` hands over."""

from alembic import context

from fedcoop.storage.columns import Json, UtcDateTime
from fedcoop.storage.tables import metadata


def plain_type(kind, item, _):
    """Write our column types as the plain ones below them: a script must not change when our code does."""
    names = {UtcDateTime: "sa.BigInteger()", Json: "sa.Text()"}
    return names.get(type(item), False) if kind == "type" else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    compare_type=False,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
