"""The seeds of random ops: that of the graph, and that of an op, as TensorFlow 1.15 joins them."""

from __future__ import annotations

from tensormill.graph.graph import get_default_graph

__all__ = ["DEFAULT_GRAPH_SEED", "get_seed", "set_random_seed"]

DEFAULT_GRAPH_SEED = 87654321
_MAX_INT32 = 2**31 - 1


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """Return the two seeds of a random op in the default graph; (None, None) for any numbers.

    Where only the graph has a seed, that of the op is the number of the last operation made: the
    same program then gets the same numbers.

    Args:
      op_seed: what the user gave to the op.
    """
    graph = get_default_graph()
    if graph.seed is None:
        if op_seed is None:
            return None, None
        seeds = DEFAULT_GRAPH_SEED, op_seed % _MAX_INT32
    else:
        own = graph._last_id if op_seed is None else op_seed
        seeds = graph.seed % _MAX_INT32, own % _MAX_INT32
    # A kernel takes (0, 0) for "any numbers".
    return (0, _MAX_INT32) if seeds == (0, 0) else seeds


def set_random_seed(seed: int) -> None:
    """Set the seed of the default graph, from which the random ops made afterwards get theirs."""
    get_default_graph().seed = seed
