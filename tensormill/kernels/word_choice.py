"""Choosing between numbers of 32 or 64 bits by their bits, where a condition is hard to predict.

`torch.where` branches at each number. That is fast where the condition is the same for long, and
several times slower where it changes at random; then masks of bits are the faster way.
"""

from __future__ import annotations

import torch

__all__ = ["WORD_TYPES", "chosen_words", "is_irregular"]

Tensor = torch.Tensor

WORD_TYPES = ("float32", "float64", "int32", "int64")
"""The dtypes that `chosen_words` takes."""

# Where there are fewer, neither way takes long.
_MANY = 16_384
# So many are looked at, and so many changes among them make a condition hard to predict.
_LOOKED_AT = 4_096
_CHANGES = 200
_WORDS = {4: torch.int32, 8: torch.int64}


def is_irregular(condition: Tensor) -> bool:
    """Return whether a large condition changes so often that branches are slow."""
    if condition.numel() < _MANY or not condition.is_contiguous():
        return False
    start = condition.view(-1)[:_LOOKED_AT].view(torch.uint8)
    return int((start[1:] != start[:-1]).sum()) > _CHANGES


def chosen_words(condition: Tensor, then: Tensor, otherwise: Tensor) -> Tensor:
    """Return the entries of `then` where the condition holds, else those of `otherwise`.

    Args:
      condition: bools, [...].
      then: numbers of four or eight bytes, [...].
      otherwise: the same.
    """
    word = _WORDS[then.element_size()]
    mask = condition.to(word).neg_()
    bits = torch.bitwise_xor(then.view(word), otherwise.view(word))
    return bits.bitwise_and_(mask).bitwise_xor_(otherwise.view(word)).view(then.dtype)
