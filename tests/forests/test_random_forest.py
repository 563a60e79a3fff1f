"""`tf.contrib.tensor_forest`: forests learn, share their variables, and are saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.contrib.tensor_forest.python import tensor_forest
from tensormill.forests.forest_growth import impurity, statistics_of
from tensormill.python.ops import resources


def rings(seed: int, count: int = 400) -> tuple[Any, Any]:
    """Return points and in which of three rings around the middle they are."""
    points = np.random.default_rng(seed).uniform(-1, 1, (count, 2)).astype(np.float32)
    return points, np.digitize(np.hypot(*points.T), [0.5, 0.9]).astype(np.int32)


def settings(**changed: Any) -> Any:
    given = {
        "num_classes": 3, "num_features": 2, "num_trees": 5, "max_nodes": 200,
        "split_after_samples": 40, "base_random_seed": 7, **changed,
    }  # fmt: skip
    return tensor_forest.ForestHParams(**given).fill()


def test_settings_are_filled_in_as_tensorflow_does() -> None:
    params = tensor_forest.ForestHParams(num_classes=10, num_features=784).fill()
    assert (params.num_trees, params.max_nodes, params.split_after_samples) == (100, 10000, 250)
    assert params.num_splits_to_consider == 28
    assert params.num_output_columns == 11
    assert params.num_outputs == 1
    assert not params.regression
    assert params.bagged_features is None
    with pytest.raises(AttributeError):
        tensor_forest.ForestHParams(num_classes=3).fill()


def test_a_forest_learns_as_the_examples_of_books_do(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.placeholder(tf.int32, [None])
    forest = tensor_forest.RandomForestGraphs(settings())
    train = forest.training_graph(x, y)
    loss = forest.training_loss(x, y)
    probabilities, paths, variance = forest.inference_graph(x)
    hits = tf.equal(tf.argmax(probabilities, 1), tf.cast(y, tf.int64))
    accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
    init = tf.group(
        tf.global_variables_initializer(),
        resources.initialize_resources(resources.shared_resources()),
    )
    points, labels = rings(1)
    with tf.Session() as session:
        session.run(init)
        first = session.run(loss)
        for seed in range(12):
            batch, classes = rings(seed + 10)
            session.run(train, {x: batch, y: classes})
        assert first == -1
        assert session.run(loss) < -20
        found, chances, spread, ways = session.run(
            [accuracy, probabilities, variance, paths], {x: points, y: labels}
        )
        assert found > 0.9
        assert np.allclose(chances.sum(1), 1)
        assert np.all(spread >= 0)
        assert ways.shape == (400, 5)
        assert session.run(forest.average_impurity()) < 0.3
        assert np.isclose(session.run(forest.feature_importances()).sum(), 1)
        assert session.run(forest.trees[0].size()) > 1
        path = tf.train.Saver().save(session, str(tmp_path / "forest"))
    with tf.Session() as session:
        tf.train.Saver().restore(session, path)
        assert np.array_equal(session.run(probabilities, {x: points}), chances)


def test_trees_are_bounded_and_see_parts_of_examples_and_features() -> None:
    params = settings(max_nodes=7, bagging_fraction=0.5, feature_bagging_fraction=0.5)
    assert [len(each) for each in params.bagged_features] == [1] * 5
    points, labels = rings(2, 1000)
    forest = tensor_forest.RandomForestGraphs(params)
    train = forest.training_graph(tf.constant(points), tf.constant(labels))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(10):
            session.run(train)
        assert session.run(forest.average_size()) == 7
        feature, left = session.run([forest.variables.arrays[0], forest.variables.arrays[2]])
    for tree, (features, children) in enumerate(
        zip(feature.reshape(5, 7), left.reshape(5, 7), strict=True)
    ):
        assert set(features[children > 0]) == set(params.bagged_features[tree])


def test_trainers_share_the_trees() -> None:
    points, labels = rings(3, 1000)
    forest = tensor_forest.RandomForestGraphs(settings(num_trees=4))
    second = forest.training_graph(tf.constant(points), tf.constant(labels), 2, 1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(second)
        sizes = session.run(forest.variables.arrays[4])
    assert sizes[:2].tolist() == [1, 1]
    assert all(sizes[2:] > 1)


def test_a_forest_fits_numbers() -> None:
    draw = np.random.default_rng(5)
    points = draw.uniform(-1, 1, (2000, 1)).astype(np.float32)
    numbers = np.sin(3 * points)
    params = settings(num_classes=1, num_features=1, regression=True)
    forest = tensor_forest.RandomForestGraphs(params)
    train = forest.training_graph({"x": tf.constant(points)}, {"y": tf.constant(numbers)})
    values, _, _ = forest.inference_graph({"x": tf.constant(points)})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(6):
            session.run(train)
        error = np.abs(session.run(values) - numbers).mean()
    assert error < 0.15


def test_a_forest_shares_the_variables_of_another() -> None:
    points, labels = rings(4)
    first = tensor_forest.RandomForestGraphs(settings())
    second = tensor_forest.RandomForestGraphs(settings(), variables=first.variables)
    train = first.training_graph(tf.constant(points), tf.constant(labels))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(second.average_size()) == session.run(first.average_size()) > 1


def test_trees_of_tensorflow_are_refused() -> None:
    with pytest.raises(ValueError, match="checkpoints"):
        tensor_forest.RandomForestGraphs(settings(), tree_configs=["x"])


def test_impurity_is_that_of_labels_and_of_numbers() -> None:
    labels, weights = np.array([0, 0, 1, 1]), np.ones(4, np.float32)
    counts = statistics_of(labels, weights, 2, is_regression=False).sum(0)
    assert impurity(counts, is_regression=False) == 2.0  # four times 1 - 2 * 0.25
    numbers = statistics_of(np.array([1.0, 3.0, 1.0, 3.0]), weights, 3, is_regression=True).sum(0)
    assert impurity(numbers, is_regression=True) == 4.0  # four times the variance
