"""Heads: loss, predictions, metrics and summaries from logits that are given."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

contrib = tf.contrib.estimator
LOGITS = np.float32([[1.0], [-2.0], [0.5]])
BINARY = np.array([[1], [1], [0]])


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def evaluated(head, logits, labels, features=None):
    spec = head.create_estimator_spec(features or {}, "eval", tf.constant(logits), labels)
    with tf.Session() as session:
        session.run([tf.local_variables_initializer(), tf.tables_initializer()])
        session.run([update for _, update in spec.eval_metric_ops.values()])
        values = {name: value for name, (value, _) in spec.eval_metric_ops.items()}
        return session.run([spec.loss, values])


def test_a_binary_head_evaluates_all_its_metrics():
    head = contrib.binary_classification_head(thresholds=[0.6], name="h")
    loss, metrics = evaluated(head, LOGITS, tf.constant(BINARY))
    p = sigmoid(LOGITS)
    losses = -np.where(BINARY == 1, np.log(p), np.log(1 - p))
    np.testing.assert_allclose(loss, losses.mean(), rtol=1e-5)
    assert {key: round(float(value), 4) for key, value in metrics.items()} == {
        "accuracy/h": 0.3333,
        "accuracy_baseline/h": 0.6667,
        "auc/h": 0.5,
        "auc_precision_recall/h": pytest.approx(0.7986, abs=0.05),
        "average_loss/h": round(float(losses.mean()), 4),
        "label/mean/h": 0.6667,
        "precision/h": 0.5,
        "prediction/mean/h": round(float(p.mean()), 4),
        "recall/h": 0.5,
        "accuracy/positive_threshold_0.6/h": 0.3333,
        "precision/positive_threshold_0.6/h": 0.5,
        "recall/positive_threshold_0.6/h": 0.5,
    }


def test_weights_count_in_loss_and_metrics():
    head = tf.contrib.estimator.regression_head(weight_column="w", loss_reduction="weighted_sum")
    features = {"w": tf.constant([[1.0], [2.0], [0.0]])}
    loss, metrics = evaluated(head, LOGITS, tf.constant([[0.0], [0.0], [9.0]]), features)
    np.testing.assert_allclose(loss, 1.0 + 2 * 4.0)
    np.testing.assert_allclose(metrics["average_loss"], 3.0)
    np.testing.assert_allclose(metrics["prediction/mean"], -1.0)


def test_a_multi_class_head_knows_names():
    head = contrib.multi_class_head(3, label_vocabulary=["a", "b", "c"])
    logits = np.float32([[2, 0, 0], [0, 0, 3]])
    loss, metrics = evaluated(head, logits, tf.constant([["a"], ["b"]]))
    expected = [np.log(np.exp(row).sum()) - row[i] for row, i in zip(logits, [0, 1], strict=True)]
    np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-5)
    assert metrics["accuracy"] == 0.5
    spec = head.create_estimator_spec({}, "infer", tf.constant(logits))
    assert sorted(spec.export_outputs) == ["classification", "predict", "serving_default"]
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        found = session.run(spec.predictions)
    assert found["classes"].tolist() == [[b"a"], [b"c"]]
    assert found["all_classes"].tolist() == [[b"a", b"b", b"c"]] * 2


def test_a_multi_label_head_takes_sparse_labels():
    labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([0, 2, 1]), [2, 2])
    head = contrib.multi_label_head(3, classes_for_class_based_metrics=[1])
    logits = np.float32([[1, -1, 0], [0, 2, -2]])
    loss, metrics = evaluated(head, logits, labels)
    hot = np.array([[1, 0, 1], [0, 1, 0]])
    p = sigmoid(logits)
    np.testing.assert_allclose(
        loss, -np.where(hot == 1, np.log(p), np.log(1 - p)).mean(), rtol=1e-5
    )
    np.testing.assert_allclose(metrics["probability_mean/class1"], p[:, 1].mean(), rtol=1e-5)
    assert {"auc", "auc_precision_recall", "auc/class1"} <= set(metrics)


def test_links_turn_logits_into_predictions():
    logits = tf.constant([[0.5]])
    poisson = contrib.poisson_regression_head().create_estimator_spec({}, "infer", logits)
    logistic = contrib.logistic_regression_head().create_estimator_spec({}, "infer", logits)
    with tf.Session() as session:
        counts, odds = session.run([poisson.predictions, logistic.predictions])
    np.testing.assert_allclose(counts["predictions"], np.exp([[0.5]]), rtol=1e-6)
    np.testing.assert_allclose(odds["predictions"], sigmoid(np.array([[0.5]])), rtol=1e-6)


def test_training_summarizes_the_loss_and_its_mean():
    head = tf.contrib.estimator.regression_head(loss_reduction="weighted_sum", name="h")
    spec = head.create_estimator_spec(
        {}, "train", tf.constant(LOGITS), tf.constant(LOGITS), train_op_fn=lambda loss: tf.no_op(),
        regularization_losses=[tf.constant(2.0)],
    )  # fmt: skip
    assert [t.op.name for t in tf.get_collection(tf.GraphKeys.SUMMARIES)] == [
        "loss/h",
        "average_loss/h",
        "regularization_loss/h",
    ]
    with tf.Session() as session:
        assert session.run(spec.loss) == 2.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: contrib.multi_class_head(2), "n_classes must be > 2: 2"),
        (lambda: contrib.regression_head(label_dimension=0), "Invalid label_dimension 0"),
        (lambda: contrib.regression_head(loss_reduction="none"), "Invalid loss_reduction: none"),
        (lambda: contrib.regression_head(loss_fn=lambda a: a), "loss_fn must contain argument"),
        (lambda: contrib.binary_classification_head(thresholds=[1.0]), "thresholds not in"),
        (lambda: contrib.multi_label_head(1), "n_classes must be > 1"),
        (lambda: contrib.multi_label_head(2, label_vocabulary=["a"]), "must be n_classes"),
    ],
)
def test_heads_refuse_arguments_that_make_no_sense(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_labels_must_fit_the_logits():
    head = contrib.binary_classification_head()
    with pytest.raises(ValueError, match="You must provide a labels Tensor"):
        head.create_loss({}, "train", tf.constant(LOGITS), None)
    with pytest.raises(ValueError, match="Expected labels dimension=1"):
        head.create_loss({}, "train", tf.constant(LOGITS), tf.zeros([3, 2]))
    labels = tf.placeholder_with_default([[2], [0], [0]], [3, 1])
    spec = head.create_loss({}, "train", tf.constant(LOGITS), labels)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="n_classes"):
        session.run(spec.training_loss)


def test_several_heads_share_a_model(tmp_path):
    heads = tf.estimator.MultiHead(
        [tf.estimator.RegressionHead(name="a"), tf.estimator.BinaryClassHead(name="b")], [1.0, 2.0]
    )
    assert (heads.name, heads.logits_dimension) == ("a_b", 2)
    features = {"x": np.float32([[1.0], [2.0]])}
    labels = {"a": np.float32([[1.0], [3.0]]), "b": np.array([[0], [1]])}
    model = tf.estimator.DNNEstimator(
        heads, [2], [tf.feature_column.numeric_column("x")], str(tmp_path)
    )
    inputs = tf.estimator.inputs.numpy_input_fn(features, labels, num_epochs=None, shuffle=False)
    model.train(inputs, steps=2)
    metrics = model.evaluate(inputs, steps=1)
    assert {"loss/a", "loss/b", "average_loss/a", "accuracy/b"} <= set(metrics)
    np.testing.assert_allclose(
        metrics["loss"], metrics["loss/a"] + 2 * metrics["loss/b"], rtol=1e-5
    )
    assert ("b", "probabilities") in next(model.predict(inputs))
    spec = heads.create_estimator_spec({}, "infer", tf.zeros([1, 2]))
    assert {"serving_default", "predict", "a", "b", "b/classification"} <= set(spec.export_outputs)
    assert sorted(spec.export_outputs["predict"].outputs)[:2] == [
        "a/predictions",
        "b/all_class_ids",
    ]


def test_several_heads_need_names_of_their_own():
    head = tf.estimator.RegressionHead(name="a")
    with pytest.raises(ValueError, match="must have name specified"):
        tf.estimator.MultiHead([tf.estimator.RegressionHead()])
    with pytest.raises(ValueError, match="must have the same size"):
        tf.estimator.MultiHead([head], [1.0, 2.0])
    with pytest.raises(ValueError, match="should equal 1 but is 3"):
        tf.estimator.MultiHead([head]).create_estimator_spec({}, "infer", tf.zeros([1, 3]))


def test_heads_have_the_reductions_of_keras():
    loss = [
        make(loss_reduction=kind).create_loss({}, "eval", tf.constant(LOGITS), tf.zeros([3, 1]))[0]
        for make in (tf.estimator.RegressionHead, tf.estimator.PoissonRegressionHead)
        for kind in ("sum", "sum_over_batch_size")
    ]
    with tf.Session() as session:
        found = session.run(loss)
    np.testing.assert_allclose(found[::2], [5.25, np.exp(LOGITS).sum()], rtol=1e-5)
    np.testing.assert_allclose(found[1::2], np.divide(found[::2], 3), rtol=1e-5)
    with pytest.raises(ValueError, match="Invalid loss_reduction: x"):
        tf.estimator.LogisticRegressionHead(loss_reduction="x")


def test_a_head_takes_an_optimizer_of_keras():
    head = tf.estimator.MultiClassHead(3)
    x, labels = tf.constant([[1.0], [2.0]]), tf.constant([[1], [2]])
    with tf.variable_scope("model", use_resource=True):
        logits = tf.layers.dense(x, 3, kernel_initializer="ones")
    optimizer = tf.keras.optimizers.SGD(0.1)
    with pytest.raises(ValueError, match="trainable_variables cannot be None"):
        head.create_estimator_spec({}, "train", logits, labels, optimizer=optimizer)
    spec = head.create_estimator_spec(
        {}, "train", logits, labels, optimizer=optimizer,
        trainable_variables=tf.trainable_variables(),
    )  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(spec.loss)
        session.run(spec.train_op)
        assert session.run(spec.loss) < before


def test_several_heads_add_losses_of_regularization():
    heads = tf.estimator.MultiHead([tf.estimator.RegressionHead(name="a")])
    labels = {"a": tf.constant([[1.0]])}
    given = {"regularization_losses": [tf.constant(2.0), tf.constant(3.0)]}
    train = heads.create_estimator_spec(
        {}, "train", tf.constant([[1.0]]), labels, train_op_fn=tf.identity, **given
    )
    evaluation = heads.create_estimator_spec({}, "eval", tf.constant([[1.0]]), labels, **given)
    value, update = evaluation.eval_metric_ops["regularization_loss/a"]
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run([train.loss, train.train_op, evaluation.loss, update]) == [5.0] * 4
        assert session.run(value) == 5.0
