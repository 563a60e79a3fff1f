"""`tf.data.Iterator`: where a program stands in a dataset.

Source: TensorFlow 1.15, python/data/ops/iterator_ops.py.
"""

from __future__ import annotations

import warnings
from typing import Any

from tensormill.data import nest
from tensormill.data.base import DatasetBase, flat_attrs
from tensormill.data.components import components_from, packed, spec_of
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collection
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops import iterators

__all__ = [
    "GET_NEXT_CALL_WARNING_MESSAGE",
    "GET_NEXT_CALL_WARNING_THRESHOLD",
    "GLOBAL_ITERATORS",
    "Iterator",
    "get_output_classes",
    "get_output_shapes",
    "get_output_types",
]

GLOBAL_ITERATORS = "iterators"
"""The collection of what stands for the iterators of a graph."""
GET_NEXT_CALL_WARNING_THRESHOLD = 32
GET_NEXT_CALL_WARNING_MESSAGE = (
    "`Iterator.get_next()` was called often on one iterator. Each call adds operations to the "
    "graph, so that a training loop that calls it becomes slower and slower. Call it once outside "
    "the loop, and use what it returns inside."
)


class Iterator:
    """Where a program stands in a dataset; the state is a resource of the task that has the node.

    Attributes:
      _iterator_resource: the tensor that stands for it.
      _structure: the components of its elements.
    """

    def __init__(self, iterator_resource: Tensor, initializer: Any, structure: Any) -> None:
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        self._structure = structure
        self._calls = 0
        add_to_collection(GLOBAL_ITERATORS, iterator_resource)
        self._string_handle: Tensor = iterators.iterator_to_string_handle_op(iterator_resource)

    @staticmethod
    def from_structure(
        output_types: Any,
        output_shapes: Any = None,
        shared_name: str | None = None,
        output_classes: Any = None,
    ) -> Iterator:
        """Return an iterator that can be made to run over several datasets (`make_initializer`).

        Args:
          output_types: the dtypes of an element.
          output_shapes: the static shapes; not known where None.
          shared_name: sessions on the same task share the iterator under this name.
          output_classes: the classes of the components; tensors where None.
        """
        structure = _structure_of(output_types, output_shapes, output_classes)
        resource = iterators.iterator_v2_op(
            shared_name="" if shared_name is None else shared_name,
            container="",
            **flat_attrs(structure),
        )
        return Iterator(resource, None, structure)

    @staticmethod
    def from_string_handle(
        string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None
    ) -> Iterator:
        """Return an iterator that is the one whose handle is fed.

        Args:
          string_handle: a scalar string tensor, which `Iterator.string_handle` computes.
          output_types: the dtypes of an element.
          output_shapes: the static shapes; not known where None.
          output_classes: the classes of the components; tensors where None.
        """
        structure = _structure_of(output_types, output_shapes, output_classes)
        handle = convert_to_tensor(string_handle, dtypes.string)
        resource = iterators.iterator_from_string_handle_v2_op(handle, **flat_attrs(structure))
        return Iterator(resource, None, structure)

    @property
    def initializer(self) -> Any:
        """The operation that makes the iterator begin at the start.

        Raises:
          ValueError: the iterator has none.
        """
        if self._initializer is None:
            raise ValueError(f"Iterator does not have an initializer: {self}")
        return self._initializer

    def make_initializer(self, dataset: DatasetBase, name: str | None = None) -> Any:
        """Return an operation that makes the iterator begin at the start of a dataset.

        Raises:
          TypeError: the elements of the dataset are not those of the iterator.
        """
        for what, own, given in (
            ("types", self.output_types, dataset.output_types),
            ("classes", self.output_classes, dataset.output_classes),
        ):
            if _differ(own, given):
                raise TypeError(
                    f"Expected output {what} {own!r} but got dataset with output {what} {given!r}."
                )
        own_shapes, given_shapes = self.output_shapes, dataset.output_shapes
        pairs = zip(nest.flatten(own_shapes), nest.flatten(given_shapes), strict=True)
        if not all(_fits(own, given) for own, given in pairs):
            raise TypeError(
                f"Expected output shapes compatible with {own_shapes!r} but got dataset with "
                f"output shapes {given_shapes!r}."
            )
        graph = self._iterator_resource.graph
        with graph.as_default(), graph.colocate_with(self._iterator_resource.op):
            return iterators.make_iterator_op.make(
                dataset._variant_tensor, self._iterator_resource, name=name or "make_initializer"
            )

    def get_next(self, name: str | None = None) -> Any:
        """Return the next element: each run of its tensors goes one element further.

        In a run at the end of the dataset they raise `OutOfRangeError`.
        """
        self._calls += 1
        if self._calls > GET_NEXT_CALL_WARNING_THRESHOLD:
            warnings.warn(GET_NEXT_CALL_WARNING_MESSAGE, stacklevel=2)
        op = iterators.iterator_get_next_op.make(
            self._iterator_resource, name=name, **flat_attrs(self._structure)
        )
        return packed(self._structure, list(op.outputs))

    def string_handle(self, name: str | None = None) -> Tensor:
        """Return a scalar string tensor that stands for the iterator (see `from_string_handle`)."""
        if name is None:
            return self._string_handle
        handle: Tensor = iterators.iterator_to_string_handle_op(self._iterator_resource, name=name)
        return handle

    @property
    def element_spec(self) -> Any:
        """The `tf.TypeSpec` of each component of an element."""
        return nest.map_structure(spec_of, self._structure)

    @property
    def output_types(self) -> Any:
        """The dtype of each component of an element."""
        return nest.map_structure(lambda c: c.dtype, self._structure)

    @property
    def output_shapes(self) -> Any:
        """The static shape of each component of an element."""
        return nest.map_structure(lambda c: TensorShape.from_dims(c.dims), self._structure)

    @property
    def output_classes(self) -> Any:
        """The class of each component of an element."""
        return nest.map_structure(lambda c: c.legacy_class, self._structure)


def _structure_of(types: Any, shapes: Any, classes: Any) -> Any:
    types = nest.map_structure(dtypes.as_dtype, types)
    if shapes is None:
        shapes = nest.map_structure(lambda _: TensorShape(None), types)
    if classes is None:
        classes = nest.map_structure(lambda _: Tensor, types)
    return components_from(types, shapes, classes)


def _differ(own: Any, given: Any) -> bool:
    try:
        nest.assert_same_structure(own, given)
    except (TypeError, ValueError):
        return True
    return nest.flatten(own) != nest.flatten(given)


def _fits(own: TensorShape, given: TensorShape) -> bool:
    """Return whether elements of one static shape can be taken for those of another."""
    wanted = own.as_list() if own.rank is not None else None
    have = given.as_list() if given.rank is not None else None
    if wanted is None:
        return True
    if have is None:
        return False
    return len(wanted) == len(have) and all(
        w is None or w == h for w, h in zip(wanted, have, strict=True)
    )


def get_output_types(dataset_or_iterator: Any) -> Any:
    """Return the dtype of each component of the elements."""
    return dataset_or_iterator.output_types


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Return the static shape of each component of the elements."""
    return dataset_or_iterator.output_shapes


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Return the class of each component of the elements."""
    return dataset_or_iterator.output_classes
