"""What went wrong inside a program as the error that the user sees: class, operation, line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import format_dims, is_fully_defined
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.straight_line import InstructionFailed

__all__ = ["as_op_error", "as_reported", "deadline_error", "named_operations"]

_NAMED_WAITERS = 5
_NO_MEMORY = "DefaultCPUAllocator: "
"""What torch says, in a RuntimeError like any other, where it gets no host memory."""

_FOREIGN: tuple[tuple[type[BaseException], Callable[..., errors.OpError]], ...] = (
    (torch.OutOfMemoryError, errors.ResourceExhaustedError),
    (MemoryError, errors.ResourceExhaustedError),
    (RecursionError, errors.InternalError),
    (NotImplementedError, errors.UnimplementedError),
    (FileNotFoundError, errors.NotFoundError),
    (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (TimeoutError, errors.DeadlineExceededError),
    (ConnectionError, errors.UnavailableError),
    (OSError, errors.UnknownError),
    (StopIteration, errors.OutOfRangeError),
    (RuntimeError, errors.InvalidArgumentError),  # how torch refuses a value
    (ValueError, errors.InvalidArgumentError),
    (TypeError, errors.InvalidArgumentError),
    (IndexError, errors.InvalidArgumentError),
    (ArithmeticError, errors.InvalidArgumentError),
)
"""What is raised in kernels, the special before the general; the rest is a bug of ours."""


def as_op_error(failure: InstructionFailed, step_id: int | None = None) -> errors.OpError:
    """Return the error for the operation whose instruction failed."""
    cause = failure.__cause__
    node = failure.instruction.node
    if isinstance(cause, errors.OpError):
        error: Any = cause
    else:
        error = _from_foreign(cause, node)
    operation = node.operation
    return errors.attach_operation(
        error,
        op_name=node.name,
        op_type=node.op_type,
        device=node.device,
        creation_site=None if operation is None else operation.creation_site,
        step_id=step_id,
        op=operation,
    )


def _from_foreign(cause: BaseException | None, node: Node) -> errors.OpError:
    """Return the error for what torch, NumPy or Python raised in the kernel of a node."""
    kind: Callable[..., errors.OpError] = next(
        (ours for theirs, ours in _FOREIGN if isinstance(cause, theirs)), errors.InternalError
    )
    text = str(cause).partition("\n")[0] or type(cause).__name__
    if kind is errors.ResourceExhaustedError or _NO_MEMORY in text:
        return errors.resource_exhausted(
            f"OOM when allocating tensor {_description(node)} on {node.device}: {text}",
            hint="smaller batches, or parts of them one after another, need less at a time.",
        )
    return kind(None, None, f"{node.op_type}: {text}")


def _description(node: Node) -> str:
    """Return what is known of the first output of a node, as TensorFlow writes it."""
    if not node.output_dtypes or not is_fully_defined(node.output_dims[0]):
        return f"for {node.op_type}"
    shape = format_dims(node.output_dims[0], "kernel")
    return f"with shape{shape} and type {dtype_text(node.output_dtypes[0].base_dtype)}"


def as_reported(error: BaseException, step_id: int | None = None) -> errors.OpError:
    """Return the error that users see for what ended a step."""
    if isinstance(error, InstructionFailed):
        reported = as_op_error(error, step_id)
        reported.__cause__ = error.__cause__
        return reported
    if isinstance(error, errors.OpError):
        return error
    return errors.internal(f"{type(error).__name__}: {error}")


def named_operations(instructions: Sequence[Instruction]) -> list[str]:
    """Return the operations of instructions with their types and devices, the first of many."""
    names = [f"'{i.node.name}' ({i.node.op_type}) on {i.node.device}" for i in instructions]
    if len(names) > _NAMED_WAITERS:
        names[_NAMED_WAITERS:] = [f"{len(names) - _NAMED_WAITERS} more"]
    return names


def deadline_error(
    timeout_s: float, waiting: Sequence[Instruction]
) -> errors.DeadlineExceededError:
    """Return the error of a step whose time is over, naming the operations that it waited for."""
    names = named_operations(waiting)
    return errors.DeadlineExceededError(
        None,
        None,
        "Timed out waiting for notification\n"
        f"  after {timeout_s * 1000:g} ms the step was waiting for: "
        + (", ".join(names) or "nothing"),
    )
