"""`tf.user_ops`: the example of an op of one's own."""

from tensormill.ops.user_ops import my_fact
