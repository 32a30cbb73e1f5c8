"""Figures for Prometheus: queues, members, motions, connections; labels are names of ours, never of people or servers."""

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest

from fedcoop.governance.motions import MotionState
from fedcoop.listening.connections import Connections
from fedcoop.storage.unit_of_work import UnitOfWork

disable_created_metrics()  # counters are made anew for each answer: when that was says nothing


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
    for event, counts in (("refused", connections.refused), ("closed", connections.closed)):
        figure = Counter(f"fedcoop_connections_{event}", f"Connections {event}", ["because"], registry=registry)
        for cause, number in counts.items():
            figure.labels(cause).inc(number)
    return generate_latest(registry).decode()
