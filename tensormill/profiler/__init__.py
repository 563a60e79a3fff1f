"""`tf.profiler`: what a graph costs, and what a traced step cost, summed up in four ways.

`nodes` keeps what is known of each node, `op_log` what the graph adds to it; `trees` and `groups`
are the views, and `reports` writes them out.

Source: TensorFlow 1.15, core/profiler, python/profiler.
"""

from __future__ import annotations

from tensorboard.compat.proto.tfprof_log_pb2 import OpLogProto

from tensormill.profiler.op_log import write_op_log
from tensormill.profiler.option_builder import ProfileOptionBuilder
from tensormill.profiler.profiler import Profiler, advise, profile
from tensormill.proto.tfprof_output_pb2 import AdviceProto, GraphNodeProto, MultiGraphNodeProto

__all__ = [
    "AdviceProto",
    "GraphNodeProto",
    "MultiGraphNodeProto",
    "OpLogProto",
    "ProfileOptionBuilder",
    "Profiler",
    "advise",
    "profile",
    "write_op_log",
]
