"""A batch of serialized Examples as arrays of places in their bytes.

An Example is a map of features: entries of a key and a list of values, each with its length before
it. All examples are gone through side by side, entry by entry, so that the cost of a step is shared
by the batch. What is not written as every writer of Examples writes it (a list that is not packed,
a field that is not known, a length that does not fit) is not read here: whoever asks gets None, and
parses message by message.

Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

__all__ = [
    "FIRST_FIELD",
    "KINDS",
    "LONGEST_VARINT",
    "PADDING",
    "FoundValues",
    "Header",
    "WireBatch",
    "read_header",
    "read_length",
    "scan_examples",
]

Array = np.ndarray[Any, Any]

FIRST_FIELD: Final = 0x0A
_SECOND_FIELD: Final = 0x12
KINDS: Final = {"bytes_list": 0x0A, "float_list": 0x12, "int64_list": 0x1A}
_LONGEST_LENGTH: Final = 4
"""How many bytes a length may have here: a larger message is no case for a batch."""
PADDING: Final = bytes(16)
_SHORT_BYTES: Final = 64
LONGEST_VARINT: Final = 10
_NOTHING: Final = np.empty(0, np.int64)


@dataclass(slots=True)
class FoundValues:
    """The values of one feature.

    Attributes:
      values: of all examples, one after another.
      counts: how many each example has.
      is_there: which examples have the feature; None where all have.
    """

    values: Any
    counts: Array
    is_there: Array | None


@dataclass(slots=True)
class _Entries:
    """Entries of the maps of examples.

    Attributes:
      rows: of which example each one is.
      kinds: the field of the list; one byte where it is the same one everywhere.
      starts: where the list begins.
      ends: where it ends.
      steps: how many entries of the example are before it; one number where all have as many.
    """

    rows: Array
    kinds: Any
    starts: Array
    ends: Array
    steps: Any

    def __getitem__(self, chosen: Array) -> _Entries:
        return _Entries(
            self.rows[chosen],
            self.kinds[chosen],
            self.starts[chosen],
            self.ends[chosen],
            self.steps[chosen],
        )


class _Cursor:
    """Reads at one place in each example.

    Attributes:
      at: the places.
    """

    __slots__ = ("_buffer", "at")

    def __init__(self, buffer: Array, at: Array) -> None:
        self._buffer = buffer
        self.at = at

    def byte(self) -> Array:
        """Return the bytes, and go on after them."""
        found = self._buffer.take(self.at, mode="clip")
        self.at = self.at + 1
        return found

    def length(self) -> Array | None:
        """Return the lengths that stand here, and go on after them; None if one is too long."""
        found = self.byte()
        if found.max() < 128:
            return found
        size = found.astype(np.int64)
        is_open = found >= 128
        size[is_open] &= 127
        for place in range(1, _LONGEST_LENGTH):
            part = self._buffer.take(self.at, mode="clip")
            size += np.where(is_open, (part & 127).astype(np.int64) << (7 * place), 0)
            self.at = self.at + is_open
            is_open &= part >= 128
            if not is_open.any():
                return size
        return None

    def is_field(self, tag: int) -> bool:
        """Return whether this field begins everywhere, and go on after its tag."""
        return bool((self.byte() == tag).all())


def scan_examples(texts: Sequence[bytes]) -> WireBatch | None:
    """Return what is found in serialized Examples; None where they are written in another way."""
    joined = b"".join([*texts, PADDING])
    buffer = np.frombuffer(joined, np.uint8)
    sizes = np.array(list(map(len, texts)), np.int64)
    batch = WireBatch(joined, buffer, len(texts))
    ends = sizes.cumsum()
    rows = sizes.nonzero()[0]
    if not len(rows):
        return batch
    ends = ends[rows]
    cursor = _Cursor(buffer, ends - sizes[rows])
    size = cursor.length() if cursor.is_field(FIRST_FIELD) else None
    if size is None or not (cursor.at + size == ends).all():
        return None
    at = cursor.at
    for step in itertools.count():
        is_open = at < ends
        if not is_open.all():
            rows, at, ends = rows[is_open], at[is_open], ends[is_open]
            if not len(rows):
                break
        following = batch.add_entries(rows, at, ends, step)
        if following is None:
            return None
        at = following
    batch.finish()
    return batch


@dataclass(slots=True, frozen=True)
class Header:
    """What is before the list of an entry: its key, and four lengths.

    Attributes:
      key: the key.
      kind: the field of the list.
      width: how many bytes it has.
      places: where the lengths of entry, feature and list are: first byte and end.
      lengths: these lengths.
    """

    key: bytes
    kind: int
    width: int
    places: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    lengths: tuple[int, int, int]


def read_header(text: bytes, start: int) -> Header | None:
    """Return the header of the entry that begins at a place; None if it is written oddly."""
    entry, key_at = read_length(text, start + 1)
    key_size, key_start = read_length(text, key_at + 1)
    key_end = key_start + key_size
    feature, kind_at = read_length(text, key_end + 1)
    size, end = read_length(text, kind_at + 1)
    is_usual = (
        end <= len(text) - len(PADDING)
        and text[start] == text[key_at] == FIRST_FIELD
        and text[key_end] == _SECOND_FIELD
        and key_at + entry == kind_at + feature == end + size
    )
    if not is_usual:
        return None
    places = ((start + 1, key_at), (key_end + 1, kind_at), (kind_at + 1, end))
    return Header(
        text[key_start:key_end],
        text[kind_at],
        end - start,
        tuple((first - start, last - start) for first, last in places),  # type: ignore[arg-type]
        (entry, feature, size),
    )


def read_length(text: bytes, at: int) -> tuple[int, int]:
    """Return the length that stands at a place, and where it ends; behind the text if nowhere."""
    size = 0
    for place in range(_LONGEST_LENGTH):
        if at >= len(text):
            break
        part = text[at]
        at += 1
        size |= (part & 127) << (7 * place)
        if part < 128:
            return size, at
    return 0, len(text) - 1


@functools.lru_cache(maxsize=256)
def _header_mask(
    width: int, places: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
) -> Array:
    """Return which bits of a header are the same in entries of the same key."""
    mask = np.full(width, 0xFF, np.uint8)
    for first, last in places:
        mask[first:last] = 0x80  # as many bytes, whatever the length
    return mask


def _entry(cursor: _Cursor) -> tuple[Array, ...] | None:
    """Return key, key size, kind, start and end of the next entry of each example."""
    size = cursor.length() if cursor.is_field(FIRST_FIELD) else None
    if size is None:
        return None
    end = cursor.at + size
    key_size = cursor.length() if cursor.is_field(FIRST_FIELD) else None
    if key_size is None:
        return None
    key = cursor.at
    cursor.at = key + key_size
    size = cursor.length() if cursor.is_field(_SECOND_FIELD) else None
    if size is None or not (cursor.at + size == end).all():
        return None
    kind = cursor.byte()
    size = cursor.length()
    if size is None or not (cursor.at + size == end).all():
        return None
    return key, key_size, kind, cursor.at, end


class WireBatch:
    """The entries of the examples of a batch."""

    def __init__(self, joined: bytes, buffer: Array, count: int) -> None:
        self._joined = joined
        self._buffer = buffer
        self._count = count
        self._by_key: dict[bytes, list[_Entries]] = {}
        self._parts: list[tuple[Array, Array, _Entries]] = []
        self._others: tuple[Array, Array, _Entries] | None = None

    def add_entries(self, rows: Array, at: Array, ends: Array, step: int) -> Array | None:
        """Take note of the next entry of each example; return where it ends, None if it is odd.

        Args:
          rows: which examples have one more.
          at: where it begins in each of them.
          ends: where the examples end.
          step: how many there were before.
        """
        header = read_header(self._joined, int(at[0]))
        lists = None if header is None else self._like(header, at)
        if header is not None and lists is not None:
            starts, stops = lists
            group = _Entries(rows, header.kind, starts, stops, step)
            self._by_key.setdefault(header.key, []).append(group)
        else:
            entry = _entry(_Cursor(self._buffer, at))
            if entry is None:
                return None
            keys, key_sizes, kinds, starts, stops = entry
            steps = np.full(len(rows), step)
            self._parts.append((keys, key_sizes, _Entries(rows, kinds, starts, stops, steps)))
        return stops if (stops <= ends).all() else None

    def _like(self, header: Header, at: Array) -> tuple[Array, Array] | None:
        """Return where the lists begin and end if all entries have the same header."""
        width, places = header.width, header.places
        texts = self._buffer.take(at[:, None] + np.arange(width), mode="clip")
        if ((texts ^ texts[0]) & _header_mask(width, places)).any():
            return None
        entries, features, sizes = (_lengths(texts, first, last) for first, last in places)
        first_entry, first_feature, first_size = header.lengths
        is_usual = (entries - sizes == first_entry - first_size) & (
            features - sizes == first_feature - first_size
        )
        if not is_usual.all():
            return None
        starts = at + width
        return starts, starts + sizes

    def finish(self) -> None:
        """Take note that all entries are known."""
        if not self._parts:
            return
        keys, key_sizes, entries = zip(*self._parts, strict=True)
        columns = [
            np.concatenate([getattr(part, field) for part in entries])
            for field in ("rows", "kinds", "starts", "ends", "steps")
        ]
        key, size = np.concatenate(keys), np.concatenate(key_sizes)
        take = self._buffer.take
        marks = _mark(size, take(key, mode="clip"), take(key + size - 1, mode="clip"))
        self._others = (key, marks, _Entries(*columns))

    def values(self, key: bytes, where: str) -> FoundValues | None:
        """Return the values of a feature.

        Args:
          key: its name.
          where: the list of the message that holds them.

        Returns:
          The values, or None where they are in another list or written in another way.
        """
        entries = self._entries_of(key)
        if not np.all(entries.kinds == KINDS[where]):
            return None
        starts, ends = entries.starts, entries.ends
        found: tuple[Any, Array] | None
        if where == "bytes_list":
            found = self._texts(starts, ends)
        else:
            found = self._packed(starts, ends, where == "float_list")
        if found is None:
            return None
        values, counts = found
        if len(starts) == self._count:
            return FoundValues(values, counts, None)
        is_there = np.zeros(self._count, np.bool_)
        is_there[entries.rows] = True
        every = np.zeros(self._count, np.int64)
        every[entries.rows] = counts
        return FoundValues(values, every, is_there)

    def _entries_of(self, key: bytes) -> _Entries:
        """Return the entries of a key in the order of the examples, at most one of each."""
        groups = self._by_key.get(key, [])
        if self._others is None and len(groups) == 1:
            return groups[0]
        others = self._others_of(key)
        parts = [*groups, others] if others is not None else groups
        rows = np.concatenate([_NOTHING, *(part.rows for part in parts)])
        columns = [
            np.concatenate(
                [_NOTHING, *(_spread(getattr(part, field), len(part.rows)) for part in parts)]
            )
            for field in ("kinds", "starts", "ends", "steps")
        ]
        entries = _Entries(rows, *columns)
        at = np.full(self._count, -1)
        order = np.argsort(entries.steps, kind="stable")
        at[rows[order]] = order  # the last one of an example counts
        return entries[at[at >= 0]]

    def _others_of(self, key: bytes) -> _Entries | None:
        if self._others is None:
            return None
        starts, marks, entries = self._others
        size = len(key)
        first_last = np.frombuffer(key[:1] + key[-1:], np.uint8) if key else np.zeros(2, np.uint8)
        is_it = marks == _mark(np.array([size]), first_last[:1], first_last[1:])
        chosen = np.flatnonzero(is_it if key else (marks >> 16) == 0)
        if size > 2:
            places = starts[chosen, None] + np.arange(1, size - 1)
            wanted = np.frombuffer(key, np.uint8)[1:-1]
            chosen = chosen[(self._buffer.take(places, mode="clip") == wanted).all(1)]
        return entries[chosen]

    def _packed(self, starts: Array, ends: Array, holds_floats: bool) -> tuple[Array, Array] | None:
        """Return numbers and how many each list has."""
        is_empty = starts == ends
        if is_empty.any():
            rest = ~is_empty
            found = self._packed(starts[rest], ends[rest], holds_floats)
            if found is None:
                return None
            counts = np.zeros(len(starts), np.int64)
            counts[rest] = found[1]
            return found[0], counts
        if not len(starts):
            return np.empty(0, np.float32 if holds_floats else np.int64), starts
        cursor = _Cursor(self._buffer, starts)
        size = cursor.length() if cursor.is_field(FIRST_FIELD) else None
        if size is None or not (cursor.at + size == ends).all():
            return None
        sizes = ends - cursor.at
        if not holds_floats:
            return self._varints(cursor.at, sizes)
        if (sizes & 3).any():
            return None
        return self._bytes(cursor.at, sizes).view("<f4"), sizes >> 2

    def _bytes(self, starts: Array, sizes: Array) -> Array:
        """Return the bytes of all lists, one after another."""
        if int(sizes.sum()) > _SHORT_BYTES * len(starts):
            joined = memoryview(self._joined)
            ends = (starts + sizes).tolist()
            parts = [joined[at:end] for at, end in zip(starts.tolist(), ends, strict=True)]
            return np.frombuffer(bytearray().join(parts), np.uint8)
        size = int(sizes[0])
        if (sizes == size).all():
            places = starts[:, None] + np.arange(size)
            return self._buffer.take(places.ravel())
        befores = sizes.cumsum() - sizes
        places = np.repeat(starts - befores, sizes) + np.arange(int(sizes.sum()))
        return self._buffer.take(places)

    def _varints(self, starts: Array, sizes: Array) -> tuple[Array, Array] | None:
        """Return the integers of lists, and how many each one has; None if one is cut off."""
        text = self._bytes(starts, sizes)
        is_last = text < 128
        if is_last.all():
            return text.astype(np.int64), sizes
        list_ends = sizes.cumsum()
        if not is_last[list_ends[sizes > 0] - 1].all():
            return None
        lasts = np.flatnonzero(is_last)
        firsts = np.concatenate([[0], lasts[:-1] + 1])
        widths = lasts - firsts + 1
        if widths.max() > LONGEST_VARINT:
            return None
        numbers = (text[firsts] & 127).astype(np.int64)
        longer = np.flatnonzero(widths > 1)
        for place in range(1, int(widths.max())):
            part = (text[firsts[longer] + place] & 127).astype(np.int64)
            numbers[longer] |= part << (7 * place)
            longer = longer[widths[longer] > place + 1]
        until = np.concatenate([[0], is_last.cumsum()])
        return numbers, until[list_ends] - until[list_ends - sizes]

    def _texts(self, starts: Array, ends: Array) -> tuple[list[bytes], Array] | None:
        """Return the texts of lists, and how many each one has."""
        joined = self._joined
        if len(starts) and (starts < ends).all():
            cursor = _Cursor(self._buffer, starts)
            size = cursor.length() if cursor.is_field(FIRST_FIELD) else None
            if size is None:
                return None
            if (cursor.at + size == ends).all():
                places = zip(cursor.at.tolist(), ends.tolist(), strict=True)
                return [joined[at:end] for at, end in places], np.ones(len(starts), np.int64)
        values: list[bytes] = []
        counts = []
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            before = len(values)
            if not _append_texts(joined, start, end, values):
                return None
            counts.append(len(values) - before)
        return values, np.array(counts, np.int64)


def _lengths(texts: Array, first: int, last: int) -> Array:
    """Return the lengths that stand in some columns of texts."""
    sizes = texts[:, first].astype(np.int64)
    if last - first > 1:
        sizes &= 127
        for place in range(1, last - first):
            sizes |= (texts[:, first + place] & 127).astype(np.int64) << (7 * place)
    return sizes


def _spread(value: Any, count: int) -> Array:
    return value if isinstance(value, np.ndarray) else np.full(count, value)


def _mark(sizes: Array, firsts: Array, lasts: Array) -> Array:
    """Return numbers that are equal for equal keys, and seldom for others."""
    return (sizes.astype(np.int64) << 16) + (firsts.astype(np.int64) << 8) + lasts


def _append_texts(joined: bytes, at: int, end: int, values: list[bytes]) -> bool:
    """Append the texts of one list; return whether they were written as always."""
    while at < end:
        if joined[at] != FIRST_FIELD:
            return False
        size = joined[at + 1]
        at += 2
        if size >= 128:
            size &= 127
            for place in range(1, _LONGEST_LENGTH + 1):
                part = joined[at]
                at += 1
                size |= (part & 127) << (7 * place)
                if part < 128:
                    break
            else:
                return False
        if at + size > end:
            return False
        values.append(joined[at : at + size])
        at += size
    return True
