"""`tf.contrib.slim.nets.alexnet`."""

from tensormill.slim.nets.sequential import alexnet_v2, alexnet_v2_arg_scope
