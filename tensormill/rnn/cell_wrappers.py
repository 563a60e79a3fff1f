"""Wrappers of cells: dropout, residual connections, a device.

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py, rnn_cell_wrapper_impl.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from tensormill.graph import nest
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import device, name_scope
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import divide
from tensormill.ops.dropout import dropout
from tensormill.ops.elementwise_unary import floor
from tensormill.ops.joining import concat
from tensormill.ops.random import random_uniform
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.rnn.cells import RNNCell, assert_like_cell
from tensormill.rnn.lstm import LSTMStateTuple

__all__ = ["DeviceWrapper", "DropoutWrapper", "ResidualWrapper"]


class CellWrapper(RNNCell):
    """The base of wrappers: behaves like the cell inside, but for the step itself.

    Args:
      cell: the cell inside.
      **kwargs: of `RNNCell`.

    Raises:
      TypeError: `cell` is not like a cell.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_cell("cell", cell)
        self.cell = cell

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.output_size

    @property
    def trainable_weights(self) -> list[Any]:
        """Those of the cell inside."""
        return self.cell.trainable_weights if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Those of the cell inside."""
        found: list[Any] = self.cell.non_trainable_weights if self.trainable else self.cell.weights
        return found

    def build(self, input_shape: Any) -> None:
        """Build the cell inside."""
        self.cell.build(input_shape)
        self.built = True

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return a state of zeros."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Make the nodes of one step, as `RNNCell` does."""
        return self._step(inputs, state, scope=scope)

    def _step(self, inputs: Any, state: Any, scope: Any) -> Any:
        raise NotImplementedError


class ResidualWrapper(CellWrapper):
    """Adds the inputs of a cell to its outputs.

    Args:
      cell: the cell inside.
      residual_fn: of the inputs and the outputs; their sum by default.
      **kwargs: of `RNNCell`.
    """

    def __init__(
        self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _step(self, inputs: Any, state: Any, scope: Any) -> Any:
        outputs, following = self.cell(inputs, state, scope=scope)
        return (self._residual_fn or _sum_of)(inputs, outputs), following


def _sum_of(inputs: Any, outputs: Any) -> Any:
    """Return the sums of the leaves of two structures.

    Raises:
      ValueError: their shapes do not agree.
    """
    nest.assert_same_structure(inputs, outputs)
    for given, made in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
        given.get_shape().assert_is_compatible_with(made.get_shape())
    return nest.map_structure(lambda given, made: given + made, inputs, outputs)


class DeviceWrapper(CellWrapper):
    """Runs a cell on a device.

    Args:
      cell: the cell inside.
      device: the device, or a function that chooses it.
      **kwargs: of `RNNCell`.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Return a state of zeros on the device."""
        with (
            name_scope(type(self).__name__ + "ZeroState", values=[batch_size]),
            device(self._device),
        ):
            return self.cell.zero_state(batch_size, dtype)

    def _step(self, inputs: Any, state: Any, scope: Any) -> Any:
        with device(self._device):
            return self.cell(inputs, state, scope=scope)


class DropoutWrapper(CellWrapper):
    """Lets entries of the inputs, states and outputs of a cell be zero at random.

    Args:
      cell: the cell inside.
      input_keep_prob: the probability that an entry of an input stays; a float or a scalar tensor.
      output_keep_prob: the same for outputs.
      state_keep_prob: the same for states, as they are handed to the next step.
      variational_recurrent: the same entries are dropped in all steps (arXiv:1512.05287).
      input_size: the depth of the inputs; needed where `variational_recurrent` drops some.
      dtype: of inputs, states and outputs; needed with `variational_recurrent`.
      seed: of the random numbers.
      dropout_state_filter_visitor: takes a part of the state, returns whether to drop in it, or a
        structure of that; by default the memory of LSTMs and TensorArrays stay whole.
      **kwargs: of `RNNCell`.

    Raises:
      TypeError: the visitor cannot be called.
      ValueError: a probability is not within [0, 1], or an argument is missing.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._wanted_parts = dropout_state_filter_visitor or _all_but_memory
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        self._seed = seed
        self._noise: dict[str, Any] = {}
        if not variational_recurrent:
            return
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"input": input_size, "state": cell.state_size, "output": cell.output_size}
        if not _may_drop(self._input_keep_prob):
            del sizes["input"]
        elif input_size is None:
            raise ValueError(
                "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                "input_size must be provided"
            )
        for role, size in sizes.items():
            self._noise[role] = self._fixed_noise(role, size, dtype)

    def _fixed_noise(self, role: str, sizes: Any, dtype: Any) -> Any:
        """Return random numbers [1, *size] for each size of a structure."""
        made = []
        for number, size in enumerate(nest.flatten(sizes)):
            dims = (size,) if isinstance(size, int) else as_dims(size)
            assert dims is not None
            shape = concat(([1], list(dims)), 0)
            made.append(random_uniform(shape, seed=self._seed_of(role, number), dtype=dtype))
        return nest.pack_sequence_as(sizes, made)

    def _seed_of(self, role: str, number: int) -> int | None:
        if self._seed is None:
            return None
        text = f"{self._seed}{role}_{number}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _step(self, inputs: Any, state: Any, scope: Any) -> Any:
        if _may_drop(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob, lambda part: True)
        output, following = self.cell(inputs, state, scope=scope)
        if _may_drop(self._state_keep_prob):
            following = self._dropped(following, "state", self._state_keep_prob, self._wanted_parts)
        if _may_drop(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob, lambda part: True)
        return output, following

    def _dropped(
        self, values: Any, role: str, keep_prob: Any, wanted_parts: Callable[[Any], Any]
    ) -> Any:
        """Return a structure with entries dropped in the parts that are wanted."""
        numbers = iter(range(len(nest.flatten(values)) + 1))

        def visit(value: Any, noise: Any, wanted: Any) -> Any:
            if wanted is None:
                wanted = wanted_parts(value)
            if isinstance(wanted, bool) and not (wanted and nest.is_nested(value)):
                number = next(numbers)
                return self._drop(value, role, number, keep_prob, noise) if wanted else value
            asked = nest.is_nested(wanted)
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            parts = []
            for key in keys:
                part = wanted[key] if asked else None
                part = None if part is True and nest.is_nested(value[key]) else part
                parts.append(visit(value[key], None if noise is None else noise[key], part))
            if isinstance(value, dict):
                return type(value)(zip(keys, parts, strict=True))
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)

        return visit(values, self._noise.get(role), None)

    def _drop(self, value: Tensor, role: str, number: int, keep_prob: Any, noise: Any) -> Tensor:
        if noise is None:
            dropped: Tensor = dropout(value, rate=1.0 - keep_prob, seed=self._seed_of(role, number))
            return dropped
        kept = floor(keep_prob + noise)
        result: Tensor = divide(value, keep_prob) * kept
        result.set_shape(value.get_shape())
        return result


def _may_drop(keep_prob: Any) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _probability(value: Any, name: str) -> Any:
    """Return a probability as a float where it is known, else as a tensor.

    Raises:
      ValueError: it is not within [0, 1].
    """
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {int(known)}")
    return float(known)


def _all_but_memory(part: Any) -> Any:
    if isinstance(part, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(part, TensorArray)
