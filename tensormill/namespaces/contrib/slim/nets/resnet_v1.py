"""`tf.contrib.slim.nets.resnet_v1`."""

from tensormill.slim.nets.resnet_blocks import resnet_arg_scope
from tensormill.slim.nets.resnet_v1 import (
    bottleneck,
    resnet_v1,
    resnet_v1_50,
    resnet_v1_101,
    resnet_v1_152,
    resnet_v1_200,
    resnet_v1_block,
)
