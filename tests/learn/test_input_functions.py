"""`tf.contrib.learn.io`: input functions of arrays and generators, values of tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tests.estimator.test_inputs import batches

learn_io = tf.contrib.learn.io


def test_arrays_are_shuffled_unless_told_not_to() -> None:
    x = np.arange(6)
    in_order = learn_io.numpy_input_fn({"x": x}, 2 * x, batch_size=4, shuffle=False)
    found = batches(in_order())
    assert [features["x"].tolist() for features, _ in found] == [[0, 1, 2, 3], [4, 5]]
    assert [labels.tolist() for _, labels in found] == [[0, 2, 4, 6], [8, 10]]
    with tf.Graph().as_default():
        shuffled = batches(learn_io.numpy_input_fn({"x": x}, 2 * x, batch_size=4)())
    values = np.concatenate([features["x"] for features, _ in shuffled])
    labels = np.concatenate([labels for _, labels in shuffled])
    assert sorted(values) == x.tolist()
    assert (labels == 2 * values).all()


def _examples() -> Iterator[dict[str, Any]]:
    for index in range(4):
        yield {"height": np.ones(2) * index, "age": np.ones(1) * index + 32, "label": np.ones(1)}


def test_generators_give_features_and_labels() -> None:
    one = learn_io.generator_input_fn(_examples, "label", batch_size=2, shuffle=False)
    found = batches(one())
    # The end is seen when a row more was asked for, so that the first one comes once more.
    assert [features["height"].tolist() for features, _ in found[:2]] == [
        [[0, 0], [1, 1]], [[2, 2], [3, 3]]
    ]  # fmt: skip
    assert sorted(found[0][0]) == ["age", "height"]
    assert found[1][1].tolist() == [[1], [1]]
    with tf.Graph().as_default():
        both = learn_io.generator_input_fn(_examples, ["label", "age"], batch_size=4, shuffle=False)
        features, labels = batches(both())[0]
    assert list(features) == ["height"]
    assert labels["age"].tolist() == [[32], [33], [34], [35]]


@pytest.mark.parametrize(
    ("x", "key", "error", "message"),
    [
        (np.arange(3), None, TypeError, "must be generator function"),
        (lambda: np.arange(3), None, TypeError, "must be generator; got ndarray"),
        (lambda: (item for item in [1]), None, TypeError, "must yield dict; got int"),
        (_examples, 3, TypeError, "str or Container of str; got int"),
        (_examples, ["label", 3], TypeError, "str or Container of str; got int"),
        (_examples, ["width"], KeyError, "not in yielded dict"),
    ],
)
def test_other_generators_are_refused(x: Any, key: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        learn_io.generator_input_fn(x, key)


def test_values_of_tables_are_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    assert learn_io.extract_pandas_data(table).tolist() == [[1, 0.5], [2, 1.5]]
    assert learn_io.extract_pandas_labels(table[["a"]]).tolist() == [[1], [2]]
    assert learn_io.extract_pandas_matrix([1]) == [1]
    with pytest.raises(ValueError, match="Only one column"):
        learn_io.extract_pandas_labels(table)
    texts = pandas.DataFrame({"t": ["x", "y"]})
    for extract in (learn_io.extract_pandas_data, learn_io.extract_pandas_labels):
        with pytest.raises(ValueError, match="must be int, float, or bool"):
            extract(texts)
