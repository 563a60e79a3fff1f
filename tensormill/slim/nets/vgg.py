"""The VGG networks (https://arxiv.org/abs/1409.1556).

Source: TensorFlow 1.15, contrib/slim/python/slim/nets/vgg.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.layers.model_layers import conv2d, fully_connected
from tensormill.layers.model_scope import convert_collection_to_dict
from tensormill.layers.model_shaping import dropout, max_pool2d, repeat
from tensormill.layers.regularizers import l2_regularizer
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import squeeze
from tensormill.variables.arg_scope import arg_scope
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope", "vgg_d", "vgg_e"]

_DEPTHS = (64, 128, 256, 512, 512)
IMAGE_SIZE = 224


def vgg_arg_scope(weight_decay: float = 0.0005) -> Any:
    """Return the argument scope of the networks."""
    with (
        arg_scope(
            [conv2d, fully_connected],
            activation_fn=relu,
            weights_regularizer=l2_regularizer(weight_decay),
            biases_initializer=Zeros(),
        ),
        arg_scope([conv2d], padding="SAME") as scope,
    ):
        return scope


def _vgg(
    repeats: Sequence[int],
    inputs: Any,
    num_classes: int,
    is_training: Any,
    dropout_keep_prob: float,
    spatial_squeeze: bool,
    scope: Any,
    default_name: str,
) -> tuple[Any, Any]:
    with variable_scope(scope, default_name, [inputs]) as opened:
        collection = opened.original_name_scope + "_end_points"
        with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=collection):
            net = inputs
            for block, (depth, times) in enumerate(zip(_DEPTHS, repeats, strict=True), 1):
                net = repeat(net, times, conv2d, depth, [3, 3], scope=f"conv{block}")
                net = max_pool2d(net, [2, 2], scope=f"pool{block}")
            # Fully connected layers as convolutions, so that larger images can be looked at.
            net = conv2d(net, 4096, [7, 7], padding="VALID", scope="fc6")
            net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
            net = conv2d(net, 4096, [1, 1], scope="fc7")
            net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
            net = conv2d(
                net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8"
            )
            end_points = convert_collection_to_dict(collection)
            if spatial_squeeze:
                net = squeeze(net, [1, 2], name="fc8/squeezed")
                end_points[opened.name + "/fc8"] = net
            return net, end_points


def vgg_a(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_a",
) -> tuple[Any, Any]:
    """Return the logits and the end points of the network with 11 layers.

    Args:
      inputs: images [batch, height, width, 3].
      num_classes: the number of classes.
      is_training: whether to drop activations.
      dropout_keep_prob: the share of activations that is kept.
      spatial_squeeze: whether to leave out the dimensions of space, which are of size 1.
      scope: the name of the variable scope.
    """
    return _vgg(
        (1, 1, 2, 2, 2), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze,
        scope, "vgg_a",
    )  # fmt: skip


def vgg_16(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_16",
) -> tuple[Any, Any]:
    """Return the logits and the end points of the network with 16 layers; see `vgg_a`."""
    return _vgg(
        (2, 2, 3, 3, 3), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze,
        scope, "vgg_16",
    )  # fmt: skip


def vgg_19(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "vgg_19",
) -> tuple[Any, Any]:
    """Return the logits and the end points of the network with 19 layers; see `vgg_a`."""
    return _vgg(
        (2, 2, 4, 4, 4), inputs, num_classes, is_training, dropout_keep_prob, spatial_squeeze,
        scope, "vgg_19",
    )  # fmt: skip


for _network in (vgg_a, vgg_16, vgg_19):
    _network.default_image_size = IMAGE_SIZE  # type: ignore[attr-defined]
vgg_d = vgg_16
vgg_e = vgg_19
