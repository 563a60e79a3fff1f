"""`tf.contrib.compiler.xla`."""

from tensormill.functional.compiled_computations import compile
