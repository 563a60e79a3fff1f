"""`StepRendezvous`: what transfers of one step on one task see of the others.

What is sent waits on the task that sends. What is received is there already, or asked for from the
task that has it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.rendezvous import Receiver, Rendezvous
from tensormill.runtime.rendezvous_keys import ROOT, make_key, task_of

__all__ = ["Cancel", "StepRendezvous", "WaysElsewhere"]

Cancel = Callable[[], None]


class WaysElsewhere(Protocol):
    """The ways from a task to the others, for values."""

    def receive(self, task: str, step_id: int, key: str, receiver: Receiver, /) -> Cancel:
        """Ask a task; the receiver is called once, on any thread. Return what ends the asking."""

    def shares_memory(self, task: str, /) -> bool:
        """Return whether a task gets the values that it asks for as they are, without a copy."""


class StepRendezvous:
    """One step's sends and receives on one task.

    Attributes:
      local: where the values of the step wait on this task.
    """

    __slots__ = ("_cancellation", "_step_id", "_task", "_torch_devices", "_ways", "local")

    def __init__(
        self,
        step_id: int,
        task: str,
        local: Rendezvous,
        torch_devices: Mapping[str, torch.device],
        ways: WaysElsewhere,
        cancellation: CancellationScope,
    ) -> None:
        self.local = local
        self._step_id = step_id
        self._task = task
        self._torch_devices = torch_devices
        self._ways = ways
        self._cancellation = cancellation

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
        if may_change and self._ways.shares_memory(task_of(recv_device.decode())):
            value = _copied(value)
        self.local.send(make_key(send_device, incarnation, recv_device, tensor_name) + frame, value)

    def receive(
        self,
        send_device: bytes,
        incarnation: int,
        recv_device: bytes,
        tensor_name: bytes,
        done: Any,
    ) -> None:
        """Complete a kernel with a value, or `DEAD`, when it is there."""
        key = make_key(send_device, incarnation, recv_device, tensor_name) + done.frame
        wanted = self._torch_devices.get(recv_device.decode())
        receipt = _Receipt(done, wanted)
        task = task_of(send_device.decode())
        if task == self._task:
            self.local.receive(key, receipt.take)
            receipt.end_with(self._cancellation, lambda: self.local.withdraw(key, receipt.take))
        else:
            cancel = self._ways.receive(task, self._step_id, key, receipt.take)
            receipt.end_with(self._cancellation, cancel)


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    return value.copy() if isinstance(value, np.ndarray) else value


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
        wanted = self._wanted
        if value is not DEAD and wanted is not None and isinstance(value, torch.Tensor):
            value = value.to(wanted)
        self._done(value)

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
