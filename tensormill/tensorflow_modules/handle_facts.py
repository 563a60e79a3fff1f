"""What is known of the values that handles stand for: of variables, and of lists of tensors.

Source: TensorFlow 1.15, python/ops/resource_variable_ops.py and custom_gradient.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.cpp_shape_inference_pb2 import CppShapeInferenceResult

from tensormill.graph import dtypes
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_codec import shape_to_proto

__all__ = ["copy_handle_data", "get_eager_safe_handle_data", "get_resource_handle_data"]


def get_resource_handle_data(graph_op: Tensor) -> Any:
    """Return the dtype and shape that a handle stands for, as a HandleData message."""
    message = CppShapeInferenceResult.HandleData()
    known = graph_op._handle_data
    if known is not None:
        dtype, dims = known
        message.is_set = True
        made = message.shape_and_type.add(dtype=dtype.as_datatype_enum)
        made.shape.CopyFrom(shape_to_proto(dims))
    return message


get_eager_safe_handle_data = get_resource_handle_data


def copy_handle_data(source_t: Tensor, target_t: Tensor) -> None:
    """Let one handle stand for what another one does; nothing happens for other tensors."""
    if target_t.dtype in (dtypes.resource, dtypes.variant) and source_t._handle_data is not None:
        target_t._handle_data = source_t._handle_data
