"""Datasets that are made of others: their options, their sources, and how often they are built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

E = tf.data.experimental
MADE: dict[str, Callable[[Any], Any]] = {
    "map_and_batch": lambda d: d.apply(E.map_and_batch(lambda x: x, 2)),
    "scan": lambda d: d.apply(E.scan(np.int64(0), lambda s, x: (s + x, s))),
    "take_while": lambda d: d.apply(E.take_while(lambda x: x < 3)),
    "parallel_interleave": lambda d: d.apply(
        E.parallel_interleave(tf.data.Dataset.from_tensors, cycle_length=1)
    ),
    "dense_to_sparse_batch": lambda d: d.map(lambda x: tf.reshape(x, [1])).apply(
        E.dense_to_sparse_batch(2, [3])
    ),
    "group_by_window": lambda d: d.apply(
        E.group_by_window(lambda x: x % 2, lambda _, w: w.batch(2), window_size=2)
    ),
    "choose_from_datasets": lambda d: E.choose_from_datasets([d, d], tf.data.Dataset.range(2)),
    "sliding_window_batch": lambda d: d.apply(tf.contrib.data.sliding_window_batch(2)),
}


@pytest.mark.parametrize("name", MADE)
def test_options_are_those_of_the_sources(name: str) -> None:
    options = tf.data.Options()
    options.experimental_deterministic = False
    made = MADE[name](tf.data.Dataset.range(5).with_options(options))
    assert made.options().experimental_deterministic is False


def test_a_dataset_with_options_is_made_of_the_one_without() -> None:
    plain = tf.data.Dataset.range(3)
    assert plain.with_options(tf.data.Options())._inputs() == [plain]


def test_a_function_of_a_scan_is_called_once() -> None:
    calls = []

    def add(state: Any, x: Any) -> Any:
        calls.append(x)
        return state + x, state

    tf.data.Dataset.range(3).apply(E.scan(np.int64(0), add))
    assert len(calls) == 1


def test_what_a_scan_returns_is_a_pair() -> None:
    with pytest.raises(TypeError, match="must return a pair"):
        tf.data.Dataset.range(3).apply(E.scan(np.int64(0), lambda s, x: s + x))


def values(dataset: Any, count: int) -> list[Any]:
    following = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        return [session.run(following) for _ in range(count)]


def test_datasets_are_sampled_as_tensorflow_does() -> None:
    two = [tf.data.Dataset.range(100), tf.data.Dataset.range(100, 200)]
    # What real TensorFlow gives for this seed.
    expected = [0, 1, 2, 100, 101, 3, 102, 103, 104, 4, 105, 106]
    assert values(E.sample_from_datasets(two, [0.3, 0.7], seed=5), 12) == expected
    assert values(E.sample_from_datasets(two, seed=5), 8) == [0, 1, 2, 100, 101, 3, 102, 103]
    weights = tf.data.Dataset.from_tensors([0.1, 0.9]).repeat()
    assert values(E.sample_from_datasets(two, weights, seed=5), 5) == [100, 101, 0, 102, 103]


def test_classes_are_resampled_as_tensorflow_does() -> None:
    resample = E.rejection_resample(
        lambda x: tf.cast(x % 2, tf.int32), [0.2, 0.8], initial_dist=[0.5, 0.5], seed=4
    )
    # What real TensorFlow gives for this seed.
    expected = [(0, 0), (1, 1), (1, 1), (0, 2), (1, 3), (1, 5), (1, 7), (1, 3), (1, 9), (1, 11)]
    assert values(tf.data.Dataset.range(30).apply(resample), 10) == expected


def test_classes_are_resampled_by_an_estimate() -> None:
    resample = E.rejection_resample(lambda x: tf.cast(x % 4 > 0, tf.int32), [0.5, 0.5], seed=4)
    found = values(tf.data.Dataset.range(4).repeat().apply(resample), 400)
    assert all(kind == (element > 0) for kind, element in found)
    assert 120 < sum(int(kind) for kind, _ in found) < 280


def test_what_a_generator_yields_for_a_string_is_one() -> None:
    dataset = tf.data.Dataset.from_generator(lambda: iter([5]), tf.string)
    with pytest.raises(tf.errors.OpError, match="could not be converted"):
        values(dataset, 1)


def test_of_a_number_that_is_too_large_the_lowest_bits_are_kept() -> None:
    dataset = tf.data.Dataset.from_generator(lambda: iter([300, -1]), tf.uint8)
    assert values(dataset, 2) == [44, 255]


def test_lines_of_datasets_have_no_carriage_returns(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a\rb\nc\r\r\nlast\r")
    assert values(tf.data.TextLineDataset(str(path)), 3) == [b"ab", b"c", b"last"]


def test_names_of_files_may_stand_in_rows(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("x\n")
    assert values(tf.data.TextLineDataset([[str(path)], [str(path)]]), 2) == [b"x", b"x"]
    with pytest.raises(TypeError, match=r"must be a `tf.Tensor` of `tf.string`"):
        tf.data.TextLineDataset([1])


def test_names_of_files_may_be_any_bytes(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/\xe9.txt"
    with open(path, "wb") as file:
        file.write(b"a\n")
    there, missing = (
        tf.data.TextLineDataset(name).make_one_shot_iterator().get_next()
        for name in (path, path + b"\xff")
    )
    with tf.Session() as session:
        assert session.run(there) == b"a"
        session.run(
            tf.data.experimental.TFRecordWriter(path + b"2").write(
                tf.data.Dataset.from_tensors("r")
            )
        )
        listed = tf.data.Dataset.list_files(bytes(tmp_path) + b"/*", shuffle=False)
        names = listed.make_one_shot_iterator().get_next()
        assert [session.run(names) for _ in range(2)] == [path, path + b"2"]
        kept = tf.data.Dataset.range(2).cache(path + b"3").make_one_shot_iterator().get_next()
        assert [session.run(kept) for _ in range(2)] == [0, 1]
        with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
            session.run(missing)
