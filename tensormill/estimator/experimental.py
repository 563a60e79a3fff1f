"""`tf.estimator.experimental`."""

from __future__ import annotations

from tensormill.estimator.estimator_spec import call_logit_fn
from tensormill.estimator.receivers import build_raw_supervised_input_receiver_fn

__all__ = ["build_raw_supervised_input_receiver_fn", "call_logit_fn"]
