"""What placement knows of an op type: where it has kernels, and what binds it to others."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_def import OpDef
from tensormill.graph.operation import Operation
from tensormill.kernels.registry import find_kernel, kernels_of
from tensormill.ops.functional import FUNCTIONAL_OP_TYPES

__all__ = ["OpRules", "SupportedTypes", "reference_inputs"]

_METADATA = frozenset(["Rank", "Shape", "Size"])
# They forward references to operations that are placed in their own right.
_EXEMPT = frozenset(["PartitionedCall", "ReduceDataset", "StatefulPartitionedCall"])


class SupportedTypes:
    """The device types with a kernel for an op type with certain attributes.

    Attributes:
      types: present in the session, preferred first; empty where there is no kernel.
      choices: memo of the placer: requested device to what it decides for it.
    """

    __slots__ = ("choices", "types")

    def __init__(self, types: tuple[str, ...]) -> None:
        self.types = types
        self.choices: dict[str, Any] = {}


class Binding(IntEnum):
    """Whether nodes of an op type have to be where an input comes from."""

    NEVER = 0
    IF_RESOURCE = 1
    """An input may have any dtype, and is bound where it is a resource."""
    ALWAYS = 2
    """An input is a reference, or a resource."""


class OpRules:
    """The rules of one op type in one session.

    Attributes:
      only: the supported types, where attributes do not matter; else None.
      binding: whether nodes are bound to the producer of an input.
      is_generator: no inputs and one output: placed with its consumers.
      is_metadata: looks at the shape of its input only: placed with it.
    """

    __slots__ = (
        "_attr_names",
        "_by_attrs",
        "_is_functional",
        "_op_type",
        "_session_types",
        "binding",
        "is_generator",
        "is_metadata",
        "only",
    )

    def __init__(self, op_def: OpDef, session_types: tuple[str, ...]) -> None:
        self._op_type = op_def.name
        self._is_functional = op_def.is_function or op_def.name in FUNCTIONAL_OP_TYPES
        self._session_types = session_types
        self._attr_names = tuple(
            sorted({name for kernel in kernels_of(op_def.name) for name in kernel.types})
        )
        self._by_attrs: dict[Any, SupportedTypes] = {}
        self.only = None if self._attr_names else self._find({})
        self.binding = _binding(op_def)
        self.is_generator = (
            not op_def.inputs
            and len(op_def.outputs) == 1
            and not op_def.outputs[0].is_list
            and not op_def.outputs[0].is_ref
        )
        self.is_metadata = op_def.name in _METADATA

    def supported(self, attrs: dict[str, Any]) -> SupportedTypes:
        """Return the device types with a kernel for a node with these attributes."""
        if self.only is not None:
            return self.only
        key = tuple([attrs.get(name) for name in self._attr_names])
        found = self._by_attrs.get(key)
        if found is None:
            found = self._by_attrs[key] = self._find(attrs)
        return found

    def is_bound(self, op: Operation) -> bool:
        """Return whether a node has to be where one of its inputs comes from."""
        if self.binding is Binding.IF_RESOURCE:
            return any(tensor.dtype is dtypes.resource for tensor in op.input_tensors)
        return self.binding is Binding.ALWAYS

    def _find(self, attrs: dict[str, Any]) -> SupportedTypes:
        return SupportedTypes(
            tuple(
                t
                for t in self._session_types
                if self._is_functional or find_kernel(self._op_type, t, attrs)
            )
        )


def _binding(op_def: OpDef) -> Binding:
    if op_def.name in _EXEMPT:
        return Binding.NEVER
    binding = Binding.NEVER
    for arg in op_def.inputs:
        if arg.is_ref or arg.type is dtypes.resource:
            return Binding.ALWAYS
        attr = op_def.attrs.get(arg.type_attr or arg.type_list_attr or "")
        if attr is not None and (attr.allowed is None or dtypes.resource in attr.allowed):
            binding = Binding.IF_RESOURCE
    return binding


def reference_inputs(op: Operation) -> Iterator[Operation]:
    """Yield the producers of the references and resources that bind `op` to their device."""
    tensors = op.input_tensors
    at = 0
    for arg in op.op_schema.inputs:
        count = arg.count(op.attrs)
        for tensor in tensors[at : at + count]:
            if arg.is_ref or tensor.dtype is dtypes.resource:
                yield tensor.op
        at += count
