"""`tf.summary`, and the modules behind it."""

from __future__ import annotations

from tensorboard.compat.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryDescription

from tensormill.ops.summaries import (
    audio,
    histogram,
    image,
    merge,
    merge_all,
    scalar,
    tensor_summary,
    text,
)
from tensormill.summary.description import all_v2_summary_ops, get_summary_description
from tensormill.summary.file_writer import FileWriter
from tensormill.summary.file_writer_cache import FileWriterCache
from tensormill.summary.writers import initialize
