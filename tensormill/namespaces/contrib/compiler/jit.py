"""`tf.contrib.compiler.jit`."""

from tensormill.graph.compilation_scopes import jit_scope as experimental_jit_scope
