"""Functions of elements as functions of batches: one call for many elements.

Only ops count whose results for a batch are bit for bit those for its elements. Where a body has
any other op there is no batched body; where a call fails, whoever called does it element by
element, so that the error is that of the element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.function_library import FunctionLibrary
from tensormill.graph.graph import Graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.passes.function_bodies import OrderedBody

__all__ = ["batched_body"]

_SAME = frozenset(
    """
    Abs Cast Ceil DecodeCSV DecodeRaw Floor Identity LogicalNot Neg OneHot Relu Relu6 Sign Square
    StringLower StringStrip StringToNumber StringUpper ZerosLike OnesLike
    """.split()
)
"""Op types that give for a batch the batch of what they give for its elements."""
_BROADCASTING = frozenset(
    """
    Add AddV2 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd
    LogicalOr Maximum Minimum Mod Mul NotEqual RealDiv SquaredDifference Sub
    """.split()
)
_SCALAR_ELEMENTS = frozenset(["DecodeCSV", "DecodeRaw"])


class _NotBatched(Exception):
    """There is no batched form."""


def batched_body(
    body: OrderedBody, element_count: int, library: FunctionLibrary
) -> OrderedBody | None:
    """Return a body that takes and returns batches; None where there is none.

    Args:
      body: takes the components of an element, then what is the same for all.
      element_count: the number of components.
      library: the functions of the graph.
    """
    if body.effects or any(op.op_schema.is_stateful for op in body.order):
        return None
    graph = Graph()
    graph.functions = library
    try:
        with graph.as_default():
            return _Batching(graph, body, element_count).run()
    except (_NotBatched, TypeError, ValueError):
        return None


class _Batching:
    def __init__(self, graph: Graph, body: OrderedBody, element_count: int) -> None:
        self._graph = graph
        self._body = body
        self._element_count = element_count
        self._made: dict[Tensor, Tensor] = {}
        self._batched: set[Tensor] = set()  # tensors of the original body

    def run(self) -> OrderedBody:
        inputs = []
        for index, tensor in enumerate(self._body.inputs):
            is_element = index < self._element_count
            dims = tensor.dims
            if is_element:
                dims = None if dims is None else (None, *dims)
                self._batched.add(tensor)
            made = OP_DEFS["Placeholder"].builder(dtype=tensor.dtype, shape=dims)
            self._made[tensor] = made
            inputs.append(made)
        for op in self._body.order:
            self._convert(op)
        if not all(tensor in self._batched for tensor in self._body.outputs):
            raise _NotBatched
        arguments = {tensor.op for tensor in inputs}
        order = [op for op in self._graph.get_operations() if op not in arguments]
        return OrderedBody(inputs, [self._made[t] for t in self._body.outputs], [], order)

    def _convert(self, op: Operation) -> None:
        if op.control_input_list:
            raise _NotBatched
        if any(tensor not in self._made for tensor in op.input_tensors):
            raise _NotBatched
        inputs = [self._made[tensor] for tensor in op.input_tensors]
        attrs = {name: value for name, value in op.attrs.items() if name != "_class"}
        is_batched = any(tensor in self._batched for tensor in op.input_tensors)
        if is_batched and op.type == "ParseSingleExample":
            self._parse(op, inputs)
            return
        if is_batched:
            inputs, attrs = self._rule(op)(op, inputs, attrs)
            self._batched.update(op.outputs)
        made = self._graph.add_operation(
            op.op_schema, inputs, attrs, self._graph.operation_name(op.type)
        )
        for original, output in zip(op.outputs, made.outputs, strict=True):
            self._made[original] = output

    def _parse(self, op: Operation, inputs: list[Tensor]) -> None:
        """Parse all examples of a batch at once; sparse features of batches are others."""
        attrs = op.attrs
        self._only_first_is_batched(op)
        if any(dims is None or None in dims for dims in attrs["dense_shapes"]):
            raise _NotBatched
        made = OP_DEFS["ParseExample"].builder.make(
            inputs[0],
            constant([], dtypes.string, shape=[0]),
            [constant(key, dtypes.string) for key in attrs["sparse_keys"]],
            [constant(key, dtypes.string) for key in attrs["dense_keys"]],
            inputs[1:],
            sparse_types=attrs["sparse_types"],
            dense_shapes=attrs["dense_shapes"],
        )
        dense = 3 * attrs["num_sparse"]  # who reads another output finds nothing
        self._batched.update(op.outputs[dense:])
        self._made.update(zip(op.outputs[dense:], made.outputs[dense:], strict=True))

    def _rule(self, op: Operation) -> Callable[..., tuple[list[Tensor], dict[str, Any]]]:
        if op.type in _SAME:
            return self._same
        if op.type in _BROADCASTING:
            return self._broadcasting
        found = {
            "ExpandDims": self._expand_dims,
            "GatherV2": self._gather,
            "Pack": self._pack,
            "Reshape": self._reshape,
            "Squeeze": self._squeeze,
        }.get(op.type)
        if found is None:
            raise _NotBatched
        return found

    def _only_first_is_batched(self, op: Operation) -> None:
        if any(tensor in self._batched for tensor in op.input_tensors[1:]):
            raise _NotBatched

    def _same(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        self._only_first_is_batched(op)
        if op.type in _SCALAR_ELEMENTS and op.input_tensors[0].dims != ():
            raise _NotBatched
        if op.type == "OneHot" and attrs["axis"] != -1:
            raise _NotBatched
        return inputs, attrs

    def _broadcasting(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        ranks = [_rank(tensor) for tensor in op.input_tensors]
        wanted = max(ranks)
        aligned = []
        for tensor, made, rank in zip(op.input_tensors, inputs, ranks, strict=True):
            if tensor in self._batched and rank < wanted:
                sizes = [-1, *[1] * (wanted - rank), *_sizes(tensor)]
                made = OP_DEFS["Reshape"].builder(made, constant(sizes, dtypes.int32))
            aligned.append(made)
        return aligned, attrs

    def _expand_dims(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        self._only_first_is_batched(op)
        axis = int(_constant(op.input_tensors[1]))
        if axis >= 0:
            inputs = [inputs[0], constant(axis + 1, op.input_tensors[1].dtype)]
        return inputs, attrs

    def _gather(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        params, _, axis = op.input_tensors
        if params in self._batched or int(_constant(axis)) != 0 or attrs.get("batch_dims"):
            raise _NotBatched
        return inputs, attrs

    def _pack(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        if not all(tensor in self._batched for tensor in op.input_tensors):
            raise _NotBatched
        axis = attrs["axis"]
        return inputs, {**attrs, "axis": axis + 1 if axis >= 0 else axis}

    def _reshape(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        self._only_first_is_batched(op)
        sizes = np.ravel(_constant(op.input_tensors[1])).tolist()
        if -1 in sizes:
            sizes = _sizes(op.outputs[0])
        # The number of rows is given, so that elements with another number of items fail.
        builders = {name: OP_DEFS[name].builder for name in ("ConcatV2", "Shape", "Slice")}
        shape = builders["Shape"](inputs[0])
        count = builders["Slice"](shape, constant([0]), constant([1]))
        rest = constant(sizes, dtypes.int32, shape=[len(sizes)])
        whole = builders["ConcatV2"]([count, rest], constant(0))
        return [inputs[0], whole], {**attrs, "Tshape": dtypes.int32}

    def _squeeze(
        self, op: Operation, inputs: list[Tensor], attrs: dict[str, Any]
    ) -> tuple[list[Tensor], dict[str, Any]]:
        axes = attrs["squeeze_dims"]
        if not axes:
            raise _NotBatched
        return inputs, {**attrs, "squeeze_dims": tuple(a + 1 if a >= 0 else a for a in axes)}


def _rank(tensor: Tensor) -> int:
    if tensor.dims is None:
        raise _NotBatched
    return len(tensor.dims)


def _sizes(tensor: Tensor) -> list[int]:
    if tensor.dims is None or None in tensor.dims:
        raise _NotBatched
    return [int(size) for size in tensor.dims if size is not None]


def _constant(tensor: Tensor) -> Any:
    value = constant_value(tensor)
    if value is None:
        raise _NotBatched
    return value
