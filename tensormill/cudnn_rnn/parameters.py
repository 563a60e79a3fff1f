"""How the parameters of a network are laid out in one vector.

All matrices come first, then all biases: for each layer and each direction those applied to the
inputs, gate by gate, then those applied to the state. Gates are in cuDNN's order: input, forget,
memory, output of an LSTM; reset, update, memory of a GRU.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.tensor import Tensor
from tensormill.ops.cudnn_rnn import (
    cudnn_rnn_canonical_to_params_op,
    cudnn_rnn_params_size_op,
    cudnn_rnn_params_to_canonical_op,
)
from tensormill.ops.joining import concat, split
from tensormill.ops.transposition import transpose

__all__ = ["GATES", "Layout", "check_direction", "check_input_mode"]

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
_DIRECTIONS = ("unidirectional", "bidirectional")
_INPUT_MODES = ("linear_input", "skip_input", "auto_select")


def check_direction(direction: str) -> None:
    """Refuse a direction that is not known.

    Raises:
      ValueError: it is not.
    """
    if direction not in _DIRECTIONS:
        raise ValueError(
            f"Invalid direction: {direction}, expecting {_DIRECTIONS[0]} or {_DIRECTIONS[1]}"
        )


def check_input_mode(input_mode: str) -> None:
    """Refuse a way of taking inputs that is not known, or not there.

    Raises:
      ValueError: it is not.
    """
    if input_mode not in _INPUT_MODES:
        raise ValueError(
            f"Invalid input_mode: {input_mode}, expect one of ({', '.join(_INPUT_MODES)})"
        )


@dataclass(frozen=True)
class Layout:
    """The sizes of a network.

    Attributes:
      mode: "lstm", "gru", "rnn_tanh" or "rnn_relu".
      num_layers, num_units, input_size: of the network.
      direction: "unidirectional" or "bidirectional".
    """

    mode: str
    num_layers: int
    num_units: int
    input_size: int
    direction: str = "unidirectional"

    @property
    def num_dirs(self) -> int:
        """How many directions there are."""
        return 1 if self.direction == "unidirectional" else 2

    @property
    def gates(self) -> int:
        """How many gates a cell has."""
        return GATES[self.mode]

    def width(self, layer: int) -> int:
        """Return the size of the inputs of a layer."""
        return self.input_size if layer == 0 else self.num_units * self.num_dirs

    def weight_shapes(self) -> list[tuple[int, int]]:
        """Return the shapes of the matrices, in order."""
        units = self.num_units
        return [
            (units, width)
            for layer in range(self.num_layers)
            for _ in range(self.num_dirs)
            for width in [self.width(layer)] * self.gates + [units] * self.gates
        ]

    def bias_shapes(self) -> list[list[int]]:
        """Return the shapes of the biases, in order."""
        return [[self.num_units]] * len(self.weight_shapes())

    def size(self) -> int:
        """Return how many numbers there are."""
        shapes = self.weight_shapes()
        return sum(rows * columns + rows for rows, columns in shapes)

    def _attrs(self) -> dict[str, Any]:
        return {
            "num_layers": self.num_layers,
            "num_units": self.num_units,
            "input_size": self.input_size,
            "rnn_mode": self.mode,
            "direction": self.direction,
        }

    def count_node(self, dtype: Any) -> Tensor:
        """Return how many numbers there are, as a node of the graph says: int32."""
        counts = cudnn_rnn_params_size_op(T=dtype, S=dtypes.int32, **self._attrs())
        made: Tensor = counts[0]
        return made

    def to_vector(self, weights: Sequence[Any], biases: Sequence[Any]) -> Tensor:
        """Return the vector of matrices and biases."""
        made: Tensor = cudnn_rnn_canonical_to_params_op(
            weights=list(weights), biases=list(biases), **self._attrs()
        )
        return made

    def from_vector(self, params: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Return the matrices and biases in a vector."""
        shapes = self.weight_shapes()
        weights, biases = cudnn_rnn_params_to_canonical_op(
            params=params, num_params=len(shapes), **self._attrs()
        )
        for part, dims in zip([*weights, *biases], [*shapes, *self.bias_shapes()], strict=True):
            part.set_shape(dims)
        return weights, biases

    def cells(
        self, weights: Sequence[Any], biases: Sequence[Any]
    ) -> Iterator[tuple[list[Any], list[Any]]]:
        """Yield the matrices and biases of each layer and direction."""
        count = 2 * self.gates
        for first in range(0, len(weights), count):
            yield list(weights[first : first + count]), list(biases[first : first + count])

    def to_cell_variables(self, params: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Return kernels and biases as cells have them, from a vector."""
        kernels: list[Tensor] = []
        sums: list[Tensor] = []
        for weights, biases in self.cells(*self.from_vector(params)):
            of_inputs, of_state = weights[: self.gates], weights[self.gates :]
            bias_inputs, bias_state = biases[: self.gates], biases[self.gates :]
            if self.mode == "gru":
                joint = [
                    concat([w, r], 1) for w, r in zip(of_inputs[:2], of_state[:2], strict=True)
                ]
                kernels += [
                    transpose(concat(joint, 0)),
                    transpose(of_inputs[2]),
                    transpose(of_state[2]),
                ]
                gates = [b + c for b, c in zip(bias_inputs[:2], bias_state[:2], strict=True)]
                sums += [concat(gates, 0), bias_inputs[2], bias_state[2]]
                continue
            joint = [concat([w, r], 1) for w, r in zip(of_inputs, of_state, strict=True)]
            both = [b + c for b, c in zip(bias_inputs, bias_state, strict=True)]
            kernels.append(transpose(concat(self._reordered(joint), 0)))
            sums.append(concat(self._reordered(both), 0))
        return kernels, sums

    def from_cell_variables(self, kernels: Sequence[Any], biases: Sequence[Any]) -> Tensor:
        """Return the vector of the kernels and biases of cells.

        A bias that cells have once is halved between its two places.
        """
        weights: list[Any] = []
        vectors: list[Any] = []
        count = 3 if self.mode == "gru" else 1
        for index in range(0, len(kernels), count):
            width = self.width(index // count // self.num_dirs)
            sizes = [width, self.num_units]
            first = transpose(kernels[index])
            if self.mode == "gru":
                pairs = [split(part, sizes, 1) for part in split(first, 2, 0)]
                of_inputs = [w for w, _ in pairs] + [transpose(kernels[index + 1])]
                of_state = [r for _, r in pairs] + [transpose(kernels[index + 2])]
                halves = split(biases[index] * 0.5, 2, 0)
                weights += of_inputs + of_state
                vectors += [*halves, biases[index + 1], *halves, biases[index + 2]]
                continue
            parts = self._reordered(split(first, self.gates, 0))
            pairs = [split(part, sizes, 1) for part in parts]
            weights += [w for w, _ in pairs] + [r for _, r in pairs]
            halves = self._reordered(split(biases[index] * 0.5, self.gates, 0))
            vectors += [*halves, *halves]
        return self.to_vector(weights, vectors)

    def _reordered(self, gates: Sequence[Any]) -> list[Any]:
        """Return the gates in the order of cells, or back: forget and memory change places."""
        if self.mode != "lstm":
            return list(gates)
        first, second, third, fourth = gates
        return [first, third, second, fourth]

    def variable_names(self) -> tuple[list[str], list[str]]:
        """Return the names that kernels and biases have where cells make them."""
        cell = {"lstm": "cudnn_compatible_lstm_cell", "gru": "cudnn_compatible_gru_cell"}.get(
            self.mode, "basic_rnn_cell"
        )
        parts = [""]
        if self.mode == "gru":
            parts = ["gates/", "candidate/input_projection/", "candidate/hidden_projection/"]
        prefixes = []
        for layer in range(self.num_layers):
            if self.num_dirs == 1:
                prefixes.append(f"rnn/multi_rnn_cell/cell_{layer}/{cell}")
            else:
                start = f"stack_bidirectional_rnn/cell_{layer}/bidirectional_rnn"
                prefixes += [f"{start}/fw/{cell}", f"{start}/bw/{cell}"]
        names = [f"{prefix}/{part}" for prefix in prefixes for part in parts]
        return [f"{name}kernel" for name in names], [f"{name}bias" for name in names]
