"""`tf.xla`."""

from tensormill.namespaces.xla import experimental
