"""The body of a function to a FunctionDef message.

Source: TensorFlow 1.15, c/c_api_function.cc.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tensorboard.compat.proto import function_pb2

from tensormill.graph.node_def_codec import to_node_def
from tensormill.graph.op_def import arg_dtypes
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_codec import shape_to_proto

__all__ = ["write_function_def"]

_NO_NAME_CHARACTER = re.compile(r"[^a-z0-9_]")


def write_function_def(
    name: str,
    operations: Iterable[Operation],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    output_names: Sequence[str] = (),
    *,
    appends_hash: bool = False,
    description: str = "",
) -> Any:
    """Return the FunctionDef of a body.

    Args:
      name: the name of the function.
      operations: the nodes, those of the inputs included.
      inputs: the placeholders of the arguments.
      outputs: what the function returns.
      output_names: names for the outputs; by default they follow from the tensors.
      appends_hash: add a hash of the body to the name.
      description: what the function is for.
    """
    writer = _Writer(inputs, outputs, output_names)
    definition = writer.write(list(operations))
    if appends_hash:
        digest = hashlib.sha256(definition.SerializeToString(deterministic=True)).hexdigest()
        name = f"{name}_{digest[:11]}"
    definition.signature.name = name
    if description:
        definition.signature.description = description
    return definition


class _Writer:
    def __init__(
        self, inputs: Sequence[Tensor], outputs: Sequence[Tensor], output_names: Sequence[str]
    ) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._output_names = output_names
        self._names: set[str] = set()
        self._refs: dict[Tensor, str] = {}
        self._definition = function_pb2.FunctionDef()

    def write(self, operations: list[Operation]) -> Any:
        definition = self._definition
        arguments = {tensor.op for tensor in self._inputs}
        nodes = [op for op in operations if op not in arguments]
        self._names.update(op.name for op in nodes)
        for index, tensor in enumerate(self._inputs):
            name = self._unique(_normalized(tensor.op.name))
            self._refs[tensor] = name
            definition.signature.input_arg.add(
                name=name, type=tensor.dtype.base_dtype.as_datatype_enum
            )
            shape = definition.arg_attr[index].attr["_output_shapes"].list.shape.add()
            shape.CopyFrom(shape_to_proto(tensor.dims))
        for op in nodes:
            self._note_outputs(op)
        for op in nodes:
            self._write_node(op, arguments)
        self._names = set()
        for index, tensor in enumerate(self._outputs):
            given = self._output_names[index] if index < len(self._output_names) else ""
            name = self._unique(given or _normalized(tensor.op.name))
            definition.signature.output_arg.add(
                name=name, type=tensor.dtype.base_dtype.as_datatype_enum
            )
            definition.ret[name] = self._refs[tensor]
        definition.signature.is_stateful = any(op.op_schema.is_stateful for op in nodes)
        return definition

    def _unique(self, name: str) -> str:
        made, count = name, 0
        while made in self._names:
            made = f"{name}_{count}"
            count += 1
        self._names.add(made)
        return made

    def _note_outputs(self, op: Operation) -> None:
        at = 0
        for arg in op.op_schema.outputs:
            for index in range(len(arg_dtypes(arg, op.attrs))):
                self._refs[op.outputs[at]] = f"{op.name}:{arg.name}:{index}"
                at += 1

    def _write_node(self, op: Operation, arguments: set[Operation]) -> None:
        node = self._definition.node_def.add()
        node.CopyFrom(to_node_def(op))
        del node.input[:]
        node.input.extend(self._refs[tensor] for tensor in op.input_tensors)
        node.input.extend(f"^{c.name}" for c in op.control_input_list if c not in arguments)


def _normalized(name: str) -> str:
    """Return a name as arguments of functions may have it: a letter, then letters, digits, _."""
    text = _NO_NAME_CHARACTER.sub("_", name.lower()).lstrip("_")
    return text if text[:1].isalpha() else f"arg_{text}".rstrip("_")
