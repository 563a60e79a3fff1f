"""Datasets as values: what the kernels of dataset ops return, and how iterators pull elements.

An element is a tuple with one component for each declared output: a torch tensor or a NumPy value
for numbers, `bytes` or an object array for strings, another dataset or the like for variants.
Nobody changes a component in place. An element that could not be computed is a `Failure`, which
travels up to whoever asked; what comes after it can still be had.

A dataset whose elements are rows of arrays says so with `rows`: then whole batches are cut or
gathered from the arrays, and shuffling and repeating move nothing but row numbers.
"""

from __future__ import annotations

import itertools
import random
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import torch

from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.philox import PhiloxWords
from tensormill.kernels.torch_dtypes import is_number, to_tensor
from tensormill.kernels.value_types import as_object_array

__all__ = [
    "INFINITE",
    "UNKNOWN",
    "Chunk",
    "Dataset",
    "DatasetFunction",
    "Element",
    "Failure",
    "Iteration",
    "Rows",
    "Seeds",
    "Stats",
    "as_program_value",
    "component_dims",
    "lasting",
    "plain_component",
    "unstacked",
]

Element = tuple[Any, ...]
Chunk = Any
"""Row numbers: a `range` of step 1, or an array of int64."""

INFINITE = -1
UNKNOWN = -2
_BLOCK_ROWS = 512


class Failure:
    """An element that could not be computed.

    Attributes:
      error: why.
      is_lasting: nothing but this failure comes from now on.
    """

    __slots__ = ("error", "is_lasting")

    def __init__(self, error: BaseException, is_lasting: bool = False) -> None:
        self.error = error
        self.is_lasting = is_lasting


class Stats(Protocol):
    """Takes notes of how the elements of a pipeline come."""

    def note(self, name: str, number: float) -> None:
        """Add a number to a histogram. Any thread."""


_SEEDS_STATE = struct.Struct("<3Q")


class Seeds:
    """Pairs of seeds, one for each time that a stage of a pipeline begins.

    Args:
      pair: the seeds that decide them; both zero decide nothing.
      is_fixed: give the same pair each time, that which was given.

    Source: TensorFlow 1.15, core/kernels/data/shuffle_dataset_op.cc, random_seed_ops.cc.
    """

    def __init__(self, pair: tuple[Any, Any], is_fixed: bool = False) -> None:
        numbers = [int(part) & (1 << 64) - 1 for part in pair]
        if not any(numbers):
            numbers = [random.SystemRandom().getrandbits(64) for _ in range(2)]
        self._pair = numbers[0], numbers[1]
        self._words = PhiloxWords(*self._pair)
        self._is_fixed = is_fixed

    def next(self) -> tuple[int, int]:
        """Return the next two seeds."""
        if self._is_fixed:
            return self._pair
        first, second = self._words.take(2).tolist()
        return first, second

    @property
    def state(self) -> bytes:
        """What decides the seeds that come, `STATE_BYTES` long."""
        return _SEEDS_STATE.pack(*self._pair, self._words.position)

    @state.setter
    def state(self, state: bytes) -> None:
        *pair, position = _SEEDS_STATE.unpack(state)
        self._pair = pair[0], pair[1]
        self._words = PhiloxWords(*self._pair, position)

    STATE_BYTES = _SEEDS_STATE.size


class Iteration:
    """What the stages of one running pipeline share: who pulls, how long, and whether still.

    Attributes:
      is_closed: the pipeline is not wanted any more.
      interruption: why whoever pulls now does not want to wait any longer; None while it does.
      stats: takes notes of the stages; None where nobody wants them.
      draws: what its stages drew their seeds from, each time as it then was.
    """

    def __init__(self, draws: Iterable[bytes] = ()) -> None:
        """Begin a pipeline.

        Args:
          draws: those of a pipeline that this one repeats.
        """
        self.stats: Stats | None = None
        self.draws: list[bytes] = []
        self._draws_ahead = deque(draws)
        self.is_closed = False
        self.interruption: str | None = None
        self._puller = 0
        self._deadline_s: float | None = None
        self._lock = threading.Lock()
        self._wakers: dict[int, tuple[int, Callable[[str], None]]] = {}  # guarded by _lock
        self._next_token = 0

    def drawn(self, source: Seeds) -> tuple[int, int]:
        """Return the next seeds of a source, or those that a pipeline drew which this one repeats.

        In that case the source goes on from there.
        """
        if self._draws_ahead:
            source.state = self._draws_ahead.popleft()
        self.draws.append(source.state)
        return source.next()

    def begin_pull(self, deadline_s: float | None) -> None:
        """Note that the calling thread pulls an element now.

        Args:
          deadline_s: how long it waits, on the clock of `time.monotonic`; None for ever.
        """
        self._puller = threading.get_ident()
        self._deadline_s = deadline_s
        self.interruption = None

    def remaining_s(self) -> float | None:
        """Return how long the calling thread may wait; None for work that is done ahead."""
        deadline_s = self._deadline_s
        if deadline_s is None or threading.get_ident() != self._puller:
            return None
        return max(0.0, deadline_s - time.monotonic())

    def register(self, waker: Callable[[str], None]) -> int:
        """Call `waker(reason)` when a wait of the calling thread is to end early."""
        with self._lock:
            self._next_token += 1
            self._wakers[self._next_token] = (threading.get_ident(), waker)
            return self._next_token

    def deregister(self, token: int) -> None:
        """Forget a waker."""
        with self._lock:
            self._wakers.pop(token, None)

    def interrupt(self, reason: str) -> None:
        """End the waits of whoever pulls now; work that is done ahead goes on. Any thread."""
        self.interruption = reason
        self._wake(reason, of_puller=True)

    def close(self) -> None:
        """End the pipeline: all waits end, work ahead stops. Any thread."""
        self.is_closed = True
        self.interruption = "The iterator was closed."
        self._wake(self.interruption, of_puller=False)

    def _wake(self, reason: str, of_puller: bool) -> None:
        with self._lock:
            wakers = [
                waker
                for thread, waker in self._wakers.values()
                if not of_puller or thread == self._puller
            ]
        for waker in wakers:
            waker(reason)


class DatasetFunction(Protocol):
    """A graph function as datasets call it.

    Attributes:
      calls_python: the function runs Python code of the user.
    """

    calls_python: bool

    def bind(self, captured: Iterable[Any], iteration: Iteration) -> Callable[..., Element]:
        """Return what calls the function with the components of an element.

        Args:
          captured: the values of the further arguments.
          iteration: the pipeline that calls; random numbers begin anew in each.
        """

    def bind_batched(
        self, captured: Iterable[Any], iteration: Iteration
    ) -> Callable[..., Element] | None:
        """Return what calls the function with the components of a batch, stacked.

        It gives what the calls with each element give, stacked, or raises where it cannot. None
        where the function has no such form.
        """


class Rows:
    """Arrays of which each row is a component of an element.

    Attributes:
      arrays: one an output, all with the same number of rows.
      count: the number of rows.
    """

    def __init__(self, arrays: list[Any]) -> None:
        self.arrays = arrays
        self.count = int(arrays[0].shape[0])

    def take(self, chunk: Chunk) -> Element:
        """Return the rows of a chunk, stacked."""
        if type(chunk) is range:
            return tuple([array[chunk.start : chunk.stop] for array in self.arrays])
        indices: Any = None
        parts = []
        for array in self.arrays:
            if isinstance(array, torch.Tensor):
                if indices is None:
                    indices = torch.from_numpy(chunk)
                parts.append(array.index_select(0, indices))
            else:
                parts.append(array[chunk])
        return tuple(parts)

    def elements(self, chunks: Iterable[Chunk]) -> Iterator[Element]:
        """Yield the rows of chunks one by one."""
        for chunk in chunks:
            for start in range(0, len(chunk), _BLOCK_ROWS):
                block = self.take(chunk[start : start + _BLOCK_ROWS])
                yield from zip(*map(unstacked, block), strict=True)


def unstacked(array: Any) -> Iterable[Any]:
    """Return the rows of an array as components."""
    if isinstance(array, torch.Tensor):
        if array.dim() == 1 and array.dtype is not torch.bfloat16:
            return list(array.numpy())
        return array.unbind(0)
    return list(array)


class Dataset:
    """A dataset; iterating over it twice gives the same elements (but for randomness).

    Attributes:
      dtypes: the dtype of each component.
      dims: the static shape of each component.
    """

    def __init__(self, dtypes: Iterable[DType], dims: Iterable[Dims]) -> None:
        self.dtypes = tuple(dtypes)
        self.dims = tuple(dims)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        """Yield the elements, and a `Failure` for each that could not be computed."""
        found = self.rows(iteration)
        assert found is not None
        rows, chunks = found
        return rows.elements(chunks)

    def rows(self, iteration: Iteration) -> tuple[Rows, Iterator[Chunk]] | None:
        """Return arrays and the numbers of the rows that are the elements; None for other data."""
        return None

    def cardinality(self) -> int:
        """Return the number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    @property
    def has_rows(self) -> bool:
        """Whether `rows` returns arrays."""
        return False

    def blocks(self, iteration: Iteration, size: int) -> Iterator[Any]:
        """Yield blocks of `size` elements, the last one smaller.

        A block is a tuple of stacked components, or a list of elements and failures.
        """
        items = self.elements(iteration)
        while block := list(itertools.islice(items, size)):
            yield block

    is_mapped = False
    """Whether the elements are what a function returns: a batch with a failure then loses all."""


def lasting(error: BaseException) -> Iterator[Any]:
    """Yield a failure without end."""
    return itertools.repeat(Failure(error, is_lasting=True))


def component_dims(value: Any) -> tuple[int, ...]:
    """Return the shape of a component."""
    return tuple(value.shape) if hasattr(value, "shape") else ()


def plain_component(value: Any, dtype: DType) -> Any:
    """Return what a program computed as a component."""
    if type(value) is np.ndarray and value.ndim == 0 and dtype.name == "string":
        return value[()]
    return value


def as_program_value(value: Any, dtype: DType) -> Any:
    """Return a component in the form in which values of its dtype usually travel in programs."""
    if is_number(dtype):
        return value if isinstance(value, torch.Tensor) else to_tensor(value)
    if dtype.name == "string" and not isinstance(value, np.ndarray):
        return as_object_array([value], ())
    return value
