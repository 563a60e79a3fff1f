"""`tf.contrib.layers.legacy_fully_connected`, as it was before the layers of today.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.layers.model_initializers import xavier_initializer
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import reshape, shape
from tensormill.ops.joining import stack, unstack
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = ["legacy_fully_connected", "legacy_linear", "legacy_relu"]

_ZEROS = Zeros()


def legacy_fully_connected(
    x: Any,
    num_output_units: int,
    activation_fn: Callable[..., Any] | None = None,
    weight_init: Any = None,
    bias_init: Any = _ZEROS,
    name: str | None = None,
    weight_collections: Sequence[str] = (GraphKeys.WEIGHTS,),
    bias_collections: Sequence[str] = (GraphKeys.BIASES,),
    output_collections: Sequence[str] = (GraphKeys.ACTIVATIONS,),
    trainable: bool = True,
    weight_regularizer: Any = None,
    bias_regularizer: Any = None,
) -> Any:
    """Return `activation_fn(x * weights + bias)`, along the last axis.

    Args:
      x: [..., inputs], rank 2 or more.
      num_output_units: the number of outputs.
      activation_fn: what is applied to the result.
      weight_init: gives the first weights; Glorot's uniform one by default.
      bias_init: gives the first bias; None for no bias.
      name: the name of the variable scope.
      weight_collections: the collections of the weights, besides those of variables.
      bias_collections: the collections of the bias, likewise.
      output_collections: the collections of the result.
      trainable: whether optimizers change the variables.
      weight_regularizer: a function of the weights that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.

    Raises:
      ValueError: the rank is less than 2, or the last size is not known.
    """
    with variable_scope(name, "fully_connected", [x]):
        x = convert_to_tensor(x)
        dims = x.get_shape()
        if dims.ndims is None:
            raise ValueError("dims of x must be known but is None")
        if dims.ndims < 2:
            raise ValueError(f"rank of x must be at least 2 not: {dims.ndims}")
        sizes = dims.as_list()
        if sizes[-1] is None:
            raise ValueError("last dimension of x must be known but is None")
        make = functools.partial(get_variable, dtype=x.dtype.base_dtype, trainable=trainable)
        weights = make(
            "weights",
            shape=[sizes[-1], num_output_units],
            initializer=xavier_initializer() if weight_init is None else weight_init,
            collections=[*weight_collections, GraphKeys.GLOBAL_VARIABLES],
            regularizer=weight_regularizer,
        )
        flat = x if len(sizes) == 2 else reshape(x, [-1, sizes[-1]])
        outputs = matmul(flat, weights)
        if bias_init is not None:
            bias = make(
                "bias",
                shape=[num_output_units],
                initializer=bias_init,
                collections=[*bias_collections, GraphKeys.GLOBAL_VARIABLES],
                regularizer=bias_regularizer,
            )
            outputs = bias_add(outputs, bias)
        if len(sizes) > 2:
            whole = [*unstack(shape(x))[:-1], num_output_units]
            outputs = reshape(outputs, stack(whole))
            outputs.set_shape([*sizes[:-1], num_output_units])
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        for collection in output_collections:
            get_default_graph().add_to_collection(collection, outputs)
        return outputs


legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu = functools.partial(legacy_fully_connected, activation_fn=relu)
