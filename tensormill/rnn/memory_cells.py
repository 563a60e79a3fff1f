"""A cell with a memory that it reads and writes by attention: the neural Turing machine.

Source: Graves, Wayne and Danihelka, "Neural Turing machines" (2014); TensorFlow 1.15,
contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.shapes import TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax, softplus
from tensormill.ops.arithmetic import pow as power
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import exp, sigmoid, sqrt, square, tanh
from tensormill.ops.filling import ones_like, zeros
from tensormill.ops.joining import concat, split, stack, tile
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.transposition import reverse
from tensormill.rnn.cells import LayerRNNCell, assert_like_cell
from tensormill.variables.initializers import Constant, GlorotUniform, TruncatedNormal

__all__ = ["NTMCell", "NTMControllerState"]


class NTMControllerState(NamedTuple):
    """The state of a neural Turing machine.

    Attributes:
      controller_state: that of the cell which controls the heads.
      read_vector_list: what each head read last, [batch, vector].
      w_list: where each head was last, weights of the places, [batch, places].
      M: the memory, [batch, places, vector].
      time: how many steps were made, a scalar.
    """

    controller_state: Any
    read_vector_list: Any
    w_list: Any
    M: Any
    time: Any


class _HeadParameters(NamedTuple):
    """What the controller says to a head.

    Attributes:
      key: what to look for, [batch, vector].
      strength: how much nearness to the key counts, [batch].
      gate: how much of the place is found by the key, not kept, [batch].
      shift: weights of the steps to go to, [batch, 2 range + 1].
      sharpness: how much the place is sharpened, [batch].
    """

    key: Tensor
    strength: Tensor
    gate: Tensor
    shift: Tensor
    sharpness: Tensor


def _linear_initializer(depth: int) -> TruncatedNormal:
    return TruncatedNormal(stddev=1.0 / math.sqrt(depth), dtype=dtypes.float32)


class NTMCell(LayerRNNCell):
    """A cell whose controller reads and writes a memory."""

    def __init__(
        self,
        controller: Any,
        memory_size: int,
        memory_vector_dim: int,
        read_head_num: int,
        write_head_num: int,
        shift_range: int = 1,
        output_dim: int | None = None,
        clip_value: float = 20,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> None:
        """Say how the machine is made.

        Args:
          controller: a cell that sees the inputs and what was read.
          memory_size: the number of places of the memory.
          memory_vector_dim: the size of what stands at a place.
          read_head_num: how many heads read.
          write_head_num: how many heads write.
          shift_range: how many places a head may go on in a step.
          output_dim: the size of the output; that of the inputs if None.
          clip_value: bounds the magnitude of parameters and output.
          dtype: of the variables.
          name: the name of the layer.

        Raises:
          TypeError: the controller is no cell.
        """
        super().__init__(dtype=dtype, name=name)
        assert_like_cell("NTM RNN controller cell", controller)
        self.controller = controller
        self.memory_size = memory_size
        self.memory_vector_dim = memory_vector_dim
        self.read_head_num = read_head_num
        self.write_head_num = write_head_num
        self.clip_value = clip_value
        self.output_dim = output_dim
        self.shift_range = shift_range
        self.num_heads = read_head_num + write_head_num
        self.num_parameters_per_head = memory_vector_dim + 2 * shift_range + 4
        self.total_parameter_num = (
            self.num_parameters_per_head * self.num_heads + 2 * memory_vector_dim * write_head_num
        )

    @property
    def state_size(self) -> NTMControllerState:
        """The sizes of the parts of the state; the memory counts as one row."""
        return NTMControllerState(
            controller_state=self.controller.state_size,
            read_vector_list=[self.memory_vector_dim] * self.read_head_num,
            w_list=[self.memory_size] * self.num_heads,
            M=TensorShape([self.memory_size * self.memory_vector_dim]),
            time=TensorShape([]),
        )

    @property
    def output_size(self) -> Any:
        """The size of the output, once it is known."""
        return self.output_dim

    def build(self, input_shape: Any) -> None:
        """Make the variables.

        Raises:
          ValueError: the output is as large as the inputs, and their size is not known.
        """
        if self.output_dim is None:
            dims = as_dims(input_shape)
            if dims is None or dims[1] is None:
                raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {input_shape}")
            self.output_dim = dims[1]
        zero = Constant(0.0, dtype=self.dtype)
        depth = self.controller.output_size
        self._params_kernel = self.add_variable(
            "parameters_kernel",
            shape=[depth, self.total_parameter_num],
            initializer=_linear_initializer(depth),
        )
        self._params_bias = self.add_variable(
            "parameters_bias", shape=[self.total_parameter_num], initializer=zero
        )
        depth += self.memory_vector_dim * self.read_head_num
        self._output_kernel = self.add_variable(
            "output_kernel", [depth, self.output_dim], initializer=_linear_initializer(depth)
        )
        self._output_bias = self.add_variable(
            "output_bias", shape=[self.output_dim], initializer=zero
        )
        self._init_read_vectors = self._rows(
            "initial_read_vector", self.read_head_num, self.memory_vector_dim
        )
        self._init_address_weights = self._rows(
            "initial_address_weights", self.num_heads, self.memory_size
        )
        self._M = self.add_variable(
            "memory",
            shape=[self.memory_size, self.memory_vector_dim],
            initializer=Constant(1e-6, dtype=self.dtype),
        )
        self.built = True

    def _rows(self, name: str, count: int, size: int) -> list[Any]:
        return [
            self.add_variable(f"{name}_{i}", shape=[1, size], initializer=GlorotUniform())
            for i in range(count)
        ]

    def call(self, x: Any, prev_state: Any) -> tuple[Tensor, NTMControllerState]:  # type: ignore[override]
        """Return the output and the next state."""
        batch = x.shape[0].value or shape_of(x)[0]
        is_first = equal(prev_state.time, 0)
        read_before = self._begun(
            is_first, tanh, self._init_read_vectors, batch, prev_state.read_vector_list
        )
        places_before = self._begun(
            is_first, softmax, self._init_address_weights, batch, prev_state.w_list
        )
        memory = cond(is_first, lambda: _repeated(self._M, batch), lambda: prev_state.M)
        output, controller_state = self.controller(
            concat([x, *read_before], axis=1), prev_state.controller_state
        )
        heads, changes = self._parameters(output)
        places = [
            self._place(head, memory, before)
            for head, before in zip(heads, places_before, strict=True)
        ]
        reading, writing = places[: self.read_head_num], places[self.read_head_num :]
        read = [reduce_sum(expand_dims(place, 2) * memory, axis=1) for place in reading]
        for place, (erased, added) in zip(writing, changes, strict=True):
            column = expand_dims(place, 2)
            kept = ones_like(memory) - matmul(column, expand_dims(sigmoid(erased), 1))
            memory = memory * kept + matmul(column, expand_dims(tanh(added), 1))
        output = matmul(concat([output, *read], axis=1), self._output_kernel)
        output = bias_add(output, self._output_bias)
        output = clip_by_value(output, -self.clip_value, self.clip_value)
        return output, NTMControllerState(
            controller_state, read, places, memory, prev_state.time + 1
        )

    def _begun(
        self,
        is_first: Tensor,
        activation: Callable[..., Any],
        rows: list[Any],
        batch: Any,
        before: Any,
    ) -> list[Tensor]:
        """Return what the heads have at the start of a step: learned values in the first one."""
        if not rows:
            return []

        def first() -> list[Tensor]:
            return [_repeated(activation(squeeze(row, [0])), batch) for row in rows]

        found = cond(is_first, first, lambda: list(before))
        return [found] if len(rows) == 1 else list(found)

    def _parameters(self, output: Tensor) -> tuple[list[_HeadParameters], list[Any]]:
        """Return what the controller says to each head, and what those that write change."""
        parameters = bias_add(matmul(output, self._params_kernel), self._params_bias)
        parameters = clip_by_value(parameters, -self.clip_value, self.clip_value)
        of_heads = self.num_parameters_per_head * self.num_heads
        vector, shifts = self.memory_vector_dim, 2 * self.shift_range + 1
        heads = [
            _HeadParameters(
                key=tanh(part[:, :vector]),
                strength=softplus(part[:, vector]),
                gate=sigmoid(part[:, vector + 1]),
                shift=softmax(part[:, vector + 2 : vector + 2 + shifts]),
                sharpness=softplus(part[:, -1]) + 1,
            )
            for part in split(parameters[:, :of_heads], self.num_heads, axis=1)
        ]
        if self.write_head_num == 0:
            return heads, []
        vectors = split(parameters[:, of_heads:], 2 * self.write_head_num, axis=1)
        return heads, list(zip(vectors[::2], vectors[1::2], strict=True))

    def _place(self, head: _HeadParameters, memory: Tensor, before: Tensor) -> Tensor:
        """Return the weights of the places where a head is next: equations 5 to 9 of the paper."""
        key = expand_dims(head.key, 2)
        length = sqrt(reduce_sum(square(key), axis=1, keepdims=True))
        lengths = sqrt(reduce_sum(square(memory), axis=2, keepdims=True))
        likeness = squeeze(matmul(memory, key) / (lengths * length + 1e-8), [2])
        amplified = exp(expand_dims(head.strength, 1) * likeness)
        by_content = amplified / reduce_sum(amplified, axis=1, keepdims=True)
        gate = expand_dims(head.gate, 1)
        gated = gate * by_content + (1 - gate) * before
        shifted = reduce_sum(expand_dims(gated, 1) * self._shifts(head.shift), axis=2)
        sharpened = power(shifted, expand_dims(head.sharpness, 1))
        return sharpened / reduce_sum(sharpened, axis=1, keepdims=True)

    def _shifts(self, shift: Tensor) -> Tensor:
        """Return the matrices that move weights round the places, [batch, places, places]."""
        size, reach = self.memory_size, self.shift_range
        batch = shift.shape[0].value or shape_of(shift)[0]
        unreached = zeros([batch, size - (2 * reach + 1)])
        steps = concat([shift[:, : reach + 1], unreached, shift[:, -reach:]], axis=1)
        backwards = reverse(steps, axis=[1])
        twice = concat([backwards, backwards], axis=1)
        return stack([twice[:, size - i - 1 : 2 * size - i - 1] for i in range(size)], axis=1)

    def zero_state(self, batch_size: Any, dtype: Any) -> NTMControllerState:
        """Return the state before the first step."""
        return NTMControllerState(
            controller_state=self.controller.zero_state(batch_size, dtype),
            read_vector_list=[
                zeros([batch_size, self.memory_vector_dim]) for _ in range(self.read_head_num)
            ],
            w_list=[zeros([batch_size, self.memory_size]) for _ in range(self.num_heads)],
            M=zeros([batch_size, self.memory_size, self.memory_vector_dim]),
            time=0,
        )


def _repeated(x: Any, batch: Any) -> Tensor:
    """Return `x` for each example of a batch."""
    row = expand_dims(x, 0)
    return tile(row, stack([batch, *[1] * (len(row.shape) - 1)]))
