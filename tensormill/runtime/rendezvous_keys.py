"""Rendezvous keys: the names under which tasks hand values to each other within a step.

`send_device;incarnation;recv_device;tensor_name;frame:iteration`, the incarnation in 16 hexadecimal
digits. Outside of loops frame and iteration are 0:0. Inside, the frame is a number that both ends
compute from the names of the frames.

Source: TensorFlow 2.21, core/framework/rendezvous.cc, core/common_runtime/propagator_state.h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tensormill.graph import errors
from tensormill.graph.device_names import is_full

__all__ = ["ROOT", "RendezvousKey", "Route", "frame_id", "make_key", "parse_key", "route_of",
           "task_of"]  # fmt: skip

ROOT = "0:0"
"""Frame and iteration outside of loops."""

_MASK = (1 << 64) - 1
_FRAME = re.compile(r"[0-9]+:[0-9]+\Z")
_CACHE_SIZE = 1 << 16


@dataclass(frozen=True, slots=True)
class RendezvousKey:
    """A key, taken apart.

    Attributes:
      text: the key.
      send_device: the full name of the device that makes the value.
      incarnation: that of the device.
      recv_device: the full name of the device that needs the value.
      tensor_name: unique for the edge.
    """

    text: str
    send_device: str
    incarnation: int
    recv_device: str
    tensor_name: str


@lru_cache(_CACHE_SIZE)
def make_key(send_device: bytes, incarnation: int, recv_device: bytes, tensor_name: bytes) -> str:
    """Return a key up to the frame, which is to be added, from the attributes of a transfer."""
    return (
        f"{send_device.decode()};{incarnation & _MASK:016x};{recv_device.decode()};"
        f"{tensor_name.decode()};"
    )


class Route(NamedTuple):
    """What a transfer has to know of its edge.

    Attributes:
      key: its rendezvous key up to the frame.
      root_key: the same with the frame outside of loops.
      sender: the task that sends.
      receiver: the task that receives.
      recv_device: the name of the device that receives.
    """

    key: str
    root_key: str
    sender: str
    receiver: str
    recv_device: str


@lru_cache(_CACHE_SIZE)
def route_of(send_device: bytes, incarnation: int, recv_device: bytes, tensor_name: bytes) -> Route:
    """Return the route of a transfer from its attributes."""
    key = make_key(send_device, incarnation, recv_device, tensor_name)
    device = recv_device.decode()
    return Route(key, key + ROOT, task_of(send_device.decode()), task_of(device), device)


@lru_cache(_CACHE_SIZE)
def parse_key(text: str) -> RendezvousKey:
    """Take a key apart.

    Raises:
      InvalidArgumentError: it is none.
    """
    parts = text.split(";")
    try:
        if len(parts) == 5 and is_full(parts[0]) and is_full(parts[2]) and _FRAME.match(parts[4]):
            return RendezvousKey(text, parts[0], int(parts[1], 16), parts[2], parts[3])
    except ValueError:
        pass
    raise errors.invalid_argument(f"Invalid  rendezvous key: {text}")


@lru_cache(_CACHE_SIZE)
def task_of(device: str) -> str:
    """Return the task of a full device name: "/job:ps/replica:0/task:0"."""
    return device.partition("/device:")[0]


def frame_id(parent_id: int, parent_iteration: int, frame_name: bytes) -> int:
    """Return the number of a frame that was entered in an iteration of its parent.

    Args:
      parent_id: the number of the parent; 0 outside of loops.
      parent_iteration: the iteration of the parent.
      frame_name: the name of the frame.
    """
    return _combine(parent_id, _combine(parent_iteration, _hash(frame_name)))


def _combine(a: int, b: int) -> int:
    return (a ^ (b + 0x9E3779B97F4A7800 + (a << 10) + (a >> 4))) & _MASK


@lru_cache(4096)
def _hash(data: bytes) -> int:
    """MurmurHash64A with TensorFlow's seed."""
    m, r = 0xC6A4A7935BD1E995, 47
    value = (0xDECAFCAFFE ^ (len(data) * m)) & _MASK
    end = len(data) & ~7
    for at in range(0, end, 8):
        k = int.from_bytes(data[at : at + 8], "little")
        k = (k * m) & _MASK
        k ^= k >> r
        value = ((value ^ ((k * m) & _MASK)) * m) & _MASK
    if len(data) > end:
        value ^= int.from_bytes(data[end:], "little")
        value = (value * m) & _MASK
    value ^= value >> r
    value = (value * m) & _MASK
    return value ^ (value >> r)
