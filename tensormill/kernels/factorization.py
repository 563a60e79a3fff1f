"""Kernels of steps of factorizing matrices.

Source: TensorFlow 1.15, contrib/factorization/kernels: masked_matmul_ops.cc, wals_solver_ops.cc.
"""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
_KINDS = ("a scalar", "a vector", "a matrix")


def _check_rank(rank: int, **values: Any) -> None:
    for name, value in values.items():
        if value.ndim != rank:
            raise errors.invalid_argument(f"Input {name} should be {_KINDS[rank]}.")


def _check_within(places: Tensor, size: int, what: str) -> None:
    wrong = (places < 0) | (places >= size)
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        raise errors.invalid_argument(
            f"the {what} index {int(places[at])} of entry {at} is out of bounds [0, {size})"
        )


@kernel("MaskedMatmul", "cpu", host_inputs=("transpose_a", "transpose_b"))
def masked_matmul(
    a: Tensor, b: Tensor, mask_indices: Tensor, transpose_a: Any, transpose_b: Any
) -> Tensor:
    _check_rank(2, a=a, b=b, mask_indices=mask_indices)
    _check_rank(0, transpose_a=transpose_a, transpose_b=transpose_b)
    left = a.t() if transpose_a else a
    right = b if transpose_b else b.t()
    if left.shape[1] != right.shape[1]:
        raise errors.invalid_argument(
            f"Matrix shapes are incompatible: a has shape {format_dims(tuple(a.shape), 'kernel')}, "
            f"while b has shape {format_dims(tuple(b.shape), 'kernel')}."
        )
    if mask_indices.shape[1] != 2:
        raise errors.invalid_argument(
            "mask_indices should be a matrix of shape [nnz 2], where nnz is the number of non-zero "
            "elements."
        )
    rows, columns = mask_indices.unbind(1)
    _check_within(rows, left.shape[0], "row")
    _check_within(columns, right.shape[0], "column")
    return (left[rows] * right[columns]).sum(1)


@kernel(
    "WALSComputePartialLhsAndRhs",
    "cpu",
    host_inputs=("unobserved_weights", "input_block_size", "input_is_transpose"),
)
def wals_compute_partial_lhs_and_rhs(
    factors: Tensor,
    factor_weights: Tensor,
    unobserved_weights: Any,
    input_weights: Tensor,
    input_indices: Tensor,
    input_values: Tensor,
    entry_weights: Tensor,
    input_block_size: Any,
    input_is_transpose: Any,
) -> tuple[Tensor, Tensor]:
    _check_rank(2, factors=factors, input_indices=input_indices)
    _check_rank(
        1, factor_weights=factor_weights, input_weights=input_weights, input_values=input_values,
        entry_weights=entry_weights,
    )  # fmt: skip
    _check_rank(
        0, unobserved_weights=unobserved_weights, input_block_size=input_block_size,
        input_is_transpose=input_is_transpose,
    )  # fmt: skip
    if input_indices.shape[1] != 2:
        raise errors.invalid_argument("Input input_indices should have shape (?, 2).")
    if input_indices.shape[0] != input_values.shape[0]:
        raise errors.invalid_argument(
            "Input input_values' length should match the first dimension of Input input_indices "
        )
    rows, columns = input_indices.unbind(1)
    if input_is_transpose:
        rows, columns = columns, rows
    size, dimension = int(input_block_size), factors.shape[1]
    _check_within(rows, size, "row")
    _check_within(columns, factors.shape[0], "column")
    weights = _weights(factors, factor_weights, input_weights, entry_weights, rows, columns)
    vectors = factors[columns]
    products = vectors[:, :, None] * (vectors * weights[:, None])[:, None, :]
    left = factors.new_zeros((size, dimension, dimension)).index_add_(0, rows, products)
    scale = input_values * (float(unobserved_weights) + weights)
    right = factors.new_zeros((size, dimension)).index_add_(0, rows, vectors * scale[:, None])
    return left, right


def _weights(
    factors: Tensor,
    factor_weights: Tensor,
    input_weights: Tensor,
    entry_weights: Tensor,
    rows: Tensor,
    columns: Tensor,
) -> Tensor:
    """Return the weight of each entry that was observed."""
    by_entry = (
        not len(input_weights) and not len(factor_weights) and len(entry_weights) == len(rows)
    )
    by_factor = (
        len(input_weights) > 0
        and len(factor_weights) == factors.shape[0]
        and not len(entry_weights)
    )
    if not by_entry and not by_factor:
        raise errors.invalid_argument(
            "To specify the weights for observed entries, either (1) entry_weights must be set or "
            "(2) input_weights and factor_weights must be set, but not both."
        )
    if by_entry and len(entry_weights):
        return entry_weights
    if not len(rows):
        return factors.new_zeros(0)
    _check_within(rows, len(input_weights), "row")
    return input_weights[rows] * factor_weights[columns]
