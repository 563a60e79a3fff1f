"""`tf.estimator.experimental`."""

from __future__ import annotations

from tensormill.estimator.canned.dnn import dnn_logit_fn_builder
from tensormill.estimator.canned.kmeans import KMeansClustering as KMeans
from tensormill.estimator.canned.linear import linear_logit_fn_builder
from tensormill.estimator.early_stopping import (
    make_early_stopping_hook,
    stop_if_higher_hook,
    stop_if_lower_hook,
    stop_if_no_decrease_hook,
    stop_if_no_increase_hook,
)
from tensormill.estimator.estimator_spec import call_logit_fn
from tensormill.estimator.memory_evaluation import (
    InMemoryEvaluatorHook,
    make_stop_at_checkpoint_step_hook,
)
from tensormill.estimator.receivers import build_raw_supervised_input_receiver_fn

__all__ = [
    "InMemoryEvaluatorHook",
    "KMeans",
    "build_raw_supervised_input_receiver_fn",
    "call_logit_fn",
    "dnn_logit_fn_builder",
    "linear_logit_fn_builder",
    "make_early_stopping_hook",
    "make_stop_at_checkpoint_step_hook",
    "stop_if_higher_hook",
    "stop_if_lower_hook",
    "stop_if_no_decrease_hook",
    "stop_if_no_increase_hook",
]
