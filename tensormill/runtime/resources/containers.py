"""Resource containers: the state of a task by container, kind and name."""

from __future__ import annotations

import itertools
import re
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.runtime.resources.accumulator import Accumulator
from tensormill.runtime.resources.barrier import Barrier
from tensormill.runtime.resources.batching import Batcher, Gatherer, Task, Unbatcher
from tensormill.runtime.resources.collective import Collectives
from tensormill.runtime.resources.lookup_table import DenseTable, LookupTable, MutableTable
from tensormill.runtime.resources.mutex import Mutex
from tensormill.runtime.resources.queue import Queue, QueueSpec
from tensormill.runtime.resources.reader import Reader
from tensormill.runtime.resources.reader_sources import (
    DatabaseSource,
    FixedLengthSource,
    IdentitySource,
    RecordFileSource,
    Source,
    TextLineSource,
    WholeFileSource,
)
from tensormill.runtime.resources.session_tensors import SessionTensors
from tensormill.runtime.resources.staging import MapStagingArea, StagingArea
from tensormill.runtime.resources.summary_writer import SummaryWriterHandle
from tensormill.runtime.resources.tree_ensemble import Slot
from tensormill.runtime.resources.variable import VariableBuffer, VariableHandle

__all__ = ["DEFAULT_CONTAINER", "ResourceContainers", "resource_name"]

DEFAULT_CONTAINER = "localhost"

Resource = TypeVar("Resource")

_CONTAINER = re.compile(r"[A-Za-z0-9.][A-Za-z0-9./-]*")
_private_numbers = itertools.count()


def resource_name(container: str, shared_name: str, node_name: str) -> tuple[str, bool]:
    """Return the name of a node's resource, and whether it is the node's own.

    Args:
      container: the attribute `container`.
      shared_name: the attribute `shared_name`.
      node_name: the name of the node.

    Raises:
      InvalidArgumentError: `container` or `shared_name` cannot be one.

    Source: TensorFlow 1.15, core/framework/resource_mgr.cc.
    """
    if container and not _CONTAINER.fullmatch(container):
        raise errors.invalid_argument(f"container contains invalid characters: {container}")
    if shared_name.startswith("_"):
        raise errors.invalid_argument(f"shared_name cannot start with '_':{shared_name}")
    if shared_name:
        return shared_name, False
    return f"_{next(_private_numbers)}_{node_name}", True


_READER_SOURCES: dict[str, Callable[..., Source]] = {
    "FixedLengthRecordReader": FixedLengthSource,
    "IdentityReader": IdentitySource,
    "LMDBReader": DatabaseSource,
    "TFRecordReader": RecordFileSource,
    "TextLineReader": TextLineSource,
    "WholeFileReader": WholeFileSource,
}


class ResourceContainers:
    """All resources of a task; kernels reach them through their context.

    Attributes:
      default_container: where resources are whose nodes name no container; TensorFlow calls it
        after the job of the task.
    """

    def __init__(self, default_container: str = DEFAULT_CONTAINER) -> None:
        self.default_container = default_container
        self._lock = threading.Lock()
        self._resources: dict[tuple[str, str, str], Any] = {}  # guarded by _lock
        self._private: weakref.WeakSet[Queue] = weakref.WeakSet()  # guarded by _lock

    def lookup_or_create(
        self, kind: str, container: str, name: str, make: Callable[[], Resource]
    ) -> Resource:
        """Return the resource of that kind, container and name.

        Where there is none yet, `make` makes it.
        """
        key = (container or self.default_container, kind, name)
        with self._lock:
            found = self._resources.get(key)
            if found is None:
                found = self._resources[key] = make()
            return found

    def lookup(self, kind: str, container: str, name: str) -> Any:
        """Return a resource, or None."""
        with self._lock:
            return self._resources.get((container or self.default_container, kind, name))

    def delete(self, kind: str, container: str, name: str) -> bool:
        """Forget a resource; return whether it was there."""
        with self._lock:
            return (
                self._resources.pop((container or self.default_container, kind, name), None)
                is not None
            )

    def entries(self) -> list[tuple[str, str, str, Any]]:
        """Return container, kind and name of every resource, and the resource."""
        with self._lock:
            return [(*key, resource) for key, resource in self._resources.items()]

    def private_queues(self) -> list[Queue]:
        """Return the queues that belong to single nodes."""
        with self._lock:
            return list(self._private)

    def clear(self, containers: Iterable[str] = ()) -> None:
        """Forget the resources of some containers; of all of them where none is named.

        Variables lose their values, since plans may hold on to their buffers.
        """
        named = set(containers)
        with self._lock:
            keys = [k for k in self._resources if not named or k[0] in named]
            forgotten = [self._resources.pop(key) for key in keys]
        for resource in forgotten:
            if isinstance(resource, VariableBuffer):
                with resource.lock:
                    resource.value = None

    def reset(self, containers: Iterable[str] = ()) -> None:
        """Forget the resources of some containers; of the default one where none is named."""
        self.clear(list(containers) or [self.default_container])

    def variable(self, container: str, name: str, dtype: DType, dims: Dims) -> VariableBuffer:
        """Return the buffer of a variable."""
        return self.lookup_or_create(
            "variable",
            container,
            name,
            lambda: VariableBuffer(name, container or self.default_container, dtype, dims),
        )

    def variable_handle(
        self, container: str, name: str, dtype: DType, dims: Dims
    ) -> VariableHandle:
        """Return a handle of a resource variable, which need not exist yet."""
        return VariableHandle(self, container or self.default_container, name, dtype, dims)

    def queue(self, container: str, shared_name: str, node_name: str, **spec: Any) -> Queue:
        """Return the queue of a node: a shared one if it has a `shared_name`, else its own.

        Args:
          container: the attribute of the node.
          shared_name: the attribute of the node.
          node_name: the name of the node.
          **spec: what the queue is like, the fields of a `QueueSpec`.

        Raises:
          InvalidArgumentError: the shared queue is another one, or there can be no such queue.
        """
        wanted = QueueSpec(**spec)
        name, is_private = resource_name(container, shared_name, node_name)
        wanted.check(name)
        container = container or self.default_container
        if is_private:
            made = Queue(container, name, wanted)
            with self._lock:
                self._private.add(made)
            return made
        found = self.lookup_or_create(
            "queue", container, name, lambda: Queue(container, name, wanted)
        )
        found.spec.check_matches(wanted, name)
        return found

    def accumulator(
        self, container: str, shared_name: str, node_name: str, **options: Any
    ) -> Accumulator:
        """Return the accumulator of a node, shared if it has a `shared_name`, else its own.

        Args:
          container: the attribute of the node.
          shared_name: the attribute of the node.
          node_name: the name of the node.
          **options: the other arguments of `Accumulator`.

        Raises:
          InvalidArgumentError: the shared one holds other gradients, or there can be none.
        """
        name, is_private = resource_name(container, shared_name, node_name)
        container = container or self.default_container
        if is_private:
            return Accumulator(container, name, **options)
        found = self.lookup_or_create(
            "accumulator", container, name, lambda: Accumulator(container, name, **options)
        )
        found.check(options["dtype"], options["is_sparse"])
        return found

    def staging_area(
        self,
        container: str,
        shared_name: str,
        node_name: str,
        capacity: int,
        memory_limit_bytes: int,
        is_ordered: bool | None = None,
    ) -> StagingArea | MapStagingArea:
        """Return a staging area, by its shared name or else by that of the node.

        Args:
          container: the attribute of the node.
          shared_name: the attribute of the node.
          node_name: the name of the node.
          capacity: how many elements fit; 0 for any number.
          memory_limit_bytes: how many bytes fit; 0 for any number.
          is_ordered: for one by key, whether the smallest key leaves first; None for a list.
        """
        name = shared_name or node_name
        resource_name(container, name, node_name)

        def make() -> StagingArea | MapStagingArea:
            if is_ordered is None:
                return StagingArea(capacity, memory_limit_bytes)
            return MapStagingArea(capacity, memory_limit_bytes, is_ordered)

        kind = "staging area" if is_ordered is None else "map staging area"
        return self.lookup_or_create(kind, container, name, make)

    def reader(
        self, container: str, shared_name: str, node_name: str, kind: str, **options: Any
    ) -> Reader:
        """Return the reader of a node: a shared one if it has a `shared_name`, else its own.

        Args:
          container: the attribute of the node.
          shared_name: the attribute of the node.
          node_name: the name of the node.
          kind: its op type without a generation, such as "TextLineReader".
          **options: what its source takes.

        Raises:
          InvalidArgumentError: the shared reader is of another kind.
        """
        name, is_private = resource_name(container, shared_name, node_name)
        container = container or self.default_container

        def make() -> Reader:
            return Reader(container, name, kind, node_name, _READER_SOURCES[kind](**options))

        if is_private:
            return make()
        found = self.lookup_or_create("reader", container, name, make)
        if found.kind != kind:
            raise errors.invalid_argument(f"Expected {kind}, found {found.kind}")
        return found

    def lookup_table(
        self,
        container: str,
        shared_name: str,
        key_dtype: DType,
        value_dtype: DType,
        value_dims: Dims = (),
        is_mutable: bool = False,
    ) -> LookupTable:
        """Return a lookup table: that of a name, or a new one for a node of its own."""
        kind = MutableTable if is_mutable else LookupTable
        return self._table(container, shared_name, lambda: kind(key_dtype, value_dtype, value_dims))

    def dense_table(self, container: str, shared_name: str, *options: Any) -> LookupTable:
        """Return a table with an empty and a deleted key (see `DenseTable`)."""
        return self._table(container, shared_name, lambda: DenseTable(*options))

    def _table(
        self, container: str, shared_name: str, make: Callable[[], LookupTable]
    ) -> LookupTable:
        if not shared_name:
            return make()
        return self.lookup_or_create("lookup table", container, shared_name, make)

    def barrier(
        self,
        container: str,
        shared_name: str,
        node_name: str,
        dtypes: Sequence[DType],
        dims: Sequence[Dims],
    ) -> Barrier:
        """Return the barrier of a node: a shared one if it has a `shared_name`, else its own.

        Raises:
          InvalidArgumentError: the shared one has other components.
        """
        name, is_private = resource_name(container, shared_name, node_name)
        container = container or self.default_container
        if is_private:
            return Barrier(container, name, dtypes, dims)
        found = self.lookup_or_create(
            "barrier", container, name, lambda: Barrier(container, name, dtypes, dims)
        )
        found.check_matches(dtypes, dims)
        return found

    def mutex(self, container: str, shared_name: str, node_name: str) -> Mutex:
        """Return the mutex of a node: a shared one if it has a `shared_name`, else its own."""
        name, is_private = resource_name(container, shared_name, node_name)
        if is_private:
            return Mutex()
        return self.lookup_or_create("mutex", container, name, Mutex)

    def summary_writer(
        self, container: str, shared_name: str, node_name: str
    ) -> SummaryWriterHandle:
        """Return the handle of a writer of summaries, which need not exist yet.

        Args:
          container: the attribute of the node.
          shared_name: the attribute of the node; writers of one name are one.
          node_name: the name of the node.

        Raises:
          InvalidArgumentError: there can be no such container.
        """
        name, _ = resource_name(container, shared_name, node_name)
        return SummaryWriterHandle(self, container or self.default_container, name)

    def slot(self, container: str, shared_name: str, node_name: str, kind: str) -> Slot:
        """Return the handle of an ensemble of trees or the like, which need not exist yet."""
        name, _ = resource_name(container, shared_name, node_name)
        return Slot(self, container or self.default_container, name, kind)

    def collectives(self) -> Collectives:
        """Return where the devices of the task meet."""
        return self.lookup_or_create("collectives", "", "", Collectives)

    def batcher(
        self,
        container: str,
        shared_name: str,
        node_name: str,
        most_rows: int,
        timeout_s: float,
        compute: Callable[[list[Task]], Sequence[Any]],
    ) -> Batcher:
        """Return what puts steps together (see `Batcher`): of a shared name, or of a node."""
        return self._batching(
            container, shared_name or node_name, lambda: Batcher(most_rows, timeout_s, compute)
        )

    def unbatcher(
        self, container: str, shared_name: str, node_name: str, timeout_s: float
    ) -> Unbatcher:
        """Return what gives steps their parts of a batch: of a shared name, or of a node."""
        return self._batching(container, shared_name or node_name, lambda: Unbatcher(timeout_s))

    def gatherer(self, container: str, shared_name: str, node_name: str) -> Gatherer:
        """Return what collects the parts of a batch from steps: of a shared name, or of a node."""
        return self._batching(container, shared_name or node_name, Gatherer)

    def _batching(self, container: str, name: str, make: Callable[[], Resource]) -> Resource:
        resource_name(container, name, name)
        return self.lookup_or_create("batching", container, name, make)

    def session_tensors(self, session_handle: str) -> SessionTensors:
        """Return the tensors that a session keeps between its steps."""
        return self.lookup_or_create("session tensors", session_handle, "", SessionTensors)

    @staticmethod
    def new_buffer(name: str, dtype: DType, dims: Dims) -> VariableBuffer:
        """Return a buffer that is in no container."""
        return VariableBuffer(name, DEFAULT_CONTAINER, dtype, dims)
