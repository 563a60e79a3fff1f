"""Learning rates, moving averages and clipping, run here and in real TensorFlow as it is."""

from typing import Any

_PLACES = (0, 1, 5, 9, 10, 11, 25, 100)


def learning_rates(tf: Any, np: Any) -> dict[str, list[float]]:
    """Return each learning rate at some steps."""
    train = tf.train
    with tf.Graph().as_default():
        step = tf.placeholder(tf.int32, [], name="step")
        rates = {
            "exponential": train.exponential_decay(0.5, step, 10, 0.9),
            "staircase": train.exponential_decay(0.5, step, 10, 0.9, staircase=True),
            "natural": train.natural_exp_decay(0.5, step, 10, 0.9),
            "inverse": train.inverse_time_decay(0.5, step, 10, 0.9),
            "inverse staircase": train.inverse_time_decay(0.5, step, 10, 0.9, staircase=True),
            "polynomial": train.polynomial_decay(0.5, step, 20, 0.1, power=2.0),
            "polynomial cycle": train.polynomial_decay(0.5, step, 10, 0.1, cycle=True),
            "piecewise": train.piecewise_constant(step, [5, 10], [1.0, 0.5, 0.1]),
            "cosine": train.cosine_decay(0.5, step, 20, alpha=0.1),
            "restarts": train.cosine_decay_restarts(0.5, step, 7, m_mul=0.8, alpha=0.1),
            "even restarts": train.cosine_decay_restarts(0.5, step, 7, t_mul=1.0),
            "linear cosine": train.linear_cosine_decay(0.5, step, 20),
        }
        with tf.Session() as session:
            found = {name: [] for name in rates}
            for place in _PLACES:
                for name, value in session.run(rates, {step: place}).items():
                    found[name].append(float(value))
            return found


def moving_averages(tf: Any, np: Any, options: Any) -> dict[str, Any]:
    """Return averages of a variable and a tensor after some updates, and all names."""
    with tf.Graph().as_default():
        count = tf.Variable(0.0, name="count", trainable=False)
        weights = tf.Variable([1.0, 2.0], name="weights")
        tensor = tf.multiply(weights, 3.0, name="tripled")
        options = dict(options)
        if options.pop("counted", False):
            options["num_updates"] = count
        average = tf.train.ExponentialMovingAverage(0.9, **options)
        change = tf.group(tf.assign_add(weights, [1.0, -0.5]), tf.assign_add(count, 1.0))
        with tf.control_dependencies([change]):
            current = tf.identity(weights)
        before = average.average_name(weights)
        update = average.apply([weights, tensor])
        values = []
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(5):
                session.run(current)
                session.run(update)
                values.append(session.run([average.average(weights), average.average(tensor)]))
        return {
            "values": [[value.tolist() for value in pair] for pair in values],
            "names": sorted(v.name for v in tf.global_variables()),
            "restored": sorted(
                (name, variable.op.name)
                for name, variable in average.variables_to_restore([weights]).items()
            ),
            "update": update.name,
            "before": before,
        }


def clipped(tf: Any, np: Any) -> dict[str, Any]:
    """Return clipped tensors and their gradients, and the names of the results."""
    with tf.Graph().as_default():
        x = tf.constant(np.array([[3.0, -4.0], [0.5, 12.0]], np.float32), name="x")
        zeros = tf.zeros([2], name="zeros")
        rows = tf.IndexedSlices(x, tf.constant([1, 0]), tf.constant([4, 2]))
        several, norm = tf.clip_by_global_norm([x, None, zeros, rows], 2.0)
        results = {
            "value": tf.clip_by_value(x, -1.0, 2.0),
            "norm": tf.clip_by_norm(x, 2.0),
            "row norm": tf.clip_by_norm(x, 2.0, axes=[1]),
            "norm of zeros": tf.clip_by_norm(zeros, 2.0),
            "average norm": tf.clip_by_average_norm(x, 0.5),
            "global 0": several[0],
            "global 2": several[2],
            "global 3": several[3].values,
            "global norm": norm,
            "norm of rows": tf.clip_by_norm(rows, 1.0).values,
        }
        slopes = {name: tf.gradients(results[name], x)[0] for name in ("value", "norm", "row norm")}
        slopes["norm of zeros"] = tf.gradients(results["norm of zeros"], zeros)[0]
        with tf.Session() as session:
            return {
                "values": {k: v.tolist() for k, v in session.run(results).items()},
                "slopes": {k: v.tolist() for k, v in session.run(slopes).items()},
                "names": {name: result.name for name, result in results.items()},
            }


AVERAGES = {
    "plain": {},
    "debiased": {"zero_debias": True},
    "counted": {"counted": True},
    "named": {"name": "Shadow"},
}


def answer_all(tf: Any, np: Any) -> dict[str, Any]:
    """Return all of it."""
    return {
        "rates": learning_rates(tf, np),
        "averages": {name: moving_averages(tf, np, o) for name, o in AVERAGES.items()},
        "clipped": clipped(tf, np),
    }
