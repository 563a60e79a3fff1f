"""What public functions do with ragged tensors.

Source: TensorFlow 1.15, python/ops/ragged/ragged_dispatch.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dispatch import register_dispatch
from tensormill.graph.operators import OPERATORS, operator
from tensormill.ops import (
    arithmetic,
    array_shapes,
    casting,
    check,
    clipping,
    comparison,
    elementwise_binary,
    elementwise_unary,
    filling,
    gathering,
    identities,
    partitioning,
    reduction,
    segments,
    special_functions,
    strings,
    summation,
)
from tensormill.ops import joining as dense_joining
from tensormill.ops.comparison import logical_and, logical_or, logical_xor
from tensormill.ops.unicode import unicode_script
from tensormill.ragged_tensors import arrays, choosing, joining, mathematics
from tensormill.ragged_tensors import gathering as ragged_gathering
from tensormill.ragged_tensors.broadcasting import broadcast_together
from tensormill.ragged_tensors.mapping import map_flat_values
from tensormill.ragged_tensors.strings import reduce_join
from tensormill.ragged_tensors.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)
from tensormill.ragged_tensors.value import RaggedTensorValue

Function = Callable[..., Any]

_UNARY = """
    abs acos acosh angle asin asinh atan atanh cast ceil conj cos cosh digamma erf erfc exp expm1
    floor imag is_finite is_inf is_nan lgamma log log1p log_sigmoid logical_not negative real
    reciprocal rint round rsqrt saturate_cast sign sin sinh sqrt square tan sigmoid tanh
"""
_BINARY = """
    add atan2 complex div_no_nan divide equal floordiv floormod greater greater_equal less
    less_equal logical_and logical_or logical_xor maximum minimum multiply not_equal pow realdiv
    squared_difference subtract truediv truncatediv truncatemod
"""
_BITWISE = "bitwise_and bitwise_or bitwise_xor left_shift right_shift"
# Where these stand.
_ELEMENTWISE = (
    arithmetic, casting, comparison, elementwise_binary, elementwise_unary, special_functions,
)  # fmt: skip
_STRINGS = (
    strings.as_string,
    strings.decode_base64,
    strings.encode_base64,
    strings.regex_full_match,
    strings.regex_replace,
    strings.string_length,
    strings.string_lower,
    strings.string_strip,
    strings.string_to_hash_bucket,
    strings.string_to_hash_bucket_fast,
    strings.string_to_hash_bucket_strong,
    strings.string_to_number,
    strings.string_upper,
    strings.substr,
)


def _unary(function: Function) -> Function:
    def over_values(x: Any = None, *args: Any, **kwargs: Any) -> Any:
        if x is None:
            name = next(key for key, value in kwargs.items() if is_ragged(value))
            x = kwargs.pop(name)
        x = convert_to_tensor_or_ragged_tensor(x)
        return x.with_flat_values(function(x.flat_values, *args, **kwargs))

    return over_values


def _of_list(function: Function) -> Function:
    def over_values(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        matched = match_row_splits_dtypes(*map(convert_to_tensor_or_ragged_tensor, inputs))

        def apply(*flat: Any) -> Any:
            return function(list(flat), *args, **kwargs)

        return map_flat_values(apply, *matched)

    return over_values


def _binary(function: Function) -> Function:
    def over_values(x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        if y is None:
            y = kwargs.pop("y")
        if not is_ragged(x):
            x = convert_to_tensor(x, dtype_hint=y.dtype, name="x")
        if not is_ragged(y):
            y = convert_to_tensor(y, dtype_hint=x.dtype, name="y")
        x, y = map(convert_to_tensor_or_ragged_tensor, (x, y))
        x, y = broadcast_together(x, y)
        flat = [each.flat_values if isinstance(each, RaggedTensor) else each for each in (x, y)]
        made = function(*flat, *args, **kwargs)
        return (x if isinstance(x, RaggedTensor) else y).with_flat_values(made)

    return over_values


def _gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = 0,
    batch_dims: Any = 0,
) -> Any:
    return ragged_gathering.gather(params, indices, validate_indices, axis, batch_dims, name)


def _gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Any:
    return ragged_gathering.gather_nd(params, indices, batch_dims, name)


def _expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    return arrays.expand_dims(input, axis if dim is None else dim, name)


def _size(input: Any, name: str | None = None, out_type: Any = None) -> Any:
    return arrays.size(input, name=name, **({} if out_type is None else {"out_type": out_type}))


def _squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Any:
    return arrays.squeeze(input, axis if squeeze_dims is None else squeeze_dims, name)


def _partition(data: Any, partitions: Any, num_partitions: Any, name: str | None = None) -> Any:
    if not isinstance(num_partitions, int) or num_partitions < 0:
        raise TypeError("num_partitions must be a non-negative integer")
    made = arrays.stack_dynamic_partitions(data, partitions, num_partitions, name)
    return [made[row] for row in range(num_partitions)]


def _reduction(function: Function) -> Function:
    def over_axes(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: Any = None,
    ) -> Any:
        axes = axis if reduction_indices is None else reduction_indices
        return function(input_tensor, axes, keepdims or keep_dims, name)

    return over_axes


_OTHERS: tuple[tuple[Function, Function], ...] = (
    (gathering.batch_gather, ragged_gathering.batch_gather),
    (dense_joining.concat, joining.concat),
    (array_shapes.expand_dims, _expand_dims),
    (gathering.gather, _gather),
    (gathering.gather_v2, ragged_gathering.gather),
    (gathering.gather_nd, _gather_nd),
    (gathering.gather_nd_v2, ragged_gathering.gather_nd),
    (filling.one_hot, arrays.one_hot),
    (array_shapes.rank, arrays.rank),
    (array_shapes.size, _size),
    (array_shapes.squeeze, _squeeze),
    (dense_joining.stack, joining.stack),
    (dense_joining.tile, arrays.tile),
    (gathering.where, choosing.where),
    (partitioning.dynamic_partition, _partition),
    (segments.unsorted_segment_sum, mathematics.segment_sum),
    (segments.unsorted_segment_prod, mathematics.segment_prod),
    (segments.unsorted_segment_min, mathematics.segment_min),
    (segments.unsorted_segment_max, mathematics.segment_max),
    (segments.unsorted_segment_mean, mathematics.segment_mean),
    (segments.unsorted_segment_sqrt_n, mathematics.segment_sqrt_n),
    (strings.reduce_join, reduce_join),
    (reduction.reduce_sum, _reduction(mathematics.reduce_sum)),
    (reduction.reduce_prod, _reduction(mathematics.reduce_prod)),
    (reduction.reduce_min, _reduction(mathematics.reduce_min)),
    (reduction.reduce_max, _reduction(mathematics.reduce_max)),
    (reduction.reduce_mean, _reduction(mathematics.reduce_mean)),
    (reduction.reduce_any, _reduction(mathematics.reduce_any)),
    (reduction.reduce_all, _reduction(mathematics.reduce_all)),
)


def _named(name: str) -> Function:
    """Return the function that the public API has under a name."""
    for module in _ELEMENTWISE:
        if hasattr(module, name):
            found: Function = getattr(module, name)
            return found
    raise AttributeError(f"there is no function {name!r}")


def _pairs() -> Iterator[tuple[Function, Function]]:
    for name in _UNARY.split():
        function = _named(name)
        yield function, _unary(function)
    values = (
        check.check_numerics,
        identities.identity,
        filling.ones_like,
        filling.zeros_like,
        clipping.clip_by_value,
        elementwise_unary.invert,
        unicode_script,
        *_STRINGS,
    )
    for function in values:
        yield function, _unary(function)
    for function in (summation.add_n, strings.string_join):
        yield function, _of_list(function)
    for name in f"{_BINARY} {_BITWISE}".split():
        function = _named(name)
        yield function, _binary(function)
    yield from _OTHERS


register_dispatch((RaggedTensor, RaggedTensorValue), _pairs())


def _operator_of(name: str) -> Function:
    return {"and": logical_and, "or": logical_or, "xor": logical_xor}.get(name) or OPERATORS[name]


@operator("ragged_binary")
def binary_operator(name: str, x: Any, y: Any) -> Any:
    """Return `x op y`, where one of them is ragged."""
    return _binary(_operator_of(name))(x, y)


@operator("ragged_unary")
def unary_operator(name: str, x: Any) -> Any:
    """Return an operator of the values of a ragged tensor."""
    return x.with_flat_values(OPERATORS[name](x.flat_values))
