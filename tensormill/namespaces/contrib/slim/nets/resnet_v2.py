"""`tf.contrib.slim.nets.resnet_v2`."""

from tensormill.slim.nets.resnet_blocks import resnet_arg_scope
from tensormill.slim.nets.resnet_v2 import (
    bottleneck,
    resnet_v2,
    resnet_v2_50,
    resnet_v2_101,
    resnet_v2_152,
    resnet_v2_200,
    resnet_v2_block,
)
