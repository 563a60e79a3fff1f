"""`tf.gradients`: symbolic derivatives as new nodes of the graph.

Source: TensorFlow 1.15, python/ops/gradients_impl.py, python/ops/gradients_util.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from enum import Enum
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.graph import Graph
from tensormill.graph.indexed_slices import IndexedSlices, convert_n_to_tensor_or_indexed_slices
from tensormill.graph.op_builder import graph_of
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops.backpropagation import Backpropagation
from tensormill.ops.basics import identity_op
from tensormill.ops.gradient_aggregation import AggregationMethod, check_aggregation_method
from tensormill.ops.gradient_zeros import zeros_like
from tensormill.ops.loop_gradients import find_loops

__all__ = ["AggregationMethod", "UnconnectedGradients", "gradients"]


class UnconnectedGradients(Enum):
    """What `tf.gradients` returns for an x on which no y depends.

    Attributes:
      NONE: None.
      ZERO: zeros with the shape of x.
    """

    NONE = "none"
    ZERO = "zero"


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str | None = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
) -> list[Any]:
    """Return the derivative of the sum of `ys` with respect to each x: a tensor or `IndexedSlices`.

    Args:
      ys: a tensor or a list of tensors.
      xs: a tensor or variable, or a list of them.
      grad_ys: the gradient of each y, in its shape; ones where None.
      name: the name scope of the new nodes.
      colocate_gradients_with_ops: put the gradients of an operation on its device.
      gate_gradients: let no gradient of an operation be used before all of them are computed.
      aggregation_method: one of `AggregationMethod`.
      stop_gradients: tensors that are taken as constants.
      unconnected_gradients: what an x gets on which no y depends.

    Raises:
      LookupError: an operation between xs and ys has no gradient function.
      ValueError: an argument has a wrong value, or lists do not fit.
      TypeError: a gradient does not fit the dtype of its y.
    """
    ys, given_xs, stops = _as_list(ys), _as_list(xs), _as_list(stop_gradients)
    targets = [_handle_or_self(x) for x in given_xs]
    grad_ys = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: '{unconnected_gradients}'"
        ) from None
    check_aggregation_method(aggregation_method)
    graph = graph_of([*ys, *targets, *stops, *grad_ys])
    with graph.as_default(), graph.name_scope(name or "gradients"):
        graph.unique_name("uid")  # TensorFlow takes this name, too
        ys = _single_tensors(convert_n_to_tensor_or_indexed_slices(ys, name="y"))
        targets = _single_tensors(
            convert_n_to_tensor_or_indexed_slices(targets, name="x", as_ref=True)
        )
        grad_ys = _initial_gradients(graph, ys, grad_ys, colocate_gradients_with_ops)
        backpropagation = Backpropagation(
            graph,
            ys,
            targets,
            _single_tensors(stops),
            colocate=colocate_gradients_with_ops,
            gated=gate_gradients,
            aggregation_method=aggregation_method,
            find_loops=find_loops,
        )
        for y, gradient in zip(ys, grad_ys, strict=True):
            backpropagation.add(y, gradient)
        backpropagation.run()
        found = [backpropagation.gradient_of(x) for x in targets]
        if unconnected is UnconnectedGradients.ZERO:
            found = [zeros_like(x) if g is None else g for x, g in zip(targets, found, strict=True)]
        return found


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _handle_or_self(x: Any) -> Any:
    """Return the handle of a resource variable, with respect to which it is differentiated."""
    handle = getattr(x, "handle", None)
    is_resource = isinstance(handle, Tensor) and handle.dtype == dtypes.resource
    return handle if is_resource else x


def _single_tensors(values: Sequence[Any]) -> list[Tensor]:
    """Return the tensor that each value is differentiated by: of slices, their values."""
    return [value.values if isinstance(value, IndexedSlices) else value for value in values]


def _initial_gradients(
    graph: Graph, ys: Sequence[Tensor], grad_ys: Sequence[Any], colocate: bool
) -> list[Any]:
    """Return the gradient of each y: what was given, or ones."""
    if len(grad_ys) != len(ys):
        raise ValueError(f"Length mismatch. Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
    given = convert_n_to_tensor_or_indexed_slices(grad_ys, name="grad_y")
    made: list[Any] = []
    for index, (y, gradient) in enumerate(zip(ys, given, strict=True)):
        with graph.colocate_with(y.op) if colocate else nullcontext():
            if gradient is None:
                made.append(_ones_like(y, f"grad_ys_{index}"))
                continue
            _check_initial_gradient(y, gradient)
            if isinstance(gradient, IndexedSlices):
                made.append(
                    IndexedSlices(
                        _named(gradient.values, f"grad_ys_{index}_values"),
                        _named(gradient.indices, f"grad_ys_{index}_indices"),
                        _named(gradient.dense_shape, f"grad_ys_{index}_shape"),
                    )
                )
            else:
                made.append(identity_op(gradient, name=f"grad_ys_{index}"))
    return made


def _named(tensor: Any, name: str) -> Any:
    return identity_op(tensor, name=name) if isinstance(tensor, Tensor) else tensor


def _ones_like(y: Tensor, name: str) -> Tensor:
    if y.dtype.is_complex:
        raise TypeError(
            f"Gradients of complex tensors ({y}) must set grad_ys (y.dtype = {y.dtype.name})"
        )
    if y.dims is not None and None not in y.dims:
        shape: Any = constant(list(y.dims), dtypes.int32, name="Shape")
    else:
        shape = OP_DEFS["Shape"].builder(y, name="Shape")
    one = constant(1, y.dtype.base_dtype, name=name)
    return OP_DEFS["Fill"].builder(shape, one)


def _check_initial_gradient(y: Tensor, gradient: Any) -> None:
    dtype, given = y.dtype, gradient.dtype
    if dtype.is_floating or dtype.is_integer:
        fits, wanted = given.is_floating or given.is_integer, "real or integer"
        kind = "real or integer-valued tensor"
    elif dtype.is_complex:
        fits, wanted, kind = given.is_complex, "real", "complex-valued tensor"
    elif dtype == dtypes.variant:
        fits, wanted, kind = given == dtypes.variant, "variant", "variant tensor"
    elif dtype == dtypes.resource:
        if given == dtypes.resource:
            raise TypeError(
                f"Input gradient {gradient} for resource tensor {y} should not be a resource"
            )
        return
    else:
        raise TypeError(
            f"Tensor {y} with type {dtype.name} must be numeric to obtain a default gradient"
        )
    if not fits:
        raise TypeError(
            f"Gradient type {given.name} generated for {kind} {y} with type {dtype.name} must be "
            f"{wanted}"
        )
