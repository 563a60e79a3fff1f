"""Initializers of convolution kernels that keep the norm of what passes through them.

Source: Xiao et al., "Dynamical Isometry and a Mean Field Theory of CNNs" (2018).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.joining import stack
from tensormill.ops.random import random_normal
from tensormill.ops.transposition import matrix_transpose
from tensormill.variables.initializers import Initializer, float_dtype, random_orthogonal_matrix

__all__ = [
    "ConvolutionDeltaOrthogonal",
    "ConvolutionOrthogonal1D",
    "ConvolutionOrthogonal2D",
    "ConvolutionOrthogonal3D",
]

Kernel = dict[tuple[int, ...], Tensor]
"""A kernel by place: a matrix [channels, channels] for each place."""


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    product: Tensor = OP_DEFS["MatMul"].builder(a, b)
    return product


class _Orthogonal(Initializer):
    """What the orthogonal initializers of convolutions share."""

    def __init__(
        self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        self.gain = gain
        self.seed = seed
        self.dtype = float_dtype(dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}

    def _scaled(self, values: Tensor, dtype: Any) -> Tensor:
        scaled: Tensor = values * constant(self.gain, as_dtype(dtype))
        return scaled


def _check_channels(shape: Any) -> None:
    if shape[-2] > shape[-1]:
        raise ValueError("In_filters cannot be greater than out_filters.")


class ConvolutionDeltaOrthogonal(_Orthogonal):
    """Gives a kernel that is orthogonal at its center and zero elsewhere.

    Raises:
      ValueError: the dtype is not a floating-point one.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        if not 3 <= len(shape) <= 5:
            raise ValueError(
                "The tensor to initialize must be at least three-dimensional and at most "
                "five-dimensional"
            )
        _check_channels(shape)
        matrix = random_orthogonal_matrix(shape[-1], shape[-1], dtype, self.seed)
        matrix = self._scaled(matrix[: shape[-2], :], dtype)
        center = [[(size - 1) // 2 for size in shape[:-2]]]
        spread: Tensor = OP_DEFS["ScatterNd"].builder(center, expand_dims(matrix, 0), list(shape))
        return spread


class _ConvolutionOrthogonal(_Orthogonal):
    """Gives orthogonal kernels of `rank` dimensions, as products of the smallest ones."""

    rank: int

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        if len(shape) != self.rank + 2:
            raise ValueError(f"The tensor to initialize must be {self.rank + 2}-dimensional")
        _check_channels(shape)
        if len(set(shape[: self.rank])) != 1:
            raise ValueError("Kernel sizes must be equal.")
        size, inputs, outputs = shape[0], shape[-2], shape[-1]
        matrix = self._matrix(outputs)[:inputs, :]
        if size == 1:
            return self._scaled(reshape(matrix, shape), dtype)
        kernel = self._smallest(outputs)
        for _ in range(size - 2):
            kernel = _convolve(kernel, self._smallest(outputs))
        places = [_matmul(matrix, kernel[place]) for place in sorted(kernel)]
        return self._scaled(reshape(stack(places), shape), dtype)

    def _matrix(self, channels: int) -> Tensor:
        matrix = random_orthogonal_matrix(channels, channels, self.dtype, self.seed)
        self._next_seed()
        return matrix

    def _next_seed(self) -> None:
        if self.seed:
            self.seed += 1

    def _projection(self, channels: int) -> Tensor:
        """Return a random symmetric projection."""
        matrix = self._matrix(channels)
        signs = random_normal([channels], seed=self.seed)
        self._next_seed()
        mask = OP_DEFS["Cast"].builder(OP_DEFS["Greater"].builder(signs, 0.0), DstT=self.dtype)
        half = matrix * mask
        return _matmul(half, matrix_transpose(half))

    def _smallest(self, channels: int) -> Kernel:
        """Return an orthogonal kernel of size 2 in each dimension."""
        numbers = np.eye(channels).astype(self.dtype.as_numpy_dtype)
        identity = constant(numbers, self.dtype)
        parts = []
        for _ in range(self.rank):
            projection = self._projection(channels)
            parts.append((projection, identity - projection))
        kernel = {}
        for place in itertools.product((0, 1), repeat=self.rank):
            matrix = parts[0][place[0]]
            for axis in range(1, self.rank):
                matrix = _matmul(matrix, parts[axis][place[axis]])
            kernel[place] = matrix
        return kernel


def _convolve(a: Kernel, b: Kernel) -> Kernel:
    made: Kernel = {}
    for (place_a, matrix_a), (place_b, matrix_b) in itertools.product(a.items(), b.items()):
        place = tuple(x + y for x, y in zip(place_a, place_b, strict=True))
        product = _matmul(matrix_a, matrix_b)
        made[place] = made[place] + product if place in made else product
    return made


class ConvolutionOrthogonal1D(_ConvolutionOrthogonal):
    """Gives orthogonal kernels of 1-D convolutions, [width, inputs, outputs]."""

    rank = 1


class ConvolutionOrthogonal2D(_ConvolutionOrthogonal):
    """Gives orthogonal kernels of 2-D convolutions, [height, width, inputs, outputs]."""

    rank = 2


class ConvolutionOrthogonal3D(_ConvolutionOrthogonal):
    """Gives orthogonal kernels of 3-D convolutions, [depth, height, width, inputs, outputs]."""

    rank = 3
