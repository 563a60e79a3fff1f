"""Which kernels can add a bias and apply an activation while they write their result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["find_epilogue", "with_epilogue"]

_EPILOGUES: dict[str, Callable[..., Any]] = {}


def with_epilogue(op_type: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the kernel of an op type followed by `BiasAdd` and perhaps an activation.

    It takes the inputs of the op, then the bias, the attributes of the op and
    `activation=op_type_or_empty`.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if op_type in _EPILOGUES:
            raise ValueError(f"the epilogue of {op_type!r} is registered twice")
        _EPILOGUES[op_type] = function
        return function

    return register


def find_epilogue(op_type: str) -> Callable[..., Any] | None:
    """Return the kernel of an op type with bias and activation, or None."""
    return _EPILOGUES.get(op_type)
