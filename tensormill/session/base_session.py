"""`BaseSession`: what all sessions share, from fetches and feeds to the steps of a master."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from tensorboard.compat.proto import config_pb2

from tensormill.graph import errors
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.stacks import default_sessions
from tensormill.graph.tensor import Tensor
from tensormill.runtime.any_master import AnyPreparedStep, Repeatable, StopSignal, WaitObserver
from tensormill.runtime.step_options import StepOptions
from tensormill.runtime.threads import use_intra_op_threads
from tensormill.session.callables import StepCallable, fill_metadata
from tensormill.session.conversions import find_expansion
from tensormill.session.device_attributes import DeviceAttributes
from tensormill.session.feeds import as_fed_tensor, expand_feeds
from tensormill.session.fetches import FetchMapper
from tensormill.session.input_threads import InputThreads
from tensormill.session.masters import check_target, effective_config, open_master_session
from tensormill.session.partial_runs import PartialRuns
from tensormill.session.signature import Signature
from tensormill.session.tensor_handles import TensorHandle
from tensormill.session.watched_steps import WatchedSteps

__all__ = ["BaseSession", "check_arguments", "open_sessions"]


class BaseSession:
    """What all sessions share. Any number of threads may run steps at the same time."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        """Open a session.

        Args:
          target: the master to connect to; "" for one in this process.
          graph: the graph to run, the default graph when None; it may grow while the session is
            open.
          config: a ConfigProto.

        Raises:
          TypeError: an argument is of the wrong type.
          NotFoundError: no master can be reached by such a target.
        """
        self._closed = True  # until it is open
        check_arguments(target, graph, config)
        self._graph = get_default_graph() if graph is None else graph
        self._target = target.encode() if isinstance(target, str) else target
        self._config = config = effective_config(self._target.decode(), config)
        self._lock = threading.Lock()
        self._closing = threading.Lock()
        self._steps: dict[Any, AnyPreparedStep] = {}
        self._signatures: dict[Any, Signature] = {}
        self._runners: dict[Any, Callable[[Iterable[Any]], Any]] = {}
        self._partial_runs = PartialRuns(self)
        self._input_threads = InputThreads()
        self._watched_steps = WatchedSteps()
        use_intra_op_threads(config)
        self._master_session = open_master_session(self._target.decode(), self._graph, config)
        self._closed = False
        with _sessions_lock:
            _sessions.add(self)
        self._adds_shapes = config is not None and config.graph_options.infer_shapes
        self._has_default_options = config is None or not (
            config.operation_timeout_in_ms or config.graph_options.build_cost_model > 0
        )

    @property
    def graph(self) -> Graph:
        """The graph that the session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
        return self._graph.as_graph_def(add_shapes=self._adds_shapes)

    @property
    def sess_str(self) -> bytes:
        """The target of the session."""
        return self._target

    def list_devices(self) -> list[DeviceAttributes]:
        """Return the devices that steps can use.

        Raises:
          CancelledError: the session is closed.
        """
        if self._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        return [DeviceAttributes.of(device) for device in self._master_session.list_devices()]

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run one step and return the values of `fetches` in their structure.

        Args:
          fetches: a tensor, operation, name, variable, or any nesting of lists, tuples, dicts,
            named tuples and attrs instances of them. The value of an operation is None.
          feed_dict: tensor to value; the tensors are not computed but taken from here.
          options: RunOptions.
          run_metadata: a RunMetadata message that is filled in.

        Raises:
          RuntimeError: the session is closed, or its graph is empty.
          ValueError, TypeError: a fetch or feed is not one.
          OpError: the step failed.
        """
        try:
            return self._run(fetches, feed_dict, options, run_metadata)
        except errors.OutOfRangeError as error:
            self._input_threads.explain(error)
            raise

    def _run(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        key: Any = None
        if feed_dict is None:
            feed_dict = _NO_FEEDS
        if feed_dict.__class__ is dict:
            kind = fetches.__class__
            if kind is list or kind is tuple:
                key = (kind, *fetches, None, *feed_dict)
            else:
                key = (fetches, *feed_dict)
            if options is None and run_metadata is None and self._has_default_options:
                try:
                    runner = self._runners.get(key)
                except TypeError:  # a structure within the structure cannot be a key
                    runner = None
                if runner is None and not _is_flat(fetches):
                    key = _nested_key(fetches, feed_dict)
                    runner = self._runners.get(key)
                if runner is not None:
                    return runner(feed_dict.values())
        mapper, signature, values = self._prepare(key, fetches, feed_dict)
        if options is None and run_metadata is None and self._has_default_options:
            return signature.run(values, mapper.build)
        step_options = StepOptions.from_proto(options, self._config)
        if step_options.watches:
            signature = self._watched_signature(mapper, signature, step_options)
        result, outcome = signature.run_with(values, mapper.build, step_options)
        if run_metadata is not None:
            fill_metadata(run_metadata, outcome)
        return result

    def _prepare(
        self, key: Any, fetches: Any, feed_dict: Any
    ) -> tuple[FetchMapper, Signature, list[Any]]:
        """Return fetches, signature and fed values of a call; keep what a like call can use."""
        if not self._graph.version:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )
        feeds, is_simple = expand_feeds(self._graph, feed_dict)
        mapper = FetchMapper(self._graph, fetches)
        signature = self._signature(mapper, list(feeds))
        if is_simple and key is not None and (key[0] is _NESTED or _is_flat(fetches)):
            self._runners[key] = signature.bind(mapper.build)
        return mapper, signature, list(feeds.values())

    def _signature(self, mapper: FetchMapper, feeds: list[Tensor]) -> Signature:
        key = (*feeds, None, *mapper.tensors, None, *mapper.targets)
        found = self._signatures.get(key)
        if found is None:
            found = self._signatures[key] = self._make_signature(mapper, feeds)
        return found

    def _make_signature(self, mapper: FetchMapper, feeds: list[Tensor]) -> Signature:
        step_feeds = sorted(feeds, key=_creation_order)
        step_fetches = sorted((t for t in mapper.tensors if t not in feeds), key=_creation_order)
        targets = sorted(mapper.targets, key=lambda op: op._id)
        key = (*step_feeds, None, *step_fetches, None, *targets)
        step = self._steps.get(key)
        if step is None:
            with self._lock:
                step = self._steps.get(key)
                if step is None:
                    step = self._master_session.prepare(step_feeds, step_fetches, targets)
                    self._steps[key] = step
        return Signature(step, step_feeds, step_fetches, feeds, mapper.tensors, self._wrap_result)

    def _watched_signature(
        self, mapper: FetchMapper, plain: Signature, options: StepOptions
    ) -> Signature:
        """Return the signature of a step that shows tensors to a debugger; it is not kept."""
        step_feeds, step_fetches, feeds = plain.tensors
        targets = sorted(mapper.targets, key=lambda op: op._id)
        self._watched_steps.begin(options.message, step_feeds, step_fetches, targets)
        step = self._master_session.prepare_watched(
            step_feeds, step_fetches, targets, options.watches
        )
        return Signature(step, step_feeds, step_fetches, feeds, mapper.tensors, self._wrap_result)

    def _wrap_result(self, tensor: Tensor, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return `convert`, or what makes a TensorHandle of the handle of a kept tensor."""
        if tensor.op.type != "GetSessionHandle":
            return convert
        tensors = self._master_session.session_tensors()
        if tensors is None:
            return convert
        dtype = tensor.op.input_tensors[0].dtype.base_dtype
        return lambda value: TensorHandle(convert(value).decode(), dtype, tensors)

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """Return a function that runs `fetches`, with the values of `feed_list` as its arguments.

        Args:
          fetches: as for `run`; the structure is read once, here.
          feed_list: the tensors whose values the function takes.
          accept_options: not needed: the function takes `options` and `run_metadata` by keyword
            in any case.

        Raises:
          CancelledError: the session is closed.
          TypeError: `feed_list` is no list.
        """
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError(
                f"Argument `feed_list` must be a list or tuple. Received: feed_list={feed_list}"
            )
        if self._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        keys = list(feed_list or ())
        feeds = [as_fed_tensor(self._graph, key) for key in keys]
        mapper = FetchMapper(self._graph, fetches)
        run = self._signature(mapper, feeds).bind(mapper.build)
        count = len(keys)
        is_direct = self._has_default_options and len(set(feeds)) == count

        def run_callable(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            if is_direct and len(values) == count and options is None and run_metadata is None:
                try:
                    return run(values)
                except errors.OutOfRangeError as error:
                    self._input_threads.explain(error)
                    raise
            feed_dict = dict(zip(keys, values, strict=False))
            return self.run(fetches, feed_dict, options, run_metadata)

        return run_callable

    def _make_callable_from_options(self, callable_options: Any) -> StepCallable:
        """Return what runs the step that a CallableOptions message describes."""
        if self._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        return StepCallable(self, callable_options)

    def _repeat(self, fetches: Any, stop: StopSignal, waits: WaitObserver) -> None:
        """Run fetches again and again until they are to stop, without their values.

        Args:
          fetches: as for `run`.
          stop: says when to stop.
          waits: told when a step begins to wait, and when it goes on.

        Raises:
          OpError: a step failed.
        """
        if self._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        step = self._signature(FetchMapper(self._graph, fetches), []).step
        if self._has_default_options and isinstance(step, Repeatable):
            step.repeat(stop, waits)
            return
        run = self.make_callable(fetches)
        while not stop.should_stop():
            waits.wait_begins(_ignore)  # for all that is known here
            try:
                run()
            finally:
                waits.wait_ends()

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> str:
        """Start a step that is fed and fetched in several calls of `partial_run`.

        Args:
          fetches: everything that will be fetched, and operations to run.
          feeds: everything that will be fed; each feed and fetch can be used once.

        Returns:
          A handle of the step.

        Raises:
          RuntimeError: the session is closed.
          InvalidArgumentError: nothing is to be fetched or run.
        """
        return self._partial_runs.set_up(fetches, feeds)

    def partial_run(self, handle: str, fetches: Any, feed_dict: Any = None) -> Any:
        """Feed some tensors of a step of `partial_run_setup`, and return the values of `fetches`.

        Raises:
          InvalidArgumentError: the step is over, a feed or fetch is used twice or was not
            announced, or a fetch needs what is not fed yet.
          RuntimeError: the session is closed, or an operation is fetched.
        """
        return self._partial_runs.run(handle, fetches, feed_dict)

    def close(self) -> None:
        """Cancel running steps, wait for them, and let go of everything the session holds."""
        # Not under `_lock`: a step that is prepared may wait for a task, and is ended here.
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._input_threads.close()
        self._master_session.close()
        with self._lock:
            for cache in (self._runners, self._signatures, self._steps):
                cache.clear()

    def as_default(self) -> Any:
        """Return a context manager that makes this the default session, without closing it."""
        return default_sessions.pushed(self)


def _ignore(reason: str) -> None:
    """Stand for what cancels a step where nothing does but its session."""


_sessions_lock = threading.Lock()
_sessions: weakref.WeakSet[BaseSession] = weakref.WeakSet()  # guarded by _sessions_lock
_NO_FEEDS: dict[Any, Any] = {}
_LEAVES = (Tensor, Operation, str)
_NESTED = object()


def _is_flat(fetches: Any) -> bool:
    """Return whether equal keys in `run` mean equal fetches: one leaf, or a plain list of them."""
    if type(fetches) in (list, tuple):
        return all(_is_leaf(item) for item in fetches)
    return _is_leaf(fetches)


def _is_leaf(fetch: Any) -> bool:
    kind = type(fetch)
    return kind in _LEAVES or (hasattr(kind, "_as_graph_element") and not find_expansion(fetch))


def _nested_key(fetches: Any, feed_dict: dict[Any, Any]) -> tuple[Any, ...] | None:
    """Return what is equal for calls with equal nested fetches, or None for other types."""
    try:
        return (_NESTED, _structure_key(fetches), *feed_dict)
    except TypeError:
        return None


def _structure_key(fetches: Any) -> Any:
    kind = type(fetches)
    if kind is list or kind is tuple:
        return (kind, *map(_structure_key, fetches))
    if kind is dict:
        return (kind, tuple(fetches), *map(_structure_key, fetches.values()))
    if not _is_leaf(fetches):
        raise TypeError
    return fetches


def _creation_order(tensor: Tensor) -> tuple[int, int]:
    return (tensor.op._id, tensor.value_index)


def open_sessions() -> list[BaseSession]:
    """Return the sessions of this process that are open."""
    with _sessions_lock:
        return [session for session in _sessions if not session._closed]


def check_arguments(target: Any, graph: Any, config: Any) -> None:
    """Check what a session is opened with.

    Raises:
      TypeError: an argument is of the wrong type.
      NotFoundError: no master can be reached by such a target.
    """
    if not isinstance(target, (str, bytes)):
        raise TypeError(f"target must be a string, but got {type(target)}")
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
    if config is not None and not isinstance(config, config_pb2.ConfigProto):
        raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
    check_target(target.decode() if isinstance(target, bytes) else target)
