"""`make_csv_dataset`: what the columns of files are called, and of which dtypes they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

FIRST = "x,y,z\n1,,1.5\n2,,inf\n"


def write(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return [str(folder / f"{name}.csv") for name in files]


def make(files: Any, **options: Any) -> Any:
    return tf.data.experimental.make_csv_dataset(files, 2, num_epochs=1, shuffle=False, **options)


def batches(dataset: Any) -> list[Any]:
    following = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as session:
        while True:
            try:
                found.append(session.run(following))
            except tf.errors.OutOfRangeError:
                return found


def test_dtypes_are_those_that_all_files_show(tmp_path: Path) -> None:
    files = write(tmp_path, a=FIRST, b="x,y,z\n3,,2\n-2147483648,,nan\n")
    dataset = make(files)
    assert dataset.output_types == {"x": tf.int32, "y": tf.string, "z": tf.string}
    first, second = batches(dataset)
    np.testing.assert_array_equal(second["x"], [3, -(2**31)])
    assert first["y"].tolist() == [b"", b""]
    assert [*first["z"], *second["z"]] == [b"1.5", b"inf", b"2", b"nan"]


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("2147483647", tf.int32),
        ("2147483648", tf.int64),
        ("9223372036854775808", tf.float32),
        ("1e38", tf.float32),
        ("1e39", tf.float64),
        ("-inf", tf.float32),
        ("nan", tf.string),
        ("", tf.string),
    ],
)
def test_a_column_has_the_narrowest_dtype(tmp_path: Path, text: str, dtype: Any) -> None:
    (file,) = write(tmp_path, a=f"x,y\n{text},1\n")
    assert make(file).output_types["x"] == dtype


def test_only_so_many_records_are_looked_at(tmp_path: Path) -> None:
    files = write(tmp_path, a="x\n1\n", b="x\n2\nword\n")
    assert make(files, num_rows_for_inference=2).output_types["x"] == tf.int32
    assert make(files, num_rows_for_inference=None).output_types["x"] == tf.string


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"a": FIRST, "b": "x,q,z\n1,2,3\n"}, {}, "different column names"),
        ({"a": ""}, {}, "Empty file"),
        ({}, {}, "File pattern is empty"),
        ({"a": FIRST}, {"compression_type": "ZLIB"}, "not supported for probing"),
        ({"a": FIRST}, {"compression_type": "LZ4"}, "is not supported"),
        ({"a": FIRST}, {"select_columns": [7]}, "out of valid range"),
        ({"a": FIRST}, {"select_columns": [0, "x"]}, "contains duplicate columns"),
        ({"a": FIRST}, {"select_columns": ["no"]}, "not a valid column index or name"),
        (
            {"a": FIRST},
            {"select_columns": [0], "column_defaults": [tf.int32] * 3},
            "must have same length",
        ),
        ({"a": "x\n1,2\n"}, {}, "different number of fields"),
    ],
)
def test_what_does_not_fit_is_an_error(
    tmp_path: Path, files: dict[str, str], options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(write(tmp_path, **files), **options)


def test_defaults_are_for_the_wanted_columns(tmp_path: Path) -> None:
    (file,) = write(tmp_path, a=FIRST)
    dataset = make(file, select_columns=["z", "x"], column_defaults=[np.int64, [b"none"]])
    (batch,) = batches(dataset)
    np.testing.assert_array_equal(batch["x"], np.int64([1, 2]))
    assert batch["z"].tolist() == [b"1.5", b"inf"]


def test_a_record_may_go_on_after_the_block_of_lines_that_begins_it(tmp_path: Path) -> None:
    plain = [f"{n},word" for n in range(255)]
    (name,) = write(
        tmp_path, a="\n".join([*plain, '255,"one', "", 'two"', '256,"three\nfour"', ""])
    )
    dataset = tf.data.experimental.CsvDataset(name, [tf.int32, tf.string])
    rows = batches(dataset)
    assert [row[0] for row in rows] == list(range(257))
    assert [row[1] for row in rows[254:]] == [b"word", b"one\n\ntwo", b"three\nfour"]
    (cut,) = write(tmp_path, b='1,a\n2,"never\nends')
    with pytest.raises(tf.errors.InvalidArgumentError, match="Quoted field has to end with quote"):
        batches(tf.data.experimental.CsvDataset(cut, [tf.int32, tf.string]))


def test_records_that_cannot_be_written_name_their_file(tmp_path: Path) -> None:
    path = str(tmp_path / "missing" / "records")
    write_op = tf.data.experimental.TFRecordWriter(path).write(tf.data.Dataset.from_tensors(b"a"))
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match=f"{path}; No such"):
        session.run(write_op)
