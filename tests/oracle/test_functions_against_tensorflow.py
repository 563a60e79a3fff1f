"""Graph functions: what TensorFlow exports runs here, and the reverse."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.functional.defun import Defun
from tensormill.testing.oracle import Oracle

pytestmark = pytest.mark.oracle


PROGRAMS = {
    "branches": """
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [], name="x")
            from tensorflow.python.ops import cond_v2
            y = cond_v2.cond_v2(x > 1.0, lambda: x * 2.0, lambda: x - 1.0, name="y")
            tf.identity(y, name="out")
        result = graph.as_graph_def().SerializeToString()
    """,
    "loops": """
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [], name="x")
            from tensorflow.python.ops import while_v2
            limit = tf.constant(100.0)
            y = while_v2.while_loop(
                lambda i, v: tf.logical_and(i < 5, v < limit),
                lambda i, v: (i + 1, v * 2.0 + x),
                [tf.constant(0), x],
            )
            tf.identity(y[1], name="out")
        result = graph.as_graph_def().SerializeToString()
    """,
    "nested": """
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [], name="x")

            @tf.function
            def inner(a):
                if a > 2.0:
                    return a * a
                return -a

            @tf.function
            def outer(a):
                total = tf.constant(0.0)
                for i in tf.range(4):
                    total += inner(a + tf.cast(i, tf.float32))
                return total

            tf.identity(outer(x), name="out")
        result = graph.as_graph_def().SerializeToString()
    """,
    "defun": """
        from tensorflow.python.framework import function

        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [], name="x")

            @function.Defun(tf.float32, tf.float32)
            def hypotenuse(a, b):
                return tf.sqrt(a * a + b * b)

            y = hypotenuse(x, 4.0)
            tf.add(y, tf.gradients(y, x)[0], name="out")
        result = graph.as_graph_def().SerializeToString()
    """,
    "case": """
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [], name="x")
            index = tf.cast(x, tf.int32)

            @tf.function
            def choose(i, a):
                return tf.switch_case(i, [lambda: a, lambda: a * 10.0, lambda: a - 7.0])

            tf.identity(choose(index, x), name="out")
        result = graph.as_graph_def().SerializeToString()
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("lowered", [True, False])
def test_graphs_with_functions_run_here(oracle: Oracle, name: str, lowered: bool) -> None:
    exported = oracle.run(PROGRAMS[name])
    message = tf.GraphDef.FromString(exported)
    values = [0.5, 1.0, 2.0, 3.5]
    expected = oracle.run(
        """
        message = tf.GraphDef.FromString(exported)
        tf.import_graph_def(message, name="")
        with tf.Session() as session:
            result = [session.run("out:0", {"x:0": v}) for v in values]
        """,
        exported=exported,
        values=values,
    )
    config = tf.ConfigProto()
    if not lowered:
        config.graph_options.optimizer_options.opt_level = -1
    tf.import_graph_def(message, name="")
    with tf.Session(config=config) as session:
        actual = [session.run("out:0", {"x:0": v}) for v in values]
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


def test_functions_made_here_run_there(oracle: Oracle) -> None:
    outside = tf.constant(2.0)

    @Defun(tf.float32, tf.float32)
    def scaled(a: Any, b: Any) -> Any:
        """Scales."""
        return a * b + outside, tf.split(a, 2)[1]

    x = tf.placeholder(tf.float32, [4], name="x")
    y, half = scaled(x, [1.0, 2.0, 3.0, 4.0])
    total = tf.identity(tf.reduce_sum(y) + tf.reduce_sum(half), name="out")
    gradient = tf.identity(tf.gradients(total, x)[0], name="slope")
    fed = np.float32([1, 2, 3, 4])
    with tf.Session() as session:
        actual = session.run([total, gradient], {x: fed})
    expected = oracle.run(
        """
        tf.import_graph_def(tf.GraphDef.FromString(message), name="")
        with tf.Session() as session:
            result = session.run(["out:0", "slope:0"], {"x:0": fed})
        """,
        message=tf.get_default_graph().as_graph_def().SerializeToString(),
        fed=fed,
    )
    np.testing.assert_allclose(actual[0], expected[0])
    np.testing.assert_allclose(actual[1], expected[1])
    np.testing.assert_allclose(actual[1], [1, 2, 4, 5])


DEFUN_PROGRAM = """
    @Defun(tf.float32)
    def cube(a):
        return a * a * a

    @Defun(tf.float32, tf.float32)
    def slope(a, grad):
        return grad * 3.0 * a * a + 1000.0

    @Defun(tf.float32, grad_func=slope)
    def cube_with_gradient(a):
        return a * a * a

    def python_slope(op, grad):
        return grad * 5.0

    @Defun(tf.float32, python_grad_func=python_slope, func_name="NamedCube")
    def cube_with_python_gradient(a):
        return a * a * a

    @Defun()
    def overloaded(a, b):
        return a + b, a - b

    @Defun()
    def nothing():
        tf.no_op()

    x = tf.constant(2.0)
    names = []
    values = []
    for function in (cube, cube_with_gradient, cube_with_python_gradient):
        y = function(x)
        names.append(y.op.name.partition("_")[0])
        values += [y, tf.gradients(y, x)[0]]
    a, b = overloaded(np.int32(1), np.int32(2))
    c, d = overloaded([1.0], [2.0])
    with tf.variable_scope("scope", use_resource=True):
        @Defun(tf.float32)
        def with_variable(a):
            return a * tf.get_variable("v", initializer=3.0)
        e = with_variable(x, name="called")
    slope_of_variable = tf.gradients(e, tf.global_variables())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        result = [
            names,
            session.run(values),
            session.run([a, b, c, d, e]),
            session.run(slope_of_variable),
            [v.name for v in tf.global_variables()],
            [t.dtype.name for t in (a, c)],
            e.op.name,
            nothing().type[:7],
            cube_with_python_gradient.name,
            [t.shape.rank for t in (a, e)],
        ]
"""


def test_defun_behaves_as_in_tensorflow(oracle: Oracle) -> None:
    body = textwrap.dedent(DEFUN_PROGRAM)
    expected = oracle.run("from tensorflow.python.framework.function import Defun\n" + body)
    names: dict[str, Any] = {"tf": tf, "np": np, "Defun": Defun}
    exec(body, names)
    assert repr(_plain(names["result"])) == repr(_plain(expected))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
