"""What went wrong inside a program as the error that the user sees: class, operation, line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.straight_line import InstructionFailed

__all__ = ["as_op_error", "as_reported", "deadline_error", "named_operations"]

_NAMED_WAITERS = 5

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
        kind: Callable[..., errors.OpError] = next(
            (ours for theirs, ours in _FOREIGN if isinstance(cause, theirs)), errors.InternalError
        )
        text = str(cause).partition("\n")[0]
        error = kind(
            None,
            None,
            f"{node.op_type}: {text}" if text else f"{node.op_type}: {type(cause).__name__}",
        )
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
