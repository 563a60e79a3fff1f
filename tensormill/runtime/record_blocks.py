"""Many records at once, for steps that each read one record and make an element of it.

The records that come next are looked at while the reader still stands before them, and elements
are made of all of them with one call. Where the step returns the element, each step then reads its
record and is given the element that was made of it (`RecordRows`). Where the step puts it into a
queue, as many as the queue takes without waiting are read and put into it while reader and queue
are held (`RecordBlocks`): for everybody else that is a moment in which so many steps ran, one after
another. What must wait, or may fail, is left to a step that does all by itself: the first record of
a file, the last, a record that the queue has no room for, a block of records of which one cannot be
decoded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.torch_dtypes import is_number, to_host, to_tensor
from tensormill.kernels.value_types import as_object_array
from tensormill.runtime.any_master import ReadyValues
from tensormill.runtime.passes.record_pipelines import RecordPipeline
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.program import Program, Unfinished
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.resources.queue import Queue
from tensormill.runtime.resources.reader import Reader, RecordsAhead

__all__ = ["SWITCH", "RecordBlocks", "RecordRows", "are_wanted", "make_blocks"]

SWITCH: Final = "TENSORMILL_RECORD_BLOCKS"
"""The environment variable that turns this off where it is 0."""

_BLOCK_RECORDS: Final = 1024
_ROW_DTYPES: Final = frozenset(
    "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()
)
"""The dtypes of tensors that NumPy has, too."""


def are_wanted() -> bool:
    """Return whether steps may be run by the block in this process."""
    return os.environ.get(SWITCH, "1") != "0"


@dataclass(slots=True)
class _Block:
    """Elements that were made of records, and the records.

    Attributes:
      records: the records.
      components: batches of the components of the elements.
      arrays: the same in NumPy's form.
    """

    records: RecordsAhead
    components: list[Any]
    arrays: list[Any]


class _ElementsAhead:
    """Makes elements of the records that come next at a reader."""

    def __init__(self, reader: Reader, program: Program, pipeline: RecordPipeline) -> None:
        """Prepare for the records of a reader.

        Args:
          reader: where they come from.
          program: takes a batch of keys and one of values, returns batches of components.
          pipeline: what the steps do.
        """
        self._reader = reader
        self._program = program
        self._wants_keys = _is_read(pipeline, 0)
        self._refused = (-1, -1)  # the unit, and the record behind a block that failed

    def block(self, check: Callable[[list[Any]], int]) -> _Block | None:
        """Return the next elements; None where the next step has to do all by itself.

        Args:
          check: returns how many elements there are in some components; may raise an OpError.
        """
        records = self._reader.ahead(_BLOCK_RECORDS, self._wants_keys)
        if records is None:
            return None
        unit, until = self._refused
        if records.unit == unit and records.first < until:
            return None
        try:
            components = self._components(records)
            if check(components) == len(records.values):
                arrays = [to_host(c) if type(c) is torch.Tensor else c for c in components]
                return _Block(records, components, arrays)
        except (errors.OpError, InstructionFailed):
            pass
        self._refused = (records.unit, records.first + len(records.values))
        return None

    def _components(self, records: RecordsAhead) -> list[Any]:
        """Return batches of the components of elements.

        Raises:
          InstructionFailed: they cannot be made for all records.
        """
        keys = records.keys if self._wants_keys else [b""] * len(records.values)
        made = self._program.run([as_object_array(keys), as_object_array(records.values)])
        return [
            to_tensor(value) if form is Form.HOST and is_number(dtype) else value
            for value, (_, form, dtype) in zip(made, self._program.fetches, strict=True)
        ]


class RecordBlocks:
    """Runs the steps of a pipeline that ends in a queue by the block. Any thread."""

    def __init__(
        self,
        reader: Reader,
        queue: Queue,
        step: Program,
        program: Program,
        pipeline: RecordPipeline,
    ) -> None:
        """Prepare for a pipeline.

        Args:
          reader: where the records come from.
          queue: where the elements go to.
          step: the program of one step.
          program: takes a batch of keys and one of values, returns batches of components.
          pipeline: what the steps do.
        """
        assert pipeline.enqueue is not None
        self._step = step
        self._enqueue = pipeline.enqueue
        self._reader = reader
        self._queue = queue
        self._dtypes = tuple(pipeline.enqueue.attrs["Tcomponents"])
        self._lock = threading.Lock()
        self._ahead = _ElementsAhead(reader, program, pipeline)  # guarded by _lock
        self._block: _Block | None = None  # guarded by _lock

    def run(self) -> int:
        """Run as many steps as can run without waiting; return how many.

        Where that is none, one has to run by itself.
        """
        after: list[Callable[[], None]] = []
        with self._lock:
            count = None if self._block is None else self._give(self._block, after)
            if count is None:
                self._block = self._ahead.block(self._check)
                count = None if self._block is None else self._give(self._block, after)
        for tell in after:
            tell()
        return count or 0

    def begin(self) -> Unfinished | None:
        """Read a record as a step does that has then to wait for the queue; None if it cannot."""
        with self._lock:
            block = self._block
            index = None if block is None else self._reader.read_next(block.records)
        if block is None or index is None:
            return None
        row = [a[index] if a.dtype != object else a[index, ...] for a in block.arrays]
        return self._step.begin_at(self._enqueue, row)

    def _give(self, block: _Block, after: list[Callable[[], None]]) -> int | None:
        """Read what the queue takes; None where the block is not what comes next any more."""

        def take(first: int) -> int:
            stop = len(block.records.values)
            count, tell = self._queue.offer_rows(block.components, first, stop)
            after.append(tell)
            return count

        return self._reader.read_ahead(block.records, take)

    def _check(self, components: list[Any]) -> int:
        return self._queue.check_many(components, self._dtypes)


class RecordRows:
    """Gives the steps of a pipeline that return an element the elements made ahead. Any thread."""

    def __init__(
        self, reader: Reader, forms: Sequence[Form], program: Program, pipeline: RecordPipeline
    ) -> None:
        """Prepare for a pipeline.

        Args:
          reader: where the records come from.
          forms: those of the components of the element that a step returns.
          program: takes a batch of keys and one of values, returns batches of components.
          pipeline: what the steps do.
        """
        self._reader = reader
        self._forms = forms
        self._lock = threading.Lock()
        self._ahead = _ElementsAhead(reader, program, pipeline)  # guarded by _lock
        self._made: tuple[RecordsAhead, Sequence[ReadyValues]] | None = None

    def take(self) -> ReadyValues | None:
        """Read a record and return its element; None where a step has to do that by itself."""
        made = self._made
        index = None if made is None else self._reader.read_next(made[0])
        if made is None or index is None:
            made = self._make()
            index = None if made is None else self._reader.read_next(made[0])
            if made is None or index is None:
                return None
        return made[1][index]

    def take_in_forms(self) -> list[Any] | None:
        """Read a record and return its element in the forms in which a step returns it."""
        row = self.take()
        return None if row is None else list(map(_in_form, row, self._forms))

    def _make(self) -> tuple[RecordsAhead, Sequence[ReadyValues]] | None:
        """Return the records that come next and their elements."""
        with self._lock:
            block = self._ahead.block(_count)
            self._made = None if block is None else (block.records, _rows(block.arrays))
            return self._made


def _count(components: list[Any]) -> int:
    return min(len(component) if len(component.shape) else 0 for component in components)


_SHARED_BYTES: Final = 1 << 16
"""How large the memory may be that all rows of a component share."""


def _rows(arrays: list[Any]) -> Sequence[ReadyValues]:
    """Return the rows of components; each belongs to whoever takes it."""
    if any(array.nbytes > _SHARED_BYTES for array in arrays):
        return _Rows(arrays)
    return list(map(ReadyValues, zip(*map(list, arrays), strict=True)))


class _Rows(Sequence[ReadyValues]):
    """Rows that are copied when they are taken, so that one does not keep the others."""

    def __init__(self, arrays: list[Any]) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return _count(self._arrays)

    def __getitem__(self, index: Any) -> Any:
        return ReadyValues([_copied(array[index]) for array in self._arrays])


def _copied(value: Any) -> Any:
    return value.copy() if type(value) is np.ndarray else value


def _in_form(value: Any, form: Form) -> Any:
    """Return what a user gets as what a step returns in a form."""
    if form is Form.TENSOR:
        return to_tensor(value)
    return value if isinstance(value, (np.ndarray, np.generic)) else as_object_array([value], ())


def _is_read(pipeline: RecordPipeline, index: int) -> bool:
    """Return whether anything needs an input of the body."""
    body = pipeline.body
    wanted = body.inputs[index]
    return wanted in body.outputs or any(wanted in op.input_tensors for op in body.order)


def make_blocks(
    program: Program, pipeline: RecordPipeline, batched: Program
) -> RecordBlocks | RecordRows | None:
    """Return what runs a step for many records at once; None where it cannot.

    Args:
      program: of one step.
      pipeline: what the step does.
      batched: takes a batch of keys and one of values, returns batches of components.
    """
    reader = program.handle_of(pipeline.read)
    if not isinstance(reader, Reader) or batched.is_blocking or batched.takes_step:
        return None
    if pipeline.enqueue is not None:
        queue = program.handle_of(pipeline.enqueue)
        is_queue = isinstance(queue, Queue)
        return RecordBlocks(reader, queue, program, batched, pipeline) if is_queue else None
    if not pipeline.body.order or not all(
        dtype.name == "string" or dtype.name in _ROW_DTYPES for _, _, dtype in program.fetches
    ):
        return None
    return RecordRows(reader, [form for _, form, _ in program.fetches], batched, pipeline)
