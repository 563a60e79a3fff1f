"""`static_rnn` and its kin: a cell repeated for each step of a list.

Source: TensorFlow 1.15, python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.shapes import Dimension, unknown_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.joining import concat, stack, unstack
from tensormill.ops.reduction import reduce_max, reduce_min
from tensormill.ops.transposition import reverse_sequence
from tensormill.rnn.cells import assert_like_cell
from tensormill.rnn.state_shapes import joined_shape, set_joined_shape
from tensormill.rnn.time_steps import cached_scope, initial_state_of, masked_step, state_dtype
from tensormill.variables.scope import variable_scope

__all__ = ["static_bidirectional_rnn", "static_rnn", "static_state_saving_rnn"]


def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Repeat a cell for each input of a list.

    Args:
      cell: an `RNNCell`.
      inputs: a list of [batch, depth], or of structures of such tensors: one for each step.
      initial_state: a structure like `cell.state_size`; zeros by default.
      dtype: of the initial state; needed without `initial_state`.
      sequence_length: integers [batch]: behind them outputs are zero and states stay as they are.
      scope: the variable scope; "rnn" by default.

    Returns:
      the list of outputs, and the last state.

    Raises:
      TypeError: `cell` is not like a cell, or `inputs` is no list.
      ValueError: shapes do not fit, or an argument is missing.
    """
    assert_like_cell("cell", cell)
    _check_inputs(inputs)
    outputs = []
    with cached_scope(scope, "rnn") as opened:
        first = inputs
        while nest.is_nested(first):
            first = first[0]
        rows = _rows_of(first, inputs)
        batch_size = rows.value or shape_of(first)[0]
        state = initial_state_of(
            cell,
            initial_state,
            batch_size,
            dtype,
            "If no initial_state is provided, dtype must be specified",
        )
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.dims is not None and len(sequence_length.dims) != 1:
                raise ValueError(
                    f"sequence_length must be a vector of length {batch_size}, not "
                    f"{sequence_length}"
                )
            kind = state_dtype(dtype, state)
            zero_output = nest.map_structure(
                lambda size: _zeros(batch_size, rows.value, size, kind), cell.output_size
            )
            lengths = cast(sequence_length, dtypes.int32)
            shortest, longest = reduce_min(lengths), reduce_max(lengths)
        for time, given in enumerate(inputs):
            if time:
                opened.reuse_variables()
            if sequence_length is None:
                output, state = cell(given, state)
            else:
                call = _deferred(cell, given, state)
                output, state = masked_step(
                    time, lengths, shortest, longest, zero_output, state, call
                )
            outputs.append(output)
    return outputs, state


def _deferred(cell: Any, given: Any, state: Any) -> Any:
    return lambda: cell(given, state)


def _check_inputs(inputs: Any) -> None:
    if not nest.is_nested(inputs):
        raise TypeError(f"inputs must be a sequence, not {inputs}")
    if not inputs:
        raise ValueError("inputs must not be empty")


def _zeros(batch_size: Any, rows: int | None, size: Any, dtype: Any) -> Tensor:
    made = zeros(stack(joined_shape(batch_size, size)), dtype)
    set_joined_shape(made, None if rows is None else (rows,), size)
    return made


def _rows_of(first: Tensor, inputs: Any) -> Dimension:
    """Return the batch size that all inputs agree on.

    Raises:
      ValueError: they do not, or a depth is not known.
    """
    if first.dims is not None and len(first.dims) == 1:
        return first.get_shape().with_rank_at_least(1)[0]
    rows: Dimension = first.get_shape().with_rank_at_least(2)[0]
    for part in nest.flatten(inputs):
        shape = part.get_shape().with_rank_at_least(2)
        rows.assert_is_compatible_with(shape[0])
        for number, size in enumerate(shape[1:]):
            if size.value is None:
                raise ValueError(
                    f"Input size (dimension {number} of input {part}) must be accessible via shape "
                    "inference, but saw value None."
                )
    return rows


def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Repeat a cell as `static_rnn` does, with a state that is kept from step to step of training.

    Args:
      cell: an `RNNCell`.
      inputs: a list of [batch, depth]: one for each step.
      state_saver: has `state(name)`, which gives a state, and `save_state(name, state)`.
      state_name: the names of the states, in the structure of `cell.state_size`.
      sequence_length: integers [batch]: behind them outputs are zero and states stay as they are.
      scope: the variable scope; "rnn" by default.

    Returns:
      the list of outputs, and the last state; both wait until it was saved.

    Raises:
      ValueError: `state_name` has another structure than the state.
    """
    sizes = cell.state_size
    if nest.is_nested(sizes) != nest.is_nested(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  "
            f"state_name: {state_name!s}, cell.state_size: {sizes!s}"
        )
    names = nest.flatten(state_name)
    if len(names) != len(nest.flatten(sizes)):
        raise ValueError(
            f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(nest.flatten(sizes))}"
        )
    initial = nest.pack_sequence_as(sizes, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(
        cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope
    )
    parts = nest.flatten(state)
    saved = [state_saver.save_state(n, part) for n, part in zip(names, parts, strict=True)]
    with control_dependencies(saved):
        outputs[-1] = nest.map_structure(identity_op, outputs[-1])
        state = nest.map_structure(identity_op, state)
    return outputs, state


def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """Repeat one cell forwards and another one backwards; their outputs are joined.

    Args:
      cell_fw: the cell that goes forwards.
      cell_bw: the cell that goes backwards.
      inputs: a list of [batch, depth], or of structures of such tensors: one for each step.
      initial_state_fw: the first state of `cell_fw`; zeros by default.
      initial_state_bw: the first state of `cell_bw`; zeros by default.
      dtype: of initial states; needed without them.
      sequence_length: integers [batch]; the backward cell begins there.
      scope: the variable scope; "bidirectional_rnn" by default.

    Returns:
      the list of outputs, the last state forwards, and the last state backwards.

    Raises:
      TypeError: a cell is not like a cell, or `inputs` is no list.
      ValueError: shapes do not fit, or an argument is missing.
    """
    assert_like_cell("cell_fw", cell_fw)
    assert_like_cell("cell_bw", cell_bw)
    _check_inputs(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            outputs_fw, last_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw_scope
            )
        with variable_scope("bw") as bw_scope:
            backwards = _reversed_in_time(inputs, sequence_length)
            made, last_bw = static_rnn(
                cell_bw, backwards, initial_state_bw, dtype, sequence_length, scope=bw_scope
            )
    outputs_bw = _reversed_in_time(made, sequence_length)
    flat_fw, flat_bw = nest.flatten(outputs_fw), nest.flatten(outputs_bw)
    joined = [concat([fw, bw], 1) for fw, bw in zip(flat_fw, flat_bw, strict=True)]
    return nest.pack_sequence_as(outputs_fw, joined), last_fw, last_bw


def _reversed_in_time(steps: Sequence[Any], lengths: Any) -> list[Any]:
    """Return a list of steps in reverse, each row from its own end."""
    if lengths is None:
        return list(reversed(steps))
    made: list[list[Tensor]] = [[] for _ in steps]
    for sequence in zip(*(nest.flatten(step) for step in steps), strict=True):
        shape = unknown_shape(rank=sequence[0].get_shape().ndims)
        for tensor in sequence:
            shape.assert_is_compatible_with(tensor.get_shape())
            tensor.set_shape(shape)
        backwards = reverse_sequence(stack(list(sequence)), lengths, 0, 1)
        for found, tensor in zip(made, unstack(backwards), strict=True):
            tensor.set_shape(shape)
            found.append(tensor)
    return [nest.pack_sequence_as(step, found) for step, found in zip(steps, made, strict=True)]
