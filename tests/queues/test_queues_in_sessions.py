"""Queues in sessions: steps that wait, that are cancelled, and that share a queue."""

import numpy as np
import pytest

import tensormill as tf
from tests.gates import run_in_thread, wait_until


def waiting(session):
    """Return how many dequeues and enqueues wait at the queues of a session's nodes."""
    queues = session._master_session.resources.private_queues()
    return sum(sum(queue.waiting_counts()) for queue in queues)


def test_a_dequeue_waits_for_the_enqueue_of_another_thread():
    queue = tf.FIFOQueue(3, [tf.float32], [[2]])
    doubled = queue.dequeue() * 2.0
    adding = queue.enqueue([[1.0, 2.0]])
    with tf.Session() as session:
        step = run_in_thread(lambda: session.run(doubled))
        wait_until(lambda: waiting(session))
        session.run(adding)
        assert step().tolist() == [2.0, 4.0]


def test_an_enqueue_waits_for_room():
    queue = tf.FIFOQueue(1, [tf.int32], [[]])
    x = tf.placeholder(tf.int32, [])
    adding, taking = queue.enqueue([x]), queue.dequeue()
    with tf.Session() as session:
        session.run(adding, {x: 1})
        step = run_in_thread(lambda: session.run(adding, {x: 2}))
        wait_until(lambda: waiting(session))
        assert session.run(taking) == 1
        assert step() is None
        assert session.run(taking) == 2


def test_an_element_is_a_copy_of_what_was_fed():
    queue = tf.FIFOQueue(9, [tf.float32, tf.string], [[2], [1]])
    x, text = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.string, [1])
    adding, taking = queue.enqueue([x, text]), queue.dequeue()
    with tf.Session() as session:
        numbers, words = np.float32([1, 2]), np.array([b"a"], object)
        session.run(adding, {x: numbers, text: words})
        numbers[:], words[:] = 9, b"z"
        got = session.run(taking)
        assert got[0].tolist() == [1, 2]
        assert got[1].tolist() == [b"a"]


def test_elements_of_a_block_that_leave_one_by_one_share_no_memory():
    queue = tf.FIFOQueue(9, [tf.float32], [[2]])
    adding, taking = queue.enqueue_many([[[1.0, 2.0], [3.0, 4.0]]]), queue.dequeue()
    with tf.Session() as session:
        session.run(adding)
        first = session.run(taking)
        assert first.base is None or first.base.nbytes <= first.nbytes
        assert session.run(taking).tolist() == [3, 4]


def test_batches_are_put_together_from_rows_and_blocks():
    queue = tf.FIFOQueue(99, [tf.int64], [[]])
    x = tf.placeholder(tf.int64, [None])
    one, many = queue.enqueue([x[0]]), queue.enqueue_many([x])
    n = tf.placeholder(tf.int32, [])
    taking = queue.dequeue_many(n)
    with tf.Session() as session:
        session.run(many, {x: range(4)})
        session.run(one, {x: [4]})
        session.run(one, {x: [5]})
        session.run(many, {x: range(6, 10)})
        sizes = (3, 2, 1, 2, 2)
        got = [session.run(taking, {n: size}).tolist() for size in sizes]
    assert got == [[0, 1, 2], [3, 4], [5], [6, 7], [8, 9]]


def test_a_step_that_times_out_leaves_the_queue_as_it_was():
    queue = tf.FIFOQueue(1, [tf.float32], [[]])
    adding, taking = queue.enqueue([1.0]), queue.dequeue()
    soon = tf.RunOptions(timeout_in_ms=20)
    with tf.Session() as session:
        with pytest.raises(tf.errors.DeadlineExceededError, match="fifo_queue_Dequeue"):
            session.run(taking, options=soon)
        session.run(adding)
        with pytest.raises(tf.errors.DeadlineExceededError, match="fifo_queue_enqueue"):
            session.run(adding, options=soon)
        assert session.run(queue.size()) == 1
        assert session.run(taking) == 1.0
        assert session.run(queue.size()) == 0


def test_closing_the_session_cancels_what_waits():
    queue = tf.FIFOQueue(1, [tf.float32], [[]])
    taking = queue.dequeue()
    with tf.Session() as session:
        steps = [run_in_thread(lambda: session.run(taking)) for _ in range(3)]
        wait_until(lambda: waiting(session) == 3)
    for step in steps:
        error = step()
        assert isinstance(error, tf.errors.CancelledError)
        assert "Dequeue operation was cancelled" in error.message


def test_a_failing_branch_cancels_a_dequeue_of_the_same_step():
    queue = tf.FIFOQueue(1, [tf.float32], [[]])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="bad"):
        session.run([queue.dequeue(), tf.Assert(False, ["bad"])])


def test_a_queue_without_a_shared_name_belongs_to_its_session():
    queue = tf.FIFOQueue(3, [tf.float32], [[]])
    adding, size = queue.enqueue([1.0]), queue.size()
    with tf.Session() as one, tf.Session() as other:
        one.run(adding)
        assert (one.run(size), other.run(size)) == (1, 0)


def test_nodes_with_the_same_shared_name_are_one_queue_of_a_session():
    first = tf.FIFOQueue(3, [tf.float32], [[]], shared_name="both", name="first")
    second = tf.FIFOQueue(3, [tf.float32], [[]], shared_name="both", name="second")
    apart = tf.raw_ops.FIFOQueueV2(
        component_types=[tf.float32], shapes=[[]], capacity=3, container="other", shared_name="both"
    )
    with tf.Session() as session:
        session.run(first.enqueue([4.0]))
        assert session.run(tf.raw_ops.QueueSizeV2(handle=apart)) == 0
        assert session.run(second.dequeue()) == 4.0


def test_a_reference_to_a_queue_holds_its_container_and_name():
    ref = tf.raw_ops.FIFOQueue(component_types=[tf.float32], shared_name="named", container="c")
    with tf.Session() as session:
        assert session.run(ref).tolist() == [b"c", b"named"]


def test_two_dequeues_of_one_step_are_not_merged():
    ref = tf.raw_ops.FIFOQueue(component_types=[tf.float32], shapes=[[]])
    many = tf.raw_ops.QueueEnqueueMany(handle=ref, components=[tf.constant([1.0, 2.0])])
    taking = [
        tf.raw_ops.QueueDequeue(handle=ref, component_types=[tf.float32])[0] for _ in range(2)
    ]
    with tf.Session() as session:
        session.run(many)
        assert sorted(session.run(taking)) == [1.0, 2.0]


def test_a_queue_inside_a_loop_waits_without_a_thread():
    queue = tf.FIFOQueue(10, [tf.float32], [[]])
    total = tf.while_loop(
        lambda i, total: i < 3,
        lambda i, total: (i + 1, total + queue.dequeue()),
        [tf.constant(0), tf.constant(0.0)],
    )[1]
    adding = queue.enqueue([2.5])
    with tf.Session() as session:
        step = run_in_thread(lambda: session.run(total))
        for _ in range(3):
            session.run(adding)
        assert step() == 7.5


def test_a_queue_has_no_device_of_its_own() -> None:
    """As in TensorFlow 1.15; later ones pin it to a CPU."""
    assert tf.FIFOQueue(10, tf.float32).queue_ref.op.device == ""
    with tf.device("/job:ps/task:1"):
        assert tf.FIFOQueue(10, tf.float32).queue_ref.op.device == "/job:ps/task:1"


def test_what_is_ordered_behind_a_dequeue_by_a_constant_waits_for_it():
    queue = tf.FIFOQueue(3, [tf.float32], [[]])
    first = tf.Variable(0.0)
    second = tf.Variable(0.0)
    updated = tf.group(first.assign_add(queue.dequeue()))
    with tf.control_dependencies([updated]):
        # The constant is behind the update, and the addition behind the constant alone.
        counted = second.assign_add(1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        step = run_in_thread(lambda: session.run(counted.op))
        wait_until(lambda: waiting(session))
        assert session.run([first, second]) == [0.0, 0.0]
        session.run(queue.enqueue([5.0]))
        assert step() is None
        assert session.run([first, second]) == [5.0, 1.0]


def test_queues_of_the_first_generation_speak_of_their_handles_as_strings() -> None:
    queue = tf.raw_ops.FIFOQueue(component_types=[tf.float32], shapes=[[2]])
    for op, text in (
        (
            tf.raw_ops.QueueEnqueue(handle=queue, components=[tf.constant([1, 2])]),
            "have: string_ref, int32-> expected: string_ref, float->",
        ),
        (
            tf.raw_ops.QueueDequeueMany(handle=queue, n=1, component_types=[tf.int32]),
            "have: string_ref, int32->int32 expected: string_ref, int32->float",
        ),
    ):
        with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(op)
        assert f"Signature mismatch, {text}" in caught.value.message
