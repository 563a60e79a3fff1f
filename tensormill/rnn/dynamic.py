"""`dynamic_rnn` and `bidirectional_dynamic_rnn`: a cell in a loop over time.

Source: TensorFlow 1.15, python/ops/rnn.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import Dims, is_fully_defined, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal
from tensormill.ops.filling import zeros
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_all, reduce_max, reduce_min
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.transposition import reverse, reverse_sequence
from tensormill.ops.while_loop import while_loop
from tensormill.rnn.cells import assert_like_cell
from tensormill.rnn.state_shapes import joined_dims, joined_shape, set_joined_shape
from tensormill.rnn.time_steps import (
    batch_size_of,
    cached_scope,
    initial_state_of,
    masked_step,
    state_dtype,
    swap_batch_and_time,
)
from tensormill.variables.scope import variable_scope

__all__ = ["bidirectional_dynamic_rnn", "dynamic_rnn"]


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over time in a loop.

    Args:
      cell: an `RNNCell`.
      inputs: [batch, time, depth...], or a structure of such tensors.
      sequence_length: integers [batch]: behind them outputs are zero and states stay as they are.
      initial_state: a structure like `cell.state_size`; zeros by default.
      dtype: of the initial state and the outputs; needed without `initial_state`.
      parallel_iterations: how many steps may be computed at once; 32 by default.
      swap_memory: whether values kept for gradients may leave a GPU.
      time_major: inputs and outputs are [time, batch, depth...].
      scope: the variable scope; "rnn" by default.

    Returns:
      the outputs [batch, time, size] in the structure of `cell.output_size`, and the last state.

    Raises:
      TypeError: `cell` is not like a cell.
      ValueError: shapes do not fit, or an argument is missing.
    """
    assert_like_cell("cell", cell)
    with cached_scope(scope, "rnn"):
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert_to_tensor(part) for part in flat]
            flat = [swap_batch_and_time(part) for part in flat]
        if sequence_length is not None:
            sequence_length = cast(sequence_length, dtypes.int32)
            if sequence_length.dims is not None and len(sequence_length.dims) != 1:
                raise ValueError(
                    "sequence_length must be a vector of length batch_size, but saw shape: "
                    f"{sequence_length.get_shape()}"
                )
            sequence_length = identity_op(sequence_length, name="sequence_length")
        batch_size = batch_size_of(flat)
        state = initial_state_of(cell, initial_state, batch_size, dtype)
        if sequence_length is not None:
            with control_dependencies([_check_shape(sequence_length, [batch_size])]):
                sequence_length = identity_op(sequence_length, name="CheckSeqLen")
        outputs, last = _loop(
            cell,
            nest.pack_sequence_as(inputs, flat),
            state,
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
            sequence_length=sequence_length,
            dtype=dtype,
        )
        if not time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
        return outputs, last


def _check_shape(tensor: Tensor, sizes: list[Any]) -> Any:
    actual = shape_of(tensor)
    expected = stack(sizes)
    return Assert(
        reduce_all(equal(actual, expected)),
        [
            f"Expected shape for Tensor {tensor.name} is ",
            expected,
            " but saw shape: ",
            actual,
        ],
    )


def _loop(
    cell: Any,
    inputs: Any,
    state: Any,
    parallel_iterations: int,
    swap_memory: bool,
    sequence_length: Tensor | None,
    dtype: Any,
) -> tuple[Any, Any]:
    flat = nest.flatten(inputs)
    sizes = nest.flatten(cell.output_size)
    steps = shape_of(flat[0])[0]
    batch_size = batch_size_of(flat)
    input_dims = [with_rank_at_least(part.dims, 3) for part in flat]
    known_steps, known_batch = _common_sizes(flat, input_dims)
    kind = state_dtype(dtype, state)
    zero_output = nest.pack_sequence_as(
        cell.output_size, [zeros(stack(joined_shape(batch_size, size)), kind) for size in sizes]
    )
    if sequence_length is not None:
        shortest, longest = reduce_min(sequence_length), reduce_max(sequence_length)
    else:
        longest = steps
    time = constant(0, dtype=dtypes.int32, name="time")
    with name_scope("dynamic_rnn") as base_name:
        pass
    outputs = tuple(
        TensorArray(
            kind,
            size=steps,
            element_shape=joined_dims(known_batch, size),
            tensor_array_name=f"{base_name}output_{number}",
        )
        for number, size in enumerate(sizes)
    )
    arrays = [
        TensorArray(
            part.dtype,
            size=steps,
            element_shape=None if part.dims is None else part.dims[1:],
            tensor_array_name=f"{base_name}input_{number}",
        )
        for number, part in enumerate(flat)
    ]
    arrays = [array.unstack(part) for array, part in zip(arrays, flat, strict=True)]

    def step(time: Tensor, made: tuple[TensorArray, ...], state: Any) -> tuple[Any, ...]:
        parts = [array.read(time) for array in arrays]
        for part, dims in zip(parts, input_dims, strict=True):
            part.set_shape(None if dims is None else dims[1:])
        given = nest.pack_sequence_as(inputs, parts)
        if sequence_length is None:
            output, following = cell(given, state)
        else:
            output, following = masked_step(
                time,
                sequence_length,
                shortest,
                longest,
                zero_output,
                state,
                lambda: cell(given, state),
                skip_conditionals=True,
            )
        flat_output = nest.flatten(output)
        made = tuple(a.write(time, part) for a, part in zip(made, flat_output, strict=True))
        return time + 1, made, following

    bound = minimum(steps, maximum(1, longest))
    _, outputs, last = while_loop(
        cond=lambda time, *_: time < bound,
        body=step,
        loop_vars=(time, outputs, state),
        parallel_iterations=parallel_iterations,
        maximum_iterations=steps,
        swap_memory=swap_memory,
    )
    stacked = [array.stack() for array in outputs]
    for output, size in zip(stacked, sizes, strict=True):
        set_joined_shape(output, (known_steps, known_batch), size)
    return nest.pack_sequence_as(cell.output_size, stacked), last


def _common_sizes(flat: list[Tensor], input_dims: list[Dims]) -> tuple[int | None, int | None]:
    """Return the number of steps and the batch size of inputs [time, batch, depth...].

    Raises:
      ValueError: the inputs do not agree, or a depth is not known.
    """
    found: tuple[int | None, int | None] | None = None
    for part, dims in zip(flat, input_dims, strict=True):
        if dims is None or not is_fully_defined(dims[2:]):
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw "
                f"value None: {part}"
            )
        if found is None:
            found = (dims[0], dims[1])
        if found[0] != dims[0]:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch: "
                f"{dims[0]} for {part}"
            )
        if found[1] != dims[1]:
            raise ValueError(
                "Batch_size is not the same for all the elements in the input: "
                f"{dims[1]} for {part}"
            )
    assert found is not None
    return found


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Run one cell forwards and another one backwards over time.

    Args:
      cell_fw: the cell that goes forwards.
      cell_bw: the cell that goes backwards.
      inputs: [batch, time, depth...], or a structure of such tensors.
      sequence_length: integers [batch]; the backward cell begins there.
      initial_state_fw: the first state of `cell_fw`; zeros by default.
      initial_state_bw: the first state of `cell_bw`; zeros by default.
      dtype: of initial states and outputs; needed without them.
      parallel_iterations: how many steps may be computed at once; 32 by default.
      swap_memory: whether values kept for gradients may leave a GPU.
      time_major: inputs and outputs are [time, batch, depth...].
      scope: the variable scope; "bidirectional_rnn" by default.

    Returns:
      ((outputs forwards, outputs backwards), (last state forwards, last state backwards)).

    Raises:
      TypeError: a cell is not like a cell.
      ValueError: shapes do not fit, or an argument is missing.
    """
    assert_like_cell("cell_fw", cell_fw)
    assert_like_cell("cell_bw", cell_bw)
    options = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    time_axis = 0 if time_major else 1

    def reversed_in_time(tensor: Any) -> Tensor:
        if sequence_length is None:
            return reverse(tensor, axis=[time_axis])
        return reverse_sequence(
            input=tensor,
            seq_lengths=sequence_length,
            seq_axis=time_axis,
            batch_axis=1 - time_axis,
        )

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            outputs_fw, last_fw = dynamic_rnn(
                cell_fw, inputs, initial_state=initial_state_fw, scope=fw_scope, **options
            )
        with variable_scope("bw") as bw_scope:
            backwards = nest.map_structure(reversed_in_time, inputs)
            made, last_bw = dynamic_rnn(
                cell_bw, backwards, initial_state=initial_state_bw, scope=bw_scope, **options
            )
    outputs_bw = nest.map_structure(reversed_in_time, made)
    return (outputs_fw, outputs_bw), (last_fw, last_bw)
