"""`tf.contrib.metrics`: values after several batches, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill import contrib
from tensormill.graph.tensor import Tensor

m = contrib.metrics
LABELS = np.array([0, 1, 1, 0, 1, 0], np.int64)
SCORES = np.array([0.1, 0.9, 0.35, 0.4, 0.8, 0.7], np.float32)
WEIGHTS = np.array([1, 2, 1, 0.5, 1, 3], np.float32)
THRESHOLDS = [0.2, 0.6]


def after(metric: tuple[Any, Any], batches: int = 1) -> Any:
    """Return the value of a metric after so many batches, which must be that of the update too."""
    value, update = metric
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for _ in range(batches):
            updated = session.run(update)
        made = session.run(value)
    if isinstance(update, Tensor) and updated.shape == made.shape:
        np.testing.assert_allclose(updated, made)
    return made


def area(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sum(np.abs(np.diff(x)) * (y[1:] + y[:-1]) / 2))


def test_predictions_come_first() -> None:
    is_positive = SCORES > 0.5
    assert after(m.streaming_true_positives(is_positive, LABELS)) == 2
    assert after(m.streaming_false_positives(is_positive, LABELS, WEIGHTS)) == 3
    assert after(m.streaming_precision(is_positive, LABELS), 2) == pytest.approx(2 / 3)
    assert after(m.streaming_mean_squared_error(SCORES, tf.zeros([6]))) == pytest.approx(
        np.mean(SCORES**2)
    )
    assert after(m.streaming_percentage_less(SCORES, 0.5)) == pytest.approx(0.5)
    value, _ = m.streaming_mean([1.0], name="mine", metrics_collections="values")
    assert value.op.name == "mine/value"
    assert tf.get_collection("values") == [value]


def test_rates_of_what_is_wrongly_predicted() -> None:
    is_positive = SCORES > 0.5
    assert after(m.streaming_false_positive_rate(is_positive, LABELS)) == pytest.approx(1 / 3)
    assert after(m.streaming_false_negative_rate(is_positive, LABELS)) == pytest.approx(1 / 3)
    nothing = np.zeros(6, bool)
    assert after(m.streaming_false_negative_rate(nothing, nothing)) == 0
    rates = after(m.streaming_false_positive_rate_at_thresholds(SCORES, LABELS, THRESHOLDS))
    np.testing.assert_allclose(rates, [2 / 3, 1 / 3], rtol=1e-6)
    rates = after(m.streaming_false_negative_rate_at_thresholds(SCORES, LABELS, THRESHOLDS))
    np.testing.assert_allclose(rates, [0, 1 / 3], rtol=1e-6)


def test_counts_at_thresholds_take_scores_of_any_range() -> None:
    scores = SCORES * 10 - 2
    counts = after(m.streaming_true_positives_at_thresholds(scores, LABELS, [0.0, 5.0]), 2)
    assert counts.tolist() == [6.0, 4.0]


@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_points_of_a_curve_fall_with_the_threshold(curve: str) -> None:
    points = after(m.streaming_curve_points(LABELS, SCORES, num_thresholds=5, curve=curve))
    assert points.shape == (5, 2)
    recall = points[:, 1 if curve == "ROC" else 0]
    np.testing.assert_allclose(recall, [1, 1, 2 / 3, 2 / 3, 0], atol=1e-5)
    with pytest.raises(ValueError, match="curve must be either ROC or PR"):
        m.streaming_curve_points(LABELS, SCORES, curve="XY")


def test_recall_and_precision_of_each_other() -> None:
    assert after(m.recall_at_precision(LABELS, SCORES, 0.6)) == pytest.approx(1.0, rel=1e-5)
    strict = m.recall_at_precision(LABELS, SCORES, 0.99, strict_mode=True)
    assert after(strict) == pytest.approx(1 / 3, rel=1e-5)
    assert after(m.precision_at_recall(LABELS, SCORES, 0.6)) == pytest.approx(1.0, rel=1e-5)
    assert after(m.f1_score(LABELS, SCORES)) == pytest.approx(0.8, rel=1e-5)
    for function in (m.recall_at_precision, m.precision_at_recall):
        with pytest.raises(ValueError, match="must be in the range"):
            function(LABELS, SCORES, 1.5)


def test_covariance_and_correlation_of_all_batches() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3, 4)).astype(np.float32)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).make_one_shot_iterator().get_next()
    covariance = m.streaming_covariance(*batches)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for _ in range(3):
            session.run(covariance[1])
        made = session.run(covariance[0])
    np.testing.assert_allclose(made, np.cov(x.ravel(), y.ravel())[0, 1], rtol=1e-5)
    repeated = after(m.streaming_pearson_correlation(x[0], y[0], WEIGHTS[:4]), 2)
    expected = np.cov(x[0], y[0], aweights=WEIGHTS[:4])
    expected = expected[0, 1] / np.sqrt(expected[0, 0] * expected[1, 1])
    np.testing.assert_allclose(repeated, expected, rtol=1e-5)
    assert np.isnan(after(m.streaming_covariance(tf.constant([1.0]), tf.constant([2.0]))))


@pytest.mark.parametrize(("axis", "size"), [(0, None), (1, None), (-1, 5), (0, 3)])
def test_values_are_kept_one_after_the_other(axis: int, size: int | None) -> None:
    values = np.arange(6).reshape(2, 3)
    expected = np.concatenate([values] * 3, axis)
    made = after(m.streaming_concat(tf.constant(values), axis, size), 3)
    np.testing.assert_array_equal(made, np.take(expected, range(made.shape[axis]), axis))
    assert made.shape[axis] == (size or expected.shape[axis])


def test_values_of_unknown_shape_cannot_be_kept() -> None:
    for shape, text in ((None, "known rank"), ([2, None], "statically known size")):
        with pytest.raises(ValueError, match=text):
            m.streaming_concat(tf.placeholder(tf.float32, shape))
    with pytest.raises(ValueError, match="not in"):
        m.streaming_concat(tf.ones([2]), axis=1)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_exact_area_under_the_curve(weights: np.ndarray | None) -> None:
    order = np.argsort(-SCORES)
    amounts = np.ones(6) if weights is None else weights
    true = np.r_[0, np.cumsum((amounts * LABELS)[order])]
    false = np.r_[0, np.cumsum((amounts * (1 - LABELS))[order])]
    given = (tf.constant(LABELS), tf.constant(SCORES))
    made = after(m.streaming_dynamic_auc(*given, weights=weights), 2)
    np.testing.assert_allclose(made, area(false / false[-1], true / true[-1]))
    precision = np.r_[1, true[1:] / (true + false)[1:]]
    made = after(m.streaming_dynamic_auc(*given, "PR", weights=weights))
    np.testing.assert_allclose(made, area(true / true[-1], precision))


def test_one_class_alone_has_no_area() -> None:
    assert after(m.streaming_dynamic_auc(tf.constant([1, 1]), tf.constant([0.5, 0.6]))) == 0


def test_precision_and_recall_at_equal_thresholds() -> None:
    result, update = m.precision_recall_at_equal_thresholds(
        LABELS.astype(bool), tf.constant(SCORES), num_thresholds=5
    )
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(update)
        made = session.run(result)
    assert made.tp.tolist() == [3, 3, 2, 2, 0]
    assert made.fp.tolist() == [3, 2, 1, 0, 0]
    np.testing.assert_allclose(made.recall, [1, 1, 2 / 3, 2 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(made.thresholds, [0, 0.25, 0.5, 0.75, 1])
    with pytest.raises(TypeError, match="bool"):
        m.precision_recall_at_equal_thresholds(tf.constant(LABELS), tf.constant(SCORES))


def test_the_area_from_histograms_is_near_the_exact_one() -> None:
    metric = m.auc_using_histogram(LABELS.astype(bool), SCORES, [0.0, 1.0], nbins=200)
    assert after(metric) == pytest.approx(7 / 9, abs=0.01)


def test_agreement_beyond_chance() -> None:
    labels, predictions = tf.constant([0, 1, 2, 2, 1]), tf.constant([0, 1, 2, 1, 1])
    assert after(m.cohen_kappa(labels, predictions, 3), 2) == pytest.approx((0.8 - 0.36) / 0.64)
    with pytest.raises(ValueError, match="must be >= 2"):
        m.cohen_kappa(labels, predictions, 1)


def test_numbers_of_values_and_accuracy_of_a_batch() -> None:
    assert after(m.count(tf.constant([1.0, 2.0])), 3) == 6
    assert after(m.count(tf.constant([1.0, 2.0]), tf.constant([0.5, 1.0])), 2) == 3
    labels, predictions = tf.constant([1, 2, 3]), tf.constant([1, 2, 0])
    with tf.Session() as session:
        assert session.run(m.accuracy(predictions, labels)) == pytest.approx(2 / 3)
        weighted = m.accuracy(predictions, labels, weights=tf.constant([1.0, 0.0, 1.0]))
        assert session.run(weighted) == pytest.approx(1 / 2)
    with pytest.raises(ValueError, match="should match"):
        m.accuracy(predictions, tf.cast(labels, tf.int64))


def test_classes_among_the_best() -> None:
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], np.float32)
    assert after(m.streaming_recall_at_k(scores, [2, 2], 1)) == 0
    assert after(m.streaming_recall_at_k(scores, [2, 2], 2)) == 1
    best, right = tf.constant([[1, 2], [0, 2]], tf.int64), tf.constant([[2], [0]], tf.int64)
    assert after(m.streaming_sparse_precision_at_top_k(best, right)) == 0.5
    assert after(m.sparse_recall_at_top_k(right, best)) == 1
    assert after(m.streaming_sparse_average_precision_at_top_k(best, right)) == 0.75


def test_metrics_are_put_together() -> None:
    values, updates = m.aggregate_metrics((1, 2), (3, 4))
    assert (values, updates) == ([1, 3], [2, 4])
    assert m.aggregate_metric_map({"a": (1, 2)}) == ({"a": 1}, {"a": 2})
    with pytest.raises(ValueError, match="at least one"):
        m.aggregate_metrics()
