"""`tf.xla.experimental`: parts of a graph that are compiled."""

from tensormill.functional.compiled_computations import compile
from tensormill.graph.compilation_scopes import jit_scope
