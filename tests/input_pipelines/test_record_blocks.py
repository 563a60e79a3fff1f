"""Pipelines of records run by the block: nothing can tell them from those that run step by step."""

import collections
import contextlib
import logging
import os
import random
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensormill as tf
from tensormill.runtime.record_blocks import SWITCH, RecordRows
from tensormill.session.fetches import FetchMapper
from tests.gates import run_in_thread, wait_until

pytestmark = pytest.mark.usefixtures("no_gpu")


@pytest.fixture(autouse=True)
def nothing_is_logged(monkeypatch):
    monkeypatch.setattr(logging.getLogger("tensorflow"), "disabled", True)


QUEUES = {
    "fifo": lambda capacity, dtypes, shapes: tf.FIFOQueue(capacity, dtypes, shapes),
    "shuffle": lambda capacity, dtypes, shapes: tf.RandomShuffleQueue(
        capacity, capacity // 3, dtypes, shapes, seed=5
    ),
    "padding": lambda capacity, dtypes, shapes: tf.PaddingFIFOQueue(capacity, dtypes, shapes),
}


def csv_pipeline(paths, capacity, kind="fifo"):
    """Return a reader, a queue and what puts a row of a file into it."""
    names = tf.FIFOQueue(len(paths) + 1, [tf.string], [()])
    reader = tf.TextLineReader(skip_header_lines=1)
    key, line = reader.read(names)
    x, y, word = tf.decode_csv(line, [[-1.0], [-1], ["none"]])
    queue = QUEUES[kind](capacity, [tf.string, tf.float32, tf.string], [[], [2], []])
    add = queue.enqueue([key, tf.stack([x, tf.cast(y, tf.float32) * 2]), word])
    return reader, queue, add, [names.enqueue_many([paths]), names.close()]


def prepared(session, fetch):
    return session._signature(FetchMapper(session.graph, fetch), []).step


def drained(session, taken):
    """Return all elements until the end of a queue."""
    found = []
    while True:
        try:
            values = session.run(taken)
        except tf.errors.OutOfRangeError:
            return found
        if np.ndim(values[0]):
            found += [tuple(map(plain, row)) for row in zip(*values, strict=True)]
        else:
            found.append(tuple(map(plain, values)))


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def outcome(files, switch, **how):
    """Return the elements, the errors and the counts of records of a pipeline."""
    with pytest.MonkeyPatch.context() as patch, tf.Graph().as_default():
        patch.setenv(SWITCH, switch)
        return run_pipeline(files, **how)


def run_pipeline(paths, capacity, kind, threads, batch, drains_later):
    reader, queue, add, starts = csv_pipeline(paths, capacity, kind)
    runner = tf.train.QueueRunner(queue, [add] * threads)
    taken = queue.dequeue() if batch == 1 else queue.dequeue_up_to(batch)
    counts = [reader.num_records_produced(), reader.num_work_units_completed(), queue.size()]
    with tf.Session() as session:
        for start in starts:
            session.run(start)
        running = runner.create_threads(session, daemon=True, start=True)
        close = queue.close()

        def close_at_the_end():
            # A thread that ends with an error after all others leaves the queue open.
            for thread in running:
                thread.join()
            with contextlib.suppress(tf.errors.CancelledError):  # the last thread may have done so
                session.run(close)

        closing = threading.Thread(target=close_at_the_end)
        closing.start()
        if drains_later:
            closing.join()
        elements = drained(session, taken)
        closing.join()
        errors = sorted(error.message.partition("\n")[0] for error in runner.exceptions_raised)
        return elements, errors, [int(count) for count in session.run(counts)]


def a_line(drawn: random.Random) -> str:
    number = drawn.choice(["7", "1.5", "-2.25", " 3.", "", "1e3", "nan"])
    word = drawn.choice(["a", "", "two b", '"q,q"'])
    return f"{number},{drawn.choice(['1', '-5', '', ' 12'])},{word}"


BAD_LINES = ["1,2", "x,1,a", "1,1.5,a", '1,1,a"b', "", "1,2,3,4"]


@given(st.integers(0, 2**32))
@settings(max_examples=5)
def test_by_the_block_and_step_by_step_give_the_same(tmp_path_factory, seed):
    drawn = random.Random(seed)
    threads = drawn.choice([1, 1, 3])
    bad = drawn.choice([0, 0, 1, 2])
    drains_later = bad >= threads or drawn.random() < 0.5
    capacity = 10_000 if drains_later else drawn.choice([3, 10, 100])
    files = []
    for _ in range(drawn.randint(1, 3)):
        lines = [a_line(drawn) for _ in range(drawn.choice([0, 1, 5, 300]))]
        files.append(["header", *lines])
    for _ in range(bad):
        chosen = drawn.choice(files)
        chosen.insert(drawn.randint(1, len(chosen)), drawn.choice(BAD_LINES))
    folder = tmp_path_factory.mktemp("lines")
    paths = []
    for index, lines in enumerate(files):
        path = folder / f"{index}.csv"
        end = drawn.choice(["\n", "\r\n"])
        path.write_bytes((end.join(lines) + drawn.choice(["", end])).encode())
        paths.append(str(path))
    kind = drawn.choice(list(QUEUES))
    how = {
        "capacity": capacity,
        "kind": kind,
        "threads": threads,
        "batch": drawn.choice([1, 4, 64]),
        "drains_later": drains_later,
    }
    elements, errors, counts = outcome(paths, "1", **how)
    wanted, wanted_errors, wanted_counts = outcome(paths, "0", **how)
    if threads == 1 and kind != "shuffle":
        assert list(map(repr, elements)) == list(map(repr, wanted))
    same = collections.Counter(map(repr, elements)) == collections.Counter(map(repr, wanted))
    assert same, (len(elements), len(wanted))
    assert errors == wanted_errors
    assert counts == wanted_counts


@pytest.fixture
def rows(tmp_path):
    """Return the path of a file of a header and 500 rows."""
    path = tmp_path / "rows.csv"
    path.write_text("x,y,word\n" + "".join(f"{i}.5,{i},w{i}\n" for i in range(500)))
    return str(path)


@pytest.mark.parametrize("kind", list(QUEUES))
def test_a_block_is_as_large_as_the_room_in_the_queue(rows, kind):
    reader, queue, add, starts = csv_pipeline([rows], 30, kind)
    facts = [queue.size(), reader.num_records_produced()]
    five = queue.dequeue_many(5)
    with tf.Session() as session:
        for start in starts:
            session.run(start)
        step = prepared(session, add)
        assert step.run_block() == 0  # there is no file yet
        session.run(add)
        assert step.run_block() == 29
        assert session.run(facts) == [30, 30]
        assert step.run_block() == 0
        session.run(five)
        assert session.run(facts) == [25, 30]
        assert step.run_block() == 5
        assert session.run(facts) == [30, 35]


def test_records_that_others_read_are_left_out(rows):
    names = tf.FIFOQueue(2, [tf.string], [()])
    reader = tf.TextLineReader(skip_header_lines=1)
    line = reader.read(names)[1]
    queue = tf.FIFOQueue(10, [tf.string], [[]])
    add = queue.enqueue([line])
    other = reader.read(names)[1]
    all_taken = queue.dequeue_many(10)
    with tf.Session() as session:
        session.run(names.enqueue([rows]))
        session.run(add)
        step = prepared(session, add)
        assert step.run_block() == 9
        assert session.run(other) == b"10.5,10,w10"
        session.run(all_taken)
        assert step.run_block() == 10
        assert session.run(all_taken)[0] == b"11.5,11,w11"
        session.run(reader.reset())
        assert step.run_block() == 0


def test_a_waiting_dequeue_gets_what_a_block_brings(rows):
    _, queue, add, starts = csv_pipeline([rows], 40, "shuffle")
    many = queue.dequeue_many(100)
    with tf.Session() as session:
        for start in starts:
            session.run(start)
        session.run(add)
        step = prepared(session, add)
        taking = run_in_thread(lambda: session.run(many))
        resources = session._master_session.resources
        wait_until(lambda: any(made.waiting_counts()[1] for made in resources.private_queues()))
        assert step.run_block() == 139  # the dequeue takes 100, and 40 stay
        assert len(taking()[0]) == 100
        assert session.run(queue.size()) == 40


def test_a_closed_queue_takes_no_block(rows):
    reader, queue, add, starts = csv_pipeline([rows], 1000)
    with tf.Session() as session:
        for start in starts:
            session.run(start)
        session.run(add)
        session.run(queue.close())
        assert prepared(session, add).run_block() == 0
        with pytest.raises(tf.errors.CancelledError, match="is closed"):
            session.run(add)
        assert session.run(reader.num_records_produced()) == 2


def test_record_files_are_read_by_the_block(tmp_path):
    path = str(tmp_path / "examples.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(100):
            example = tf.train.Example()
            example.features.feature["x"].float_list.value.extend([number, -number])
            writer.write(example.SerializeToString())
    names = tf.FIFOQueue(2, [tf.string], [()])
    reader = tf.TFRecordReader()
    key, record = reader.read(names)
    parsed = tf.parse_single_example(record, {"x": tf.FixedLenFeature([2], tf.float32)})
    queue = tf.FIFOQueue(1000, [tf.string, tf.float32], [[], [2]])
    add = queue.enqueue([key, parsed["x"]])
    with tf.Session() as session:
        session.run(names.enqueue([path]))
        session.run(names.close())
        step = prepared(session, add)
        session.run(add)
        assert step.run_block() == 99
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(add)
        keys, values = session.run(queue.dequeue_many(100))
    assert values.tolist() == [[number, -number] for number in range(100)]
    assert keys[0] == f"{path}:0".encode()
    assert keys.tolist() == sorted(set(keys.tolist()), key=lambda k: int(k.rpartition(b":")[2]))


@pytest.mark.parametrize("reason", ["switch", "rewriting", "randomness", "fetch"])
def test_other_steps_run_one_by_one(rows, reason, monkeypatch):
    if reason == "switch":
        monkeypatch.setenv(SWITCH, "0")
    names = tf.FIFOQueue(2, [tf.string], [()])
    _, line = tf.TextLineReader().read(names)
    queue = tf.FIFOQueue(1000, [tf.string, tf.float32], [[], []])
    number = tf.random_uniform([]) if reason == "randomness" else tf.cast(tf.size(line), tf.float32)
    add = queue.enqueue([line, number if reason == "randomness" else tf.strings.to_number("1")])
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = reason == "rewriting"
    with tf.Session(config=config) as session:
        session.run(names.enqueue([rows]))
        session.run(add)
        assert prepared(session, [add, line] if reason == "fetch" else add).run_block() == 0


@pytest.mark.parametrize("switch", ["0", "1"])
def test_a_server_runs_pipelines_by_the_block(rows, switch, monkeypatch):
    monkeypatch.setenv(SWITCH, switch)
    reader, queue, add, starts = csv_pipeline([rows], 50)
    runner = tf.train.QueueRunner(queue, [add] * 3)
    counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    taken = queue.dequeue_up_to(20)
    with tf.train.Server.create_local_server() as server, tf.Session(server.target) as session:
        for start in starts:
            session.run(start)
        coordinator = tf.train.Coordinator()
        threads = runner.create_threads(session, coord=coordinator, daemon=True, start=True)
        elements = drained(session, taken)
        coordinator.request_stop()
        coordinator.join(threads)
        assert sorted(element[0] for element in elements) == sorted(
            f"{rows}:{number}".encode() for number in range(2, 502)
        )
        assert session.run(counts) == [500, 1]


def run_steps(paths, switch, steps):
    """Return what steps that read and decode one row each give, with the counts after each."""
    with pytest.MonkeyPatch.context() as patch, tf.Graph().as_default():
        patch.setenv(SWITCH, switch)
        names = tf.FIFOQueue(len(paths) + 1, [tf.string], [()])
        reader = tf.TextLineReader()
        key, line = reader.read(names)
        row = [key, *tf.decode_csv(line, [[-1.0], [-1], ["none"]])]
        other = reader.read(names)[1]
        counts = [reader.num_records_produced(), reader.num_work_units_completed()]
        made = []
        with tf.Session() as session:
            session.run(names.enqueue_many([paths]))
            session.run(names.close())
            call = session.make_callable(row)
            for number in range(steps):
                try:
                    values = call() if number % 31 != 30 else [session.run(other)]
                    made.append(
                        [(value.dtype.kind, plain(value)) for value in map(np.asarray, values)]
                    )
                except tf.errors.OpError as error:
                    made.append(error.message.partition("\n")[0])
                made.append(session.run(counts))
        return made


def test_single_reads_that_are_decoded_ahead_give_the_same(tmp_path):
    paths = []
    for index, bad in enumerate([None, 150, None]):
        lines = [f"{number / 4},{number},w{number}" for number in range(0 if index == 2 else 200)]
        if bad is not None:
            lines[bad] = "1,x,2"
        paths.append(str(tmp_path / f"{index}.csv"))
        (tmp_path / f"{index}.csv").write_text("\n".join(lines))
    ahead, wanted = run_steps(paths, "1", 450), run_steps(paths, "0", 450)
    for found, expected in zip(ahead, wanted, strict=True):
        if isinstance(expected, str):
            assert isinstance(found, str)
            assert found.split(" '")[0] == expected.split(" '")[0]  # the name of the queue differs
        else:
            assert found == expected


def test_single_reads_are_decoded_ahead(rows):
    names = tf.FIFOQueue(2, [tf.string], [()])
    reader = tf.TextLineReader(skip_header_lines=1)
    x = tf.decode_csv(reader.read(names)[1], [[-1.0], [-1], ["none"]])[0]
    with tf.Session() as session:
        session.run(names.enqueue([rows]))
        values = [session.run(x) for _ in range(60)]
        step = prepared(session, x)
        assert type(step._blocks) is RecordRows
        assert values == [number + 0.5 for number in range(60)]
        assert session.run(reader.num_records_produced()) == 60


def test_elements_made_ahead_are_as_those_of_single_steps(tmp_path, monkeypatch):
    text = "".join(f"{i}.5,{i},w{i},{i * 2**33}\n" for i in range(80))
    (tmp_path / "rows.csv").write_text(text)

    def read() -> list:
        with tf.Graph().as_default(), tf.Session() as session:
            names = tf.FIFOQueue(2, [tf.string], [()])
            line = tf.TextLineReader().read(names)[1]
            defaults = [[-1.0], [-1], ["none"], np.int64([0])]
            x, y, word, wide = tf.decode_csv(line, defaults)
            fetches = {
                "x": x,
                "row": tf.stack([x, tf.cast(y, tf.float32)]),
                "words": tf.stack([word, line]),
                "rest": [word, y, wide, x],
            }
            session.run(names.enqueue(str(tmp_path / "rows.csv")))
            call = session.make_callable(fetches)
            found = [session.run(fetches) for _ in range(40)] + [call() for _ in range(39)]
            is_ahead = type(prepared(session, fetches)._blocks) is RecordRows
            assert is_ahead == (os.environ.get(SWITCH) != "0")
            return found

    ahead = read()
    monkeypatch.setenv(SWITCH, "0")
    for found, expected in zip(ahead, read(), strict=True):
        for name in ("x", "row", "words"):
            assert type(found[name]) is type(expected[name])
            assert found[name].dtype == expected[name].dtype
            assert np.array_equal(found[name], expected[name])
        assert found["rest"] == expected["rest"]
        assert list(map(type, found["rest"])) == list(map(type, expected["rest"]))
        found["row"][0] = -1  # what the user gets belongs to the user
    assert ahead[3]["row"].tolist() == [-1, 3]
