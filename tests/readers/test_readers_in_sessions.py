"""Readers in sessions: steps that wait or are cancelled, and what errors leave behind."""

import pytest

import tensormill as tf
from tests.gates import run_in_thread, wait_until


def shared_reader():
    """Return a reader that `waiting` finds."""
    return tf.ReaderBase(tf.raw_ops.TextLineReaderV2(shared_name="lines"))


def waiting(session):
    """Return how many reads wait at the shared readers of a task."""
    found = session._master_session.resources.entries()
    return sum(len(made._waiting) for _, kind, _, made in found if kind == "reader")


@pytest.fixture
def lines(tmp_path):
    """Return a function that makes a file of lines."""

    def make(name, *texts):
        (tmp_path / name).write_text("".join(f"{text}\n" for text in texts))
        return str(tmp_path / name)

    return make


def test_a_read_waits_for_the_name_of_a_file(lines):
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = shared_reader()
    value = reader.read(queue)[1]
    name = tf.placeholder(tf.string, [])
    adding = queue.enqueue([name])
    with tf.Session() as session:
        step = run_in_thread(lambda: session.run(value))
        wait_until(lambda: waiting(session) == 1)
        session.run(adding, {name: lines("a", "one", "two")})
        assert step() == b"one"
        assert session.run(value) == b"two"


def test_reads_are_served_in_the_order_in_which_they_came(lines):
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = shared_reader()
    one, two = reader.read(queue)[1], reader.read_up_to(queue, 2)[1]
    name = tf.placeholder(tf.string, [])
    adding = queue.enqueue([name])
    with tf.Session() as session:
        steps = []
        for index, fetch in enumerate((one, two, one)):
            steps.append(run_in_thread(lambda fetch=fetch: session.run(fetch)))
            wait_until(lambda n=index: waiting(session) == n + 1)
        session.run(adding, {name: lines("a", "1", "2", "3", "4")})
        assert steps[0]() == b"1"
        assert steps[1]().tolist() == [b"2", b"3"]
        assert steps[2]() == b"4"


def test_a_read_that_is_cancelled_leaves_the_others(lines):
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = shared_reader()
    value = reader.read(queue)[1]
    name = tf.placeholder(tf.string, [])
    adding = queue.enqueue([name])
    with tf.Session() as session:
        first = run_in_thread(
            lambda: session.run(value, options=tf.RunOptions(timeout_in_ms=60_000))
        )
        wait_until(lambda: waiting(session) == 1)
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(value, options=tf.RunOptions(timeout_in_ms=20))
        assert waiting(session) == 1
        session.run(adding, {name: lines("a", "one")})
        assert first() == b"one"


def test_closing_a_session_ends_reads_that_wait():
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = shared_reader()
    value = reader.read(queue)[1]
    session = tf.Session()
    steps = []
    for count in (1, 2):
        steps.append(run_in_thread(lambda: session.run(value)))
        wait_until(lambda n=count: waiting(session) == n)
    session.close()
    for step in steps:
        assert isinstance(step(), tf.errors.CancelledError)


def test_a_missing_file_is_passed_over_and_told(lines):
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = tf.TextLineReader()
    key, value = reader.read(queue)
    path = lines("a", "one")
    with tf.Session() as session:
        session.run(queue.enqueue_many([["/nonexistent/x", path]]))
        with pytest.raises(tf.errors.NotFoundError, match="/nonexistent/x; No such file"):
            session.run(value)
        assert session.run([key, value]) == [f"{path}:1".encode(), b"one"]


def test_thousands_of_empty_files_are_passed_over(lines):
    # The queue is full and somebody waits to add more, so that each name is waited for.
    empty, last = lines("e"), lines("a", "one")
    queue = tf.FIFOQueue(1, [tf.string], [()])
    value = tf.TextLineReader().read(queue)[1]
    adding = queue.enqueue_many([[empty] * 3000 + [last]])
    with tf.Session() as session:
        step = run_in_thread(lambda: session.run(adding))
        assert session.run(value) == b"one"
        assert step() is None


def test_work_comes_from_queues_of_one_string_only():
    reader = tf.TextLineReader()
    for types, values, text in (
        ([tf.int32], [1], "Expected queue with single string component"),
        ([tf.string, tf.string], ["a", "b"], "Expected single component queue"),
        ([tf.string], [["a", "b"]], "Expected to dequeue a one-element string tensor"),
    ):
        queue = tf.FIFOQueue(9, types)
        with tf.Session() as session:
            session.run(queue.enqueue(values))
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(reader.read(queue))


def test_a_damaged_record_keeps_what_came_before(tmp_path):
    path = tmp_path / "r"
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"good")
        writer.write(b"bad")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    queue = tf.FIFOQueue(9, [tf.string], [()])
    reader = tf.TFRecordReader()
    value = reader.read(queue)[1]
    counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    with tf.Session() as session:
        session.run(queue.enqueue(str(path)))
        assert session.run(value) == b"good"
        for _ in range(2):
            with pytest.raises(tf.errors.DataLossError, match="corrupted record at 32"):
                session.run(value)
        assert session.run(counts) == [1, 0]


def test_readers_are_shared_by_name(lines):
    def make():
        queue = tf.FIFOQueue(9, [tf.string], [()], shared_name="names")
        reader = tf.raw_ops.TextLineReaderV2(shared_name="shared")
        return queue, tf.raw_ops.ReaderReadV2(reader_handle=reader, queue_handle=queue.queue_ref)

    queue, first = make()
    _, second = make()
    with tf.Session() as session:
        session.run(queue.enqueue(lines("a", "one", "two")))
        assert session.run(first.value) == b"one"
        assert session.run(second.value) == b"two"
        wrong = tf.raw_ops.WholeFileReaderV2(shared_name="shared")
        with pytest.raises(tf.errors.InvalidArgumentError, match="TextLineReader"):
            session.run(tf.raw_ops.ReaderReadV2(reader_handle=wrong, queue_handle=queue.queue_ref))
