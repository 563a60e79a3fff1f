"""`tf.contrib.slim.nets.inception_v1`."""

from tensormill.slim.nets.inception import (
    inception_v1,
    inception_v1_arg_scope,
    inception_v1_base,
)
