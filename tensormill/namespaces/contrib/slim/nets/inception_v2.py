"""`tf.contrib.slim.nets.inception_v2`."""

from tensormill.slim.nets.inception import (
    inception_v2,
    inception_v2_arg_scope,
    inception_v2_base,
)
