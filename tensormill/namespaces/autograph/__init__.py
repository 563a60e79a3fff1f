"""`tf.autograph`: see `python_statements.public`."""

from tensormill.namespaces.autograph import experimental
from tensormill.python_statements.public import set_verbosity, to_code, to_graph, trace
