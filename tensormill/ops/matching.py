"""Greedy matching of rows and columns by distance: `tf.contrib.image.bipartite_match`.

Source: TensorFlow 1.15, contrib/image/ops/image_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

__all__ = ["bipartite_match"]

bipartite_match_op = define(
    "BipartiteMatch",
    inputs=("distance_mat: float32", "num_valid_rows: float32"),
    outputs=("row_to_col_match_indices: int32", "col_to_row_match_indices: int32"),
    attrs=("top_k: int = -1",),
    stateful=True,
    differentiable=False,
)


@bipartite_match_op.shape
def bipartite_match_shape(ctx: ShapeContext) -> list[Dims]:
    rows, columns = with_rank(ctx.shape(0), 2)
    return [(rows,), (columns,)]


def bipartite_match(
    distance_mat: Any, num_valid_rows: Any, top_k: int = -1, name: str = "bipartite_match"
) -> list[Tensor]:
    """Return which column each row is matched to, and which row each column, -1 for none.

    The nearest pair is matched first, then the nearest of the rest, and so on.

    Args:
      distance_mat: float32 [rows, columns].
      num_valid_rows: how many rows count; all of them where it is negative.
      top_k: how many pairs are matched at most; all of them where it is not positive.
      name: the name of the node.
    """
    made: list[Tensor] = bipartite_match_op(distance_mat, num_valid_rows, top_k=top_k, name=name)
    return made
