"""Hooks of monitored sessions and estimators that show the tensors of their steps.

Source: TensorFlow 1.15, python/debug/wrappers/hooks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorboard.compat.proto.config_pb2 import RunOptions

from tensormill.debugger.local_wrapper import LocalCLIDebugWrapperSession
from tensormill.debugger.watches import watch_graph
from tensormill.debugger.wrappers import (
    BaseDebugWrapperSession,
    DumpingDebugWrapperSession,
    RunPlan,
)
from tensormill.train.monitored.session_run_hook import SessionRunArgs, SessionRunHook

__all__ = ["DumpingDebugHook", "LocalCLIDebugHook"]


class _DebugHook(SessionRunHook):
    """Asks a wrapper around the session what each step is to show, and lets it look at that."""

    def __init__(self) -> None:
        self._wrapper: BaseDebugWrapperSession | None = None
        self._plan = RunPlan()

    def make_wrapper(self, session: Any) -> BaseDebugWrapperSession:
        """Return the wrapper."""
        raise NotImplementedError

    def before_run(self, run_context: Any) -> Any:
        """Say what the step is to show."""
        if self._wrapper is None:
            self._wrapper = self.make_wrapper(run_context.session)
        self._wrapper.increment_run_call_count()
        arguments = run_context.original_args
        self._plan = plan = self._wrapper.plan_run(arguments.fetches, arguments.feed_dict)
        options = RunOptions()
        if plan.is_traced:
            options.trace_level = RunOptions.FULL_TRACE
        if plan.urls:
            options.output_partition_graphs = True
            watch_graph(
                options,
                run_context.session.graph,
                plan.options.debug_ops,
                plan.urls,
                plan.options.node_name_regex_whitelist,
                plan.options.op_type_regex_whitelist,
                plan.options.tensor_dtype_regex_whitelist,
            )
        return SessionRunArgs(None, feed_dict=None, options=options)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Look at what the step has shown."""
        assert self._wrapper is not None
        if self._plan.urls or self._plan.is_traced:
            self._wrapper.look_at(self._plan, run_values.run_metadata, None)


class LocalCLIDebugHook(_DebugHook):
    """Stops before and after each step; see `LocalCLIDebugWrapperSession`."""

    def __init__(
        self,
        ui_type: str = "curses",
        dump_root: str | None = None,
        thread_name_filter: str | None = None,
        config_file_path: Any = None,
    ) -> None:
        super().__init__()
        self._arguments = (dump_root, True, ui_type, thread_name_filter, config_file_path)
        self._filters: dict[str, Callable[..., Any]] = {}

    def add_tensor_filter(self, filter_name: str, tensor_filter: Callable[..., Any]) -> None:
        """Add a filter for `run -f` and `lt -f`."""
        self._filters[filter_name] = tensor_filter

    def make_wrapper(self, session: Any) -> BaseDebugWrapperSession:
        """Return the wrapper, with the filters."""
        wrapper = LocalCLIDebugWrapperSession(session, *self._arguments)
        for name, function in self._filters.items():
            wrapper.add_tensor_filter(name, function)
        return wrapper


class DumpingDebugHook(_DebugHook):
    """Writes the tensors of each step into a folder; see `DumpingDebugWrapperSession`."""

    def __init__(
        self,
        session_root: str,
        watch_fn: Callable[[Any, Any], Any] | None = None,
        thread_name_filter: str | None = None,
        log_usage: bool = True,
    ) -> None:
        super().__init__()
        self._arguments = (session_root, watch_fn, thread_name_filter)

    def make_wrapper(self, session: Any) -> BaseDebugWrapperSession:
        """Return the wrapper."""
        return DumpingDebugWrapperSession(session, *self._arguments)
