"""Maps of batches: one call for many elements gives what a call for each of them gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.runtime.function_programs import CompiledFunction

D = tf.data.Dataset


def values(dataset: Any) -> list[Any]:
    element = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as session:
        while len(found) < 100:
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                return found
            except tf.errors.OpError as error:
                found.append([type(error).__name__])
    return found


def examples() -> Any:
    made = []
    for i in range(5):
        features = {
            "a": tf.train.Feature(float_list=tf.train.FloatList(value=[i, i + 0.5])),
            "b": tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
        }
        made.append(
            tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
        )
    return D.from_tensor_slices(made)


def parse(record: Any) -> Any:
    spec = {"a": tf.FixedLenFeature([2], tf.float32), "b": tf.FixedLenFeature([], tf.int64)}
    parsed = tf.parse_single_example(record, spec)
    return parsed["a"] * 2.0, parsed["b"]


MATRIX = np.arange(12, dtype=np.float32).reshape(6, 2)
PIPELINES: dict[str, tuple[Callable[[], Any], Callable[..., Any]]] = {
    "numbers": (lambda: D.range(7), lambda x: tf.cast(x * 2 - 1, tf.float32) / 3.0),
    "rows and scalars": (
        lambda: D.from_tensor_slices((MATRIX, np.arange(6, dtype=np.float32))),
        lambda row, x: (row * x + 1.0, tf.maximum(x, 2.0), tf.expand_dims(row, 0)),
    ),
    "shapes": (
        lambda: D.from_tensor_slices(MATRIX),
        lambda row: (tf.reshape(row, [2, 1]), tf.one_hot(tf.cast(row, tf.int32), 4)),
    ),
    "records": (
        lambda: D.from_tensor_slices([MATRIX[i].tobytes() for i in range(6)]),
        lambda record: tf.reshape(tf.decode_raw(record, tf.float32), [2]),
    ),
    "records of different lengths": (
        lambda: D.from_tensor_slices([b"abcd", b"abcdefgh", b"abcd", b"abcd", b"abcd"]),
        lambda record: tf.decode_raw(record, tf.float32),
    ),
    "csv": (
        lambda: D.from_tensor_slices(["1,a", "2,b", "x,c", "4,d", "5"]),
        lambda line: tuple(tf.decode_csv(line, [[0], [""]])),
    ),
    "examples": (examples, parse),
    "a captured table": (
        lambda: D.range(5),
        lambda x: tf.gather(tf.constant(MATRIX), x) + tf.constant([1.0, 2.0]),
    ),
    "filtered before": (lambda: D.range(9).filter(lambda x: x > 2), lambda x: x + 1),
    "mapped twice": (lambda: D.range(9).map(lambda x: x * 3), lambda x: x + 1),
    "shuffled rows": (lambda: D.range(9).shuffle(9, seed=5), lambda x: (x, -x)),
}


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("drops", [False, True])
def test_batches_are_those_of_single_calls(
    name: str, drops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, function = PIPELINES[name]
    batched = values(source().map(function).batch(2, drop_remainder=drops))
    with monkeypatch.context() as patched:
        patched.setattr(CompiledFunction, "bind_batched", lambda *_: None)
        single = values(source().map(function).batch(2, drop_remainder=drops))
    assert len(batched) == len(single)
    for a, b in zip(batched, single, strict=True):
        assert type(a) is type(b)
        for x, y in (
            zip(np.atleast_1d(a), np.atleast_1d(b), strict=True)
            if not isinstance(a, tuple)
            else zip(a, b, strict=True)
        ):
            np.testing.assert_array_equal(x, y)
            assert np.asarray(x).dtype == np.asarray(y).dtype


@pytest.mark.parametrize("name", sorted(set(PIPELINES) - {"records of different lengths", "csv"}))
def test_a_batch_is_one_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, function = PIPELINES[name]
    names = []
    bind = CompiledFunction.bind

    def noted(self: CompiledFunction, captured: Any, iteration: Any) -> Any:
        call = bind(self, captured, iteration)

        def counted(*components: Any) -> Any:
            names.append(self.name)
            return call(*components)

        return counted

    dataset = source().map(function).batch(2)
    monkeypatch.setattr(CompiledFunction, "bind", noted)
    batches = values(dataset)
    calls = [name for name in names if "map" in name]
    assert calls
    assert all(name.endswith("/batched") for name in calls)
    assert len(set(calls)) * len(batches) == len(calls)


def test_random_numbers_are_drawn_for_each_element() -> None:
    dataset = D.range(6).map(lambda x: tf.random_uniform([], seed=1)).batch(6)
    (batch,) = values(dataset)
    assert len(set(batch.tolist())) == 6
