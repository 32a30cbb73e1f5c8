"""The entry of every command: finds the configuration and turns errors into one line and an exit status."""

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import fedcoop
from fedcoop.cli.output import complain
from fedcoop.kernel.errors import DatabaseAway, FedcoopError

# Each command's module is loaded when it is called: a server holds no demo in memory, and a short command starts fast.
COMMANDS: Mapping[str, str] = {
    "init": "instance.founding",
    "serve": "instance.serving",
    "worker": "instance.serving",
    "demo": "demo.demo",
    "member": "members.member",
    "token": "members.member",
    "motion": "motions.motion",
    "proposal": "proposals.register",
    "delegation": "motions.delegations",
    "template": "proposals.templates",
    "recount": "ballot_files.recounting",
    "count": "ballot_files.counting",
    "announce": "talk.announcing",
    "announcement": "talk.announcing",
    "fediverse": "fediverse.desk",
    "sortition": "motions.sortitions",
    "peer": "fediverse.peers",
    "queue": "instance.queues",
    "doctor": "instance.checking",
    "backup": "instance.archiving",
    "restore": "instance.archiving",
    "export": "instance.archiving",
    "upgrade": "instance.founding",
}


def _database_errors() -> tuple[type[Exception], ...]:
    """Return what a database's errors are; a command that did not load the database has none."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return () if loaded is None else (loaded.DBAPIError,)


class Commands(click.Group):
    """A group whose commands are loaded when called, and fail by one line on stderr."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"fedcoop.cli.{COMMANDS[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal or failure ends the process with its status."""
        try:
            return super().invoke(ctx)
        except (FedcoopError, DatabaseAway) as error:
            sys.exit(complain(error))
        except _database_errors() as error:
            sys.exit(complain(FedcoopError("database-error", f"The database said: {getattr(error, 'orig', error)}")))
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            sys.exit(complain(FedcoopError("system-error", f"{place}{error.strerror or error}")))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar="FEDCOOP_CONFIG",
    default=Path("instance.toml"),
    show_default=True,
    help="The instance's settings.",
)
@click.version_option(fedcoop.__version__, prog_name="fedcoop")
@click.pass_context
def main(ctx: click.Context, path: Path) -> None:
    """Run a co-op's server: decide and share together in the fediverse."""
    ctx.obj = path
