"""Kernels of iterators, optional values, and of what takes a whole dataset."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from tensorboard.compat.proto.resource_handle_pb2 import ResourceHandleProto

from tensormill.formats.record_files import RecordWriter
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.graph.shapes import Dims, are_compatible, format_dims
from tensormill.kernels.dataset_base import (
    Dataset,
    Element,
    Failure,
    Iteration,
    as_program_value,
    component_dims,
)
from tensormill.kernels.iterator_positions import Position, decode_position, encode_position
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory, resource_kernel
from tensormill.kernels.value_types import SerializedVariants, as_object_array

__all__ = ["IteratorResource"]

_KIND = "iterator"
_TYPE_NAME = "N10tensorflow4data16IteratorResourceE"


class IteratorResource:
    """An iterator: the place where a pipeline stands.

    Attributes:
      name: of the resource.
      container: of the resource.
      device: the device that holds it.
      forget: takes an iterator that belongs to one session out of its container; else None.
    """

    def __init__(
        self,
        name: str,
        container: str,
        device: str,
        dtypes: tuple[DType, ...],
        dims: tuple[Dims, ...],
        first: Callable[[], Dataset] | None = None,
    ) -> None:
        self.name = name
        self.container = container
        self.device = device
        self._dtypes = dtypes
        self._dims = dims
        self.forget: Callable[[], Any] | None = None
        self._first = first
        self._lock = threading.Lock()
        self._iteration: Iteration | None = None
        self._elements: Iterator[Any] | None = None
        self._element_dtypes: tuple[DType, ...] = dtypes
        self._dataset: Dataset | None = None
        self._given = 0

    def begin(self, dataset: Dataset) -> None:
        """Start at the beginning of a dataset.

        Raises:
          InvalidArgumentError: its elements are not those that the iterator declares.
        """
        check_elements(self._dtypes, self._dims, dataset.dtypes, dataset.dims)
        self.close()
        with self._lock:
            self._run_over(dataset)

    def _run_over(self, dataset: Dataset, draws: Iterable[bytes] = ()) -> None:
        self._dataset = dataset
        self._iteration = Iteration(draws)
        self._elements = dataset.elements(self._iteration)
        self._element_dtypes = dataset.dtypes
        self._given = 0

    def next(self, step: Any) -> Element:
        """Return the next element, in the forms in which programs take values.

        Raises:
          OutOfRangeError: there is none.
          FailedPreconditionError: the iterator was not initialized.
          OpError: the element could not be computed.
        """
        element = self._next(step)
        if element is None:
            raise errors.OutOfRangeError(None, None, "End of sequence")
        return tuple(map(as_program_value, element, self._element_dtypes))

    def next_or_none(self, step: Any) -> Element | None:
        """Return the next element, or None where there is none."""
        element = self._next(step)
        return (
            None if element is None else tuple(map(as_program_value, element, self._element_dtypes))
        )

    def _next(self, step: Any) -> Any:
        with self._lock:
            if self._elements is None:
                self._start("GetNext", "getting the next element")
            element = self._pull(step)
        if type(element) is Failure:
            raise element.error
        return element

    def _pull(self, step: Any) -> Any:
        """Return the next element or failure, None at the end. With the lock."""
        iteration = self._iteration
        assert iteration is not None
        assert self._elements is not None
        iteration.begin_pull(step.deadline_s)
        token = step.cancellation.register(iteration.interrupt)
        try:
            element = next(self._elements, None)
        finally:
            step.cancellation.deregister(token)
        self._given += element is not None
        return element

    def _start(self, method: str, purpose: str) -> None:
        """Begin with what a one-shot iterator runs over. With the lock.

        Args:
          method: who asks, for the error that another iterator raises.
          purpose: what for.
        """
        if self._first is None:
            raise errors.failed_precondition(
                f"{method}() failed because the iterator has not been initialized. Ensure that you "
                f"have run the initializer operation for this iterator before {purpose}."
            )
        dataset = self._first()
        check_elements(self._dtypes, self._dims, dataset.dtypes, dataset.dims)
        self._run_over(dataset)

    def saved(self) -> SerializedVariants:
        """Return where the iterator stands.

        Raises:
          FailedPreconditionError: the iterator was not initialized.
        """
        with self._lock:
            if self._elements is None:
                self._start("Save", "saving it")
            assert self._iteration is not None
            return encode_position(Position(self._given, tuple(self._iteration.draws)))

    def restore(self, position: Position, step: Any) -> None:
        """Go to where an iterator over the same dataset stood: what came before is computed again.

        Raises:
          FailedPreconditionError: the iterator was not initialized.
          CancelledError: the step ended.
        """
        with self._lock:
            if self._elements is None:
                self._start("Restore", "restoring it")
            dataset = self._dataset
        assert dataset is not None
        self.close()
        with self._lock:
            self._run_over(dataset, position.draws)
            while self._given < position.given and self._pull(step) is not None:
                step.check()

    def close(self) -> None:
        """Let go of the pipeline; work that it does ahead stops. Any thread."""
        iteration = self._iteration
        if iteration is not None:
            iteration.close()
        with self._lock:
            elements, self._elements = self._elements, None
            self._iteration = None
        if elements is not None and hasattr(elements, "close"):
            elements.close()

    def close_with_session(self) -> None:
        """Let go of the pipeline where the iterator belongs to the session that ends."""
        if self.forget is not None:
            self.forget()
            self.close()

    def destroy(self) -> None:
        """Let go of the pipeline for good."""
        self.close()

    def check(self, dtypes: Any, dims: Any) -> None:
        """Hold the declared elements against those that somebody expects.

        Raises:
          InvalidArgumentError: they differ.
        """
        check_elements(tuple(dtypes), tuple(dims), self._dtypes, self._dims)


def check_elements(dtypes: Any, dims: Any, given_dtypes: Any, given_dims: Any) -> None:
    """Hold what elements are against what they should be.

    Raises:
      InvalidArgumentError: they differ.
    """
    if not dtypes:
        return
    if len(dtypes) != len(given_dtypes):
        raise errors.invalid_argument(
            f"Number of components does not match: expected {len(dtypes)} types but got "
            f"{len(given_dtypes)}."
        )
    for index, (wanted, given) in enumerate(zip(dtypes, given_dtypes, strict=True)):
        if wanted is not given:
            raise errors.invalid_argument(
                f"Data type mismatch at component {index}: expected {dtype_text(wanted)} but got "
                f"{dtype_text(given)}."
            )
    for index, (shape, given) in enumerate(zip(dims, given_dims, strict=True)):
        if not are_compatible(shape, given):
            raise errors.invalid_argument(
                f"Incompatible shapes at component {index}: expected "
                f"{format_dims(shape, 'kernel')} but got {format_dims(given, 'kernel')}."
            )


def _declared(ctx: KernelContext) -> tuple[tuple[DType, ...], tuple[Dims, ...]]:
    return tuple(ctx.attrs["output_types"]), tuple(ctx.attrs["output_shapes"])


def _find_iterator(ctx: KernelContext, first: Callable[[], Dataset] | None = None) -> Any:
    resources = ctx.resources
    container = ctx.attrs["container"].decode() or resources.default_container
    shared_name = ctx.attrs["shared_name"].decode()
    name = shared_name or f"_{ctx.session_handle}_{ctx.node_name}"
    dtypes, dims = _declared(ctx)
    found = resources.lookup_or_create(
        _KIND,
        container,
        name,
        lambda: IteratorResource(name, container, ctx.device_name, dtypes, dims, first),
    )
    found.check(dtypes, dims)
    if not shared_name:
        found.forget = lambda: resources.delete(_KIND, container, name)
    return found


@resource_kernel("Iterator", "cpu")
@resource_kernel("IteratorV2", "cpu")
def find_iterator(ctx: KernelContext) -> Any:
    return _find_iterator(ctx)


@resource_kernel("OneShotIterator", "cpu")
def one_shot_iterator(ctx: KernelContext) -> Any:
    factory = ctx.function(ctx.attrs["dataset_factory"])

    def first() -> Dataset:
        dataset: Dataset = factory.bind((), Iteration())()[0]
        return dataset

    return _find_iterator(ctx, first)


@kernel_factory("AnonymousIterator", "cpu")
def anonymous_iterator(ctx: KernelContext) -> Any:
    dtypes, dims = _declared(ctx)

    def make() -> Any:
        return IteratorResource("", "", ctx.device_name, dtypes, dims)

    return make


@kernel("MakeIterator", "cpu")
def make_iterator(dataset: Any, iterator: Any) -> None:
    iterator.begin(dataset)


@kernel("IteratorGetNext", "cpu", aliases=True)
@kernel("IteratorGetNextSync", "cpu", aliases=True)
def iterator_get_next(iterator: Any, *, output_types: Any, output_shapes: Any, step: Any) -> Any:
    element = iterator.next(step)
    check_values(element, output_types, output_shapes)
    return element


def check_values(element: Element, dtypes: Any, dims: Any) -> None:
    """Hold an element against the declared shapes.

    Raises:
      InvalidArgumentError: a shape does not fit.
    """
    if len(element) != len(dtypes):
        raise errors.invalid_argument(
            f"Number of components does not match: expected {len(dtypes)} types but got "
            f"{len(element)}."
        )
    for index, (value, declared) in enumerate(zip(element, dims, strict=True)):
        if declared is None:
            continue
        shape = component_dims(value)
        if shape == declared:
            continue
        if len(shape) != len(declared) or any(
            want is not None and want != have for want, have in zip(declared, shape, strict=True)
        ):
            raise errors.invalid_argument(
                f"Incompatible shapes at component {index}: expected "
                f"{format_dims(declared, 'kernel')} but got {format_dims(shape, 'kernel')}."
            )


class OptionalValue:
    """A value, or none.

    Attributes:
      components: the value; None where there is none.
    """

    __slots__ = ("components",)

    def __init__(self, components: Element | None) -> None:
        self.components = components


@kernel("IteratorGetNextAsOptional", "cpu")
def iterator_get_next_as_optional(iterator: Any, *, step: Any) -> Any:
    return OptionalValue(iterator.next_or_none(step))


@kernel("OptionalNone", "cpu")
def optional_none() -> Any:
    return OptionalValue(None)


@kernel("OptionalFromValue", "cpu")
def optional_from_value(components: list[Any]) -> Any:
    return OptionalValue(tuple(components))


@kernel("OptionalHasValue", "cpu", host_outputs=("has_value",))
def optional_has_value(optional: Any) -> Any:
    return np.bool_(optional.components is not None)


@kernel("OptionalGetValue", "cpu")
def optional_get_value(optional: Any, *, output_types: Any, output_shapes: Any) -> Any:
    if optional.components is None:
        raise errors.invalid_argument("The given optional does not have a value.")
    check_values(optional.components, output_types, output_shapes)
    return optional.components


@kernel("IteratorToStringHandle", "cpu")
def iterator_to_string_handle(resource_handle: Any) -> Any:
    handle = ResourceHandleProto(
        device=resource_handle.device,
        container=resource_handle.container,
        name=resource_handle.name,
        hash_code=0,
        maybe_type_name=_TYPE_NAME,
    )
    return as_object_array([handle.SerializeToString()], ())


@kernel_factory("IteratorFromStringHandle", "cpu")
@kernel_factory("IteratorFromStringHandleV2", "cpu")
def iterator_from_string_handle(ctx: KernelContext) -> Any:
    dtypes, dims = _declared(ctx)
    resources = ctx.resources

    def find(string_handle: Any) -> Any:
        handle = ResourceHandleProto()
        try:
            handle.ParseFromString(np.ravel(string_handle)[0])
        except Exception as error:
            raise errors.invalid_argument(
                "Could not parse string_handle as a valid ResourceHandle"
            ) from error
        found = resources.lookup(_KIND, handle.container, handle.name)
        if found is None:
            raise errors.not_found(
                f"Resource {handle.container}/{handle.name}/{_TYPE_NAME} does not exist."
            )
        if dtypes:
            found.check(dtypes, dims)
        return found

    return find


@kernel("IteratorGetDevice", "cpu")
@kernel("ExperimentalIteratorGetDevice", "cpu")
def iterator_get_device(resource: Any) -> Any:
    return as_object_array([resource.device.encode()], ())


@kernel("SerializeIterator", "cpu")
def serialize_iterator(resource_handle: Any) -> Any:
    return resource_handle.saved()


@kernel("DeserializeIterator", "cpu")
def deserialize_iterator(resource_handle: Any, serialized: Any, *, step: Any) -> None:
    resource_handle.restore(decode_position(serialized), step)


@kernel("WrapDatasetVariant", "cpu")
@kernel("UnwrapDatasetVariant", "cpu")
def same_variant(input_handle: Any) -> Any:
    return input_handle


@kernel("DatasetToSingleElement", "cpu")
def dataset_to_single_element(dataset: Any) -> Any:
    elements = dataset.elements(Iteration())
    element = _whole(next(elements, None))
    if element is None:
        raise errors.invalid_argument("Dataset was empty.")
    if next(elements, None) is not None:
        raise errors.invalid_argument("Dataset had more than one element.")
    return tuple(map(as_program_value, element, dataset.dtypes))


def _whole(element: Any) -> Any:
    if type(element) is Failure:
        raise element.error
    return element


@kernel("DatasetCardinality", "cpu", host_outputs=("cardinality",))
@kernel("ExperimentalDatasetCardinality", "cpu", host_outputs=("cardinality",))
def dataset_cardinality(input_dataset: Any) -> Any:
    return np.int64(input_dataset.cardinality())


@kernel_factory("ReduceDataset", "cpu")
def reduce_dataset(ctx: KernelContext) -> Any:
    function = ctx.function(ctx.attrs["f"])
    dtypes = ctx.attrs["output_types"]

    def reduce(dataset: Any, initial_state: list[Any], captured: list[Any], *, step: Any) -> Any:
        iteration = Iteration()
        call = function.bind(captured, iteration)
        state = tuple(initial_state)
        for element in dataset.elements(iteration):
            step.check()
            state = call(*state, *_whole(element))
        return tuple(map(as_program_value, state, dtypes))

    return reduce


@kernel("DatasetToTFRecord", "cpu", host_inputs=("filename", "compression_type"))
@kernel("ExperimentalDatasetToTFRecord", "cpu", host_inputs=("filename", "compression_type"))
def dataset_to_tf_record(input_dataset: Any, filename: Any, compression_type: Any) -> None:
    path = os.fsdecode(np.ravel(filename)[0])
    compression = np.ravel(compression_type)[0].decode()
    window_bits = {"GZIP": 31, "ZLIB": 15}.get(compression)
    deflater = None if window_bits is None else zlib.compressobj(wbits=window_bits)
    with tensorflow_errors(path):
        writer = RecordWriter(open(path, "wb"), deflater)  # noqa: SIM115 - the writer closes it
        try:
            for element in input_dataset.elements(Iteration()):
                writer.write(_whole(element)[0])
        finally:
            writer.close()
