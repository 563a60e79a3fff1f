"""Whether layers that are not told are in training: the learning phase of a graph.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.default_scopes import init_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.ops.identities import placeholder_with_default

__all__ = [
    "global_learning_phase_is_set",
    "learning_phase",
    "learning_phase_scope",
    "set_learning_phase",
    "symbolic_learning_phase",
]

_PHASE_KEY = "keras_learning_phase"
_SET_PHASE_KEY = "keras_set_learning_phase"


def learning_phase() -> Any:
    """Return 0 or 1 where the program has set it, else a placeholder that is False by default."""
    extra = get_default_graph()._extra
    if _SET_PHASE_KEY in extra:
        return extra[_SET_PHASE_KEY]
    if _PHASE_KEY not in extra:
        with init_scope():
            extra[_PHASE_KEY] = placeholder_with_default(False, shape=(), name=_PHASE_KEY)
    return extra[_PHASE_KEY]


def symbolic_learning_phase() -> Any:
    """Return the placeholder of the learning phase, None where the program has set the phase."""
    phase = learning_phase()
    return phase if isinstance(phase, Tensor) else None


def global_learning_phase_is_set() -> bool:
    """Return whether the program has set the learning phase of the graph."""
    return _SET_PHASE_KEY in get_default_graph()._extra


def set_learning_phase(value: Any) -> None:
    """Set the learning phase of the graph: 0 for inference, 1 for training.

    Raises:
      ValueError: it is neither.
    """
    if value not in {0, 1}:
        raise ValueError("Expected learning phase to be 0 or 1.")
    get_default_graph()._extra[_SET_PHASE_KEY] = value


@contextmanager
def learning_phase_scope(value: Any) -> Iterator[None]:
    """Set the learning phase within the block."""
    extra = get_default_graph()._extra
    before = extra.get(_SET_PHASE_KEY)
    set_learning_phase(value)
    try:
        yield
    finally:
        if before is None:
            extra.pop(_SET_PHASE_KEY, None)
        else:
            extra[_SET_PHASE_KEY] = before
