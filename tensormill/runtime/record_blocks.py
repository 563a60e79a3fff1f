"""`RecordBlocks`: many steps of a pipeline of records, run at once.

A step reads a record, makes an element of it and puts that into a queue. Here the records that come
next are looked at while the reader still stands before them, and elements are made of all of them
with one call. Then as many as the queue takes without waiting are read and put into it, while
reader and queue are held: for everybody else that is a moment in which so many steps ran, one after
another. What must wait, or may fail, is left to a step of its own: the first record of a file, the
last, a record that the queue has no room for, a block of records of which one cannot be decoded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tensormill.graph import errors
from tensormill.kernels.torch_dtypes import is_number, to_tensor
from tensormill.kernels.value_types import as_object_array
from tensormill.runtime.passes.record_pipelines import RecordPipeline
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.program import Program
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.resources.queue import Queue
from tensormill.runtime.resources.reader import Reader, RecordsAhead

__all__ = ["SWITCH", "RecordBlocks", "are_wanted", "find_ends"]

SWITCH: Final = "TENSORMILL_RECORD_BLOCKS"
"""The environment variable that turns this off where it is 0."""

_BLOCK_RECORDS: Final = 1024


def are_wanted() -> bool:
    """Return whether steps may be run by the block in this process."""
    return os.environ.get(SWITCH, "1") != "0"


def find_ends(program: Program, pipeline: RecordPipeline) -> tuple[Reader, Queue] | None:
    """Return the reader and the queue that a program of one step works on."""
    reader = program.handle_of(pipeline.read)
    queue = program.handle_of(pipeline.enqueue)
    if isinstance(reader, Reader) and isinstance(queue, Queue):
        return reader, queue
    return None


@dataclass(slots=True)
class _Block:
    """Elements that were made of records, and the records."""

    records: RecordsAhead
    components: list[Any]


class RecordBlocks:
    """Runs the steps of one pipeline by the block. Any thread."""

    def __init__(
        self, reader: Reader, queue: Queue, program: Program, pipeline: RecordPipeline
    ) -> None:
        """Prepare for the records of a reader.

        Args:
          reader: where they come from.
          queue: where the elements go.
          program: takes a batch of keys and one of values, returns batches of components.
          pipeline: what the steps do.
        """
        self._reader = reader
        self._queue = queue
        self._program = program
        self._dtypes = tuple(pipeline.enqueue.attrs["Tcomponents"])
        self._wants_keys = _is_read(pipeline, 0)
        self._lock = threading.Lock()
        self._block: _Block | None = None  # guarded by _lock
        self._refused = (-1, -1)  # guarded by _lock: unit, and the record behind the block

    def run(self) -> int:
        """Run as many steps as can run without waiting; return how many.

        Where that is none, one has to run by itself.
        """
        after: list[Callable[[], None]] = []
        with self._lock:
            count = None if self._block is None else self._give(self._block, after)
            if count is None:
                self._block = self._make_block()
                count = None if self._block is None else self._give(self._block, after)
        for tell in after:
            tell()
        return count or 0

    def _give(self, block: _Block, after: list[Callable[[], None]]) -> int | None:
        """Read what the queue takes; None where the block is not what comes next any more."""

        def take(first: int) -> int:
            stop = len(block.records.values)
            count, tell = self._queue.offer_rows(block.components, first, stop)
            after.append(tell)
            return count

        return self._reader.read_ahead(block.records, take)

    def _make_block(self) -> _Block | None:
        records = self._reader.ahead(_BLOCK_RECORDS, self._wants_keys)
        if records is None:
            return None
        unit, until = self._refused
        if records.unit == unit and records.first < until:
            return None
        try:
            return _Block(records, self._components(records))
        except (errors.OpError, InstructionFailed):
            self._refused = (records.unit, records.first + len(records.values))
            return None

    def _components(self, records: RecordsAhead) -> list[Any]:
        """Return batches of the components of elements.

        Raises:
          OpError, InstructionFailed: they cannot be made for all records.
        """
        count = len(records.values)
        keys = records.keys if self._wants_keys else [b""] * count
        made = self._program.run([as_object_array(keys), as_object_array(records.values)])
        components = [
            to_tensor(value) if form is Form.HOST and is_number(dtype) else value
            for value, (_, form, dtype) in zip(made, self._program.fetches, strict=True)
        ]
        if self._queue.check_many(components, self._dtypes) != count:
            raise errors.internal("The elements of a block of records are not as many as those")
        return components


def _is_read(pipeline: RecordPipeline, index: int) -> bool:
    """Return whether anything needs an input of the body."""
    body = pipeline.body
    wanted = body.inputs[index]
    return wanted in body.outputs or any(wanted in op.input_tensors for op in body.order)
