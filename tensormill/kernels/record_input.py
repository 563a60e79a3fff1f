"""The kernel that reads the records of files in a drawn order, again and again."""

from __future__ import annotations

import glob
import itertools
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.record_files import RecordReader
from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.value_types import as_object_array


@kernel_factory("RecordInput", "cpu")
class RecordInput:
    """The records of files: each once, then all of them again.

    Files are read one after another in an order that is drawn for each round; a buffer mixes their
    records. All steps of a session take from the same rounds.
    """

    def __init__(self, ctx: KernelContext) -> None:
        attrs = ctx.attrs
        if attrs["batch_size"] < 0:
            raise errors.invalid_argument(
                f"batch_size must be non-negative but got {attrs['batch_size']}"
            )
        if attrs["file_parallelism"] < 0:
            raise errors.invalid_argument(
                f"file_parallelism should >= 0, got {attrs['file_parallelism']}"
            )
        self._pattern = attrs["file_pattern"]
        self._compression = attrs["compression_type"].decode()
        self._shift_ratio = float(attrs["file_shuffle_shift_ratio"])
        self._buffer_size = max(1, attrs["file_buffer_size"])
        self._batch_size = attrs["batch_size"]
        self._random = Random(attrs["file_random_seed"])
        self._lock = threading.Lock()
        self._records = self._rounds()  # guarded by _lock

    def __call__(self) -> Any:
        """Return the next records.

        Raises:
          NotFoundError: there are none.
          DataLossError: a file is damaged.
        """
        with self._lock:
            try:
                batch = list(itertools.islice(self._records, self._batch_size))
            except BaseException:
                self._records = self._rounds()  # the next step begins anew
                raise
        return as_object_array(batch)

    def _rounds(self) -> Iterator[bytes]:
        while True:
            paths = sorted(glob.glob(self._pattern))
            if not paths:
                raise errors.not_found(f"Found no files at {self._pattern.decode()}")
            self._random.shuffle(paths)
            shift = int(self._shift_ratio * len(paths)) % len(paths)
            is_empty = True
            for record in self._mixed(paths[shift:] + paths[:shift]):
                is_empty = False
                yield record
            if is_empty:  # TensorFlow looks for one for ever
                raise errors.not_found(f"Found no records in the files at {self._pattern.decode()}")

    def _mixed(self, paths: list[bytes]) -> Iterator[bytes]:
        buffer: list[bytes] = []
        for record in itertools.chain.from_iterable(map(self._read, paths)):
            if len(buffer) < self._buffer_size:
                buffer.append(record)
                continue
            place = self._random.randrange(len(buffer))
            drawn, buffer[place] = buffer[place], record
            yield drawn
        self._random.shuffle(buffer)
        yield from buffer

    def _read(self, path: bytes) -> Iterator[bytes]:
        name = path.decode(errors="surrogateescape")
        try:
            with tensorflow_errors(name), RecordReader(name, self._compression) as records:
                yield from records
        except DamagedFileError as error:
            raise errors.data_loss(str(error)) from error
