"""Names that real programs import or touch, which are not public."""

import tensormill as tf


def test_modules_hand_on_the_modules_that_they_import() -> None:
    from tensormill.python.ops.rnn import rnn_cell_impl

    assert rnn_cell_impl.LSTMStateTuple is tf.nn.rnn_cell.LSTMStateTuple


def test_the_shape_of_a_state_is_joined() -> None:
    from tensormill.python.ops import rnn_cell_impl

    assert rnn_cell_impl._concat(2, 3, static=True) == [2, 3]
    with tf.Session() as session:
        shape = rnn_cell_impl._concat(tf.constant(2), [3, 4])
        assert session.run(shape).tolist() == [2, 3, 4]


def test_structures_are_walked_by_contrib_too() -> None:
    nest = tf.contrib.framework.nest
    assert nest.is_sequence([1])
    assert not nest.is_sequence("ab")
    assert nest.flatten_up_to([0, 0], [[1, 2], 3]) == [[1, 2], 3]
    assert nest.map_structure(lambda x: x + 1, {"a": [1]}) == {"a": [2]}


def test_tensors_name_their_operators() -> None:
    names = tf.Tensor.OVERLOADABLE_OPERATORS
    assert {"__add__", "__rsub__", "__getitem__"} <= names
    assert all(callable(getattr(tf.Tensor, name)) for name in names)


def test_what_a_module_of_contrib_lists_is_there() -> None:
    from tensormill.contrib import distributions

    listed = dir(distributions)
    assert "Normal" in listed
    assert all(hasattr(distributions, name) for name in listed)


def test_a_graph_tells_the_device_that_scopes_ask_for() -> None:
    told: list[str] = []

    class Listener:
        def _set_device_from_string(self, device: str) -> None:
            told.append(device)

    graph = tf.get_default_graph()
    graph._apply_device_functions(Listener())
    with tf.device("/job:ps"), tf.device("/cpu:1"):
        graph._apply_device_functions(Listener())
    assert told == ["/job:ps/device:CPU:1"]


def test_the_number_of_steps_of_a_run_is_one_variable() -> None:
    from tensormill.python.training import basic_session_run_hooks

    steps = basic_session_run_hooks.get_or_create_steps_per_run_variable()
    assert basic_session_run_hooks.get_or_create_steps_per_run_variable() is steps
    assert steps in tf.local_variables()
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(steps) == 1


def test_classes_of_variables_read_their_messages() -> None:
    for use_resource in (False, True):
        variable = tf.Variable(1.0, use_resource=use_resource)
        again = type(variable).from_proto(variable.to_proto())
        assert type(again) is type(variable)
        with tf.Session() as session:
            session.run(variable.initializer)
            session.run(variable.assign(3.0))
            assert session.run(again) == 3.0
