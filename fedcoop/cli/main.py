"""The entry of every command: finds the configuration and turns errors into one line and an exit status."""

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

import fedcoop
from fedcoop.cli import (
    announcing,
    archiving,
    checking,
    demo,
    founding,
    members,
    motions,
    peers,
    queues,
    recounting,
    serving,
)
from fedcoop.cli.output import complain
from fedcoop.kernel.errors import FedcoopError


class Commands(click.Group):
    """A group whose commands fail by one line on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal or failure ends the process with its status."""
        try:
            return super().invoke(ctx)
        except FedcoopError as error:
            sys.exit(complain(error))
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            sys.exit(complain(FedcoopError("system-error", f"{place}{error.strerror or error}")))
        except DBAPIError as error:
            sys.exit(complain(FedcoopError("database-error", f"The database said: {error.orig}")))


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


for command in (
    *(founding.init, serving.serve, serving.worker, demo.demo),
    *(members.member, members.token, motions.motion, recounting.recount, announcing.announce),
    *(peers.peer, queues.queue, checking.doctor),
    *(archiving.backup, archiving.restore, archiving.export, founding.upgrade),
):
    main.add_command(command)
