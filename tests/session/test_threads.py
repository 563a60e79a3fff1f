"""Many threads on one session, and the settings for threads inside a step."""

import re
import threading

import pytest
import torch

import tensormill as tf
from tensormill.runtime.threads import intra_op_threads, use_intra_op_threads, widened
from tests.gates import WAIT_S, Calls, Gate, gate_kernels, run_in_thread
from tests.session.ref_variables import make_variable

__all__ = ["gate_kernels"]


def test_many_threads_run_steps_of_one_session_at_the_same_time():
    x = tf.placeholder(tf.float32, [2])
    outputs = [x * float(i) for i in range(4)]
    with tf.Session() as session:
        start = threading.Barrier(8)

        def run_many(number: int) -> bool:
            start.wait(WAIT_S)
            for i in range(50):
                value = float(number * 50 + i)
                pair = session.run(outputs[i % 4 : i % 4 + 1], {x: [value, -value]})[0]
                if pair.tolist() != [value * (i % 4), -value * (i % 4)]:
                    return False
            return True

        threads = [run_in_thread(lambda n=n: run_many(n)) for n in range(8)]
        assert [result() for result in threads] == [True] * 8


def test_a_signature_that_many_threads_ask_for_is_prepared_once():
    x = tf.placeholder(tf.float32, [])
    y = x + 1.0
    with tf.Session() as session:
        start = threading.Barrier(8)

        def run_once(number: int) -> float:
            start.wait(WAIT_S)
            return float(session.run(y, {x: float(number)}))

        threads = [run_in_thread(lambda n=n: run_once(n)) for n in range(8)]
        assert [result() for result in threads] == [n + 1.0 for n in range(8)]
        assert len(session._steps) == 1


def test_a_thread_can_build_the_graph_while_another_runs_it():
    one = tf.constant(1.0)
    graph = one.graph
    with tf.Session() as session:

        def build() -> list:
            with graph.as_default():
                return [tf.constant(float(i)) + 1.0 for i in range(30)]

        builder = run_in_thread(build)
        for _ in range(30):
            assert session.run(one) == 1.0
        assert session.run(builder()) == [i + 1.0 for i in range(30)]


def test_updates_of_a_variable_from_many_threads_are_all_counted():
    variable = make_variable(0.0)
    with tf.Session() as session:
        session.run(variable.initializer)

        def count() -> None:
            for _ in range(25):
                session.run(variable.add_one)

        for result in [run_in_thread(count) for _ in range(6)]:
            result()
        assert session.run(variable.ref) == 150.0


def test_one_thread_can_feed_what_another_one_waits_for():
    gate = Gate()
    waiting = gate.node(1.0) + 1.0
    opening = Calls.node(lambda value, step: gate.open() or value, 5.0)
    with tf.Session() as session:
        step = run_in_thread(lambda: session.run(waiting))
        gate.wait_for_waiters()
        assert session.run(opening) == 5.0
        assert step() == 2.0


def test_a_step_can_run_a_step_of_the_same_session():
    inner = tf.constant(2.0) * 3.0
    with tf.Session() as session:

        def run_inner(value, step):
            return torch.tensor(session.run(inner))

        assert session.run(Calls.node(run_inner, 1.0) + 1.0) == 7.0


def test_a_nested_step_can_wait_for_what_its_own_thread_must_drive():
    first, second = Gate(), Gate()
    session = tf.Session()
    relay = Calls.node(lambda value, step: second.open() or value, first.node(1.0))
    relayed = run_in_thread(lambda: session.run(relay))
    first.wait_for_waiters()
    opening = Calls.node(lambda value, step: first.open() or value, 1.0)
    waiting = second.node(3.0)

    def run_both(value, step):
        session.run(opening)
        return torch.tensor(session.run(waiting))

    assert session.run(Calls.node(run_both, 1.0)) == 3.0
    assert relayed() == 1.0
    session.close()


@pytest.fixture
def kernel_threads():
    before = intra_op_threads()
    yield
    use_intra_op_threads(tf.ConfigProto(intra_op_parallelism_threads=before))


@pytest.mark.usefixtures("kernel_threads")
def test_the_latest_session_that_asks_sets_the_threads_of_kernels():
    tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=2)).close()
    assert intra_op_threads() == 2
    tf.Session().close()
    assert intra_op_threads() == 2
    tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)).close()
    assert intra_op_threads() == 1


@pytest.mark.parametrize(
    ("config", "threads"),
    [
        ({}, 0),
        ({"inter_op_parallelism_threads": 3}, 3),
        ({"inter_op_parallelism_threads": -1}, 1),
        ({"use_per_session_threads": True, "inter_op_parallelism_threads": 2}, 2),
        ({"session_inter_op_thread_pool": [{"num_threads": 4}, {"num_threads": 1}]}, 4),
    ],
)
def test_the_threads_between_operations_come_from_the_config(config, threads):
    with tf.Session(config=tf.ConfigProto(**config)) as session:
        assert session._master_session.inter_op_threads == threads
        assert session.run(tf.constant(1.0) + 1.0) == 2.0


def test_a_step_chooses_a_pool_of_its_session_or_the_calling_thread():
    one = tf.constant(1.0)
    config = tf.ConfigProto(session_inter_op_thread_pool=[{"num_threads": 1}, {"num_threads": 2}])
    with tf.Session(config=config) as session:
        for pool in (-1, 0, 1):
            assert session.run(one, options=tf.RunOptions(inter_op_thread_pool=pool)) == 1.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid inter_op_thread_pool: 2"):
            session.run(one, options=tf.RunOptions(inter_op_thread_pool=2))


def _threads_of_kernels() -> list[int]:
    """Return the numbers that OpenMP and, where torch has it, MKL would use now."""
    said = torch.__config__.parallel_info()
    own = re.findall(r"(?:omp|mkl)_get_max_threads\(\) : (\d+)", said)
    return [torch.get_num_threads(), *map(int, own)]


@pytest.mark.usefixtures("kernel_threads")
def test_a_widened_kernel_has_all_threads_and_what_follows_has_one():
    use_intra_op_threads(tf.ConfigProto(intra_op_parallelism_threads=2))

    def wide_and_narrow():
        return set(widened(_threads_of_kernels)()), set(_threads_of_kernels())

    assert wide_and_narrow() == ({2}, {1})
    in_fresh_thread = run_in_thread(wide_and_narrow)  # torch was never used there
    assert in_fresh_thread() == ({2}, {1})
