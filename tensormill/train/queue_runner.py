"""`QueueRunner`: threads that keep a queue filled.

Source: TensorFlow 1.15, python/training/queue_runner_impl.py.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any

from tensormill.graph import errors, tf_logging
from tensormill.graph.collection_protos import register_proto_function
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection
from tensormill.graph.graph import get_default_graph
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.stacks import get_default_session
from tensormill.proto.queue_runner_pb2 import QueueRunnerDef
from tensormill.session.base_session import BaseSession
from tensormill.session.input_threads import InputThread
from tensormill.train.coordinator import Coordinator, CoordinatorStop

__all__ = ["QueueRunner", "QueueRunnerDef", "add_queue_runner", "start_queue_runners"]


class QueueRunner:
    """A queue, and the operations that fill it, each run again and again by a thread of its own.

    When the operations meet the end of their input, the last of the threads closes the queue; when
    the coordinator stops, the queue is closed and what waits to be enqueued is given up.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: tuple[type[errors.OpError], ...] | None = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        """Make a queue runner.

        Args:
          queue: the queue.
          enqueue_ops: what the threads run.
          close_op: what closes the queue; by default `queue.close()`.
          cancel_op: what closes it at once; by default `queue.close(cancel_pending_enqueues=True)`.
          queue_closed_exception_types: the errors that mean the end of the input; by default
            `OutOfRangeError`.
          queue_runner_def: a message to take all that from.
          import_scope: where the names of the message are in the graph.

        Raises:
          ValueError: queue or operations are missing, or there are both they and a message.
          TypeError: `queue_closed_exception_types` is no tuple of errors.
        """
        if queue_runner_def is not None:
            if queue is not None or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._init_from_proto(queue_runner_def, import_scope)
        else:
            self._init_from_arguments(
                queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types
            )
        self._lock = threading.Lock()
        self._runs_per_session: weakref.WeakKeyDictionary[Any, int] = (
            weakref.WeakKeyDictionary()
        )  # guarded by _lock
        self._exceptions_raised: list[BaseException] = []  # guarded by _lock

    def _init_from_arguments(
        self, queue: Any, enqueue_ops: Any, close_op: Any, cancel_op: Any, closed_types: Any
    ) -> None:
        if queue is None or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        if closed_types is not None and (
            not isinstance(closed_types, tuple)
            or not closed_types
            or not all(issubclass(kind, errors.OpError) for kind in closed_types)
        ):
            raise TypeError(
                "queue_closed_exception_types, when provided, must be a tuple of tf.error types, "
                f"but saw: {closed_types}"
            )
        self._queue = queue
        self._enqueue_ops = enqueue_ops
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = (
            queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op
        )
        self._queue_closed_exception_types = closed_types or (errors.OutOfRangeError,)

    def _init_from_proto(self, proto: Any, import_scope: str | None) -> None:
        graph = get_default_graph()

        def find(name: str) -> Any:
            return graph.as_graph_element(prepend_name_scope(name, import_scope))

        self._queue = find(proto.queue_name)
        self._enqueue_ops = [find(name) for name in proto.enqueue_op_name]
        self._close_op = find(proto.close_op_name)
        self._cancel_op = find(proto.cancel_op_name)
        self._queue_closed_exception_types = tuple(
            errors.exception_type_from_error_code(code)
            for code in proto.queue_closed_exception_types
        ) or (errors.OutOfRangeError,)

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self) -> Any:
        """What the threads run."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """What closes the queue at the end of the input."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """What closes the queue when the coordinator stops."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[errors.OpError], ...]:
        """The errors that mean the end of the input."""
        return self._queue_closed_exception_types

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """What threads raised where there was no coordinator to tell."""
        return self._exceptions_raised

    @property
    def name(self) -> str:
        """The name of the queue."""
        name: str = self._queue.name
        return name

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """Return a thread for each operation, and one more that closes the queue on a stop.

        Args:
          sess: the session to run in.
          coord: the coordinator; without one, errors are collected in `exceptions_raised`.
          daemon: the process need not wait for the threads at its end. It never waits for threads
            of which all wait for others.
          start: start the threads as well.

        Returns:
          The threads; none while those of a former call run in this session.
        """
        with self._lock:
            if self._runs_per_session.get(sess, 0) > 0:
                return []
            self._runs_per_session[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        threads = self._feeders(sess, coord, is_kept=not daemon)
        made: list[threading.Thread] = [thread.thread for thread in threads]
        if coord is not None:
            feeders = [thread.thread for thread in threads]
            made.append(_Closer(self, sess, coord, feeders, is_kept=not daemon).thread)
        for thread in made:
            if coord is not None:
                coord.register_thread(thread)
            if start:
                thread.start()
        return made

    def _feeders(self, sess: Any, coord: Any, is_kept: bool) -> list[Feeder]:
        """Return what runs each operation, in a thread of its own."""
        return [Feeder(self, sess, operation, coord, is_kept) for operation in self._enqueue_ops]

    def _note_end(self, sess: Any) -> int:
        """Count a thread out; return how many are left."""
        with self._lock:
            self._runs_per_session[sess] -= 1
            return self._runs_per_session[sess]

    def _note_exception(self, error: BaseException) -> None:
        with self._lock:
            self._exceptions_raised.append(error)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return a QueueRunnerDef; None for a queue outside of `export_scope`."""
        if export_scope is not None and not self._queue.name.startswith(export_scope):
            return None
        proto = QueueRunnerDef()
        proto.queue_name = strip_name_scope(self._queue.name, export_scope)
        for operation in self._enqueue_ops:
            proto.enqueue_op_name.append(strip_name_scope(operation.name, export_scope))
        proto.close_op_name = strip_name_scope(self._close_op.name, export_scope)
        proto.cancel_op_name = strip_name_scope(self._cancel_op.name, export_scope)
        proto.queue_closed_exception_types.extend(
            errors.error_code_from_exception_type(kind)
            for kind in self._queue_closed_exception_types
        )
        return proto

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """Return the queue runner that a message tells of."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


class Feeder:
    """A thread that runs one operation until there is nothing more to enqueue."""

    def __init__(
        self, runner: QueueRunner, sess: Any, operation: Any, coord: Any, is_kept: bool
    ) -> None:
        self._runner = runner
        self._sess = sess
        self._operation = operation
        self._coord = coord
        name = f"QueueRunnerThread-{runner.name}-{operation.name}"
        self.thread = InputThread(self._feed, name, is_kept)
        self.thread.stop = self._stop

    def _stop(self) -> None:
        if self._coord is not None:
            self._coord.request_stop()
        self._sess.close()

    def _feed(self, thread: InputThread) -> None:
        runner = self._runner
        is_counted = True
        try:
            try:
                self._run_until_stop()
            except runner.queue_closed_exception_types:
                is_counted = False
                if runner._note_end(self._sess) == 0:
                    self._close()
        except Exception as error:  # noqa: BLE001 - told to the coordinator
            self._tell(error)
        finally:
            if is_counted:
                runner._note_end(self._sess)

    def _run_until_stop(self) -> None:
        coord = self._coord
        is_own = coord is None or isinstance(coord, Coordinator)
        if isinstance(self._sess, BaseSession) and is_own:
            self._sess._repeat(self._operation, CoordinatorStop(coord), self.thread)
            return
        run = self._sess.make_callable(self._operation)
        while coord is None or not coord.should_stop():
            run()

    def _close(self) -> None:
        try:
            self._sess.run(self._runner.close_op)
        except Exception as error:  # noqa: BLE001 - somebody else has closed it
            tf_logging.vlog(1, "Ignored exception: %s", error)

    def _tell(self, error: Exception) -> None:
        if isinstance(self._sess, BaseSession):
            self._sess._input_threads.note_failure(self.thread.name, error)
        if self._coord is not None:
            self._coord.request_stop(error)
            return
        self._runner._note_exception(error)
        if isinstance(self._sess, BaseSession) and self._sess._closed:
            return  # it ended because the session did
        tf_logging.error(
            "Exception in QueueRunner: %s\nThread %s does not feed queue '%s' any more; without a "
            "coordinator nobody closes the queue, and who waits for its elements waits on.",
            error,
            self.thread.name,
            self._runner.name,
        )


class _Closer:
    """A thread that closes the queue when the coordinator stops, if the session is open then.

    Whatever else the feeding threads wait for, an element of another queue or a gradient, is given
    up then: nobody may be left to bring it.
    """

    def __init__(
        self,
        runner: QueueRunner,
        sess: Any,
        coord: Any,
        feeders: Sequence[InputThread],
        is_kept: bool,
    ) -> None:
        self._runner = runner
        self._sess = sess
        self._coord = coord
        self._feeders = feeders
        self._is_over = threading.Event()
        name = f"QueueRunnerThread-{runner.name}-close_on_stop"
        self.thread = InputThread(self._close_on_stop, name, is_kept)
        self.thread.stop = self._is_over.set

    def _close_on_stop(self, thread: InputThread) -> None:
        thread.wait_begins(lambda reason: self._is_over.set())
        if isinstance(self._sess, BaseSession) and isinstance(self._coord, Coordinator):
            self._sess._input_threads.call_on_close(self._is_over.set)
            self._coord._call_on_stop(self._is_over.set)
            self._is_over.wait()
        else:
            self._coord.wait_for_stop()
        thread.wait_ends()
        if not self._coord.should_stop():
            return
        try:
            self._sess.run(self._runner.cancel_op)
        except Exception as error:  # noqa: BLE001 - the session may be closed already
            tf_logging.vlog(1, "Ignored exception: %s", error)
        for feeder in self._feeders:
            feeder.cancel_wait("The coordinator has stopped.")


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Add a queue runner to a collection of the default graph.

    Args:
      qr: the queue runner.
      collection: the collection, from which `start_queue_runners` takes it.
    """
    add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None,
    coord: Any = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Start the threads of all queue runners of a graph, and return them.

    Args:
      sess: the session; the default session when None.
      coord: the coordinator.
      daemon: the process need not wait for the threads at its end.
      start: start the threads, rather than only make them.
      collection: where the queue runners are.

    Raises:
      ValueError: there is no session.
      TypeError: `sess` is none.
    """
    if sess is None:
        sess = get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with "
                "sess.as_default()` or pass an explicit session to "
                "tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, BaseSession):
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            return []  # it starts them itself
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    with sess.graph.as_default():
        runners = get_collection(collection)
        if not runners:
            tf_logging.warning(
                "`tf.train.start_queue_runners()` was called when no queue runners were defined. "
                "You can safely remove the call to this deprecated function."
            )
        threads: list[threading.Thread] = []
        for runner in runners:
            threads += runner.create_threads(sess, coord=coord, daemon=daemon, start=start)
    return threads


register_proto_function(
    GraphKeys.QUEUE_RUNNERS, QueueRunnerDef, QueueRunner.to_proto, QueueRunner.from_proto
)
