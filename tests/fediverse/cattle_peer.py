"""A cattle-grid server with the front it needs, and a control door for the tests.

Runs in its own virtual environment (`install.sh`). The environment says how: `WORK_DIR` (kept between runs: keys,
database), `DOMAIN`, `ADDRESS`, `AMQP_URL`, `TLS_CERT`, `TLS_KEY`, `CONTROL_PORT`, `ACTORS` (names, comma).
This file writes cattle-grid's settings, which it reads from the working directory while it is imported, and only
then imports the server (`cattle_app.py`).
"""

import importlib
import os
from pathlib import Path

from bovine.crypto import generate_rsa_public_private_key


def write_settings(folder: Path, domain: str, amqp_url: str) -> None:
    """The two settings files are in folder; an earlier fetch actor keeps its key."""
    (folder / "cattle_grid.toml").write_text(
        f'amqp_url = "{amqp_url}"\n'
        f'db_url = "sqlite+aiosqlite:///{folder}/cattle.db"\n'
        "processor_in_app = true\n"
        f'[frontend]\nbase_urls = ["https://{domain}/"]\n',
        encoding="utf-8",
    )
    auth = folder / "cattle_grid_auth.toml"
    if auth.exists():
        return
    public, private = generate_rsa_public_private_key()
    auth.write_text(
        f'[auth]\nactor_id = "https://{domain}/fetch_actor"\nactor_acct_id = "acct:fetch@{domain}"\n'
        "domain_blocks = []\n"
        f"public_key = '''\n{public}'''\nprivate_key = '''\n{private}'''\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    work = Path(os.environ["WORK_DIR"])
    write_settings(work, os.environ["DOMAIN"], os.environ["AMQP_URL"])
    os.chdir(work)
    importlib.import_module("cattle_app").run()
