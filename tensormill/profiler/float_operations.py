"""How many floating-point operations a node takes, by its op type and its static shapes.

A node counts as one operation an element unless the table says otherwise; op types that it does
not have count nothing.

Source: TensorFlow 1.15, python/profiler/internal/flops_registry.py, python/ops/nn_ops.py,
python/ops/math_ops.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from tensormill.graph.graph_def_surgery import tensor_shape_from_node_def_name
from tensormill.graph.op_statistics import OpStats, RegisterStatistics, get_stats_for_node_def

__all__ = ["get_stats_for_node_def"]

_PER_INPUT = {
    "AssignAdd": 1, "AssignSub": 1, "BiasAdd": 1, "Log": 1, "Neg": 1, "Reciprocal": 1, "Rsqrt": 2,
    "Softmax": 5, "Square": 1,
}  # fmt: skip
_PER_OUTPUT = {
    "Add": 1, "AddV2": 1, "Equal": 1, "Greater": 1, "GreaterEqual": 1, "Less": 1, "LessEqual": 1,
    "Maximum": 1, "Minimum": 1, "Mul": 1, "NotEqual": 1, "Pow": 1, "RealDiv": 1, "RsqrtGrad": 4,
    "SquaredDifference": 2, "Sub": 1,
}  # fmt: skip
_REDUCTIONS = {"ArgMax": 0, "ArgMin": 0, "BiasAddGrad": 0, "Mean": 1, "Sum": 0}
"""What it takes besides for each result."""


def _sizes(graph: Any, name: str) -> list[int]:
    shape = tensor_shape_from_node_def_name(graph, name)
    shape.assert_is_fully_defined()
    sizes: list[int] = shape.as_list()
    return sizes


def _count(graph: Any, name: str) -> int:
    return math.prod(_sizes(graph, name))


def _check_format(node: Any) -> None:
    if node.attr["data_format"].s != b"NHWC":
        raise ValueError("Only NHWC format is supported in flops computations")


def _per_input(graph: Any, node: Any, each: int) -> int:
    return _count(graph, node.input[0]) * each


def _per_output(graph: Any, node: Any, each: int) -> int:
    return _count(graph, node.name) * each


def _reduction(graph: Any, node: Any, each: int) -> int:
    return _count(graph, node.input[0]) + _count(graph, node.name) * (each - 1)


def _l2_loss(graph: Any, node: Any) -> int:
    return _count(graph, node.input[0]) * 3 - 1


def _add_n(graph: Any, node: Any) -> int:
    return _count(graph, node.input[0]) * (len(node.input) - 1)


def _product(graph: Any, node: Any, adjoint: str) -> int:
    sizes = _sizes(graph, node.input[0])
    inner = sizes[-2] if node.attr[adjoint].b else sizes[-1]
    return inner * _count(graph, node.name) * 2


def _convolution(graph: Any, node: Any, filter_dims: int) -> int:
    """Count by the filter: its first dimensions are the window and the depth of the input."""
    _count(graph, node.input[0])
    window = math.prod(_sizes(graph, node.input[1])[:filter_dims])
    return _count(graph, node.name) * window * 2


def _convolution_gradient(graph: Any, node: Any, image: str, filters: str) -> float:
    _check_format(node)
    sizes = _sizes(graph, image)
    strides = node.attr["strides"].list.i
    products = 2 * math.prod(sizes) * _count(graph, filters)
    return products / (sizes[-1] * strides[1] * strides[2])


def _input_gradient(graph: Any, node: Any) -> float:
    return _convolution_gradient(graph, node, node.name, node.input[1])


def _filter_gradient(graph: Any, node: Any) -> float:
    return _convolution_gradient(graph, node, node.input[0], node.name)


def _pooling(graph: Any, node: Any, source: int | None, each: int, besides: int) -> int:
    """Count by the windows, one for each element of an input or of the output."""
    _check_format(node)
    count = _count(graph, node.name if source is None else node.input[source])
    return count * (math.prod(node.attr["ksize"].list.i) * each + besides)


_OTHERS: dict[str, Callable[[Any, Any], float]] = {
    "AddN": _add_n,
    "AvgPool": partial(_pooling, source=None, each=1, besides=0),
    "AvgPoolGrad": partial(_pooling, source=1, each=2, besides=0),
    "BatchMatMul": partial(_product, adjoint="adj_x"),
    "BatchMatMulV2": partial(_product, adjoint="adj_x"),
    "Conv2D": partial(_convolution, filter_dims=3),
    "Conv2DBackpropFilter": _filter_gradient,
    "Conv2DBackpropInput": _input_gradient,
    "Conv3D": partial(_convolution, filter_dims=4),
    "DepthwiseConv2dNative": partial(_convolution, filter_dims=2),
    "Dilation2D": partial(_convolution, filter_dims=2),
    "L2Loss": _l2_loss,
    "MatMul": partial(_product, adjoint="transpose_a"),
    "MaxPool": partial(_pooling, source=None, each=1, besides=0),
    "MaxPoolGrad": partial(_pooling, source=1, each=1, besides=1),
}


def _register(op_type: str, count: Callable[[Any, Any], float]) -> None:
    def statistics(graph: Any, node: Any) -> OpStats:
        return OpStats("flops", count(graph, node))

    RegisterStatistics(op_type, "flops")(statistics)


for _table, _function in (
    (_PER_INPUT, _per_input),
    (_PER_OUTPUT, _per_output),
    (_REDUCTIONS, _reduction),
):
    for _op_type, _each in _table.items():
        _register(_op_type, partial(_function, each=_each))
for _op_type, _counter in _OTHERS.items():
    _register(_op_type, _counter)
