"""TensorFlow's random numbers: the Philox 4x32-10 generator and what its bits become.

A stream is a key (64 bits) and a counter (128 bits). Each value of the counter gives a block of
four 32-bit numbers, so any part of a stream is computed at once. The order in which a tensor takes
its numbers from the stream is that of TensorFlow's CPU kernels.

Source: TensorFlow 1.15, core/lib/random/philox_random.h and random_distributions.h.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]

__all__ = [
    "SAMPLERS",
    "Philox",
    "PhiloxStream",
    "PhiloxWords",
    "int_sampler",
    "random_blocks",
    "seed_stream",
    "stateless_stream",
    "uniform_float32",
    "whole_range_sampler",
]

_FIRST_FACTOR, _SECOND_FACTOR = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MASK_32 = 0xFFFFFFFF
_MASK_64 = (1 << 64) - 1
_MASK_128 = (1 << 128) - 1
# Blocks that are computed at once: the intermediate arrays stay in the cache.
_CHUNK = 16384
_BLOCK_SIZE = 4
# Up to how many blocks are computed in plain integers.
_FEW = 16
# How many blocks are passed over for each element of a run, and how many 32-bit numbers of a stream
# belong to an element where rejection may need several.
_RESERVED = 256
_TRUNCATION = 2.0
_EPSILON = 1.0e-7


def random_blocks(key: int, counter: int, count: int) -> Array:
    """Return consecutive blocks of a stream: uint32, [count, 4].

    Args:
      key: 64 bits.
      counter: of the first block, 128 bits.
      count: how many blocks.
    """
    if count <= _FEW:
        return np.array(
            [_one_block(key, (counter + at) & _MASK_128) for at in range(count)], np.uint32
        ).reshape(count, _BLOCK_SIZE)
    blocks = np.empty((count, _BLOCK_SIZE), np.uint32)
    done = 0
    while done < count:
        start = (counter + done) & _MASK_128
        low = start & _MASK_64
        # The upper half of the counter is the same for a whole chunk.
        size = min(_CHUNK, count - done, (1 << 64) - low)
        _fill_chunk(blocks[done : done + size], key, low, start >> 64)
        done += size
    return blocks


def _one_block(key: int, counter: int) -> tuple[int, int, int, int]:
    """Return one block; in plain integers, which is faster than arrays of a few elements."""
    c0, c1 = counter & _MASK_32, counter >> 32 & _MASK_32
    c2, c3 = counter >> 64 & _MASK_32, counter >> 96
    key0, key1 = key & _MASK_32, key >> 32
    for _ in range(_ROUNDS):
        first, second = c0 * _FIRST_FACTOR, c2 * _SECOND_FACTOR
        c0, c1 = second >> 32 ^ c1 ^ key0, second & _MASK_32
        c2, c3 = first >> 32 ^ c3 ^ key1, first & _MASK_32
        key0 = key0 + _KEY_STEPS[0] & _MASK_32
        key1 = key1 + _KEY_STEPS[1] & _MASK_32
    return c0, c1, c2, c3


def _fill_chunk(blocks: Array, key: int, low: int, high: int) -> None:
    numbers = np.arange(len(blocks), dtype=np.uint64) + np.uint64(low)
    _mix(
        blocks,
        key,
        numbers & _LOW,
        numbers >> _SHIFT,
        np.full(len(blocks), high & _MASK_32, np.uint64),
        np.full(len(blocks), high >> 32, np.uint64),
    )


def _mix(blocks: Array, key: int, c0: Array, c1: Array, c2: Array, c3: Array) -> None:
    """Write the blocks of counters, given as their four 32-bit parts, which are overwritten."""
    key0, key1 = key & _MASK_32, key >> 32
    first, second = np.empty_like(c0), np.empty_like(c0)
    for _ in range(_ROUNDS):
        np.multiply(c0, np.uint64(_FIRST_FACTOR), out=first)
        np.multiply(c2, np.uint64(_SECOND_FACTOR), out=second)
        np.right_shift(second, _SHIFT, out=c0)
        np.bitwise_xor(c0, c1, out=c0)
        np.bitwise_xor(c0, np.uint64(key0), out=c0)
        np.bitwise_and(second, _LOW, out=c1)
        np.right_shift(first, _SHIFT, out=c2)
        np.bitwise_xor(c2, c3, out=c2)
        np.bitwise_xor(c2, np.uint64(key1), out=c2)
        np.bitwise_and(first, _LOW, out=c3)
        key0 = (key0 + _KEY_STEPS[0]) & _MASK_32
        key1 = (key1 + _KEY_STEPS[1]) & _MASK_32
    for column, words in enumerate((c0, c1, c2, c3)):
        blocks[:, column] = words


class Philox:
    """A place in a stream.

    Attributes:
      key: 64 bits.
      counter: of the next block, 128 bits.
    """

    __slots__ = ("counter", "key")

    def __init__(self, key: int, counter: int) -> None:
        self.key = key
        self.counter = counter

    def blocks(self, count: int) -> Array:
        """Return blocks from here on: uint32, [count, 4]."""
        return random_blocks(self.key, self.counter, count)

    def words(self, count: int) -> Array:
        """Return 32-bit numbers from here on: uint32, [count]."""
        return self.blocks(-(-count // _BLOCK_SIZE)).reshape(-1)[:count]

    def after_outputs(self, count: int) -> Philox:
        """Return the place behind `count` elements, with more than rejection may need."""
        return Philox(self.key, (self.counter + count * _RESERVED) & _MASK_128)


class PhiloxStream:
    """The stream of one random op: each run takes its part, from any thread."""

    def __init__(self, key: int, counter: int) -> None:
        self._key = key
        self._counter = counter  # guarded by _lock
        self._lock = threading.Lock()

    def reserve(self, words: int) -> Philox:
        """Return a place with at least so many 32-bit numbers that nobody else gets."""
        return self._take(-(-words // _BLOCK_SIZE))

    def reserve_outputs(self, count: int) -> Philox:
        """Return a place for `count` elements, with more than rejection sampling may need."""
        return self._take(count * _RESERVED)

    def _take(self, blocks: int) -> Philox:
        with self._lock:
            place = Philox(self._key, self._counter)
            self._counter = (self._counter + blocks) & _MASK_128
        return place


class PhiloxWords:
    """The 32-bit numbers of a stream, one after another.

    Args:
      seed: the key, 64 bits.
      seed2: the upper half of the first counter, 64 bits.
      position: how many numbers were taken before.

    Attributes:
      position: how many numbers were taken.
    """

    def __init__(self, seed: int, seed2: int, position: int = 0) -> None:
        self._key = seed & _MASK_64
        self._counter = (seed2 & _MASK_64) << 64
        self.position = position

    def take(self, count: int) -> Array:
        """Return the next numbers: uint32, [count]."""
        block, passed = divmod(self.position, _BLOCK_SIZE)
        self.position += count
        place = Philox(self._key, (self._counter + block) & _MASK_128)
        return place.words(passed + count)[passed:]


def seed_stream(seed: int, seed2: int) -> PhiloxStream:
    """Return the stream of a stateful random op; seeds of 0 and 0 stand for any stream."""
    if seed == 0 and seed2 == 0:
        seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
    return PhiloxStream(seed & _MASK_64, (seed2 & _MASK_64) << 64)


def stateless_stream(seed: Array) -> Philox:
    """Return the place in a stream that two integers name."""
    low, high = (int(part) & _MASK_64 for part in seed)
    mixed = random_blocks(0x02461E29_3EC8F720, low | high << 64, 1)[0].tolist()
    return Philox(mixed[0] | mixed[1] << 32, (mixed[2] | mixed[3] << 32) << 64)


def uniform_float32(words: Array) -> Array:
    """Return a number in [0, 1) for each word."""
    bits = words & np.uint32(0x7FFFFF)
    bits |= np.uint32(127 << 23)
    numbers = bits.view(np.float32)
    numbers -= np.float32(1)
    return numbers


def _to_float64(words: Array) -> Array:
    """Return a number for each two words."""
    pairs = words.reshape(-1, 2)
    bits = pairs[:, 0].astype(np.uint64)
    bits &= np.uint64(0xFFFFF)
    bits <<= _SHIFT
    bits |= pairs[:, 1]
    bits |= np.uint64(1023 << 52)
    numbers = bits.view(np.float64)
    numbers -= 1.0
    return numbers


def _to_float16(words: Array) -> Array:
    bits = (words & np.uint32(0x3FF)).astype(np.uint16) | np.uint16(15 << 10)
    return bits.view(np.float16) - np.float16(1)


def _to_bfloat16(words: Array) -> Array:
    """Return bfloat16 numbers, exact in float32."""
    bits = ((words & np.uint32(0x7F)) | np.uint32(127 << 7)) << np.uint32(16)
    return bits.view(np.float32) - np.float32(1)


def _normals_float32(words: Array) -> Array:
    """Return two normal numbers for each two words, by Box and Muller's method.

    The logarithm, sine and cosine are computed in float64 and rounded: those of the C library,
    which TensorFlow calls, differ from that in the last bit of one number in seventy.
    """
    pairs = torch.from_numpy(uniform_float32(words).reshape(-1, 2))
    first = pairs[:, 0].clamp(min=_EPSILON).double()
    radius = first.log_().float().mul_(-2)
    # NumPy's root is rounded correctly, torch's is not.
    np.sqrt(radius.numpy(), out=radius.numpy())
    angle = pairs[:, 1].double().mul_(2 * math.pi).float().double()
    normals = torch.empty_like(pairs)
    torch.mul(angle.sin().float(), radius, out=normals[:, 0])
    torch.mul(angle.cos_().float(), radius, out=normals[:, 1])
    return normals.numpy().reshape(words.shape)


def _normals_float64(words: Array) -> Array:
    """Return two normal numbers for each four words, by Box and Muller's method."""
    pairs = _to_float64(words).reshape(-1, 2)
    radius = np.sqrt(-2.0 * np.log(np.maximum(pairs[:, 0], _EPSILON)))
    angle = 2 * math.pi * pairs[:, 1]
    normals = np.empty_like(pairs)
    np.multiply(np.sin(angle), radius, out=normals[:, 0])
    np.multiply(np.cos(angle), radius, out=normals[:, 1])
    return normals.reshape(*words.shape[:-1], words.shape[-1] // 2)


Sampler = Callable[[Philox, int], Array]


def _direct(convert: Callable[[Array], Array], words_each: int = 1) -> Sampler:
    def sample(place: Philox, count: int) -> Array:
        return convert(place.words(_rounded(count * words_each)))[:count]

    return sample


def _rounded(words: int) -> int:
    return -(-words // _BLOCK_SIZE) * _BLOCK_SIZE


def _truncated(convert: Callable[[Array], Array], group_size: int) -> Sampler:
    """Return a sampler that drops what is too far out; each group has a part of the stream."""
    group_blocks = group_size * _RESERVED // _BLOCK_SIZE

    def sample(place: Philox, count: int) -> Array:
        groups: Array = np.arange(-(-count // group_size))
        results = convert(_spread_blocks(place, groups, group_blocks, 1)[:, :4])
        results = results.reshape(len(groups), group_size)
        groups = groups[(np.abs(results) >= _TRUNCATION).any(axis=1)]
        blocks = 4
        while len(groups):
            normals = convert(_spread_blocks(place, groups, group_blocks, blocks))
            is_near = np.abs(normals) < _TRUNCATION
            is_done = is_near.sum(axis=1) >= group_size
            near = np.argsort(~is_near[is_done], axis=1, kind="stable")[:, :group_size]
            results[groups[is_done]] = np.take_along_axis(normals[is_done], near, axis=1)
            groups = groups[~is_done]
            blocks *= 2
        return results.reshape(-1)[:count]

    return sample


def _spread_blocks(place: Philox, groups: Array, step: int, count: int) -> Array:
    """Return the first `count` blocks of some groups, which begin `step` blocks apart.

    The result is uint32, [groups, 4 * count].
    """
    if len(groups) * count <= _FEW:
        starts = [(place.counter + step * group) & _MASK_128 for group in groups.tolist()]
        few = [random_blocks(place.key, start, count).reshape(-1) for start in starts]
        return np.array(few, np.uint32).reshape(len(groups), count * _BLOCK_SIZE)
    low, high = place.counter & _MASK_64, place.counter >> 64
    parts = np.empty((len(groups), count * _BLOCK_SIZE), np.uint32)
    for begin in range(0, len(groups), _CHUNK):
        chunk = groups[begin : begin + _CHUNK].astype(np.uint64) * np.uint64(step)
        numbers: Array = (
            chunk[:, None] + np.arange(count, dtype=np.uint64) + np.uint64(low)
        ).reshape(-1)
        # A carry out of the lower half; the sum has wrapped around there.
        highs = np.uint64(high & _MASK_32) + (numbers < np.uint64(low)).astype(np.uint64)
        blocks = np.empty((len(numbers), _BLOCK_SIZE), np.uint32)
        tops = np.full(len(numbers), high >> 32, np.uint64)
        _mix(blocks, place.key, numbers & _LOW, numbers >> _SHIFT, highs & _LOW, tops)
        parts[begin : begin + _CHUNK] = blocks.reshape(len(chunk), -1)
    return parts


def int_sampler(low: int, high: int, is_64_bit: bool) -> Sampler:
    """Return a sampler of integers in [low, high)."""

    def sample(place: Philox, count: int) -> Array:
        if not is_64_bit:
            words = place.words(count)
            offsets = words % np.uint32((high - low) & _MASK_32)
            return (offsets + np.uint32(low & _MASK_32)).view(np.int32)
        words = place.words(_rounded(2 * count)).view(np.uint64)[:count]
        offsets = words % np.uint64((high - low) & _MASK_64)
        return (offsets + np.uint64(low & _MASK_64)).view(np.int64)

    return sample


def whole_range_sampler(dtype: Any) -> Sampler:
    """Return a sampler of all the numbers that an integer dtype of NumPy has."""
    kind = np.dtype(dtype)

    def sample(place: Philox, count: int) -> Array:
        return place.words(_rounded(-(-count * kind.itemsize // 4))).view(kind)[:count]

    return sample


SAMPLERS: dict[tuple[str, str], Sampler] = {
    ("uniform", "float16"): _direct(_to_float16),
    ("uniform", "bfloat16"): _direct(_to_bfloat16),
    ("uniform", "float32"): _direct(uniform_float32),
    ("uniform", "float64"): _direct(_to_float64, 2),
    ("normal", "float16"): _direct(_normals_float32),
    ("normal", "bfloat16"): _direct(_normals_float32),
    ("normal", "float32"): _direct(_normals_float32),
    ("normal", "float64"): _direct(_normals_float64, 2),
    ("truncated", "float16"): _truncated(_normals_float32, 4),
    ("truncated", "bfloat16"): _truncated(_normals_float32, 4),
    ("truncated", "float32"): _truncated(_normals_float32, 4),
    ("truncated", "float64"): _truncated(_normals_float64, 2),
}
"""By distribution and dtype; float16 and bfloat16 numbers come in float32, to be rounded."""
