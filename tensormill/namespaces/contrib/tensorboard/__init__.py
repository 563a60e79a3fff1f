"""`tf.contrib.tensorboard`."""

from __future__ import annotations

from tensormill.namespaces.contrib.tensorboard import plugins
