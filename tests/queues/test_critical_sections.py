"""Critical sections: one step at a time, whichever of the executions it runs."""

import pytest

import tensormill as tf
from tests.gates import run_in_thread


def test_a_counter_in_a_section_counts_every_step():
    section = tf.CriticalSection(shared_name="section")
    counter = tf.get_variable("counter", initializer=0, use_resource=True)

    def count():
        value = counter.read_value()
        with tf.control_dependencies([value]):
            added = counter.assign(value + 1, read_value=False)
        with tf.control_dependencies([added]):
            return tf.identity(value)

    executions = [section.execute(count) for _ in range(3)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        steps = [
            run_in_thread(lambda e=e: [int(session.run(e)) for _ in range(10)])
            for e in executions * 2
        ]
        seen = sorted(value for step in steps for value in step())
        assert seen == list(range(60))
        assert session.run(counter) == 60


def test_a_step_that_fails_in_a_section_lets_the_next_one_in():
    section = tf.CriticalSection()
    x = tf.placeholder(tf.float32, [])
    checked = section.execute(lambda: tf.check_numerics(x, "checked"))
    with tf.Session() as session:
        for _ in range(3):
            with pytest.raises(tf.errors.InvalidArgumentError, match="checked"):
                session.run(checked, {x: float("nan")})
            assert session.run(checked, {x: 2.0}) == 2.0


def test_a_structure_comes_back_in_its_shape():
    section = tf.CriticalSection(name="named")
    made = section.execute(lambda: {"a": tf.constant(1.0), "b": [tf.constant(2), None]})
    assert section.name == "named"
    with tf.Session() as session:
        assert made["b"][1] is None
        assert session.run([made["a"], made["b"][0]]) == [1.0, 2]


def test_what_could_deadlock_is_refused():
    section, other = tf.CriticalSection(), tf.CriticalSection()
    with pytest.raises(ValueError, match="directly access the CriticalSection"):
        section.execute(lambda: section.execute(lambda: tf.constant(1.0)))
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    section.execute(variable.read_value)
    section.execute(variable.read_value)
    with pytest.raises(ValueError, match="requested exclusive resource access"):
        other.execute(variable.read_value)
