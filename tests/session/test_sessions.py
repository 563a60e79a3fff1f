"""Sessions as defaults, as context managers and from opening to closing."""

import threading

import pytest

import tensormill as tf
from tests.gates import WAIT_S, run_in_thread
from tests.session.ref_variables import make_variable


def test_within_its_block_a_session_and_its_graph_are_the_defaults():
    graph = tf.Graph()
    with graph.as_default():
        one = tf.constant(1.0)
    with tf.Session(graph=graph) as session:
        assert tf.get_default_session() is session
        assert tf.get_default_graph() is graph
        assert one.eval() == 1.0
        with tf.Session(graph=tf.Graph()) as inner:
            assert tf.get_default_session() is inner
            assert tf.get_default_graph() is inner.graph
        assert tf.get_default_session() is session
    assert tf.get_default_session() is None
    with pytest.raises(RuntimeError, match="closed Session"):
        session.run(one)


def test_as_default_does_not_close_the_session_and_can_be_entered_often():
    one = tf.constant(1.0)
    session = tf.Session()
    for _ in range(2):
        with session.as_default() as entered:
            assert entered is session
            assert one.eval() == 1.0
    assert session.run(one) == 1.0
    session.close()


def test_a_session_is_closed_when_its_block_ends_with_an_error():
    session = tf.Session()
    with pytest.raises(KeyError), session:
        raise KeyError
    with pytest.raises(RuntimeError, match="closed Session"):
        session.run(tf.constant(1.0))


def test_blocks_that_end_out_of_order_are_an_error():
    first, second = tf.Session(), tf.Session()

    def leave_out_of_order():
        first.__enter__()
        second.__enter__()
        with pytest.raises(AssertionError, match="Nesting violated"):
            first.__exit__(None, None, None)

    # The stacks of defaults belong to a thread, so what is left on them ends with it.
    assert run_in_thread(leave_out_of_order)() is None
    first.close()
    second.close()


def test_each_thread_has_its_own_default_session():
    seen = []
    with tf.Session():
        thread = threading.Thread(target=lambda: seen.append(tf.get_default_session()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_two_sessions_on_one_graph_have_their_own_variables():
    variable = make_variable(1.0)
    with tf.Session() as first, tf.Session() as second:
        first.run(variable.initializer)
        assert first.run(variable.ref) == 1.0
        with pytest.raises(tf.errors.FailedPreconditionError):
            second.run(variable.ref)


def test_an_interactive_session_is_the_default_until_it_is_closed():
    one = tf.constant(1.0)
    session = tf.InteractiveSession()
    assert tf.get_default_session() is session
    assert one.eval() == 1.0
    session.close()
    assert tf.get_default_session() is None
    session.close()


def test_an_interactive_session_makes_its_graph_the_default():
    graph = tf.Graph()
    session = tf.InteractiveSession(graph=graph)
    assert tf.get_default_graph() is graph
    assert (tf.constant(1.0) + 1.0).eval() == 2.0
    session.close()
    assert tf.get_default_graph() is not graph


def test_a_second_interactive_session_is_warned_of():
    first = tf.InteractiveSession()
    with pytest.warns(UserWarning, match="An interactive session is already active"):
        second = tf.InteractiveSession()
    assert tf.get_default_session() is second
    first.close()
    assert tf.get_default_session() is second
    second.close()
    third = tf.InteractiveSession()
    third.close()


def test_a_session_shows_its_graph_and_its_devices():
    one = tf.constant(1.0, name="one")
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        assert session.graph is one.graph
        assert [node.name for node in session.graph_def.node] == ["one"]
        assert [device.device_type for device in session.list_devices()[:2]] == ["CPU", "CPU"]
        assert session.sess_str == b""


def test_resetting_clears_the_variables_of_open_local_sessions():
    variable = make_variable(1.0)
    with tf.Session() as session:
        session.run(variable.initializer)
        tf.Session.reset("")
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(variable.ref)
        session.run(variable.initializer)
        assert session.run(variable.ref) == 1.0
        tf.Session.reset("", ["elsewhere"])
        assert session.run(variable.ref) == 1.0


def test_in_an_interactive_session_a_node_without_a_place_stops_only_who_needs_it():
    with tf.device("/job:nowhere/task:7"):
        lost = tf.constant(1.0) + 1.0
    two = tf.constant(2.0) * 1.0
    session = tf.InteractiveSession()
    try:
        assert two.eval() == 2.0
        with pytest.raises(tf.errors.InvalidArgumentError):
            lost.eval()
        assert (two + 1.0).eval() == 3.0
        assert session.run([two, two * 2.0], {two: 5.0}) == [5.0, 10.0]
    finally:
        session.close()
    with tf.Session() as other, pytest.raises(tf.errors.InvalidArgumentError):
        other.run(two)


def test_steps_that_meet_the_closing_of_their_session_end_in_an_orderly_way():
    x = tf.placeholder(tf.float32, [])
    y = x + 1.0
    session = tf.Session()
    call = session.make_callable(y, [x])
    call(1.0)
    started = threading.Barrier(5)
    outcomes = []

    def run_until_closed():
        started.wait(WAIT_S)
        try:
            while True:
                assert session.run(y, {x: 1.0}) == 2.0
                assert call(1.0) == 2.0
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run_until_closed) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait(WAIT_S)
    session.close()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert all(isinstance(e, (RuntimeError, tf.errors.CancelledError)) for e in outcomes), outcomes


def test_the_graph_of_a_session_says_its_shapes_where_that_was_asked_for():
    tf.constant([[1, 2]])
    config = tf.ConfigProto(graph_options=tf.GraphOptions(infer_shapes=True))
    with tf.Session() as plain, tf.Session(config=config) as inferring:
        assert "_output_shapes" not in plain.graph_def.node[0].attr
        (shape,) = inferring.graph_def.node[0].attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [1, 2]


def test_a_sparse_placeholder_of_known_shape_is_fed_without_it():
    sparse = tf.sparse_placeholder(tf.float32, shape=[7, 9, 2])
    assert tf.contrib.util.constant_value(sparse.dense_shape).tolist() == [7, 9, 2]
    with tf.Session() as session:
        given = ([[3, 2, 0], [4, 5, 1]], [1.0, 2.0])
        assert session.run(sparse, {sparse: given}).dense_shape.tolist() == [7, 9, 2]


@pytest.mark.parametrize("uses_wire", [False, True])
def test_a_server_has_defaults_for_its_sessions(uses_wire):
    config = tf.ConfigProto(operation_timeout_in_ms=300)
    queue = tf.FIFOQueue(1, tf.float32)
    taken = queue.dequeue()
    own = tf.ConfigProto()
    own.rpc_options.use_rpc_for_inprocess_master = uses_wire
    with (
        tf.train.Server.create_local_server(config=config) as server,
        tf.Session(server.target, config=own) as session,
        pytest.raises(tf.errors.DeadlineExceededError),
    ):
        session.run(taken)
