"""Steps of factorizing matrices: parts of products, and of the least-squares problems of WALS.

Source: TensorFlow 1.15, contrib/factorization/ops/factorization_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["masked_matmul", "wals_compute_partial_lhs_and_rhs"]

masked_matmul_op = define(
    "MaskedMatmul",
    inputs=(
        "a: float32",
        "b: float32",
        "mask_indices: int64",
        "transpose_a: bool",
        "transpose_b: bool",
    ),
    outputs=("prod_values: float32",),
    differentiable=False,
)
wals_op = define(
    "WALSComputePartialLhsAndRhs",
    inputs=(
        "factors: float32",
        "factor_weights: float32",
        "unobserved_weights: float32",
        "input_weights: float32",
        "input_indices: int64",
        "input_values: float32",
        "entry_weights: float32",
        "input_block_size: int64",
        "input_is_transpose: bool",
    ),
    outputs=("partial_lhs: float32", "partial_rhs: float32"),
    differentiable=False,
)


@masked_matmul_op.shape
def masked_matmul_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


@wals_op.shape
def wals_shape(ctx: ShapeContext) -> list[Dims]:
    return [None, None]


def masked_matmul(
    a: Any, b: Any, mask_indices: Any, transpose_a: Any, transpose_b: Any, name: str | None = None
) -> Tensor:
    """Return some entries of the product of two matrices: [n].

    Args:
      a: float32 matrix.
      b: likewise.
      mask_indices: int64 [n, 2], row and column of each entry.
      transpose_a: bool scalar, whether `a` is transposed first.
      transpose_b: likewise.
      name: the name of the node.
    """
    made: Tensor = masked_matmul_op(a, b, mask_indices, transpose_a, transpose_b, name=name)
    return made


def wals_compute_partial_lhs_and_rhs(
    factors: Any,
    factor_weights: Any,
    unobserved_weights: Any,
    input_weights: Any,
    input_indices: Any,
    input_values: Any,
    entry_weights: Any,
    input_block_size: Any,
    input_is_transpose: Any,
    name: str | None = None,
) -> list[Tensor]:
    """Return both sides of the normal equations of each row, so far as observed entries make them.

    Args:
      factors: float32 [columns, dimension].
      factor_weights: float32 [columns], or empty.
      unobserved_weights: scalar, the weight of what was not observed.
      input_weights: float32 [rows], or empty.
      input_indices: int64 [n, 2], row and column of each entry.
      input_values: float32 [n].
      entry_weights: float32 [n], or empty; in place of the other weights.
      input_block_size: how many rows there are.
      input_is_transpose: whether the indices are of column and row.
      name: the name of the node.
    """
    made: list[Tensor] = wals_op(
        factors,
        factor_weights,
        unobserved_weights,
        input_weights,
        input_indices,
        input_values,
        entry_weights,
        input_block_size,
        input_is_transpose,
        name=name,
    )
    return made
