"""Networks whose parameters the program keeps: `contrib.cudnn_rnn.python.ops.cudnn_rnn_ops`.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.cudnn_rnn.parameters import Layout, check_direction, check_input_mode
from tensormill.cudnn_rnn.sequences import run_network
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor

__all__ = [
    "CudnnGRU",
    "CudnnLSTM",
    "CudnnRNNRelu",
    "CudnnRNNTanh",
    "cudnn_rnn_canonical_to_opaque_params",
    "cudnn_rnn_opaque_params_size",
    "cudnn_rnn_opaque_params_to_canonical",
]


def cudnn_rnn_opaque_params_size(
    rnn_mode: str,
    num_layers: int,
    num_units: int,
    input_size: int,
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    **kwargs: Any,
) -> Tensor:
    """Return how many parameters a network has: int32."""
    layout = Layout(rnn_mode, num_layers, num_units, input_size, direction)
    return layout.count_node(kwargs.get("dtype", dtypes.float32))


def cudnn_rnn_opaque_params_to_canonical(
    rnn_mode: str,
    num_layers: int,
    num_units: int,
    input_size: int,
    params: Any,
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    **kwargs: Any,
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the matrices and biases in a vector of parameters."""
    return Layout(rnn_mode, num_layers, num_units, input_size, direction).from_vector(params)


def cudnn_rnn_canonical_to_opaque_params(
    rnn_mode: str,
    num_layers: int,
    num_units: int,
    input_size: int,
    weights: Any,
    biases: Any,
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    **kwargs: Any,
) -> Tensor:
    """Return the vector of matrices and biases."""
    layout = Layout(rnn_mode, num_layers, num_units, input_size, direction)
    return layout.to_vector(weights, biases)


class _Network:
    """A network without variables.

    Args:
      num_layers: how many layers.
      num_units: of each.
      input_size: of the first.
      input_mode: how inputs are taken; through matrices in any case.
      direction: "unidirectional" or "bidirectional".
      dropout: the part of the values between layers that is dropped.
      seed: of dropout.

    Raises:
      ValueError: `direction` or `input_mode` are not known.
    """

    _mode = "lstm"

    def __init__(
        self,
        num_layers: int,
        num_units: int,
        input_size: int,
        input_mode: str = "linear_input",
        direction: str = "unidirectional",
        dtype: Any = None,
        dropout: float = 0.0,
        seed: int | None = None,
        num_proj: int | None = None,
    ) -> None:
        check_direction(direction)
        check_input_mode(input_mode)
        if num_proj:
            raise ValueError("Projected outputs are not supported: num_proj must be 0")
        self._layout = Layout(self._mode, num_layers, num_units, input_size, direction)
        self._dtype = dtypes.float32 if dtype is None else dtype
        self._dropout = dropout
        self._seed = seed
        self.rnn_mode = self._mode
        self.num_layers = num_layers
        self.num_units = num_units
        self.input_size = input_size
        self.input_mode = input_mode
        self.direction = direction

    def params_size(self) -> Tensor:
        """Return how many parameters there are: int32."""
        return self._layout.count_node(self._dtype)

    def params_to_canonical(self, params: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Return the matrices and biases in the parameters."""
        return self._layout.from_vector(params)

    def canonical_to_params(self, weights: Any, biases: Any) -> Tensor:
        """Return the parameters with these matrices and biases."""
        return self._layout.to_vector(weights, biases)

    def _run(
        self,
        inputs: Any,
        state_h: Any,
        state_c: Any,
        params: Any,
        is_training: bool,
        sequence_lengths: Any,
        time_major: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        return run_network(
            self._mode,
            convert_to_tensor(inputs),
            convert_to_tensor(state_h),
            None if state_c is None else convert_to_tensor(state_c),
            params,
            is_training,
            input_mode=self.input_mode,
            direction=self.direction,
            dropout=self._dropout,
            seed=self._seed,
            sequence_lengths=sequence_lengths,
            time_major=time_major,
        )


class CudnnLSTM(_Network):
    """An LSTM; see `_Network` for its arguments."""

    def __call__(
        self,
        input_data: Any,
        input_h: Any,
        input_c: Any,
        params: Any,
        is_training: bool = True,
        sequence_lengths: Any = None,
        time_major: bool = True,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return outputs [time, batch, units], and the last outputs and memories of the layers."""
        return self._run(
            input_data, input_h, input_c, params, is_training, sequence_lengths, time_major
        )


class _NetworkWithoutMemory(_Network):
    def __call__(
        self,
        input_data: Any,
        input_h: Any,
        params: Any,
        is_training: bool = True,
        sequence_lengths: Any = None,
        time_major: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """Return outputs [time, batch, units], and the last outputs of the layers."""
        found = self._run(
            input_data, input_h, None, params, is_training, sequence_lengths, time_major
        )
        return found[:2]


class CudnnGRU(_NetworkWithoutMemory):
    """A GRU."""

    _mode = "gru"


class CudnnRNNTanh(_NetworkWithoutMemory):
    """A simple network with tanh."""

    _mode = "rnn_tanh"


class CudnnRNNRelu(_NetworkWithoutMemory):
    """A simple network with relu."""

    _mode = "rnn_relu"
