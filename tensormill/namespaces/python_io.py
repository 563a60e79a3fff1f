"""`tf.python_io`: record files."""

from __future__ import annotations

from tensormill.io.record_io import (
    TFRecordCompressionType,
    TFRecordOptions,
    TFRecordWriter,
    tf_record_iterator,
)
