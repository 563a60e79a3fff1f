"""Iterators in checkpoints: a program goes on in its data where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

Pipeline = Callable[[], tf.data.Dataset]


def _numbers(seed: int | None) -> tf.data.Dataset:
    return tf.data.Dataset.range(40).shuffle(8, seed=seed).repeat(2).map(lambda x: x * 2)


PIPELINES: dict[str, Pipeline] = {
    "range": lambda: tf.data.Dataset.range(80),
    "seeded": lambda: _numbers(3),
    "unseeded": lambda: _numbers(None),
    "one buffer": lambda: tf.data.Dataset.range(40).shuffle(40).repeat(2),
    "interleaved": lambda: tf.data.Dataset.range(8).interleave(
        lambda x: tf.data.Dataset.range(10).shuffle(10, seed=5).map(lambda y: 100 * x + y), 3, 2
    ),
    "drawn": lambda: tf.data.experimental.RandomDataset().take(80),
}


def _open(pipeline: Pipeline) -> tuple[Any, Any, tf.train.Saver]:
    iterator = pipeline().make_initializable_iterator()
    saveable = tf.data.experimental.make_saveable_from_iterator(iterator)
    return iterator.initializer, iterator.get_next(), tf.train.Saver([saveable])


@pytest.mark.parametrize("name", sorted(PIPELINES))
@pytest.mark.parametrize("given", [1, 13, 80])
def test_what_is_restored_goes_on_as_the_first_did(name: str, given: int, tmp_path: Path) -> None:
    initializer, element, saver = _open(PIPELINES[name])
    with tf.Session() as session:
        session.run(initializer)
        for _ in range(given):
            session.run(element)
        path = saver.save(session, str(tmp_path / "input"))
        expected = [session.run(element) for _ in range(80 - given)]
    with tf.Graph().as_default(), tf.Session() as session:
        initializer, element, saver = _open(PIPELINES[name])
        session.run(initializer)
        session.run(element)
        saver.restore(session, path)
        np.testing.assert_array_equal([session.run(element) for _ in range(80 - given)], expected)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_failures_count_as_elements(tmp_path: Path) -> None:
    def inverses() -> tf.data.Dataset:
        return tf.data.Dataset.range(4).map(
            lambda x: tf.check_numerics(1.0 / tf.cast(x - 1, tf.float32), "no inverse")
        )

    initializer, element, saver = _open(inverses)
    with tf.Session() as session:
        session.run(initializer)
        session.run(element)
        with pytest.raises(tf.errors.InvalidArgumentError, match="no inverse"):
            session.run(element)
        path = saver.save(session, str(tmp_path / "input"))
        assert session.run(element) == 1.0
        saver.restore(session, path)
        assert session.run(element) == 1.0


def test_one_shot_iterators_need_no_initializer(tmp_path: Path) -> None:
    iterator = tf.data.Dataset.range(9).make_one_shot_iterator()
    saver = tf.train.Saver([tf.data.experimental.make_saveable_from_iterator(iterator)])
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(element)
        path = saver.save(session, str(tmp_path / "input"))
    with tf.Session() as session:
        saver.restore(session, path)
        assert session.run(element) == 1


def test_iterators_without_data_are_neither_saved_nor_restored(tmp_path: Path) -> None:
    initializer, _, saver = _open(PIPELINES["range"])
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="before saving it"):
            saver.save(session, str(tmp_path / "input"))
        session.run(initializer)
        path = saver.save(session, str(tmp_path / "input"))
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.FailedPreconditionError, match="before restoring it"),
    ):
        saver.restore(session, path)


def test_variants_of_others_are_not_taken_for_positions(tmp_path: Path) -> None:
    iterator = tf.data.Dataset.range(3).make_initializable_iterator()
    element = iterator.get_next()
    wrong = tf.raw_ops.DeserializeIterator(
        resource_handle=iterator._iterator_resource,
        serialized=tf.data.Dataset.range(3)._variant_tensor,
    )
    save = tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "x"),
        tensor_names=["x"],
        shape_and_slices=[""],
        tensors=[tf.data.Dataset.range(3)._variant_tensor],
    )
    with tf.Session() as session:
        session.run(iterator.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="one that tensormill saved"):
            session.run(wrong)
        with pytest.raises(tf.errors.UnimplementedError, match="cannot be saved"):
            session.run(save)
        assert session.run(element) == 0


def test_the_hook_goes_on_where_training_stopped(tmp_path: Path) -> None:
    seen: list[list[int]] = []

    class Watch(tf.train.SessionRunHook):
        def before_run(self, run_context: Any) -> Any:
            return tf.train.SessionRunArgs(tf.get_default_graph().get_tensor_by_name("x:0"))

        def after_run(self, run_context: Any, run_values: Any) -> None:
            seen[-1].append(int(run_values.results))

    def model(features: Any, labels: Any, mode: Any) -> Any:
        x = tf.identity(features, name="x")
        w = tf.get_variable("w", [], tf.float32)
        loss = tf.square(w - tf.cast(x, tf.float32))
        step = tf.train.get_or_create_global_step()
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)

    config = tf.estimator.RunConfig(model_dir=str(tmp_path), save_checkpoints_steps=2)
    estimator = tf.estimator.Estimator(model, config=config)
    for _ in range(3):
        seen.append([])
        hook = tf.data.experimental.CheckpointInputPipelineHook(estimator)
        estimator.train(lambda: tf.data.Dataset.range(100), steps=4, hooks=[Watch(), hook])
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert (tmp_path / "checkpoint_input").exists()


@pytest.mark.oracle
def test_checkpoints_hold_variants_as_tensorflow_writes_them(oracle: Any, tmp_path: Path) -> None:
    oracle.run(
        """
        iterator = tf.data.make_initializable_iterator(tf.data.Dataset.range(10))
        saveable = tf.data.experimental.make_saveable_from_iterator(iterator)
        with tf.Session() as session:
            session.run(iterator.initializer)
            tf.train.Saver([saveable]).save(session, path)
        result = None
        """,
        path=str(tmp_path / "input"),
    )
    restored = tf.raw_ops.RestoreV2(
        prefix=str(tmp_path / "input"),
        tensor_names=["IteratorV2:0_STATE"],
        shape_and_slices=[""],
        dtypes=[tf.variant],
    )
    again = tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "again"),
        tensor_names=["IteratorV2:0_STATE"],
        shape_and_slices=[""],
        tensors=restored,
    )
    with tf.Session() as session:
        session.run(again)
    for ending in ("index", "data-00000-of-00001"):
        written = [(tmp_path / f"{name}.{ending}").read_bytes() for name in ("input", "again")]
        assert written[0] == written[1]
