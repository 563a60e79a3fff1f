"""`StagingArea` and `MapStagingArea`: elements that steps put aside for later ones.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape, as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op
from tensormill.ops.identities import identity
from tensormill.ops.staging import (
    map_clear_op,
    map_incomplete_size_op,
    map_peek_op,
    map_size_op,
    map_stage_op,
    map_unstage_no_key_op,
    map_unstage_op,
    ordered_map_clear_op,
    ordered_map_incomplete_size_op,
    ordered_map_peek_op,
    ordered_map_size_op,
    ordered_map_stage_op,
    ordered_map_unstage_no_key_op,
    ordered_map_unstage_op,
    stage_clear_op,
    stage_op,
    stage_peek_op,
    stage_size_op,
    unstage_op,
)

__all__ = ["BaseStagingArea", "MapStagingArea", "StagingArea"]


class BaseStagingArea:
    """What both kinds of staging areas share: the components of an element, and the bounds."""

    def __init__(
        self,
        dtypes: Sequence[Any],
        shapes: Sequence[Any] | None = None,
        names: Sequence[str] | None = None,
        shared_name: str | None = None,
        capacity: int = 0,
        memory_limit: int = 0,
    ) -> None:
        """Make a staging area.

        Args:
          dtypes: of the components.
          shapes: of the components.
          names: of the components, which are then dicts.
          shared_name: finds the same area in other graphs of the session.
          capacity: how many elements fit; 0 for any number.
          memory_limit: how many bytes fit; 0 for any number.

        Raises:
          ValueError: there are not as many of one as of the other, or the name is no string.
        """
        if shared_name is None:
            self._name = get_default_graph().unique_name(type(self).__name__)
        elif isinstance(shared_name, str):
            self._name = shared_name
        else:
            raise ValueError("shared_name must be a string")
        self._dtypes = list(map(as_dtype, dtypes))
        if shapes is None:
            self._shapes = [TensorShape(None) for _ in self._dtypes]
        elif len(shapes) != len(self._dtypes):
            raise ValueError("StagingArea shapes must be the same length as dtypes")
        else:
            self._shapes = list(map(as_shape, shapes))
        if names is not None and len(names) != len(self._dtypes):
            raise ValueError("StagingArea names must be the same length as dtypes")
        self._names = None if names is None else list(names)
        self._capacity = capacity
        self._memory_limit = memory_limit
        with name_scope(f"{self._name}_root"):
            self._coloc_op = no_op()

    @property
    def name(self) -> str:
        """The name of the area."""
        return self._name

    @property
    def dtypes(self) -> list[Any]:
        """The dtype of each component."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """What is known of the shape of each component."""
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        """The name of each component, or None."""
        return self._names

    @property
    def capacity(self) -> int:
        """How many elements fit; 0 for any number."""
        return self._capacity

    @property
    def memory_limit(self) -> int:
        """How many bytes fit; 0 for any number."""
        return self._memory_limit

    def _options(self, name: str) -> dict[str, Any]:
        return {
            "shared_name": self._name,
            "capacity": self._capacity,
            "memory_limit": self._memory_limit,
            "name": name,
        }

    def _check_put(
        self, vals: Any, indices: Sequence[int] | None
    ) -> tuple[list[Tensor], list[int]]:
        """Return the tensors of what is put, and which components they are."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Staging areas must have names to enqueue a dictionary")
            if not set(vals) <= set(self._names):
                raise ValueError(
                    "Keys in dictionary to put do not match names of staging area. Dictionary: "
                    f"({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            indices = [index for index, name in enumerate(self._names) if name in vals]
            vals = [vals[self._names[index]] for index in indices]
        else:
            if self._names:
                raise ValueError("You must enqueue a dictionary in a staging area with names")
            if indices is None:
                raise ValueError("Indices must be supplied when inserting a list of tensors")
            if not isinstance(vals, (list, tuple)):
                vals, indices = [vals], [0]
            if len(indices) != len(vals):
                raise ValueError(
                    f"Number of indices '{len(indices)}' doesn't match number of values "
                    f"'{len(vals)}'"
                )
        if len(vals) > len(self._dtypes):
            raise ValueError(f"Unexpected number of inputs '{len(vals)}' vs '{len(self._dtypes)}'")
        return [
            self._component(value, index) for value, index in zip(vals, indices, strict=True)
        ], list(indices)

    def _component(self, value: Any, index: int) -> Tensor:
        dtype = self._dtypes[index]
        tensor = convert_to_tensor(value, name=f"component_{index}")
        if tensor.dtype.base_dtype != dtype:
            raise ValueError(f"Datatypes do not match. '{tensor.dtype}' != '{dtype}'")
        tensor.shape.assert_is_compatible_with(self._shapes[index])
        return tensor

    def _transferred(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return tensors on the device that is asked for now, if that is not the area's."""
        if no_op().device != self._coloc_op.device:
            return [identity(tensor) for tensor in tensors]
        return list(tensors)

    def _returned(self, tensors: Sequence[Tensor], indices: Sequence[int]) -> Any:
        made = self._transferred(tensors)
        for tensor, index in zip(made, indices, strict=True):
            tensor.set_shape(self._shapes[index])
        if self._names:
            return {self._names[i]: t for t, i in zip(made, indices, strict=True)}
        return made


def _values(vals: Any) -> Any:
    if isinstance(vals, (list, tuple)):
        return vals
    return vals.values() if isinstance(vals, Mapping) else [vals]


class StagingArea(BaseStagingArea):
    """A list of elements that live on a device: steps put them in, later steps take them out."""

    def put(self, values: Any, name: str | None = None) -> Operation:
        """Return an operation that adds an element; it waits while there is no room.

        Args:
          values: a tensor, a list or tuple of them, or a dict where the components have names.
          name: the name of the operation.

        Raises:
          ValueError: they are no element of the area.
        """
        with name_scope(name, f"{self._name}_put", _values(values)) as scope:
            if not isinstance(values, (list, tuple, dict)):
                values = [values]
            tensors, _ = self._check_put(values, range(len(values)))
            with colocate_with(self._coloc_op):
                return stage_op.make(tensors, **self._options(scope))

    def _get(self, make: Callable[[], list[Tensor]]) -> Any:
        with colocate_with(self._coloc_op):
            tensors = make()
        return self._returned(tensors, range(len(self._dtypes)))

    def get(self, name: str | None = None) -> Any:
        """Return the first element, and take it away; a step waits while there is none."""
        options = self._options(name or f"{self._name}_get")
        return self._get(lambda: unstage_op.make(dtypes=self._dtypes, **options).outputs)

    def peek(self, index: Any, name: str | None = None) -> Any:
        """Return the element of a number; a step waits while there is none."""
        options = self._options(name or f"{self._name}_peek")
        return self._get(lambda: stage_peek_op.make(index, dtypes=self._dtypes, **options).outputs)

    def size(self, name: str | None = None) -> Tensor:
        """Return how many elements there are: int32 scalar."""
        options = self._options(name or f"{self._name}_size")
        made: Tensor = stage_size_op(dtypes=self._dtypes, **options)
        return made

    def clear(self, name: str | None = None) -> Operation:
        """Return an operation that drops all elements."""
        options = self._options(name or f"{self._name}_clear")
        return stage_clear_op.make(dtypes=self._dtypes, **options)


class MapStagingArea(BaseStagingArea):
    """Elements by key that live on a device; each may be put and taken in parts."""

    def __init__(
        self,
        dtypes: Sequence[Any],
        shapes: Sequence[Any] | None = None,
        names: Sequence[str] | None = None,
        shared_name: str | None = None,
        ordered: bool = False,
        capacity: int = 0,
        memory_limit: int = 0,
    ) -> None:
        """Make a staging area.

        Args:
          dtypes: of the components.
          shapes: of the components.
          names: of the components.
          shared_name: finds the same area in other graphs of the session.
          ordered: who wants any element gets that of the smallest key.
          capacity: how many elements fit; 0 for any number.
          memory_limit: how many bytes fit; 0 for any number.
        """
        super().__init__(dtypes, shapes, names, shared_name, capacity, memory_limit)
        self._put_op = ordered_map_stage_op if ordered else map_stage_op
        self._pop_op = ordered_map_unstage_op if ordered else map_unstage_op
        self._popitem_op = ordered_map_unstage_no_key_op if ordered else map_unstage_no_key_op
        self._peek_op = ordered_map_peek_op if ordered else map_peek_op
        self._size_op = ordered_map_size_op if ordered else map_size_op
        self._incomplete_size_op = (
            ordered_map_incomplete_size_op if ordered else map_incomplete_size_op
        )
        self._clear_op = ordered_map_clear_op if ordered else map_clear_op

    def put(
        self, key: Any, vals: Any, indices: Sequence[int] | None = None, name: str | None = None
    ) -> Operation:
        """Return an operation that adds components of an element; it waits for room.

        Args:
          key: int64 scalar.
          vals: the components, a dict where they have names.
          indices: which components a list holds.
          name: the name of the operation.

        Raises:
          ValueError: they are no components of the area.
        """
        with name_scope(name, f"{self._name}_put", _values(vals)) as scope:
            tensors, indices = self._check_put(vals, indices)
            with colocate_with(self._coloc_op):
                return self._put_op.make(
                    key, indices, tensors, dtypes=self._dtypes, **self._options(scope)
                )

    def _chosen(self, indices: Any) -> tuple[list[int], list[Any]]:
        """Return which components are wanted, given by number or name, and their dtypes."""
        if indices is None:
            indices = range(len(self._dtypes))
        elif not isinstance(indices, (list, tuple)):
            raise TypeError(f"Invalid indices type '{type(indices)}'")
        if len(indices) == 0:
            raise ValueError("Empty indices")
        if all(isinstance(index, str) for index in indices):
            if self._names is None:
                raise ValueError(
                    f"String indices provided '{indices}', but this Staging Area was not created "
                    "with names."
                )
            missing = [name for name in indices if name not in self._names]
            if missing:
                raise ValueError(
                    f"Named index '{missing[0]}' not in Staging Area names '{self._names}'"
                )
            indices = [self._names.index(name) for name in indices]
        elif not all(isinstance(index, int) for index in indices):
            raise TypeError(f"Mixed types in indices '{indices}'. May only be str or int")
        return list(indices), [self._dtypes[index] for index in indices]

    def peek(self, key: Any, indices: Any = None, name: str | None = None) -> Any:
        """Return components of an element, which stays; a step waits until it is complete."""
        chosen, dtypes = self._chosen(indices)
        options = self._options(name or f"{self._name}_pop")
        with colocate_with(self._coloc_op):
            op = self._peek_op.make(key, chosen, dtypes=dtypes, **options)
        return self._returned(op.outputs, chosen)

    def get(self, key: Any = None, indices: Any = None, name: str | None = None) -> Any:
        """Return key and components of an element, and take them away.

        A step waits until there is a complete element.

        Args:
          key: of the element; None for any element.
          indices: the components, by number or name; all of them when None.
          name: the name of the operation.
        """
        chosen, dtypes = self._chosen(indices)
        if key is not None:
            options = self._options(name or f"{self._name}_get")
            with colocate_with(self._coloc_op):
                op = self._pop_op.make(key, chosen, dtypes=dtypes, **options)
            return key, self._returned(op.outputs, chosen)
        options = self._options(name or f"{self._name}_get_nokey")
        with colocate_with(self._coloc_op):
            op = self._popitem_op.make(chosen, dtypes=dtypes, **options)
        (taken_key,) = self._transferred(op.outputs[:1])
        return taken_key, self._returned(op.outputs[1:], chosen)

    def size(self, name: str | None = None) -> Tensor:
        """Return how many elements are complete: int32 scalar."""
        options = self._options(name or f"{self._name}_size")
        made: Tensor = self._size_op(dtypes=self._dtypes, **options)
        return made

    def incomplete_size(self, name: str | None = None) -> Tensor:
        """Return how many elements wait for components: int32 scalar."""
        options = self._options(name or f"{self._name}_incomplete_size")
        made: Tensor = self._incomplete_size_op(dtypes=self._dtypes, **options)
        return made

    def clear(self, name: str | None = None) -> Operation:
        """Return an operation that drops all elements."""
        options = self._options(name or f"{self._name}_clear")
        return self._clear_op.make(dtypes=self._dtypes, **options)
