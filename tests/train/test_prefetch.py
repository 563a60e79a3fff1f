"""`slim.prefetch_queue`."""

from __future__ import annotations

import numpy as np

import tensormill as tf


def test_batches_wait_in_the_queue() -> None:
    counter = tf.train.range_input_producer(6, num_epochs=1, shuffle=False).dequeue()
    make = tf.contrib.slim.prefetch_queue.prefetch_queue
    queue = make({"x": counter, "y": counter * 2}, capacity=3)
    entry = queue.dequeue()
    assert "prefetch_queue/fraction_of_3_full" in {
        op.name for op in tf.get_default_graph().get_operations()
    }
    found = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            while True:
                found.append(session.run(entry))
        except tf.errors.OutOfRangeError:
            pass
        coordinator.request_stop()
        coordinator.join(threads)
    np.testing.assert_array_equal([f["x"] for f in found], np.arange(6))
    np.testing.assert_array_equal([f["y"] for f in found], 2 * np.arange(6))
