"""Pipelines with seeds give their elements in TensorFlow's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.oracle import Oracle

# Pipelines, and the elements of two runs of each, which real TensorFlow gives.
FIRST_TWICE = [0, 4, 2, 3, 5, 6, 1, 8, 7, 9]
SECOND_TWICE = [1, 3, 0, 4, 6, 5, 7, 8, 9, 2]
RECORDED = {
    "R(10).shuffle(4, seed=7).repeat(2)": FIRST_TWICE + SECOND_TWICE,
    "R(10).map(lambda x: x + 0).shuffle(4, seed=7).repeat(2)": FIRST_TWICE + SECOND_TWICE,
    "R(10).shuffle(40, seed=7)": [2, 8, 6, 5, 9, 1, 0, 3, 7, 4],
    "R(10).shuffle(4, seed=7, reshuffle_each_iteration=False).repeat(2)": (
        [3, 4, 0, 5, 1, 8, 2, 7, 6, 9] * 2
    ),
    "R(10).apply(E.shuffle_and_repeat(4, 2, seed=7))": FIRST_TWICE + SECOND_TWICE,
    "E.RandomDataset(seed=5).take(3).repeat(2)": [3568415791, 2798973839, 2476249224] * 2,
}
ALIKE = (
    *RECORDED,
    "R(10).shuffle(10, seed=0).repeat(3)",
    "R(10).shuffle(1, seed=7)",
    "R(10).repeat(3).shuffle(7, seed=3)",
    "R(3000).shuffle(1500, seed=7).skip(2960)",
    "R(3000).map(lambda x: x + 1).shuffle(1500, seed=7).skip(2960)",
    "R(4).interleave(lambda x: R(4).shuffle(4, seed=9).map(lambda y: 10 * x + y), 2)",
)


def elements(dataset: Any) -> list[int]:
    """Return the elements of two runs of a pipeline of numbers."""
    iterator = dataset.make_initializable_iterator()
    following = iterator.get_next()
    found: list[int] = []
    with tf.Session() as session:
        for _ in range(2):
            session.run(iterator.initializer)
            while True:
                try:
                    found.append(int(session.run(following)))
                except tf.errors.OutOfRangeError:
                    break
    return found


def pipeline(source: str) -> Any:
    names = {"R": tf.data.Dataset.range, "E": tf.data.experimental, "tf": tf}
    return eval(source, names)


@pytest.mark.parametrize("source", RECORDED)
def test_order_is_that_of_tensorflow(source: str) -> None:
    assert elements(pipeline(source)) == RECORDED[source] * 2


@pytest.mark.oracle
@pytest.mark.parametrize("source", ALIKE)
def test_order_agrees_with_tensorflow(source: str, oracle: Oracle) -> None:
    expected = oracle.run(
        f"""
        R, E = tf.data.Dataset.range, tf.data.experimental
        iterator = tf.data.make_initializable_iterator({source})
        following = iterator.get_next()
        result = []
        with tf.Session() as session:
            for _ in range(2):
                session.run(iterator.initializer)
                while True:
                    try:
                        result.append(int(session.run(following)))
                    except tf.errors.OutOfRangeError:
                        break
        """
    )
    assert elements(pipeline(source)) == expected


def test_every_element_comes_once_without_a_seed() -> None:
    found = elements(tf.data.Dataset.range(50).shuffle(8))
    assert sorted(found[:50]) == sorted(found[50:]) == list(range(50))


def test_an_element_that_fails_is_passed_over_in_a_full_buffer() -> None:
    numbers = np.float32([1, 2, 0, 4, 5, 0, 7])
    dataset = tf.data.Dataset.from_tensor_slices(numbers).map(
        lambda x: tf.check_numerics(1 / x, "division")
    )
    iterator = dataset.shuffle(2, seed=1).make_initializable_iterator()
    following = iterator.get_next()
    found, failures = [], 0
    with tf.Session() as session:
        session.run(iterator.initializer)
        while True:
            try:
                found.append(float(session.run(following)))
            except tf.errors.InvalidArgumentError:
                failures += 1
            except tf.errors.OutOfRangeError:
                break
    np.testing.assert_allclose(sorted(found), sorted(1 / numbers[numbers > 0]))
    assert failures == 2
