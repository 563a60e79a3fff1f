"""Initializers as TensorFlow 2 has them: the dtype is said when they are called.

With a seed, the values follow from that and the shape alone; without one, from the graph's.

Source: TensorFlow 1.15, python/ops/init_ops_v2.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant as constant_of
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor import Tensor
from tensormill.ops import filling, random, stateless_random
from tensormill.ops.array_shapes import reshape
from tensormill.ops.elementwise_unary import sign
from tensormill.ops.matrix_decomposition import qr
from tensormill.ops.matrix_diagonals import diag_part
from tensormill.ops.tensor_algebra import eye
from tensormill.ops.transposition import matrix_transpose
from tensormill.variables.initializers import TRUNCATED_STDDEV, fans, float_dtype

__all__ = [
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
    "VarianceScaling",
    "Zeros",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
]


class Initializer:
    """The base of these initializers."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return initial values.

        Args:
          shape: of the tensor.
          dtype: of the tensor.

        Raises:
          ValueError: there are no such values of the shape or the dtype.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return one made from what `get_config` returned."""
        return cls(**{name: value for name, value in config.items() if name != "dtype"})


class Zeros(Initializer):
    """Gives zeros."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return zeros."""
        return filling.zeros(shape, as_dtype(dtype))


class Ones(Initializer):
    """Gives ones."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return ones."""
        kind = as_dtype(dtype)
        if not kind.is_numpy_compatible or kind == dtypes.string:
            raise ValueError(f"Expected numeric or boolean dtype, got {kind}.")
        return filling.ones(shape, kind)


class Constant(Initializer):
    """Gives a value, or those of a list."""

    def __init__(self, value: Any = 0) -> None:
        """Take the value.

        Raises:
          TypeError: it is neither a number, a list nor an array.
        """
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Return the value as often as the shape asks for."""
        return constant_of(self.value, dtype=dtype, shape=shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"value": self.value}


class _Random(Initializer):
    """What draws numbers."""

    seed: int | None = None

    def _normal(self, shape: Any, mean: Any, stddev: Any, dtype: DType) -> Tensor:
        if self.seed is None:
            return random.random_normal(shape, mean, stddev, dtype)
        return stateless_random.stateless_random_normal(shape, [self.seed, 0], mean, stddev, dtype)

    def _truncated(self, shape: Any, mean: Any, stddev: Any, dtype: DType) -> Tensor:
        if self.seed is None:
            return random.truncated_normal(shape, mean, stddev, dtype)
        seeds = [self.seed, 0]
        return stateless_random.stateless_truncated_normal(shape, seeds, mean, stddev, dtype)

    def _uniform(self, shape: Any, minval: Any, maxval: Any, dtype: DType) -> Tensor:
        if self.seed is None:
            return random.random_uniform(shape, minval, maxval, dtype)
        seeds = [self.seed, 0]
        return stateless_random.stateless_random_uniform(shape, seeds, minval, maxval, dtype)


class RandomUniform(_Random):
    """Gives numbers distributed evenly from a least one up to another, floats or integers."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return numbers."""
        kind = as_dtype(dtype)
        if not kind.is_floating and not kind.is_integer:
            raise ValueError(f"Expected float or integer dtype, got {kind}.")
        return self._uniform(shape, self.minval, self.maxval, kind)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class RandomNormal(_Random):
    """Gives normally distributed numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return numbers."""
        return self._normal(shape, self.mean, self.stddev, float_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomNormal):
    """Gives normally distributed numbers within two standard deviations of the mean."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return numbers."""
        return self._truncated(shape, self.mean, self.stddev, float_dtype(dtype))


class VarianceScaling(_Random):
    """Gives numbers whose variance is `scale` divided by the number of inputs or outputs."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        """Say the variance.

        Args:
          scale: more than 0.
          mode: "fan_in", "fan_out" or "fan_avg".
          distribution: "uniform", "truncated_normal" or "untruncated_normal".
          seed: what the numbers follow from.

        Raises:
          ValueError: an argument is wrong.
        """
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return numbers."""
        kind = float_dtype(dtype)
        fan_in, fan_out = fans([int(size) for size in shape])
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "truncated_normal":
            return self._truncated(shape, 0.0, math.sqrt(variance) / TRUNCATED_STDDEV, kind)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, 0.0, math.sqrt(variance), kind)
        limit = math.sqrt(3.0 * variance)
        return self._uniform(shape, -limit, limit, kind)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
        }


class GlorotUniform(VarianceScaling):
    """Gives evenly distributed numbers, scaled by inputs and outputs."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"seed": self.seed}


class GlorotNormal(VarianceScaling):
    """Gives normally distributed numbers, scaled by inputs and outputs."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"seed": self.seed}


class Orthogonal(_Random):
    """Gives matrices whose rows or columns are orthogonal."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return a matrix; of more dimensions, all but the last count as rows."""
        kind = float_dtype(dtype)
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        *outer, columns = [int(size) for size in shape]
        rows = math.prod(outer)
        sizes = (max(rows, columns), min(rows, columns))
        q, r = qr(self._normal(sizes, 0.0, 1.0, kind), full_matrices=False)
        q = q * sign(diag_part(r))
        made: Tensor = self.gain * reshape(matrix_transpose(q) if rows < columns else q, shape)
        return made

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"gain": self.gain, "seed": self.seed}


class Identity(Initializer):
    """Gives multiples of the identity."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Tensor:
        """Return a matrix."""
        kind = float_dtype(dtype)
        if len(shape) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        rows, columns = shape
        made: Tensor = self.gain * eye(rows, columns, dtype=kind)
        return made

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"gain": self.gain}


def lecun_normal(seed: int | None = None) -> VarianceScaling:
    """Return normally distributed numbers, scaled by inputs."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed: int | None = None) -> VarianceScaling:
    """Return evenly distributed numbers, scaled by inputs."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


def he_normal(seed: int | None = None) -> VarianceScaling:
    """Return normally distributed numbers, scaled by half the inputs."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed: int | None = None) -> VarianceScaling:
    """Return evenly distributed numbers, scaled by half the inputs."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed)
