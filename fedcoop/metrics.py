"""Figures for Prometheus: queues, members, motions, connections; labels are names of ours, never of people or servers."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from fedcoop.governance.motions.motion import MotionState
from fedcoop.listening.connections import Connections
from fedcoop.storage.unit_of_work import UnitOfWork


class _Ends(Collector):
    """How many connections were refused and closed since the start, by cause."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def collect(self) -> Iterator[CounterMetricFamily]:
        for event, counts in (("refused", self._connections.refused), ("closed", self._connections.closed)):
            family = CounterMetricFamily(f"fedcoop_connections_{event}", f"Connections {event}", labels=["because"])
            for cause, number in counts.copy().items():
                family.add_metric([cause], number)
            yield family


def text(uow: UnitOfWork, *, connections: Connections) -> str:
    """Return the present figures in Prometheus' text form."""
    registry = CollectorRegistry()
    rows = Gauge("fedcoop_queue_rows", "Rows of a queue", ["queue", "state"], registry=registry)
    oldest = Gauge("fedcoop_queue_oldest_seconds", "Age of the oldest waiting row", ["queue"], registry=registry)
    for queue, figures in uow.queues.summary(uow.now).items():
        for state in ("waiting", "due", "failed"):
            rows.labels(queue, state).set(figures[state])
        oldest.labels(queue).set(figures["oldest_s"] or 0)
    motions = Gauge("fedcoop_motions", "Motions by state", ["state"], registry=registry)
    for state in MotionState:
        motions.labels(state.value).set(uow.motions.count_in([state]))
    Gauge("fedcoop_members", "Full members", registry=registry).set(uow.members.count_active())
    Gauge("fedcoop_connections", "Open connections", registry=registry).set(len(connections))
    registry.register(_Ends(connections))
    return generate_latest(registry).decode()
