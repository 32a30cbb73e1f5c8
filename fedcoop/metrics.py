"""Figures for Prometheus: queues, members, motions; labels are names of ours, never of people or servers."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from fedcoop.governance.motions import MotionState
from fedcoop.storage.unit_of_work import UnitOfWork


def text(uow: UnitOfWork) -> str:
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
    return generate_latest(registry).decode()
