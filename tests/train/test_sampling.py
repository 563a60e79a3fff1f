"""`tf.contrib.training`: batches by acceptance, and rows resampled at rates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensormill as tf

training = tf.contrib.training


@contextlib.contextmanager
def running() -> Iterator[Any]:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        yield session
        coordinator.request_stop()
        coordinator.join(threads)


def test_only_accepted_examples_are_in_a_batch() -> None:
    tf.set_random_seed(3)
    number = tf.count_up_to(tf.Variable(0, dtype=tf.int32), 10_000)
    odd = lambda example: tf.cast(example[0] % 2, tf.float32)  # noqa: E731
    (batch,) = training.rejection_sample([number], odd, 8)
    assert batch.shape.as_list() == [8]
    with running() as session:
        assert session.run(batch).tolist() == list(range(1, 16, 2))


def test_a_batch_of_examples_is_taken_apart_before_it_is_sampled() -> None:
    words = tf.constant([b"a", b"b", b"c"])
    numbers = tf.constant([[1.0], [0.0], [1.0]])
    made = training.rejection_sample(
        [words, numbers], lambda example: example[1][0], 4, enqueue_many=True, runtime_checks=True
    )
    with running() as session:
        got_words, got_numbers = session.run(made)
        assert got_words.tolist() == [b"a", b"c", b"a", b"c"]
        assert got_numbers.tolist() == [[1.0]] * 4


def test_a_probability_above_one_fails_where_it_is_checked() -> None:
    made = training.rejection_sample(
        [tf.random_uniform([])], lambda example: example[0] + 1.5, 2, runtime_checks=True
    )
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(made)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Condition x <= y did not hold"):
            coordinator.join(threads)


def test_batch_sizes_of_components_must_agree() -> None:
    with pytest.raises(ValueError, match="not compatible"):
        training.rejection_sample(
            [tf.zeros([3]), tf.zeros([4])], lambda example: 1.0, 2, enqueue_many=True
        )


@pytest.mark.parametrize("counts", [True, False])
def test_classes_have_the_shares_that_are_wanted(counts: bool) -> None:
    tf.set_random_seed(11)
    label = tf.cast(tf.random_uniform([]) < 0.25, tf.int32)
    wanted, found = [0.5, 0.5], None if counts else [0.75, 0.25]
    (batch,), labels = training.stratified_sample(
        [tf.cast(label, tf.float32) * 2], label, wanted, 50, init_probs=found
    )
    with running() as session:
        drawn = []
        for _ in range(10):
            values, classes = session.run([batch, labels])
            assert (values == 2 * classes).all()
            drawn += classes.tolist()
    assert 0.36 < np.mean(drawn) < 0.64  # five standard deviations, and what counting begins with


def test_classes_that_are_not_in_the_data_cannot_be_wanted() -> None:
    batches, _ = training.stratified_sample(
        [tf.constant(1.0)], tf.constant(1), [0.5, 0.5], 2, init_probs=[0.0, 1.0]
    )
    coordinator = tf.train.Coordinator()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(batches)
        with pytest.raises(tf.errors.InvalidArgumentError, match="zero initial probability"):
            coordinator.join(threads)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([1, 2], [0.5, 0.5], "must have rank|rank"),
        (1, [[0.5, 0.5]], "rank"),
        (1, [0.2, 0.3, 0.5], "same length"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(labels, probabilities, message) -> None:
    with pytest.raises(ValueError, match=message):
        training.stratified_sample(
            [tf.constant(1.0)], labels, probabilities, 2, init_probs=[0.5, 0.5]
        )


def test_rows_come_at_their_rates() -> None:
    rates = tf.constant([0.0, 1.0, 3.0])
    names, numbers = training.resample_at_rate(
        [tf.constant([b"a", b"b", b"c"]), tf.constant([[0], [1], [2]])], rates, seed=5
    )
    counts = np.zeros(3)
    with tf.Session() as session:
        for _ in range(300):
            got_names, got_numbers = session.run([names, numbers])
            assert got_names.tolist() == [b"abc"[n : n + 1] for n in got_numbers[:, 0]]
            assert (np.diff(got_numbers[:, 0]) >= 0).all()
            counts += np.bincount(got_numbers[:, 0], minlength=3)
    assert counts[0] == 0
    np.testing.assert_allclose(counts[1:] / 300, [1, 3], atol=0.5)


def test_gradients_pass_what_was_resampled() -> None:
    rows = tf.constant([1.0, 2.0])
    (chosen,) = training.resample_at_rate([rows], tf.constant([2.0, 2.0]), seed=1)
    (gradient,) = tf.gradients(tf.reduce_sum(chosen), rows)
    with tf.Session() as session:
        made, slope = session.run([chosen, tf.convert_to_tensor(gradient)])
        assert slope.tolist() == [(made == 1).sum(), (made == 2).sum()]


def test_rows_are_chosen_by_their_weights_relative_to_the_mean() -> None:
    weights = tf.constant([1.0, 3.0])
    (rows,), rates = training.weighted_resample([tf.constant([0, 1])], weights, 2.0, seed=2)
    assert [v.op.name for v in tf.local_variables()] == ["estimate_mean/estimated_mean"]
    counts = np.zeros(2)
    with running() as session:
        for _ in range(300):
            chosen, at = session.run([rows, rates])
            np.testing.assert_allclose(at, np.where(chosen == 0, 1.0, 3.0), rtol=1e-3)
            counts += np.bincount(chosen, minlength=2)
    np.testing.assert_allclose(counts / 300, [1, 3], atol=0.6)
