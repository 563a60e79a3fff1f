"""The test cases with files expect what datasets that read the files produce."""

import pytest

import tensormill as tf
from tensormill.unittesting import reader_dataset_cases as cases


class Records(cases.TFRecordDatasetTestBase):
    def test_batches(self) -> None:
        dataset = tf.data.TFRecordDataset(self.test_filenames).repeat(2).batch(4)
        self._verify_records(self.getNext(dataset), 4, None, 2, 1, False, None)

    def test_interleaved(self) -> None:
        dataset = tf.data.Dataset.from_tensor_slices(self.test_filenames).interleave(
            tf.data.TFRecordDataset, cycle_length=2
        )
        self._verify_records(
            self.getNext(dataset.batch(3, drop_remainder=True)), 3, None, 1, 2, True, None
        )

    def test_records_of_another_file_are_noticed(self) -> None:
        dataset = tf.data.TFRecordDataset(self.test_filenames[1]).batch(7)
        with pytest.raises(AssertionError, match="not equal"):
            self._verify_records(self.getNext(dataset), 7, 0, 1, 1, False, None)


class Features(cases.MakeBatchedFeaturesDatasetTestBase):
    def test_batches(self) -> None:
        for label_key in (None, "label"):
            dataset = self.make_batch_feature(self.test_filenames, 2, 4, label_key=label_key)
            self.outputs = self.getNext(dataset)
            self.verify_records(4, None, 2, label_key_provided=label_key is not None)
            with pytest.raises(tf.errors.OutOfRangeError):
                self._next_actual_batch()


class Lines(cases.TextLineDatasetTestBase):
    def test_lines(self) -> None:
        for compression in (None, "GZIP", "ZLIB"):
            names = self._createFiles(2, 3, crlf=True, compression_type=compression)
            dataset = tf.data.TextLineDataset(names, compression_type=compression)
            lines = [self._lineText(file, line) for file in range(2) for line in range(3)]
            self.assertDatasetProduces(dataset, lines)


class FixedLength(cases.FixedLengthRecordDatasetTestBase):
    def test_records(self) -> None:
        dataset = tf.data.FixedLengthRecordDataset(
            self._createFiles(), self._record_bytes, self._header_bytes, self._footer_bytes
        )
        records = [self._record(f, r) for f in range(self._num_files) for r in range(7)]
        self.assertDatasetProduces(dataset, records)
