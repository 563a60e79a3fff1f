"""`RemoteDevice`: a device of another task, as that task tells of it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RemoteDevice"]


@dataclass(frozen=True, slots=True)
class RemoteDevice:
    """A device that work can be placed on, but not by this task.

    Attributes:
      name: the full name.
      type: "CPU", "GPU", or what the task calls it.
      memory_bytes: the memory that it can give.
      physical_desc: what stands behind it.
      incarnation: changes when the device is made anew.
    """

    name: str
    type: str
    memory_bytes: int
    physical_desc: str
    incarnation: int
