"""`tf.contrib.metrics`: metrics that take predictions first, and more of them."""

from tensormill.metrics.streaming import *
from tensormill.metrics.streaming_concat import (
    auc_using_histogram,
    precision_recall_at_equal_thresholds,
    streaming_concat,
    streaming_dynamic_auc,
)
from tensormill.metrics.streaming_moments import (
    cohen_kappa,
    count,
    streaming_covariance,
    streaming_pearson_correlation,
)
from tensormill.ops.confusion_matrix import confusion_matrix
from tensormill.ops.sets import set_difference, set_intersection, set_size, set_union
