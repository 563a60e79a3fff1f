"""Where the devices of a step meet for a reduction, a concatenation or a broadcast.

The devices of one task meet; those of other tasks are not waited for in vain: their group is never
full, and the step is cancelled as any step is that waits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensormill.graph import errors
from tensormill.runtime.resources.waiting import Cancel, Done, Fail, Finish, Instruction, Waiting

__all__ = ["Collectives"]


@dataclass(frozen=True, slots=True)
class _Join:
    """Event: a device comes.

    Attributes:
      key: who waits.
      meeting: which step, group and instance.
      size: how many devices meet.
      device: which one comes.
      value: what it brings, or None.
      combine: makes the results of all devices from their values; both by device.
    """

    key: Hashable
    meeting: tuple[Any, ...]
    size: int
    device: str
    value: Any
    combine: Callable[[dict[str, Any]], Any]


@dataclass
class _Meeting:
    joined: dict[str, _Join] = field(default_factory=dict)


class Collectives:
    """The meetings of the devices of a task. Any thread."""

    def __init__(self) -> None:
        self._waiting = Waiting(self._handle)
        self._meetings: dict[tuple[Any, ...], _Meeting] = {}  # guarded by the lock of _waiting

    def join(
        self,
        group_key: int,
        instance_key: int,
        size: int,
        device: str,
        value: Any,
        combine: Callable[[dict[str, Any]], Any],
        done: Done,
    ) -> None:
        """Bring a value to a meeting; call `done` with its result when all devices are there.

        Args:
          group_key: names the group.
          instance_key: names the meeting of the group in the step.
          size: how many devices meet.
          device: the name of this one.
          value: what it brings, or None.
          combine: makes the result from the values by device, in the order of the names.
          done: what to call.
        """
        meeting = (done.step.step_id, group_key, instance_key)
        self._waiting.submit(
            done,
            lambda key: _Join(key, meeting, size, device, value, combine),
            lambda values: combine(values),
        )

    def _handle(self, event: Any) -> Sequence[Instruction]:
        if isinstance(event, Cancel):
            return self._cancel(event.key)
        assert isinstance(event, _Join)
        meeting = self._meetings.setdefault(event.meeting, _Meeting())
        if event.device in meeting.joined:
            message = f"Device {event.device} is in the collective group already"
            return [Fail(event.key, errors.invalid_argument(message))]
        meeting.joined[event.device] = event
        if len(meeting.joined) < event.size:
            return []
        del self._meetings[event.meeting]
        values = {device: meeting.joined[device].value for device in sorted(meeting.joined)}
        return [Finish(each.key, values) for each in meeting.joined.values()]

    def _cancel(self, key: Hashable) -> Sequence[Instruction]:
        for name, meeting in list(self._meetings.items()):
            for device, joined in list(meeting.joined.items()):
                if joined.key is not key:
                    continue
                del meeting.joined[device]
                if not meeting.joined:
                    del self._meetings[name]
                return [Fail(key, errors.cancelled("The collective was cancelled"))]
        return []
