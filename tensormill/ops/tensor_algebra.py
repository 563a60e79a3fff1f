"""Contractions and norms: Einsum, `tf.norm`, `tf.trace`, `tf.eye`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import pow
from tensormill.ops.elementwise_unary import abs, conj_of
from tensormill.ops.matrix_decomposition import svd
from tensormill.ops.matrix_diagonals import matrix_diag, matrix_diag_part
from tensormill.ops.reduction import one_given, reduce_max, reduce_sum

einsum_op = define(
    "Einsum",
    inputs=("inputs: N * T",),
    outputs=("output: T",),
    attrs=("equation: string", "N: int >= 1", "T: type"),
)


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


def parse_equation(equation: str) -> tuple[list[str], str]:
    """Return the labels of the inputs and of the output of an equation, "..." as it stands.

    Raises:
      ValueError: the equation has no "->".
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    if not arrow:
        raise ValueError(f"Expecting exactly one '->' in einsum equation: {equation}")
    return left.split(","), right


@einsum_op.shape
def einsum_shape(ctx: ShapeContext) -> list[Dims]:
    labels, output = parse_equation(ctx.attrs["equation"].decode())
    if len(labels) != len(ctx.op.input_tensors):
        raise ValueError(
            f"Expected {len(ctx.op.input_tensors)} inputs from equation but got: {len(labels)}"
        )
    sizes: dict[str, int | None] = {}
    batch: Dims = ()
    for subscripts, dims in zip(labels, ctx.shapes(), strict=True):
        before, dots, after = subscripts.partition("...")
        if dims is None:
            batch = None if dots else batch
            continue
        count = len(before) + len(after)
        if len(dims) < count or (not dots and len(dims) != count):
            raise ValueError(f"Shape must be rank {count} but is rank {len(dims)}")
        rest = len(dims) - count
        if dots and batch is not None:
            batch = broadcast_dims(batch, dims[len(before) : len(before) + rest])
        named = [*zip(before, dims, strict=False)]
        named += zip(after, dims[len(dims) - len(after) :], strict=True)
        for label, size in named:
            known = sizes.get(label)
            if known is not None and size is not None and known != size:
                raise ValueError(f"Dimensions must be equal, but are {known} and {size}")
            sizes[label] = size if known is None else known
    before, dots, after = output.partition("...")
    middle = batch if dots else ()
    if middle is None:
        return [None]
    return [(*map(sizes.get, before), *middle, *map(sizes.get, after))]


@einsum_op.gradient
def einsum_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    labels, output = parse_equation(op.attrs["equation"].decode())
    inputs = list(op.inputs)
    return [_einsum_input_grad(i, inputs, labels, output, grad) for i in range(len(inputs))]


def _einsum_input_grad(
    index: int, inputs: list[Tensor], labels: list[str], output: str, grad: Tensor
) -> Tensor:
    """Return the gradient for one input: that of the output contracted with the other inputs."""
    wanted = labels[index]
    plain = wanted.replace("...", "")
    if len(set(plain)) != len(plain):
        raise NotImplementedError("the gradient of an einsum with repeated labels in one input")
    others = [i for i in range(len(inputs)) if i != index]
    known = set("".join([output, *(labels[i] for i in others)]))
    kept = "".join(x for x in wanted if x in known) if "..." not in wanted else wanted
    if "..." in wanted and not all(x in known for x in plain):
        raise NotImplementedError("the gradient of an einsum that sums one input beside '...'")
    equation = ",".join([output, *(labels[i] for i in others)]) + "->" + kept
    operands = [grad, *(conj_of(inputs[i]) for i in others)]
    made: Tensor = einsum_op(operands, equation=equation)
    if kept == wanted:
        return _unbroadcast(made, inputs[index])
    for axis, label in enumerate(wanted):
        if label not in known:
            made = _node("ExpandDims", made, axis)
    return _node("BroadcastTo", made, _node("Shape", inputs[index]))


def _unbroadcast(gradient: Tensor, x: Tensor) -> Tensor:
    """Return a gradient in the shape of its input, summed over dimensions that were repeated."""
    if gradient.dims is not None and gradient.dims == x.dims and None not in x.dims:
        return gradient
    shape = _node("Shape", x)
    axes = OP_DEFS["BroadcastGradientArgs"].builder(shape, _node("Shape", gradient))[0]
    return _node("Reshape", _node("Sum", gradient, axes), shape)


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """Return a sum of products, written with a label for each dimension.

    Args:
      equation: such as "ij,jk->ik"; without "->" the labels that stand once, sorted, are kept.
      *inputs: tensors, or one list of them.
      **kwargs: `name`.

    Raises:
      TypeError: there is an unknown keyword argument.
      ValueError: the equation does not fit the inputs.

    >>> einsum("ij->ji", [[1.0, 2.0]]).shape
    TensorShape([Dimension(2), Dimension(1)])
    """
    name = kwargs.pop("name", None)
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(kwargs)}")
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)):
        inputs = tuple(inputs[0])
    with OpScope(name, "einsum", inputs):
        tensors = [convert_to_tensor(x) for x in inputs]
        labels, output = _explicit(equation)
        if len(labels) != len(tensors):
            raise ValueError(f'Got {len(tensors)} arguments for equation "{equation}"')
        while len(tensors) > 2:
            tensors, labels = _contract_first_pair(tensors, labels, output)
        made: Tensor = einsum_op(tensors, equation=",".join(labels) + "->" + output)
        return made


def _explicit(equation: str) -> tuple[list[str], str]:
    text = equation.replace(" ", "")
    if "->" in text:
        return parse_equation(text)
    labels = text.split(",")
    every = text.replace(",", "").replace(".", "")
    once = "".join(sorted(x for x in set(every) if every.count(x) == 1))
    return labels, ("..." if "..." in text else "") + once


def _contract_first_pair(
    tensors: list[Tensor], labels: list[str], output: str
) -> tuple[list[Tensor], list[str]]:
    needed = set("".join([output, *labels[2:]]))
    pair = labels[0] + labels[1]
    dots = "..." if "..." in pair else ""
    kept = dots + "".join(dict.fromkeys(x for x in pair if x in needed and x != "."))
    made = einsum_op(tensors[:2], equation=f"{labels[0]},{labels[1]}->{kept}")
    return [made, *tensors[2:]], [kept, *labels[2:]]


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Return the norm of vectors or matrices.

    Args:
      tensor: numbers.
      ord: "euclidean", 1, 2, infinity or a positive number; of matrices "euclidean", "fro", 1, 2
        or infinity.
      axis: None for all elements as one vector, an axis of vectors, or two axes of matrices.
      keepdims: keep the axes with size 1.
      name: the name of the scope.
      keep_dims: the old name of `keepdims`.

    Raises:
      ValueError: `ord` or `axis` is none of these.
    """
    keepdims = one_given(keepdims, keep_dims, "keepdims", "keep_dims", False)
    is_matrix = isinstance(axis, (tuple, list)) and len(axis) == 2
    _check_norm(ord, axis, is_matrix)
    if is_matrix:
        axis = tuple(axis)
    elif axis is not None:
        axis = (axis[0] if isinstance(axis, (list, tuple)) else axis,)
    with OpScope(name, "norm", (tensor,)):
        tensor = convert_to_tensor(tensor)
        if is_matrix and ord in (2, 2.0):
            result = _spectral_norm(tensor, axis)
        elif ord in ("fro", "euclidean", 2, 2.0):
            squares = reduce_sum(tensor * conj_of(tensor), axis, keepdims=True)
            result = _node("Sqrt", squares)
        else:
            result = _other_norm(abs(tensor), ord, axis, is_matrix)
        if keepdims:
            return result
        return _node("Squeeze", result, squeeze_dims=[] if axis is None else list(axis))


def _check_norm(ord: Any, axis: Any, is_matrix: bool) -> None:
    if is_matrix:
        if not all(isinstance(x, int) for x in axis) or axis[0] == axis[1]:
            raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
        supported = ["euclidean", "fro", 1, 2, np.inf]
        if ord not in supported:
            raise ValueError(f"'ord' must be a supported matrix norm in {supported}, got {ord}")
        return
    if isinstance(axis, (list, tuple)) and len(axis) != 1:
        raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
    if ord != "euclidean" and (isinstance(ord, str) or not np.isreal(ord) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")


def _other_norm(sizes: Tensor, ord: Any, axis: Any, is_matrix: bool) -> Tensor:
    if ord == 1:
        result = reduce_sum(sizes, None if axis is None else axis[0], keepdims=True)
        return reduce_max(result, axis[-1], keepdims=True) if is_matrix else result
    if ord == np.inf:
        if is_matrix:
            sizes = reduce_sum(sizes, axis[1], keepdims=True)
        return reduce_max(sizes, None if axis is None else axis[0], keepdims=True)
    return pow(reduce_sum(pow(sizes, ord), axis, keepdims=True), 1.0 / ord)


def _spectral_norm(tensor: Tensor, axis: tuple[int, int]) -> Tensor:
    """Return the greatest singular value of the matrices in two axes, which are kept."""
    if tensor.dims is None:
        raise ValueError("the 2-norm of matrices needs a tensor of known rank")
    rank = len(tensor.dims)
    last = [x % rank for x in axis]
    order = [x for x in range(rank) if x not in last] + last
    values = svd(_node("Transpose", tensor, order), compute_uv=False)
    greatest = reduce_max(values, -1, keepdims=True)
    kept = _node("ExpandDims", greatest, -1)
    return _node("Transpose", kept, [order.index(x) for x in range(rank)])


def trace(x: Any, name: str | None = None) -> Tensor:
    """Return the sum of the diagonal of matrices.

    Args:
      x: shape [..., rows, columns].
      name: the name of the node.
    """
    with OpScope(name, "Trace", (x,)) as scope:
        return reduce_sum(matrix_diag_part(convert_to_tensor(x, name="x")), [-1], name=scope)


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return identity matrices.

    Args:
      num_rows: an int or a scalar.
      num_columns: the same; by default as many as rows.
      batch_shape: the shape of the batch.
      dtype: the dtype.
      name: the name of the scope.
    """
    with OpScope(name, "eye", (num_rows, num_columns, batch_shape)):
        dtype = as_dtype(dtype)
        columns = num_rows if num_columns is None else num_columns
        batch = [] if batch_shape is None else batch_shape
        if isinstance(num_rows, int) and isinstance(columns, int) and not isinstance(batch, Tensor):
            sizes = [*(int(size) for size in batch), min(num_rows, columns)]
            ones = constant(np.ones(sizes, dtype.as_numpy_dtype), dtype, name="ones")
        else:
            least = _node("Minimum", num_rows, columns)
            batch = convert_to_tensor(batch, dtypes.int32)
            shape = _node("ConcatV2", [batch, _node("ExpandDims", least, 0)], 0)
            ones = _node("Fill", shape, constant(1, dtype), name="ones")
        if num_columns is None:
            return matrix_diag(ones)
        return matrix_diag(ones, num_rows=num_rows, num_cols=columns)
