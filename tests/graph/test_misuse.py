"""What programs do with tensors and operations that they must not, and what they are told."""

import pytest

import tensormill as tf
from tensormill.graph.tensor import OperatorNotAllowedInGraphError


def test_a_tensor_is_no_bool_and_no_sequence() -> None:
    x = tf.placeholder(tf.float32, [2])
    with pytest.raises(OperatorNotAllowedInGraphError, match=r"using.*bool.*not allowed in Graph"):
        bool(x)
    with pytest.raises(TypeError, match=r"iterating.*not allowed in Graph"):
        next(iter(x))


def test_an_operation_is_no_tensor() -> None:
    with pytest.raises(TypeError, match="Can't convert Operation 'n' to Tensor"):
        tf.convert_to_tensor(tf.no_op(name="n"))


def test_a_conversion_must_give_a_tensor() -> None:
    class Odd:
        pass

    tf.register_tensor_conversion_function(Odd, lambda value, **kwargs: 1)
    with pytest.raises(RuntimeError, match="returned non-Tensor: 1"):
        tf.convert_to_tensor(Odd())


def test_each_input_is_a_consumer() -> None:
    x = tf.constant(1)
    y = x + x
    assert x.consumers() == [y.op, y.op]


def test_an_input_is_replaced_by_one_that_fits() -> None:
    w, x = tf.constant(2, shape=[3, 1]), tf.constant(0, shape=[3, 1])
    z = w + x
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[2,2\] and \[3,1\]"):
        z.op._update_input(0, tf.constant(1, shape=[2, 2]))
    with pytest.raises(tf.errors.OutOfRangeError, match=r"index \[1\] .* inputs \[0\]"):
        x.op._update_input(1, x)
    z.op._update_input(0, x)
    assert x.consumers() == [z.op, z.op]


@pytest.mark.parametrize(("fetch", "waiting"), [("x", 2), ("z", 3)])
def test_a_cycle_is_counted(fetch: str, waiting: int) -> None:
    x, y = tf.constant(1, name="x"), tf.constant(2, name="y")
    tf.identity(x, name="z")
    x.op._add_control_input(y.op)
    y.op._add_control_input(x.op)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match=f"a cycle with {waiting} nodes"),
    ):
        session.run(f"{fetch}:0")


def test_names_may_be_bytes() -> None:
    x = tf.constant(1.0, name=b"x")
    assert x.name == "x:0"
    with tf.Session() as session:
        assert session.run(b"x:0") == 1.0


def test_operations_remember_what_they_were_derived_from() -> None:
    graph = tf.get_default_graph()
    a = tf.constant(0.0)
    with graph._original_op(a.op):
        b = tf.identity(a)
    c = tf.identity(b)
    assert b.op._original_op is a.op
    assert c.op._original_op is None
    file, line, function, _, start = b.op.traceback_with_start_lines[-1]
    assert file == __file__
    assert start < line
    assert function == "test_operations_remember_what_they_were_derived_from"
