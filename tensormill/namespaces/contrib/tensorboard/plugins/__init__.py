"""`tf.contrib.tensorboard.plugins`."""

from __future__ import annotations

from tensormill.namespaces.contrib.tensorboard.plugins import projector
