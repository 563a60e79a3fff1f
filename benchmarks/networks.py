"""The networks that are timed: perceptrons, a convolutional network and embeddings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

ROWS, COLUMNS, LOOKUPS = 100_000, 64, 256
BOOK, WIDE = [784, 300, 100, 10], [784, 1024, 1024, 1024, 10]
Build = Callable[[Any], tuple[Any, dict[Any, Any]]]
Optimize = Callable[[Any], Any]
Narrow = Callable[[Any], Any]


def weights(tf: Any, *shape: int) -> Any:
    scale = (2.0 / np.prod(shape[:-1])) ** 0.5
    values = np.random.RandomState(sum(shape)).randn(*shape) * scale
    return tf.Variable(values.astype(np.float32))


def digits(batch: int, *shape: int) -> tuple[Any, Any]:
    random = np.random.RandomState(1)
    return random.rand(batch, *shape).astype(np.float32), random.randint(0, 10, batch)


def cross_entropy(tf: Any, labels: Any, logits: Any) -> Any:
    logits = tf.cast(logits, tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(losses)


def unchanged(tensor: Any) -> Any:
    return tensor


def perceptron(
    tf: Any, sizes: list[int], batch: int, narrow: Narrow = unchanged
) -> tuple[Any, dict[Any, Any]]:
    """Build a classifier; `narrow` brings values to the dtype that the layers compute in."""
    x = tf.placeholder(tf.float32, [None, sizes[0]])
    y = tf.placeholder(tf.int64, [None])
    hidden = x
    for number, (before, after) in enumerate(pairwise(sizes)):
        product = tf.matmul(narrow(hidden), narrow(weights(tf, before, after)))
        hidden = product + narrow(tf.Variable(tf.zeros([after])))
        if number < len(sizes) - 2:
            hidden = tf.nn.relu(hidden)
    values, labels = digits(batch, sizes[0])
    return cross_entropy(tf, y, hidden), {x: values, y: labels}


def convolutional(tf: Any, narrow: Narrow = unchanged) -> tuple[Any, dict[Any, Any]]:
    x = tf.placeholder(tf.float32, [None, 28, 28, 1])
    y = tf.placeholder(tf.int64, [None])
    image = narrow(x)
    for before, after in ((1, 32), (32, 64)):
        filters = narrow(weights(tf, 3, 3, before, after))
        image = tf.nn.conv2d(image, filters, [1, 1, 1, 1], "SAME")
        image = tf.nn.relu(tf.nn.bias_add(image, narrow(tf.Variable(tf.zeros([after])))))
        image = tf.nn.max_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    flat = tf.reshape(image, [-1, 7 * 7 * 64])
    product = tf.matmul(flat, narrow(weights(tf, 7 * 7 * 64, 128)))
    hidden = tf.nn.relu(product + narrow(tf.Variable(tf.zeros([128]))))
    logits = tf.matmul(hidden, narrow(weights(tf, 128, 10))) + narrow(tf.Variable(tf.zeros([10])))
    values, labels = digits(50, 28, 28, 1)
    return cross_entropy(tf, y, logits), {x: values, y: labels}


def embeddings(tf: Any) -> tuple[Any, dict[Any, Any]]:
    rows = tf.placeholder(tf.int32, [None])
    table = weights(tf, ROWS, COLUMNS)
    loss = tf.reduce_mean(tf.square(tf.gather(table, rows) - 1.0))
    return loss, {rows: np.random.RandomState(1).randint(0, ROWS, LOOKUPS).astype(np.int32)}


def book(tf: Any, narrow: Narrow = unchanged) -> tuple[Any, dict[Any, Any]]:
    return perceptron(tf, BOOK, 50, narrow)


def wide(tf: Any, narrow: Narrow = unchanged) -> tuple[Any, dict[Any, Any]]:
    return perceptron(tf, WIDE, 256, narrow)


def sgd(train: Any) -> Any:
    return train.GradientDescentOptimizer(0.01)


def fast_sgd(train: Any) -> Any:
    return train.GradientDescentOptimizer(10.0)


def adam(train: Any) -> Any:
    return train.AdamOptimizer(1e-3)


def adagrad(train: Any) -> Any:
    return train.AdagradOptimizer(0.1)


NETWORKS: dict[str, tuple[Build, Optimize]] = {
    "MLP 784-300-100-10, SGD": (book, sgd),
    "MLP 3x1024, Adam": (wide, adam),
    "CNN, Adam": (convolutional, adam),
    "embedding 100,000x64, SGD": (embeddings, fast_sgd),
    "embedding 100,000x64, Adagrad": (embeddings, adagrad),
}
