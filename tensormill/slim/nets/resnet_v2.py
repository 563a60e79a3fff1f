"""Residual networks that normalise before convolutions (https://arxiv.org/abs/1603.05027).

Source: TensorFlow 1.15, contrib/slim/python/slim/nets/resnet_v2.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.layers.model_batch_norm import batch_norm
from tensormill.layers.model_layers import conv2d
from tensormill.layers.model_scope import collect_named_outputs
from tensormill.ops.activations import relu
from tensormill.slim.nets.resnet_blocks import (
    Block,
    bottleneck_block,
    conv2d_same,
    make_network,
    residual_network,
    subsample,
)
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.scope import variable_scope

__all__ = [
    "bottleneck",
    "resnet_v2",
    "resnet_v2_50",
    "resnet_v2_101",
    "resnet_v2_152",
    "resnet_v2_200",
    "resnet_v2_block",
]


@add_arg_scope
def bottleneck(
    inputs: Any,
    depth: int,
    depth_bottleneck: int,
    stride: int,
    rate: int = 1,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """Return the output of a unit of three convolutions and a shortcut."""
    with variable_scope(scope, "bottleneck_v2", [inputs]) as opened:
        before = batch_norm(inputs, activation_fn=relu, scope="preact")
        if depth == inputs.get_shape()[-1].value:
            shortcut = subsample(inputs, stride, "shortcut")
        else:
            shortcut = conv2d(
                before,
                depth,
                [1, 1],
                stride=stride,
                normalizer_fn=None,
                activation_fn=None,
                scope="shortcut",
            )
        residual = conv2d(before, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = conv2d(
            residual,
            depth,
            [1, 1],
            stride=1,
            normalizer_fn=None,
            activation_fn=None,
            scope="conv3",
        )
        return collect_named_outputs(outputs_collections, opened.name, shortcut + residual)


def resnet_v2(
    inputs: Any,
    blocks: Any,
    num_classes: int | None = None,
    is_training: Any = True,
    global_pool: bool = True,
    output_stride: int | None = None,
    include_root_block: bool = True,
    reuse: Any = None,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Return the output of a residual network, and its end points; see `resnet_v1`."""
    return residual_network(
        "resnet_v2", bottleneck, inputs, blocks, num_classes, is_training, global_pool,
        output_stride, include_root_block, reuse, scope, normalizes_first=True,
    )  # fmt: skip


def resnet_v2_block(scope: str, base_depth: int, num_units: int, stride: int) -> Block:
    """Return a block of units."""
    return bottleneck_block(bottleneck, scope, base_depth, num_units, stride)


resnet_v2.default_image_size = 224  # type: ignore[attr-defined]
resnet_v2_50 = make_network("resnet_v2_50", (3, 4, 6, 3), resnet_v2, resnet_v2_block)
resnet_v2_101 = make_network("resnet_v2_101", (3, 4, 23, 3), resnet_v2, resnet_v2_block)
resnet_v2_152 = make_network("resnet_v2_152", (3, 8, 36, 3), resnet_v2, resnet_v2_block)
resnet_v2_200 = make_network("resnet_v2_200", (3, 24, 36, 3), resnet_v2, resnet_v2_block)
