"""`tf.contrib.training`."""

from __future__ import annotations

from tensormill.train.device_setter import (
    GreedyLoadBalancingStrategy,
    RandomStrategy,
    byte_size_load_fn,
)
from tensormill.train.hparams import HParams, parse_values
