"""Memory that came in a message: nobody writes it again, so that a queue may keep it.

Between processes of one host it belongs to a segment that the sender writes again once it is let go
of. So only so much is kept; what is more is copied, and the sender gets its segment back.
"""

from __future__ import annotations

import itertools
import weakref
from typing import Final

import torch

__all__ = ["MAX_KEPT_BYTES", "keep_received", "mark_received"]

MAX_KEPT_BYTES: Final = 32 << 20
"""How much of such memory a process keeps."""
_WORTH_BYTES: Final = 1 << 16
"""Copying less costs nothing to speak of."""
_MARK: Final = "_tensormill_received"

_numbers = itertools.count()
_kept: dict[int, int] = {}  # bytes by number; each operation on it is atomic


def mark_received(tensor: torch.Tensor, message_bytes: int) -> None:
    """Say that a tensor came in a message, unless it is a small part of a large one.

    Args:
      tensor: the tensor, whose memory is that of the message.
      message_bytes: the size of the message, which stays as long as the tensor.
    """
    if tensor.nbytes >= _WORTH_BYTES and 2 * tensor.nbytes >= message_bytes:
        setattr(tensor, _MARK, True)


def keep_received(tensor: torch.Tensor) -> bool:
    """Return whether a tensor came in a message and may be kept; it then counts until it goes."""
    if not getattr(tensor, _MARK, False):
        return False
    size_bytes = tensor.nbytes
    if sum(list(_kept.values())) + size_bytes > MAX_KEPT_BYTES:
        return False
    number = next(_numbers)
    _kept[number] = size_bytes
    weakref.finalize(tensor, _kept.pop, number).atexit = False
    return True
