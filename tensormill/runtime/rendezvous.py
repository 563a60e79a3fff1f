"""The rendezvous: where values that cross tasks wait for who needs them, step by step.

`RendezvousState` is one step's, without threads: it is told of sends and receives and answers with
the deliveries that follow. `Rendezvous` drives it and may be used from any thread.
`RendezvousTable` has those of all steps of a task; one comes into being with the first send or
receive of its step, as other tasks may ask before the step starts here, and goes with `clean_up`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.plan.frames import DEAD

__all__ = [
    "Delivery",
    "KeyedValue",
    "Receiver",
    "Rendezvous",
    "RendezvousState",
    "RendezvousTable",
    "deliver",
]

_MAX_ENDED = 10_000
_UNCLAIMED_S = 60.0
"""How long values are kept that were pushed for a step that does not come."""
_UNCLAIMED_OF_THE_LOST_S = 5.0
"""The same where the task that pushed them is gone."""

Receiver = Callable[[Any, OpError | None], None]
"""Takes a value (`frames.DEAD` for one of a branch not taken), or the error of the step."""


KeyedValue = tuple[str, Any]
"""A value and its rendezvous key."""


class Delivery(NamedTuple):
    """A value, or an error, that a receiver gets now."""

    receiver: Receiver
    value: Any
    error: OpError | None


@dataclass(slots=True)
class RendezvousState:
    """What was sent and is not received yet, and who waits, in one step.

    Attributes:
      error: what ended the step; everybody gets it from then on.
      values: by key what was sent, oldest first.
      receivers: by key who waits, first come first.
    """

    error: OpError | None = None
    values: dict[str, deque[Any]] = field(default_factory=dict)
    receivers: dict[str, deque[Receiver]] = field(default_factory=dict)

    def send(self, key: str, value: Any) -> list[Delivery]:
        """Take a value; return who gets it."""
        if self.error is not None:
            return []
        waiting = self.receivers.get(key)
        if waiting is None:
            self.values.setdefault(key, deque()).append(value)
            return []
        receiver = waiting.popleft()
        if not waiting:
            del self.receivers[key]
        return [Delivery(receiver, value, None)]

    def send_all(self, values: Sequence[KeyedValue]) -> list[Delivery]:
        """Take several values; return who gets some of them."""
        if self.receivers or self.error is not None:
            return [delivery for key, value in values for delivery in self.send(key, value)]
        for key, value in values:
            there = self.values.get(key)
            if there is None:
                self.values[key] = deque((value,))
            else:
                there.append(value)
        return []

    def receive(self, key: str, receiver: Receiver) -> list[Delivery]:
        """Take somebody who needs a value; return it if it is there. Each is received once."""
        if self.error is not None:
            return [Delivery(receiver, None, self.error)]
        there = self.values.get(key)
        if there is None:
            self.receivers.setdefault(key, deque()).append(receiver)
            return []
        value = there.popleft()
        if not there:
            del self.values[key]
        return [Delivery(receiver, value, None)]

    def take(self, key: str, otherwise: Any) -> Any:
        """Return a value that is there, or `otherwise`; dead ones and errors are left."""
        there = self.values.get(key)
        if there is None or there[0] is DEAD:
            return otherwise
        value = there.popleft()
        if not there:
            del self.values[key]
        return value

    def withdraw(self, key: str, receiver: Receiver) -> None:
        """Forget somebody who waits no longer."""
        waiting = self.receivers.get(key)
        if waiting is not None and receiver in waiting:
            waiting.remove(receiver)
            if not waiting:
                del self.receivers[key]

    def fail_from(self, task: str, error: OpError) -> list[Delivery]:
        """Give an error to who waits for values of a task; return who is told so."""
        keys = [key for key in self.receivers if key.startswith(f"{task}/device:")]
        return [Delivery(r, None, error) for key in keys for r in self.receivers.pop(key)]

    def abort(self, error: OpError) -> list[Delivery]:
        """End the step; return who is told so. The first error stays."""
        if self.error is not None:
            return []
        self.error = error
        told = [Delivery(r, None, error) for waiting in self.receivers.values() for r in waiting]
        self.receivers.clear()
        self.values.clear()
        return told

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits here."""
        return not self.values and not self.receivers and self.error is None


class Rendezvous:
    """One step's rendezvous on one task. Receivers are called on the thread of who sends."""

    __slots__ = ("_lock", "_state", "users")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = RendezvousState()  # guarded by _lock
        self.users = 0  # partitions of the step that run here; guarded by the table

    def send(self, key: str, value: Any) -> None:
        """Hand over a value."""
        with self._lock:
            deliveries = self._state.send(key, value)
        deliver(deliveries)

    def accept(self, values: Sequence[KeyedValue]) -> list[Delivery]:
        """Take several values; return the deliveries, which are to be made at once."""
        with self._lock:
            return self._state.send_all(values)

    def receive(self, key: str, receiver: Receiver) -> None:
        """Let a receiver have a value, now or when it comes."""
        with self._lock:
            deliveries = self._state.receive(key, receiver)
        if deliveries:
            deliver(deliveries)

    def take(self, key: str, otherwise: Any) -> Any:
        """Return a value that is there, or `otherwise`; dead ones and errors are left."""
        with self._lock:
            return self._state.take(key, otherwise)

    def withdraw(self, key: str, receiver: Receiver) -> None:
        """Forget a receiver that waits no longer; it may have been called meanwhile."""
        with self._lock:
            self._state.withdraw(key, receiver)

    def fail_from(self, task: str, error: OpError) -> None:
        """Give an error to who waits for values of a task."""
        with self._lock:
            deliveries = self._state.fail_from(task, error)
        deliver(deliveries)

    def abort(self, error: OpError) -> None:
        """Give everybody an error, now and later."""
        with self._lock:
            deliveries = self._state.abort(error)
        deliver(deliveries)

    def has_values_of(self, task: str) -> bool:
        """Return whether values of a task wait here."""
        with self._lock:
            return any(key.startswith(f"{task}/device:") for key in self._state.values)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits here."""
        return self._state.is_idle


def deliver(deliveries: list[Delivery]) -> None:
    """Make deliveries."""
    for delivery in deliveries:
        delivery.receiver(delivery.value, delivery.error)


class RendezvousTable:
    """The rendezvous of all steps of a task, by step id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: dict[int, Rendezvous] = {}  # guarded by _lock
        # The latest steps that are over, with what those get that come after all; guarded by _lock
        self._ended: dict[int, OpError | None] = {}
        # Steps that were only pushed to, and until when they may begin; guarded by _lock
        self._unclaimed: dict[int, float] = {}
        self._call_off: Callable[[], None] | None = None  # guarded by _lock

    def __len__(self) -> int:
        return len(self._steps)

    def find(self, step_id: int) -> Rendezvous:
        """Return the rendezvous of a step, made now if need be."""
        with self._lock:
            found = self._steps.get(step_id)
            if found is None:
                found = self._steps[step_id] = Rendezvous()
            return found

    def enter(self, step_id: int) -> Rendezvous:
        """Return the rendezvous of a step of which a partition runs here from now on."""
        with self._lock:
            found = self._steps.get(step_id)
            if found is None:
                found = self._steps[step_id] = Rendezvous()
                error = self._ended.get(step_id)
                if error is not None:
                    found.abort(error)  # nobody waits yet
            self._unclaimed.pop(step_id, None)
            found.users += 1
            return found

    def leave(self, step_id: int) -> None:
        """Take note that a partition of a step has run; what it sent stays until `clean_up`."""
        with self._lock:
            found = self._steps.get(step_id)
            if found is not None:
                found.users -= 1
                state = found._state
                if not found.users and not (state.values or state.receivers or state.error):
                    del self._steps[step_id]

    def push(self, step_id: int, values: Sequence[KeyedValue]) -> None:
        """Take values that another task has sent; the step may begin here later, or be over."""
        deliver(self.accept(step_id, values))

    def accept(self, step_id: int, values: Sequence[KeyedValue]) -> list[Delivery]:
        """Do the same, but return the deliveries, which are to be made at once."""
        with self._lock:
            found = self._steps.get(step_id)
            if found is None:
                if step_id in self._ended:
                    return []
                found = self._steps[step_id] = Rendezvous()
                self._unclaimed[step_id] = time.monotonic() + _UNCLAIMED_S
                if self._call_off is None:
                    self._call_off = DEADLINES.after(_UNCLAIMED_S, self._look_after_unclaimed)
        return found.accept(values)

    def _look_after_unclaimed(self) -> None:
        with self._lock:
            self._call_off = None
        self.drop_unclaimed(time.monotonic())

    def drop_unclaimed(self, now_s: float) -> None:
        """Drop the values of steps that have not begun here in time; they fail if they do later.

        Args:
          now_s: the time, on the clock of `time.monotonic`.
        """
        with self._lock:
            late = [step_id for step_id, end_s in self._unclaimed.items() if end_s <= now_s]
            for step_id in late:
                del self._unclaimed[step_id]
                self._steps.pop(step_id, None)
                self._note_end(
                    step_id,
                    errors.aborted(
                        f"Step {step_id} begins too late: what was sent to it has been dropped"
                    ),
                )
            if self._unclaimed and self._call_off is None:
                left_s = min(self._unclaimed.values()) - now_s
                self._call_off = DEADLINES.after(left_s, self._look_after_unclaimed)

    def _note_end(self, step_id: int, error: OpError | None) -> None:
        self._ended[step_id] = error
        if len(self._ended) > _MAX_ENDED:
            del self._ended[next(iter(self._ended))]

    def drop_if_idle(self, step_id: int) -> None:
        """Forget a step in which nothing runs and nothing waits; it comes again if need be."""
        with self._lock:
            found = self._steps.get(step_id)
            if found is not None and not found.users and found.is_idle:
                del self._steps[step_id]
                self._unclaimed.pop(step_id, None)

    def clean_up(self, step_id: int) -> None:
        """Forget a step, and end whoever waits there."""
        with self._lock:
            found = self._steps.pop(step_id, None)
            self._unclaimed.pop(step_id, None)
            self._note_end(step_id, None)
        if found is not None:
            found.abort(errors.aborted(f"Cleanup {step_id}"))

    def fail_from(self, task: str, error: OpError) -> None:
        """Give an error to who waits for values of a task, in any step.

        Steps that have not begun here but have values of the task must do so soon.
        """
        with self._lock:
            steps = list(self._steps.values())
            end_s = time.monotonic() + _UNCLAIMED_OF_THE_LOST_S
            lost = [i for i in self._unclaimed if self._steps[i].has_values_of(task)]
            for step_id in lost:
                self._unclaimed[step_id] = min(end_s, self._unclaimed[step_id])
            if lost:
                if self._call_off is not None:
                    self._call_off()
                self._call_off = DEADLINES.after(
                    _UNCLAIMED_OF_THE_LOST_S, self._look_after_unclaimed
                )
        for step in steps:
            step.fail_from(task, error)

    def abort_all(self, error: OpError) -> None:
        """End whoever waits, in any step."""
        with self._lock:
            steps = list(self._steps.values())
            self._steps.clear()
            self._unclaimed.clear()
            if self._call_off is not None:
                self._call_off()
        for step in steps:
            step.abort(error)
