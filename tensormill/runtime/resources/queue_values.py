"""The values of queue elements: copies for the queue, and batches put together from pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.torch_dtypes import is_number, to_tensor, torch_dtype
from tensormill.runtime.resources.queue_elements import Block, Piece, Row
from tensormill.runtime.resources.received_memory import keep_received

__all__ = [
    "as_output",
    "batch",
    "copied",
    "empty_batch",
    "kept",
    "padded_batch",
    "single",
    "taken_over",
]


def copied(value: Any) -> Any:
    """Return a value that nobody else changes, in the usual form of its dtype."""
    return as_output(kept(value))


def kept(value: Any) -> Any:
    """Return a value that nobody else changes, in the form that it has."""
    if type(value) is torch.Tensor:
        return value.clone(memory_format=torch.contiguous_format)
    return value if isinstance(value, np.generic) else np.array(value)


def as_output(value: Any) -> Any:
    """Return a value in the usual form of its dtype: a number of NumPy's as a tensor."""
    if type(value) is torch.Tensor or value.dtype == object:
        return value
    return to_tensor(value)


def taken_over(components: Sequence[Any], alone: Mapping[int, bool]) -> Row:
    """Return the values of an element, or of a block of them, that nobody else changes.

    Args:
      components: the values.
      alone: the places of those that nobody else reads, and whether their memory is new for
        certain; where it is not, a value is kept if it came in a message, and copied otherwise.
    """
    if not alone:
        return tuple(map(copied, components))
    return tuple(
        value if place in alone and _may_be_kept(value, alone[place]) else copied(value)
        for place, value in enumerate(components)
    )


def _may_be_kept(value: Any, is_new: bool) -> bool:
    if type(value) is not torch.Tensor or not value.is_contiguous():
        return False
    return is_new or keep_received(value)


def single(piece: Piece) -> list[Any]:
    """Return the values of the one element of a piece."""
    if isinstance(piece, Block):
        return [copied(component[piece.start, ...]) for component in piece.components]
    return list(map(as_output, piece))


def empty_batch(dtype: DType, dims: Sequence[int]) -> Any:
    """Return a batch without elements."""
    if is_number(dtype):
        return torch.empty((0, *dims), dtype=torch_dtype(dtype))
    return np.empty((0, *dims), object)


def batch(pieces: Sequence[Piece]) -> list[Any]:
    """Return the values of all elements of some pieces, along a new first axis.

    A whole block is handed out as it came.
    """
    first = pieces[0]
    if len(pieces) == 1 and isinstance(first, Block):
        return _whole(first)
    rows = [piece for piece in pieces if not isinstance(piece, Block)]
    if len(rows) == len(pieces):
        return list(map(_stacked, zip(*rows, strict=True)))
    count = len(first.components if isinstance(first, Block) else first)
    return [_joined([_part(piece, i) for piece in pieces]) for i in range(count)]


def _whole(block: Block) -> list[Any]:
    start, stop = block.start, block.stop
    if start == 0 and stop == len(block.components[0]):
        return list(block.components)
    return [copied(component[start:stop]) for component in block.components]


def _part(piece: Piece, index: int) -> Any:
    if isinstance(piece, Block):
        return piece.components[index][piece.start : piece.stop]
    return as_output(piece[index])[None]


def _stacked(values: Sequence[Any]) -> Any:
    if any(type(value) is torch.Tensor for value in values):
        return torch.stack(list(map(as_output, values)))
    first = values[0]
    if first.dtype == object:
        return np.stack(values)
    if not first.shape:
        return to_tensor(np.array(values, first.dtype))
    return to_tensor(np.concatenate(values).reshape(len(values), *first.shape))


def _joined(values: list[Any]) -> Any:
    return torch.cat(values) if type(values[0]) is torch.Tensor else np.concatenate(values)


def padded_batch(pieces: Sequence[Piece], dims: Sequence[Dims]) -> list[Any]:
    """Return the values of all elements of some pieces, each filled up to the size of the largest.

    Args:
      pieces: the pieces.
      dims: what is known of the shape of each component.
    """
    rows: list[Row] = []
    for piece in pieces:
        if isinstance(piece, Block):
            rows.extend(piece.rows())
        else:
            rows.append(piece)
    return [_padded([row[i] for row in rows]) for i in range(len(dims))]


def _padded(values: list[Any]) -> Any:
    first = values[0]
    shape = tuple(map(max, zip(*(value.shape for value in values), strict=True)))
    if all(value.shape == first.shape for value in values):
        return _stacked(values)
    if type(first) is torch.Tensor:
        filled: Any = first.new_zeros((len(values), *shape))
    else:
        filled = np.full((len(values), *shape), b"", object)
    for index, value in enumerate(values):
        filled[(index, *(slice(size) for size in value.shape))] = value
    return filled
