"""Random-number generators whose state is a variable: `tf.random.experimental.Generator`.

Source: TensorFlow 1.15, python/ops/stateful_random_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import add
from tensormill.ops.array_shapes import reshape
from tensormill.ops.filling import zeros_like
from tensormill.ops.joining import concat, stack
from tensormill.ops.stateful_random import (
    non_deterministic_ints_op,
    rng_skip_op,
    stateful_random_binomial_op,
    stateful_standard_normal_v2_op,
    stateful_truncated_normal_op,
    stateful_uniform_full_int_op,
    stateful_uniform_int_op,
    stateful_uniform_op,
)
from tensormill.variables.resource_variable import ResourceVariable
from tensormill.variables.tracking import AutoTrackable

__all__ = [
    "DEFAULT_ALGORITHM",
    "RNG_ALG_PHILOX",
    "RNG_ALG_THREEFRY",
    "Generator",
    "create_rng_state",
    "get_global_generator",
    "non_deterministic_ints",
    "set_global_generator",
]

RNG_ALG_PHILOX = 1
RNG_ALG_THREEFRY = 2
DEFAULT_ALGORITHM = RNG_ALG_PHILOX

_STATE_SIZES = {RNG_ALG_PHILOX: 3, RNG_ALG_THREEFRY: 2}
_SPAN = 1 << 64
_MASK = _SPAN - 1


def non_deterministic_ints(shape: Any, dtype: Any = dtypes.int64) -> Tensor:
    """Return integers that are others at each run.

    Args:
      shape: of the result.
      dtype: an integer dtype.
    """
    made: Tensor = non_deterministic_ints_op(shape, dtype=dtype)
    return made


def _state_size(alg: int) -> int:
    if alg not in _STATE_SIZES:
        raise ValueError(f"Unsupported algorithm id: {alg}")
    return _STATE_SIZES[alg]


def _as_int64(number: int) -> int:
    return number - _SPAN if number > _MASK >> 1 else number


def create_rng_state(seed: Any, algorithm: int) -> np.ndarray[Any, Any]:
    """Return the state of a generator: int64, as many numbers as the algorithm wants.

    Args:
      seed: an integer of any size, or a vector of integers. A short one stands at the end, where
        the key is.
      algorithm: 1 (Philox) or 2 (ThreeFry).

    Raises:
      ValueError: the algorithm is another one, or the seed has more than one dimension.
    """
    size = _state_size(algorithm)
    if isinstance(seed, int):
        parts: Any = [seed >> 64 * place & _MASK for place in range(size)]
    else:
        parts = seed
    numbers = np.asarray(list(map(_as_int64, parts)), np.int64)
    if numbers.ndim != 1:
        raise ValueError(f"seed should only have one dimension; got shape: {numbers.shape}")
    numbers = numbers[:size]
    return np.pad(numbers, [(size - numbers.size, 0)])


def _as_state(value: Any) -> Tensor:
    if isinstance(value, list):
        value = list(map(_as_int64, value))
    return convert_to_tensor(value, dtypes.int64)


def _shape_tensor(shape: Any) -> Tensor:
    """Return a shape as a tensor; an empty one is of int64."""
    is_empty = isinstance(shape, (tuple, list)) and not shape
    return convert_to_tensor(shape, dtypes.int64 if is_empty else None, name="shape")


class Generator(AutoTrackable):
    """A generator of random numbers; each draw moves its state, a variable, on.

    Args:
      copy_from: a generator whose state and algorithm the new one begins with.
      state: int64 vector, the state to begin with; where `copy_from` is not given.
      alg: the algorithm, 1 (Philox) or 2 (ThreeFry, for which there are no kernels).
    """

    def __init__(
        self, copy_from: Generator | None = None, state: Any = None, alg: int | None = None
    ) -> None:
        """Make the variable that holds the state."""
        if copy_from is not None:
            assert alg is None
            assert state is None
            initial: Any = copy_from.state
            self._alg_var = copy_from.algorithm
        else:
            assert alg is not None
            assert state is not None
            initial = _as_state(state)
            self._alg_var = alg
            initial.shape.assert_is_compatible_with([_state_size(alg)])
        self._state_var = ResourceVariable(initial, dtype=dtypes.int64, trainable=False)

    @classmethod
    def from_state(cls, state: Any, alg: int) -> Generator:
        """Return a generator that begins with a state."""
        return cls(alg=alg, state=state)

    @classmethod
    def from_seed(cls, seed: Any, alg: int | None = None) -> Generator:
        """Return a generator that begins with a seed: an integer or a vector of integers."""
        alg = DEFAULT_ALGORITHM if alg is None else alg
        return cls(state=create_rng_state(seed, alg), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: int | None = None) -> Generator:
        """Return a generator that begins anywhere."""
        alg = DEFAULT_ALGORITHM if alg is None else alg
        return cls(state=non_deterministic_ints([_state_size(alg)]), alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: int) -> Generator:
        """Return a generator that begins with a key, a scalar, and a counter, a vector."""
        return cls(state=_joined(key, counter, alg), alg=alg)

    def reset(self, state: Any) -> None:
        """Make the operation that gives the generator another state."""
        state = _as_state(state)
        state.shape.assert_is_compatible_with([_state_size(self.algorithm)])
        self._state_var.assign(state)

    def reset_from_seed(self, seed: Any) -> None:
        """Make the operation that gives the generator the state of a seed."""
        self._state_var.assign(create_rng_state(seed, self.algorithm))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Make the operation that gives the generator another key and counter."""
        self._state_var.assign(_joined(key, counter, self.algorithm))

    @property
    def state(self) -> ResourceVariable:
        """The variable that holds the state."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """The algorithm."""
        return self._alg_var

    @property
    def key(self) -> Tensor:
        """The key, which is the last number of the state: int64 scalar."""
        _state_size(self.algorithm)
        last: Tensor = self._state_var[-1]
        return last

    def skip(self, delta: Any) -> None:
        """Make the operation that moves the state on as if `delta` numbers had been drawn."""
        rng_skip_op.make(self.state.handle, self.algorithm, delta)

    def _standard_normal(self, shape: Tensor, dtype: Any) -> Tensor:
        made: Tensor = stateful_standard_normal_v2_op(
            self.state.handle, self.algorithm, shape, dtype=dtype
        )
        return made

    def _truncated_normal(self, shape: Tensor, dtype: Any) -> Tensor:
        made: Tensor = stateful_truncated_normal_op(
            self.state.handle, self.algorithm, shape, dtype=dtype
        )
        return made

    def _uniform(self, shape: Tensor, dtype: Any) -> Tensor:
        made: Tensor = stateful_uniform_op(self.state.handle, self.algorithm, shape, dtype=dtype)
        return made

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Return normally distributed numbers.

        Args:
          shape: of the result.
          mean: of the distribution.
          stddev: likewise.
          dtype: a floating-point dtype.
          name: the name of the scope of nodes.
        """
        with name_scope(name, "stateful_normal", [shape, mean, stddev]) as scope:
            sizes = _shape_tensor(shape)
            mean = convert_to_tensor(mean, dtype, name="mean")
            stddev = convert_to_tensor(stddev, dtype, name="stddev")
            return add(self._standard_normal(sizes, dtype) * stddev, mean, name=scope)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Return normally distributed numbers within two standard deviations; see `normal`."""
        with name_scope(name, "truncated_normal", [shape, mean, stddev]) as scope:
            sizes = _shape_tensor(shape)
            mean = convert_to_tensor(mean, dtype, name="mean")
            stddev = convert_to_tensor(stddev, dtype, name="stddev")
            return add(self._truncated_normal(sizes, dtype) * stddev, mean, name=scope)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Return numbers distributed evenly in [minval, maxval).

        Args:
          shape: of the result.
          minval: the least value.
          maxval: the bound above, which does not occur; by default 1 for floats.
          dtype: a floating-point dtype, int32 or int64.
          name: the name of the scope of nodes.

        Raises:
          ValueError: the dtype is an integer one, and there is no `maxval`.
        """
        dtype = as_dtype(dtype)
        if maxval is None:
            if dtype.is_integer:
                raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
            maxval = 1
        with name_scope(name, "stateful_uniform", [shape, minval, maxval]) as scope:
            sizes = _shape_tensor(shape)
            low = convert_to_tensor(minval, dtype, name="min")
            high = convert_to_tensor(maxval, dtype, name="max")
            if dtype.is_integer:
                made: Tensor = stateful_uniform_int_op(
                    self.state.handle, self.algorithm, sizes, low, high, name=scope
                )
                return made
            return add(self._uniform(sizes, dtype) * (high - low), low, name=scope)

    def uniform_full_int(
        self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None
    ) -> Tensor:
        """Return integers from the whole range of a dtype.

        Args:
          shape: of the result.
          dtype: int32, int64, uint32 or uint64.
          name: the name of the node.
        """
        with name_scope(name, "stateful_uniform_full_int", [shape]) as scope:
            sizes = _shape_tensor(shape)
            made: Tensor = stateful_uniform_full_int_op(
                self.state.handle, self.algorithm, sizes, dtype=as_dtype(dtype), name=scope
            )
            return made

    def binomial(
        self,
        shape: Any,
        counts: Any,
        probs: Any,
        dtype: Any = dtypes.int32,
        name: str | None = None,
    ) -> Tensor:
        """Return how many of some trials succeed, drawn for each element.

        Args:
          shape: of the result.
          counts: the numbers of trials: a scalar, or one for each row of the result.
          probs: the probabilities of a success, likewise.
          dtype: of the result.
          name: the name of the node.
        """
        with name_scope(name, "binomial", [shape, counts, probs]) as scope:
            counts = convert_to_tensor(counts, name="counts")
            probs = convert_to_tensor(probs, name="probs")
            made: Tensor = stateful_random_binomial_op(
                self.state.handle,
                self.algorithm,
                _shape_tensor(shape),
                counts,
                probs,
                dtype=as_dtype(dtype),
                name=scope,
            )
            return made

    def make_seeds(self, count: int = 1) -> Tensor:
        """Return seeds for the stateless random ops: int64 [2, count]."""
        keys = self._make_int64_keys([count])
        return stack([keys, zeros_like(keys)])

    def _make_int64_keys(self, shape: Any = ()) -> Tensor:
        _state_size(self.algorithm)
        return self.uniform_full_int(shape, dtypes.int64)

    def split(self, count: int = 1) -> list[Generator]:
        """Return generators that are independent of this one and of each other.

        Args:
          count: how many.

        Raises:
          AttributeError: always, while a graph is built: the keys of the new generators are not
            known yet.
        """
        keys: Any = self._make_int64_keys([count])
        lead = [0] * (_state_size(self.algorithm) - 1)
        return [Generator(state=[*lead, key], alg=self.algorithm) for key in keys.numpy()]


def _joined(key: Any, counter: Any, alg: int) -> Tensor:
    counter, key = _as_state(counter), _as_state(key)
    counter.shape.assert_is_compatible_with([_state_size(alg) - 1])
    key.shape.assert_is_compatible_with([])
    return concat([counter, reshape(key, [1])], 0)


class _Global:
    """The generator of the process, made when it is first asked for."""

    generator: Generator | None = None


def get_global_generator() -> Generator:
    """Return the generator of the process."""
    if _Global.generator is None:
        _Global.generator = Generator.from_non_deterministic_state()
    return _Global.generator


def set_global_generator(generator: Generator | None) -> None:
    """Replace the generator of the process."""
    _Global.generator = generator
