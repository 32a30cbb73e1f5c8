"""Write a migration script from the difference between an up-to-date empty database and `tables.py`.

Usage: python tools/make_migration.py "0002 what changes"
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from fedcoop.storage.instance.migrations import scripts, upgrade

if __name__ == "__main__":
    number, _, message = sys.argv[1].partition(" ")
    with TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(scripts()))
            config.attributes["connection"] = connection
            if any((scripts() / "versions").glob("*.py")):
                upgrade(connection)
            command.revision(config, message=message, rev_id=number, autogenerate=True)
