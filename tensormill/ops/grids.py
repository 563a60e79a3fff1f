"""Masks and grids: sequence_mask, boolean_mask, meshgrid."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import are_compatible, format_dims, num_elements
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, rank, reshape, shape, size, squeeze
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather, where
from tensormill.ops.joining import concat, stack


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Tensor:
    """Return a mask with the first `lengths[...]` places of its last dimension set.

    Args:
      lengths: integers of any shape.
      maxlen: the size of the last dimension; the largest of `lengths` by default.
      dtype: the dtype of the mask.
      name: the name of the scope.

    Raises:
      ValueError: `maxlen` is not a scalar.
    """
    with OpScope(name, "SequenceMask", (lengths, maxlen)):
        build = {op: OP_DEFS[op].builder for op in ("Max", "Maximum", "Range", "Cast", "Less")}
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            if lengths.dims is not None:
                everything = constant(list(range(len(lengths.dims))), dtypes.int32)
            else:
                everything = build["Range"](0, rank(lengths), 1, name="range")
            maxlen = build["Max"](lengths, everything, name="Max")
            maxlen = build["Maximum"](constant(0, maxlen.dtype), maxlen, name="Maximum")
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.dims is not None and len(maxlen.dims) != 0:
            raise ValueError("maxlen must be scalar for sequence_mask")
        places = build["Range"](
            constant(0, maxlen.dtype), maxlen, constant(1, maxlen.dtype), name="Range"
        )
        matrix = build["Cast"](expand_dims(lengths, -1), DstT=maxlen.dtype, name="Cast")
        mask = build["Less"](places, matrix, name="Less")
        wanted = dtypes.as_dtype(dtype)
        if mask.dtype.is_compatible_with(wanted):
            return mask
        return build["Cast"](mask, DstT=wanted, name="Cast")


def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """Return N tensors of rank N that hold the coordinates of a grid, from N vectors.

    Args:
      *args: vectors (or scalars).
      **kwargs: `indexing`, "xy" (the default: the first two dimensions swapped) or "ij"; `name`.

    Raises:
      TypeError: another keyword was given.
      ValueError: `indexing` is neither.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        key = next(iter(kwargs))
        raise TypeError(f"'{key}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with OpScope(name, "meshgrid", args):
        count = len(args)
        ones_before = (1,) * count
        output = []
        for index, vector in enumerate(args):
            shape_of = (*ones_before[:index], -1, *ones_before[index + 1 :])
            output.append(reshape(stack(vector), shape_of))
        if not args:
            return []
        sizes = [size(vector) for vector in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            output[0] = reshape(output[0], (1, -1) + (1,) * (count - 2))
            output[1] = reshape(output[1], (-1, 1) + (1,) * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        everywhere = ones(sizes, dtype)
        return [OP_DEFS["Mul"].builder(part, everywhere, name="mul") for part in output]


def boolean_mask(
    tensor: Any, mask: Any, name: str = "boolean_mask", axis: int | None = None
) -> Tensor:
    """Return the entries of `tensor` at which `mask` is True, one after another.

    Args:
      tensor: any shape.
      mask: bool, of static rank, its shape a part of that of `tensor` from `axis` on.
      name: the name of the scope.
      axis: where in the shape of `tensor` that of `mask` starts; 0 by default.

    Raises:
      ValueError: the mask is a scalar, its rank is unknown, or the shapes do not fit.
    """
    with OpScope(name, "boolean_mask", (tensor, mask)):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        mask_dims, dims = mask.dims, tensor.dims
        if mask_dims is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        count = len(mask_dims)
        if count == 0:
            raise ValueError("mask cannot be scalar.")
        start = 0 if axis is None else _static_axis(axis)
        if dims is not None and not are_compatible(dims[start : start + count], mask_dims):
            raise ValueError(
                f"Shapes {format_dims(dims[start : start + count])} and "
                f"{format_dims(mask_dims)} are incompatible"
            )
        end = start + count
        leading = OP_DEFS["Prod"].builder(shape(tensor)[start:end], [0], name="Prod")
        sizes = [shape(tensor)[:start], [leading], shape(tensor)[end:]]
        tensor = reshape(tensor, concat(sizes, 0))
        if dims is not None:
            first = num_elements(dims[start:end])
            tensor.set_shape((*dims[:start], first, *dims[end:]))
        indices = squeeze(where(reshape(mask, [-1])), axis=[1])
        return gather(tensor, indices, axis=start)


def boolean_mask_v2(
    tensor: Any, mask: Any, axis: int | None = None, name: str = "boolean_mask"
) -> Tensor:
    """Return the entries of `tensor` at which `mask` is True (see `boolean_mask`)."""
    return boolean_mask(tensor, mask, name, axis)


def _static_axis(axis: Any) -> int:
    value = constant_value(axis) if isinstance(axis, Tensor) else axis
    return 0 if value is None else int(value)
