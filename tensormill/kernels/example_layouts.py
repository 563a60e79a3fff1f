"""Batches of serialized Examples that are laid out alike, as tables of bytes.

Examples that one program writes often differ in their values alone: features stand in the same
places, and have as many values. Such examples are rows of a table, each feature some columns of
it, and one comparison tells whether they are laid out as another one that was gone through byte
by byte. Where a batch has too many layouts, or one that is written oddly, whoever asks gets None.

Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tensormill.kernels.example_wire import (
    FIRST_FIELD,
    KINDS,
    LONGEST_VARINT,
    PADDING,
    FoundValues,
    read_header,
    read_length,
)

__all__ = ["ExampleLayouts", "LayoutBatch"]

Array = np.ndarray[Any, Any]

_ROWS_A_LAYOUT: Final = 8
"""How many examples a layout should have on average to be worth it."""
_MOST_LAYOUTS: Final = 64
_WHOLE_BYTE: Final = 0xFF
_GOES_ON: Final = 0x80


@dataclass(slots=True)
class _Place:
    """Where the values of a feature are.

    Attributes:
      kind: the field of the list.
      start: where the values begin.
      end: where they end.
      count: how many there are.
      texts: where each text begins and ends.
      firsts: where each integer begins, from `start` on; None where each has one byte.
      shifts: by how many bits each byte of integers counts; None as `firsts`.
    """

    kind: int
    start: int
    end: int
    count: int
    texts: Sequence[tuple[int, int]] = ()
    firsts: Array | None = None
    shifts: Array | None = None


class _Layout:
    """How examples of one length are laid out.

    Attributes:
      places: of the values of all features, by key.
    """

    def __init__(self, text: bytes, mask: Array, places: dict[bytes, _Place]) -> None:
        self.places = places
        self._fixed = mask.nonzero()[0]
        self._mask = mask[self._fixed]
        self._wanted = np.frombuffer(text, np.uint8)[self._fixed] & self._mask

    def matches(self, table: Array) -> Array:
        """Return which rows are laid out so."""
        matches: Array = ((table.take(self._fixed, axis=1) & self._mask) == self._wanted).all(1)
        return matches


def _learned(text: bytes) -> _Layout | None:
    """Return how an example is laid out; None if it is written oddly."""
    size, at = read_length(text, 1)
    if not text or text[0] != FIRST_FIELD or at + size != len(text):
        return None
    mask = np.full(len(text), _WHOLE_BYTE, np.uint8)
    places: dict[bytes, _Place] = {}
    padded = text + PADDING
    while at < len(text):
        header = read_header(padded, at)
        if header is None or header.key in places:
            return None
        start = at + header.width
        at = start + header.lengths[2]
        if at > len(text):
            return None
        place = _place(padded, header.kind, start, at, mask)
        if place is None:
            return None
        places[header.key] = place
    return _Layout(text, mask, places)


def _place(text: bytes, kind: int, start: int, end: int, mask: Array) -> _Place | None:
    """Return where the values of a list are, and free them in the mask; None if that is odd.

    Args:
      text: the example, and some more bytes, so that a length that is cut off ends behind it.
      kind: the field of the list.
      start: where it begins.
      end: where it ends.
      mask: which bits are the same in all examples of the layout.
    """
    if kind == KINDS["bytes_list"]:
        texts = []
        while start < end:
            size, at = read_length(text, start + 1)
            if text[start] != FIRST_FIELD or at + size > end:
                return None
            texts.append((at, at + size))
            mask[at : at + size] = 0
            start = at + size
        return _Place(kind, start, end, len(texts), texts)
    if start == end:
        return _Place(kind, start, end, 0)
    size, first = read_length(text, start + 1)
    if text[start] != FIRST_FIELD or first + size != end:
        return None
    if kind == KINDS["float_list"]:
        mask[first:end] = 0
        return None if size % 4 else _Place(kind, first, end, size // 4)
    if kind != KINDS["int64_list"]:
        return None
    mask[first:end] = _GOES_ON  # as many bytes an integer, whatever its value
    return _place_of_integers(text, kind, first, end)


def _place_of_integers(text: bytes, kind: int, first: int, end: int) -> _Place | None:
    is_last = np.frombuffer(text, np.uint8)[first:end] < _GOES_ON
    count = int(is_last.sum())
    if count == end - first:
        return _Place(kind, first, end, count)
    ends = is_last.nonzero()[0] + 1
    firsts = np.concatenate([[0], ends[:-1]])
    sizes = ends - firsts
    if not is_last[-1] or sizes.max() > LONGEST_VARINT:
        return None
    shifts = 7 * (np.arange(end - first) - firsts.repeat(sizes))
    return _Place(kind, first, end, count, (), firsts, shifts.astype(np.uint64))


@dataclass(slots=True)
class _Group:
    """Examples of one layout.

    Attributes:
      layout: the layout.
      rows: which examples of the batch.
      texts: the examples.
      table: their bytes.
    """

    layout: _Layout
    rows: Array
    texts: Sequence[bytes]
    table: Array

    def values(self, place: _Place) -> Array:
        """Return the values of a feature, a row an example."""
        if place.texts or place.kind == KINDS["bytes_list"]:
            made = np.empty((len(self.texts), place.count), object)
            for index, (start, end) in enumerate(place.texts):
                made[:, index] = [text[start:end] for text in self.texts]
            return made
        part = self.table[:, place.start : place.end]
        if place.kind == KINDS["float_list"]:
            return np.ascontiguousarray(part).view("<f4").reshape(len(part), place.count)
        if place.firsts is None or place.shifts is None:
            return part.astype(np.int64)
        bits = (part & np.uint8(_GOES_ON - 1)).astype(np.uint64) << place.shifts
        return np.add.reduceat(bits, place.firsts, axis=1).view(np.int64)


class LayoutBatch:
    """The features of a batch of examples of few layouts."""

    def __init__(self, count: int, groups: Sequence[_Group]) -> None:
        self._count = count
        self._groups = groups

    def values(self, key: bytes, where: str) -> FoundValues | None:
        """Return the values of a feature.

        Args:
          key: its name.
          where: the list of the message that holds them.

        Returns:
          The values, or None where they are in another list.
        """
        found = [(group, group.layout.places.get(key)) for group in self._groups]
        if any(place is not None and place.kind != KINDS[where] for _, place in found):
            return None
        group, place = found[0]
        if len(found) == 1 and place is not None:
            counts = np.full(self._count, place.count, np.int64)
            return FoundValues(group.values(place).reshape(-1), counts, None)
        return self._joined(found, where)

    def _joined(self, found: Sequence[tuple[_Group, _Place | None]], where: str) -> FoundValues:
        """Return the values of several groups in the order of the examples."""
        counts = np.zeros(self._count, np.int64)
        is_there = np.zeros(self._count, np.bool_)
        for group, place in found:
            if place is not None:
                counts[group.rows] = place.count
                is_there[group.rows] = True
        starts = counts.cumsum() - counts
        values = np.empty(int(counts.sum()), _DTYPES[where])
        for group, place in found:
            if place is not None:
                values[starts[group.rows, None] + np.arange(place.count)] = group.values(place)
        return FoundValues(values, counts, None if is_there.all() else is_there)


_DTYPES: Final = {"bytes_list": object, "float_list": np.float32, "int64_list": np.int64}


class ExampleLayouts:
    """The layouts that were met. Any thread."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[_Layout]] = {}
        self._count = 0

    def batch(self, texts: Sequence[bytes]) -> LayoutBatch | None:
        """Return some examples by layout; None where there are too many layouts, or odd ones."""
        sizes = list(map(len, texts))
        most = len(texts) // _ROWS_A_LAYOUT
        if sizes.count(sizes[0]) == len(sizes):
            groups = self._groups(sizes[0], np.arange(len(sizes)), texts, most)
            return None if groups is None else LayoutBatch(len(texts), groups)
        kinds = set(sizes)
        if len(kinds) > most:
            return None
        groups, every = [], np.array(sizes)
        for size in kinds:
            rows = (every == size).nonzero()[0]
            more = self._groups(size, rows, [texts[row] for row in rows.tolist()], most)
            if more is None:
                return None
            groups += more
        return LayoutBatch(len(texts), groups) if len(groups) <= most else None

    def _groups(
        self, size: int, rows: Array, texts: Sequence[bytes], most: int
    ) -> list[_Group] | None:
        """Return examples of one size by layout; None where there are more than `most`, or odd."""
        table = np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), size)
        groups: list[_Group] = []
        for layout in self._by_size.get(size, ()):
            matches = layout.matches(table)
            if matches.all():
                return [*groups, _Group(layout, rows, texts, table)]
            if matches.any():
                groups.append(_group(layout, rows, texts, table, matches))
                rows, texts, table = _rest(rows, texts, table, matches)
        while len(groups) < most:
            learned = _learned(texts[0])
            if learned is None:
                return None
            self._remember(size, learned)
            matches = learned.matches(table)
            groups.append(_group(learned, rows, texts, table, matches))
            if matches.all():
                return groups
            rows, texts, table = _rest(rows, texts, table, matches)
        return None

    def _remember(self, size: int, layout: _Layout) -> None:
        if self._count >= _MOST_LAYOUTS:
            self._by_size, self._count = {}, 0
        self._by_size[size] = [*self._by_size.get(size, ()), layout]
        self._count += 1


def _group(
    layout: _Layout, rows: Array, texts: Sequence[bytes], table: Array, chosen: Array
) -> _Group:
    rows, texts, table = _rest(rows, texts, table, ~chosen)
    return _Group(layout, rows, texts, table)


def _rest(
    rows: Array, texts: Sequence[bytes], table: Array, taken: Array
) -> tuple[Array, Sequence[bytes], Array]:
    rest = (~taken).nonzero()[0]
    return rows[rest], [texts[index] for index in rest.tolist()], table[rest]
