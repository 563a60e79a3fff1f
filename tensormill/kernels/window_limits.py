"""Steps that TensorFlow has no kernel for: over the batch or the channels of a convolution.

Source: TensorFlow 1.15, core/kernels/conv_ops.cc, conv_grad_ops.cc, conv_ops_3d.cc.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.graph import errors
from tensormill.kernels.registry import Kernel, adapt_kernels

Error = Callable[[str], errors.OpError]

_ERRORS: dict[str, Error] = {
    "Conv2D": errors.unimplemented,
    "Conv2DBackpropFilter": errors.invalid_argument,
    "Conv2DBackpropInput": errors.invalid_argument,
    "Conv3D": errors.invalid_argument,
    "Conv3DBackpropFilterV2": errors.invalid_argument,
    "Conv3DBackpropInputV2": errors.invalid_argument,
    "DepthwiseConv2dNative": errors.invalid_argument,
}


def _limited(kernel: Kernel, attrs: Mapping[str, Any], error: Error) -> Kernel:
    for name in ("strides", "dilations"):
        steps = attrs.get(name)
        if not steps:
            continue
        channels = 1 if attrs["data_format"].startswith(b"NC") else len(steps) - 1
        if steps[0] != 1 or steps[channels] != 1:
            refuse = functools.partial(_refuse, error, name)
            return dataclasses.replace(kernel, function=refuse, is_factory=True)
    return kernel


def _refuse(error: Error, name: str, ctx: Any) -> Any:
    raise error(
        f"Current implementation does not yet support {name} in the batch and depth dimensions."
    )


for _op_type, _error in _ERRORS.items():
    adapt_kernels(_op_type, functools.partial(_limited, error=_error))
