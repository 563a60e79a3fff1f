"""The notebook on queues between sessions, cell by cell, on a cluster of five tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tensormill.launching.local_cluster import LocalCluster
from tests.examples.notebook import Notebook

WRITTEN_TARGET = "grpc://127.0.0.1:2222"


@dataclass(frozen=True)
class Cell:
    """The code of a cell, and what the notebook shows below it, the order of elements apart."""

    code: str
    shown: str = ""
    is_random: bool = False


RESET = Cell("tf.Session.reset('grpc://127.0.0.1:2222')")

QUEUES = [
    Cell("import tensormill as tf"),
    Cell(
        """
q = tf.FIFOQueue(capacity=10, dtypes=[tf.float32], shapes=[[2]], name='q',
                 shared_name='shared_q')
"""
    ),
    Cell(
        """
training_instance = tf.placeholder(tf.float32, shape=[2])
enqueue = q.enqueue([training_instance])

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue, feed_dict={training_instance: [1.0, 2.0]})
  sess.run(enqueue, feed_dict={training_instance: [3.0, 4.0]})
  sess.run(enqueue, feed_dict={training_instance: [5.0, 6.0]})
"""
    ),
    Cell(
        """
training_instances = tf.placeholder(tf.float32, shape=(None, 2))
enqueue_many = q.enqueue_many([training_instances])

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue_many, feed_dict={
      training_instances: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
  })
"""
    ),
    Cell(
        """
dequeue = q.dequeue()

with tf.Session('grpc://127.0.0.1:2222') as sess:
  print(sess.run(dequeue))
  print(sess.run(dequeue))
  print(sess.run(dequeue))
""",
        "[1. 2.]\n[3. 4.]\n[5. 6.]\n",
    ),
    Cell(
        """
batch_size = 2
dequeue_mini_batch = q.dequeue_many(batch_size)

with tf.Session('grpc://127.0.0.1:2222') as sess:
  print(sess.run(dequeue_mini_batch))
""",
        "[[1. 2.]\n [3. 4.]]\n",
    ),
    RESET,
    Cell(
        """
q = tf.FIFOQueue(capacity=10, dtypes=[tf.int32, tf.float32], shapes=[[], [3,2]],
                 name='q', shared_name='shared_q')

a = tf.placeholder(tf.int32, shape=())
b = tf.placeholder(tf.float32, shape=(3, 2))
enqueue = q.enqueue((a, b))

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue, feed_dict={a: 10, b: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]})
  sess.run(enqueue, feed_dict={a: 11, b: [[2.0, 4.0], [6.0, 8.0], [0.0, 2.0]]})
  sess.run(enqueue, feed_dict={a: 12, b: [[3.0, 6.0], [9.0, 2.0], [5.0, 8.0]]})
"""
    ),
    Cell(
        """
dequeue_a, dequeue_b = q.dequeue()

with tf.Session('grpc://127.0.0.1:2222') as sess:
  a, b = sess.run([dequeue_a, dequeue_b])
  print(a)
  print(b)
""",
        "10\n[[1. 2.]\n [3. 4.]\n [5. 6.]]\n",
    ),
    Cell(
        """
batch_size = 2
dequeue_as, dequeue_bs = q.dequeue_many(batch_size)

with tf.Session('grpc://127.0.0.1:2222') as sess:
  a, b = sess.run([dequeue_as, dequeue_bs])
  print(a)
  print(b)
""",
        "[11 12]\n[[[2. 4.]\n  [6. 8.]\n  [0. 2.]]\n\n [[3. 6.]\n  [9. 2.]\n  [5. 8.]]]\n",
    ),
    Cell(
        """
close_q = q.close()

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(close_q)
"""
    ),
    RESET,
    Cell(
        """
q = tf.RandomShuffleQueue(capacity=50, min_after_dequeue=10,
                          dtypes=[tf.float32], shapes=[()], name='q',
                          shared_name='shared_q')
"""
    ),
    Cell(
        """
training_instances = tf.placeholder(tf.float32, shape=(None))
enqueue = q.enqueue_many([training_instances])

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue, feed_dict={
      training_instances: [float(i) for i in range(25)]
  })
"""
    ),
    Cell(
        """
batch_size = 5
dequeue = q.dequeue_many(batch_size)

with tf.Session('grpc://127.0.0.1:2222') as sess:
  print(sess.run(dequeue))
  print(sess.run(dequeue))
  print(sess.run(dequeue))
""",
        "[ 9. 12.  7. 24.  3.]\n[18. 19. 14.  8. 11.]\n[22.  2. 17. 10.  5.]\n",
        is_random=True,
    ),
    RESET,
    Cell(
        """
q = tf.PaddingFIFOQueue(capacity=50, dtypes=[tf.float32],
                        shapes=[(None, None)], name='q',
                        shared_name='shared_q')
v = tf.placeholder(tf.float32, shape=(None, None))
enqueue = q.enqueue([v])

with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue, feed_dict={v: [[1., 2.], [3., 4.], [5., 6.]]})
  sess.run(enqueue, feed_dict={v: [[1.]]})
  sess.run(enqueue, feed_dict={v: [[7., 8., 9., 5.], [6., 7., 8., 9.]]})
"""
    ),
    Cell(
        """
batch_size = 3
dequeue = q.dequeue_many(batch_size)
with tf.Session('grpc://127.0.0.1:2222') as sess:
  print(sess.run(dequeue))
""",
        "[[[1. 2. 0. 0.]\n  [3. 4. 0. 0.]\n  [5. 6. 0. 0.]]\n\n"
        " [[1. 0. 0. 0.]\n  [0. 0. 0. 0.]\n  [0. 0. 0. 0.]]\n\n"
        " [[7. 8. 9. 5.]\n  [6. 7. 8. 9.]\n  [0. 0. 0. 0.]]]\n",
    ),
    RESET,
]


@pytest.fixture(params=["five servers in this process", "five processes"])
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    """The second parameter server, on which the notebook opens its sessions."""
    is_here = request.param == "five servers in this process"
    with LocalCluster(ps=2, workers=3, in_process=is_here) as cluster:
        yield cluster.targets("ps")[1]


def numbers(shown: str) -> list[float]:
    """Return the numbers in a text, without those of dtypes."""
    return [float(n) for n in re.findall(r"(?<![a-z\d])-?\d+\.?\d*", shown)]


def check(cells: list[Cell], target: str) -> Notebook:
    notebook = Notebook()
    for cell in cells:
        shown = notebook.run(cell.code.replace(WRITTEN_TARGET, target))
        if cell.is_random:
            check_random(shown, cell.shown)
        else:
            assert shown == cell.shown
    return notebook


def check_random(shown: str, written: str) -> None:
    got = numbers(shown)
    assert len(got) == len(numbers(written))
    assert set(got) <= set(range(25))
    assert len(set(got)) == len(got)


def test_the_cells_on_queues_show_what_they_show(target: str) -> None:
    check(QUEUES, target)
