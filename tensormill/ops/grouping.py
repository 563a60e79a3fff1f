"""Operations that wait for others: `tf.group`, `tf.tuple` and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, device, name_scope
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.basics import identity_op, no_op

__all__ = ["group", "tuple_of", "with_dependencies"]


def group(*inputs: Any, **kwargs: Any) -> Operation:
    """Make an operation that runs all `inputs` and has no output.

    Inputs on several devices are waited for by one operation a device, so that each device sends
    one signal only.

    Args:
      *inputs: tensors, operations, variables, or nested structures of them.
      **kwargs: `name`, by default "group_deps".

    Raises:
      TypeError: an input is none of these.
      ValueError: there is another keyword argument.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    with name_scope(name, "group_deps", inputs) as scope:
        if not inputs:
            return _no_op(scope)
        by_device: dict[str, list[Any]] = {}
        for item in nest.flatten(inputs):
            if not hasattr(item, "device"):
                raise TypeError(
                    "'inputs' should be zero or more (nested) Tensors. Received "
                    f"'{item}' with type '{type(item)}'."
                )
            by_device.setdefault(item.device or "", []).append(item)
        if len(by_device) == 1:
            ((only, items),) = by_device.items()
            return _gate(only, items, scope)
        gates = [_gate(where, by_device[where], None) for where in sorted(by_device)]
        with control_dependencies(gates):
            return _no_op(scope)


def _no_op(name: str | None) -> Operation:
    made: Operation = no_op(name=name)
    return made


def _gate(where: str, items: list[Any], name: str | None) -> Operation:
    with control_dependencies(items), device(where):
        return _no_op(name)


def with_dependencies(
    dependencies: Sequence[Any], output_tensor: Any, name: str | None = None
) -> Any:
    """Return `output_tensor` as it is once `dependencies` have run.

    Args:
      dependencies: operations or tensors.
      output_tensor: a tensor or IndexedSlices.
      name: the name of the identity, by default "control_dependency".

    Raises:
      TypeError: `output_tensor` is neither.
    """
    values = [*dependencies, output_tensor]
    with (
        name_scope(name, "control_dependency", values) as scope,
        colocate_with(output_tensor),
        control_dependencies(dependencies),
    ):
        if isinstance(output_tensor, IndexedSlices):
            values_after = _identity(output_tensor.values, scope)
            return IndexedSlices(values_after, output_tensor.indices, output_tensor.dense_shape)
        if not isinstance(output_tensor, TensorLike):
            raise TypeError(f"output_tensor must be a Tensor or IndexedSlices: {output_tensor!r}")
        return _identity(convert_to_tensor(output_tensor), scope)


def _identity(tensor: Tensor, name: str) -> Tensor:
    if tensor.dtype._is_ref_dtype:
        made: Tensor = OP_DEFS["RefIdentity"].builder(tensor, name=name)
        return made
    same: Tensor = identity_op(tensor, name=name)
    return same


def tuple_of(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """Return the tensors, each available only when all of them have been computed (`tf.tuple`).

    Args:
      tensors: tensors, IndexedSlices or operations; None stays None.
      name: the name scope, by default "tuple".
      control_inputs: more operations or tensors to wait for.

    Raises:
      TypeError: a control input is neither an operation nor a tensor.
      ValueError: there is no tensor.
    """
    with name_scope(name, "tuple", tensors):
        members = [
            t if t is None or isinstance(t, (Operation, TensorLike)) else convert_to_tensor(t)
            for t in tensors
        ]
        waited: list[Any] = [getattr(t, "op", t) for t in members if t is not None]
        for control in control_inputs or ():
            if isinstance(control, Tensor):
                control = control.op
            elif not isinstance(control, Operation):
                raise TypeError(
                    "'control_inputs' must only contain Operation or Tensor. Received: "
                    f"{type(control)}"
                )
            waited.append(control)
        if not waited:
            raise ValueError(f"'tensors' must have at least one Tensor. Received: {tensors}.")
        gate = group(*sorted(set(waited), key=lambda op: op._id))
        return [None if member is None else _after(gate, member) for member in members]


def _after(gate: Operation, member: Any) -> Any:
    if isinstance(member, Operation):
        with control_dependencies([gate]):
            return group(member)
    return with_dependencies([gate], member)
