"""What the sources of pipelines and their iterators check and make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data import nest
from tensormill.data.base import flat_attrs
from tensormill.data.components import (
    SparseComponent,
    TensorComponent,
    most_general,
)
from tensormill.data.iterator import Iterator
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.func_graph import FuncGraph
from tensormill.graph.function_calls import add_function
from tensormill.graph.function_def_writer import write_function_def
from tensormill.graph.function_library import GraphFunction
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.ops import dataset_statistics, iterators
from tensormill.ops.arithmetic import add
from tensormill.ops.array_shapes import shape, size
from tensormill.ops.check import Assert
from tensormill.ops.comparison import greater
from tensormill.ops.dataset_sources import sparse_tensor_slice_dataset_op
from tensormill.ops.files import matching_files
from tensormill.ops.identities import identity
from tensormill.ops.sparse_serialization import serialize_many_sparse
from tensormill.ops.strings import reduce_join

__all__ = [
    "known_batch_size",
    "make_initializable_iterator",
    "make_one_shot_iterator",
    "matched_files",
    "size_of",
    "sliceable_tensors",
    "sparse_slices",
    "state_function",
    "with_sliceable_variants",
]


def sliceable_tensors(structure: Any, element: Any) -> list[Tensor]:
    """Return tensors whose rows stand for the rows of an element.

    Raises:
      ValueError: a component has no rows, or components have different numbers of them.
    """
    components = nest.flatten(structure)
    values = nest.flatten(element)
    count: int | None = None
    for component in components:
        if component.dims == ():
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        if component.dims is None or component.dims[0] is None:
            continue
        if count is not None and component.dims[0] != count:
            raise ValueError(f"Dimensions {count} and {component.dims[0]} are not compatible")
        count = component.dims[0]
    return [
        serialize_many_sparse(value, out_type=dtypes.variant)
        if isinstance(component, SparseComponent)
        else component.to_tensor(value)
        for component, value in zip(components, values, strict=True)
    ]


def sparse_slices(sparse_tensor: Any) -> tuple[Tensor, Any]:
    """Return the dataset of the rows of a sparse tensor, and what they are."""
    if isinstance(sparse_tensor, SparseTensorValue):
        sparse_tensor = SparseTensor.from_value(sparse_tensor)
    if not isinstance(sparse_tensor, SparseTensor):
        raise TypeError("`sparse_tensor` must be a `tf.SparseTensor` object.")
    variant = sparse_tensor_slice_dataset_op(
        sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape
    )
    dims = sparse_tensor.indices.dims
    rank = None if dims is None or dims[1] is None else dims[1] - 1
    structure = (
        TensorComponent(dtypes.int64, (None, rank)),
        TensorComponent(sparse_tensor.dtype.base_dtype, (None,)),
        TensorComponent(dtypes.int64, (rank,)),
    )
    return variant, structure


def with_sliceable_variants(dataset: Any) -> Any:
    """Return a dataset whose sparse components are packed row by row."""
    components = nest.flatten(dataset._structure)
    if not any(isinstance(component, SparseComponent) for component in components):
        return dataset

    def repack(*parts: Any) -> Any:
        element = parts[0] if len(parts) == 1 else parts
        values = [
            serialize_many_sparse(value, out_type=dtypes.variant)
            if isinstance(component, SparseComponent)
            else value
            for component, value in zip(components, nest.flatten(element), strict=True)
        ]
        return tuple(values)

    return dataset.map(repack)


def known_batch_size(size: Tensor, drops_remainder: Tensor) -> int | None:
    """Return the size of all batches, where it is known and the last one is as large."""
    if not _is_true(drops_remainder):
        return None
    value = constant_value(size)
    return None if value is None else int(value)


def _is_true(tensor: Tensor) -> bool:
    value = constant_value(tensor)
    return value is not None and bool(value)


def size_of(tensor: Tensor) -> Tensor:
    """Return the number of items of a tensor, one at least."""
    count: Tensor = size(tensor, out_type=dtypes.int64)
    return count


def matched_files(file_pattern: Any) -> Tensor:
    """Return the names of the files that match patterns; a run fails where there are none."""
    with name_scope("list_files"):
        patterns = convert_to_tensor(file_pattern, dtypes.string, name="file_pattern")
        names = matching_files(patterns)
        found = greater(shape(names)[0], 0, name="match_not_empty")
        patterns = reduce_join(patterns, separator=", ")
        message = add("No files matched pattern: ", patterns, name="message")
        check = Assert(found, [message], summarize=1, name="assert_not_empty")
        with control_dependencies([check]):
            checked: Tensor = identity(names)
        return checked


def _itself(structure: Any) -> Any:
    return structure


def state_function(
    function: Callable[..., Any],
    name: str,
    state: Any,
    element: Any,
    state_of: Callable[[Any], Any] = _itself,
) -> tuple[StructuredFunction, Any]:
    """Return a function from a state and an element to the next state, and what states are.

    Args:
      function: takes a state and an element.
      name: the transformation for which it is.
      state: what the first state is.
      element: what the elements are.
      state_of: returns what the next state is, of what the function returns.

    Raises:
      TypeError: the next state is not like the state.
    """
    while True:
        made = StructuredFunction(function, name, (state, element))
        following = state_of(made.structure)
        _check_state(state, following)
        joined = most_general(state, following)
        if joined == state:
            return made, state
        state = joined


def _check_state(state: Any, following: Any) -> None:
    try:
        nest.assert_same_structure(state, following)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "The element types for the new state must match the initial state. Expected "
            f"{state}; got {following}."
        ) from error
    for own, given in zip(nest.flatten(state), nest.flatten(following), strict=True):
        if type(own) is not type(given):
            raise TypeError(
                "The element classes for the new state must match the initial state. Expected "
                f"{own.legacy_class}; got {given.legacy_class}."
            )
        if own.dtype is not given.dtype:
            raise TypeError(
                "The element types for the new state must match the initial state. Expected "
                f"{own.dtype!r}; got {given.dtype!r}."
            )


def _observed(dataset: Any) -> Any:
    """Return a dataset whose pipeline tells the aggregator of its options, if there is one."""
    stats = dataset.options().experimental_stats
    if stats is None or not stats.aggregator:
        return dataset
    variant = dataset_statistics.set_stats_aggregator_dataset_op(
        dataset._variant_tensor,
        stats.aggregator._resource,
        stats.prefix or "",
        stats.counter_prefix or "",
        **flat_attrs(dataset._structure),
    )
    return type(dataset)._of(variant, dataset._structure)


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Iterator:
    """Return an iterator that begins whenever its `initializer` runs.

    Args:
      dataset: the dataset.
      shared_name: sessions on the same task share the iterator under this name.

    Raises:
      ValueError: the dataset is not of the default graph.
    """
    graph = get_default_graph()
    dataset = _observed(dataset)
    if dataset._variant_tensor.graph is not graph and not graph.building_function:
        raise ValueError(
            f"Dataset {dataset} was not created in the same graph as the one in which "
            "`make_initializable_iterator()` is called."
        )
    resource = iterators.iterator_v2_op(
        shared_name="" if shared_name is None else shared_name,
        container="",
        **flat_attrs(dataset._structure),
    )
    with graph.colocate_with(resource.op):
        initializer = iterators.make_iterator_op.make(dataset._variant_tensor, resource)
    return Iterator(resource, initializer, dataset._structure)


def make_one_shot_iterator(dataset: Any) -> Iterator:
    """Return an iterator that needs no initialization, and runs through once.

    Args:
      dataset: the dataset.

    Raises:
      ValueError: the dataset depends on state, such as a variable.
    """
    graph = get_default_graph()
    dataset = _observed(dataset)
    body = FuncGraph(
        "_make_dataset",
        capture_by_value=True,
        allowed_stateful_ops=_dataset_operations(dataset._variant_tensor.op),
    )
    try:
        with body.building():
            body.outputs = [body.capture(dataset._variant_tensor)]
    except ValueError as error:
        if "Cannot capture a stateful node" not in str(error):
            raise
        raise ValueError(
            "Failed to create a one-shot iterator for a dataset. "
            "`Dataset.make_one_shot_iterator()` does not support datasets that capture stateful "
            "objects, such as a `Variable` or `LookupTable`. In these cases, use "
            f"`Dataset.make_initializable_iterator()`. (Original error: {error})"
        ) from None
    definition = write_function_def(
        "_make_dataset", body.get_operations(), [], body.outputs, appends_hash=True
    )
    if definition.signature.name not in graph.functions:
        add_function(graph, GraphFunction.of(definition))
    resource = iterators.one_shot_iterator_op(
        dataset_factory=FunctionRef(definition.signature.name), **flat_attrs(dataset._structure)
    )
    return Iterator(resource, None, dataset._structure)


def _dataset_operations(op: Operation) -> frozenset[Operation]:
    """Return the operations that make datasets, of which an operation is the last."""
    found: set[Operation] = set()
    pending = [op]
    while pending:
        current = pending.pop()
        if current in found or not any(t.dtype is dtypes.variant for t in current.outputs):
            continue
        found.add(current)
        pending.extend(tensor.op for tensor in current.input_tensors)
    return frozenset(found)
