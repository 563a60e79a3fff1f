"""`tf.metrics`: measures over many batches, kept in local variables."""

from __future__ import annotations

from tensormill.metrics.averages import (
    accuracy,
    mean,
    mean_absolute_error,
    mean_cosine_distance,
    mean_relative_error,
    mean_squared_error,
    mean_tensor,
    percentage_below,
    root_mean_squared_error,
)
from tensormill.metrics.classification import (
    auc,
    false_negatives,
    false_positives,
    precision,
    precision_at_thresholds,
    recall,
    recall_at_thresholds,
    true_negatives,
    true_positives,
)
