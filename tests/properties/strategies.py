"""Ballots of every shape for the properties of methods: by shape, so that a new method is tested by being there."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from hypothesis import strategies as st

from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS

Keys: TypeAlias = Sequence[str]


def rankings(keys: Keys) -> st.SearchStrategy[Choice]:
    """Some of the keys in some order, at least one."""
    return st.permutations(keys).flatmap(
        lambda order: st.integers(1, len(order)).map(lambda length: tuple(order[:length]))
    )


_SHAPES: Mapping[Shape, Callable[[Keys], st.SearchStrategy[Choice]]] = {
    Shape.ONE: lambda keys: st.sampled_from(keys).map(lambda key: (key,)),
    Shape.SET: lambda keys: st.sets(st.sampled_from(keys)).map(lambda set_: tuple(k for k in keys if k in set_)),
    Shape.RANKING: rankings,
    Shape.SCORES: lambda keys: st.dictionaries(st.sampled_from(keys), st.integers(0, 5)).map(
        lambda given: Scores({key: given[key] for key in keys if key in given})
    ),
    Shape.WORDS: lambda keys: st.just(()),
}


def choices_for(asked: Motion) -> st.SearchStrategy[Choice]:
    """Choices of the shape that the motion takes; its settings may still refuse some."""
    return _SHAPES[METHODS[asked.method].shape]([option.key for option in asked.options])
