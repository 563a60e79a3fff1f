"""`StepRendezvous`: what transfers of one step on one task see of the others.

What is sent waits on the task that sends. What is received is there already, or asked for from the
task that has it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, Protocol

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.kernels.torch_dtypes import to_host
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.rendezvous import KeyedValue, Receiver, Rendezvous
from tensormill.runtime.rendezvous_keys import ROOT, route_of

__all__ = ["Cancel", "StepRendezvous", "WaysElsewhere"]

Cancel = Callable[[], None]

_SMALL_BYTES = 1 << 12
"""Up to this size a copy costs nothing; larger values that change race as those of TensorFlow."""


class WaysElsewhere(Protocol):
    """The ways from a task to the others, for values."""

    def receive(self, task: str, step_id: int, key: str, receiver: Receiver, /) -> Cancel:
        """Ask a task; the receiver is called once, on any thread. Return what ends the asking."""

    def shares_memory(self, task: str, /) -> bool:
        """Return whether a task gets the values that it asks for as they are, without a copy."""

    def can_push(self, task: str, /) -> bool:
        """Return whether values can be pushed to a task; connects to it if need be."""

    def push(self, task: str, step_id: int, values: Sequence[KeyedValue], /) -> None:
        """Give a task values before it asks.

        Raises:
          OpError: it cannot be reached, or a value cannot travel.
        """


class StepRendezvous:
    """One step's sends and receives on one task.

    Attributes:
      local: where the values of the step wait on this task.
    """

    __slots__ = ("_cancellation", "_outbox", "_pushed_from", "_pushes_to", "_step_id", "_task",
                 "_token", "_torch_devices", "_waiting", "_ways", "local")  # fmt: skip

    def __init__(
        self,
        step_id: int,
        task: str,
        local: Rendezvous,
        torch_devices: Mapping[str, torch.device],
        ways: WaysElsewhere,
        cancellation: CancellationScope,
        pushes_to: Set[str] = frozenset(),
        pushed_from: Set[str] = frozenset(),
    ) -> None:
        """Make the transfers of a step.

        Args:
          step_id: the step.
          task: the own task.
          local: where the values of the step wait here.
          torch_devices: the devices of the task, by name.
          ways: the ways to other tasks.
          cancellation: that of the step.
          pushes_to: the tasks that get what is sent them without asking.
          pushed_from: the tasks that need not be asked.
        """
        self.local = local
        self._outbox: deque[tuple[str, str, Any]] = deque()  # task, key and value
        self._pushes_to = pushes_to
        self._pushed_from = pushed_from
        self._step_id = step_id
        self._task = task
        self._torch_devices = torch_devices
        self._ways = ways
        self._cancellation = cancellation
        self._waiting: set[_LocalReceipt] = set()  # for values that come here by themselves
        self._token: int | None = None

    def send(
        self,
        send_device: bytes,
        incarnation: int,
        recv_device: bytes,
        tensor_name: bytes,
        value: Any,
        frame: str = ROOT,
        *,
        may_change: bool = False,
    ) -> None:
        """Hand over a value, or `DEAD`.

        Args:
          send_device: where it was made.
          incarnation: that of the device.
          recv_device: where it is needed.
          tensor_name: unique for the edge.
          value: the value.
          frame: frame and iteration.
          may_change: its memory may belong to something that is updated in place, so that a task
            with which memory is shared gets a copy.
        """
        route = route_of(send_device, incarnation, recv_device, tensor_name)
        key = route.root_key if frame is ROOT else route.key + frame
        task = route.receiver
        if task in self._pushes_to:
            if may_change and getattr(value, "nbytes", 0) < _SMALL_BYTES:
                value = to_host(value).copy() if isinstance(value, torch.Tensor) else _copied(value)
            self._outbox.append((task, key, value))
            return
        if may_change and self._ways.shares_memory(task):
            value = _copied(value)
        self.local.send(key, value)

    @property
    def has_unsent(self) -> bool:
        """Whether something waits to be pushed."""
        return bool(self._outbox)

    def flush(self) -> None:
        """Push what was sent since the last time, in one message to each task.

        Raises:
          OpError: a task cannot be reached, or a value cannot travel.
        """
        if self._outbox:
            for task, values in self._take_outbox().items():
                self._ways.push(task, self._step_id, values)

    def flush_but(self, task: str) -> list[KeyedValue]:
        """Push what was sent, but for what goes to one task; return that.

        Raises:
          OpError: a task cannot be reached, or a value cannot travel.
        """
        if not self._outbox:
            return []
        by_task = self._take_outbox()
        kept = by_task.pop(task, [])
        for other, values in by_task.items():
            self._ways.push(other, self._step_id, values)
        return kept

    def _take_outbox(self) -> dict[str, list[KeyedValue]]:
        by_task: dict[str, list[KeyedValue]] = {}
        while self._outbox:  # kernels of several threads may send
            try:
                task, key, value = self._outbox.popleft()
            except IndexError:
                break
            by_task.setdefault(task, []).append((key, value))
        return by_task

    def receive(
        self,
        send_device: bytes,
        incarnation: int,
        recv_device: bytes,
        tensor_name: bytes,
        done: Any,
    ) -> None:
        """Complete a kernel with a value, or `DEAD`, when it is there."""
        route = route_of(send_device, incarnation, recv_device, tensor_name)
        key = route.key + done.frame
        wanted = self._torch_devices.get(route.recv_device)
        task = route.sender
        if task == self._task or task in self._pushed_from:
            self._receive_here(key, _LocalReceipt(done, wanted, self._waiting, key))
            return
        receipt = _Receipt(done, wanted)
        cancel = self._ways.receive(task, self._step_id, key, receipt.take)
        receipt.end_with(self._cancellation, cancel)

    def _receive_here(self, key: str, receipt: _LocalReceipt) -> None:
        """Wait for a value on this task; one registration ends all such waits of the step."""
        self._waiting.add(receipt)
        self.local.receive(key, receipt.take)
        if receipt not in self._waiting:
            return
        if self._token is None:
            self._token = self._cancellation.register(self._give_up)
        elif self._cancellation.reason is not None:
            self._give_up(self._cancellation.reason)

    def _give_up(self, reason: str) -> None:
        for receipt in list(self._waiting):
            receipt.give_up(self.local, reason)

    def end(self) -> None:
        """Let go of the step's cancellation: the step has ended here."""
        if self._token is not None:
            self._cancellation.deregister(self._token)

    def receive_at_once(
        self,
        send_device: bytes,
        incarnation: int,
        recv_device: bytes,
        tensor_name: bytes,
        otherwise: Any,
    ) -> Any:
        """Return a live value that is there, or `otherwise`."""
        route = route_of(send_device, incarnation, recv_device, tensor_name)
        if route.sender not in self._pushed_from and route.sender != self._task:
            return otherwise
        value = self.local.take(route.root_key, otherwise)
        if value is otherwise:
            return otherwise
        return _where_wanted(value, self._torch_devices.get(route.recv_device))


def _where_wanted(value: Any, wanted: torch.device | None) -> Any:
    if (
        wanted is not None
        and isinstance(value, torch.Tensor)
        and not (value.is_cpu and wanted.type == "cpu")
    ):
        return value.to(wanted)
    return value


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    return value.copy() if isinstance(value, np.ndarray) else value


class _LocalReceipt:
    """One value that comes to this task by itself: a kernel waits for it, or an error, or the end.

    It stands among those of its step until it is over; whoever takes it out there ends it.
    """

    __slots__ = ("_done", "_key", "_waiting", "_wanted")

    def __init__(
        self, done: Any, wanted: torch.device | None, waiting: set[_LocalReceipt], key: str
    ) -> None:
        self._done = done
        self._wanted = wanted
        self._waiting = waiting
        self._key = key

    def take(self, value: Any, error: OpError | None) -> None:
        """Complete the kernel. Any thread."""
        if not self._end():
            return
        if error is not None:
            self._done.fail(error)
            return
        self._done(_where_wanted(value, self._wanted))

    def give_up(self, local: Rendezvous, reason: str) -> None:
        """Fail the kernel: the step was cancelled."""
        if self._end():
            local.withdraw(self._key, self.take)
            self._done.fail(errors.cancelled(reason))

    def _end(self) -> bool:
        try:
            self._waiting.remove(self)  # one thread alone succeeds
        except KeyError:
            return False
        return True


class _Receipt:
    """One value that a kernel waits for: it comes, or an error does, or the step is cancelled."""

    __slots__ = ("_done", "_is_over", "_lock", "_scope", "_token", "_wanted")

    def __init__(self, done: Any, wanted: torch.device | None) -> None:
        self._done = done
        self._wanted = wanted
        self._lock = threading.Lock()
        self._is_over = False  # guarded by _lock
        self._scope: CancellationScope | None = None
        self._token: int | None = None

    def take(self, value: Any, error: OpError | None) -> None:
        """Complete the kernel. Any thread."""
        if not self._end():
            return
        if self._scope is not None:
            self._scope.deregister(self._token)
        if error is not None:
            self._done.fail(error)
            return
        self._done(_where_wanted(value, self._wanted))

    def end_with(self, scope: CancellationScope, cancel: Cancel) -> None:
        """Give up when a step is cancelled."""
        if self._is_over:
            return

        def give_up(reason: str) -> None:
            if self._end():
                cancel()
                self._done.fail(errors.cancelled(reason))

        self._scope = scope
        token = self._token = scope.register(give_up)
        if self._is_over:
            scope.deregister(token)

    def _end(self) -> bool:
        with self._lock:
            if self._is_over:
                return False
            self._is_over = True
            return True
