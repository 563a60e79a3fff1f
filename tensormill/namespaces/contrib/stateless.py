"""`tf.contrib.stateless`: random numbers that their seeds decide alone."""

from tensormill.ops.stateless_random import (
    stateless_multinomial,
    stateless_random_normal,
    stateless_random_uniform,
    stateless_truncated_normal,
)
