"""`fedcoop demo`: two complete co-ops on this machine, as real processes, and a story told while it happens.

The folder of the two instances is made anew and removed in the end. Whatever ends the demo ends its servers too.
"""

import asyncio
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from fedcoop.cli.server_process import Instance
from fedcoop.cli.story import tell
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import FedcoopError

GRACE = "2s"


@dataclass(frozen=True, slots=True)
class Teller:
    """Prints one line a step, with the seconds since the start."""

    started: float

    def __call__(self, text: str) -> None:
        """Print the step."""
        click.echo(f"{SystemClock().monotonic() - self.started:6.1f} s  {text}")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65534), default=8420, show_default=True, help="Alder's; Birch has the next."
)
@click.option("--once", is_flag=True, help="End after the story.")
def demo(port: int, once: bool) -> None:
    """Run two co-ops that federate, and show how a decision is made."""
    with tempfile.TemporaryDirectory(prefix="fedcoop-demo-") as folder:
        try:
            asyncio.run(_run(Path(folder), port, once=once))
        except (KeyboardInterrupt, asyncio.CancelledError):
            click.echo("\nboth co-ops have stopped")


async def _run(folder: Path, port: int, *, once: bool) -> None:
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    say = Teller(SystemClock().monotonic())
    alder = Instance(folder / "alder", f"http://localhost:{port}", "Alder Works", "alder", GRACE)
    birch = Instance(folder / "birch", f"http://localhost:{port + 1}", "Birch Bakery", "birch", GRACE)
    async with alder.running(), birch.running():
        say(f"two co-ops are up: {alder.name} at {alder.origin}, {birch.name} at {birch.origin}")
        links = await tell(alder, birch, say)
        if once:
            return
        click.echo("\nLook around; each link signs in once:\n")
        for who, link in links:
            click.echo(f"  {who:<32} {link}")
        click.echo("\nCtrl-C stops both.")
        ends = [asyncio.create_task(instance.ended()) for instance in (alder, birch)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        raise FedcoopError("demo-failed", "A server ended by itself; its log said why.")
