"""Test cases with files of records, and what datasets that read them produce in which order.

Source: TensorFlow 1.15, python/data/experimental/kernel_tests/reader_dataset_ops_test_base.py.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tensormill.data.dataset import Dataset
from tensormill.data.example_datasets import make_batched_features_dataset
from tensormill.data.files import TFRecordDataset
from tensormill.graph import dtypes
from tensormill.io.example_parsing import FixedLenFeature, VarLenFeature
from tensormill.io.record_io import TFRecordWriter
from tensormill.proto.example_pb2 import Example
from tensormill.unittesting.dataset_test_case import DatasetTestBase

__all__ = [
    "FixedLengthRecordDatasetTestBase",
    "MakeBatchedFeaturesDatasetTestBase",
    "TFRecordDatasetTestBase",
    "TextLineDatasetTestBase",
]

_COMPRESSIONS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "": bytes,
    "GZIP": gzip.compress,
    "ZLIB": zlib.compress,
}


class _ReaderTestBase(DatasetTestBase):
    """A test case that writes files into its own folder."""

    _num_files = 2
    _num_records = 7

    def _write(self, name: str, contents: bytes) -> str:
        path = os.path.join(self.get_temp_dir(), name)
        with open(path, "wb") as file:
            file.write(contents)
        return path

    def _write_records(self, record: Callable[[int, int], bytes]) -> list[str]:
        paths = []
        for number in range(self._num_files):
            paths.append(os.path.join(self.get_temp_dir(), f"tf_record.{number}.txt"))
            with TFRecordWriter(paths[-1]) as writer:
                for row in range(self._num_records):
                    writer.write(record(number, row))
        return paths

    def _interleave(self, iterators: Iterable[Iterator[Any]], cycle_length: int) -> Iterator[Any]:
        """Yield from so many iterators in turn; the place of one that ends goes to the next one."""
        waiting = iter(iterators)
        places: list[Iterator[Any] | None] = [next(waiting, None) for _ in range(cycle_length)]
        while any(place is not None for place in places):
            for index, place in enumerate(places):
                if place is None:
                    continue
                for element in place:
                    yield element
                    break
                else:
                    places[index] = next(waiting, None)

    def _places(
        self, file_indices: Iterable[int], num_epochs: int, cycle_length: int
    ) -> Iterator[tuple[int, int]]:
        """Yield the files and rows of all records, in the order in which they are read."""
        for _ in range(num_epochs):
            rows = [[(index, row) for row in range(self._num_records)] for index in file_indices]
            yield from self._interleave(map(iter, rows), cycle_length)

    def _files(self, file_index: int | Sequence[int] | None) -> Sequence[int]:
        if file_index is None:
            return range(self._num_files)
        return [file_index] if isinstance(file_index, int) else file_index


def _batches(elements: Iterable[Any], batch_size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for element in elements:
        batch.append(element)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


class FixedLengthRecordDatasetTestBase(_ReaderTestBase):
    """Files of records of three bytes, between five bytes of a header and two of a footer."""

    _header_bytes = 5
    _record_bytes = 3
    _footer_bytes = 2

    def _record(self, f: int, r: int) -> bytes:
        return str(f * 2 + r).encode() * self._record_bytes

    def _createFiles(self) -> list[str]:
        return [
            self._write(
                f"fixed_length_record.{number}.txt",
                b"H" * self._header_bytes
                + b"".join(self._record(number, row) for row in range(self._num_records))
                + b"F" * self._footer_bytes,
            )
            for number in range(self._num_files)
        ]


class TextLineDatasetTestBase(_ReaderTestBase):
    """Files of lines; all but the first lack the end of their last line."""

    def _lineText(self, f: int, line: int) -> bytes:
        return f"{f}: {line}".encode()

    def _createFiles(
        self,
        num_files: int,
        num_lines: int,
        crlf: bool = False,
        compression_type: str | None = None,
    ) -> list[str]:
        if compression_type not in _COMPRESSIONS:
            raise ValueError("Unsupported compression_type", compression_type)
        end = b"\r\n" if crlf else b"\n"
        paths = []
        for number in range(num_files):
            text = end.join(self._lineText(number, line) for line in range(num_lines))
            if number == 0 and num_lines:
                text += end
            contents = _COMPRESSIONS[compression_type](text)
            paths.append(self._write(f"text_line.{number}.txt", contents))
        return paths


class TFRecordDatasetTestBase(_ReaderTestBase):
    """Record files, and the batches in which their records come."""

    def setUp(self) -> None:
        """Write the files."""
        super().setUp()
        self.test_filenames = self._createFiles()

    def _record(self, f: int, r: int) -> bytes:
        return f"Record {r} of file {f}".encode()

    def _createFiles(self) -> list[str]:
        return self._write_records(self._record)

    def _next_expected_batch(
        self,
        file_indices: Sequence[int],
        batch_size: int,
        num_epochs: int,
        cycle_length: int,
        drop_final_batch: bool,
        use_parser_fn: Any,
    ) -> Iterator[list[bytes]]:
        first = 1 if use_parser_fn else 0
        places = self._places(file_indices, num_epochs, cycle_length)
        for batch in _batches((self._record(*place)[first:] for place in places), batch_size):
            if len(batch) == batch_size or not drop_final_batch:
                yield batch

    def _verify_records(
        self,
        outputs: Callable[[], Any],
        batch_size: int,
        file_index: int | Sequence[int] | None,
        num_epochs: int,
        interleave_cycle_length: int,
        drop_final_batch: bool,
        use_parser_fn: Any,
    ) -> None:
        for batch in self._next_expected_batch(
            self._files(file_index),
            batch_size,
            num_epochs,
            interleave_cycle_length,
            drop_final_batch,
            use_parser_fn,
        ):
            self.assertAllEqual(batch, self.evaluate(outputs()))


class MakeBatchedFeaturesDatasetTestBase(_ReaderTestBase):
    """Record files of examples, and the batches of their features."""

    filenames: Any
    num_epochs: int | None
    batch_size: int
    outputs: Callable[[], Any]

    def setUp(self) -> None:
        """Write the files."""
        super().setUp()
        self.test_filenames = self._createFiles()

    def make_batch_feature(
        self,
        filenames: Any,
        num_epochs: int | None,
        batch_size: int,
        label_key: str | None = None,
        reader_num_threads: int = 1,
        parser_num_threads: int = 1,
        shuffle: bool = False,
        shuffle_seed: int | None = None,
        drop_final_batch: bool = False,
    ) -> Dataset:
        """Return a dataset of batches of the examples in files."""
        self.filenames, self.num_epochs, self.batch_size = filenames, num_epochs, batch_size
        return make_batched_features_dataset(
            file_pattern=filenames,
            batch_size=batch_size,
            features={
                "file": FixedLenFeature([], dtypes.int64),
                "record": FixedLenFeature([], dtypes.int64),
                "keywords": VarLenFeature(dtypes.string),
                "label": FixedLenFeature([], dtypes.string),
            },
            label_key=label_key,
            reader=TFRecordDataset,
            num_epochs=num_epochs,
            shuffle=shuffle,
            shuffle_seed=shuffle_seed,
            reader_num_threads=reader_num_threads,
            parser_num_threads=parser_num_threads,
            drop_final_batch=drop_final_batch,
        )

    def _record(self, f: int, r: int, label: str) -> bytes:
        example = Example()
        features = example.features.feature
        features["file"].int64_list.value.append(f)
        features["record"].int64_list.value.append(r)
        features["keywords"].bytes_list.value.extend(self._get_keywords(f, r))
        features["label"].bytes_list.value.append(label.encode())
        return example.SerializeToString()

    def _get_keywords(self, f: int, r: int) -> list[bytes]:
        return [b"keyword%d" % index for index in range(1 + (f + r) % 2)]

    def _sum_keywords(self, num_files: int) -> int:
        places = self._places(range(num_files), 1, 1)
        return sum(len(self._get_keywords(*place)) for place in places)

    def _createFiles(self) -> list[str]:
        return self._write_records(lambda file, row: self._record(file, row, "fake-label"))

    def _run_actual_batch(
        self, outputs: Callable[[], Any], label_key_provided: bool = False
    ) -> list[Any]:
        values = self.evaluate(outputs())
        features, label = values if label_key_provided else (values, values["label"])
        keywords = features["keywords"]
        sparse = [keywords.indices, keywords.values, keywords.dense_shape]
        return [features["file"], *sparse, features["record"], label]

    def _next_actual_batch(self, label_key_provided: bool = False) -> list[Any]:
        return self._run_actual_batch(self.outputs, label_key_provided)

    def _next_expected_batch(
        self,
        file_indices: Sequence[int],
        batch_size: int,
        num_epochs: int,
        cycle_length: int = 1,
    ) -> Iterator[list[Any]]:
        for batch in _batches(self._places(file_indices, num_epochs, cycle_length), batch_size):
            rows = [self._get_keywords(*place) for place in batch]
            counts = [len(words) for words in rows]
            indices = [[row, index] for row, count in enumerate(counts) for index in range(count)]
            yield [
                [file for file, _ in batch],
                indices,
                [word for words in rows for word in words],
                [len(batch), max(counts)],
                [record for _, record in batch],
                [b"fake-label"] * len(batch),
            ]

    def verify_records(
        self,
        batch_size: int,
        file_index: int | None = None,
        num_epochs: int = 1,
        label_key_provided: bool = False,
        interleave_cycle_length: int = 1,
    ) -> None:
        """Fail unless `outputs` gives the batches of so many epochs of the files, in order."""
        for expected in self._next_expected_batch(
            self._files(file_index), batch_size, num_epochs, interleave_cycle_length
        ):
            actual = self._next_actual_batch(label_key_provided)
            for wanted, found in zip(expected, actual, strict=True):
                self.assertAllEqual(wanted, found)
