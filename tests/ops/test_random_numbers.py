"""Streams of random numbers: TensorFlow's own where there is a seed, and how long they last."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.kernels.philox import SAMPLERS, Philox, PhiloxStream, random_blocks

# What TensorFlow gives for graph seed 7 and op seeds 3 and 9.
TRUNCATED = [0.9447038173675537, -0.9667906761169434, 0.8051716685295105, 1.3033159971237183]
NORMAL = [0.1868204027414322, -1.1004788875579834, -0.13537488877773285, -1.2320283651351929]


def test_initial_values_with_seeds_are_those_of_tensorflow() -> None:
    tf.set_random_seed(7)
    v = tf.get_variable("v", [5], initializer=tf.truncated_normal_initializer(seed=3))
    w = tf.Variable(tf.random_normal([4], seed=9))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = session.run([v, w])
    np.testing.assert_allclose(first[:4], TRUNCATED, rtol=1e-6)
    np.testing.assert_allclose(second, NORMAL, rtol=1e-6)


def test_a_stream_goes_on_from_run_to_run_and_begins_anew_in_a_session() -> None:
    sampled = tf.random_uniform([3], seed=1)
    runs = []
    for _ in range(2):
        with tf.Session() as session:
            runs.append([session.run(sampled).tolist() for _ in range(2)])
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]


def test_ops_without_a_seed_differ() -> None:
    samples = [tf.random_uniform([8]), tf.random_uniform([8])]
    with tf.Session() as session:
        first, second = session.run(samples)
        third = session.run(samples[0])
    assert len({tuple(first), tuple(second), tuple(third)}) == 3


def test_a_random_op_runs_once_for_all_its_consumers() -> None:
    sampled = tf.random_normal([4])
    with tf.Session() as session:
        first, second = session.run([sampled + 0.0, sampled * 1.0])
    assert first.tolist() == second.tolist()


def test_a_part_of_a_stream_is_the_same_wherever_it_begins() -> None:
    whole = random_blocks(5, (1 << 64) - 3, 8)
    parts = [random_blocks(5, (1 << 64) - 3 + at, 1)[0] for at in range(8)]
    assert np.array_equal(whole, np.stack(parts))


def test_rejected_numbers_do_not_shift_other_groups() -> None:
    sample = SAMPLERS["truncated", "float32"]
    place = Philox(3, (1 << 64) - 1000)
    assert np.array_equal(sample(place, 4000)[:40], sample(place, 40))
    assert np.abs(sample(place, 4000)).max() < 2


def test_reserved_parts_of_a_stream_do_not_overlap() -> None:
    stream = PhiloxStream(1, 0)
    places = [
        stream.reserve(5).counter,
        stream.reserve_outputs(2).counter,
        stream.reserve(1).counter,
    ]
    assert places == [0, 2, 514]


@pytest.mark.parametrize("dtype", [tf.float16, tf.float32, tf.float64, tf.bfloat16])
@pytest.mark.parametrize("seed", [None, 3])
def test_distributions_have_their_moments(dtype: tf.DType, seed: int | None) -> None:
    shape = [20_000]
    samples = [
        tf.random_uniform(shape, dtype=dtype, seed=seed),
        tf.random_normal(shape, dtype=dtype, seed=seed),
        tf.truncated_normal(shape, dtype=dtype, seed=seed),
    ]
    with tf.Session() as session:
        uniform, normal, truncated = (x.astype(np.float64) for x in session.run(samples))
    assert 0 <= uniform.min() <= uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.02
    assert abs(normal.mean()) < 0.05
    assert abs(normal.std() - 1) < 0.05
    assert abs(truncated.std() - 0.88) < 0.03
    assert np.abs(truncated).max() <= 2


def test_cropping_takes_a_part_of_the_value() -> None:
    value = np.arange(30).reshape(5, 6)
    with tf.Session() as session:
        crop = session.run(tf.random_crop(value, [2, 3], seed=1))
    row, column = divmod(int(crop[0, 0]), 6)
    assert np.array_equal(crop, value[row : row + 2, column : column + 3])


def test_orthogonal_initializers_give_orthogonal_matrices() -> None:
    tall = tf.get_variable("tall", [6, 4], initializer=tf.orthogonal_initializer(2.0))
    wide = tf.get_variable("wide", [2, 3], initializer=tf.orthogonal_initializer())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tall_value, wide_value = session.run([tall, wide])
    np.testing.assert_allclose(tall_value.T @ tall_value, 4 * np.eye(4), atol=1e-5)
    np.testing.assert_allclose(wide_value @ wide_value.T, np.eye(2), atol=1e-5)


def test_a_generator_refuses_bounds_out_of_order_where_it_draws_no_numbers() -> None:
    generator = tf.random.experimental.Generator.from_seed(1)
    drawn = generator.uniform([0], 5, 3, dtype=tf.int32)
    with tf.Session() as session:
        session.run(generator.state.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Need minval < maxval"):
            session.run(drawn)


def test_bounds_of_no_numbers_may_be_out_of_order() -> None:
    empty = [
        tf.random_uniform([0], 5, 3, dtype=tf.int32),
        tf.random.stateless_uniform([2, 0], [1, 2], 5, 3, tf.int64),
        tf.raw_ops.StatelessRandomUniformIntV2(
            shape=[0], key=np.uint64([1]), counter=np.uint64([1, 2]), alg=1, minval=5, maxval=3
        ),
    ]
    with tf.Session() as session:
        assert [each.shape for each in session.run(empty)] == [(0,), (2, 0), (0,)]
