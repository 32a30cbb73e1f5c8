"""Who acts is asked in one place: an action in somebody's name runs only while that membership may act (members-place.md 1.1).

The status is read in the action's own transaction, whichever door, session, link or command line it came by. Casting a ballot is
the one exception: `governance/motions/ballots.py` judges it, since a roll has rules of its own.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from fedcoop.governance.members.member import check_acting
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.unit_of_work import UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")
Action = Callable[Concatenate[UnitOfWork, P], T]


def in_name_of(parameter: str) -> Callable[[Action[P, T]], Action[P, T]]:
    """Make an action refuse to run for a member who may not act; the keyword `parameter` says who, None is the system.

    The action then raises NotAllowed (`not-a-member`) and NotFound too.
    """

    def guard(action: Action[P, T]) -> Action[P, T]:
        @wraps(action)
        def run(uow: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
            who: Any = kwargs.get(parameter)
            if who is not None:
                check_acting(uow.members.get(MemberId(who)))
            return action(uow, *args, **kwargs)

        run.__dict__["in_name_of"] = parameter
        return run

    return guard
