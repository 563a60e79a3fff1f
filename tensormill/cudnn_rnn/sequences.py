"""Running a network of given parameters over sequences."""

from __future__ import annotations

from typing import Any

from tensormill.cudnn_rnn.parameters import Layout
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import reshape, shape
from tensormill.ops.dropout import dropout as dropped
from tensormill.ops.elementwise_unary import sigmoid, tanh
from tensormill.ops.filling import zeros
from tensormill.ops.joining import concat, split, stack, unstack
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.transposition import reverse, reverse_sequence, transpose
from tensormill.rnn.cells import RNNCell
from tensormill.rnn.dynamic import dynamic_rnn

__all__ = ["run_network"]


class _GivenCell(RNNCell):
    """A cell of given matrices; its inputs have gone through those for the inputs already."""

    def __init__(self, mode: str, units: int, kernel: Tensor, bias: Tensor) -> None:
        super().__init__()
        self._mode = mode
        self._units = units
        self._kernel = kernel
        self._bias = bias
        self.built = True

    @property
    def state_size(self) -> Any:
        """The sizes of the state: output and memory of an LSTM."""
        return (self._units, self._units) if self._mode == "lstm" else self._units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._units

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Return the output and the next state."""
        output = state[0] if self._mode == "lstm" else state
        own = matmul(output, self._kernel) + self._bias
        if self._mode == "lstm":
            into, forget, memory, out = split(inputs + own, 4, 1)
            kept = sigmoid(forget) * state[1] + sigmoid(into) * tanh(memory)
            output = sigmoid(out) * tanh(kept)
            return output, (output, kept)
        if self._mode == "gru":
            inputs_gates, inputs_memory = inputs[:, : 2 * self._units], inputs[:, 2 * self._units :]
            own_gates, own_memory = own[:, : 2 * self._units], own[:, 2 * self._units :]
            reset, update = split(sigmoid(inputs_gates + own_gates), 2, 1)
            memory = tanh(inputs_memory + reset * own_memory)
            output = (1 - update) * memory + update * state
            return output, output
        output = tanh(inputs + own) if self._mode == "rnn_tanh" else relu(inputs + own)
        return output, output


def run_network(
    layout: Layout,
    inputs: Tensor,
    state_h: Tensor,
    state_c: Tensor | None,
    params: Any,
    is_training: bool,
    dropout: float = 0.0,
    seed: int | None = None,
    sequence_lengths: Any = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the outputs, the last outputs and the last memories.

    Args:
      layout: the sizes of the network.
      inputs: [time, batch, input_size].
      state_h: [layers * directions, batch, units]: the outputs to begin with.
      state_c: the memories of an LSTM, likewise.
      params: the parameters in one vector.
      is_training: whether dropout is on.
      dropout: the part of the values between layers that is dropped.
      seed: of dropout.
      sequence_lengths: int32 [batch]: behind them outputs are zero.
    """
    outputs = unstack(state_h, layout.num_layers * layout.num_dirs)
    memories = None if state_c is None else unstack(state_c, layout.num_layers * layout.num_dirs)
    cells = list(layout.cells(*layout.from_vector(params)))
    last_outputs, last_memories = [], []
    value = inputs
    for layer in range(layout.num_layers):
        if layer and dropout and is_training:
            value = dropped(value, rate=dropout, seed=seed)
        found = []
        for direction in range(layout.num_dirs):
            index = layer * layout.num_dirs + direction
            begin: Any = outputs[index] if memories is None else (outputs[index], memories[index])
            given, end = _run_cell(
                layout, layer, cells[index], value, begin, direction == 1, sequence_lengths
            )
            found.append(given)
            last_outputs.append(end if memories is None else end[0])
            if memories is not None:
                last_memories.append(end[1])
        value = found[0] if len(found) == 1 else concat(found, 2)
    memory = stack(last_memories) if last_memories else zeros([0], inputs.dtype)
    return value, stack(last_outputs), memory


def _run_cell(
    layout: Layout,
    layer: int,
    cell: tuple[list[Any], list[Any]],
    inputs: Tensor,
    begin: Any,
    is_backward: bool,
    lengths: Any,
) -> tuple[Tensor, Any]:
    weights, biases = cell
    gates, width = layout.gates, layout.width(layer)
    of_inputs = transpose(concat(weights[:gates], 0))
    of_state = transpose(concat(weights[gates:], 0))
    if is_backward:
        inputs = _reversed(inputs, lengths)
    steps, batch = shape(inputs)[0], shape(inputs)[1]
    flat = matmul(reshape(inputs, [-1, width]), of_inputs) + concat(biases[:gates], 0)
    projected = reshape(flat, stack([steps, batch, gates * layout.num_units]))
    projected.set_shape([*inputs.shape[:2], gates * layout.num_units])
    given, end = dynamic_rnn(
        _GivenCell(layout.mode, layout.num_units, of_state, concat(biases[gates:], 0)),
        projected,
        lengths,
        begin,
        time_major=True,
    )
    return (_reversed(given, lengths) if is_backward else given), end


def _reversed(values: Tensor, lengths: Any) -> Tensor:
    if lengths is None:
        return reverse(values, [0])
    return reverse_sequence(values, lengths, seq_axis=0, batch_axis=1)
