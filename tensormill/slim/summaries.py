"""`slim.summaries`: summaries of tensors, printed as well where that is asked for.

Source: TensorFlow 1.15, contrib/slim/python/slim/summaries.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.ops.printing import Print
from tensormill.ops.statistics import zero_fraction
from tensormill.ops.summaries import histogram, image, scalar

__all__ = [
    "add_histogram_summaries",
    "add_histogram_summary",
    "add_image_summaries",
    "add_image_summary",
    "add_scalar_summaries",
    "add_scalar_summary",
    "add_zero_fraction_summaries",
    "add_zero_fraction_summary",
]


def _name(name: str | None, prefix: str | None, tensor: Any) -> str:
    name = name or tensor.op.name
    return f"{prefix}/{name}" if prefix else name


def add_histogram_summary(tensor: Any, name: str | None = None, prefix: str | None = None) -> Any:
    """Return a summary of the values of a tensor."""
    return histogram(_name(name, prefix, tensor), tensor)


def add_image_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """Return a summary of images."""
    full_name = _name(name, prefix, tensor)
    summary = image(full_name, tensor)
    return Print(summary, [tensor], full_name) if print_summary else summary


def add_scalar_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """Return a summary of a number."""
    full_name = _name(name, prefix, tensor)
    summary = scalar(full_name, tensor)
    return Print(summary, [tensor], full_name) if print_summary else summary


def add_zero_fraction_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """Return a summary of the share of elements that are zero."""
    return add_scalar_summary(
        zero_fraction(tensor), _name(name, prefix, tensor), print_summary=print_summary
    )


def add_histogram_summaries(tensors: Any, prefix: str | None = None) -> list[Any]:
    """Return summaries of the values of tensors."""
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


def add_image_summaries(tensors: Any, prefix: str | None = None) -> list[Any]:
    """Return summaries of images."""
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


def add_scalar_summaries(
    tensors: Any, prefix: str | None = None, print_summary: bool = False
) -> list[Any]:
    """Return summaries of numbers."""
    return [add_scalar_summary(t, prefix=prefix, print_summary=print_summary) for t in tensors]


def add_zero_fraction_summaries(tensors: Any, prefix: str | None = None) -> list[Any]:
    """Return summaries of the shares of elements that are zero."""
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]
