"""Steps whose operations are on several tasks, in process and over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tests.clusters import Cluster, over_wire, running_cluster
from tests.gates import run_in_thread

WORKER_1 = "/job:worker/task:1"
PS = "/job:ps/task:0"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running_cluster(ps=1, worker=2) as cluster:
        yield cluster


@pytest.fixture(params=["in process", "direct", "grpc"])
def session(
    request: pytest.FixtureRequest, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    config = None
    if request.param != "in process":
        monkeypatch.setenv("TENSORMILL_LANE", request.param)
        config = over_wire()
    with tf.Session(cluster.target("worker"), config=config) as session:
        yield session


def test_values_cross_tasks(session: Any) -> None:
    with tf.device(PS):
        a = tf.constant([1.0, 2.0])
    with tf.device(WORKER_1):
        b = tf.square(a) + 1.0
    c = a + b
    assert session.run([b, c])[0].tolist() == [2.0, 5.0]
    assert session.run(c).tolist() == [3.0, 7.0]


def test_steps_of_several_threads_collect_what_is_theirs(session: Any) -> None:
    fed = tf.placeholder(tf.float32, [])
    with tf.device(PS):
        a = fed * 1.0
    with tf.device(WORKER_1):
        b = fed * 2.0
    total = a + b

    def run(numbers: range) -> list[float]:
        return [float(session.run(total, {fed: float(number)})) for number in numbers]

    parts = [range(first, first + 25) for first in (0, 100, 200, 300)]
    begun = [run_in_thread(partial(run, numbers)) for numbers in parts]
    for numbers, result in zip(parts, begun, strict=True):
        assert result() == [3.0 * number for number in numbers]


def test_every_dtype_crosses(session: Any) -> None:
    for dtype in (tf.float16, tf.float64, tf.int32, tf.int64, tf.bool, tf.complex64, tf.uint8):
        x = tf.placeholder(dtype, [2])
        with tf.device(WORKER_1):
            y = tf.identity(x)
        with tf.device(PS):
            z = tf.identity(y)
        value = np.array([1, 0], dtype.as_numpy_dtype)
        made = session.run(z, {x: value})
        assert made.dtype == value.dtype
        assert made.tolist() == value.tolist()
    text = tf.placeholder(tf.string, [2])
    with tf.device(WORKER_1):
        joined = tf.string_join([text, "!"])
    with tf.device(PS):
        again = tf.string_join([joined, joined])
    assert session.run(again, {text: ["", "é"]}).tolist() == [b"!!", "é!é!".encode()]
    half = tf.placeholder(tf.bfloat16, [1])
    with tf.device(WORKER_1):
        doubled = half + half
    assert float(session.run(tf.cast(doubled, tf.float32), {half: [1.5]})[0]) == 3.0


def test_a_variable_lives_on_its_task(session: Any, cluster: Cluster) -> None:
    with tf.device(PS):
        v = tf.get_variable("v", initializer=[1.0, 2.0])
    with tf.device(WORKER_1):
        update = tf.assign_add(v, [1.0, 1.0])
    session.run(v.initializer)
    session.run(update)
    assert session.run(v).tolist() == [2.0, 3.0]
    with tf.Session(cluster.target("ps")) as other:
        assert other.run(v).tolist() == [2.0, 3.0]


def test_a_resource_variable_lives_on_its_task(session: Any, cluster: Cluster) -> None:
    with tf.device(PS):
        v = tf.get_variable("v", initializer=3.0, use_resource=True)
    with tf.device(WORKER_1):
        doubled = v * 2.0
    session.run(v.initializer)
    assert session.run(doubled) == 6.0
    with tf.Session(cluster.target("ps")) as other:
        other.run(v.assign(5.0))
    assert session.run(doubled) == 10.0


def test_control_edges_cross_tasks(session: Any) -> None:
    with tf.device(PS):
        v = tf.get_variable("v", initializer=0.0)
        changed = tf.assign(v, 4.0)
    with tf.device(WORKER_1), tf.control_dependencies([changed]):
        read = tf.constant(1.0) + 1.0
    with tf.device(PS), tf.control_dependencies([read]):
        value = v.read_value()
    session.run(v.initializer)
    assert session.run(value) == 4.0


def test_a_branch_on_another_task_is_taken_or_not(session: Any) -> None:
    x = tf.placeholder(tf.float32, [])

    def far(factor: float) -> Any:
        with tf.device(WORKER_1):
            return tf.multiply(x, factor)

    y = tf.cond(x > 0.0, lambda: far(2.0), lambda: far(3.0))
    assert session.run(y, {x: 2.0}) == 4.0
    assert session.run(y, {x: -2.0}) == -6.0


def test_a_branch_that_is_not_taken_does_nothing_on_another_task(session: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    with tf.device(PS):
        v = tf.get_variable("v", initializer=0.0)

    def count() -> Any:
        with tf.device(PS):
            return tf.assign_add(v, 1.0)

    y = tf.cond(x > 0.0, count, lambda: tf.constant(-1.0))
    session.run(v.initializer)
    assert session.run(y, {x: -1.0}) == -1.0
    assert session.run(v) == 0.0
    assert session.run(y, {x: 1.0}) == 1.0
    assert session.run(v) == 1.0


def test_a_loop_spans_tasks(session: Any) -> None:
    def body(i: Any, total: Any) -> Any:
        with tf.device(WORKER_1):
            squared = i * i
        with tf.device(PS):
            return i + 1, total + squared

    _, total = tf.while_loop(lambda i, t: i < 5, body, [tf.constant(0), tf.constant(0)])
    assert session.run(total) == 0 + 1 + 4 + 9 + 16


def test_nested_loops_span_tasks(session: Any) -> None:
    def outer(i: Any, total: Any) -> Any:
        def inner(j: Any, total: Any) -> Any:
            with tf.device(WORKER_1):
                return j + 1, total + 10 * i + j

        _, total = tf.while_loop(lambda j, t: j < i, inner, [tf.constant(0), total])
        with tf.device(PS):
            return i + 1, tf.identity(total)

    _, total = tf.while_loop(lambda i, t: i < 3, outer, [tf.constant(0), tf.constant(0)])
    assert session.run(total) == 51


def test_a_loop_in_an_untaken_branch_on_other_tasks_ends(session: Any) -> None:
    x = tf.placeholder(tf.int32, [])

    def loop() -> Any:
        def body(i: Any) -> Any:
            with tf.device(WORKER_1):
                return i + 1

        return tf.while_loop(lambda i: i < 3, body, [tf.identity(x)])

    y = tf.cond(x > 0, loop, lambda: tf.constant(-7))
    assert session.run(y, {x: -1}) == -7
    assert session.run(y, {x: 1}) == 3


def test_gradients_of_a_loop_over_tasks(session: Any) -> None:
    x = tf.placeholder(tf.float32, [])

    def body(i: Any, y: Any) -> Any:
        with tf.device(WORKER_1):
            return i + 1, y * y

    _, y = tf.while_loop(lambda i, y: i < 3, body, [tf.constant(0), x])
    (gradient,) = tf.gradients(y, x)
    assert session.run([y, gradient], {x: 2.0}) == [256.0, 1024.0]


def test_a_failure_on_another_task_ends_the_step_and_names_both(session: Any) -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.device(WORKER_1):
        bad = tf.reshape(x, [2, 2], name="bad")
    with tf.device(PS):
        result = bad + 1.0
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(result, {x: [1.0, 2.0, 3.0]})
    text = str(caught.value)
    assert "Input to reshape is a tensor with 3 values, but the requested shape has 4" in text
    assert "From /job:worker/replica:0/task:1:" in text
    assert caught.value.op is bad.op
    assert session.run(result, {x: np.ones(4)}).tolist() == [[2.0, 2.0], [2.0, 2.0]]


@pytest.mark.usefixtures("no_gpu")
def test_unpinned_operations_run_on_the_task_of_the_master(cluster: Cluster) -> None:
    x = tf.constant(1.0) + 1.0
    for job in ("ps", "worker"):
        with tf.Session(cluster.target(job)) as session:
            options = tf.RunOptions(output_partition_graphs=True)
            metadata = tf.RunMetadata()
            session.run(x, options=options, run_metadata=metadata)
            devices = {node.device for g in metadata.partition_graphs for node in g.node}
            assert devices == {f"/job:{job}/replica:0/task:0/device:CPU:0"}


def test_a_task_that_is_not_there_is_named_with_those_that_are(session: Any) -> None:
    with tf.device("/job:worker/task:5"):
        x = tf.constant(1.0)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(x)
    for task in ("ps/replica:0/task:0", "worker/replica:0/task:0", "worker/replica:0/task:1"):
        assert f"/job:{task}/device:CPU:0" in str(caught.value)


@pytest.mark.usefixtures("no_gpu")
def test_all_devices_are_listed(session: Any) -> None:
    names = [device.name for device in session.list_devices()]
    assert sorted(names) == [
        "/job:ps/replica:0/task:0/device:CPU:0",
        "/job:worker/replica:0/task:0/device:CPU:0",
        "/job:worker/replica:0/task:1/device:CPU:0",
    ]


def test_a_partial_run_spans_tasks(session: Any) -> None:
    a = tf.placeholder(tf.float32, [])
    b = tf.placeholder(tf.float32, [])
    with tf.device(WORKER_1):
        first = a + 1.0
    with tf.device(PS):
        second = first * b
    handle = session.partial_run_setup([first, second], [a, b])
    assert session.partial_run(handle, first, {a: 2.0}) == 3.0
    assert session.partial_run(handle, second, {b: 5.0}) == 15.0


def test_a_failure_on_the_own_task_ends_a_partial_run_that_spans_tasks(cluster: Cluster) -> None:
    a = tf.placeholder(tf.float32, [None])
    b = tf.placeholder(tf.float32, [])
    with tf.device("/job:worker/task:0"):
        first = tf.reshape(a, [2, 2])
    with tf.device(PS):
        second = first * b
    with tf.Session(cluster.target("worker")) as session:
        handle = session.partial_run_setup([first, second], [a, b])
        with pytest.raises(tf.errors.InvalidArgumentError, match="requested shape has 4"):
            session.partial_run(handle, first, {a: [2.0]})


def test_float32_values_travel_in_half_their_bits_where_that_is_wanted(cluster: Cluster) -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.device("/job:worker/task:0"):
        own, wide = x * 1.0, tf.cast(x, tf.float64) * 1.0
    with tf.device(WORKER_1):
        fed, sent, doubled = x * 1.0, own * 1.0, wide * 1.0
        turns = tf.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, v + own), [0, sent])[1]
    value = np.float32([1 / 3, -1.0078124, np.nan, np.inf])
    short = np.float32([0.33203125, -1.0, np.nan, np.inf])
    config = tf.ConfigProto()
    config.graph_options.enable_bfloat16_sendrecv = True
    fetches = [own, fed, sent, turns, doubled]
    with tf.Session(cluster.target("worker")) as session:
        exact = session.run(fetches, {x: value})
    with tf.Session(cluster.target("worker"), config=config) as session:
        found = session.run(fetches, {x: value})
    np.testing.assert_array_equal(exact[2], value)
    np.testing.assert_array_equal(found[0], value)
    np.testing.assert_array_equal(found[1], short)
    np.testing.assert_array_equal(found[2], short)
    np.testing.assert_array_equal(found[3], 3 * short)
    np.testing.assert_array_equal(found[4], np.float64(value))


@pytest.mark.usefixtures("no_gpu")
def test_a_trace_shows_all_tasks(session: Any) -> None:
    with tf.device(PS):
        a = tf.random_uniform([8])
    with tf.device(WORKER_1):
        b = tf.square(a)
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    session.run(b, options=options, run_metadata=metadata)
    devices = [stats.device for stats in metadata.step_stats.dev_stats]
    assert len(set(devices)) == len(devices)
    assert "/job:ps/replica:0/task:0/device:CPU:0" in devices
    assert "/job:worker/replica:0/task:1/device:CPU:0" in devices
    (transfer,) = [
        (stats.device, node.timeline_label)
        for stats in metadata.step_stats.dev_stats
        for node in stats.node_stats
        if node.node_name == "RecvTensor"
    ]
    assert transfer[0] == "/job:worker/replica:0/task:1/device:CPU:0"
    assert transfer[1].startswith("[32B] [")
    assert transfer[1].endswith(
        " from /job:ps/replica:0/task:0/device:CPU:0 to /job:worker/replica:0/task:1/device:CPU:0"
    )
    assert session.run(b).shape == (8,)


def test_training_over_tasks_gives_what_training_on_one_gives(cluster: Cluster) -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(32, 4)).astype(np.float32)
    wanted = (inputs @ np.float32([1, -2, 3, 0.5]))[:, None]

    def losses(target: str, device: Any) -> list[float]:
        with tf.Graph().as_default(), tf.device(device):
            x = tf.placeholder(tf.float32, [None, 4])
            y = tf.placeholder(tf.float32, [None, 1])
            w = tf.get_variable("w", initializer=np.zeros((4, 1), np.float32))
            b = tf.get_variable("b", initializer=np.zeros(1, np.float32))
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
            train = tf.train.AdamOptimizer(0.1).minimize(loss)
            with tf.Session(target) as session:
                session.run(tf.global_variables_initializer())
                feeds = {x: inputs, y: wanted}
                return [session.run([loss, train], feeds)[0] for _ in range(20)]

    setter = tf.train.replica_device_setter(cluster=cluster.spec, worker_device=WORKER_1)
    apart = losses(cluster.target("worker"), setter)
    together = losses("", None)
    np.testing.assert_allclose(apart, together, rtol=1e-5)
    assert apart[-1] < 0.5 * apart[0]


def test_functions_of_the_graph_run_on_other_tasks(session: Any) -> None:
    with tf.device(WORKER_1):
        dataset = tf.data.Dataset.range(4).map(lambda i: i * i + 1)
        value = tf.data.make_one_shot_iterator(dataset).get_next()
    with tf.device(PS):
        doubled = value * 2
    assert [session.run(doubled) for _ in range(4)] == [2, 4, 10, 20]
    with pytest.raises(tf.errors.OutOfRangeError):
        session.run(doubled)


def test_what_another_task_was_sent_of_a_variable_stays_as_it_was(session: Any) -> None:
    gate = tf.placeholder(tf.float32, [3])
    with tf.device(PS):
        v = tf.get_variable("v", initializer=[1.0, 2.0, 3.0], use_resource=False)
    with tf.device(WORKER_1):
        old = v * 1.0
        with tf.control_dependencies([old]):
            back = tf.identity(gate)
    with tf.device(PS):
        new = tf.assign_add(v, back)
    with tf.device(WORKER_1):
        both = tf.stack([v.value() * 1.0, tf.identity(new)])
    session.run(v.initializer)
    for turn in range(3):
        before, after = session.run(both, {gate: [10.0, 10.0, 10.0]})
        assert before.tolist() == [1.0 + 10 * turn, 2.0 + 10 * turn, 3.0 + 10 * turn]
        assert after.tolist() == [11.0 + 10 * turn, 12.0 + 10 * turn, 13.0 + 10 * turn]
