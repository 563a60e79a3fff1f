"""`tf.contrib.slim.nets`: networks for images."""

from tensormill.namespaces.contrib.slim.nets import (
    alexnet,
    overfeat,
    resnet_utils,
    resnet_v1,
    resnet_v2,
    vgg,
)
