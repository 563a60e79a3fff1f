"""What the profiler was called by before TensorFlow 1.4: `tf.contrib.tfprof.model_analyzer`."""

from __future__ import annotations

from typing import Any

from tensormill.profiler import profiler
from tensormill.profiler.op_log import TRAINABLE_VARIABLES

__all__ = [
    "FLOAT_OPS_OPTIONS",
    "PRINT_ALL_TIMING_MEMORY",
    "TRAINABLE_VARS_PARAMS_STAT_OPTIONS",
    "advise",
    "print_model_analysis",
]

_SHOWN: dict[str, Any] = {
    "max_depth": 10000,
    "min_bytes": 0,
    "min_micros": 0,
    "min_params": 0,
    "min_float_ops": 0,
    "order_by": "name",
    "account_type_regexes": [".*"],
    "start_name_regexes": [".*"],
    "trim_name_regexes": [],
    "show_name_regexes": [".*"],
    "hide_name_regexes": [],
    "account_displayed_op_only": True,
    "output": "stdout",
    "dump_to_file": "",
}
TRAINABLE_VARS_PARAMS_STAT_OPTIONS = {
    **_SHOWN,
    "account_type_regexes": [TRAINABLE_VARIABLES],
    "select": ["params"],
}
"""Options that show the numbers of parameters of trainable variables."""
FLOAT_OPS_OPTIONS = {
    **_SHOWN,
    "min_float_ops": 1,
    "order_by": "float_ops",
    "select": ["float_ops"],
}
"""Options that show the numbers of float operations."""
PRINT_ALL_TIMING_MEMORY = {
    **_SHOWN,
    "min_bytes": 1,
    "min_micros": 1,
    "select": ["micros", "bytes"],
}
"""Options that show times and memory."""


def advise(graph: Any, run_meta: Any = None, tfprof_options: Any = 0) -> Any:
    """Return what `tf.profiler.advise` does."""
    return profiler.advise(graph, run_meta, tfprof_options)


def print_model_analysis(
    graph: Any,
    run_meta: Any = None,
    op_log: Any = None,
    tfprof_cmd: str = "scope",
    tfprof_options: Any = 0,
) -> Any:
    """Return what `tf.profiler.profile` does."""
    return profiler.profile(graph, run_meta, op_log, tfprof_cmd, tfprof_options)
