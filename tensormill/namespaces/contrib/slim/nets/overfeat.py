"""`tf.contrib.slim.nets.overfeat`."""

from tensormill.slim.nets.sequential import overfeat, overfeat_arg_scope
