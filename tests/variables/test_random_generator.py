"""Generators of random numbers whose state is a variable."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

experimental = tf.random.experimental


def test_each_draw_moves_the_state_on() -> None:
    generator = experimental.Generator.from_seed(7)
    numbers = generator.uniform([3])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = session.run(numbers), session.run(numbers)
        state = session.run(generator.state)
    assert (first != second).any()
    np.testing.assert_array_equal(state, [7 + 2 * 3 * 256, 0, 0])


def test_skipping_is_as_drawing() -> None:
    drawn, skipped = (experimental.Generator.from_seed(3) for _ in range(2))
    with tf.get_default_graph().control_dependencies([drawn.normal([10])]):
        after_draw = drawn.uniform([2])
    skipped.skip(10)
    (skip,) = (op for op in tf.get_default_graph().get_operations() if op.type == "RngSkip")
    with tf.get_default_graph().control_dependencies([skip]):
        after_skip = skipped.uniform([2])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(*session.run([after_draw, after_skip]))


def test_a_state_is_made_of_a_seed() -> None:
    make = experimental.create_rng_state
    assert make(5, 1).tolist() == [5, 0, 0]
    assert make((1 << 64) + (1 << 63), 1).tolist() == [-(1 << 63), 1, 0]
    assert make([4], 1).tolist() == [0, 0, 4]
    assert make([1, 2, 3, 4], 2).tolist() == [1, 2]
    with pytest.raises(ValueError, match="Unsupported algorithm id: 9"):
        make(5, 9)


def test_a_copy_begins_with_the_state_of_the_other() -> None:
    generator = experimental.Generator.from_state([4, 5, 6], 1)
    copy = experimental.Generator(copy_from=generator)
    with tf.Session() as session:
        session.run(generator.state.initializer)
        session.run(copy.state.initializer)
        np.testing.assert_array_equal(session.run(copy.state), [4, 5, 6])


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="incompatible"):
        experimental.Generator.from_state([1, 2], 1)
    generator = experimental.Generator.from_seed(1)
    with pytest.raises(ValueError, match="Must specify maxval for integer dtype"):
        generator.uniform([2], dtype=tf.int32)
    with pytest.raises(AttributeError, match="numpy"):
        generator.split(2)


def test_the_generator_of_the_process_can_be_replaced() -> None:
    try:
        generator = experimental.Generator.from_seed(1)
        experimental.set_global_generator(generator)
        assert experimental.get_global_generator() is generator
        experimental.set_global_generator(None)
        fresh = experimental.get_global_generator()
        assert fresh is experimental.get_global_generator()
        with tf.Session() as session:
            session.run(fresh.state.initializer)
            assert session.run(fresh.state).shape == (3,)
    finally:
        experimental.set_global_generator(None)
