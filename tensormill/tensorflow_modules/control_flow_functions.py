"""Functions of `tensorflow.python.ops.control_flow_ops` for graphs that are wired by hand.

Besides plain tensors they take references and slices.

Source: TensorFlow 1.15, python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ops import control_flow
from tensormill.ops.casting import cast
from tensormill.ops.composite_values import components, rebuild
from tensormill.ops.control_flow_context import switch_ref_or_tensor
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity

__all__ = [
    "enter",
    "exit",
    "merge",
    "next_iteration",
    "pass_on",
    "ref_switch",
    "switch",
    "switch_ref_or_tensor_of",
    "with_dependencies",
]

Merged = namedtuple("Merged", ["output", "value_index"])


def _kept(value: Any) -> Any:
    """Return a value as a tensor: variables as their reference."""
    if isinstance(value, IndexedSlices) or components(value) is not None:
        return value
    return convert_to_tensor(value, as_ref=True)


def _of_parts(value: Any, plain: Callable[[Tensor], Any], ref: Callable[[Tensor], Any]) -> Any:
    """Call a function for the tensor, or for each tensor that the value is made of."""
    value = _kept(value)
    if isinstance(value, Tensor):
        return ref(value) if value.dtype._is_ref_dtype else plain(value)
    parts = components(value) or []
    return rebuild(value, [_of_parts(part, plain, ref) for part in parts])


def pass_on(data: Any, name: str | None = None) -> Any:
    """Return an Identity of the value; that of a reference is a reference."""
    return _of_parts(
        data,
        lambda tensor: identity(tensor, name=name),
        lambda tensor: control_flow.ref_identity(tensor, name=name),
    )


def exit(data: Any, name: str | None = None) -> Any:
    """Return what leaves the frame of a loop."""
    return _of_parts(
        data,
        lambda tensor: control_flow.exit(tensor, name=name),
        lambda tensor: control_flow.ref_exit(tensor, name=name),
    )


def next_iteration(data: Any, name: str | None = None) -> Any:
    """Return what goes into the next iteration of a loop."""
    return _of_parts(
        data,
        lambda tensor: control_flow.next_iteration(tensor, name=name),
        lambda tensor: control_flow.ref_next_iteration(tensor, name=name),
    )


def enter(
    data: Any,
    frame_name: str,
    is_constant: bool = False,
    parallel_iterations: int = 10,
    use_ref: bool = True,
    use_input_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Return what enters the frame of a loop, as the reference that it may be."""

    def made(builder: Any, tensor: Tensor) -> Tensor:
        entered: Tensor = builder(
            tensor,
            frame_name,
            is_constant=is_constant,
            parallel_iterations=parallel_iterations,
            name=name,
        )
        return entered

    as_ref = control_flow.ref_enter if use_ref else control_flow.enter
    return _of_parts(
        data,
        lambda tensor: made(control_flow.enter, tensor),
        lambda tensor: made(as_ref, tensor),
    )


def switch(data: Any, pred: Any, dtype: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Return the value as live where `pred` is false, and as live where it is true."""
    if dtype is not None:
        data = convert_to_tensor(data, dtype=dtype)
    elif not isinstance(data, IndexedSlices) and components(data) is None:
        data = convert_to_tensor(data)
    pred = convert_to_tensor(pred)
    if isinstance(data, Tensor):
        made = control_flow.switch(data, pred, name=name)
        return made[0], made[1]
    pairs = [control_flow.switch(part, pred, name=name) for part in components(data) or []]
    return rebuild(data, [pair[0] for pair in pairs]), rebuild(data, [pair[1] for pair in pairs])


def ref_switch(data: Any, pred: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Return a reference as live where `pred` is false, and as live where it is true."""
    made = control_flow.ref_switch(convert_to_tensor(data, as_ref=True), pred, name=name)
    return made[0], made[1]


def switch_ref_or_tensor_of(data: Any, pred: Any, name: str = "Switch") -> tuple[Any, Any]:
    """Return the two sides of a Switch that is colocated with its data."""
    low, high = switch_ref_or_tensor(_kept(data), convert_to_tensor(pred), name)
    return low, high


def merge(inputs: Sequence[Any], name: str | None = None) -> Merged:
    """Return whichever input is live, and its index.

    Where one of them is slices, all must be.

    Raises:
      ValueError: an input is None, or slices are mixed with other values.
    """
    if any(value is None for value in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    kept = [_kept(value) for value in inputs]
    tensors = [value for value in kept if isinstance(value, Tensor)]
    if len(tensors) == len(kept):
        all_refs = all(tensor.dtype._is_ref_dtype for tensor in tensors)
        made = (control_flow.ref_merge if all_refs else control_flow.merge)(tensors, name=name)
        return Merged(made[0], made[1])
    if tensors:
        raise ValueError(f"Slices cannot be merged with tensors: {inputs}")
    columns = [list(column) for column in zip(*map(_wide_parts, kept), strict=True)]
    merged = [control_flow.merge(column, name=name) for column in columns]
    return Merged(rebuild(kept[0], [pair[0] for pair in merged]), merged[0][1])


def _wide_parts(value: Any) -> list[Tensor]:
    """Return the tensors of a composite value; indices of slices as int64, so that they agree."""
    if not isinstance(value, IndexedSlices):
        return components(value) or []
    rest = [] if value.dense_shape is None else [value.dense_shape]
    return [value.values, cast(value.indices, "int64"), *rest]
