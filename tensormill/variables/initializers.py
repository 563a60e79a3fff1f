"""Initializers: functions of a shape that give initial values, with their settings as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.filling import ones, zeros
from tensormill.ops.random import random_normal, random_uniform, truncated_normal
from tensormill.ops.transposition import matrix_transpose

__all__ = [
    "TRUNCATED_STDDEV",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "Identity",
    "Initializer",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "UniformUnitScaling",
    "VarianceScaling",
    "Zeros",
    "fans",
    "float_dtype",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "random_orthogonal_matrix",
]

TRUNCATED_STDDEV = 0.87962566103423978
"""The standard deviation of a normal distribution that is cut off at two of its own."""


def float_dtype(dtype: Any) -> DType:
    """Return a dtype, which must be a floating-point one.

    Raises:
      ValueError: it is not.
    """
    wanted = as_dtype(dtype)
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted}.")
    return wanted


class Initializer:
    """The base of all initializers: called with a shape, it returns a tensor of initial values."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values.

        Args:
          shape: of the variable (of the slice, where it is cut into slices).
          dtype: the dtype; by default that of the initializer.
          partition_info: the place of the slice in the whole, or None.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the settings, from which `from_config` makes an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return an initializer with the given settings."""
        return cls(**config)


class Zeros(Initializer):
    """Gives zeros (False, "")."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        return zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"dtype": self.dtype.name}


class Ones(Initializer):
    """Gives ones (True)."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        return ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"dtype": self.dtype.name}


class Constant(Initializer):
    """Gives a value, or the values of a list, filled up with the last one.

    Raises:
      TypeError: the value is no number, list or array.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value
        self.dtype = as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        verify_shape: bool | None = None,
    ) -> Tensor:
        """Return the initial values."""
        return constant(
            self.value,
            dtype=self.dtype if dtype is None else dtype,
            shape=shape,
            verify_shape=self._verify_shape if verify_shape is None else verify_shape,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"value": self.value, "dtype": self.dtype.name}


class RandomUniform(Initializer):
    """Gives numbers distributed evenly in [minval, maxval)."""

    def __init__(
        self,
        minval: Any = 0,
        maxval: Any = None,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        return random_uniform(shape, self.minval, self.maxval, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {
            "minval": self.minval,
            "maxval": self.maxval,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class RandomNormal(Initializer):
    """Gives normally distributed numbers.

    Raises:
      ValueError: the dtype is not a floating-point one.
    """

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        return random_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {
            "mean": self.mean,
            "stddev": self.stddev,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class TruncatedNormal(RandomNormal):
    """Gives normally distributed numbers within two standard deviations of the mean."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        return truncated_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


def _whole_shape(shape: Any, partition_info: Any) -> list[int]:
    whole = shape if partition_info is None else partition_info.full_shape
    return [int(size) for size in whole]


class UniformUnitScaling(Initializer):
    """Gives evenly distributed numbers that keep the scale of the variance."""

    def __init__(
        self, factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        inputs = max(1.0, float(math.prod(_whole_shape(shape, partition_info)[:-1])))
        limit = math.sqrt(3 / inputs) * self.factor
        return random_uniform(shape, -limit, limit, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


def fans(shape: Sequence[int]) -> tuple[float, float]:
    """Return how many inputs and outputs a unit has whose weights have this shape."""
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


class VarianceScaling(Initializer):
    """Gives numbers whose variance is `scale` divided by the number of inputs or outputs.

    Args:
      scale: positive.
      mode: "fan_in", "fan_out" or "fan_avg".
      distribution: "truncated_normal" ("normal" is the same), "untruncated_normal" or "uniform".
      seed: the seed of the op.
      dtype: a floating-point dtype.

    Raises:
      ValueError: an argument is none of these.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        fan_in, fan_out = fans(_whole_shape(shape, partition_info))
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random_uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(shape, 0.0, math.sqrt(scale), dtype, seed=self.seed)
        stddev = math.sqrt(scale) / TRUNCATED_STDDEV
        return truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class GlorotUniform(VarianceScaling):
    """Gives evenly distributed numbers, scaled by inputs and outputs (Glorot and Bengio, 2010)."""

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotNormal(VarianceScaling):
    """Gives normal numbers, scaled by inputs and outputs (Glorot and Bengio, 2010)."""

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"seed": self.seed, "dtype": self.dtype.name}


def he_normal(seed: int | None = None) -> VarianceScaling:
    """Return the initializer of He et al. (2015), normally distributed."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed: int | None = None) -> VarianceScaling:
    """Return the initializer of He et al. (2015), evenly distributed."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed)


def lecun_normal(seed: int | None = None) -> VarianceScaling:
    """Return the initializer of LeCun et al. (1998), normally distributed."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed: int | None = None) -> VarianceScaling:
    """Return the initializer of LeCun et al. (1998), evenly distributed."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


def random_orthogonal_matrix(rows: int, columns: int, dtype: Any, seed: int | None) -> Tensor:
    """Return a matrix [rows, columns] with orthonormal columns (rows >= columns)."""
    normal = random_normal((rows, columns), dtype=dtype, seed=seed)
    q, r = OP_DEFS["Qr"].builder(normal, full_matrices=False)
    # The signs make all orthogonal matrices equally likely.
    matrix: Tensor = q * OP_DEFS["Sign"].builder(OP_DEFS["DiagPart"].builder(r))
    return matrix


class Orthogonal(Initializer):
    """Gives an orthogonal matrix, for a shape of more dimensions flattened to one.

    Raises:
      ValueError: the dtype is not a floating-point one.
    """

    def __init__(
        self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        self.gain = gain
        self.seed = seed
        self.dtype = float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        dtype = self.dtype if dtype is None else dtype
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(size) for size in shape[:-1]), int(shape[-1])
        if rows < columns:
            turned = random_orthogonal_matrix(columns, rows, dtype, self.seed)
            q = matrix_transpose(turned)
        else:
            q = random_orthogonal_matrix(rows, columns, dtype, self.seed)
        values: Tensor = self.gain * reshape(q, shape)
        return values

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


class Identity(Initializer):
    """Gives the identity matrix, times `gain`.

    Raises:
      ValueError: the dtype is not a floating-point one.
    """

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Return the initial values."""
        whole = _whole_shape(shape, partition_info)
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        dtype = as_dtype(self.dtype if dtype is None else dtype)
        numbers = np.eye(whole[0], whole[1])
        if partition_info is not None:
            row, column = partition_info.var_offset
            numbers = numbers[row : row + shape[0], column : column + shape[1]]
        values: Tensor = self.gain * constant(
            numbers.astype(dtype.as_numpy_dtype), dtype, name="eye"
        )
        return values

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"gain": self.gain, "dtype": self.dtype.name}
