"""The swish activation, with a gradient of its own."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.custom_gradients import custom_gradient
from tensormill.ops.elementwise_unary import sigmoid


def swish(features: Any) -> Tensor:
    """Return `features * sigmoid(features)`; the gradient keeps no more than `features` in memory.

    Args:
      features: floats.
    """
    return _swish(features)


@custom_gradient
def _swish(features: Any) -> Any:
    features = convert_to_tensor(features, name="features")

    def grad(dy: Tensor) -> Tensor:
        with features.graph.control_dependencies([dy]):
            gate = sigmoid(features)
        return dy * (gate * (1.0 + features * (1.0 - gate)))

    return features * sigmoid(features), grad
