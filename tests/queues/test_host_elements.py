"""Elements whose numbers were made as host scalars: every queue gives them out as tensors."""

import numpy as np
import pytest

import tensormill as tf

QUEUES = {
    "fifo": lambda: tf.FIFOQueue(90, [tf.float32, tf.int64, tf.string], [[2], [], []]),
    "shuffle": lambda: tf.RandomShuffleQueue(
        90, 3, [tf.float32, tf.int64, tf.string], [[2], [], []], seed=1
    ),
    "padding": lambda: tf.PaddingFIFOQueue(90, [tf.float32, tf.int64, tf.string], [[None], [], []]),
}


@pytest.mark.parametrize("kind", QUEUES)
def test_fields_of_a_record_and_tensors_meet_in_a_queue(kind) -> None:
    line = tf.placeholder(tf.string, [])
    x, y, number, word = tf.decode_csv(line, [[0.0], [0.0], np.int64([0]), [""]])
    queue = QUEUES[kind]()
    of_record = queue.enqueue([tf.stack([x, y]), number, word])
    of_tensors = queue.enqueue([tf.add(tf.stack([x, y]), [0.0, 1.0]), number * 1, word])
    several, one = queue.dequeue_many(4), queue.dequeue()
    with tf.Session() as session:
        for index in range(20):
            step = of_tensors if index % 3 == 1 else of_record
            session.run(step, {line: f"{index}.5,{index},{index},w{index}"})
        floats, integers, words = session.run(several)
        assert [floats.dtype, integers.dtype] == [np.float32, np.int64]
        got = list(zip(floats.tolist(), integers.tolist(), words.tolist(), strict=True))
        for _ in range(13):
            floats, integer, word = session.run(one)
            assert [floats.dtype, integer.dtype, type(word)] == [np.float32, np.int64, bytes]
            got.append((floats.tolist(), integer, word))
        session.run(queue.close())
        got += list(
            zip(*(part.tolist() for part in session.run(queue.dequeue_up_to(9))), strict=True)
        )
    expected = [([i + 0.5, i + float(i % 3 == 1)], i, b"w%d" % i) for i in range(20)]
    assert sorted(got, key=lambda row: row[1]) == expected
    if kind != "shuffle":
        assert got == expected


def test_a_priority_may_be_a_field_of_a_record() -> None:
    line = tf.placeholder(tf.string, [])
    priority, x = tf.decode_csv(line, [np.int64([0]), [0.0]])
    queue = tf.PriorityQueue(9, [tf.float32], [[]])
    enqueue, dequeue = queue.enqueue([priority, x]), queue.dequeue()
    with tf.Session() as session:
        for text in ("3,1.5", "1,2.5", "2,3.5"):
            session.run(enqueue, {line: text})
        assert [session.run(dequeue)[1] for _ in range(3)] == [2.5, 3.5, 1.5]


def test_a_wrong_shape_of_a_host_value_is_refused() -> None:
    line = tf.placeholder(tf.string, [])
    x, y = tf.decode_csv(line, [[0.0], [0.0]])
    queue = tf.FIFOQueue(9, [tf.float32], [[3]])
    stacked = tf.placeholder_with_default(tf.stack([x, y]), None)
    with (
        tf.Session() as session,
        pytest.raises(
            tf.errors.InvalidArgumentError, match=r"component 0. Expected \[3\], got \[2\]"
        ),
    ):
        session.run(queue.enqueue([stacked]), {line: "1,2"})
