"""AlexNet, as in https://arxiv.org/abs/1404.5997, and OverFeat (https://arxiv.org/abs/1312.6229).

Source: TensorFlow 1.15, contrib/slim/python/slim/nets/alexnet.py, overfeat.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.layers.model_layers import conv2d, fully_connected
from tensormill.layers.model_scope import convert_collection_to_dict
from tensormill.layers.model_shaping import dropout, max_pool2d
from tensormill.layers.regularizers import l2_regularizer
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import squeeze
from tensormill.variables.arg_scope import arg_scope
from tensormill.variables.initializers import Constant, TruncatedNormal, Zeros
from tensormill.variables.scope import variable_scope

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope", "overfeat", "overfeat_arg_scope"]


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> Any:
    """Return the argument scope of AlexNet."""
    with (
        arg_scope(
            [conv2d, fully_connected],
            activation_fn=relu,
            biases_initializer=Constant(0.1),
            weights_regularizer=l2_regularizer(weight_decay),
        ),
        arg_scope([conv2d], padding="SAME"),
        arg_scope([max_pool2d], padding="VALID") as scope,
    ):
        return scope


def overfeat_arg_scope(weight_decay: float = 0.0005) -> Any:
    """Return the argument scope of OverFeat."""
    with (
        arg_scope(
            [conv2d, fully_connected],
            activation_fn=relu,
            weights_regularizer=l2_regularizer(weight_decay),
            biases_initializer=Zeros(),
        ),
        arg_scope([conv2d], padding="SAME"),
        arg_scope([max_pool2d], padding="VALID") as scope,
    ):
        return scope


def alexnet_v2(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "alexnet_v2",
) -> tuple[Any, Any]:
    """Return the logits and the end points of AlexNet.

    Args:
      inputs: images [batch, height, width, 3].
      num_classes: the number of classes.
      is_training: whether to drop activations.
      dropout_keep_prob: the share of activations that is kept.
      spatial_squeeze: whether to leave out the dimensions of space, which are of size 1.
      scope: the name of the variable scope.
    """
    with variable_scope(scope, "alexnet_v2", [inputs]) as opened:
        collection = opened.original_name_scope + "_end_points"
        with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=[collection]):
            net = conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = max_pool2d(net, [3, 3], 2, scope="pool1")
            net = conv2d(net, 192, [5, 5], scope="conv2")
            net = max_pool2d(net, [3, 3], 2, scope="pool2")
            net = conv2d(net, 384, [3, 3], scope="conv3")
            net = conv2d(net, 384, [3, 3], scope="conv4")
            net = conv2d(net, 256, [3, 3], scope="conv5")
            net = max_pool2d(net, [3, 3], 2, scope="pool5")
            with arg_scope(
                [conv2d],
                weights_initializer=TruncatedNormal(0.0, 0.005),
                biases_initializer=Constant(0.1),
            ):
                net = conv2d(net, 4096, [5, 5], padding="VALID", scope="fc6")
                net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
                net = conv2d(net, 4096, [1, 1], scope="fc7")
                net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
                net = _classes(net, num_classes)
            return _squeezed(net, spatial_squeeze, collection, opened.name)


def overfeat(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.5,
    spatial_squeeze: bool = True,
    scope: Any = "overfeat",
) -> tuple[Any, Any]:
    """Return the logits and the end points of OverFeat; see `alexnet_v2`."""
    with variable_scope(scope, "overfeat", [inputs]) as opened:
        collection = opened.name + "_end_points"
        with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=collection):
            net = conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = max_pool2d(net, [2, 2], scope="pool1")
            net = conv2d(net, 256, [5, 5], padding="VALID", scope="conv2")
            net = max_pool2d(net, [2, 2], scope="pool2")
            net = conv2d(net, 512, [3, 3], scope="conv3")
            net = conv2d(net, 1024, [3, 3], scope="conv4")
            net = conv2d(net, 1024, [3, 3], scope="conv5")
            net = max_pool2d(net, [2, 2], scope="pool5")
            with arg_scope(
                [conv2d],
                weights_initializer=TruncatedNormal(0.0, 0.005),
                biases_initializer=Constant(0.1),
            ):
                net = conv2d(net, 3072, [6, 6], padding="VALID", scope="fc6")
                net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
                net = conv2d(net, 4096, [1, 1], scope="fc7")
                net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
                net = _classes(net, num_classes)
            return _squeezed(net, spatial_squeeze, collection, opened.name)


def _classes(net: Any, num_classes: int) -> Any:
    return conv2d(
        net,
        num_classes,
        [1, 1],
        activation_fn=None,
        normalizer_fn=None,
        biases_initializer=Zeros(),
        scope="fc8",
    )


def _squeezed(net: Any, is_wanted: bool, collection: str, name: str) -> tuple[Any, Any]:
    end_points = convert_collection_to_dict(collection)
    if is_wanted:
        net = squeeze(net, [1, 2], name="fc8/squeezed")
        end_points[name + "/fc8"] = net
    return net, end_points


alexnet_v2.default_image_size = 224  # type: ignore[attr-defined]
overfeat.default_image_size = 231  # type: ignore[attr-defined]
