"""`tf.layers`: layers with variables, made of variable scopes and the functions of `tf.nn`."""

from __future__ import annotations

from tensormill.layers.base import InputSpec, Layer
from tensormill.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    conv1d,
    conv2d,
    conv3d,
)
from tensormill.layers.core import Dense, Dropout, Flatten, dense, dropout, flatten
from tensormill.layers.normalization import BatchNormalization, batch_normalization
from tensormill.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
    max_pooling1d,
    max_pooling2d,
    max_pooling3d,
)
from tensormill.layers.separable_convolution import (
    SeparableConv1D,
    SeparableConv2D,
    separable_conv1d,
    separable_conv2d,
)
from tensormill.layers.transposed_convolution import (
    Conv2DTranspose,
    Conv3DTranspose,
    conv2d_transpose,
    conv3d_transpose,
)
