"""`tf.contrib.deprecated`: summaries as they were before TensorFlow 1.0."""

from tensormill.ops.old_summaries import (
    audio_summary,
    histogram_summary,
    image_summary,
    merge_all_summaries,
    merge_summary,
    scalar_summary,
)
