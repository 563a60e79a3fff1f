"""Cells: what recurrent layers do in one step of time.

Source: TensorFlow 1.15, python/keras/layers/recurrent.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras import activations, constraints, initializers, regularizers
from tensormill.keras.backend.networks import in_train_phase
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.layer import Layer
from tensormill.keras.layers.settings import WeightSettings

__all__ = [
    "AbstractRNNCell",
    "GRUCell",
    "LSTMCell",
    "PeepholeLSTMCell",
    "SimpleRNNCell",
    "StackedRNNCells",
    "zero_states",
]


def zero_states(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Return states of zeros, [batch, size], in the structure of the sizes."""

    def zeros(size: Any) -> Any:
        dims = size.as_list() if isinstance(size, tf.TensorShape) else [size]
        made = tf.zeros([batch_size, *dims], dtype)
        made.set_shape([batch_size if isinstance(batch_size, int) else None, *dims])
        return made

    return nest.map_structure(zeros, state_size)


class AbstractRNNCell(Layer):
    """The base of a program's own cells: `call(inputs, states)` returns (output, next states)."""

    def call(self, inputs: Any, states: Any) -> Any:
        """Return the output and the next states."""
        raise NotImplementedError("Abstract method")

    @property
    def state_size(self) -> Any:
        """The sizes of the states."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError("Abstract method")

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return states of zeros."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return zero_states(self.state_size, batch_size, dtype)


class Cell(WeightSettings, Layer):
    """The base of cells: `call(inputs, states)` returns (output, next states)."""

    _roles = ("kernel", "recurrent", "bias")
    _gates = 1
    state_size: Any
    output_size: Any

    def __init__(
        self, units: int, activation: Any = "tanh", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None,
        kernel_constraint: Any = None, recurrent_constraint: Any = None,
        bias_constraint: Any = None, dropout: float = 0.0, recurrent_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.state_size = self.output_size = self.units
        self._masks: dict[tuple[Any, str], Any] = {}

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias."""
        width = self.units * self._gates
        kernel, recurrent_kernel = self._kernel_shapes(tf.TensorShape(input_shape), width)
        self.kernel = self.add_kernel("kernel", kernel)
        self.recurrent_kernel = self.add_kernel("recurrent_kernel", recurrent_kernel, "recurrent")
        self.bias: Any = self.add_bias(self._bias_shape(width)) if self.use_bias else None
        self.built = True

    def _kernel_shapes(self, input_shape: Any, width: int) -> tuple[Any, Any]:
        """Return the shapes of the kernels of inputs and of states."""
        return (input_shape.as_list()[-1], width), (self.units, width)

    def _bias_shape(self, width: int) -> tuple[int, ...]:
        return (width,)

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return states of zeros."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return zero_states(self.state_size, batch_size, dtype)

    def reset_dropout_mask(self) -> None:
        """Draw another dropout mask from now on."""
        self._masks.clear()

    reset_recurrent_dropout_mask = reset_dropout_mask

    def prepare(self, example: Any, state: Any, training: Any) -> None:
        """Draw the dropout masks that all steps of a sequence share."""
        self._masks.clear()
        for kind, rate, like in (
            ("inputs", self.dropout, example), ("states", self.recurrent_dropout, state),
        ):  # fmt: skip
            if rate:
                self._masks[self._mask_key(kind)] = [
                    _drawn(like, rate, training) for _ in range(self._gates)
                ]

    def _mask_key(self, kind: str) -> tuple[Any, str]:
        return (id(tf.get_default_graph()), kind)

    def _dropped(self, kind: str, rate: float, x: Any, training: Any) -> list[Any]:
        """Return `x` for each gate, each with a dropout mask of its own where there is dropout."""
        if not rate:
            return [x] * self._gates
        masks = self._masks.get(self._mask_key(kind))
        if masks is None:
            masks = [_drawn(x, rate, training) for _ in range(self._gates)]
        return [x * mask for mask in masks]

    def _projected(self, inputs: Any, training: Any) -> list[Any]:
        """Return the products of inputs and kernel by gate."""
        kernels = tf.split(self.kernel, self._gates, axis=1)
        given = self._dropped("inputs", self.dropout, inputs, training)
        if not self.dropout:
            return list(tf.split(tf.matmul(inputs, self.kernel), self._gates, axis=1))
        return [tf.matmul(x, kernel) for x, kernel in zip(given, kernels, strict=True)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "units": self.units, "activation": activations.serialize(self.activation),
            "dropout": self.dropout, "recurrent_dropout": self.recurrent_dropout,
        }  # fmt: skip
        return {**super().get_config(), **own, **self.weight_config()}


def _drawn(like: Any, rate: float, training: Any) -> Any:
    ones = tf.ones_like(like)
    return in_train_phase(
        lambda: tf.nn.dropout(ones, rate=rate), lambda: tf.identity(ones), training=training
    )


class SimpleRNNCell(Cell):
    """`activation(inputs * kernel + state * recurrent_kernel + bias)`."""

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """Return the output and the next state."""
        (given,) = self._projected(inputs, training)
        if self.bias is not None:
            given = tf.nn.bias_add(given, self.bias)
        (state,) = self._dropped("states", self.recurrent_dropout, states[0], training)
        output = self.activation(given + tf.matmul(state, self.recurrent_kernel))
        return output, [output]


class LSTMCell(Cell):
    """The long short-term memory, with gates for input, forgetting, candidate and output."""

    _gates = 4

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True, unit_forget_bias: bool = True, implementation: int = 1,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(units, activation, use_bias, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.implementation = implementation
        self.state_size = [self.units, self.units]

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias, whose forget gate begins with ones."""
        if self.unit_forget_bias and self.use_bias:
            inner, units = self.bias_initializer, self.units

            def start(_: Any, *args: Any, **kwargs: Any) -> Any:
                return tf.concat(
                    [
                        inner((units,), *args, **kwargs),
                        tf.ones((units,), kwargs.get("dtype", tf.float32)),
                        inner((units * 2,), *args, **kwargs),
                    ],
                    0,
                )

            self.bias_initializer = start
            super().build(input_shape)
            self.bias_initializer = inner
        else:
            super().build(input_shape)

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """Return the output and the next states."""
        given = self._projected(inputs, training)
        if self.bias is not None:
            biases = tf.split(self.bias, 4)
            given = [tf.nn.bias_add(x, bias) for x, bias in zip(given, biases, strict=True)]
        before, carry = states
        if self.recurrent_dropout:
            kernels = tf.split(self.recurrent_kernel, 4, axis=1)
            dropped = self._dropped("states", self.recurrent_dropout, before, training)
            back = [tf.matmul(x, kernel) for x, kernel in zip(dropped, kernels, strict=True)]
        else:
            back = tf.split(tf.matmul(before, self.recurrent_kernel), 4, axis=1)
        z = [x + y for x, y in zip(given, back, strict=True)]
        carry, share = self._carry_and_share(z, carry)
        output = share * self.activation(carry)
        return output, [output, carry]

    def _carry_and_share(self, z: list[Any], carry: Any) -> tuple[Any, Any]:
        """Return the next carry, and how much of it the output shows."""
        gate = self.recurrent_activation
        return gate(z[1]) * carry + gate(z[0]) * self.activation(z[2]), gate(z[3])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias, "implementation": self.implementation,
        }  # fmt: skip
        return {**super().get_config(), **own}


class PeepholeLSTMCell(LSTMCell):
    """A long short-term memory whose gates see the carry as well."""

    def build(self, input_shape: Any) -> None:
        """Make the weights, those of the peepholes with them."""
        super().build(input_shape)
        self._peepholes = [
            self.add_weight(
                f"{gate}_gate_peephole_weights", (self.units,), initializer=self.kernel_initializer
            )
            for gate in ("input", "forget", "output")
        ]
        self.built = True

    def _carry_and_share(self, z: list[Any], carry: Any) -> tuple[Any, Any]:
        gate = self.recurrent_activation
        seen_in, seen_forgotten, seen_out = self._peepholes
        kept = gate(z[1] + seen_forgotten * carry) * carry
        carry = kept + gate(z[0] + seen_in * carry) * self.activation(z[2])
        return carry, gate(z[3] + seen_out * carry)


class GRUCell(Cell):
    """The gated recurrent unit, with gates for update and reset, and a candidate."""

    _gates = 3

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True, implementation: int = 1, reset_after: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(units, activation, use_bias, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.implementation = implementation
        self.reset_after = reset_after

    def _bias_shape(self, width: int) -> tuple[int, ...]:
        return (2, width) if self.reset_after else (width,)

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """Return the output and the next state."""
        before = states[0]
        given = self._projected(inputs, training)
        bias: Any = None
        recurrent_bias: Any = None
        if self.bias is not None:
            bias = self.bias
            if self.reset_after:
                bias, recurrent_bias = tf.unstack(self.bias)
            biases = tf.split(bias, 3)
            given = [tf.nn.bias_add(x, each) for x, each in zip(given, biases, strict=True)]
        dropped = self._dropped("states", self.recurrent_dropout, before, training)
        kernels = tf.split(self.recurrent_kernel, 3, axis=1)
        gate = self.recurrent_activation
        if self.reset_after:
            back = [tf.matmul(x, kernel) for x, kernel in zip(dropped, kernels, strict=True)]
            if recurrent_bias is not None:
                parts = tf.split(recurrent_bias, 3)
                back = [tf.nn.bias_add(x, each) for x, each in zip(back, parts, strict=True)]
            update, reset = gate(given[0] + back[0]), gate(given[1] + back[1])
            candidate = self.activation(given[2] + reset * back[2])
        else:
            update = gate(given[0] + tf.matmul(dropped[0], kernels[0]))
            reset = gate(given[1] + tf.matmul(dropped[1], kernels[1]))
            candidate = self.activation(given[2] + tf.matmul(reset * dropped[2], kernels[2]))
        output = update * before + (1 - update) * candidate
        return output, [output]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "implementation": self.implementation, "reset_after": self.reset_after,
        }  # fmt: skip
        return {**super().get_config(), **own}


class StackedRNNCells(Layer):
    """Several cells, each of which takes what the one before gives."""

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        # Once the states of the last cell came first.
        self.reverse_state_order = kwargs.pop("reverse_state_order", False)
        super().__init__(**kwargs)
        self.cells = list(cells)

    @property
    def state_size(self) -> Any:
        """The sizes of the states of all cells."""
        return tuple(cell.state_size for cell in self._cells_by_state)

    @property
    def _cells_by_state(self) -> list[Any]:
        """The cells in the order of their states."""
        return self.cells[::-1] if self.reverse_state_order else self.cells

    @property
    def output_size(self) -> Any:
        """The size of the output of the last cell."""
        last = self.cells[-1]
        size = getattr(last, "output_size", None)
        return size if size is not None else nest.flatten(last.state_size)[0]

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return states of zeros."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return tuple(
            zero_states(cell.state_size, batch_size, dtype) for cell in self._cells_by_state
        )

    def build(self, input_shape: Any) -> None:
        """Make the weights of all cells."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with tf.name_scope(cell.name):
                    cell._dtype = cell._dtype or self._dtype
                    cell.build(input_shape)
                    cell.built = True
            size = getattr(cell, "output_size", None) or nest.flatten(cell.state_size)[0]
            input_shape = tf.TensorShape([None, size])
        self.built = True

    def call(self, inputs: Any, states: Any, constants: Any = None, training: Any = None) -> Any:
        """Return the output of the last cell and the next states of all."""
        packed = nest.pack_sequence_as(self.state_size, nest.flatten(list(states)))
        packed = packed[::-1] if self.reverse_state_order else packed
        new_states = []
        for cell, state in zip(self.cells, packed, strict=True):
            given = list(state) if isinstance(state, (list, tuple)) else [state]
            if isinstance(cell, Layer):
                takes_constants = constants is not None and cell._takes("constants")
                kwargs = {"constants": constants} if takes_constants else {}
                inputs, new = cell.call(inputs, given, **kwargs)
            else:
                inputs, new = cell(inputs, state)
            new_states.append(new if isinstance(state, (list, tuple)) else nest.flatten(new)[0])
        new_states = new_states[::-1] if self.reverse_state_order else new_states
        return inputs, nest.pack_sequence_as(self.state_size, nest.flatten(new_states))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        cells = [
            {"class_name": type(cell).__name__, "config": cell.get_config()} for cell in self.cells
        ]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the cells of these settings."""
        config = dict(config)
        cells = [layer_classes.deserialize(each, custom_objects) for each in config.pop("cells")]
        return cls(cells, **config)
