"""Sessions around sessions, which decide before each step what it shows and look at it after.

Source: TensorFlow 1.15, python/debug/wrappers/framework.py, dumping_wrapper.py.
"""

from __future__ import annotations

import abc
import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self

from tensorboard.compat.proto.config_pb2 import RunMetadata, RunOptions
from tensorboard.compat.proto.event_pb2 import Event

from tensormill.debugger.datum import METADATA_FILE_PREFIX
from tensormill.debugger.watches import watch_graph
from tensormill.graph import errors, nest
from tensormill.graph.stacks import default_sessions
from tensormill.session.base_session import BaseSession
from tensormill.train.monitored.monitored_session import MonitoredSession

__all__ = ["BaseDebugWrapperSession", "DumpingDebugWrapperSession", "RunPlan", "WatchOptions"]


class WatchOptions:
    """What of a step is seen; what a `watch_fn` returns. See `watches.watch_graph`."""

    def __init__(
        self,
        debug_ops: Sequence[str] | None = None,
        node_name_regex_whitelist: str | None = None,
        op_type_regex_whitelist: str | None = None,
        tensor_dtype_regex_whitelist: str | None = None,
        tolerate_debug_op_creation_failures: bool = False,
    ) -> None:
        self.debug_ops = debug_ops or ["DebugIdentity"]
        self.node_name_regex_whitelist = node_name_regex_whitelist
        self.op_type_regex_whitelist = op_type_regex_whitelist
        self.tensor_dtype_regex_whitelist = tensor_dtype_regex_whitelist
        self.tolerate_debug_op_creation_failures = tolerate_debug_op_creation_failures

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"WatchOptions({fields})"


@dataclass
class RunPlan:
    """How a step is to run.

    Attributes:
      urls: where its tensors are written to; empty for a step that shows nothing.
      options: which tensors.
      is_traced: whether its times are taken.
    """

    urls: Sequence[str] = ()
    options: WatchOptions = field(default_factory=WatchOptions)
    is_traced: bool = False


class BaseDebugWrapperSession(abc.ABC):
    """A session around another.

    Args:
      sess: the session: a `tf.Session` or a `tf.train.MonitoredSession`.
      thread_name_filter: a regular expression: in threads of other names, steps run as they are.
      pass_through_operrors: raise errors of steps; else they are what the step returns.

    Raises:
      TypeError: `sess` is of another class.
    """

    def __init__(
        self, sess: Any, thread_name_filter: str | None = None, pass_through_operrors: bool = False
    ) -> None:
        if not isinstance(sess, (BaseSession, MonitoredSession)):
            raise TypeError(
                f"Expected a tf.Session or a tf.train.MonitoredSession, got {type(sess).__name__}"
            )
        self._sess: Any = sess
        self._threads = re.compile(thread_name_filter) if thread_name_filter else None
        self._pass_through_operrors = pass_through_operrors
        self._run_call_count = 0
        self._context: AbstractContextManager[Any] | None = None

    @abc.abstractmethod
    def plan_run(self, fetches: Any, feed_dict: Any) -> RunPlan:
        """Say how a step is to run, before it does."""

    @abc.abstractmethod
    def look_at(self, plan: RunPlan, metadata: Any, error: errors.OpError | None) -> None:
        """Look at what a step has shown, after it ran or failed."""

    @property
    def graph(self) -> Any:
        """The graph of the session inside."""
        return self._sess.graph

    @property
    def graph_def(self) -> Any:
        """The graph of the session inside, as a GraphDef."""
        return self._sess.graph_def

    @property
    def sess_str(self) -> Any:
        """The target of the session inside."""
        return self._sess.sess_str

    @property
    def session(self) -> Any:
        """The session inside."""
        return self._sess

    @property
    def run_call_count(self) -> int:
        """How many steps were run."""
        return self._run_call_count

    def increment_run_call_count(self) -> None:
        """Count a step."""
        self._run_call_count += 1

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run a step; see `tf.Session.run`."""

        def run_inside(options: Any, run_metadata: Any) -> Any:
            return self._sess.run(
                fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
            )

        return self._run(fetches, feed_dict, run_inside, options, run_metadata)

    def _run(
        self,
        fetches: Any,
        feed_dict: Any,
        run: Callable[[Any, Any], Any],
        options: Any,
        run_metadata: Any,
    ) -> Any:
        self.increment_run_call_count()
        is_empty = nest.is_nested(fetches) and not nest.flatten(fetches)
        name = threading.current_thread().name
        if is_empty or (self._threads is not None and not self._threads.match(name)):
            return run(options, run_metadata)
        plan = self.plan_run(fetches, feed_dict)
        if not plan.urls and not plan.is_traced:
            return run(options, run_metadata)
        options = RunOptions.FromString(options.SerializeToString()) if options else RunOptions()
        run_metadata = run_metadata if run_metadata is not None else RunMetadata()
        if plan.is_traced:
            options.trace_level = RunOptions.FULL_TRACE
        if plan.urls:
            options.output_partition_graphs = True
            watch_graph(
                options,
                self.graph,
                plan.options.debug_ops,
                plan.urls,
                plan.options.node_name_regex_whitelist,
                plan.options.op_type_regex_whitelist,
                plan.options.tensor_dtype_regex_whitelist,
            )
        error = None
        try:
            values = run(options, run_metadata)
        except errors.OpError as failure:
            if self._pass_through_operrors:
                raise
            values = error = failure
        self.look_at(plan, run_metadata, error)
        return values

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """Return a function that runs `fetches`; see `tf.Session.make_callable`."""
        keys = list(feed_list or ())

        def runner(*args: Any, options: Any = None, run_metadata: Any = None) -> Any:
            feed_dict = dict(zip(keys, args, strict=True))
            return self.run(fetches, feed_dict, options, run_metadata)

        return runner

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Call a function with the session inside; see `tf.train.MonitoredSession`."""
        return step_fn(self._sess.make_step_context())

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Start a step that is fed in parts; nothing of it is shown."""
        return self._sess.partial_run_setup(fetches, feeds)

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Go on with a step that is fed in parts."""
        return self._sess.partial_run(handle, fetches, feed_dict)

    def list_devices(self, *args: Any, **kwargs: Any) -> Any:
        """Return the devices of the session inside."""
        return self._sess.list_devices(*args, **kwargs)

    def reset(self, *args: Any, **kwargs: Any) -> Any:
        """Reset the containers of the session inside."""
        return self._sess.reset(*args, **kwargs)

    def as_default(self) -> AbstractContextManager[Any]:
        """Return a context manager that makes this the default session."""
        return default_sessions.pushed(self)

    def __enter__(self) -> Self:
        if self._context is None:
            self._context = self.as_default()
        self._context.__enter__()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        assert self._context is not None
        context, self._context = self._context, None
        context.__exit__(*exc_info)

    def close(self) -> None:
        """Close the session inside."""
        self._sess.close()

    def should_stop(self) -> bool:
        """Return whether the monitored session inside should stop.

        Raises:
          ValueError: it is no monitored session.
        """
        if not hasattr(self._sess, "should_stop"):
            raise ValueError(
                f"The wrapped session {self._sess!r} does not have a method called 'should_stop'. "
                "Do you intend to wrap a tf.MonitoredSession instead?"
            )
        stops: bool = self._sess.should_stop()
        return stops


def new_folder(path: str, name: str) -> str:
    """Return a path where a folder can be filled.

    Raises:
      ValueError: there is a file, or a folder that is not empty.
    """
    path = os.path.expanduser(path)
    if os.path.isfile(path):
        raise ValueError(f"{name} path points to a file: {path}")
    if os.path.isdir(path) and os.listdir(path):
        raise ValueError(f"{name} path points to a non-empty directory: {path}")
    return path


class DumpingDebugWrapperSession(BaseDebugWrapperSession):
    """A session that writes the tensors of each step into a folder `run_<micros>_<number>`.

    Args:
      sess: the session.
      session_root: the folder of these folders, new or empty.
      watch_fn: called with the fetches and feeds of a step; returns `WatchOptions`.
      thread_name_filter, pass_through_operrors: see `BaseDebugWrapperSession`.
      log_usage: not used.

    Raises:
      TypeError: `watch_fn` is no function.
      ValueError: the folder is not empty, or a file.
    """

    def __init__(
        self,
        sess: Any,
        session_root: str,
        watch_fn: Callable[[Any, Any], Any] | None = None,
        thread_name_filter: str | None = None,
        pass_through_operrors: bool = False,
        log_usage: bool = True,
    ) -> None:
        super().__init__(sess, thread_name_filter, pass_through_operrors)
        if watch_fn is not None and not callable(watch_fn):
            raise TypeError("watch_fn is not callable")
        self._watch_fn = watch_fn
        self._session_root = new_folder(session_root, "session_root")
        os.makedirs(self._session_root, exist_ok=True)
        self._numbers = itertools.count()

    def plan_run(self, fetches: Any, feed_dict: Any) -> RunPlan:
        """Make the folder of the step."""
        urls = self.prepare_run_debug_urls(fetches, feed_dict)
        found = self._watch_fn(fetches, feed_dict) if self._watch_fn else WatchOptions()
        return RunPlan(urls, WatchOptions(*found) if isinstance(found, tuple) else found)

    def look_at(self, plan: RunPlan, metadata: Any, error: errors.OpError | None) -> None:
        """Do nothing: the tensors are in their folder."""

    def prepare_run_debug_urls(self, fetches: Any, feed_dict: Any) -> list[str]:
        """Make the folder of a step, with what it fetches and is fed, and return its URL."""
        name = f"run_{time.time_ns() // 1000}_{next(self._numbers)}"
        folder = os.path.join(self._session_root, name)
        os.mkdir(folder)
        keys = feed_dict.keys() if feed_dict else feed_dict
        for tag, message in (("fetches_info_", repr(fetches)), ("feed_keys_info_", repr(keys))):
            event = Event()
            event.log_message.message = message
            with open(os.path.join(folder, METADATA_FILE_PREFIX + tag), "wb") as file:
                file.write(event.SerializeToString())
        return [f"file://{folder}"]
