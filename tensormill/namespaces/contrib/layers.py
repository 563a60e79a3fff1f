"""`tf.contrib.layers`: layers with an activation and a normaliser, and penalties on variables."""

from tensormill.layers.model_layers import (
    avg_pool2d,
    batch_norm,
    conv2d,
    dropout,
    flatten,
    fully_connected,
    max_pool2d,
    variance_scaling_initializer,
    xavier_initializer,
)
from tensormill.layers.model_layers import (
    conv2d as convolution2d,
)
from tensormill.layers.model_layers import (
    xavier_initializer as xavier_initializer_conv2d,
)
from tensormill.layers.regularizers import (
    apply_regularization,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
