"""`raw_rnn`: a cell in a loop whose inputs, outputs and end a function decides.

Source: TensorFlow 1.15, python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import TensorShape, dimension_at_index, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.comparison import logical_or
from tensormill.ops.elementwise_unary import logical_not
from tensormill.ops.filling import zeros
from tensormill.ops.reduction import reduce_all
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop
from tensormill.rnn.cells import assert_like_cell
from tensormill.rnn.state_shapes import joined_dims, joined_shape
from tensormill.rnn.time_steps import cached_scope, copy_through

__all__ = ["raw_rnn"]


def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run a cell in a loop; `loop_fn` gives the inputs and says when rows are finished.

    `loop_fn(time, cell_output, cell_state, loop_state)` returns (finished [batch], next input, next
    state, what to emit, next loop state). At time 0 output, state and loop state are None; it then
    gives the first input and state, and says with `emit` what the outputs look like, where that is
    not `cell.output_size`.

    Args:
      cell: an `RNNCell`.
      loop_fn: as above.
      parallel_iterations: how many steps may be computed at once; 32 by default.
      swap_memory: whether values kept for gradients may leave a GPU.
      scope: the variable scope; "rnn" by default.

    Returns:
      a TensorArray of what was emitted, the last state, and the last loop state.

    Raises:
      TypeError: `cell` is not like a cell, or `loop_fn` cannot be called.
      ValueError: structures or shapes do not fit.
    """
    assert_like_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"loop_fn must be a callable, not {loop_fn}")
    with cached_scope(scope, "rnn"):
        time = constant(0, dtype=dtypes.int32)
        finished, given, state, emit, first_loop_state = loop_fn(time, None, None, None)
        flat = nest.flatten(given)
        loop_state = (
            constant(0, dtype=dtypes.int32) if first_loop_state is None else first_loop_state
        )
        rows = dimension_at_index(flat[0].get_shape(), 0)
        for part in flat:
            rows.assert_is_compatible_with(dimension_at_index(part.get_shape(), 0))
        batch_size = shape_of(flat[0])[0] if rows.value is None else rows.value
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        emitted, zero_emit = _outputs(cell, emit, state, rows.value, batch_size)

        def condition(_: Any, finished: Tensor, *others: Any) -> Tensor:
            return logical_not(reduce_all(finished))

        def body(
            time: Tensor, finished: Tensor, given: Any, emitted: Any, state: Any, loop_state: Any
        ) -> tuple[Any, ...]:
            output, cell_state = cell(given, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(cell.output_size, output)
            next_time = time + 1
            now_finished, next_given, next_state, emit, next_loop_state = loop_fn(
                next_time, output, cell_state, loop_state
            )
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(given, next_given)
            nest.assert_same_structure(emitted, emit)
            if next_loop_state is not None:
                loop_state = next_loop_state
            emit = _masked(finished, zero_emit, emit)
            next_state = _masked(finished, state, next_state)
            emitted = nest.map_structure(lambda array, part: array.write(time, part), emitted, emit)
            finished = logical_or(finished, now_finished)
            return next_time, finished, next_given, emitted, next_state, loop_state

        _, _, _, emitted, last, loop_state = while_loop(
            condition,
            body,
            loop_vars=[time, finished, given, emitted, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        return emitted, last, None if first_loop_state is None else loop_state


def _outputs(
    cell: Any, emit: Any, state: Any, rows: int | None, batch_size: Any
) -> tuple[Any, Any]:
    """Return empty arrays and zeros in the structure of what is emitted."""
    if emit is None:
        structure = cell.output_size
        sizes = nest.flatten(structure)
        kinds = [nest.flatten(state)[0].dtype] * len(sizes)
    else:
        structure = emit
        parts = nest.flatten(emit)
        sizes = [p.get_shape() if is_fully_defined(p.dims) else shape_of(p) for p in parts]
        kinds = [part.dtype for part in parts]
    arrays = [
        TensorArray(
            kind,
            size=0,
            dynamic_size=True,
            element_shape=joined_dims(TensorShape([rows]), size),
            name=f"rnn_output_{number}",
        )
        for number, (kind, size) in enumerate(zip(kinds, sizes, strict=True))
    ]
    empty = [
        zeros(joined_shape(batch_size, size), kind) for kind, size in zip(kinds, sizes, strict=True)
    ]
    return nest.pack_sequence_as(structure, arrays), nest.pack_sequence_as(structure, empty)


def _masked(finished: Tensor, old: Any, new: Any) -> Any:
    return nest.map_structure(lambda a, b: copy_through(finished, a, b), old, new)
