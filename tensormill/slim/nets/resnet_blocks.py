"""What the two kinds of residual networks share.

Source: TensorFlow 1.15, contrib/slim/python/slim/nets/resnet_utils.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tensormill.graph.collections import GraphKeys
from tensormill.layers.model_batch_norm import batch_norm
from tensormill.layers.model_initializers import variance_scaling_initializer
from tensormill.layers.model_layers import conv2d
from tensormill.layers.model_scope import collect_named_outputs, convert_collection_to_dict
from tensormill.layers.model_shaping import max_pool2d, softmax
from tensormill.layers.regularizers import l2_regularizer
from tensormill.ops.activations import relu
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_mean
from tensormill.variables.arg_scope import add_arg_scope, arg_scope
from tensormill.variables.scope import variable_scope

__all__ = [
    "Block",
    "bottleneck_block",
    "conv2d_same",
    "make_network",
    "residual_network",
    "resnet_arg_scope",
    "stack_blocks_dense",
    "subsample",
]


class Block(NamedTuple):
    """A block of units.

    Attributes:
      scope: the name of its variable scope.
      unit_fn: makes a unit.
      args: what each unit is called with.
    """

    scope: str
    unit_fn: Callable[..., Any]
    args: Any


def bottleneck_block(
    unit_fn: Callable[..., Any], scope: str, base_depth: int, num_units: int, stride: int
) -> Block:
    """Return a block of bottleneck units, the last of which has the stride."""
    unit = {"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": 1}
    return Block(scope, unit_fn, [unit] * (num_units - 1) + [{**unit, "stride": stride}])


def subsample(inputs: Any, factor: int, scope: Any = None) -> Any:
    """Return every n-th position of the inputs."""
    return inputs if factor == 1 else max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(
    inputs: Any, num_outputs: int, kernel_size: int, stride: int, rate: int = 1, scope: Any = None
) -> Any:
    """Return a convolution with a stride, padded in the same way for every size of the inputs."""
    if stride == 1:
        return conv2d(
            inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope
        )
    extent = kernel_size + (kernel_size - 1) * (rate - 1) - 1
    before = extent // 2
    sides = [before, extent - before]
    inputs = pad(inputs, [[0, 0], sides, sides, [0, 0]])
    return conv2d(
        inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope
    )


@add_arg_scope
def stack_blocks_dense(
    net: Any, blocks: Any, output_stride: int | None = None, outputs_collections: Any = None
) -> Any:
    """Return the output of blocks one after another.

    Once the strides have reached `output_stride`, the ones that follow become rates.

    Raises:
      ValueError: the strides never reach it, or step over it.
    """
    current, rate = 1, 1
    for block in blocks:
        with variable_scope(block.scope, "block", [net]) as opened:
            for number, unit in enumerate(block.args, 1):
                if output_stride is not None and current > output_stride:
                    raise ValueError("The target output_stride cannot be reached.")
                with variable_scope(f"unit_{number}", values=[net]):
                    if output_stride is not None and current == output_stride:
                        net = block.unit_fn(net, rate=rate, **{**unit, "stride": 1})
                        rate *= unit.get("stride", 1)
                    else:
                        net = block.unit_fn(net, rate=1, **unit)
                        current *= unit.get("stride", 1)
            net = collect_named_outputs(outputs_collections, opened.name, net)
    if output_stride is not None and current != output_stride:
        raise ValueError("The target output_stride cannot be reached.")
    return net


def resnet_arg_scope(
    weight_decay: float = 0.0001,
    batch_norm_decay: float = 0.997,
    batch_norm_epsilon: float = 1e-5,
    batch_norm_scale: bool = True,
) -> Any:
    """Return the argument scope of residual networks."""
    normalizer_params = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "scale": batch_norm_scale,
        "updates_collections": GraphKeys.UPDATE_OPS,
        "fused": None,
    }
    with (
        arg_scope(
            [conv2d],
            weights_regularizer=l2_regularizer(weight_decay),
            weights_initializer=variance_scaling_initializer(),
            activation_fn=relu,
            normalizer_fn=batch_norm,
            normalizer_params=normalizer_params,
        ),
        arg_scope([batch_norm], **normalizer_params),
        arg_scope([max_pool2d], padding="SAME") as scope,
    ):
        return scope


def residual_network(
    kind: str,
    unit_fn: Callable[..., Any],
    inputs: Any,
    blocks: Any,
    num_classes: int | None,
    is_training: Any,
    global_pool: bool,
    output_stride: int | None,
    include_root_block: bool,
    reuse: Any,
    scope: Any,
    normalizes_first: bool,
) -> tuple[Any, Any]:
    """Return the output of blocks between a root and a classifier, and its end points.

    Args:
      kind: the name of the variable scope where `scope` is None.
      unit_fn: what the blocks call; it has the arguments of an `arg_scope`.
      inputs: as in `resnet_v1`, like all that follow up to `scope`.
      blocks: the blocks.
      num_classes: the number of classes.
      is_training: whether batches are normalised by themselves.
      global_pool: whether to take the mean over space.
      output_stride: how much smaller than the image the output is at most.
      include_root_block: whether to begin with a convolution and pooling.
      reuse: whether to reuse variables.
      scope: the variable scope.
      normalizes_first: whether units normalise what they get, and not what they give.
    """
    with variable_scope(scope, kind, [inputs], reuse=reuse) as opened:
        collection = opened.original_name_scope + "_end_points"
        with (
            arg_scope([conv2d, unit_fn, stack_blocks_dense], outputs_collections=collection),
            arg_scope([batch_norm], is_training=is_training),
        ):
            net = inputs
            if include_root_block:
                if output_stride is not None:
                    if output_stride % 4 != 0:
                        raise ValueError("The output_stride needs to be a multiple of 4.")
                    output_stride //= 4
                bare = {"activation_fn": None, "normalizer_fn": None} if normalizes_first else {}
                with arg_scope([conv2d], **bare):
                    net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
                net = max_pool2d(net, [3, 3], stride=2, scope="pool1")
            net = stack_blocks_dense(net, blocks, output_stride)
            if normalizes_first:
                net = batch_norm(net, activation_fn=relu, scope="postnorm")
            if global_pool:
                net = reduce_mean(net, [1, 2], name="pool5", keepdims=True)
            if num_classes is not None:
                net = conv2d(
                    net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits"
                )
            end_points = convert_collection_to_dict(collection)
            if num_classes is not None:
                end_points["predictions"] = softmax(net, scope="predictions")
            return net, end_points


def make_network(name: str, units: Sequence[int], whole: Any, make_block: Any) -> Any:
    """Return a function that makes a whole network of four blocks.

    Args:
      name: the name of the network.
      units: the number of units of each block.
      whole: makes a network of blocks.
      make_block: makes a block.
    """

    def network(
        inputs: Any,
        num_classes: int | None = None,
        is_training: Any = True,
        global_pool: bool = True,
        output_stride: int | None = None,
        reuse: Any = None,
        scope: Any = name,
    ) -> tuple[Any, Any]:
        blocks = [
            make_block(f"block{number}", 64 * 2 ** (number - 1), count, 1 if number == 4 else 2)
            for number, count in enumerate(units, 1)
        ]
        return whole(
            inputs,
            blocks,
            num_classes,
            is_training,
            global_pool,
            output_stride,
            include_root_block=True,
            reuse=reuse,
            scope=scope,
        )

    network.__name__ = network.__qualname__ = name
    network.__doc__ = f"Return the output of `{name}` and its end points; see `{whole.__name__}`."
    network.default_image_size = 224  # type: ignore[attr-defined]
    return network
