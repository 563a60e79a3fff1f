"""AutoGraph: statements on tensors, and what is said of those that cannot be."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.converted_functions import needs_conversion
from tensormill.python_statements.conversion import ConversionError
from tests.python_statements import statements

EXPECTED = {
    "branches(3.0,)": 6.0,
    "branches(-3.0,)": 3.0,
    "branches(-30.0,)": -1.0,
    "returns(7,)": 7,
    "returns(1,)": 200,
    "returns(3,)": 40,
    "collatz(27,)": 111,
    "collatz(1,)": 0,
    "some_of([1.0, -2.0, 3.0, 200.0, 7.0],)": 4.0,
    "nested(7,)": 46,
    "counting_down(7,)": 7531,
    "counting_down(0,)": 0,
    "over_data(4,)": 10,
    "over_data(100,)": 45,
}


def test_statements_become_nodes() -> None:
    found = statements.results(tf)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert found["expressions(0.5,)"] == (1.0, True, False)
    assert found["lengths([1.0, 2.5],)"] == (3, 3.0, 4)
    assert found["through_helpers(4.0,)"] == [2.0, 0.0]


def test_effects_in_statements_happen_in_their_order() -> None:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)

    @tf.function
    def change(x: Any) -> Any:
        variable.assign(1.0)
        if x > 0.0:
            variable.assign_add(x)
        for _ in tf.range(3):
            variable.assign(variable * 2.0)
        first = variable.read_value()
        variable.assign(100.0)
        return first

    results = [change(tf.constant(each)) for each in (2.0, -2.0)]
    with tf.Session() as session:
        session.run(variable.initializer)
        for _ in range(3):
            assert session.run(results[0]) == 24.0
            assert session.run(variable) == 100.0
            assert session.run(results[1]) == 8.0


def test_gradients_go_through_statements() -> None:
    @tf.function
    def power(x: Any, n: Any) -> Any:
        result = tf.ones_like(x)
        for _ in tf.range(n):
            if x > 0.0:
                result = result * x
            else:
                result = result * -x
        return result

    x = tf.placeholder(tf.float32, [])
    gradient = tf.gradients(power(x, tf.constant(3)), x)[0]
    with tf.Session() as session:
        assert session.run(gradient, {x: 2.0}) == 12.0
        assert session.run(gradient, {x: -2.0}) == -12.0


def test_functions_of_data_sets_are_rewritten() -> None:
    data = tf.data.Dataset.range(6).filter(lambda x: not tf.equal(x, 4))
    data = data.map(lambda x: x if x < 3 else -x)
    value = data.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(value) for _ in range(5)] == [0, 1, 2, -3, -5]


def test_layers_of_a_program_are_rewritten() -> None:
    class Switched(tf.keras.layers.Layer):
        def call(self, inputs: Any, training: Any = None) -> Any:
            if tf.reduce_sum(inputs) > 0.0:
                outputs = inputs * 2.0
            else:
                outputs = inputs
            return outputs

    model = tf.keras.Sequential([Switched()])
    assert model.predict(np.float32([[1.0, 2.0]])).tolist() == [[2.0, 4.0]]
    assert model.predict(np.float32([[-1.0, -2.0]])).tolist() == [[-1.0, -2.0]]


def test_a_function_can_be_rewritten_by_itself() -> None:
    def absolute(x: Any) -> Any:
        if x < 0.0:
            x = -x
        return x

    made = tf.autograph.to_graph(absolute)
    assert made.__name__ == "tf__absolute"
    assert "ag__.if_stmt" in tf.autograph.to_code(absolute)
    with tf.Session() as session:
        assert session.run(made(tf.constant(-3.0))) == 3.0
    with pytest.raises(ConversionError, match="python_function"):
        tf.autograph.to_graph(np.add)


def test_the_options_of_a_loop_are_given_to_it() -> None:
    def count(n: Any) -> Any:
        i = 0
        while i < n:
            tf.autograph.experimental.set_loop_options(maximum_iterations=4)
            i += 1
        return i

    result = tf.function(count)(tf.constant(10))
    with tf.Session() as session:
        assert session.run(result) == 4


def test_an_assertion_fails_in_the_graph_and_names_its_line() -> None:
    options = tf.autograph.experimental.Feature.ASSERT_STATEMENTS

    def checked(x: Any) -> Any:
        assert x > 0.0, "not positive"
        return x

    run = tf.function(checked, experimental_autograph_options=options)
    with tf.Session() as session:
        assert session.run(run(tf.constant(1.0))) == 1.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="not positive") as caught:
            session.run(run(tf.constant(-1.0)))
    assert "test_statements.py" in str(caught.value)


def _missing(x: Any) -> Any:
    if x > 0.0:
        y = x
    return y


def _differing(x: Any) -> Any:
    if x > 0.0:
        y = 1
    else:
        y = x
    return y


def _changing(x: Any) -> Any:
    i = tf.constant(0)
    while i < 3:
        x = tf.cast(x, tf.int32)
        i += 1
    return x


def _growing(x: Any) -> Any:
    rows = tf.zeros([1])
    for _ in tf.range(3):
        rows = tf.concat([rows, rows], 0)
    return rows


def _object(x: Any) -> Any:
    y = None
    if x > 0.0:
        y = x
    return y


def _undefined(x: Any) -> Any:
    for i in tf.range(3):
        y = i
    return y


@pytest.mark.parametrize(
    ("function", "kind", "text"),
    [
        (_missing, ValueError, r"must also be initialized in the else branch: \('y',\)"),
        (_differing, TypeError, '"y" has dtype int32 in the TRUE branch, but dtype=float32 in'),
        (_changing, TypeError, '"x" has dtype float32 before the loop, but dtype int32 after one'),
        (_growing, ValueError, r'"rows" has shape \(1,\) before the loop, but shape \(2,\) after'),
        (_object, TypeError, '"y" does not have the same nested structure in the TRUE and FALSE'),
        (_undefined, ValueError, r"must be defined before the loop: \('y',\)"),
    ],
)
def test_what_cannot_be_staged_is_refused(function: Any, kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text) as caught:
        tf.function(function)(tf.constant(1.0))
    assert any(function.__name__ in note for note in caught.value.__notes__)


def test_what_no_tensor_can_hold_may_stay_the_same() -> None:
    @tf.function
    def keeps(x: Any) -> Any:
        scale = None
        if x > 0.0:
            y = x
            scale = None
        else:
            y = -x
        return y if scale is None else y * scale

    with tf.Session() as session:
        assert session.run(keeps(tf.constant(-2.0))) == 2.0


def test_functions_are_left_alone_where_a_program_says_so() -> None:
    @tf.autograph.experimental.do_not_convert
    def plain(x: Any) -> Any:
        return x if x > 0.0 else -x

    def plain_too(x: Any) -> Any:
        return x if x > 0.0 else -x

    for function in (plain, tf.function(plain_too, autograph=False)):
        with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
            tf.function(function)(tf.constant(1.0))


def test_only_functions_with_statements_need_the_transpiler() -> None:
    def calls(x: Any) -> Any:
        return statements.branches(x)

    class Owner:
        def method(self, x: Any) -> Any:
            return self._inner(x)

        def _inner(self, x: Any) -> Any:
            return x if x > 0 else -x

    assert not needs_conversion(lambda x: tf.add_n([tf.square(each) for each in x]))
    assert not needs_conversion(tf.reduce_sum)
    assert not needs_conversion(np.add)
    assert needs_conversion(lambda x: x and 1)
    assert needs_conversion(calls)
    assert needs_conversion(Owner().method)


def test_a_program_without_statements_does_not_load_it() -> None:
    program = (
        "import sys, tensormill as tf\n"
        "tf.function(lambda x: x + 1.0)(tf.constant(1.0))\n"
        "tf.data.Dataset.range(3).map(lambda x: x * 2)\n"
        "assert 'malt' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
