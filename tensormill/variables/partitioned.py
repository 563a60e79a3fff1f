"""`PartitionedVariable`: a large variable as a list of slices along one dimension."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tensormill.graph.conversion import register_tensor_conversion_function
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.basics import identity_op
from tensormill.ops.joining import concat, split
from tensormill.variables.base import VariableBase

__all__ = ["PartitionedVariable"]


class PartitionedVariable(TensorLike):
    """The slices of a variable that `get_variable` made with a partitioner.

    As a tensor it is the slices joined. Iterate over it for the slices.

    Attributes:
      is_composite: it is made of several tensors.
      has_dense_form: operators take it for the dense tensor that it stands for.
    """

    is_composite = True
    has_dense_form = True

    def __init__(
        self,
        name: str,
        shape: Any,
        dtype: DType,
        variable_list: Sequence[VariableBase],
        partitions: Sequence[int],
    ) -> None:
        """Join slices.

        Args:
          name: of the whole.
          shape: of the whole.
          dtype: of the whole.
          variable_list: the slices, each with its `SaveSliceInfo`.
          partitions: how many slices there are along each dimension.

        Raises:
          TypeError: the slices or partitions are no list.
          ValueError: they do not fit together.
        """
        if not isinstance(variable_list, (list, tuple)):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(count >= 1 for count in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        self._shape = TensorShape(shape)
        if len(self._shape) != len(partitions):
            raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
        for variable in variable_list:
            info = variable._get_save_slice_info()
            if info is None:
                raise ValueError(
                    "All variables must have a save_slice_info available: "
                    f"{[v.name for v in variable_list]}"
                )
            if list(info.full_shape or ()) != self._shape.as_list():
                raise ValueError(
                    f"All variables' full shapes must match shape: {shape}; but full shapes were: "
                    f"{[info.full_shape]}"
                )
        self._variable_list = sorted(
            variable_list,
            key=lambda v: v._get_save_slice_info().var_offset,
        )
        self._name = name
        self._dtype = dtype
        self._partitions = list(partitions)

    @property
    def name(self) -> str:
        """The name of the whole."""
        return self._name

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """Return the shape of the whole."""
        return self._shape

    def _get_variable_list(self) -> list[VariableBase]:
        return self._variable_list

    def _get_partitions(self) -> list[int]:
        return self._partitions

    def __iter__(self) -> Iterator[VariableBase]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        self._partition_axis()
        return len(self._variable_list)

    def _partition_axis(self) -> int:
        axes = [axis for axis, count in enumerate(self._partitions) if count > 1] or [0]
        if len(axes) > 1:
            raise ValueError(f"Cannot get a length for {len(axes)} > 1 partition axes")
        return axes[0]

    def as_tensor(self) -> Tensor:
        """Return the slices joined, outside of all control dependencies."""
        graph = get_default_graph()
        with graph.control_dependencies(None):
            whole: Any = self._variable_list[0]
            if len(self._variable_list) > 1:
                with graph.name_scope(self._name + "/ConcatPartitions/"):
                    whole = concat(self._variable_list, self._partition_axis())
            with graph.name_scope(None):
                joined: Tensor = identity_op(whole, name=self._name)
                return joined

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Write a value (or a list of slices) into the slices."""
        return self._for_each(
            value, lambda slot, part: slot.assign(part, use_locking, name, read_value)
        )

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Add a value (or a list of slices) to the slices."""
        return self._for_each(
            value, lambda slot, part: slot.assign_add(part, use_locking, name, read_value)
        )

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtract a value (or a list of slices) from the slices."""
        return self._for_each(
            value, lambda slot, part: slot.assign_sub(part, use_locking, name, read_value)
        )

    def _for_each(self, value: Any, update: Callable[[Any, Any], Any]) -> list[Any]:
        axis = self._partition_axis()
        if isinstance(value, (list, PartitionedVariable)):
            parts = list(value)
        else:
            sizes = [variable.shape.as_list()[axis] for variable in self._variable_list]
            parts = split(value, sizes, axis=axis)
        return [update(slot, part) for slot, part in zip(self._variable_list, parts, strict=True)]


def _convert(
    variable: PartitionedVariable,
    dtype: DType | None = None,
    name: str | None = None,
    as_ref: bool = False,
) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
            f"'{variable.dtype.name}'"
        )
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return variable.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _convert)
