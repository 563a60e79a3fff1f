"""The notebook on queues between sessions, cell by cell, on a cluster of five tasks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tensormill.launching.local_cluster import LocalCluster
from tests.examples.notebook import Notebook
from tests.gates import WAIT_S

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


_READER = """
tf.reset_default_graph()

filename_queue = tf.FIFOQueue(capacity=10, dtypes=[tf.string], shapes=[()])
filename = tf.placeholder(tf.string)
enqueue_filename = filename_queue.enqueue([filename])
close_filename_queue = filename_queue.close()
"""
_INSTANCE_QUEUE = """
instance_queue = tf.RandomShuffleQueue(capacity=10, min_after_dequeue=2,
                                       dtypes=[tf.float32, tf.int32],
                                       shapes=[[2], []], name='instance_q',
                                       shared_name='shared_instance_q')
"""
_TRAIN = """
with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue_filename, {filename: csv_filename})
  sess.run(close_filename_queue)
  enqueue_threads = queue_runner.create_threads(sess, coord=coord, start=True)
  try:
    while True:
      print(sess.run([mini_batch_instances, mini_batch_targets]))
  except tf.errors.OutOfRangeError:
    pass
"""
ROWS = "[1., 2.] 0 [4., 5.] 1 [7., 0.] 0"

READERS = [
    Cell("import tensormill as tf"),
    Cell(
        r"""
csv_data = \
  'x1, x2, target\n' \
  '1., 2., 0\n' \
  '4., 5., 1\n' \
  '7., , 0'
csv_filename = 'my_test.csv'

with open(csv_filename, 'w') as f:
  f.write(csv_data)
  f.close()
"""
    ),
    Cell(
        """
tf.reset_default_graph()

reader = tf.TextLineReader(skip_header_lines=1)
"""
    ),
    Cell(_READER.replace("tf.reset_default_graph()", "")),
    Cell("key, value = reader.read(filename_queue)"),
    Cell(
        """
x1, x2, target = tf.decode_csv(value, record_defaults=[[-1.], [-1.], [-1]])
features = tf.stack([x1, x2])
"""
    ),
    Cell(
        _INSTANCE_QUEUE
        + """
enqueue_instance = instance_queue.enqueue([features, target])
close_instance_queue = instance_queue.close()
"""
    ),
    Cell(
        """
with tf.Session('grpc://127.0.0.1:2222') as sess:
  sess.run(enqueue_filename, feed_dict={filename: csv_filename})
  sess.run(close_filename_queue)
  try:
    while True:
      sess.run(enqueue_instance)
  except tf.errors.OutOfRangeError:
    pass
  sess.run(close_instance_queue)
"""
    ),
    Cell(
        """
mini_batch_instances, mini_batch_targets = instance_queue.dequeue_up_to(2)

with tf.Session('grpc://127.0.0.1:2222') as sess:
  try:
    while True:
      print(sess.run([mini_batch_instances, mini_batch_targets]))
  except tf.errors.OutOfRangeError:
    pass
""",
        ROWS,
        is_random=True,
    ),
    RESET,
    Cell(
        _READER
        + """
reader = tf.TextLineReader(skip_header_lines=1)

key, value = reader.read(filename_queue)

x1, x2, target = tf.decode_csv(value, record_defaults=[[-1.], [-1.], [-1]])
features = tf.stack([x1, x2])
"""
        + _INSTANCE_QUEUE
        + """
enqueue_instance = instance_queue.enqueue([features, target])
close_instance_queue = instance_queue.close()

mini_batch_instances, mini_batch_targets = instance_queue.dequeue_up_to(2)

# New code here!
n_threads = 5
queue_runner = tf.train.QueueRunner(instance_queue,
                                    [enqueue_instance] * n_threads)
coord = tf.train.Coordinator()
"""
    ),
    Cell(_TRAIN, ROWS, is_random=True),
    RESET,
    Cell(
        """
def read_and_push_instance(file_queue, instance_queue, skip_header_lines=1):
  reader = tf.TextLineReader(skip_header_lines=skip_header_lines)
  key, value = reader.read(file_queue)
  x1, x2, target = tf.decode_csv(value, record_defaults=[[-1.], [-1.], [-1]])
  features = tf.stack([x1, x2])
  enqueue_instance = instance_queue.enqueue([features, target])
  return enqueue_instance
"""
    ),
    Cell(
        _READER
        + _INSTANCE_QUEUE
        + """
minibatch_instances, minibatch_targets = instance_queue.dequeue_up_to(2)

read_and_enqueue_ops = [read_and_push_instance(filename_queue, instance_queue)
                        for _ in range(5)]

queue_runner = tf.train.QueueRunner(instance_queue, read_and_enqueue_ops)
coord = tf.train.Coordinator()
"""
    ),
    Cell(_TRAIN.replace("mini_batch", "minibatch"), ROWS, is_random=True),
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
    if written is ROWS:
        assert sorted(numbers(shown)) == sorted(numbers(written))
        return
    got = numbers(shown)
    assert len(got) == len(numbers(written))
    assert set(got) <= set(range(25))
    assert len(set(got)) == len(got)


def test_the_cells_on_queues_show_what_they_show(target: str) -> None:
    check(QUEUES, target)


def test_the_cells_on_readers_and_queue_runners_give_each_row_once(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The servers look for the file in their own folder.
    path = os.fspath(tmp_path / "my_test.csv")
    cells = [
        Cell(c.code.replace("'my_test.csv'", repr(path)), c.shown, c.is_random) for c in READERS
    ]
    notebook = check(cells, target)
    names: dict[str, Any] = notebook.names
    for thread in names["enqueue_threads"]:
        thread.join(WAIT_S)
        assert not thread.is_alive()
