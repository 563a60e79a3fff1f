"""`tf.metrics` in real TensorFlow and here: values after several batches, names of variables."""

import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(1)
labels = tf.placeholder(tf.float32, [None])
predictions = tf.placeholder(tf.float32, [None])
weights = tf.placeholder(tf.float32, [None])
classes = tf.placeholder(tf.int64, [None])
m = tf.metrics
made = [
    m.accuracy(classes, tf.cast(labels, tf.int64)),
    m.accuracy(classes, tf.cast(labels, tf.int64), weights=weights, name="weighted"),
    m.mean(predictions), m.mean(predictions, weights),
    m.mean_squared_error(labels, predictions), m.root_mean_squared_error(labels, predictions),
    m.mean_absolute_error(labels, predictions, weights),
    m.mean_relative_error(labels, predictions, labels),
    m.percentage_below(predictions, 0.5),
    m.true_positives(labels, predictions > 0.5), m.false_negatives(labels, predictions > 0.5),
    m.precision(labels, predictions > 0.5), m.recall(labels, predictions > 0.5, weights),
    m.auc(labels, predictions), m.auc(labels, predictions, weights, curve="PR", num_thresholds=20),
    m.precision_at_thresholds(labels, predictions, [0.2, 0.7]),
    m.recall_at_thresholds(labels, predictions, [0.2, 0.7]),
]
steps = []
with tf.Session() as session:
    session.run(tf.local_variables_initializer())
    for _ in range(3):
        feed = {
            labels: (rng.rand(6) > 0.5).astype("f"), predictions: rng.rand(6),
            weights: rng.rand(6), classes: rng.randint(0, 2, 6),
        }
        steps.append(session.run([update for _, update in made], feed))
    steps.append(session.run([value for value, _ in made]))
result = [steps, [v.op.name for v in tf.local_variables()],
          [v.name for v, _ in made], [u.name for _, u in made]]
"""


_RANKING = """
rng = np.random.RandomState(1)
labels = tf.placeholder(tf.int64, [None, 2])
single = tf.placeholder(tf.int64, [None])
predictions = tf.placeholder(tf.float32, [None, 5])
share = tf.placeholder(tf.float32, [None])
weights = tf.placeholder(tf.float32, [None])
ids = tf.constant([1, 2, 3, 0], tf.int64)
sparse = tf.SparseTensor([[0, 0], [1, 0], [1, 1], [2, 0]], ids, [6, 2])
m = tf.metrics
truth = tf.equal(single % 2, 0)
made = [
    m.mean_iou(single, tf.argmax(predictions, 1), 5),
    m.mean_iou(single, tf.argmax(predictions, 1), 5, weights, name="weighted"),
    m.mean_per_class_accuracy(single, tf.argmax(predictions, 1), 5),
    m.mean_per_class_accuracy(single, tf.argmax(predictions, 1), 5, weights),
    m.sensitivity_at_specificity(truth, share, 0.6),
    m.specificity_at_sensitivity(truth, share, 0.6, num_thresholds=20),
    m.true_positives_at_thresholds(truth, share, [0.2, 0.7]),
    m.false_negatives_at_thresholds(truth, share, [0.2, 0.7], weights),
    m.true_negatives_at_thresholds(truth, share, [0.2, 0.7]),
    m.false_positives_at_thresholds(truth, share, [0.2, 0.7]),
    m.recall_at_k(labels, predictions, 2), m.recall_at_k(labels, predictions, 3, class_id=1),
    m.recall_at_k(single, predictions, 2, weights=weights), m.recall_at_k(sparse, predictions, 2),
    m.precision_at_k(labels, predictions, 2), m.precision_at_k(sparse, predictions, 2, class_id=2),
    m.precision_at_top_k(labels, tf.cast(tf.nn.top_k(predictions, 3)[1], tf.int64), 3),
    m.recall_at_top_k(labels, tf.cast(tf.nn.top_k(predictions, 3)[1], tf.int64)),
    m.average_precision_at_k(labels, predictions, 3),
    m.average_precision_at_k(single, predictions, 2, weights),
    m.average_precision_at_k(sparse, predictions, 3),
]
steps = []
with tf.Session() as session:
    session.run(tf.local_variables_initializer())
    for _ in range(3):
        feed = {
            labels: rng.randint(0, 5, (6, 2)), single: rng.randint(0, 5, 6), share: rng.rand(6),
            predictions: rng.rand(6, 5), weights: rng.rand(6),
        }
        steps.append(session.run([update for _, update in made], feed))
    steps.append(session.run([value for value, _ in made]))
result = [steps, [v.op.name for v in tf.local_variables()],
          [v.name for v, _ in made], [u.name for _, u in made]]
"""


@pytest.mark.parametrize("text", [_PROGRAM, _RANKING], ids=["averages", "ranking"])
def test_metrics_are_those_of_tensorflow(oracle, text: str) -> None:
    (made_steps, made_variables, made_values, made_updates), (steps, variables, values, updates) = (
        answers_of_both(oracle, text)
    )
    assert made_variables == list(variables)
    assert made_values == list(values)
    assert made_updates == list(updates)
    for made, expected in zip(made_steps, steps, strict=True):
        check_values(made, expected, rtol=1e-5, atol=1e-6)
