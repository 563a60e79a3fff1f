"""The helpers of `tensorflow.python.training.input` for what is batched.

Source: TensorFlow 1.15, python/training/input.py.
"""

from __future__ import annotations

from typing import Any

__all__ = ["as_original_type", "as_tensor_list"]


def as_tensor_list(tensors: Any) -> Any:
    """Return the values of a dictionary in the order of its keys; anything else as it is."""
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return tensors


def as_original_type(original_tensors: Any, tensor_list: Any) -> Any:
    """Return a list of tensors in the form of what `as_tensor_list` took."""
    if isinstance(original_tensors, dict):
        if len(original_tensors) == 1:
            # What batches a single tensor gives no list.
            tensor_list = [tensor_list]
        return dict(zip(sorted(original_tensors, key=str), tensor_list, strict=False))
    return tensor_list
