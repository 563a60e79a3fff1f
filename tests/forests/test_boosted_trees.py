"""Boosted trees of contrib: what a layer does, and estimators that learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.contrib.boosted_trees.estimator_batch import estimator as boosted
from tensormill.contrib.boosted_trees.proto import learner_pb2
from tensormill.forests.boosting import BoostedArrays, BoostingRules, grow_layer

DEFAULTS = {
    "examples_per_layer": 4, "num_trees": None, "max_depth": 2, "learning_rate": 0.5, "l1": 0.0,
    "l2": 0.0, "complexity": 0.0, "min_node_weight": 0.0, "by_layer": True, "by_class": False,
    "tree_fraction": 1.0, "level_fraction": 1.0, "centers": False,
}  # fmt: skip

X = np.float32([[0, 5], [1, 5], [2, 5], [3, 5]])
Y = np.float32([[-1], [-1], [1], [3]])
ONES = np.ones([4, 1], np.float32)


def prediction(arrays: BoostedArrays, x: Any) -> Any:
    """Return what the trees that count say of examples, found one by one."""
    found = np.zeros([len(x), arrays.value.shape[1]])
    for row, example in enumerate(x):
        for root in arrays.roots:
            node = int(root)
            while arrays.left[node]:
                right = example[arrays.feature[node]] > arrays.threshold[node]
                node = int(arrays.left[node]) + int(right)
            found[row] += arrays.value[node]
    return found


def grown(times: int, y: Any = Y, **changed: Any) -> BoostedArrays:
    rules = BoostingRules(**{**DEFAULTS, **changed})
    arrays = BoostedArrays.empty(2, y.shape[1])
    random = np.random.default_rng(0)
    for _ in range(times):
        gradients = prediction(arrays, X) - y
        grow_layer(arrays, X, gradients.astype(np.float32), np.ones_like(y), rules, random)
    return arrays


def test_a_layer_splits_where_the_loss_falls_most() -> None:
    arrays = grown(1)
    assert arrays.feature[0] == 0
    assert arrays.threshold[0] == 1.0
    assert np.allclose(prediction(arrays, X), [[-0.5], [-0.5], [1.0], [1.0]])
    assert arrays.state.tolist() == [0, 1, 0, 1]


def test_the_next_layer_adds_to_what_the_leaves_say() -> None:
    arrays = grown(2)
    # The rest of each example is halved: -0.5, -0.5, 0 and 2.
    assert np.allclose(prediction(arrays, X)[2:], [[1.0], [2.0]])
    assert arrays.state.tolist() == [-1, 2, 1, 2]


def test_a_whole_tree_counts_when_it_is_done() -> None:
    assert not len(grown(1, by_layer=False).roots)
    arrays = grown(2, by_layer=False)
    assert arrays.roots.tolist() == [0]
    assert np.allclose(prediction(arrays, X), [[-0.5], [-0.5], [0.5], [1.5]])


def test_regularization_holds_splits_back() -> None:
    assert np.allclose(prediction(grown(1, l2=2.0), X), [[-0.25], [-0.25], [0.5], [0.5]])
    assert np.allclose(prediction(grown(1, l1=1.0), X), [[-0.25], [-0.25], [0.75], [0.75]])
    for hindrance in ({"complexity": 100.0}, {"min_node_weight": 3.0}):
        arrays = grown(1, **hindrance)
        assert not arrays.left.any()
        assert arrays.state[2] == 1  # a tree that cannot be split is done


def test_a_layer_waits_for_its_examples() -> None:
    arrays = grown(1, examples_per_layer=6)
    assert not len(arrays.value)
    assert len(arrays.examples) == 4
    assert len(grown(2, examples_per_layer=6).examples) == 0


def test_the_mean_is_fitted_first() -> None:
    assert np.allclose(prediction(grown(1, centers=True), X), 0.5)


def test_no_more_trees_grow_than_wanted() -> None:
    arrays = grown(10, num_trees=2)
    assert arrays.state[2] == 2
    assert len(arrays.roots) == 2


def test_trees_are_for_one_class_in_turn() -> None:
    y = np.concatenate([Y, -Y], axis=1)
    first, second = grown(1, y, by_class=True), grown(3, y, by_class=True)
    assert not prediction(first, X)[:, 1].any()
    assert prediction(second, X)[:, 1].any()


def clusters(count: int) -> tuple[Any, Any]:
    draw = np.random.default_rng(3)
    y = draw.integers(3, size=count).astype(np.int32)
    centers = np.float32([[0, 0, 0], [2, 0, 1], [0, 2, -1]])
    return (centers[y] + 0.4 * draw.normal(size=(count, 3))).astype(np.float32), y


def config(**changed: Any) -> Any:
    made = learner_pb2.LearnerConfig(**changed)
    made.learning_rate_tuner.fixed.learning_rate = 0.3
    made.regularization.l2 = 1.0 / 200
    made.constraints.max_tree_depth = 3
    return made


def inputs(x: Any, y: Any, epochs: int | None) -> Any:
    return tf.estimator.inputs.numpy_input_fn(
        {"x": x}, y, batch_size=200, num_epochs=epochs, shuffle=False
    )


@pytest.mark.parametrize("strategy", ["DIAGONAL_HESSIAN", "TREE_PER_CLASS"])
def test_a_classifier_learns_and_stops_after_its_trees(tmp_path: Any, strategy: str) -> None:
    x, y = clusters(400)
    model = boosted.GradientBoostedDecisionTreeClassifier(
        learner_config=config(
            multi_class_strategy=getattr(learner_pb2.LearnerConfig, strategy),
            growing_mode=learner_pb2.LearnerConfig.LAYER_BY_LAYER,
        ),
        n_classes=3,
        examples_per_layer=200,
        num_trees=6,
        center_bias=False,
        model_dir=str(tmp_path),
        config=tf.contrib.learn.RunConfig(save_checkpoints_secs=300),
    )
    model.fit(input_fn=inputs(x, y, None), max_steps=500)
    assert model.get_variable_value("boosted_trees/state")[2] == 6
    found = model.evaluate(input_fn=inputs(x, y, 1))
    assert found["accuracy"] > 0.95
    assert found["global_step"] < 30
    classes = [each["classes"] for each in model.predict(input_fn=inputs(x, None, 1))]
    assert np.mean(np.array(classes) == y) > 0.95


def test_two_classes_and_numbers_are_learned(tmp_path: Any) -> None:
    x, y = clusters(400)
    two = boosted.GradientBoostedDecisionTreeClassifier(
        config(), 200, num_trees=4, model_dir=str(tmp_path / "two")
    )
    two.fit(input_fn=inputs(x, (y > 0).astype(np.int32), None), max_steps=500)
    assert two.evaluate(input_fn=inputs(x, (y > 0).astype(np.int32), 1))["accuracy"] > 0.9
    numbers = (x[:, :1] ** 2 + x[:, 1:2]).astype(np.float32)
    regressor = boosted.GradientBoostedDecisionTreeRegressor(
        config(), 200, num_trees=12, model_dir=str(tmp_path / "numbers")
    )
    regressor.fit(input_fn=inputs(x, numbers, None), max_steps=500)
    assert regressor.evaluate(input_fn=inputs(x, numbers, 1))["loss"] < 0.25 * numbers.var()


def test_what_is_lacking_is_named() -> None:
    for changed, says in (
        ({"multi_class_strategy": learner_pb2.LearnerConfig.FULL_HESSIAN}, "FULL_HESSIAN"),
        ({"averaging_config": {"average_last_n_trees": 2}}, "averaging_config"),
    ):
        with pytest.raises(tf.errors.UnimplementedError, match=says):
            boosted.GradientBoostedDecisionTreeClassifier(config(**changed), 10)
    with pytest.raises(ValueError, match=r"n_classes \(3\) doesn't match learner_config \(5\)"):
        boosted.GradientBoostedDecisionTreeClassifier(config(num_classes=5), 10, n_classes=3)
    wrong = config()
    wrong.learning_rate_tuner.dropout.learning_rate = 1.0
    with pytest.raises(tf.errors.UnimplementedError, match=r"learning_rate_tuner\.dropout"):
        boosted.GradientBoostedDecisionTreeRegressor(wrong, 10)
