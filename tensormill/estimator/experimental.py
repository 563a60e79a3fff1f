"""`tf.estimator.experimental`."""

from __future__ import annotations

from tensormill.estimator.canned.dnn import dnn_logit_fn_builder
from tensormill.estimator.canned.linear import linear_logit_fn_builder
from tensormill.estimator.estimator_spec import call_logit_fn
from tensormill.estimator.receivers import build_raw_supervised_input_receiver_fn

__all__ = [
    "build_raw_supervised_input_receiver_fn",
    "call_logit_fn",
    "dnn_logit_fn_builder",
    "linear_logit_fn_builder",
]
