"""A function of each number below a limit: `tf.vectorized_map` and Jacobians are made of it.

Iterations are those of a `while_loop`, and independent of each other; what could be joined to one
operation over all of them is not.

Source: TensorFlow 1.15, python/ops/parallel_for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import default_scopes, dtypes, nest
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.operators import operator
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.basics import placeholder
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather
from tensormill.ops.gradients import gradients
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.transposition import transpose
from tensormill.ops.while_loop import while_loop

__all__ = ["batch_jacobian", "for_loop", "jacobian", "pfor", "vectorized_map"]

LoopFunction = Callable[[Any], Any]


def for_loop(
    loop_fn: LoopFunction, loop_fn_dtypes: Any, iters: Any, parallel_iterations: int | None = None
) -> Any:
    """Return what a function gives for 0, 1 and so on below a limit, stacked.

    Args:
      loop_fn: takes the number, returns a structure of tensors whose shapes do not depend on it;
        None stands for what there is not.
      loop_fn_dtypes: the dtypes of what it returns, in its structure.
      iters: the limit.
      parallel_iterations: how many iterations may be computed at once.

    Raises:
      ValueError: the function returns another number of tensors.
    """
    kinds = [dtypes.as_dtype(kind) for kind in nest.flatten(loop_fn_dtypes)]
    made = _stacked(loop_fn, kinds, [None] * len(kinds), iters, parallel_iterations)
    if not made:
        return None
    return nest.pack_sequence_as(loop_fn_dtypes, made)


def _stacked(
    loop_fn: LoopFunction,
    kinds: list[dtypes.DType],
    shapes: list[Any],
    iters: Any,
    parallel_iterations: int | None,
) -> list[Any]:
    missing: set[int] = set()

    def compute(i: Any, arrays: list[TensorArray]) -> tuple[Any, list[TensorArray]]:
        parts = nest.flatten(loop_fn(i))
        if len(parts) != len(kinds):
            raise ValueError(
                f"Number of expected outputs, {len(kinds)}, does not match the number of actual "
                f"outputs, {len(parts)}, from loop_fn"
            )
        written = []
        for place, (part, array) in enumerate(zip(parts, arrays, strict=True)):
            if part is None:
                missing.add(place)
            written.append(array if part is None else array.write(i, part))
        return i + 1, written

    arrays = [
        TensorArray(kind.base_dtype, size=iters, element_shape=shape)
        for kind, shape in zip(kinds, shapes, strict=True)
    ]
    options: dict[str, Any] = (
        {} if parallel_iterations is None else {"parallel_iterations": parallel_iterations}
    )
    _, ends = while_loop(lambda i, _: i < iters, compute, [0, arrays], **options)
    return [None if place in missing else end.stack() for place, end in enumerate(ends)]


def pfor(loop_fn: LoopFunction, iters: Any, parallel_iterations: int | None = None) -> Any:
    """Return what a function gives for 0, 1 and so on below a limit, stacked.

    The function is called twice while the graph is built: once to see what it returns.

    Args:
      loop_fn: takes the number, returns a structure of tensors whose shapes do not depend on it,
        of operations, and of None.
      iters: the limit.
      parallel_iterations: how many iterations may be computed at once; by default all.

    Raises:
      TypeError: the function returns sparse tensors.
      ValueError: `parallel_iterations` is less than 2.
    """
    if parallel_iterations is not None and parallel_iterations < 1:
        raise ValueError("parallel_iterations must be None or a positive integer")
    if parallel_iterations == 1:
        raise ValueError("Found parallel_iterations == 1. Use for_loop instead.")
    with name_scope("loop_body"):
        structure = loop_fn(placeholder(dtypes.int32, shape=[]))
        example = [_as_output(part) for part in nest.flatten(structure)]
    iters = convert_to_tensor(iters)
    known = constant_value(iters)

    def body(i: Tensor) -> list[Any]:
        parts = [_as_output(part) for part in nest.flatten(loop_fn(i))]
        return [_number_after(part, i) for part in parts]

    kinds = [part.dtype if isinstance(part, Tensor) else dtypes.int32 for part in example]
    shapes = [part.shape if isinstance(part, Tensor) else None for part in example]
    with name_scope("pfor"):
        made = _stacked(body, kinds, shapes, iters, parallel_iterations)
    results: list[Any] = []
    for part, whole in zip(example, made, strict=True):
        if isinstance(part, Operation):
            results.append(group(whole))
            continue
        if whole is not None and part.dims is not None:
            whole.set_shape((None if known is None else int(known), *part.dims))
        results.append(whole)
    return nest.pack_sequence_as(structure, results)


def _as_output(part: Any) -> Any:
    if isinstance(part, SparseTensor):
        raise TypeError("pfor stacks no sparse tensors: return their parts one by one")
    if part is None or isinstance(part, Operation):
        return part
    return convert_to_tensor(part)


def _number_after(part: Any, i: Tensor) -> Any:
    """Return the number of the iteration, after its operation; tensors as they are."""
    if not isinstance(part, Operation):
        return part
    with default_scopes.control_dependencies([part]):
        return identity(i)


def vectorized_map(fn: Callable[[Any], Any], elems: Any) -> Any:
    """Return what a function gives for each row of tensors, stacked.

    Args:
      fn: takes a structure like `elems` of rows.
      elems: a tensor, or a structure of tensors with equal numbers of rows.
    """

    def loop_fn(i: Any) -> Any:
        return fn(nest.map_structure(lambda elem: gather(elem, i), elems))

    first = convert_to_tensor(nest.flatten(elems)[0])
    rows = None if first.dims is None else first.dims[0]
    return pfor(loop_fn, shape_of(first)[0] if rows is None else rows)


def jacobian(
    output: Tensor, inputs: Any, use_pfor: bool = True, parallel_iterations: int | None = None
) -> Any:
    """Return the derivatives of each element of a tensor for each element of others.

    Args:
      output: [y_1, ..., y_n].
      inputs: a structure of tensors; one of [x_1, ..., x_m] gives [y_1, ..., y_n, x_1, ..., x_m],
        or None where it does not matter.
      use_pfor: whether iterations are those of `pfor`, else of `for_loop`.
      parallel_iterations: how many elements may be computed at once.
    """
    return _jacobian(output, inputs, gradients, use_pfor, parallel_iterations)


@operator("jacobian")
def _jacobian(
    output: Tensor,
    inputs: Any,
    differentiate: Callable[[Any, list[Any]], Any],
    use_pfor: bool,
    parallel_iterations: int | None,
) -> Any:
    flat_inputs = nest.flatten(inputs)
    static, sizes = output.shape, shape_of(output)
    flat = reshape(output, [-1])

    def loop_fn(i: Any) -> Any:
        return differentiate(gather(flat, i), flat_inputs)

    count = size_of(flat) if flat.dims is None or flat.dims[0] is None else flat.dims[0]
    kinds = [output.dtype] * len(flat_inputs)
    made = _looped(loop_fn, kinds, count, use_pfor, parallel_iterations)
    results: list[Any] = []
    for whole, source in zip(made or [None] * len(flat_inputs), flat_inputs, strict=True):
        if whole is not None:
            whole = reshape(whole, concat([sizes, shape_of(whole)[1:]], axis=0))
            whole.set_shape(static.concatenate(source.shape))
        results.append(whole)
    return nest.pack_sequence_as(inputs, results)


def batch_jacobian(
    output: Tensor, inp: Any, use_pfor: bool = True, parallel_iterations: int | None = None
) -> Any:
    """Return the derivatives of each row of a tensor for the same row of another.

    Args:
      output: [batch, y_1, ..., y_n]; a row depends on that row of `inp` only.
      inp: [batch, x_1, ..., x_m].
      use_pfor: whether iterations are those of `pfor`, else of `for_loop`.
      parallel_iterations: how many elements may be computed at once.

    Returns:
      [batch, y_1, ..., y_n, x_1, ..., x_m], or None where `inp` does not matter.

    Raises:
      ValueError: the numbers of rows differ.
    """
    if not output.shape[0].is_compatible_with(inp.shape[0]):
        raise ValueError(
            f"Need first dimension of output shape ({output.shape}) and inp shape ({inp.shape}) "
            "to match."
        )

    def differentiate(y: Any, source: Any) -> Any:
        return gradients(y, source)[0]

    return _batch_jacobian(output, inp, differentiate, use_pfor, parallel_iterations)


@operator("batch_jacobian")
def _batch_jacobian(
    output: Tensor,
    source: Any,
    differentiate: Callable[[Any, Any], Any],
    use_pfor: bool,
    parallel_iterations: int | None,
    none_as_zeros: bool = False,
) -> Any:
    static = output.shape
    sizes: Any
    if static.is_fully_defined():
        sizes = static.as_list()
        batch = sizes[0]
        elements: Any = (static.num_elements() or 0) // batch
    else:
        sizes = shape_of(output)
        batch = sizes[0]
        elements = size_of(output) // batch
    of_source = shape_of(source)
    with default_scopes.control_dependencies([assert_equal(batch, of_source[0])]):
        flat = reshape(output, [batch, elements])

    def loop_fn(i: Any) -> Any:
        return differentiate(gather(flat, i, axis=1), source)

    made = _looped(loop_fn, output.dtype, elements, use_pfor, parallel_iterations)
    shape = concat([sizes, of_source[1:]], axis=0)
    if made is None:
        return zeros(shape, output.dtype) if none_as_zeros else None
    rows = transpose(reshape(made, [elements, batch, -1]), [1, 0, 2])
    return reshape(rows, shape)


def _looped(
    loop_fn: LoopFunction, kinds: Any, count: Any, use_pfor: bool, parallel_iterations: int | None
) -> Any:
    if use_pfor:
        return pfor(loop_fn, count, parallel_iterations=parallel_iterations)
    return for_loop(loop_fn, kinds, count, parallel_iterations=parallel_iterations)
