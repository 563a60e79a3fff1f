"""Recurrent layers: a cell, applied to all steps of sequences.

Source: TensorFlow 1.15, python/keras/layers/recurrent.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.recurrence import rnn
from tensormill.keras.backend.state import floatx
from tensormill.keras.backend.values import batch_set_value, variable
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.keras.layers.recurrent_cells import (
    GRUCell,
    LSTMCell,
    SimpleRNNCell,
    StackedRNNCells,
    zero_states,
)
from tensormill.rnn.cells import RNNCell as ScopedCell

__all__ = ["GRU", "LSTM", "RNN", "CuDNNGRU", "CuDNNLSTM", "SimpleRNN"]


class RNN(Layer):
    """A cell, applied to all steps of sequences.

    Args:
      cell: a cell, or a list of cells that are stacked.
      return_sequences: whether to return the outputs of all steps, not of the last alone.
      return_state: whether to return the last states as well.
      go_backwards: whether to begin with the last step.
      stateful: whether a batch begins with the last states of the batch before.
      unroll: whether to make nodes for each step, in the place of a loop.
      time_major: whether inputs and outputs are [time, batch, ...].
      **kwargs: as in `Layer`; `input_dim` and `input_length` for a first layer.
    """

    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False,
        go_backwards: bool = False, stateful: bool = False, unroll: bool = False,
        time_major: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not hasattr(cell, "call"):
            raise ValueError(f"`cell` should have a `call` method. The RNN was passed: {cell}")
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "The RNN cell should have an attribute `state_size` (tuple of integers, one "
                "integer per RNN state)."
            )
        self.zero_output_for_mask = kwargs.pop("zero_output_for_mask", False)
        if "input_shape" not in kwargs and ("input_dim" in kwargs or "input_length" in kwargs):
            kwargs["input_shape"] = (
                kwargs.pop("input_length", None), kwargs.pop("input_dim", None),
            )  # fmt: skip
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.time_major = time_major
        self.supports_masking = True
        self._kept: Any = None
        self._num_constants: int | None = None

    @property
    def states(self) -> Any:
        """The states that are kept between batches; None where there are none."""
        return (
            nest.flatten(self._kept)
            if self._kept is not None
            else [None] * len(nest.flatten(self.cell.state_size))
        )

    def get_initial_state(self, inputs: Any) -> Any:
        """Return states of zeros for inputs."""
        batch = tf.shape(nest.flatten(inputs)[0])[1 if self.time_major else 0]
        dtype = nest.flatten(inputs)[0].dtype
        if hasattr(self.cell, "get_initial_state"):
            made = self.cell.get_initial_state(inputs=None, batch_size=batch, dtype=dtype)
        else:
            made = zero_states(self.cell.state_size, batch, dtype)
        return made

    def __call__(
        self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any
    ) -> Any:
        """Apply the cell; a list of inputs is (inputs, *initial states, *constants)."""
        inputs, initial_state, constants = standardize_args(
            inputs, initial_state, constants, self._num_constants
        )
        if constants is not None:
            self._num_constants = len(constants)
        further = [*(initial_state or []), *(constants or [])]
        if further and all(hasattr(each, "_keras_history") for each in further):
            return super().__call__([inputs, *further], **kwargs)
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        if constants is not None:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def _check_inputs(self, inputs: Any) -> None:
        super()._check_inputs(inputs[0] if isinstance(inputs, list) else inputs)

    def build(self, input_shape: Any) -> None:
        """Make the weights of the cell."""
        if isinstance(input_shape, list) and input_shape and not _is_size(input_shape[0]):
            input_shape = input_shape[0]
        shapes = _map_shapes(tf.TensorShape, input_shape)
        batch_axis, time_axis = (1, 0) if self.time_major else (0, 1)

        def step_shape(shape: tf.TensorShape) -> tf.TensorShape:
            return tf.TensorShape([size for at, size in enumerate(shape) if at != time_axis])

        if isinstance(self.cell, Layer) and not self.cell.built:
            if self.cell._dtype is None:
                self.cell._dtype = self._dtype
            self.cell.build(_map_shapes(step_shape, shapes))
            self.cell.built = True
        if self.stateful:
            first = nest.flatten(shapes)[0] if isinstance(shapes, (tuple, dict)) else shapes
            self._make_states(first.as_list()[batch_axis])
        self.built = True

    def _make_states(self, batch: int | None) -> None:
        if batch is None:
            raise ValueError(
                "If a RNN is stateful, it needs to know its batch size. Specify the batch size of "
                "your input tensors: \n- If using a Sequential model, specify the batch size by "
                "passing a `batch_input_shape` argument to your first layer.\n- If using the "
                "functional API, specify the batch size by passing a `batch_shape` argument to "
                "your Input layer."
            )
        sizes = self.cell.state_size
        kept = nest.map_structure(
            lambda size: variable(
                np.zeros((batch, *tf.TensorShape(size).as_list()), self.dtype or floatx())
            ),
            sizes,
        )
        # These are no weights.
        object.__setattr__(self, "_kept", kept)

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, initial_state: Any = None,
        constants: Any = None,
    ) -> Any:  # fmt: skip
        """Return the outputs, and the last states where these are asked for.

        Raises:
          ValueError: there are more or fewer initial states than the cell has.
        """
        if isinstance(inputs, list):
            inputs, initial_state, constants = standardize_args(
                inputs, initial_state, constants, self._num_constants
            )
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        count = len(nest.flatten(self.cell.state_size))
        if initial_state is not None and len(nest.flatten(initial_state)) != count:
            raise ValueError(
                f"Layer has {count} states but was passed {len(nest.flatten(initial_state))} "
                "initial states."
            )
        if initial_state is None:
            initial_state = (
                nest.map_structure(tf.identity, self._kept)
                if self._kept is not None
                else self.get_initial_state(inputs)
            )
        structure = self.cell.state_size
        states = nest.flatten(initial_state)
        self._prepare_cell(inputs, states, training)
        is_scoped = isinstance(self.cell, ScopedCell)

        def step(at: Any, given: Any) -> Any:
            own, extra = given[: len(states)], given[len(states) :]
            kwargs = {"constants": extra} if extra else {}
            if is_scoped:
                packed = nest.pack_sequence_as(structure, list(own))
                output, new = self.cell(at, packed)
            else:
                if training is not None and self.cell._takes("training"):
                    kwargs["training"] = training
                output, new = self.cell.call(at, list(own), **kwargs)
            return output, nest.flatten(new)

        last, outputs, new_states = rnn(
            step, inputs, states, go_backwards=self.go_backwards, mask=mask, constants=constants,
            unroll=self.unroll, time_major=self.time_major,
            zero_output_for_mask=self.zero_output_for_mask,
        )  # fmt: skip
        if self._kept is not None:
            for kept, new in zip(nest.flatten(self._kept), new_states, strict=True):
                self.add_update(tf.assign(kept, new))
        output = outputs if self.return_sequences else last
        return [output, *new_states] if self.return_state else output

    def _prepare_cell(self, inputs: Any, states: list[Any], training: Any) -> None:
        """Draw the dropout masks that all steps share."""
        first = nest.flatten(inputs)[0]
        example = first[0] if self.time_major else first[:, 0]
        cells = getattr(self.cell, "cells", [self.cell])
        if len(cells) == 1 and hasattr(cells[0], "prepare"):
            cells[0].prepare(example, states[0], training)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the inputs, where the outputs of all steps are returned."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        own = mask if self.return_sequences else None
        return [own, *[None] * len(self.states)] if self.return_state else own

    def reset_states(self, states: Any = None) -> None:
        """Set the states that are kept, to zeros by default.

        Raises:
          AttributeError: none are kept.
          ValueError: the number or a shape is another.
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        if self._kept is None:
            return
        kept = nest.flatten(self._kept)
        shapes = [tuple(each.get_shape().as_list()) for each in kept]
        values = [np.zeros(shape) for shape in shapes] if states is None else nest.flatten(states)
        if len(values) != len(kept):
            raise ValueError(
                f"Layer {self.name} expects {len(kept)} states, but it received {len(values)} "
                f"state values. Input received: {states}"
            )
        for number, (shape, value) in enumerate(zip(shapes, values, strict=True)):
            if np.shape(value) != shape:
                raise ValueError(
                    f"State {number} is incompatible with layer {self.name}: expected shape="
                    f"{shape}, found shape={np.shape(value)}"
                )
        batch_set_value(list(zip(kept, values, strict=True)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("return_sequences", "return_state", "go_backwards", "stateful", "unroll",
                         "time_major")
        }  # fmt: skip
        if self._num_constants is not None:
            own["num_constants"] = self._num_constants
        own["cell"] = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings."""
        config = dict(config)
        count = config.pop("num_constants", None)
        cell = layer_classes.deserialize(config.pop("cell"), custom_objects)
        layer = cls(cell, **config)
        layer._num_constants = count
        return layer


def standardize_args(
    inputs: Any, initial_state: Any, constants: Any, num_constants: int | None
) -> tuple[Any, list[Any] | None, list[Any] | None]:
    """Return the inputs, the initial states and the constants of a call.

    Args:
      inputs: the inputs; a list is (inputs, *initial states, *constants).
      initial_state: the initial states, where they are not in the list.
      constants: the constants, likewise.
      num_constants: how many constants a list ends with.
    """

    def listed(value: Any) -> list[Any] | None:
        if value is None or isinstance(value, list):
            return value
        return list(value) if isinstance(value, tuple) else [value]

    if isinstance(inputs, list):
        rest = inputs[1:]
        if num_constants and constants is None:
            rest, constants = rest[:-num_constants], rest[-num_constants:]
        if rest:
            initial_state = rest
        inputs = inputs[0]
    return inputs, listed(initial_state), listed(constants)


def _is_size(value: Any) -> bool:
    return value is None or isinstance(value, int)


def _map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """Return a structure of shapes with a function called on each."""
    if isinstance(shapes, dict):
        return {key: _map_shapes(function, each) for key, each in shapes.items()}
    if isinstance(shapes, tuple) and shapes and not _is_size(shapes[0]):
        parts = [_map_shapes(function, each) for each in shapes]
        return type(shapes)(*parts) if hasattr(shapes, "_fields") else tuple(parts)
    return function(shapes)


class OneCell(RNN):
    """A recurrent layer of a cell of its own class."""

    _cell_class: Any = SimpleRNNCell
    _input_rank = 3
    _loop_settings = (
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
        "zero_output_for_mask", "input_shape", "batch_input_shape", "input_dim", "input_length",
        "name", "trainable", "dtype", "weights", "batch_size",
    )  # fmt: skip

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        own = {name: kwargs.pop(name) for name in self._loop_settings if name in kwargs}
        regularizer = kwargs.pop("activity_regularizer", None)
        cell_settings = {name: own[name] for name in ("trainable", "dtype") if name in own}
        cell = self._cell_class(units, *args, **kwargs, **cell_settings)
        super().__init__(cell, activity_regularizer=regularizer, **own)
        self.input_spec = InputSpec(ndim=self._input_rank)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "cell" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.cell, name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = super().get_config()
        cell = config.pop("cell")["config"]
        for name in ("name", "trainable", "dtype"):
            cell.pop(name, None)
        return {**config, **cell}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings."""
        return cls(**config)


class SimpleRNN(OneCell):
    """A recurrent layer whose output is its state."""


class GRU(OneCell):
    """A layer of gated recurrent units."""

    _cell_class = GRUCell


class LSTM(OneCell):
    """A layer of long short-term memories."""

    _cell_class = LSTMCell


class CuDNNGRU(OneCell):
    """A layer of gated recurrent units as cuDNN computes them."""

    _cell_class = GRUCell

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, recurrent_activation="sigmoid", reset_after=True, **kwargs)


class CuDNNLSTM(OneCell):
    """A layer of long short-term memories as cuDNN computes them."""

    _cell_class = LSTMCell

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, recurrent_activation="sigmoid", **kwargs)
