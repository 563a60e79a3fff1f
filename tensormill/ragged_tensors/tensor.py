"""`RaggedTensor`: a tensor whose rows may have different lengths.

Its row partition can be said in several ways; splits are what is kept, and what was given besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import Graph
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import OPERATORS
from tensormill.graph.shapes import TensorShape
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.graph.type_specs import CompositeTensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import reduce_max
from tensormill.ragged_tensors.factories import RaggedFactories
from tensormill.ragged_tensors.overloads import RaggedOverloads
from tensormill.ragged_tensors.row_partitions import row_ids_of
from tensormill.ragged_tensors.value import RaggedTensorValue
from tensormill.session.conversions import register_session_run_conversion_functions

__all__ = [
    "RaggedTensor",
    "convert_to_tensor_or_ragged_tensor",
    "is_ragged",
    "match_row_splits_dtypes",
]

_INTEGERS = (dtypes.int32, dtypes.int64)


class RaggedTensor(RaggedFactories, RaggedOverloads, TensorLike, CompositeTensor):
    """Values, and the splits where each row begins and ends.

    It is made by `from_row_splits` and the like.

    Attributes:
      is_composite: it is made of several tensors.
    """

    is_composite = True
    __array_priority__ = 100

    def __init__(
        self,
        values: Any,
        row_splits: Any,
        cached_row_lengths: Any = None,
        cached_value_rowids: Any = None,
        cached_nrows: Any = None,
        internal: bool = False,
    ) -> None:
        """Put values and splits together; for the methods `from_...` alone.

        Raises:
          ValueError: a program calls it, or ranks and dtypes do not fit.
          TypeError: something is no tensor.
        """
        if not internal:
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory methods "
                "instead (e.g., RaggedTensor.from_row_lengths())"
            )
        if not isinstance(row_splits, Tensor):
            raise TypeError(f"Row-partitioning argument must be a Tensor, got {row_splits!r}")
        if not isinstance(values, (RaggedTensor, Tensor)):
            raise TypeError(f"values must be a Tensor or RaggedTensor, got {values!r}")
        if row_splits.dtype not in _INTEGERS:
            raise ValueError("Row-partitioning argument must be int32 or int64")
        row_splits.shape.assert_has_rank(1)
        values.shape.with_rank_at_least(1)
        row_splits.set_shape([None])
        if isinstance(values, RaggedTensor) and row_splits.dtype != values.row_splits.dtype:
            raise ValueError("row_splits and values.row_splits must have the same dtype")
        self._values = values
        self._row_splits = row_splits
        for cached in (cached_row_lengths, cached_value_rowids, cached_nrows):
            if cached is not None and not isinstance(cached, Tensor):
                raise TypeError("Cached value must be a Tensor or None.")
            if cached is not None and cached.dtype not in _INTEGERS:
                raise TypeError("Cached value must be int32 or int64.")
        self._cached_row_lengths = cached_row_lengths
        self._cached_value_rowids = cached_value_rowids
        self._cached_nrows = cached_nrows

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        found: DType = self._values.dtype
        return found

    @property
    def shape(self) -> TensorShape:
        """The static shape; None for ragged dimensions."""
        edges = self._row_splits.dims
        rows = None if edges is None or edges[0] is None else edges[0] - 1
        return TensorShape([rows, None]).concatenate(self._values.shape[1:])

    def get_shape(self) -> TensorShape:
        """Return the static shape."""
        return self.shape

    @property
    def ragged_rank(self) -> int:
        """The number of ragged dimensions."""
        return len(self.nested_row_splits)

    @property
    def values(self) -> Any:
        """The rows one after the other."""
        return self._values

    @property
    def row_splits(self) -> Tensor:
        """Where rows begin and end, [rows + 1]."""
        return self._row_splits

    @property
    def flat_values(self) -> Tensor:
        """The innermost values."""
        inner = self._values
        while isinstance(inner, RaggedTensor):
            inner = inner.values
        return inner

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The splits of all ragged dimensions, from the outermost."""
        found, inner = [self._row_splits], self._values
        while isinstance(inner, RaggedTensor):
            found.append(inner.row_splits)
            inner = inner.values
        return tuple(found)

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensors."""
        return self._row_splits.graph

    @property
    def op(self) -> Any:
        """The operation that makes the innermost values."""
        return self.flat_values.op

    @property
    def name(self) -> str:
        """The name of the innermost values."""
        return self.flat_values.name

    def value_rowids(self, name: str | None = None) -> Tensor:
        """Return the row of each value."""
        if self._cached_value_rowids is not None:
            return self._cached_value_rowids
        with OpScope(name, "RaggedValueRowIds", [self]):
            return row_ids_of(self._row_splits)

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """Return the rows of the values of all ragged dimensions."""
        with OpScope(name, "RaggedNestedValueRowIds", [self]):
            return tuple(each.value_rowids() for each in self._levels())

    def _levels(self) -> list[RaggedTensor]:
        found: list[RaggedTensor] = [self]
        while isinstance(found[-1].values, RaggedTensor):
            found.append(found[-1].values)
        return found

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """Return the number of rows."""
        wanted = self._row_splits.dtype if out_type is None else as_dtype(out_type)
        if self._cached_nrows is not None:
            return cast(self._cached_nrows, wanted)
        with OpScope(name, "RaggedNRows", [self]):
            return shape_of(self._row_splits, out_type=wanted)[0] - 1

    def row_starts(self, name: str | None = None) -> Tensor:
        """Return where each row begins."""
        with OpScope(name, "RaggedRowStarts", [self]):
            return self._row_splits[:-1]

    def row_limits(self, name: str | None = None) -> Tensor:
        """Return where each row ends."""
        with OpScope(name, "RaggedRowLimits", [self]):
            return self._row_splits[1:]

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """Return the lengths of the rows along an axis.

        Raises:
          ValueError: there is no such axis.
        """
        if axis == 1 and self._cached_row_lengths is not None:
            return self._cached_row_lengths
        with OpScope(name, "RaggedRowLengths", [self]):
            rank = self.shape.ndims
            if axis < 0 and rank is None:
                raise ValueError("axis may only be negative if ndims is statically known.")
            if axis < 0:
                axis += rank or 0
            if axis < 0 or (rank is not None and axis >= rank):
                raise ValueError(f"axis={axis} out of bounds: expected 0<=axis<{rank}")
            if axis == 0:
                return self.nrows()
            if axis == 1:
                return self._row_splits[1:] - self._row_splits[:-1]
            if isinstance(self._values, RaggedTensor):
                return self.with_values(self._values.row_lengths(axis - 1))
            sizes = shape_of(self._values, out_type=self._row_splits.dtype)
            nothing = zeros(sizes[: axis - 1], dtype=self._row_splits.dtype)
            return self.with_values(nothing + sizes[axis - 1])

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """Return the lengths of the rows of all ragged dimensions."""
        with OpScope(name, "RaggedNestedRowLengths", [self]):
            return tuple(each.row_lengths() for each in self._levels())

    def bounding_shape(
        self, axis: Any = None, name: str | None = None, out_type: Any = None
    ) -> Tensor:
        """Return the shape of the smallest tensor that could hold it, or sizes of it."""
        wanted = self._row_splits.dtype if out_type is None else as_dtype(out_type)
        with OpScope(name, "RaggedBoundingBox", [self, axis]):
            if isinstance(axis, int) and axis == 0:
                return cast(shape_of(self._row_splits, out_type=wanted)[0] - 1, wanted)
            if isinstance(axis, int) and axis == 1:
                longest = reduce_max(self.row_lengths())
                return cast(convert_to_tensor(_at_least_zero(longest)), wanted)
            rows = stack([self.nrows()])
            widths = [_at_least_zero(reduce_max(each)) for each in self.nested_row_lengths()]
            inner = shape_of(self.flat_values, out_type=self._row_splits.dtype)[1:]
            box = cast(concat([rows, stack(widths), inner], axis=0), wanted)
            if axis is None:
                return box
            return gather(box, axis)

    def with_values(self, new_values: Any) -> RaggedTensor:
        """Return a ragged tensor with the same rows of other values."""
        new_values.shape.with_rank_at_least(1)
        self._values.shape[:1].assert_is_compatible_with(new_values.shape[:1])
        if (
            isinstance(new_values, RaggedTensor)
            and self._row_splits.dtype != new_values.row_splits.dtype
        ):
            raise ValueError(
                "self and new_values have mismatched row_splits dtypes; use "
                "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
            )
        return type(self)(
            new_values,
            self._row_splits,
            self._cached_row_lengths,
            self._cached_value_rowids,
            self._cached_nrows,
            internal=True,
        )

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """Return a ragged tensor with the same rows of other innermost values."""
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        if not isinstance(new_values, RaggedTensor):
            new_values = convert_to_tensor(new_values)
        return self.with_values(new_values)

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """Return a ragged tensor with splits of another dtype.

        Raises:
          ValueError: that is neither int32 nor int64.
        """
        wanted = as_dtype(dtype)
        if wanted not in _INTEGERS:
            raise ValueError("dtype must be int32 or int64")
        if self._row_splits.dtype == wanted:
            return self
        values = self._values
        if isinstance(values, RaggedTensor):
            values = values.with_row_splits_dtype(wanted)
        cached = (self._cached_row_lengths, self._cached_value_rowids, self._cached_nrows)
        moved: list[Any] = [None if each is None else cast(each, wanted) for each in cached]
        return type(self)(
            values, cast(self._row_splits, wanted), moved[0], moved[1], moved[2], internal=True
        )

    def to_tensor(self, default_value: Any = None, name: str | None = None) -> Tensor:
        """Return a tensor with rows filled up with a default value, 0 or "" where none is given."""
        made: Tensor = OPERATORS["ragged_to_tensor"](self, default_value, name)
        return made

    def to_sparse(self, name: str | None = None) -> Any:
        """Return a sparse tensor with the same elements."""
        return OPERATORS["ragged_to_sparse"](self, name)

    def _to_variant(self, batched_input: bool = False, name: str | None = None) -> Tensor:
        """Return it encoded in a variant, or each row of it in one."""
        made: Tensor = OPERATORS["ragged_to_variant"](self, batched_input, name)
        return made

    def to_list(self) -> list[Any]:
        """Raise: the values are known only when a session runs them.

        Raises:
          ValueError: always.
        """
        raise ValueError(
            "RaggedTensor.to_list() is only supported in eager mode; in graph mode, evaluate the "
            "RaggedTensor first and then use RaggedTensorValue.to_list()."
        )

    def eval(self, feed_dict: Any = None, session: Any = None) -> RaggedTensorValue:
        """Run it in the default session and return its value.

        Raises:
          ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Cannot evaluate tensor using `eval()`: No default session is registered."
            )
        value: RaggedTensorValue = session.run(self, feed_dict)
        return value

    def consumers(self) -> list[Any]:
        """Return the operations that take one of the tensors as an input, each once."""
        return list(dict.fromkeys(op for t in self._component_tensors() for op in t.consumers()))

    @property
    def _type_spec(self) -> Any:
        return OPERATORS["ragged_spec"](self)

    def _component_tensors(self) -> list[Tensor]:
        return [self.flat_values, *self.nested_row_splits]

    def _from_components(self, parts: Sequence[Tensor]) -> Any:
        made: Any = parts[0]
        for splits in reversed(parts[1:]):
            made = RaggedTensor(made, splits, internal=True)
        return made

    def _as_graph_element(self) -> Tensor:
        return self.flat_values

    def __len__(self) -> int:
        raise TypeError("RaggedTensor has no len(); use nrows()")

    def __iter__(self) -> Any:
        raise TypeError("RaggedTensor is not iterable when it is in a graph.")

    def __bool__(self) -> bool:
        raise TypeError("RaggedTensor may not be used as a boolean.")

    def __repr__(self) -> str:
        return f"tf.RaggedTensor(values={self._values}, row_splits={self._row_splits})"


def _at_least_zero(longest: Tensor) -> Tensor:
    """Return the greatest length; that of no rows at all is the least integer, and becomes 0."""
    return maximum(longest, constant(0, longest.dtype))


def is_ragged(value: Any) -> bool:
    """Return whether a value is a ragged tensor, or the value of one."""
    return isinstance(value, (RaggedTensor, RaggedTensorValue))


def match_row_splits_dtypes(*tensors: Any, **kwargs: Any) -> Any:
    """Return tensors whose splits have one dtype, and that where `return_dtype` asks for it.

    Raises:
      ValueError: they differ.
    """
    return_dtype = kwargs.pop("return_dtype", False)
    if kwargs:
        raise ValueError(f"Unexpected keyword args {kwargs!r}")
    found = {each.row_splits.dtype for each in tensors if isinstance(each, RaggedTensor)}
    if len(found) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row_splits dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )
    dtype = found.pop() if found else dtypes.int64
    return (dtype, tensors) if return_dtype else tensors


def convert_to_tensor_or_ragged_tensor(
    value: Any, dtype: Any = None, preferred_dtype: Any = None, name: str | None = None
) -> Any:
    """Return a value as a tensor, or as a ragged one where it is that.

    Raises:
      ValueError: a ragged tensor has another dtype.
    """
    if isinstance(value, RaggedTensor):
        if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {as_dtype(dtype).name} for RaggedTensor with "
                f"dtype {value.dtype.name}: {value!r}"
            )
        return value
    if isinstance(value, RaggedTensorValue):
        with OpScope(name, "ConvertToTensorOrRaggedTensor", []):
            flat = convert_to_tensor(value.flat_values, dtype, "flat_values", preferred_dtype)
            return RaggedTensor.from_nested_row_splits(
                flat, value.nested_row_splits, validate=False
            )
    return convert_to_tensor(value, dtype, name, preferred_dtype)


def _parts(value: Any) -> list[Any]:
    return [*value.nested_row_splits, value.flat_values]


def _joined_value(parts: list[Any]) -> Any:
    *nested, value = parts
    for splits in reversed(nested):
        value = RaggedTensorValue(value, splits)
    return value


register_session_run_conversion_functions(
    RaggedTensor,
    lambda ragged: (_parts(ragged), _joined_value),
    lambda ragged, value: list(zip(_parts(ragged), _parts(value), strict=True)),
    _parts,
)
