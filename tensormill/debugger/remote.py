"""What would send tensors to another process while the step runs, which tensormill does not.

Source: TensorFlow 1.15, python/debug/wrappers/grpc_wrapper.py, hooks.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import errors

__all__ = [
    "GrpcDebugHook",
    "GrpcDebugWrapperSession",
    "TensorBoardDebugHook",
    "TensorBoardDebugWrapperSession",
]


class _Remote:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise errors.UnimplementedError(
            None,
            None,
            f"{type(self).__name__}: tensormill sends no tensors to a debugger elsewhere, and "
            "TensorBoard has dropped its debugger for TensorFlow 1. LocalCLIDebugWrapperSession "
            "shows them on the terminal, DumpingDebugWrapperSession writes them into files.",
        )


class GrpcDebugWrapperSession(_Remote):
    """Cannot be made; says what can be used instead."""


class TensorBoardDebugWrapperSession(GrpcDebugWrapperSession):
    """Cannot be made; says what can be used instead."""


class GrpcDebugHook(_Remote):
    """Cannot be made; says what can be used instead."""


class TensorBoardDebugHook(GrpcDebugHook):
    """Cannot be made; says what can be used instead."""
