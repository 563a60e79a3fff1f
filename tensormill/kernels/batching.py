"""Kernels of steps that compute as one batch (the resources: `runtime.resources.batching`).

Source: TensorFlow 1.15, core/kernels/batch_kernels.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.dataset_base import Iteration
from tensormill.kernels.registry import KernelContext, async_kernel


def _joined(parts: Sequence[Any]) -> Any:
    try:
        if isinstance(parts[0], torch.Tensor):
            return torch.cat(list(parts))
        return np.concatenate(parts)
    except (RuntimeError, ValueError) as error:
        raise errors.invalid_argument(f"Tensors of a batch cannot be joined: {error}") from error


def _rows(parts: Sequence[Any]) -> int:
    """Return how many rows the inputs of a task have.

    Raises:
      InvalidArgumentError: an input is a scalar, or they have different numbers.
    """
    for part in parts:
        if not part.ndim:
            raise errors.invalid_argument("Batching input tensors must have at least one dimension")
    sizes = {part.shape[0] for part in parts}
    if len(sizes) > 1:
        raise errors.invalid_argument(
            "Batching input tensors supplied in a given op invocation must have equal 0th-dimension"
            " size"
        )
    return int(sizes.pop())


def _check_sizes(attrs: dict[str, Any]) -> None:
    allowed = attrs["allowed_batch_sizes"]
    if not allowed:
        return
    if list(allowed) != sorted(set(allowed)):
        raise errors.invalid_argument(
            "allowed_batch_sizes entries must be monotonically increasing"
        )
    if allowed[-1] != attrs["max_batch_size"]:
        raise errors.invalid_argument(
            "final entry in allowed_batch_sizes must equal max_batch_size"
        )


def _padded(tasks: Sequence[Any], index: int, allowed: Sequence[int]) -> Any:
    """Return one input of all tasks, with the first row again up to a size that is allowed."""
    parts = [task.parts[index] for task in tasks]
    rows = sum(task.size for task in tasks)
    missing = next((size for size in allowed if size >= rows), rows) - rows
    first = next((part[:1] for part in parts if part.shape[0]), None)
    if missing and first is not None:
        parts += [first] * missing
    return _joined(parts)


def _batcher(ctx: KernelContext, compute: Any) -> Any:
    attrs = ctx.attrs
    _check_sizes(attrs)
    queue = attrs["batching_queue"].decode()
    name = attrs["shared_name"].decode() or ctx.node_name
    return ctx.resources.batcher(
        attrs["container"].decode(),
        f"{name}/{queue or ctx.node_name}",
        ctx.node_name,
        attrs["max_batch_size"],
        attrs["batch_timeout_micros"] / 1e6,
        compute,
    )


@async_kernel("Batch", "cpu", is_factory=True)
def make_batch(ctx: KernelContext) -> Any:
    allowed = ctx.attrs["allowed_batch_sizes"]

    def compute(tasks: Sequence[Any]) -> list[Any]:
        """Give the batch to the last task, and nothing to the others."""
        ends = np.cumsum([0, *(task.size for task in tasks)])
        index = [
            (task.number, start, end)
            for task, (start, end) in zip(tasks, pairwise(ends), strict=True)
        ]
        batch = [_padded(tasks, place, allowed) for place in range(len(tasks[0].parts))]
        nothing = torch.zeros((0, 3), dtype=torch.int64)
        results = []
        for task in tasks:
            has_batch = task is tasks[-1]
            parts = batch if has_batch else [part[:0] for part in task.parts]
            rows = torch.tensor(index, dtype=torch.int64) if has_batch else nothing
            results.append([*parts, rows, torch.tensor(task.number)])
        return results

    batcher = _batcher(ctx, compute)

    def batch(in_tensors: list[Any], *, done: Any) -> None:
        batcher.put(in_tensors, _rows(in_tensors), done)

    return batch


@async_kernel("BatchFunction", "cpu", is_factory=True)
def make_batch_function(ctx: KernelContext) -> Any:
    allowed = ctx.attrs["allowed_batch_sizes"]
    function = ctx.function(ctx.attrs["f"])

    def compute(tasks: Sequence[Any]) -> list[Any]:
        """Call the function with the batch, and give each task its rows of what it returns."""
        count = len(ctx.attrs["Tin"])
        batch = [_padded(tasks, place, allowed) for place in range(count)]
        call = function.bind(tasks[0].parts[count:], Iteration())
        outputs = [_as_tensor(output) for output in call(*batch)]
        rows = batch[0].shape[0]
        for output in outputs:
            if not output.ndim or output.shape[0] != rows:
                raise errors.invalid_argument(
                    "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                    "dimension sizes of the input tensors"
                )
        ends = np.cumsum([0, *(task.size for task in tasks)])
        return [[output[start:end] for output in outputs] for start, end in pairwise(ends)]

    batcher = _batcher(ctx, compute)

    def batch_function(in_tensors: list[Any], captured_tensors: list[Any], *, done: Any) -> None:
        batcher.put([*in_tensors, *captured_tensors], _rows(in_tensors), done)

    return batch_function


def _as_tensor(value: Any) -> Any:
    if isinstance(value, torch.Tensor) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "O"
    ):
        return value
    return torch.from_numpy(np.array(value))


def _shared(ctx: KernelContext) -> tuple[str, str, str]:
    attrs = ctx.attrs
    return attrs["container"].decode(), attrs["shared_name"].decode(), ctx.node_name


@async_kernel("Unbatch", "cpu", host_inputs=("batch_index", "id"), is_factory=True)
def make_unbatch(ctx: KernelContext) -> Any:
    unbatcher = ctx.resources.unbatcher(*_shared(ctx), ctx.attrs["timeout_micros"] / 1e6)

    def unbatch(batched_tensor: Any, batch_index: Any, id: Any, *, done: Any) -> None:
        if batch_index.ndim != 2 or batch_index.shape[1] != 3:
            raise errors.invalid_argument("batch_index is not a matrix with three columns")
        rows = batch_index.tolist()
        if rows and (not batched_tensor.ndim or batched_tensor.shape[0] < rows[-1][2]):
            raise errors.invalid_argument("batched_tensor has fewer rows than batch_index says")
        parts = {number: batched_tensor[start:end] for number, start, end in rows}
        unbatcher.take(int(id), parts, done)

    return unbatch


@async_kernel("UnbatchGrad", "cpu", host_inputs=("batch_index", "id"), is_factory=True)
def make_unbatch_grad(ctx: KernelContext) -> Any:
    gatherer = ctx.resources.gatherer(*_shared(ctx))

    def unbatch_grad(
        original_input: Any, batch_index: Any, grad: Any, id: Any, *, done: Any
    ) -> None:
        rows = batch_index.tolist()
        if not rows and original_input.numel():
            raise errors.invalid_argument("batch_index is empty while the tensor isn't.")
        wanted = [number for number, _, _ in rows] if rows else None
        gatherer.bring(int(id), grad, wanted, _Joining(done, grad[:0]))

    return unbatch_grad


class _Joining:
    """Reports parts that were collected as one tensor."""

    __slots__ = ("_done", "_nothing", "instruction", "step")

    def __init__(self, done: Any, nothing: Any) -> None:
        self._done = done
        self._nothing = nothing
        self.step = done.step
        self.instruction = done.instruction

    def __call__(self, parts: list[Any] | None = None) -> None:
        self._done(self._nothing if parts is None else torch.cat(parts))

    def fail(self, error: BaseException) -> None:
        self._done.fail(error)
