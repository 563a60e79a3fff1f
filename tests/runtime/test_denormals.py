"""Numbers closer to zero than the smallest normal one are zero in a step, as in TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest

import tensormill as tf

DENORMAL = np.full(3, 1e-40, np.float32)


def is_flushed_here() -> bool:
    return 5e-324 * float(np.float64(1.0)) == 0.0


def test_steps_flush_and_programs_do_not() -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.Session() as session:
        products = session.run(x * 1.0, {x: DENORMAL})
        assert session.run(tf.identity(x), {x: DENORMAL})[0] != 0
    assert not products.any()
    assert not is_flushed_here()
    assert (DENORMAL * np.float32(1.0)).all()


def test_loops_and_traced_steps_flush() -> None:
    x = tf.placeholder(tf.float32, [None])
    looped = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 1.0), (0, x))[1]
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session() as session:
        assert not session.run(looped, {x: DENORMAL}).any()
        traced = session.run(x * 1.0, {x: DENORMAL}, options=options, run_metadata=tf.RunMetadata())
    assert not traced.any()


def test_a_step_that_fails_ends_it() -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError):
        session.run(tf.check_numerics(x * 1.0, "x"), {x: [np.nan]})
    assert not is_flushed_here()


def test_functions_of_the_user_are_left_alone() -> None:
    seen = []

    def look(value):
        seen.append(is_flushed_here())
        return value * np.float32(1.0)

    x = tf.placeholder(tf.float32, [None])
    with tf.Session() as session:
        kept, flushed = session.run(
            [tf.py_func(look, [x], tf.float32), tf.py_func(look, [x], tf.float32) * 1.0],
            {x: DENORMAL},
        )
    assert seen == [False, False]
    assert kept.all()
    assert not flushed.any()


def test_limits_of_types_can_be_asked_for_in_a_step() -> None:
    source = """
import warnings
warnings.simplefilter("error")
import numpy as np
from tensormill.kernels.denormals import end_flushing, start_flushing
assert start_flushing()
print([float(np.finfo(kind).max) for kind in ("f2", "f4", "f8", "c8", "c16", np.longdouble)][1])
end_flushing()
"""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(3.4028235e38)
