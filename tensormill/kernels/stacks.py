"""Kernels of stacks.

Each run of StackV2 makes a new one, which lives as long as something refers to it.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import errors
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory


class Stack:
    """A last-in, first-out store of values.

    Attributes:
      name: for messages.
      max_size: how many values it may hold; negative for any number.
      values: what it holds.
      is_closed: it takes and gives nothing any more.
    """

    __slots__ = ("is_closed", "max_size", "name", "values")

    def __init__(self, name: str, max_size: int) -> None:
        self.name = name
        self.max_size = max_size
        self.values: list[Any] = []
        self.is_closed = False

    def check_open(self) -> None:
        """Refuse a closed stack.

        Raises:
          InvalidArgumentError: the stack was closed.
        """
        if self.is_closed:
            raise errors.invalid_argument(f"Stack[{self.name}] has already been closed.")


@kernel_factory("StackV2", "cpu", "gpu", host_inputs=["max_size"])
def make_stack(ctx: KernelContext) -> Any:
    name = ctx.attrs["stack_name"].decode() or ctx.node_name

    def stack(max_size: Any) -> Stack:
        return Stack(name, int(max_size))

    return stack


@kernel_factory("Stack", "cpu", "gpu")
def make_unlimited_stack(ctx: KernelContext) -> Any:
    name = ctx.attrs["stack_name"].decode() or ctx.node_name

    def unlimited_stack() -> Stack:
        return Stack(name, -1)

    return unlimited_stack


@kernel("StackPush", "cpu", "gpu", aliases=True)
@kernel("StackPushV2", "cpu", "gpu", aliases=True)
def push(handle: Stack, elem: Any) -> Any:
    handle.check_open()
    if 0 <= handle.max_size <= len(handle.values):
        raise errors.invalid_argument(
            f"Stack[{handle.name}] overflowed its max_size ({handle.max_size})"
        )
    handle.values.append(elem)
    return elem


@kernel("StackPop", "cpu", "gpu")
@kernel("StackPopV2", "cpu", "gpu")
def pop(handle: Stack) -> Any:
    handle.check_open()
    if not handle.values:
        raise errors.invalid_argument(f"Stack[{handle.name}] is empty when calling Pop().")
    return handle.values.pop()


@kernel("StackClose", "cpu", "gpu")
@kernel("StackCloseV2", "cpu", "gpu")
def close(handle: Stack) -> None:
    handle.is_closed = True
    handle.values.clear()
