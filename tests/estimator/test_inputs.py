"""Input functions of arrays, and the queues that they fill."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import tensormill as tf
from tensormill.estimator.feeding import enqueue_data

numpy_input_fn = tf.estimator.inputs.numpy_input_fn


def batches(fetches):
    """Return what the fetches give until the input ends."""
    found = []
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            found.append(session.run(fetches))
    return found


def test_arrays_come_in_their_order_and_the_last_batch_is_smaller():
    x, y = np.arange(5) * 10, np.arange(5)
    found = batches(numpy_input_fn({"x": x}, y, batch_size=2, num_epochs=1, shuffle=False)())
    assert [f["x"].tolist() for f, _ in found] == [[0, 10], [20, 30], [40]]
    assert [labels.tolist() for _, labels in found] == [[0, 1], [2, 3], [4]]


def test_epochs_follow_one_another_within_a_batch():
    found = batches(numpy_input_fn(np.arange(3), batch_size=2, num_epochs=2, shuffle=False)())
    assert [each.tolist() for each in found] == [[0, 1], [2, 0], [1, 2]]


def test_shuffled_arrays_come_once_each_epoch():
    fetch = numpy_input_fn(np.arange(40), batch_size=7, num_epochs=1, shuffle=True)()
    assert sorted(np.concatenate(batches(fetch)).tolist()) == list(range(40))


def test_labels_may_have_names():
    fetch = numpy_input_fn({"a": np.ones(2)}, {"b": np.zeros(2)}, shuffle=False)()
    ((features, labels),) = batches(fetch)
    assert (list(features), list(labels)) == (["a"], ["b"])


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ({}, None, ValueError, "x cannot be an empty dict"),
        (np.zeros(0), None, ValueError, "x cannot be an empty array"),
        ([1], None, TypeError, "x must be a dict or array; got list"),
        ({"a": np.ones(2)}, {}, ValueError, "y cannot be empty dict"),
        ({"a": np.ones(2)}, {"a": np.ones(2)}, ValueError, "1 duplicate keys are found"),
        ({"a": np.ones(2)}, np.ones(3), ValueError, "Length of tensors in x and y is mismatched"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x, y, error, message):
    with pytest.raises(error, match=message):
        numpy_input_fn(x, y, shuffle=False)()


def test_shuffle_must_be_given():
    with pytest.raises(ValueError, match="shuffle must be provided and explicitly set"):
        numpy_input_fn({"a": np.ones(2)})


def test_a_generator_is_padded():
    def rows():
        for length in (1, 3, 2, 2):
            yield {"a": np.arange(length), "b": np.array(length)}

    queue = enqueue_data(rows, 10, enqueue_size=8, num_epochs=1, pad_value=-1)
    first = queue.dequeue_many(4)
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        a, b = session.run(first)
        coordinator.request_stop()
        coordinator.join(threads)
    assert b.tolist() == [1, 3, 2, 2]
    assert a.tolist() == [[0, -1, -1], [0, 1, 2], [0, 1, -1], [0, 1, -1]]


def test_the_fill_of_the_queue_is_summarized():
    enqueue_data(OrderedDict(a=np.arange(4)), 20, shuffle=True)
    (summary,) = tf.get_collection(tf.GraphKeys.SUMMARIES)
    assert summary.op.name == (
        "enqueue_input/queue/enqueue_input/random_shuffle_queuefraction_over_5_of_15_full"
    )


def test_data_of_other_kinds_is_refused():
    with pytest.raises(TypeError, match="must be either a numpy array or pandas DataFrame"):
        enqueue_data([1, 2], 10)
    with pytest.raises(NotImplementedError, match="padding is only available with generator"):
        enqueue_data(np.arange(3), 10, pad_value=0)
