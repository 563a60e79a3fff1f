"""`tf.contrib.slim.nets.resnet_utils`."""

from tensormill.slim.nets.resnet_blocks import (
    Block,
    conv2d_same,
    resnet_arg_scope,
    stack_blocks_dense,
    subsample,
)
