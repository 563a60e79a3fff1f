"""`tf.contrib.compiler`: parts of a graph that are compiled."""

from tensormill.namespaces.contrib.compiler import jit, xla
