"""`tf.autograph`: see `functional.unconverted`."""

from tensormill.functional.unconverted import set_verbosity, trace
from tensormill.namespaces.autograph import experimental
