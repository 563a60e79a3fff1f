"""Elements in buckets: batches of those that are alike."""

import numpy as np
import pytest

import tensormill as tf


def numbers(limit):
    return tf.train.range_input_producer(limit, num_epochs=1, shuffle=False).dequeue()


def run(fetches):
    """Return what steps give until the input ends."""
    found = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            while True:
                found.append(session.run(fetches))
        except tf.errors.OutOfRangeError:
            coordinator.request_stop()
            coordinator.join(threads)
    return found


def test_each_bucket_gives_batches_of_its_own_size():
    number = numbers(20)
    which, batch = tf.contrib.training.bucket(
        [number, tf.as_string(number)], number % 2, [3, 4], 2, allow_smaller_final_batch=True
    )
    by_bucket = {0: [], 1: []}
    for bucket, values, words in run([which, *batch]):
        assert all(value % 2 == bucket for value in values)
        assert [str(value).encode() for value in values] == words.tolist()
        by_bucket[int(bucket)].append(values.tolist())
    assert by_bucket[0] == [[0, 2, 4], [6, 8, 10], [12, 14, 16], [18]]
    assert by_bucket[1] == [[1, 3, 5, 7], [9, 11, 13, 15], [17, 19]]


def test_sequences_of_like_lengths_come_together():
    number = numbers(17)
    batches = tf.contrib.training.bucket_by_sequence_length(
        number % 6, {"sequence": tf.range(number % 6), "number": number}, 2, [2, 4],
        dynamic_pad=True, shapes=[[], [None]], allow_smaller_final_batch=True,
    )  # fmt: skip
    seen = []
    for lengths, batch in run(batches):
        assert {sum(length >= limit for limit in (2, 4)) for length in lengths} in ({0}, {1}, {2})
        assert batch["sequence"].shape == (len(lengths), max(lengths))
        for length, row in zip(lengths, batch["sequence"], strict=True):
            assert row[:length].tolist() == list(range(length))
        seen += batch["number"].tolist()
    assert sorted(seen) == list(range(17))


def test_an_element_that_is_not_kept_comes_in_no_bucket():
    number = numbers(10)
    _, batch = tf.contrib.training.bucket(
        number, 0, 2, 1, keep_input=number < 4, allow_smaller_final_batch=True
    )
    assert np.concatenate(run(batch)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("boundaries", "error"),
    [([], ValueError), ([3, 3], ValueError), (5, TypeError), ([1.0, 2.0], TypeError)],
)
def test_boundaries_must_ascend(boundaries, error):
    with pytest.raises(error):
        tf.contrib.training.bucket_by_sequence_length(3, [tf.constant(3)], 2, boundaries)


def test_static_shapes_are_those_of_the_batches():
    which, (batch, _) = tf.contrib.training.bucket([tf.zeros([2]), 1], 0, 5, 3)
    assert which.shape.as_list() == []
    assert batch.shape.as_list() == [5, 2]
