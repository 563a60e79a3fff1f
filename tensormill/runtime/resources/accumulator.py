"""Conditional accumulators: dense and sparse sums of gradients, and the resource that holds one.

Source: TensorFlow 1.15, core/kernels/conditional_accumulator.h, sparse_conditional_accumulator.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import Dims, are_compatible, format_dims
from tensormill.runtime.resources.accumulator_state import (
    AccumulatorState,
    Apply,
    GradientSum,
    SetGlobalStep,
    Take,
)
from tensormill.runtime.resources.waiting import Done, Waiting

__all__ = ["Accumulator"]

SparseGradient = tuple[torch.Tensor, torch.Tensor, "torch.Tensor | None"]
"""Indices, values, and the shape where it is known."""


class _DenseSum:
    """The sum, or the mean, of gradients of one shape."""

    def __init__(self, dims: Dims, is_mean: bool) -> None:
        self._dims = dims
        self._is_mean = is_mean
        self._sum: torch.Tensor | None = None
        self._count = 0

    def add(self, gradient: torch.Tensor) -> None:
        shape = tuple(gradient.shape)
        expected = self._dims if self._sum is None else tuple(self._sum.shape)
        if not are_compatible(expected, shape):
            raise errors.invalid_argument(
                f"Shape mismatch: expected {format_dims(expected, 'kernel')}, got "
                f"{format_dims(shape, 'kernel')}"
            )
        if self._sum is None:
            self._sum = gradient.clone(memory_format=torch.contiguous_format)
        else:
            self._sum += gradient
        self._count += 1

    def take(self) -> list[torch.Tensor]:
        total, count = self._sum, self._count
        assert total is not None
        self._sum, self._count = None, 0
        return [total.div_(count) if self._is_mean else total]


class _SparseSum:
    """The sum, or for each index the mean, of rows by their index.

    Two gradients are merged as sorted lists, whether they are sorted or not: rows of unsorted ones
    may stand there twice, as in TensorFlow.
    """

    def __init__(self, dims: Dims, is_mean: bool) -> None:
        self._dims = dims
        self._is_mean = is_mean
        self._indices: list[int] = []
        self._values: torch.Tensor | None = None
        self._counts: list[int] = []

    def add(self, gradient: SparseGradient) -> None:
        indices, values, shape = gradient
        _check_form(indices, values)
        self._check_shape(indices, values, shape)
        new = indices.tolist()
        if self._values is None:
            self._indices, self._counts = new, [1] * len(new)
            self._values = values.clone(memory_format=torch.contiguous_format)
        else:
            self._merge(new, values)

    def _merge(self, new: list[int], values: torch.Tensor) -> None:
        assert self._values is not None
        old, counts = self._indices, self._counts
        merged: list[int] = []
        merged_counts: list[int] = []
        from_old: list[tuple[int, int]] = []
        from_new: list[tuple[int, int]] = []
        i = j = 0
        while i < len(old) or j < len(new):
            takes_old = j == len(new) or (i < len(old) and old[i] <= new[j])
            takes_new = i == len(old) or (j < len(new) and new[j] <= old[i])
            at = len(merged)
            merged.append(old[i] if takes_old else new[j])
            merged_counts.append((counts[i] if takes_old else 0) + takes_new)
            if takes_old:
                from_old.append((at, i))
                i += 1
            if takes_new:
                from_new.append((at, j))
                j += 1
        total = values.new_zeros((len(merged), *values.shape[1:]))
        for pairs, source in ((from_old, self._values), (from_new, values)):
            if pairs:
                places, rows = torch.tensor(pairs).T
                total.index_add_(0, places, source[rows])
        self._indices, self._counts, self._values = merged, merged_counts, total

    def take(self) -> list[Any]:
        values, indices, counts = self._values, self._indices, self._counts
        assert values is not None
        self._values, self._indices, self._counts = None, [], []
        if self._is_mean:
            divisor = torch.tensor(counts, dtype=values.dtype)
            values = values / divisor.reshape(-1, *([1] * (values.dim() - 1)))
        first = self._dims[0] if self._dims else None
        shape = [-1 if first is None else first, *values.shape[1:]]
        return [
            torch.tensor(indices, dtype=torch.int64),
            values,
            torch.tensor(shape, dtype=torch.int64),
        ]

    def _check_shape(
        self, indices: torch.Tensor, values: torch.Tensor, shape: torch.Tensor | None
    ) -> None:
        dims = self._dims or ()
        if shape is not None:
            _check_given_shape(shape.tolist(), dims)
        if dims and dims[0] is not None:
            for at, index in enumerate(indices.tolist()):
                if index >= dims[0]:
                    raise errors.invalid_argument(
                        f"Shape mismatch: index of slice {at} exceeded limits of shape; index is "
                        f"{index} exceeded {dims[0]}"
                    )
        if self._values is None:
            if len(dims) > values.dim():
                raise errors.invalid_argument(
                    f"Shape mismatch: expected values rank at least {len(dims)}, got {values.dim()}"
                )
            expected: Any = dims
        else:
            if self._values.dim() != values.dim():
                raise errors.invalid_argument(
                    f"Shape mismatch: expected values rank {self._values.dim()}, got {values.dim()}"
                )
            expected = self._values.shape
        for axis in range(1, len(expected)):
            if expected[axis] not in (None, values.shape[axis]):
                raise errors.invalid_argument(
                    f"Shape mismatch: expected values dim {axis} to be {expected[axis]}, got "
                    f"{values.shape[axis]}"
                )


def _check_form(indices: torch.Tensor, values: torch.Tensor) -> None:
    if indices.dim() != 1:
        raise errors.invalid_argument(
            "Input indices should be vector but received shape: "
            f"{format_dims(tuple(indices.shape), 'kernel')}"
        )
    if values.dim() == 0:
        raise errors.invalid_argument("Values cannot be 0-dimensional.")
    if values.shape[0] != indices.shape[0]:
        raise errors.invalid_argument(
            f"Expected {indices.shape[0]} non-empty input values, got {values.shape[0]}"
        )


def _check_given_shape(shape: list[int], dims: tuple[int | None, ...]) -> None:
    if len(dims) > len(shape):
        raise errors.invalid_argument(
            f"Shape mismatch: expected shape rank at least {len(dims)}, got {len(shape)}"
        )
    for axis, size in enumerate(dims):
        if size is not None and size != shape[axis]:
            raise errors.invalid_argument(
                f"Shape mismatch: expected shape dim {axis} to be {size}, got {shape[axis]}"
            )


class Accumulator:
    """A conditional accumulator. Any thread.

    Attributes:
      container: its resource container.
      name: its resource name.
      dtype: the dtype of the gradients.
      is_sparse: the gradients are rows by index.
    """

    def __init__(
        self, container: str, name: str, dtype: DType, dims: Dims, is_sparse: bool, is_mean: bool
    ) -> None:
        self.container = container
        self.name = name
        self.dtype = dtype
        self.is_sparse = is_sparse
        total: GradientSum = _SparseSum(dims, is_mean) if is_sparse else _DenseSum(dims, is_mean)
        self._state = AccumulatorState(total)
        self._waiting = Waiting(self._state.handle)  # its lock guards _state

    def read(self) -> np.ndarray[Any, Any]:
        """Return what a reference to the accumulator holds: container and name."""
        return np.array([self.container.encode(), self.name.encode()], object)

    def check(self, dtype: DType, is_sparse: bool) -> None:
        """Refuse other gradients than those of the accumulator.

        Raises:
          InvalidArgumentError: the dtype or the kind is another one.
        """
        if dtype != self.dtype:
            raise errors.invalid_argument(
                f"Accumulator '{self.name}' holds gradients of type {dtype_text(self.dtype)}, not "
                f"{dtype_text(dtype)}"
            )
        if is_sparse != self.is_sparse:
            kinds = ("dense", "sparse")
            raise errors.invalid_argument(
                f"Accumulator '{self.name}' holds {kinds[self.is_sparse]} gradients, not "
                f"{kinds[is_sparse]} ones"
            )

    def apply(self, gradient: Any, local_step: int) -> None:
        """Add a gradient, unless it is of a former step.

        Raises:
          InvalidArgumentError: its shape is wrong.
        """
        self._waiting.tell(Apply(gradient, local_step))

    def poll(self, required: int) -> list[Any] | None:
        """Return what the gradients make if there are enough and nobody waits; else None."""
        with self._waiting.lock:
            return self._state.poll(required)

    def take(self, required: int, done: Done) -> None:
        """Call `done` with what the gradients make, once there are so many."""
        self._waiting.submit(done, lambda key: Take(key, required), lambda made: made)

    def set_global_step(self, global_step: int) -> None:
        """Drop gradients of earlier steps from now on."""
        self._waiting.tell(SetGlobalStep(global_step))

    def count(self) -> int:
        """Return how many gradients there are."""
        return self._state.count
