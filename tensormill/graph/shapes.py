"""Static shapes.

Inside the package a static shape is plain data, `Dims`: a tuple with an int or None (unknown) for
each dimension, or None for a shape of unknown rank. `TensorShape` and `Dimension` are the objects
that users see, as TensorFlow 1.x has them.

The functions on `Dims` complain in the words of TensorFlow's shape functions, so that a caller has
only to add the operation; the methods of `TensorShape` in those of its Python class.

Source: TensorFlow 1.15, python/framework/tensor_shape.py.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any, Literal, SupportsIndex, TypeAlias, overload

from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

__all__ = [
    "Dimension",
    "Dims",
    "TensorShape",
    "are_compatible",
    "as_dimension",
    "as_dims",
    "as_shape",
    "broadcast_dims",
    "concatenate_dims",
    "dimension_at_index",
    "dimension_value",
    "format_dims",
    "is_fully_defined",
    "merge_dims",
    "num_elements",
    "unknown_shape",
    "with_rank",
    "with_rank_at_least",
    "with_rank_at_most",
]

Dims: TypeAlias = tuple[int | None, ...] | None


def _as_size(value: Any) -> int | None:
    """Return one dimension's size from anything that TensorFlow takes for a dimension."""
    if value is None:
        return None
    if type(value) is int:
        size = value
    elif isinstance(value, Dimension):
        return value._value
    elif isinstance(value, float):
        # TensorFlow 1.15 takes a float that is a whole number, such as 28 / 2.
        if not value.is_integer():
            raise ValueError(f"Ambiguous dimension: {value}")
        size = int(value)
    else:
        try:
            size = int(operator.index(value))
        except TypeError:
            raise TypeError(
                "Dimension value must be integer or None or have an __index__ method, "
                f"got value '{value!r}' with type '{type(value)!r}'"
            ) from None
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


def as_dims(value: Any) -> Dims:
    """Return the static shape that `value` gives.

    Args:
      value: None (unknown rank), a `TensorShape`, a TensorShapeProto, an int (one dimension), or a
        sequence with an int, None or `Dimension` for each dimension.

    Raises:
      ValueError: a dimension is negative.
      TypeError: `value` is no shape.

    >>> as_dims([2, None]), as_dims(3), as_dims(None)
    ((2, None), (3,), None)
    """
    kind = type(value)
    if kind is tuple or kind is list:
        for size in value:
            if size is not None and (type(size) is not int or size < 0):
                return tuple([_as_size(size) for size in value])
        return value if kind is tuple else tuple(value)
    if value is None:
        return None
    if isinstance(value, TensorShape):
        return value._dims
    if hasattr(value, "unknown_rank"):  # a TensorShapeProto, where -1 is an unknown size
        if value.unknown_rank:
            return None
        return tuple([None if dim.size == -1 else _as_size(dim.size) for dim in value.dim])
    if isinstance(value, (tuple, list)):
        return tuple([_as_size(size) for size in value])
    try:
        sizes = None if isinstance(value, (str, bytes, Dimension)) else iter(value)
    except TypeError:
        sizes = None
    if sizes is None:
        return (_as_size(value),)
    return _dims_of_iterable(value, sizes)


def _dims_of_iterable(value: Any, sizes: Iterator[Any]) -> Dims:
    dims = []
    for size in sizes:
        try:
            dims.append(_as_size(size))
        except TypeError as error:
            raise TypeError(
                f"Failed to convert '{value!r}' to a shape: '{size!r}' could not be converted to a "
                "dimension. A shape should either be single dimension (e.g. 10), or an iterable "
                "of dimensions (e.g. [1, 10, None])."
            ) from error
    return tuple(dims)


def format_dims(dims: Dims, style: Literal["python", "kernel"] = "python") -> str:
    """Return a shape as text.

    Args:
      dims: the shape.
      style: "python" as TensorFlow 1.15 prints a TensorShape, "(2, ?)" and "<unknown>"; "kernel"
        as its C++ code does, "[2,?]" and "<unknown>".
    """
    if dims is None:
        return "<unknown>"
    texts = ["?" if size is None else str(size) for size in dims]
    if style == "kernel":
        return f"[{','.join(texts)}]"
    if len(texts) == 1:
        return f"({texts[0]},)"
    return f"({', '.join(texts)})"


def are_compatible(a: Dims, b: Dims) -> bool:
    """Say whether one fully defined shape can be an instance of both."""
    if a is None or b is None or a == b:
        return True
    if len(a) != len(b):
        return False
    # A plain loop: this runs for every operation, and zip(strict=True) in all() takes 4x as long.
    for axis, x in enumerate(a):
        if x is not None and x != b[axis] and b[axis] is not None:
            return False
    return True


def merge_dims(a: Dims, b: Dims) -> Dims:
    """Return what both shapes together say.

    Raises:
      ValueError: they contradict one another.

    >>> merge_dims((2, None), (None, 3))
    (2, 3)
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b):
        raise ValueError(f"Shapes must be equal rank, but are {len(a)} and {len(b)}")
    merged = list(a)
    for axis, x in enumerate(a):
        y = b[axis]
        if x is None:
            merged[axis] = y
        elif y is not None and x != y:
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {x} and {y}. "
                f"Shapes are {format_dims(a, 'kernel')} and {format_dims(b, 'kernel')}."
            )
    return tuple(merged)


def broadcast_dims(a: Dims, b: Dims) -> Dims:
    """Return the shape to which `a` and `b` broadcast; unknown where it cannot be known.

    Raises:
      ValueError: they do not broadcast against one another.

    >>> broadcast_dims((4, 1), (3,)), broadcast_dims((None, 3), (2, 1)), broadcast_dims(None, (3,))
    ((4, 3), (2, 3), None)
    """
    if a == b:
        return a
    if a is None or b is None:
        return None
    if not a:
        return b
    if not b:
        return a
    lead = len(a) - len(b)  # the longer shape's own leading dimensions
    dims = list(a if lead >= 0 else b)
    for axis in range(abs(lead), len(dims)):
        x = a[axis] if lead >= 0 else a[axis + lead]
        y = b[axis] if lead <= 0 else b[axis - lead]
        if x == 1:
            dims[axis] = y
        elif y == 1 or x == y:
            dims[axis] = x
        elif x is None or y is None:
            # The unknown one is 1 or the same. Of a known 0 TensorFlow says nothing.
            dims[axis] = x or y or None
        else:
            raise ValueError(f"Dimensions must be equal, but are {x} and {y}")
    return tuple(dims)


def is_fully_defined(dims: Dims) -> bool:
    """Say whether rank and all sizes are known."""
    return dims is not None and None not in dims


def num_elements(dims: Dims) -> int | None:
    """Return the number of elements, or None if a size is unknown."""
    if dims is None or None in dims:
        return None
    return math.prod(dims)  # type: ignore[arg-type]


def concatenate_dims(a: Dims, b: Dims) -> Dims:
    """Return the dimensions of `a`, then those of `b`; unknown if one of them is."""
    return None if a is None or b is None else a + b


def with_rank(dims: Dims, rank: int) -> tuple[int | None, ...]:
    """Return the shape with the rank made known.

    Raises:
      ValueError: the shape has another rank.
    """
    if dims is None:
        return (None,) * rank
    if len(dims) != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {len(dims)}")
    return dims


def with_rank_at_least(dims: Dims, rank: int) -> Dims:
    """Return the shape; ValueError if it has fewer than `rank` dimensions."""
    if dims is not None and len(dims) < rank:
        raise ValueError(f"Shape must be at least rank {rank} but is rank {len(dims)}")
    return dims


def with_rank_at_most(dims: Dims, rank: int) -> Dims:
    """Return the shape; ValueError if it has more than `rank` dimensions."""
    if dims is not None and len(dims) > rank:
        raise ValueError(f"Shape must be at most rank {rank} but is rank {len(dims)}")
    return dims


class Dimension:
    """The size of one dimension, possibly unknown (tf.Dimension).

    Arithmetic with an unknown size is unknown, comparison with one is None.

    >>> Dimension(3) * 2, Dimension(None) + 1, Dimension(3) == None
    (Dimension(6), Dimension(None), None)
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self._value = _as_size(value)

    @property
    def value(self) -> int | None:
        """The size, or None if it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Say whether the two sizes are equal or one of them is unknown."""
        size = _as_size(other)
        return self._value is None or size is None or self._value == size

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the two sizes are equal or one of them is unknown."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """Return the size that is known of the two.

        Raises:
          ValueError: both are known and differ.
        """
        self.assert_is_compatible_with(other)
        return Dimension(_as_size(other) if self._value is None else self._value)

    def _combine(self, other: Any, function: Callable[[int, int], int]) -> Any:
        try:
            size = _as_size(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or size is None:
            return Dimension(None)
        return Dimension(function(self._value, size))

    def _compare(self, other: Any, function: Callable[[int, int], bool]) -> Any:
        try:
            size = _as_size(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or size is None:
            return None
        return function(self._value, size)

    def __add__(self, other: Any) -> Any:
        return self._combine(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, lambda own, left: left - own)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, operator.mul)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return self._combine(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._combine(other, lambda own, left: left // own)

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', "
            "please use // instead"
        )

    def __rtruediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', "
            "please use // instead"
        )

    def __mod__(self, other: Any) -> Any:
        return self._combine(other, operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return self._combine(other, lambda own, left: left % own)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]  # Python raises TypeError for None

    def __index__(self) -> int:
        return self._value  # type: ignore[return-value]  # Python raises TypeError for None

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Dimension, (self._value,)


class TensorShape:
    """A static shape as users see it (tf.TensorShape): indexing and iterating give `Dimension`.

    Shapes are equal if they say the same, unknown sizes included, so they can be dictionary keys.

    >>> shape = TensorShape([None, 3])
    >>> str(shape), shape[1].value, shape.as_list(), shape.ndims
    ('(?, 3)', 3, [None, 3], 2)
    """

    __slots__ = ("_dims",)

    _dims: Dims

    def __init__(self, dims: Any) -> None:
        self._dims = as_dims(dims)

    @classmethod
    def from_dims(cls, dims: Dims) -> TensorShape:
        """Return the shape of `dims`, unchecked."""
        shape = cls.__new__(cls)
        shape._dims = dims
        return shape

    @property
    def dims(self) -> list[Dimension] | None:
        """A `Dimension` for each dimension, or None if the rank is unknown."""
        return None if self._dims is None else [Dimension(size) for size in self._dims]

    @property
    def ndims(self) -> int | None:
        """The number of dimensions, or None if it is unknown."""
        return None if self._dims is None else len(self._dims)

    rank = ndims

    def as_list(self) -> list[int | None]:
        """Return an int or None for each dimension.

        Raises:
          ValueError: the rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def as_proto(self) -> Any:
        """Return a TensorShapeProto, in which an unknown size is -1."""
        sizes = [{"size": -1 if size is None else size} for size in self._dims or ()]
        return TensorShapeProto(unknown_rank=self._dims is None, dim=sizes)

    def num_elements(self) -> int | None:
        """Return the number of elements, or None if a size is unknown."""
        return num_elements(self._dims)

    def is_fully_defined(self) -> bool:
        """Say whether rank and all sizes are known."""
        return is_fully_defined(self._dims)

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless rank and all sizes are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def is_compatible_with(self, other: Any) -> bool:
        """Say whether one fully defined shape can be an instance of both."""
        return are_compatible(self._dims, as_dims(other))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless one fully defined shape can be an instance of both."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def merge_with(self, other: Any) -> TensorShape:
        """Return what both shapes together say.

        Raises:
          ValueError: they contradict one another.
        """
        dims = as_dims(other)
        if not are_compatible(self._dims, dims):
            raise ValueError(f"Shapes {self} and {format_dims(dims)} are not compatible")
        return TensorShape.from_dims(merge_dims(self._dims, dims))

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """Return the most specific shape of which both are instances."""
        a, b = self._dims, as_dims(other)
        if a is None or b is None or len(a) != len(b):
            return TensorShape.from_dims(None)
        return TensorShape.from_dims(
            tuple([x if x == y else None for x, y in zip(a, b, strict=True)])
        )

    def concatenate(self, other: Any) -> TensorShape:
        """Return the dimensions of this shape, then those of `other`."""
        return TensorShape.from_dims(concatenate_dims(self._dims, as_dims(other)))

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError if both ranks are known and differ."""
        dims = as_dims(other)
        if self._dims is not None and dims is not None and len(self._dims) != len(dims):
            raise ValueError(f"Shapes {self} and {format_dims(dims)} must have the same rank")

    def assert_has_rank(self, rank: int) -> None:
        """Raise ValueError if the rank is known and is not `rank`."""
        if self._dims is not None and len(self._dims) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int) -> TensorShape:
        """Return this shape with the rank made known; ValueError if it has another."""
        self.assert_has_rank(rank)
        return TensorShape.from_dims(with_rank(self._dims, rank))

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """Return this shape; ValueError if it has fewer than `rank` dimensions."""
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """Return this shape; ValueError if it has more than `rank` dimensions."""
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Dimension]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(size) for size in self._dims])

    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Dimension: ...
    def __getitem__(self, key: slice | SupportsIndex) -> TensorShape | Dimension:
        if not isinstance(key, slice):
            return Dimension(None if self._dims is None else self._dims[key])
        if self._dims is not None:
            return TensorShape.from_dims(self._dims[key])
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        start = 0 if key.start is None else key.start
        if key.stop is None or start < 0 or key.stop < 0:
            return unknown_shape()
        return unknown_shape(key.stop - start)

    def __eq__(self, other: object) -> bool:
        try:
            return self._dims == as_dims(other)
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def __str__(self) -> str:
        return format_dims(self._dims)

    def __repr__(self) -> str:
        return f"TensorShape({self.dims})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._dims,)


def as_dimension(value: Any) -> Dimension:
    """Return `value` as a `Dimension`."""
    return value if isinstance(value, Dimension) else Dimension(value)


def as_shape(shape: Any) -> TensorShape:
    """Return `shape` as a `TensorShape`."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None, *, ndims: int | None = None) -> TensorShape:
    """Return a shape that says nothing, or nothing but its rank."""
    rank = ndims if rank is None else rank
    return TensorShape.from_dims(None if rank is None else (None,) * rank)


def dimension_value(dimension: Any) -> Any:
    """Return the size that a `Dimension` holds; anything else as it is."""
    return dimension._value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """Return one dimension of a shape, unknown if the rank is."""
    return shape[index]
