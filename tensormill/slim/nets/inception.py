"""The Inception networks, made from the table `inception.txt`.

Source: TensorFlow 1.15, contrib/slim/python/slim/nets/inception_v1.py and its successors.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import tensormill.api as tf
from tensormill.layers import model_batch_norm, model_initializers, model_layers, model_shaping
from tensormill.layers.regularizers import l2_regularizer
from tensormill.variables.arg_scope import arg_scope

__all__ = [
    "inception_v1",
    "inception_v1_arg_scope",
    "inception_v1_base",
    "inception_v2",
    "inception_v2_arg_scope",
    "inception_v2_base",
    "inception_v3",
    "inception_v3_arg_scope",
    "inception_v3_base",
]

conv2d, separable_conv2d = model_layers.conv2d, model_layers.separable_conv2d
max_pool2d, avg_pool2d = model_shaping.max_pool2d, model_shaping.avg_pool2d
fully_connected, dropout = model_layers.fully_connected, model_shaping.dropout
batch_norm = model_batch_norm.batch_norm

EndPoints = dict[str, Any]
Depth = Callable[[int], int]


@dataclass
class _Layer:
    """A line of the table: a layer, or what is made of branches.

    Attributes:
      name: its scope.
      text: the layer; "" for branches.
      branches: a text for each.
    """

    name: str
    text: str = ""
    branches: list[str] = field(default_factory=list)


@cache
def _table(version: str) -> tuple[_Layer, ...]:
    text = importlib.resources.files(__package__).joinpath("inception.txt").read_text()
    lines = text.partition(f"[v{version}]\n")[2].partition("\n[")[0].splitlines()
    layers: list[_Layer] = []
    for line in filter(None, lines):
        words = line.split()
        if line.startswith(" "):
            layers[-1].branches.append(line.strip())
        elif len(words) == 1:
            layers.append(_Layer(line))
        else:
            layers.append(_Layer(words[3 if words[0] == "separable" else 2], line))
    return tuple(layers)


def _apply(net: Any, text: str, depth: Depth) -> Any:
    """Return the output of one layer."""
    if "|" in text:
        return tf.concat([_apply(net, part.strip(), depth) for part in text.split("|")], 3)
    kind, kernel_text, scope, *rest = text.removeprefix("separable ").split()
    kernel = [int(size) for size in kernel_text.split("x")]
    options: dict[str, Any] = {"scope": scope}
    for word in rest:
        if word.startswith("~"):
            options["weights_initializer"] = tf.truncated_normal_initializer(0.0, float(word[1:]))
        elif word[1:].isdigit():
            options["stride"] = int(word[1:])
        else:
            options["padding"] = word
    if kind in ("max", "avg"):
        return (max_pool2d if kind == "max" else avg_pool2d)(net, kernel, **options)
    width = depth(int(kind))
    if text.startswith("separable"):
        multiplier = min(int(width / 3), 8)
        return separable_conv2d(net, width, kernel, depth_multiplier=multiplier, **options)
    return conv2d(net, width, kernel, **options)


def _apply_branches(net: Any, layer: _Layer, depth: Depth) -> Any:
    outputs = []
    with tf.variable_scope(layer.name):
        for number, branch in enumerate(layer.branches):
            with tf.variable_scope(f"Branch_{number}"):
                output = net
                for text in branch.split(" > "):
                    output = _apply(output, text, depth)
            outputs.append(output)
        return tf.concat(outputs, 3)


def _outputs(version: str, net: Any, depth: Depth) -> Iterator[tuple[str, Any]]:
    """Yield the name and output of each line of the table."""
    layers = [conv2d, max_pool2d, avg_pool2d, separable_conv2d]
    for layer in _table(version):
        padding = "VALID" if version == "3" and layer.text else "SAME"
        with arg_scope(layers, stride=1, padding=padding):
            if layer.text:
                net = _apply(net, layer.text, depth)
            else:
                net = _apply_branches(net, layer, depth)
        yield layer.name, net


def _base(
    version: str, inputs: Any, final_endpoint: str, depth: Depth, scope: Any
) -> tuple[Any, EndPoints]:
    end_points: EndPoints = {}
    with tf.variable_scope(scope, f"InceptionV{version}", [inputs]):
        for name, net in _outputs(version, inputs, depth):
            end_points[name] = net
            if name == final_endpoint:
                return net, end_points
    raise ValueError(f"Unknown final endpoint {final_endpoint}")


def _thinned(min_depth: int, depth_multiplier: float) -> Depth:
    if depth_multiplier <= 0:
        raise ValueError("depth_multiplier is not greater than zero.")
    return lambda width: max(int(width * depth_multiplier), min_depth)


def inception_v1_base(
    inputs: Any, final_endpoint: str = "Mixed_5c", scope: Any = "InceptionV1"
) -> tuple[Any, EndPoints]:
    """Return the features of Inception V1, and all outputs up to them.

    Args:
      inputs: images, [batch, height, width, channel].
      final_endpoint: the last layer.
      scope: the variable scope.

    Raises:
      ValueError: there is no such layer.
    """
    with arg_scope(
        [conv2d, fully_connected], weights_initializer=tf.truncated_normal_initializer(0.0, 0.01)
    ):
        return _base("1", inputs, final_endpoint, lambda width: width, scope)


def inception_v2_base(
    inputs: Any,
    final_endpoint: str = "Mixed_5c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    scope: Any = None,
) -> tuple[Any, EndPoints]:
    """Return the features of Inception V2, and all outputs up to them.

    Args:
      inputs: images, [batch, height, width, channel].
      final_endpoint: the last layer.
      min_depth: the least width of a layer.
      depth_multiplier: makes layers thinner or wider.
      scope: the variable scope.

    Raises:
      ValueError: there is no such layer, or the multiplier is not positive.
    """
    return _base("2", inputs, final_endpoint, _thinned(min_depth, depth_multiplier), scope)


def inception_v3_base(
    inputs: Any,
    final_endpoint: str = "Mixed_7c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    scope: Any = None,
) -> tuple[Any, EndPoints]:
    """Return the features of Inception V3, and all outputs up to them; see `inception_v2_base`."""
    return _base("3", inputs, final_endpoint, _thinned(min_depth, depth_multiplier), scope)


def _logits(net: Any, keep: float, num_classes: int, scopes: tuple[str, str]) -> Any:
    net = dropout(net, keep_prob=keep, scope=scopes[0])
    return net, conv2d(
        net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=scopes[1]
    )


def _at_most(net: Any, kernel: list[int]) -> list[int]:
    """Return a kernel that is not larger than a small image."""
    height, width = net.get_shape().as_list()[1:3]
    if height is None or width is None:
        return kernel
    return [min(height, kernel[0]), min(width, kernel[1])]


def _pooled(net: Any, kernel: list[int]) -> Any:
    size = _at_most(net, kernel)
    return avg_pool2d(net, size, padding="VALID", scope=f"AvgPool_1a_{size[0]}x{size[1]}")


def _add_predictions(
    end_points: EndPoints, logits: Any, prediction_fn: Callable[..., Any]
) -> tuple[Any, EndPoints]:
    end_points["Logits"] = logits
    end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


def inception_v1(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.8,
    prediction_fn: Callable[..., Any] = model_shaping.softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    scope: Any = "InceptionV1",
) -> tuple[Any, EndPoints]:
    """Return the logits of Inception V1, and all outputs.

    Args:
      inputs: images, [batch, height, width, channel]; 224 x 224 for one answer an image.
      num_classes: how many classes.
      is_training: whether dropout is on and batches are normalized by themselves.
      dropout_keep_prob: how much dropout keeps.
      prediction_fn: makes predictions of logits.
      spatial_squeeze: whether to leave out the axes of size 1.
      reuse: whether the variables exist.
      scope: the variable scope.
    """
    with (
        tf.variable_scope(scope, "InceptionV1", [inputs, num_classes], reuse=reuse) as opened,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v1_base(inputs, scope=opened)
        with tf.variable_scope("Logits"):
            net = avg_pool2d(net, [7, 7], stride=1, scope="MaxPool_0a_7x7")
            scopes = ("Dropout_0b", "Conv2d_0c_1x1")
            _, logits = _logits(net, dropout_keep_prob, num_classes, scopes)
            if spatial_squeeze:
                logits = tf.squeeze(logits, [1, 2], name="SpatialSqueeze")
            return _add_predictions(end_points, logits, prediction_fn)


def inception_v2(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., Any] = model_shaping.softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    scope: Any = "InceptionV2",
) -> tuple[Any, EndPoints]:
    """Return the logits of Inception V2, and all outputs.

    See `inception_v1` and `inception_v2_base` for the arguments.
    """
    _thinned(min_depth, depth_multiplier)
    with (
        tf.variable_scope(scope, "InceptionV2", [inputs, num_classes], reuse=reuse) as opened,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v2_base(
            inputs, scope=opened, min_depth=min_depth, depth_multiplier=depth_multiplier
        )
        with tf.variable_scope("Logits"):
            net = _pooled(net, [7, 7])
            scopes = ("Dropout_1b", "Conv2d_1c_1x1")
            _, logits = _logits(net, dropout_keep_prob, num_classes, scopes)
            if spatial_squeeze:
                logits = tf.squeeze(logits, [1, 2], name="SpatialSqueeze")
        return _add_predictions(end_points, logits, prediction_fn)


def inception_v3(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: float = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., Any] = model_shaping.softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    create_aux_logits: bool = True,
    scope: Any = "InceptionV3",
) -> tuple[Any, EndPoints]:
    """Return the logits of Inception V3, and all outputs.

    Args:
      inputs: images, [batch, height, width, channel]; 299 x 299 for one answer an image.
      num_classes: how many classes.
      is_training: whether dropout is on and batches are normalized by themselves.
      dropout_keep_prob: how much dropout keeps.
      min_depth: the least width of a layer.
      depth_multiplier: makes layers thinner or wider.
      prediction_fn: makes predictions of logits.
      spatial_squeeze: whether to leave out the axes of size 1.
      reuse: whether the variables exist.
      create_aux_logits: whether the middle of the network has logits of its own, for training.
      scope: the variable scope.
    """
    depth = _thinned(min_depth, depth_multiplier)
    with (
        tf.variable_scope(scope, "InceptionV3", [inputs, num_classes], reuse=reuse) as opened,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v3_base(
            inputs, scope=opened, min_depth=min_depth, depth_multiplier=depth_multiplier
        )
        if create_aux_logits and num_classes:
            middle = _auxiliary_logits(end_points["Mixed_6e"], num_classes, depth)
            if spatial_squeeze:
                middle = tf.squeeze(middle, [1, 2], name="AuxLogits/SpatialSqueeze")
            end_points["AuxLogits"] = middle
        with tf.variable_scope("Logits"):
            net = _pooled(net, [8, 8])
            scopes = ("Dropout_1b", "Conv2d_1c_1x1")
            before, logits = _logits(net, dropout_keep_prob, num_classes, scopes)
            end_points["PreLogits"] = before
            if spatial_squeeze:
                logits = tf.squeeze(logits, [1, 2], name="SpatialSqueeze")
        return _add_predictions(end_points, logits, prediction_fn)


def _auxiliary_logits(net: Any, num_classes: int, depth: Depth) -> Any:
    layers = [conv2d, max_pool2d, avg_pool2d]
    with arg_scope(layers, stride=1, padding="SAME"), tf.variable_scope("AuxLogits"):
        net = avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
        net = conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
        size = _at_most(net, [5, 5])
        net = conv2d(
            net,
            depth(768),
            size,
            weights_initializer=tf.truncated_normal_initializer(0.0, 0.01),
            padding="VALID",
            scope=f"Conv2d_2a_{size[0]}x{size[1]}",
        )
        return conv2d(
            net,
            num_classes,
            [1, 1],
            activation_fn=None,
            normalizer_fn=None,
            weights_initializer=tf.truncated_normal_initializer(0.0, 0.001),
            scope="Conv2d_2b_1x1",
        )


def _argument_scope(weight_decay: float, normalization: dict[str, Any] | None) -> Any:
    with (
        arg_scope([conv2d, fully_connected], weights_regularizer=l2_regularizer(weight_decay)),
        arg_scope(
            [conv2d],
            weights_initializer=model_initializers.variance_scaling_initializer(),
            activation_fn=tf.nn.relu,
            normalizer_fn=None if normalization is None else batch_norm,
            normalizer_params=normalization or {},
        ) as scope,
    ):
        return scope


def _normalization(collection: str, **changes: Any) -> dict[str, Any]:
    return {
        "decay": 0.9997,
        "epsilon": 0.001,
        "updates_collections": tf.GraphKeys.UPDATE_OPS,
        "variables_collections": {
            "beta": None,
            "gamma": None,
            "moving_mean": [collection],
            "moving_variance": [collection],
        },
        **changes,
    }


def inception_v1_arg_scope(
    weight_decay: float = 0.00004,
    use_batch_norm: bool = True,
    batch_norm_var_collection: str = "moving_vars",
) -> Any:
    """Return the argument scope of Inception V1.

    Args:
      weight_decay: of the weights.
      use_batch_norm: whether convolutions are normalized.
      batch_norm_var_collection: the collection of the moving averages.
    """
    normalization = _normalization(batch_norm_var_collection) if use_batch_norm else None
    return _argument_scope(weight_decay, normalization)


def inception_v2_arg_scope(
    weight_decay: float = 0.00004, batch_norm_var_collection: str = "moving_vars"
) -> Any:
    """Return the argument scope of Inception V2; see `inception_v1_arg_scope`."""
    return _argument_scope(weight_decay, _normalization(batch_norm_var_collection))


def inception_v3_arg_scope(
    weight_decay: float = 0.00004,
    batch_norm_var_collection: str = "moving_vars",
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    updates_collections: Any = tf.GraphKeys.UPDATE_OPS,
    use_fused_batchnorm: bool = True,
) -> Any:
    """Return the argument scope of Inception V3.

    Args:
      weight_decay: of the weights.
      batch_norm_var_collection: the collection of the moving averages.
      batch_norm_decay: of the moving averages.
      batch_norm_epsilon: what is added to variances.
      updates_collections: the collection of the updates.
      use_fused_batchnorm: whether one op normalizes.
    """
    normalization = _normalization(
        batch_norm_var_collection,
        decay=batch_norm_decay,
        epsilon=batch_norm_epsilon,
        updates_collections=updates_collections,
        fused=use_fused_batchnorm,
    )
    return _argument_scope(weight_decay, normalization)


inception_v1.default_image_size = 224  # type: ignore[attr-defined]
inception_v2.default_image_size = 224  # type: ignore[attr-defined]
inception_v3.default_image_size = 299  # type: ignore[attr-defined]
