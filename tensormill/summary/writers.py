"""Writers of summaries that a graph writes by itself: `tf.contrib.summary.create_file_writer`.

Source: TensorFlow 1.15, python/ops/summary_ops_v2.py.
"""

from __future__ import annotations

import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import (
    add_to_collection,
    control_dependencies,
    device,
    get_collection,
    init_scope,
    name_scope,
)
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op, placeholder
from tensormill.ops.identities import identity
from tensormill.ops.summary_writers import (
    close_summary_writer_op,
    create_summary_file_writer_op,
    flush_summary_writer_op,
    import_event_op,
    summary_writer_op,
    write_graph_summary_op,
)
from tensormill.summary.default_writer import defaults

__all__ = [
    "NoopSummaryWriter",
    "ResourceSummaryWriter",
    "SummaryWriter",
    "create_file_writer",
    "create_file_writer_v2",
    "create_noop_writer",
    "create_summary_file_writer",
    "eval_dir",
    "flush",
    "import_event",
    "initialize",
    "summary_writer_initializer_op",
    "write_graph",
]

_INITIALIZERS = "_SUMMARY_WRITER_V2"
_MAX_QUEUE = 10
_FLUSH_MILLIS = 2 * 60 * 1000
_SUFFIX = ".v2"
_numbers = itertools.count()


class SummaryWriter(ABC):
    """What summaries can be written to."""

    @abstractmethod
    def set_as_default(self) -> None:
        """Let summaries that are made in this thread from now on go to this writer."""

    @abstractmethod
    def as_default(self) -> Any:
        """Let the summaries that are made in a block go to this writer."""

    def init(self) -> Any:
        """Return an operation that opens the writer."""
        raise NotImplementedError

    def flush(self) -> Any:
        """Return an operation that hands what was written to the operating system."""
        raise NotImplementedError

    def close(self) -> Any:
        """Return an operation that writes the rest and closes the writer."""
        raise NotImplementedError


class ResourceSummaryWriter(SummaryWriter):
    """A writer behind a handle, which a task keeps by its shared name.

    Args:
      shared_name: finds the same writer in other graphs.
      init_op_fn: makes the operation that opens it, from its handle.
      name: of the operation of the handle.
      v2: `init` returns the operation that is there already, in place of a new one.
    """

    def __init__(
        self,
        shared_name: str | None,
        init_op_fn: Callable[[Tensor], Operation],
        name: str | None = None,
        v2: bool = False,
    ) -> None:
        self._resource: Tensor = summary_writer_op(shared_name=shared_name or "", name=name)
        self._init_op_fn = init_op_fn
        self._init_op = init_op_fn(self._resource)
        self._v2 = v2
        add_to_collection(_INITIALIZERS, self._init_op)

    def set_as_default(self) -> None:
        """Let summaries that are made in this thread from now on go to this writer."""
        defaults.writer = self

    @contextmanager
    def as_default(self) -> Iterator[ResourceSummaryWriter]:
        """Let the summaries that are made in a block go to this writer."""
        before, defaults.writer = defaults.writer, self
        try:
            yield self
            self.flush()
        finally:
            defaults.writer = before

    def init(self) -> Operation:
        """Return an operation that opens the writer, unless it is open."""
        return self._init_op if self._v2 else self._init_op_fn(self._resource)

    def flush(self) -> Operation:
        """Return an operation that hands what was written to the operating system."""
        return flush(writer=self)

    def close(self) -> Operation:
        """Return an operation that writes the rest and closes the writer."""
        with control_dependencies([self.flush()]), device("cpu:0"):
            return close_summary_writer_op.make(self._resource)


class NoopSummaryWriter(SummaryWriter):
    """A writer that writes nothing."""

    def set_as_default(self) -> None:
        """Do nothing."""

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """Do nothing."""
        yield

    def init(self) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def create_noop_writer() -> NoopSummaryWriter:
    """Return a writer that writes nothing."""
    return NoopSummaryWriter()


def create_file_writer(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
) -> SummaryWriter:
    """Return a writer into an event file of a folder (`tf.contrib.summary`).

    Args:
      logdir: the folder; None for a writer that writes nothing.
      max_queue: how many summaries may wait for the file to be flushed, 10 by default.
      flush_millis: how long one may wait, two minutes by default.
      filename_suffix: ends the name of the file, ".v2" by default.
      name: the shared name, by default that of the folder: writers of one name are one.
    """
    if logdir is None:
        return NoopSummaryWriter()
    logdir = str(logdir)
    with device("cpu:0"):
        return ResourceSummaryWriter(
            shared_name=f"logdir:{logdir}" if name is None else name,
            init_op_fn=partial(
                create_summary_file_writer_op.make,
                logdir=logdir,
                max_queue=constant(_MAX_QUEUE) if max_queue is None else max_queue,
                flush_millis=constant(_FLUSH_MILLIS) if flush_millis is None else flush_millis,
                filename_suffix=constant(_SUFFIX) if filename_suffix is None else filename_suffix,
            ),
        )


create_summary_file_writer = create_file_writer


def create_file_writer_v2(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
) -> SummaryWriter:
    """Return a writer into an event file of its own (`tf.compat.v2.summary`).

    Args:
      logdir: the folder.
      max_queue: how many summaries may wait for the file to be flushed, 10 by default.
      flush_millis: how long one may wait, two minutes by default.
      filename_suffix: ends the name of the file, ".v2" by default.
      name: of the operation.

    Raises:
      ValueError: there is no folder.
    """
    if logdir is None:
        raise ValueError("logdir cannot be None")
    with name_scope(name, "create_file_writer") as scope, device("cpu:0"), init_scope():
        folder = convert_to_tensor(logdir, dtype=dtypes.string)
        most = constant(_MAX_QUEUE) if max_queue is None else max_queue
        millis = constant(_FLUSH_MILLIS) if flush_millis is None else flush_millis
        ending = constant(_SUFFIX) if filename_suffix is None else filename_suffix
        # No other writer of the machine makes a file of that name.
        own = constant(f".{os.getpid()}.{next(_numbers)}")
        return ResourceSummaryWriter(
            shared_name=scope.rstrip("/"),
            init_op_fn=partial(
                create_summary_file_writer_op.make,
                logdir=folder,
                max_queue=most,
                flush_millis=millis,
                filename_suffix=own + ending,
            ),
            name=name,
            v2=True,
        )


def summary_writer_initializer_op() -> list[Operation]:
    """Return the operations that open the writers of the default graph."""
    return get_collection(_INITIALIZERS)


def initialize(graph: Any = None, session: Any = None) -> None:
    """Open the writers of the default graph, and write a graph to the default one.

    Args:
      graph: a Graph or GraphDef to write, or None.
      session: runs it, by default the default session.

    Raises:
      RuntimeError: there is no default writer.
      ValueError: there is no session.
    """
    if defaults.writer is None:
        raise RuntimeError("No default tf.contrib.summary.SummaryWriter found")
    if session is None:
        session = get_default_session()
    if session is None:
        raise ValueError("session must be passed if no default session exists")
    session.run(summary_writer_initializer_op())
    if graph is not None:
        shown = graph.as_graph_def(add_shapes=True) if isinstance(graph, Graph) else graph
        given = placeholder(dtypes.string)
        writing = write_graph(given, lambda: constant(0, dtypes.int64))
        session.run(writing, feed_dict={given: shown.SerializeToString()})


def write_graph(param: Any, step: Callable[[], Any], name: str | None = None) -> Operation:
    """Return an operation that writes a graph to the default writer; nothing where there is none.

    Args:
      param: a string tensor, a serialized GraphDef.
      step: makes the step, an int64 scalar.
      name: of the operation.

    Raises:
      TypeError: `param` is no tensor.
    """
    if not isinstance(param, Tensor):
        raise TypeError(
            f"graph() needs a tf.Tensor (e.g. tf.placeholder) in graph mode, but was: {type(param)}"
        )
    writer = defaults.writer
    if writer is None:
        return no_op.make()
    with device("cpu:0"):
        content = identity(param)
        return write_graph_summary_op.make(writer._resource, step(), content, name=name)


def import_event(tensor: Any, name: str | None = None) -> Operation:
    """Return an operation that writes a serialized Event message to the default writer.

    Args:
      tensor: string scalar.
      name: of the operation.
    """
    return import_event_op.make(defaults.writer._resource, tensor, name=name)


def flush(writer: Any = None, name: str | None = None) -> Operation:
    """Return an operation that hands what was written to the operating system.

    Args:
      writer: a SummaryWriter or its handle, by default the default writer.
      name: of the operation.
    """
    writer = defaults.writer if writer is None else writer
    if writer is None:
        return no_op.make()
    resource = writer._resource if isinstance(writer, ResourceSummaryWriter) else writer
    with device("cpu:0"):
        return flush_summary_writer_op.make(resource, name=name)


def eval_dir(model_dir: str, name: str | None = None) -> str:
    """Return the folder for the summaries of an evaluation."""
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")
