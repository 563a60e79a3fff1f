"""Recurrent layers over images, whose transformations are convolutions.

Source: TensorFlow 1.15, python/keras/layers/convolutional_recurrent.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.networks import bias_add, conv2d
from tensormill.keras.backend.state import floatx, image_data_format
from tensormill.keras.backend.values import variable
from tensormill.keras.engine.layer import InputSpec
from tensormill.keras.layers.recurrent import RNN, OneCell
from tensormill.keras.layers.recurrent_cells import LSTMCell
from tensormill.layers.arguments import padding_name, window_tuple

__all__ = ["ConvLSTM2D", "ConvLSTM2DCell", "ConvRNN2D"]


class ConvLSTM2DCell(LSTMCell):
    """A long short-term memory whose inputs and states are images; see `LSTMCell`, `Conv2D`."""

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        data_format: Any = None, dilation_rate: Any = (1, 1), activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters, activation, recurrent_activation, use_bias, unit_forget_bias,
            kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer, **kwargs,
        )  # fmt: skip
        self.filters = self.units
        self.kernel_size = window_tuple(kernel_size, 2, "kernel_size")
        self.strides = window_tuple(strides, 2, "strides")
        self.padding = padding_name(padding)
        self.data_format = data_format or image_data_format()
        self.dilation_rate = window_tuple(dilation_rate, 2, "dilation_rate")
        self.state_size = (self.filters, self.filters)

    @property
    def channel_axis(self) -> int:
        """The axis of the channels of an image."""
        return 1 if self.data_format == "channels_first" else 3

    def _kernel_shapes(self, input_shape: Any, width: int) -> tuple[Any, Any]:
        channels = input_shape.as_list()[self.channel_axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        self.kernel_shape = (*self.kernel_size, channels, width)
        return self.kernel_shape, (*self.kernel_size, self.filters, width)

    def input_conv(self, x: Any, w: Any, b: Any = None, padding: str = "valid") -> Any:
        """Return the convolution of an input."""
        made = conv2d(
            x, w, strides=self.strides, padding=padding, data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )  # fmt: skip
        return made if b is None else bias_add(made, b, data_format=self.data_format)

    def recurrent_conv(self, x: Any, w: Any) -> Any:
        """Return the convolution of a state, which keeps its size."""
        return conv2d(x, w, strides=(1, 1), padding="same", data_format=self.data_format)

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        """Return the output and the next states."""
        before, carry = states
        biases = [None] * 4 if self.bias is None else tf.split(self.bias, 4)
        gates = zip(
            self._dropped("inputs", self.dropout, inputs, training),
            tf.split(self.kernel, 4, axis=3),
            biases,
            self._dropped("states", self.recurrent_dropout, before, training),
            tf.split(self.recurrent_kernel, 4, axis=3),
            strict=True,
        )
        z = [
            self.input_conv(x, kernel, bias, self.padding) + self.recurrent_conv(state, back)
            for x, kernel, bias, state, back in gates
        ]
        carry, share = self._carry_and_share(z, carry)
        output = share * self.activation(carry)
        return output, [output, carry]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = super().get_config()
        for name in ("units", "implementation"):
            del config[name]
        names = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")
        return {**config, **{name: getattr(self, name) for name in names}}


class ConvRNN2D(RNN):
    """A recurrent layer over sequences of images, [batch, steps, *image]; see `RNN`."""

    def __init__(
        self, cell: Any, return_sequences: bool = False, return_state: bool = False,
        go_backwards: bool = False, stateful: bool = False, unroll: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        if unroll:
            raise TypeError("Unrolling isn't possible with convolutional RNNs.")
        if isinstance(cell, (list, tuple)):
            raise TypeError("It is not possible at the moment tostack convolutional cells.")
        super().__init__(
            cell, return_sequences, return_state, go_backwards, stateful, unroll, **kwargs
        )
        self.input_spec = [InputSpec(ndim=5)]

    def build(self, input_shape: Any) -> None:
        """Make the weights of the cell."""
        first = nest.flatten(input_shape)[0] if isinstance(input_shape, list) else input_shape
        self._image_shape = tf.TensorShape(first).as_list()
        super().build(tf.TensorShape(first))

    def get_initial_state(self, inputs: Any) -> Any:
        """Return states of zeros, each as large as an output."""
        return nest.map_structure(
            lambda _: self._zeros(tf.zeros_like(inputs[:, 0])), self.cell.state_size
        )

    def _zeros(self, image: Any) -> Any:
        kernel = tf.zeros((*self.cell.kernel_shape[:-1], self.cell.filters), image.dtype)
        return self.cell.input_conv(image, kernel, padding=self.cell.padding)

    def _make_states(self, batch: int | None) -> None:
        shape = [batch, *self._image_shape[2:]]
        if None in shape:
            raise ValueError(
                "If a RNN is stateful, it needs to know its batch size. Specify the batch size of "
                "your input tensors: \n- If using a Sequential model, specify the batch size by "
                "passing a `batch_input_shape` argument to your first layer.\n- If using the "
                "functional API, specify the time dimension by passing a `batch_shape` argument "
                "to your Input layer.\nThe same thing goes for the number of rows and columns."
            )
        made = self._zeros(tf.zeros(shape)).get_shape().as_list()
        kept = nest.map_structure(
            lambda _: variable(np.zeros(made, self.dtype or floatx())), self.cell.state_size
        )
        object.__setattr__(self, "_kept", kept)


class ConvLSTM2D(OneCell, ConvRNN2D):
    """A long short-term memory over sequences of images; see `ConvLSTM2DCell` and `ConvRNN2D`."""

    _cell_class = ConvLSTM2DCell
    _input_rank = 5

    def __init__(self, filters: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(filters, *args, **kwargs)
