"""`fedcoop demo`: two complete co-ops on this machine, as real processes, and a story told while it happens.

The folder of the two instances is made anew and removed in the end. Whatever ends the demo ends its servers too.
"""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from fedcoop.cli.demo.server_process import Instance
from fedcoop.cli.demo.story import tell
from fedcoop.kernel.clock import SystemClock
from fedcoop.kernel.errors import FedcoopError

GRACE = "2s"


def _stop_on_signals() -> None:
    """Cancel this task at the first signal; a second one must not keep the servers from being stopped."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def stop() -> None:
        for number in signals:
            loop.add_signal_handler(number, lambda: None)
        task.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)


@asynccontextmanager
async def _all_running(*instances: Instance) -> AsyncIterator[None]:
    """Start the instances side by side, and stop all of them whatever happens."""
    async with AsyncExitStack() as stack:
        for instance in instances:
            stack.push_async_callback(instance.stop)
        await asyncio.gather(*(instance.start() for instance in instances))
        yield


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
    _stop_on_signals()
    say = Teller(SystemClock().monotonic())
    alder = Instance(folder / "alder", f"http://localhost:{port}", "Alder Works", "alder", GRACE)
    birch = Instance(folder / "birch", f"http://localhost:{port + 1}", "Birch Bakery", "birch", GRACE)
    async with _all_running(alder, birch):
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
