"""What an evaluation gives, in the log and in the event files.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.tensor_protos import make_tensor_proto
from tensormill.summary.file_writer_cache import FileWriterCache

__all__ = ["write_checkpoint_path", "write_results"]


def write_results(output_dir: str, results: Mapping[str, Any], global_step: int) -> None:
    """Log the results of an evaluation, and write them as summaries.

    Args:
      output_dir: the folder of events.
      results: values by name; the global step among them is left out.
      global_step: the step that they are for.
    """
    tf_logging.info(
        "Saving dict for global step %d: %s",
        global_step,
        ", ".join(
            f"{key} = {value!s}"
            for key, value in sorted(results.items())
            if not isinstance(value, bytes)
        ),
    )
    summary = Summary()
    for key, value in results.items():
        if value is not None and key != "global_step":
            _add_value(summary, key, value)
    writer = FileWriterCache.get(output_dir)
    writer.add_summary(summary, global_step)
    writer.flush()


def _add_value(summary: Any, key: str, value: Any) -> None:
    if isinstance(value, (float, np.float32)):
        summary.value.add(tag=key, simple_value=float(value))
    elif isinstance(value, (int, np.int32, np.int64)):
        summary.value.add(tag=key, simple_value=int(value))
    elif isinstance(value, bytes):
        try:
            given = Summary.FromString(value)
        except DecodeError:
            tf_logging.warn("Skipping summary for %s, cannot parse string to Summary.", key)
            return
        for number, each in enumerate(given.value):
            each.tag = f"{key}/{number}"
        summary.value.extend(given.value)
    elif isinstance(value, np.ndarray):
        summary.value.add(tag=key, node_name=key, tensor=make_tensor_proto(value))
        tf_logging.info(
            "Summary for np.ndarray is not visible in Tensorboard by default. Consider using a "
            "Tensorboard plugin for visualization (see "
            "https://github.com/tensorflow/tensorboard-plugin-example/blob/master/README.md for "
            "more information)."
        )
    else:
        tf_logging.warn(
            "Skipping summary for %s, must be a float, np.float32, np.int64, np.int32 or int or "
            "np.ndarray or a serialized string of Summary.",
            key,
        )


def write_checkpoint_path(output_dir: str, checkpoint_path: str, global_step: int) -> None:
    """Log which checkpoint was evaluated, and write it as a summary."""
    tag = "checkpoint_path"
    tf_logging.info("Saving '%s' summary for global step %d: %s", tag, global_step, checkpoint_path)
    summary = Summary()
    summary.value.add(tag=tag, tensor=make_tensor_proto(checkpoint_path, dtype=dtypes.string))
    writer = FileWriterCache.get(output_dir)
    writer.add_summary(summary, global_step)
    writer.flush()
