"""What the functions that run a cell over time have in common.

Source: TensorFlow 1.15, python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tensormill.graph import nest
from tensormill.graph.default_scopes import colocate_with
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.conditional import cond
from tensormill.ops.gathering import where
from tensormill.ops.joining import concat
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.transposition import transpose
from tensormill.variables.scope import variable_scope

__all__ = [
    "batch_size_of",
    "cache_reads",
    "cached_scope",
    "copy_through",
    "initial_state_of",
    "masked_step",
    "state_dtype",
    "swap_batch_and_time",
]


@contextmanager
def cached_scope(scope: Any, default_name: str) -> Iterator[Any]:
    """Open a variable scope whose variables are read once, not in each step."""
    with variable_scope(scope or default_name) as opened:
        cache_reads(opened)
        yield opened


def cache_reads(scope: Any) -> None:
    """Let the variables of a scope be read once, where that is not in a loop."""
    context = get_default_graph()._get_control_flow_context()
    in_loop = context is not None and context.GetWhileContext() is not None
    if not in_loop and scope.caching_device is None:
        scope.set_caching_device(lambda op: op.device)


def swap_batch_and_time(tensor: Tensor) -> Tensor:
    """Return a tensor with its first two axes swapped; one of fewer axes as it is."""
    dims = tensor.dims
    if dims is not None and len(dims) < 2:
        return tensor
    rest = range_of(2, rank(tensor))
    swapped = transpose(tensor, concat(([1, 0], rest), axis=0))
    if dims is not None:
        swapped.set_shape((dims[1], dims[0], *dims[2:]))
    return swapped


def batch_size_of(flat_inputs: Sequence[Tensor]) -> Any:
    """Return the batch size of inputs [time, batch, ...]: an int where any of them says it.

    Raises:
      ValueError: an input has fewer than two axes.
    """
    for tensor in flat_inputs:
        if tensor.dims is None:
            continue
        if len(tensor.dims) < 2:
            raise ValueError(
                f"Expected input tensor {tensor.name} to have rank at least 2, not "
                f"{len(tensor.dims)}"
            )
        if tensor.dims[1] is not None:
            return tensor.dims[1]
    return shape_of(flat_inputs[0])[1]


def initial_state_of(
    cell: Any,
    initial_state: Any,
    batch_size: Any,
    dtype: Any,
    missing: str = "If there is no initial_state, you must give a dtype.",
) -> Any:
    """Return the given state, or one of zeros.

    Raises:
      ValueError: there is neither a state nor a dtype, in the words of `missing`.
    """
    if initial_state is not None:
        return initial_state
    if not dtype:
        raise ValueError(missing)
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def state_dtype(dtype: Any, state: Any) -> Any:
    """Return a dtype that was given, or that of all parts of a state.

    Raises:
      ValueError: the parts have different dtypes, or there are none.
    """
    if dtype is not None:
        return dtype
    if not nest.is_nested(state):
        return state.dtype
    found = [part.dtype for part in nest.flatten(state)]
    if not found:
        raise ValueError(f"Unable to infer dtype from empty state: {state}.")
    if any(kind != found[0] for kind in found):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single "
            f"representative dtype: {found}"
        )
    return found[0]


def copy_through(is_over: Tensor, old: Any, new: Any) -> Any:
    """Return `old` in the rows where a sequence is over, `new` in the others; scalars are new."""
    if isinstance(old, TensorArray) or old.dims == ():
        return new
    with colocate_with(new):
        return where(is_over, old, new)


def masked_step(
    time: Any,
    lengths: Tensor,
    shortest: Tensor,
    longest: Tensor,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], Any],
    skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    """Run a cell; rows whose sequence is over give zeros and keep their state.

    Args:
      time: the number of the step.
      lengths: of the sequences, [batch].
      shortest: the least of them.
      longest: the largest of them.
      zero_output: zeros in the structure of the output.
      state: the state before the step.
      call_cell: returns (output, next state).
      skip_conditionals: compute even where all sequences are over, or none is.

    Returns:
      the output and the next state.

    Raises:
      ValueError: the cell returns other structures.
    """
    flat_state, flat_zeros = nest.flatten(state), nest.flatten(zero_output)
    is_over = time >= lengths

    def call() -> list[Any]:
        output, following = call_cell()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, following)
        return [*nest.flatten(output), *nest.flatten(following)]

    def masked(made: list[Any]) -> list[Any]:
        old = [*flat_zeros, *flat_state]
        return [copy_through(is_over, a, b) for a, b in zip(old, made, strict=True)]

    def call_with_less_masking() -> Any:
        made = call()
        return cond(time < shortest, lambda: made, lambda: masked(made))

    if skip_conditionals:
        result = masked(call())
    else:
        result = cond(time >= longest, lambda: [*flat_zeros, *flat_state], call_with_less_masking)
    outputs, states = result[: len(flat_zeros)], result[len(flat_zeros) :]
    for made, zero in zip(outputs, flat_zeros, strict=True):
        made.set_shape(zero.get_shape())
    for made, old in zip(states, flat_state, strict=True):
        if not isinstance(made, TensorArray):
            made.set_shape(old.get_shape())
    return nest.pack_sequence_as(zero_output, outputs), nest.pack_sequence_as(state, states)
