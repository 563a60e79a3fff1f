"""Finding the leaves of examples, as part of the graph."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, shape
from tensormill.ops.casting import cast
from tensormill.ops.gathering import gather, gather_nd, where
from tensormill.ops.joining import stack, tile
from tensormill.ops.reduction import reduce_any
from tensormill.ops.sequences import range_of
from tensormill.ops.while_loop import while_loop

__all__ = ["leaves_of"]


def leaves_of(examples: Any, feature: Any, threshold: Any, left: Any, roots: Any) -> Tensor:
    """Return the leaf of each example in each tree: int32 [trees, examples].

    Args:
      examples: float32 [examples, features].
      feature: int32 [nodes]: which feature a node looks at.
      threshold: float32 [nodes]: examples up to it go to the left.
      left: int32 [nodes]: the left child; the right one comes next. 0 for a leaf.
      roots: int32 [trees].
    """
    examples = convert_to_tensor(examples)
    count = shape(examples)[0]
    trees = shape(roots)[0]
    rows = tile(expand_dims(range_of(count), 0), stack([trees, 1]))
    begin = tile(expand_dims(roots, 1), stack([1, count]))

    def is_inside(nodes: Tensor) -> Tensor:
        return reduce_any(gather(left, nodes) > 0)

    def step(nodes: Tensor) -> Tensor:
        children = gather(left, nodes)
        values = gather_nd(examples, stack([rows, gather(feature, nodes)], axis=-1))
        goes_right = cast(values > gather(threshold, nodes), dtypes.int32)
        return where(children > 0, children + goes_right, nodes)

    found: Tensor = while_loop(is_inside, step, [begin], back_prop=False)
    return found
