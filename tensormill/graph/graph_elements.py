"""Finding the operations and tensors of a graph: by name, or by what stands for one."""

from __future__ import annotations

from typing import Any

from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = ["GraphElements"]


class GraphElements:
    """The operations of one graph, and which of them may be fed and fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[Operation] = []
        self._operations_by_name: dict[str, Operation] = {}
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()

    def get_operations(self) -> list[Operation]:
        """Return all operations, in the order of their creation."""
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """Return the operation called `name`.

        Raises:
          KeyError: there is none.
          TypeError: `name` is not a string.
          ValueError: `name` is the name of a tensor.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        found: Operation = self.as_graph_element(name, allow_tensor=False, allow_operation=True)
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Return the tensor called `name` (`"operation:index"`).

        Raises:
          KeyError: there is none.
          TypeError: `name` is not a string.
          ValueError: `name` is not of that form.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        found: Tensor = self.as_graph_element(name, allow_tensor=True, allow_operation=False)
        return found

    def _get_operation_by_name(self, name: str) -> Operation:
        return self._operations_by_name[name]

    _get_operation_by_name_unsafe = _get_operation_by_name

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """Return the tensor or operation that `obj` is, names, or stands for.

        Raises:
          KeyError: the name is not in the graph.
          TypeError: `obj` is of no usable type.
          ValueError: the name is malformed, or `obj` belongs to another graph.
        """
        if type(obj) is Tensor and allow_tensor and obj.op.graph is self:
            return obj
        if not allow_tensor and not allow_operation:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            converted = convert()
            obj = obj if converted is None else converted
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            if ":" in obj:
                return self._tensor_named(obj, allow_tensor)
            return self._operation_named(obj, allow_operation)
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.op.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(f"Operation {obj} is not an element of this graph.")
            return obj
        wanted = (
            "Tensor or Operation"
            if allow_tensor and allow_operation
            else ("Tensor" if allow_tensor else "Operation")
        )
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")

    def _tensor_named(self, name: str, allow_tensor: bool) -> Tensor:
        if not allow_tensor:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        op_name, _, index_text = name.partition(":")
        try:
            index = int(index_text)
        except ValueError:
            raise ValueError(
                f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor "
                'names must be of the form "<op_name>:<output_index>".'
            ) from None
        op = self._operations_by_name.get(op_name)
        if op is None:
            raise KeyError(
                f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                f"{op_name!r}, does not exist in the graph."
            )
        try:
            return op.outputs[index]
        except IndexError:
            raise KeyError(
                f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                f"{op_name!r}, exists but only has {len(op.outputs)} outputs."
            ) from None

    def _operation_named(self, name: str, allow_operation: bool) -> Operation:
        op = self._operations_by_name.get(name)
        if not allow_operation:
            what = (
                "looks like an (invalid) Operation name" if op is None else "refers to an Operation"
            )
            raise ValueError(
                f"The name {name!r} {what}, not a Tensor. Tensor names must be of the form "
                '"<op_name>:<output_index>".'
            )
        if op is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return op

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Refuse to feed `tensor` from now on."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """Return whether `tensor` may be fed."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Refuse to fetch `op` and its outputs from now on."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op: Tensor | Operation) -> bool:
        """Return whether the tensor or operation may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable
