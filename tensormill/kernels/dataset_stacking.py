"""Elements put together: groups of them, stacked, and rows of arrays taken in groups."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.dataset_base import (
    Chunk,
    Dataset,
    Element,
    Failure,
    Iteration,
    component_dims,
)
from tensormill.kernels.torch_dtypes import is_number, to_tensor
from tensormill.kernels.value_types import as_object_array

__all__ = ["groups", "regrouped", "stack_elements", "stacked_blocks"]


def stacked_blocks(source: Dataset, iteration: Iteration, size: int) -> Iterator[Any]:
    """Yield the blocks of a dataset, with the elements stacked where they can be."""
    found = source.rows(iteration) if source.has_rows else None
    if found is not None:
        rows, chunks = found
        yield from map(rows.take, regrouped(chunks, size))
        return
    for block in source.blocks(iteration, size):
        if type(block) is tuple or any(type(item) is Failure for item in block):
            yield block
            continue
        stacked = stack_elements(block, source.dtypes) if block else block
        yield block if type(stacked) is Failure else stacked


def regrouped(chunks: Iterator[Chunk], size: int) -> Iterator[Chunk]:
    """Yield row numbers in groups of the size of a batch, the last one smaller."""
    parts: list[Chunk] = []
    missing = size
    for chunk in chunks:
        at, end = 0, len(chunk)
        while at < end:
            part = chunk[at : at + missing]
            at += len(part)
            missing -= len(part)
            parts.append(part)
            if not missing:
                yield _joined(parts)
                parts, missing = [], size
    if parts:
        yield _joined(parts)


def _joined(parts: list[Chunk]) -> Chunk:
    if len(parts) == 1:
        return parts[0]
    if all(type(part) is range for part in parts) and all(
        a.stop == b.start for a, b in itertools.pairwise(parts)
    ):
        return range(parts[0].start, parts[-1].stop)
    return np.concatenate([np.asarray(part, np.int64) for part in parts])


def groups(
    items: Iterator[Any], size: int, drops_remainder: bool, loses_all: bool = False
) -> Iterator[Any]:
    """Yield lists of `size` elements; a `Failure` takes the place of the group that it ends.

    Args:
      items: elements and failures.
      size: how many elements make a group.
      drops_remainder: leave out the last elements where they are fewer.
      loses_all: the elements of a group that follow a failure are lost as well.
    """
    while True:
        group = list(itertools.islice(items, size))
        for position, item in enumerate(group):
            if type(item) is Failure:
                yield item
                if not loses_all:
                    items = itertools.chain(group[position + 1 :], items)
                break
        else:
            if len(group) == size or (group and not drops_remainder):
                yield group
            if len(group) < size:
                return


def stack_elements(elements: Sequence[Element], output_dtypes: Sequence[DType]) -> Any:
    """Return one element with a further dimension; a `Failure` where shapes differ."""
    stacked = []
    for index, (column, dtype) in enumerate(
        zip(zip(*elements, strict=True), output_dtypes, strict=True)
    ):
        try:
            stacked.append(_stack(column, dtype))
        except errors.OpError as error:
            return Failure(error)
        except (RuntimeError, ValueError):
            return Failure(_shapes_differ(column, index))
    return tuple(stacked)


def _stack(column: tuple[Any, ...], dtype: DType) -> Any:
    first = column[0]
    if is_number(dtype):
        kinds = {type(value) for value in column}
        if kinds == {torch.Tensor}:
            return torch.stack(column)
        if torch.Tensor in kinds:
            return torch.stack([_as_tensor(value) for value in column])
        if len(kinds) == 1 and isinstance(first, np.generic):
            return to_tensor(np.array(column))
        return to_tensor(np.stack(column))
    if dtype is dtypes.string:
        if type(first) is bytes:
            if any(type(value) is not bytes for value in column):
                raise ValueError("shapes differ")
            return as_object_array(list(column))
        return np.stack(column)
    if dtype is dtypes.variant:
        if isinstance(first, np.ndarray):
            return np.stack(column)
        raise errors.unimplemented("Batching of nested datasets and optional values")
    return as_object_array(list(column))


def _as_tensor(value: Any) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else to_tensor(value)


def _shapes_differ(column: Sequence[Any], index: int) -> errors.OpError:
    first = component_dims(column[0])
    place = next(i for i, value in enumerate(column) if component_dims(value) != first)
    return errors.invalid_argument(
        f"Cannot batch tensors with different shapes in component {index}. First element had "
        f"shape {format_dims(first, 'kernel')} and element {place} had shape "
        f"{format_dims(component_dims(column[place]), 'kernel')}."
    )
