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
from tensormill.metrics.confusion import (
    false_negatives_at_thresholds,
    false_positives_at_thresholds,
    mean_iou,
    mean_per_class_accuracy,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    true_negatives_at_thresholds,
    true_positives_at_thresholds,
)
from tensormill.metrics.ranking import (
    average_precision_at_k,
    precision_at_k,
    precision_at_top_k,
    recall_at_k,
    recall_at_top_k,
    sparse_average_precision_at_k,
    sparse_precision_at_k,
)
