"""`tf.contrib.slim`: the layers of `tf.contrib.layers` under its names."""

from __future__ import annotations

from tensormill.layers.model_layers import (
    avg_pool2d,
    batch_norm,
    conv2d,
    dropout,
    flatten,
    fully_connected,
    max_pool2d,
)
from tensormill.layers.regularizers import l1_regularizer, l2_regularizer
from tensormill.namespaces.contrib import layers
