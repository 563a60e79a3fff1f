"""Estimators of boosted trees: TensorFlow's published figures, and what must agree with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.proto.boosted_trees_pb2 import TreeEnsemble

FEATURES = {
    "f_0": np.array([12.5, 1.0, -2.001, -2.0001, -1.999], np.float32),
    "f_1": np.array([2.0, -3.0, 0.5, 0.0, 0.4995], np.float32),
    "f_2": np.array([3.0, 20.0, 50.0, -100.0, 102.75], np.float32),
}
LABELS = np.array([0, 1, 1, 0, 0])
NUMBERS = np.array([1.5, 0.3, 0.2, 2.0, 5.0], np.float32)
NUMERIC = [tf.feature_column.numeric_column(name) for name in FEATURES]
BUCKETIZED = [tf.feature_column.bucketized_column(each, [-2.0, 0.5, 12.0]) for each in NUMERIC]


def whole(labels: Any = LABELS, repeat: bool = True) -> Callable[[], Any]:
    """Return an input function of one batch, of a shape that the graph knows."""

    def input_fn() -> Any:
        dataset = tf.data.Dataset.from_tensors((FEATURES, labels))
        return dataset.repeat() if repeat else dataset

    return input_fn


def trees_of(estimator: Any) -> TreeEnsemble:
    content = tf.train.load_variable(estimator.model_dir, "boosted_trees:0_serialized")
    message: TreeEnsemble = TreeEnsemble.FromString(content)
    return message


def assert_same_tree(tree: Any, other: Any) -> None:
    """Expect the same splits, and leaves but for rounding."""
    for node, wanted in zip(tree.nodes, other.nodes, strict=True):
        assert node.bucketized_split == wanted.bucketized_split
        assert node.leaf.scalar == pytest.approx(wanted.leaf.scalar, rel=1e-4, abs=1e-6)


def classes(estimator: Any) -> list[int]:
    found = estimator.predict(whole(repeat=False))
    return [int(each["class_ids"][0]) for each in found]


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def classifier(columns: Any = BUCKETIZED, batches: int = 1, **arguments: Any) -> Any:
    given = {"n_trees": 1, "max_depth": 5, "model_dir": "classifier", **arguments}
    return tf.estimator.BoostedTreesClassifier(columns, batches, **given)


def test_one_tree_of_buckets() -> None:
    made = classifier()
    made.train(whole(), steps=100)
    result = made.evaluate(whole(repeat=False), steps=1)
    assert result["accuracy"] == 1.0
    assert result["global_step"] == 5
    message = trees_of(made)
    assert message.growing_metadata.num_layers_attempted == 5
    assert [each.is_finalized for each in message.tree_metadata] == [True, False]
    assert classes(made) == [0, 1, 1, 0, 0]


def test_numbers_get_buckets_of_their_own() -> None:
    made = classifier(NUMERIC, quantile_sketch_epsilon=0.33)
    made.train(whole(), steps=100)
    assert made.evaluate(whole(repeat=False), steps=1)["accuracy"] == 1.0
    assert classes(made) == [0, 1, 1, 0, 0]
    name = "boosted_trees/QuantileAccumulator:0_bucket_boundaries_"
    edges = [tf.train.load_variable(made.model_dir, f"{name}{each}") for each in range(3)]
    expected = [[-2.001, -1.999, 12.5], [-3.0, 0.4995, 2.0], [-100.0, 20.0, 102.75]]
    np.testing.assert_allclose(edges, expected, rtol=1e-6)


def test_labels_may_be_words() -> None:
    words = np.array(["no", "yes", "yes", "no", "no"])
    made = classifier(label_vocabulary=["no", "yes"])
    made.train(whole(words), steps=100)
    assert made.evaluate(whole(words, repeat=False), steps=1)["accuracy"] == 1.0
    found = [each["classes"][0] for each in made.predict(whole(words, repeat=False))]
    assert found == [b"no", b"yes", b"yes", b"no", b"no"]


def test_a_layer_takes_so_many_batches() -> None:
    def halves() -> Any:
        return tf.data.Dataset.from_tensor_slices((FEATURES, LABELS)).batch(3).repeat()

    # Two batches of different sizes have the means of their examples' sums each.
    made = classifier(batches=2, max_depth=2, n_trees=2)
    made.train(halves, steps=100)
    message = trees_of(made)
    assert message.growing_metadata.num_layers_attempted == 4
    assert tf.train.load_variable(made.model_dir, "global_step") == 8


@pytest.mark.parametrize("center_bias", [False, True])
def test_memory_changes_nothing_but_time(center_bias: bool) -> None:
    # So many examples that no two splits have one gain, between which rounding would choose.
    random = np.random.RandomState(0)
    features = {name: random.uniform(-4, 14, 200).astype(np.float32) for name in FEATURES}
    labels = (features["f_0"] + features["f_1"] + random.normal(0, 6, 200) > 8).astype(np.int64)

    def input_fn() -> Any:
        return tf.data.Dataset.from_tensors((features, labels)).repeat()

    given = {"n_trees": 3, "max_depth": 2, "center_bias": center_bias}
    plain = classifier(model_dir="plain", **given)
    kept = classifier(model_dir="kept", train_in_memory=True, **given)
    for each in (plain, kept):
        each.train(input_fn, steps=100)
    for tree, other in zip(trees_of(plain).trees, trees_of(kept).trees, strict=True):
        assert_same_tree(tree, other)
    assert len(trees_of(plain).trees) == 4


def test_weights_count_as_examples() -> None:
    weights = np.array([1, 3, 1, 2, 1], np.float32)

    def weighted() -> Any:
        return tf.data.Dataset.from_tensors(({**FEATURES, "w": weights}, LABELS)).repeat()

    def repeated() -> Any:
        times = weights.astype(int)
        features = {name: np.repeat(each, times) for name, each in FEATURES.items()}
        return tf.data.Dataset.from_tensors((features, np.repeat(LABELS, times))).repeat()

    given = {"n_trees": 2, "max_depth": 2, "min_node_weight": 0.01}
    with_weights = classifier(model_dir="weighted", weight_column="w", **given)
    with_weights.train(weighted, steps=100)
    without = classifier(model_dir="repeated", **given)
    without.train(repeated, steps=100)
    found, expected = trees_of(with_weights), trees_of(without)
    for tree, other in zip(found.trees, expected.trees, strict=True):
        assert_same_tree(tree, other)


def test_a_regressor_nears_the_labels() -> None:
    made = tf.estimator.BoostedTreesRegressor(
        BUCKETIZED, 1, model_dir="regressor", n_trees=1, max_depth=5, learning_rate=1.0
    )
    made.train(whole(NUMBERS), steps=100)
    found = [each["predictions"][0] for each in made.predict(whole(NUMBERS, repeat=False))]
    # No leaf holds two of the examples, and a whole step leads to the label.
    np.testing.assert_allclose(found, NUMBERS, rtol=1e-5)
    assert made.evaluate(whole(NUMBERS, repeat=False))["average_loss"] == pytest.approx(0, abs=1e-9)


def test_the_bias_is_the_mean_of_the_labels() -> None:
    made = tf.estimator.BoostedTreesRegressor(
        BUCKETIZED, 1, model_dir="regressor", n_trees=2, max_depth=2, center_bias=True
    )
    made.train(whole(NUMBERS), steps=100)
    explained = list(made.experimental_predict_with_explanations(whole(NUMBERS, repeat=False)))
    for each in explained:
        assert each["bias"] == pytest.approx(NUMBERS.mean(), rel=1e-5)
        assert each["bias"] + sum(each["dfc"].values()) == pytest.approx(each["predictions"][0])
        assert set(each["dfc"]) == {"f_0_bucketized", "f_1_bucketized", "f_2_bucketized"}
        sizes = np.abs(list(each["dfc"].values()))
        assert list(sizes) == sorted(sizes, reverse=True)
    keys = next(
        made.experimental_predict_with_explanations(
            whole(NUMBERS, repeat=False), predict_keys=["predictions"]
        )
    )
    assert set(keys) == {"predictions", "bias", "dfc"}


def test_explanations_of_a_classifier_add_up_to_its_probability() -> None:
    made = classifier(center_bias=True, max_depth=2, n_trees=2)
    made.train(whole(), steps=100)
    for each in made.experimental_predict_with_explanations(whole(repeat=False)):
        assert each["bias"] == pytest.approx(LABELS.mean(), rel=1e-2)
        total = each["bias"] + sum(each["dfc"].values())
        assert total == pytest.approx(each["probabilities"][1], rel=1e-5)


def test_importances_are_gains_of_splits() -> None:
    made = classifier()
    made.train(whole(), steps=100)
    gains = made.experimental_feature_importances()
    message = trees_of(made)
    assert sum(gains.values()) == pytest.approx(
        sum(node.metadata.gain for tree in message.trees for node in tree.nodes)
    )
    shares = made.experimental_feature_importances(normalize=True)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares) == list(gains)


@pytest.mark.parametrize("mode", ["pre", "post"])
def test_pruned_trees_have_no_splits_that_gain_nothing(mode: str) -> None:
    made = classifier(pruning_mode=mode, tree_complexity=1e-3)
    made.train(whole(), steps=100)
    nodes = [node for tree in trees_of(made).trees for node in tree.nodes]
    splits = [node for node in nodes if node.WhichOneof("node") != "leaf"]
    # The last split of a way gains something; one before it may not, when trees are pruned late.
    lowest = [
        node
        for node in splits
        if all(
            nodes[child].WhichOneof("node") == "leaf"
            for child in (node.bucketized_split.left_id, node.bucketized_split.right_id)
        )
    ]
    assert lowest
    assert all(node.metadata.gain >= 0 for node in (splits if mode == "pre" else lowest))


def test_words_are_features_by_indicators() -> None:
    words = tf.feature_column.indicator_column(
        tf.feature_column.categorical_column_with_vocabulary_list("word", ["a", "b", "c"])
    )
    features = {"word": np.array(["a", "b", "c", "b", "a"])}
    labels = np.array([0, 1, 0, 1, 0])

    def input_fn() -> Any:
        return tf.data.Dataset.from_tensors((features, labels)).repeat()

    made = classifier([words], max_depth=2)
    made.train(input_fn, steps=10)
    assert made.evaluate(input_fn, steps=1)["accuracy"] == 1.0
    # The three features of an indicator are one column.
    assert made.experimental_feature_importances(normalize=True) == {"word": 1.0}


def test_training_goes_on_from_a_checkpoint() -> None:
    at_once = classifier(model_dir="at_once", n_trees=3, max_depth=2)
    at_once.train(whole(), steps=100)
    in_parts = classifier(model_dir="in_parts", n_trees=3, max_depth=2)
    for _ in range(3):
        in_parts.train(whole(), steps=2)
    assert trees_of(at_once).trees == trees_of(in_parts).trees


def test_a_model_is_exported_and_served() -> None:
    made = classifier()
    made.train(whole(), steps=100)
    specs = tf.feature_column.make_parse_example_spec(BUCKETIZED)
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(specs)
    path = made.export_saved_model("exported", receiver).decode()
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    name: tf.train.Feature(float_list=tf.train.FloatList(value=[values[row]]))
                    for name, values in FEATURES.items()
                }
            )
        ).SerializeToString()
        for row in range(5)
    ]
    served = tf.contrib.predictor.from_saved_model(path)({"inputs": examples})
    assert served["scores"].argmax(axis=1).tolist() == [0, 1, 1, 0, 0]


def test_any_head_of_one_logit() -> None:
    head = tf.contrib.estimator.regression_head(
        loss_reduction=tf.losses.Reduction.SUM_OVER_BATCH_SIZE
    )
    made = tf.estimator.BoostedTreesEstimator(
        BUCKETIZED, 1, head, model_dir="any", n_trees=1, max_depth=5, learning_rate=1.0
    )
    made.train(whole(NUMBERS), steps=100)
    found = [each["predictions"][0] for each in made.predict(whole(NUMBERS, repeat=False))]
    np.testing.assert_allclose(found, NUMBERS, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_classes": 3}, "only binary classification"),
        (
            {"columns": [tf.feature_column.categorical_column_with_identity("f", 3)]},
            "(?i)column",
        ),
    ],
)
def test_models_that_cannot_be_made(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classifier(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tree_complexity": 1.0}, "no effect unless pruning mode is chosen"),
        ({"pruning_mode": "post"}, "tree_complexity must be positive"),
        ({"pruning_mode": "some", "tree_complexity": 1.0}, "must be one of: none, post, pre"),
        ({"train_in_memory": True, "batches": 2}, "n_batches_per_layer should be set as 1"),
    ],
)
def test_settings_that_do_not_go_together(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classifier(**arguments).train(whole(), steps=1)


def test_explanations_need_a_bias() -> None:
    with pytest.raises(ValueError, match="center_bias must be enabled"):
        next(classifier().experimental_predict_with_explanations(whole(repeat=False)))


def test_a_regressor_has_one_dimension() -> None:
    with pytest.raises(ValueError, match="only 1 dimension"):
        tf.estimator.BoostedTreesRegressor(BUCKETIZED, 1, label_dimension=2)
