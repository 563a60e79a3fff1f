"""Input pipelines: the nodes they are made of, what they give, and when they end."""

from collections import Counter

import numpy as np
import pytest

import tensormill as tf

# Defines `builds` on the files in `paths`; `described` says what a pipeline is made of.
GRAPHS = """
def described(build):
    tf.reset_default_graph()
    tf.set_random_seed(3)
    try:
        build()
    except (ValueError, TypeError) as error:
        return [type(error).__name__, str(error)[:60]]
    graph = tf.get_default_graph()
    nodes = [
        [op.name, op.type, [t.name for t in op.inputs], [c.name for c in op.control_inputs],
         [str(t.shape) for t in op.outputs]]
        for op in graph.get_operations()
    ]
    collections = [
        [str(key), [item.name for item in graph.get_collection(key)]]
        for key in sorted(map(str, graph.get_all_collection_keys()))
    ]
    runners = [
        [runner.name, [op.name for op in runner.enqueue_ops], runner.close_op.name]
        for runner in graph.get_collection("queue_runners")
    ]
    return [nodes, collections, runners]

def rows(**options):
    queue = tf.train.string_input_producer(paths, **options)
    _, line = tf.TextLineReader().read(queue)
    return tf.decode_csv(line, [[""], [0]])

def sparse():
    return tf.SparseTensor([[0, 1]], [1.0], [2, 3])

train = tf.train
builds = {
    "strings": lambda: train.string_input_producer(paths, num_epochs=2),
    "names": lambda: train.string_input_producer(
        paths, shuffle=False, name="names", capacity=5, shared_name="x"),
    "input": lambda: train.input_producer(tf.zeros([3, 2])),
    "input with summary": lambda: train.input_producer(
        tf.zeros([3, 2]), name="p", seed=4, num_epochs=1, summary_name="fill"),
    "range": lambda: train.range_input_producer(5, num_epochs=1, seed=2),
    "slices": lambda: train.slice_input_producer(
        [tf.zeros([3, 2]), ["a", "b", "c"]], num_epochs=1, name="sl"),
    "epochs": lambda: train.limit_epochs(tf.constant(1), 3),
    "files": lambda: train.match_filenames_once("/nonexistent/*"),
    "batch": lambda: train.batch(rows(), 3, num_threads=4),
    "padded": lambda: train.batch(
        {"a": tf.constant(1), "b": tf.zeros([2])}, 3, dynamic_pad=True,
        allow_smaller_final_batch=True, name="bb"),
    "many": lambda: train.batch([tf.zeros([4, 2])], 3, enqueue_many=True, capacity=7),
    "shuffled": lambda: train.shuffle_batch(rows(num_epochs=1), 3, 20, 5, seed=3, num_threads=2),
    "joined": lambda: train.batch_join([rows(), rows()], 2),
    "joined and shuffled": lambda: train.shuffle_batch_join(
        [[tf.constant(1)], [tf.constant(2)]], 2, 10, 1),
    "maybe": lambda: train.maybe_batch([tf.constant(1)], tf.placeholder(tf.bool, []), 2),
    "maybe joined": lambda: train.maybe_batch_join(
        [[tf.constant(1)]], tf.placeholder(tf.bool, []), 2),
    "some of many": lambda: train.maybe_shuffle_batch(
        [tf.zeros([3])], 2, 10, 1, tf.constant([True, False, True]), enqueue_many=True),
    "sparse": lambda: train.batch([sparse(), tf.constant(1)], 2),
    "many sparse": lambda: train.batch([sparse()], 2, enqueue_many=True),
    "maybe sparse": lambda: train.maybe_batch([sparse()], tf.placeholder(tf.bool, []), 2),
    "unknown rank": lambda: train.batch([tf.placeholder(tf.float32)], 2),
    "no strings": lambda: train.string_input_producer([]),
    "too small": lambda: train.shuffle_batch([tf.constant(1)], 2, 5, 5),
    "no epochs": lambda: train.limit_epochs(tf.constant(1), 0),
    "unknown rows": lambda: train.input_producer(tf.placeholder(tf.float32)),
    "nothing to join": lambda: train.batch_join([], 2),
    "other types": lambda: train.batch_join([[tf.constant(1)], [tf.constant(1.0)]], 2),
}
"""

# Runs one pipeline until it ends, with threads of queue runners.
RUN = """
import threading, time

def wait_for(condition):
    pause, end = threading.Event(), time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "the queue was not filled"
        pause.wait(0.005)

def run(build, most=99):
    tf.reset_default_graph()
    tf.set_random_seed(3)
    fetches = build()
    sizes = [op for op in tf.get_default_graph().get_operations()
             if op.name == "shuffle_batch/random_shuffle_queue_Size"]
    filled = sizes[0].outputs[0] if sizes else None
    found = []
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        if filled is not None:
            # The order depends on how full the queue is, so it is filled before the first batch.
            wait_for(lambda: session.run(filled) >= 20)
        try:
            while len(found) < most:
                value = session.run(fetches)
                found.append(list(value) if isinstance(value, (list, tuple)) else value)
        except tf.errors.OutOfRangeError:
            found.append("end")
        coord.request_stop()
        try:
            coord.join(threads, stop_grace_period_secs=20)
        except tf.errors.CancelledError:
            pass
    return found
"""


@pytest.fixture
def paths(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("".join(f"{name}{i},{i}\n" for i in range(5)))
    return [str(tmp_path / "a"), str(tmp_path / "b")]


def run_here(source, **given):
    scope = {"tf": tf, "np": np, **given}
    exec(source, scope)
    return scope["result"]


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.oracle
def test_pipelines_are_made_of_the_nodes_of_tensorflow(oracle, paths):
    source = GRAPHS + "\nresult = {name: described(build) for name, build in builds.items()}"
    expected = oracle.run(source, paths=paths)
    found = run_here(source, paths=paths)
    assert list(found) == list(expected)
    for name, wanted in expected.items():
        assert plain(found[name]) == plain(wanted), name


@pytest.mark.oracle
@pytest.mark.parametrize(
    "build",
    [
        "lambda: tf.train.string_input_producer(paths, num_epochs=3, seed=5).dequeue()",
        "lambda: tf.train.range_input_producer(6, num_epochs=2, shuffle=False).dequeue_up_to(4)",
        "lambda: tf.train.range_input_producer(6, num_epochs=2, seed=7).dequeue_up_to(4)",
        "lambda: tf.train.slice_input_producer([[1, 2, 3], ['a', 'b', 'c']], 2, seed=1)",
        "lambda: tf.train.batch(rows(num_epochs=2, shuffle=False), 4)",
        "lambda: tf.train.batch(rows(num_epochs=1, seed=2), 4, allow_smaller_final_batch=True)",
        "lambda: tf.train.shuffle_batch(rows(num_epochs=2, seed=2), 5, 30, 20, seed=9)",
        "lambda: tf.train.batch([sparse(), tf.train.limit_epochs(tf.constant(1), 5)], 2)",
    ],
)
def test_pipelines_give_what_tensorflow_gives_in_its_order(oracle, paths, build):
    source = GRAPHS + RUN + f"\nresult = run({build})"
    given = oracle.run(source, paths=paths)
    assert plain(run_here(source, paths=paths)) == plain(given)


def test_every_epoch_has_every_row(paths):
    found = run_here(
        GRAPHS + RUN + "\nresult = run(lambda: tf.train.shuffle_batch_join("
        "[rows(num_epochs=2), rows(num_epochs=1)], 5, 30, 10))",
        paths=paths,
    )
    assert found.pop() == "end"
    names = Counter(name for batch in found for name in batch[0].tolist())
    assert names == {f"{file}{i}".encode(): 3 for file in "ab" for i in range(5)}


def test_examples_that_are_not_wanted_are_left_out():
    found = run_here(
        RUN
        + """
def build():
    number = tf.train.range_input_producer(10, num_epochs=1, shuffle=False).dequeue()
    return tf.train.maybe_batch([number], tf.equal(number % 2, 0), 2, capacity=40)
result = run(build)
"""
    )
    assert plain(found) == [[0, 2], [4, 6], "end"]


def test_rows_of_many_are_chosen_one_by_one():
    found = run_here(
        RUN
        + """
def build():
    rows = tf.train.limit_epochs(tf.constant([1, 2, 3, 4]), 2)
    return tf.train.maybe_batch(
        {"x": rows}, tf.constant([True, False, True, True]), 3, enqueue_many=True)
result = [batch if batch == "end" else batch["x"] for batch in run(build)]
"""
    )
    assert plain(found) == [[1, 3, 4], [1, 3, 4], "end"]


def test_names_of_files_are_found_when_the_variable_is_initialized(paths):
    folder = paths[0][:-1]
    names = tf.train.match_filenames_once(folder + "*")
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert plain(session.run(names)) == paths


def test_queues_take_the_names_that_a_variable_has(paths):
    names = tf.train.match_filenames_once([str(path) for path in paths])
    name = tf.train.string_input_producer(names, num_epochs=1, shuffle=False).dequeue()
    with tf.train.MonitoredSession() as session:
        assert session.run(name).decode() == str(paths[0])
    with pytest.raises(ValueError, match="requires a non-null input tensor"):
        tf.train.string_input_producer([])


def test_an_error_in_a_thread_reaches_the_coordinator(tmp_path):
    (tmp_path / "bad").write_text("1\nx\n")
    queue = tf.train.string_input_producer([str(tmp_path / "bad")], num_epochs=1)
    _, line = tf.TextLineReader().read(queue)
    batch = tf.train.batch(tf.decode_csv(line, [[0]]), 2)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(batch)
        with pytest.raises(tf.errors.InvalidArgumentError, match="not a valid int32: x"):
            coord.join(threads)
