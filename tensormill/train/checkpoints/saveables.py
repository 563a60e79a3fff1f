"""What a saver saves: variables, slices of variables and whatever has state, by name.

Source: TensorFlow 1.15, python/training/saving/saveable_object.py, saveable_object_util.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph import nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import device, get_collection
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.basics import identity_op
from tensormill.ops.resource_variable import assign_variable_op
from tensormill.variables.assignments import assign
from tensormill.variables.base import VariableBase, is_resource_variable
from tensormill.variables.partitioned import PartitionedVariable
from tensormill.variables.saveable_object import SaveableObject, SaveSpec

__all__ = [
    "ReferenceVariableSaveable",
    "ResourceVariableSaveable",
    "all_saveable_objects",
    "op_list_to_dict",
    "validate_and_slice_inputs",
]

_VARIABLE_OP_TYPES = (
    "Variable", "VariableV2", "AutoReloadVariable", "VarHandleOp", "ReadVariableOp",
)  # fmt: skip


class ReferenceVariableSaveable(SaveableObject):
    """A ref variable."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that assigns a restored value."""
        value = _reshaped(restored_tensors[0], restored_shapes)
        is_checked = restored_shapes is None and self.op.get_shape().is_fully_defined()
        return assign(self.op, value, validate_shape=is_checked)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable, given as such or as the tensor that reads it."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self._device = var.device
        self._shape = var.shape
        if isinstance(var, Tensor):
            self.handle_op = var.op.inputs[0]
            tensor: Any = var
        elif is_resource_variable(var):
            self.handle_op = var.handle
            tensor = _reader(var)
        else:
            raise ValueError(
                f"Saveable is neither a resource variable nor a read operation. Got: {var!r}"
            )
        spec = SaveSpec(tensor, slice_spec, name, dtype=var.dtype, device=var.device)
        super().__init__(var, [spec], name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
        """Return the operation that assigns a restored value.

        Raises:
          ValueError: its shape does not fit.
        """
        value = _reshaped(restored_tensors[0], restored_shapes)
        with device(self._device):
            value = identity_op(value)
            self._shape.assert_is_compatible_with(value.shape)
            return assign_variable_op(self.handle_op, value)


def _reader(variable: Any) -> Callable[[], Tensor]:
    def read() -> Tensor:
        with device(variable.device):
            value = variable.read_value()
            with device("/device:CPU:0"):
                on_host: Tensor = identity_op(value)
                return on_host

    return read


def _reshaped(tensor: Tensor, shapes: Any) -> Tensor:
    return tensor if shapes is None else reshape(tensor, shapes[0])


def all_saveable_objects(scope: str | None = None) -> list[Any]:
    """Return what a saver saves by default: global variables and saveable objects."""
    return [
        *get_collection(GraphKeys.GLOBAL_VARIABLES, scope),
        *get_collection(GraphKeys.SAVEABLE_OBJECTS, scope),
    ]


def op_list_to_dict(op_list: Any, convert_variable_to_tensor: bool = True) -> dict[str, Any]:
    """Return what is to be saved by the name to save it under.

    Slices of one variable come as a list under the name of the whole.

    Raises:
      TypeError: an item is no variable.
      ValueError: two items have one name.
    """
    if not isinstance(op_list, (list, tuple, set)):
        raise TypeError(f"Variables to save should be passed in a dict or a list. Got {op_list}")
    named: dict[str, Any] = {}
    for item in sorted(nest.flatten(list(op_list)), key=lambda item: item.name):
        if isinstance(item, SaveableObject):
            named[item.name] = item
        elif isinstance(item, PartitionedVariable):
            _add_new(named, item.name, item)
        elif isinstance(item, VariableBase) and item._get_save_slice_info() is not None:
            _add_slice(named, item)
        elif _own_saveables(item) is not None:
            named.update(op_list_to_dict(list(_made_saveables(item, None))))
        else:
            element = item
            if convert_variable_to_tensor:
                element = _variable_tensor(item, "Variable to save is not a Variable")
            reads = element.op.type == "ReadVariableOp"
            _add_new(named, (element.op.inputs[0] if reads else element).op.name, element)
    return named


def _add_new(named: dict[str, Any], name: str, item: Any) -> None:
    if name in named:
        raise ValueError(f"At least two variables have the same name: {name}")
    named[name] = item


def _add_slice(named: dict[str, Any], variable: Any) -> None:
    name = variable._get_save_slice_info().full_name
    known = named.setdefault(name, [])
    if not isinstance(known, list):
        raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
    known.append(variable)


def _variable_tensor(item: Any, complaint: str) -> Tensor:
    """Return the tensor that stands for a variable in the graph."""
    if is_resource_variable(item):
        tensor: Tensor = item._as_graph_element()
    else:
        tensor = convert_to_tensor(item, as_ref=True)
    if tensor.op.type not in _VARIABLE_OP_TYPES:
        raise TypeError(f"{complaint}: {tensor}")
    return tensor


def _own_saveables(item: Any) -> dict[str, Any] | None:
    """Return the saveables that an object with state declares, by attribute, or None."""
    if isinstance(item, VariableBase):
        return None
    gather = getattr(item, "_gather_saveables_for_checkpoint", None)
    return None if gather is None else gather()


def _made_saveables(item: Any, name: str | None) -> Iterator[SaveableObject]:
    for attribute, factory in (_own_saveables(item) or {}).items():
        if not callable(factory):
            yield factory
        elif name is None:
            yield factory()
        else:
            yield factory(name if attribute == "VARIABLE_VALUE" else f"{name}_{attribute}")


def validate_and_slice_inputs(names_to_saveables: dict[str, Any]) -> list[SaveableObject]:
    """Return the saveable objects for what is to be saved, in the order of their names.

    Raises:
      TypeError: a key is no text, or a value cannot be saved.
      ValueError: something is given under two names.
    """
    saveables: list[SaveableObject] = []
    seen: set[int] = set()
    for name, item in sorted(names_to_saveables.items(), key=lambda pair: pair[0]):
        for saveable in _saveables_of(item, name):
            if saveable.op is not None and id(saveable.op) in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {saveable.name}"
                )
            saveables.append(saveable)
            seen.add(id(saveable.op))
    return saveables


def _saveables_of(item: Any, name: Any) -> Iterator[SaveableObject]:
    if not isinstance(name, str):
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to trackable operations. "
            f"Name is not a string: {name}"
        )
    if isinstance(item, SaveableObject):
        yield item
    elif isinstance(item, (list, tuple, PartitionedVariable)):
        yield from _slices_of(item, name)
    elif _own_saveables(item) is not None:
        yield from _made_saveables(item, name)
    else:
        complaint = (
            "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
            "variable"
        )
        if isinstance(item, Operation):
            raise TypeError(f"{complaint}: {item}")
        yield _variable_saveable(_variable_tensor(item, complaint), "", name)


def _variable_saveable(variable: Any, slice_spec: str, name: str) -> SaveableObject:
    if variable.dtype._is_ref_dtype:
        return ReferenceVariableSaveable(variable, slice_spec, name)
    return ResourceVariableSaveable(variable, slice_spec, name)


def _slices_of(items: Any, name: str) -> Iterator[SaveableObject]:
    whole = None
    for variable in items:
        if isinstance(variable, SaveableObject):
            yield variable
            continue
        if not isinstance(variable, VariableBase):
            raise ValueError(f"Slices must all be Variables: {variable}")
        info = variable._get_save_slice_info()
        if info is None:
            raise ValueError(f"Slices must all be slices: {variable}")
        if whole is None:
            whole = info.full_name
        elif whole != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        yield _variable_saveable(variable, info.spec, name)
