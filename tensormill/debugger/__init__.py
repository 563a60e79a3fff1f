"""`tensorflow.python.debug`: sessions that show every tensor of a step.

`watches` says what a step is to show, `dumps` reads what it has shown, `wrappers` and
`local_wrapper` do both around each call of `run`, `commands` are what a user then asks.

Source: TensorFlow 1.15, python/debug.
"""

from __future__ import annotations

from tensormill.debugger.datum import (
    DebugTensorDatum,
    InconvertibleTensorProto,
    has_inf_or_nan,
    load_tensor_from_event,
    load_tensor_from_event_file,
)
from tensormill.debugger.dumps import DebugDumpDir
from tensormill.debugger.gradients import GradientsDebugger
from tensormill.debugger.hooks import DumpingDebugHook, LocalCLIDebugHook
from tensormill.debugger.local_wrapper import LocalCLIDebugWrapperSession
from tensormill.debugger.remote import (
    GrpcDebugHook,
    GrpcDebugWrapperSession,
    TensorBoardDebugHook,
    TensorBoardDebugWrapperSession,
)
from tensormill.debugger.watches import (
    add_debug_tensor_watch,
    watch_graph,
    watch_graph_with_blacklists,
)
from tensormill.debugger.wrappers import DumpingDebugWrapperSession, WatchOptions

__all__ = [
    "DebugDumpDir",
    "DebugTensorDatum",
    "DumpingDebugHook",
    "DumpingDebugWrapperSession",
    "GradientsDebugger",
    "GrpcDebugHook",
    "GrpcDebugWrapperSession",
    "InconvertibleTensorProto",
    "LocalCLIDebugHook",
    "LocalCLIDebugWrapperSession",
    "TensorBoardDebugHook",
    "TensorBoardDebugWrapperSession",
    "WatchOptions",
    "add_debug_tensor_watch",
    "has_inf_or_nan",
    "load_tensor_from_event",
    "load_tensor_from_event_file",
    "watch_graph",
    "watch_graph_with_blacklists",
]
