"""What pipelines note while they run, and how they are told to run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.data.execution import PrivateThreadPool, override_threadpool, sleep
from tensormill.data.statistics import set_stats_aggregator


def _histograms(text: bytes) -> dict[str, Any]:
    return {value.tag: value.histo for value in tf.Summary.FromString(text).value}


def _texts() -> tf.data.Dataset:
    return tf.data.Dataset.range(5).map(lambda x: (tf.as_string(10 ** (2 * x)), x))


def test_bytes_and_latencies_are_noted_by_tag() -> None:
    aggregator = tf.data.experimental.StatsAggregator()
    dataset = (
        _texts()
        .apply(tf.data.experimental.bytes_produced_stats("bytes"))
        .apply(tf.data.experimental.latency_stats("latency"))
    )
    options = tf.data.Options()
    options.experimental_stats.aggregator = aggregator
    options.experimental_stats.prefix = "mine"
    iterator = dataset.with_options(options).make_initializable_iterator()
    element, summary = iterator.get_next(), aggregator.get_summary()
    with tf.Session() as session:
        assert _histograms(session.run(summary)) == {}
        session.run(iterator.initializer)
        for _ in range(3):
            session.run(element)
        found = _histograms(session.run(summary))
    assert set(found) == {"mine_bytes", "mine_latency"}
    assert [h.num for h in found.values()] == [3, 3]
    sizes = found["mine_bytes"]
    assert (sizes.min, sizes.max, sizes.sum) == (9, 13, 33)  # one, three and five digits, and int64
    assert sum(sizes.bucket) == 3
    assert found["mine_latency"].min >= 0


def test_nothing_is_noted_where_nobody_gathers() -> None:
    dataset = tf.data.Dataset.range(3).apply(tf.data.experimental.latency_stats("latency"))
    element = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(3)] == [0, 1, 2]


def test_one_aggregator_gathers_from_several_iterators() -> None:
    aggregator = tf.data.experimental.StatsAggregator()
    noted = _texts().apply(tf.data.experimental.bytes_produced_stats("bytes"))
    watched = noted.apply(set_stats_aggregator(aggregator))
    iterators = [watched.make_initializable_iterator() for _ in range(2)]
    with tf.Session() as session:
        session.run([iterator.initializer for iterator in iterators])
        session.run([iterator.get_next() for iterator in iterators])
        assert _histograms(session.run(aggregator.get_summary()))["bytes"].num == 2


def test_a_delay_comes_before_each_element_and_ends_with_the_step() -> None:
    element = tf.data.Dataset.range(3).apply(sleep(1)).make_one_shot_iterator().get_next()
    late = tf.data.Dataset.range(3).apply(sleep(3_600_000_000)).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(late, options=tf.RunOptions(timeout_in_ms=50))


def test_thread_pools_change_nothing_of_what_comes() -> None:
    pool = PrivateThreadPool(2, display_name="two")
    dataset = override_threadpool(tf.data.Dataset.range(4).map(lambda x: x * x, 2), pool)
    iterator = dataset.make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        assert [session.run(element) for _ in range(4)] == [0, 1, 4, 9]
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="num_thr"):
        session.run(PrivateThreadPool(0)._resource.op)


def test_samples_have_about_the_rate_and_repeat_with_their_seed() -> None:
    def sample(seed: int) -> list[int]:
        variant = tf.raw_ops.SamplingDataset(
            input_dataset=tf.data.Dataset.range(4000)._variant_tensor,
            rate=0.25,
            seed=seed,
            seed2=1,
            output_types=[tf.int64],
            output_shapes=[[]],
        )
        spec = tf.TensorSpec([], tf.int64)
        dataset = tf.data.experimental.from_variant(variant, spec)
        element = dataset.batch(4000).make_one_shot_iterator().get_next()
        with tf.Session() as session:
            taken: list[int] = session.run(element).tolist()
            return taken

    first = sample(3)
    assert first == sample(3)
    assert first != sample(4)
    assert first == sorted(first)
    np.testing.assert_allclose(len(first), 1000, atol=150)


def test_elements_are_kept_by_their_last_component() -> None:
    marked = tf.data.Dataset.range(6).map(lambda x: (x, x % 2 > 0))
    variant = tf.raw_ops.FilterByLastComponentDataset(
        input_dataset=marked._variant_tensor, output_types=[tf.int64], output_shapes=[[]]
    )
    dataset = tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.int64))
    element = dataset.batch(6).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert session.run(element).tolist() == [1, 3, 5]
