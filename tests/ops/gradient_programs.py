"""Networks and their gradients, built here and in real TensorFlow: this source is sent there."""

from typing import Any


def _random(np: Any, *shape: int) -> Any:
    return np.random.RandomState(sum(shape) + len(shape)).uniform(0.2, 1.2, shape).astype("float32")


def perceptron(tf: Any, np: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    weights = [tf.Variable(_random(np, 5, 4), name="w1"), tf.Variable(_random(np, 4, 3), name="w2")]
    biases = [tf.Variable(_random(np, 4), name="b1"), tf.Variable(_random(np, 3), name="b2")]
    hidden = tf.sigmoid(tf.matmul(x, weights[0]) + biases[0])
    outputs = tf.exp(tf.matmul(hidden, weights[1]) + biases[1])
    share = outputs / tf.reduce_sum(outputs, 1, keepdims=True)
    return -tf.reduce_mean(tf.log(share[:, 0])), [*weights, *biases], {x: _random(np, 7, 5)}


def broadcasting(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3, 1], name="a")
    b = tf.placeholder(tf.float32, [4], name="b")
    y = tf.reduce_sum(a * b / (b + a) - tf.pow(a, b))
    return y, [a, b], {a: _random(np, 3, 1), b: _random(np, 4)}


def unknown_shapes(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, name="a")
    b = tf.placeholder(tf.float32, [None], name="b")
    y = tf.reduce_mean(tf.maximum(a, b) * tf.square(a) - tf.minimum(tf.exp(b), a))
    return y, [a, b], {a: _random(np, 3, 4), b: _random(np, 4)}


def element_wise(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3], name="a")
    y = tf.tanh(a) + tf.sigmoid(a) + tf.sqrt(a) + tf.log(a) + tf.abs(a) - tf.rsqrt(a)
    return tf.reduce_sum(y + tf.sin(a) * tf.cos(a) + 1.0 / a), [a], {a: _random(np, 3)}


def shared(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3], name="a")
    b = a
    for _ in range(4):
        b = b * a + b
    return b, [a], {a: _random(np, 3)}


def array_ops(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    flat = tf.reshape(tf.transpose(a), [6])
    first, second = tf.split(tf.concat([flat, flat * 2.0], 0), 2)
    rows = tf.unstack(tf.stack([first, tf.square(second)]))
    y = tf.expand_dims(rows[0], 0) + tf.squeeze(tf.expand_dims(rows[1], 1), 1)
    tiled = tf.tile(tf.pad(y, [[1, 0], [0, 2]]), [2, 1])
    return tf.reduce_sum(tiled[:, 1:4] * 3.0), [a], {a: _random(np, 2, 3)}


def gathering(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [5, 2], name="a")
    i = tf.placeholder(tf.int32, [None], name="i")
    y = tf.reduce_sum(tf.square(tf.gather(a, i)) * tf.gather(a, [1, 2, 2])[0])
    return y, [a], {a: _random(np, 5, 2), i: np.array([0, 3, 3, 1], "int32")}


def sparse_rows(tf: Any, np: Any) -> Any:
    table = tf.Variable(_random(np, 6, 2), name="table")
    i = tf.placeholder(tf.int32, [None], name="i")
    y = tf.reduce_sum(tf.square(tf.gather(table, i))) + tf.reduce_sum(tf.gather(table, i + 1))
    return y, [table], {i: np.array([0, 3, 3, 1], "int32")}


def reductions(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    rows = tf.reduce_min(a, 1) + tf.reduce_mean(a, [1])
    return tf.reduce_max(a) + tf.reduce_prod(a) + tf.reduce_sum(rows), [a], {a: _random(np, 2, 3)}


def casts(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float64, [3], name="a")
    b = tf.cast(a, tf.float32)
    y = tf.reduce_sum(tf.cast(b * 2.0, tf.float64) * a)
    return y, [a], {a: _random(np, 3).astype("float64")}


def stops(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3], name="a")
    return tf.reduce_sum(tf.stop_gradient(a) * a + tf.identity(a)), [a], {a: _random(np, 3)}


def products(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3, 4], name="a")
    b = tf.placeholder(tf.float32, [3, 5], name="b")
    c = tf.placeholder(tf.float32, [2, 3, 4], name="c")
    d = tf.placeholder(tf.float32, [2, 4, 6], name="d")
    y = tf.reduce_sum(tf.square(tf.matmul(a, b, transpose_a=True)))
    y += tf.reduce_sum(tf.square(tf.matmul(c, d)))
    shapes = ((3, 4), (3, 5), (2, 3, 4), (2, 4, 6))
    fed = {t: _random(np, *shape) for t, shape in zip((a, b, c, d), shapes)}  # noqa: B905
    return y, [a, b, c, d], fed


def choices(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3], name="a")
    b = tf.placeholder(tf.float32, [3], name="b")
    y = tf.reduce_sum(tf.where(a > b, a * 2.0, b * b))
    return y, [a, b], {a: _random(np, 3), b: np.array([0.5, 2.0, 0.1], "float32")}


def resources(tf: Any, np: Any) -> Any:
    w = tf.Variable(_random(np, 5, 4), name="w", use_resource=True)
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    y = tf.reduce_sum(tf.square(tf.matmul(x, w))) + tf.reduce_sum(tf.gather(w, [1, 1]))
    return y, [w], {x: _random(np, 3, 5)}


def complex_numbers(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.complex64, [3], name="a")
    y = tf.reduce_sum(tf.abs(a * a + tf.exp(a)) + tf.real(tf.conj(a) * a) * tf.imag(a))
    return y, [a], {a: (_random(np, 3) + 1j * _random(np, 3)[::-1]).astype("complex64")}


def second_order(tf: Any, np: Any) -> Any:
    a = tf.placeholder(tf.float32, [3], name="a")
    (first,) = tf.gradients(tf.reduce_sum(tf.tanh(a) * tf.square(a)), a)
    return tf.reduce_sum(first * first), [a], {a: _random(np, 3)}


NETWORKS = (
    perceptron,
    broadcasting,
    unknown_shapes,
    element_wise,
    shared,
    array_ops,
    gathering,
    sparse_rows,
    reductions,
    casts,
    stops,
    products,
    choices,
    resources,
    complex_numbers,
    second_order,
)


def differentiate(tf: Any, np: Any, build: Any) -> dict[str, Any]:
    """Return the values of a network's gradients and the scopes under which they were made."""
    with tf.Graph().as_default() as graph:
        y, xs, fed = build(tf, np)
        made = tf.gradients(y, xs, name="derivatives")
        dense = [tf.convert_to_tensor(g) for g in made]
        made_ops = [op.name for op in graph.get_operations() if "derivatives/" in op.name]
        scopes = [name.split("/")[1] for name in made_ops]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values = session.run(dense, fed)
        are_rows = [hasattr(g, "indices") for g in made]
        inner = [s for s in dict.fromkeys(scopes) if s.endswith("_grad") or s.startswith("AddN")]
        return {"values": values, "are_rows": are_rows, "scopes": inner}


def differentiate_all(tf: Any, np: Any) -> dict[str, Any]:
    """Return that of all networks."""
    return {build.__name__: differentiate(tf, np, build) for build in NETWORKS}
