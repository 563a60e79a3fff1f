"""Arrays and mathematics under the names of Keras.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import floatx
from tensormill.keras.backend.values import int_shape, is_sparse, ndim, variable

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "batch_dot", "batch_flatten", "cast",
    "clip", "concatenate", "cos", "cumprod", "cumsum", "dot", "dtype", "equal", "exp",
    "expand_dims", "eye", "flatten", "foldl", "foldr", "gather", "greater", "greater_equal",
    "identity", "is_tensor", "less", "less_equal", "log", "logsumexp", "map_fn", "max", "maximum",
    "mean", "min", "minimum", "not_equal", "one_hot", "ones", "ones_like", "permute_dimensions",
    "pow", "prod", "random_binomial", "random_normal", "random_normal_variable", "random_uniform",
    "random_uniform_variable", "repeat", "repeat_elements", "reshape", "reverse", "round", "shape",
    "sign", "sin", "slice", "sparse_concatenate", "sqrt", "square", "squeeze", "stack", "std",
    "sum", "temporal_padding", "tile", "transpose", "truncated_normal", "var", "zeros",
    "zeros_like",
]  # fmt: skip

is_tensor = tf.is_tensor
maximum, minimum = tf.maximum, tf.minimum
equal, not_equal = tf.equal, tf.not_equal
greater, greater_equal = tf.greater, tf.greater_equal
less, less_equal = tf.less, tf.less_equal
square, abs, exp, log, round, sign = tf.square, tf.abs, tf.exp, tf.log, tf.round, tf.sign
sin, cos = tf.sin, tf.cos


def shape(x: Any) -> Any:
    """Return the shape, int32 [rank]."""
    return tf.shape(x)


def identity(x: Any, name: str | None = None) -> Any:
    """Return a tensor of the same values."""
    return tf.identity(x, name=name)


def transpose(x: Any) -> Any:
    """Return a tensor with its axes in the opposite order."""
    return tf.transpose(x)


def gather(reference: Any, indices: Any) -> Any:
    """Return the slices of `reference` at indices along its first axis."""
    return tf.gather(reference, indices)


def pow(x: Any, a: Any) -> Any:
    """Return each element to the power of `a`."""
    return tf.pow(x, a)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return zeros in the shape of a tensor."""
    return tf.zeros_like(x, dtype=dtype, name=name)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return ones in the shape of a tensor."""
    return tf.ones_like(x, dtype=dtype, name=name)


def dtype(x: Any) -> str:
    """Return the name of the dtype."""
    return str(x.dtype.base_dtype.name)


def cast(x: Any, dtype: Any) -> Any:
    """Return a tensor in another dtype."""
    return tf.cast(x, dtype)


def sqrt(x: Any) -> Any:
    """Return the square root; of negative numbers, 0."""
    zero, infinite = tf.constant(0.0, x.dtype.base_dtype), tf.constant(np.inf, x.dtype.base_dtype)
    return tf.sqrt(tf.clip_by_value(x, zero, infinite))


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Return values limited to [min_value, max_value]; None is no limit."""
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)):
        max_value = builtins.max(max_value, min_value)
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    return tf.clip_by_value(x, low, high)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of zeros; a tensor where a size is not known."""
    with tf.init_scope():
        made = tf.zeros(shape, dtype=dtype or floatx(), name=name)
        return variable(made, dtype=dtype, name=name) if _is_known(made) else made


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of ones; a tensor where a size is not known."""
    with tf.init_scope():
        made = tf.ones(shape, dtype=dtype or floatx(), name=name)
        return variable(made, dtype=dtype, name=name) if _is_known(made) else made


def _is_known(x: Any) -> bool:
    return bool(x.get_shape().is_fully_defined())


def eye(size: int, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable that holds the identity matrix."""
    return variable(tf.eye(size, dtype=dtype or floatx()), dtype, name)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Return the numbers from `start` up to `stop`."""
    if stop is None and isinstance(start, int) and start < 0:
        start = 0
    numbers = tf.range(start, limit=stop, delta=step) if stop is not None else tf.range(start)
    return numbers if dtype == "int32" else tf.cast(numbers, dtype)


def random_uniform_variable(
    shape: Any, low: Any, high: Any, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Any:
    """Return a variable of numbers distributed evenly in [low, high)."""
    seed = np.random.randint(10**8) if seed is None else seed
    made = tf.random_uniform_initializer(low, high, dtype=dtype or floatx(), seed=seed)(shape)
    return variable(made, dtype=dtype, name=name)


def random_normal_variable(
    shape: Any, mean: Any, scale: Any, dtype: Any = None, name: str | None = None, seed: Any = None
) -> Any:
    """Return a variable of normally distributed numbers."""
    seed = np.random.randint(10**8) if seed is None else seed
    made = tf.random_normal_initializer(mean, scale, dtype=dtype or floatx(), seed=seed)(shape)
    return variable(made, dtype=dtype, name=name)


def random_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Return normally distributed numbers."""
    seed = np.random.randint(10**7) if seed is None else seed
    return tf.random_normal(shape, mean=mean, stddev=stddev, dtype=dtype or floatx(), seed=seed)


def random_uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Return numbers distributed evenly in [minval, maxval)."""
    seed = np.random.randint(10**7) if seed is None else seed
    return tf.random_uniform(
        shape, minval=minval, maxval=maxval, dtype=dtype or floatx(), seed=seed
    )


def random_binomial(shape: Any, p: Any = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """Return numbers that are 1 with probability `p`, else 0."""
    dtype = dtype or floatx()
    seed = np.random.randint(10**7) if seed is None else seed
    drawn = tf.random_uniform(shape, dtype=dtype, seed=seed)
    return tf.where(drawn <= p, tf.ones(shape, dtype=dtype), tf.zeros(shape, dtype=dtype))


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Return normally distributed numbers within two standard deviations."""
    seed = np.random.randint(10**7) if seed is None else seed
    return tf.truncated_normal(shape, mean, stddev, dtype=dtype or floatx(), seed=seed)


def dot(x: Any, y: Any) -> Any:
    """Return the product over the last axis of `x` and the last but one of `y`."""
    if ndim(x) is not None and ((ndim(x) or 0) > 2 or (ndim(y) or 0) > 2):
        y_rank = ndim(y) or 0
        axis = builtins.max(y_rank - 2, 0)
        return tf.tensordot(x, y, [[(ndim(x) or 0) - 1], [axis]])
    if is_sparse(x):
        return tf.sparse_tensor_dense_matmul(x, y)
    return tf.matmul(x, y)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Return the products of the elements of two batches over one axis each.

    Args:
      x: [batch, ...], rank 2 or more.
      y: [batch, ...], rank 2 or more.
      axes: the axis of both, or one each; by default the last of `x` and the last but one of `y`.
    """
    x_rank, y_rank = ndim(x) or 0, ndim(y) or 0
    if axes is None:
        axes = [x_rank - 1, 1 if y_rank == 2 else y_rank - 2]
    axes = [axes, axes] if isinstance(axes, int) else list(axes)
    x_axis, y_axis = (axis % rank for axis, rank in zip(axes, (x_rank, y_rank), strict=True))
    if x_rank == 2 and y_rank == 2:
        return tf.reduce_sum(x * y, 1, keepdims=True)
    rows = [axis for axis in range(x_rank) if axis not in (0, x_axis)]
    columns = [axis for axis in range(y_rank) if axis not in (0, y_axis)]
    left = tf.transpose(x, [0, *rows, x_axis])
    right = tf.transpose(y, [0, y_axis, *columns])
    left_shape, right_shape = tf.shape(left), tf.shape(right)
    product = tf.matmul(
        tf.reshape(left, [left_shape[0], -1, left_shape[x_rank - 1]]),
        tf.reshape(right, [right_shape[0], right_shape[1], -1]),
    )
    product = tf.reshape(product, tf.concat([left_shape[:-1], right_shape[2:]], 0))
    known = [*left.get_shape().as_list()[:-1], *right.get_shape().as_list()[2:]]
    product.set_shape(known)
    return tf.expand_dims(product, 1) if len(known) == 1 else product


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the greatest value."""
    return tf.reduce_max(x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the smallest value."""
    return tf.reduce_min(x, axis, keepdims)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the sum."""
    return tf.reduce_sum(x, axis, keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the product."""
    return tf.reduce_prod(x, axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the mean; of booleans, in `floatx`."""
    if x.dtype.base_dtype == tf.bool:
        x = tf.cast(x, floatx())
    return tf.reduce_mean(x, axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the variance."""
    if x.dtype.base_dtype == tf.bool:
        x = tf.cast(x, floatx())
    return tf.math.reduce_variance(x, axis=axis, keepdims=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the standard deviation."""
    return tf.sqrt(var(x, axis, keepdims))


def cumsum(x: Any, axis: int = 0) -> Any:
    """Return the running sum."""
    return tf.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """Return the running product."""
    return tf.cumprod(x, axis=axis)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the logarithm of the sum of exponentials."""
    return tf.reduce_logsumexp(x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether an element is true."""
    return tf.reduce_any(tf.cast(x, tf.bool), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether all elements are true."""
    return tf.reduce_all(tf.cast(x, tf.bool), axis, keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """Return where the greatest value is."""
    return tf.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Return where the smallest value is."""
    return tf.argmin(x, axis)


def reshape(x: Any, shape: Any) -> Any:
    """Return the elements in another shape."""
    return tf.reshape(x, shape)


def flatten(x: Any) -> Any:
    """Return all elements in one axis."""
    return tf.reshape(x, [-1])


def batch_flatten(x: Any) -> Any:
    """Return [batch, all else]."""
    return tf.reshape(x, tf.stack([-1, tf.reduce_prod(tf.shape(x)[1:])]))


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Return a tensor with one more axis, of size 1."""
    return tf.expand_dims(x, axis)


def squeeze(x: Any, axis: Any) -> Any:
    """Return a tensor without an axis of size 1."""
    return tf.squeeze(x, [axis])


def permute_dimensions(x: Any, pattern: Any) -> Any:
    """Return a tensor whose axes are in another order."""
    return tf.transpose(x, perm=pattern)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Return tensors joined along an axis."""
    if axis < 0:
        axis = axis % (ndim(tensors[0]) or 1)
    if builtins.all(is_sparse(each) for each in tensors):
        return tf.sparse_concat(axis, list(tensors))
    return tf.concat(list(tensors), axis)


sparse_concatenate = concatenate


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Return tensors stacked along a new axis."""
    return tf.stack(x, axis=axis)


def slice(x: Any, start: Any, size: Any) -> Any:
    """Return a slice that starts somewhere and has a size."""
    return tf.slice(x, start, size)


def reverse(x: Any, axes: Any) -> Any:
    """Return a tensor that runs backwards along axes."""
    return tf.reverse(x, [axes] if isinstance(axes, int) else axes)


def tile(x: Any, n: Any) -> Any:
    """Return a tensor repeated along its axes."""
    return tf.tile(x, [n] if isinstance(n, int) else n)


def repeat(x: Any, n: int) -> Any:
    """Return [batch, n, depth] from [batch, depth]."""
    return tf.tile(tf.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Return a tensor each of whose elements stands `rep` times along an axis."""
    result = tf.repeat(x, rep, axis=axis)
    known = int_shape(x)
    if known is not None:
        size = known[axis]
        dims = list(known)
        dims[axis] = None if size is None else size * rep
        result.set_shape(dims)
    return result


def one_hot(indices: Any, num_classes: int) -> Any:
    """Return one-hot rows."""
    return tf.one_hot(indices, depth=num_classes, axis=-1)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Return [batch, time, depth] with zeros before and after."""
    return tf.pad(x, [[0, 0], [padding[0], padding[1]], [0, 0]])


def map_fn(fn: Any, elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Return what a function gives for each element."""
    return tf.map_fn(fn, elems, name=name, dtype=dtype)


def foldl(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Return what a function makes of all elements, from the first on."""
    return tf.foldl(fn, elems, initializer=initializer, name=name)


def foldr(fn: Any, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Return what a function makes of all elements, from the last on."""
    return tf.foldr(fn, elems, initializer=initializer, name=name)
