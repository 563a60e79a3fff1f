"""What a task holds and does at the moment, as plain facts for those who look at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.resources.containers import ResourceContainers
from tensormill.runtime.resources.queue import Queue
from tensormill.runtime.resources.variable import VariableBuffer
from tensormill.runtime.step import ProgramRun
from tensormill.runtime.worker import Worker

__all__ = ["QueueFill", "ResourceFacts", "StepFacts", "WaitFacts", "resource_facts", "step_facts"]

_ITEM_BYTES = 8
"""What an element of an array of strings takes beside its bytes."""


@dataclass(frozen=True, slots=True)
class QueueFill:
    """How full a queue is, and how many wait for it."""

    size: int
    capacity: int
    is_closed: bool
    waiting_enqueues: int
    waiting_dequeues: int

    def __str__(self) -> str:
        capacity = "unbounded" if self.capacity < 0 or self.capacity >= 1 << 31 else self.capacity
        state = ", closed" if self.is_closed else ""
        return f"{self.size} of {capacity}{state}"


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """One resource.

    Attributes:
      container: the container that it is in; "" for one that belongs to a node alone.
      kind: such as "variable".
      name: its name.
      size_bytes: the memory of its values.
      description: such as "float32[784,10]".
      queue: how full it is, where it is a queue.
    """

    container: str
    kind: str
    name: str
    size_bytes: int
    description: str
    queue: QueueFill | None = None


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """One operation that waits.

    Attributes:
      name: the operation.
      op_type: its type.
      device: its device.
      resource: what it waits for, where that is known.
    """

    name: str
    op_type: str
    device: str
    resource: str


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step, or the task's part of one, that has not ended.

    Attributes:
      step_id: its number.
      session_handle: its session.
      age_s: how long ago it began.
      waiting: the operations that wait; none while it computes.
    """

    step_id: int
    session_handle: str
    age_s: float
    waiting: tuple[WaitFacts, ...]


def resource_facts(resources: ResourceContainers) -> list[ResourceFacts]:
    """Return what is in the containers, and the queues that belong to single nodes."""
    found = [_facts(*entry) for entry in resources.entries()]
    found += [_facts("", "queue", queue.name, queue) for queue in resources.private_queues()]
    return sorted(found, key=lambda facts: (facts.container, facts.kind, facts.name))


def _facts(container: str, kind: str, name: str, resource: Any) -> ResourceFacts:
    if isinstance(resource, Queue):
        fill = _fill(resource)
        types = ", ".join(dtype.name for dtype in resource.spec.dtypes)
        text = f"{resource.spec.kind} of {types}"
        reason = resource.why_not_fed()
        if reason is not None:
            text += f" ({reason})"
        return ResourceFacts(container, kind, name, 0, text, fill)
    if isinstance(resource, VariableBuffer):
        value = resource.value
        if value is None:
            text = f"{resource.dtype.base_dtype.name}, uninitialized"
            return ResourceFacts(container, kind, name, 0, text)
        shape = ",".join(map(str, value.shape))
        text = f"{resource.dtype.base_dtype.name}[{shape}]"
        return ResourceFacts(container, kind, name, _size_bytes(value), text)
    return ResourceFacts(container, kind, name, 0, type(resource).__name__)


def _fill(queue: Queue) -> QueueFill:
    enqueues, dequeues = queue.waiting_counts()
    return QueueFill(queue.size(), queue.spec.capacity, queue.is_closed(), enqueues, dequeues)


def _size_bytes(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            return sum(len(item) + _ITEM_BYTES for item in value.flat if isinstance(item, bytes))
        return value.nbytes
    return 0


def step_facts(worker: Worker) -> list[StepFacts]:
    """Return the steps that run on a task and may wait, the oldest first."""
    queues = _queues_by_name(worker.resources)
    runs = list(worker.runs.copy().values())
    now_s = time.monotonic()  # read last: no step began later
    return sorted(
        (
            StepFacts(
                run.step.step_id,
                run.step.session_handle,
                now_s - run.started_s,
                tuple(_waits(run, queues)),
            )
            for run in runs
        ),
        key=lambda facts: -facts.age_s,
    )


def _waits(run: ProgramRun, queues: dict[str, Queue]) -> Iterator[WaitFacts]:
    for instruction in run.waiting_for():
        node = instruction.node
        yield WaitFacts(node.name, node.op_type, node.device, _awaited(instruction, queues))


def _awaited(instruction: Instruction, queues: dict[str, Queue]) -> str:
    node = instruction.node
    sender = node.attrs.get("send_device")
    if node.op_type in ("_Recv", "_HostRecv", "Recv") and sender is not None:
        return f"{_text(node.attrs.get('tensor_name', ''))} from {_text(sender)}"
    if "Queue" not in node.op_type or not node.inputs:
        return ""
    source = node.inputs[0][0]
    queue = queues.get(_text(source.attrs.get("shared_name", "")) or source.name)
    return "" if queue is None else f"{queue.spec.kind} '{queue.name}', {_fill(queue)}"


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _queues_by_name(resources: ResourceContainers) -> dict[str, Queue]:
    """Return queues by shared name, and those of single nodes by the name of the node."""
    found = {queue.name.split("_", 2)[-1]: queue for queue in resources.private_queues()}
    for _, kind, name, resource in resources.entries():
        if kind == "queue":
            found[name] = resource
    return found
