"""Training steps a second: perceptrons, a convolutional network, embeddings; also of eager PyTorch.

The rows called "eager PyTorch" time a hand-written PyTorch step in the column of tensormill.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call

ROWS, COLUMNS, LOOKUPS = 100_000, 64, 256
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


def steps_per_second(build: Build, optimize: Optimize, calls: int) -> Callable[[Any], Sample]:
    def prepare(tf: Any) -> Sample:
        loss, fed = build(tf)
        update = optimize(tf.train).minimize(loss)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        before = session.run(loss, fed)
        step = session.make_callable([loss, update], list(fed))
        values = list(fed.values())
        for _ in range(20):
            step(*values)
        expect(session.run(loss, fed) < before, "a falling loss")
        return lambda: 1 / seconds_per_call(lambda: step(*values), calls)

    return prepare


def eager(build: Build, optimize: Callable[[Any], Any], make: Optimize, calls: int) -> Any:
    """Time the PyTorch step that `make(torch)` returns in place of tensormill's."""
    against = steps_per_second(build, optimize, calls)

    def prepare(tf: Any) -> Sample:
        if tf.__name__ != "tensormill":
            return against(tf)
        step = make(importlib.import_module("torch"))
        before = float(step())
        for _ in range(20):
            step()
        expect(float(step()) < before, "a falling loss")
        return lambda: 1 / seconds_per_call(lambda: float(step()), calls)

    return prepare


@dataclass(frozen=True)
class Place:
    """Where a step of eager PyTorch runs, and in which dtype its layers compute."""

    device: str = "cpu"
    dtype: str = "float32"


def eager_step(
    torch: Any, model: Any, optimizer: Any, x: Any, loss_of: Callable[[Any], Any], place: Place
) -> Any:
    dtype = getattr(torch, place.dtype)
    is_narrow = dtype != torch.float32

    def step() -> Any:
        optimizer.zero_grad()
        with torch.autocast(place.device, dtype if is_narrow else None, enabled=is_narrow):
            output = model(torch.from_numpy(x).to(place.device))
        loss = loss_of(output.float())
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def eager_perceptron(sizes: list[int], batch: int, optimize: Callable[[Any, Any], Any]) -> Any:
    def make(torch: Any, place: Place = Place()) -> Any:
        layers: list[Any] = []
        for before, after in pairwise(sizes):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1]).to(place.device)
        x, labels = digits(batch, sizes[0])

        def loss_of(logits: Any) -> Any:
            target = torch.from_numpy(labels).to(place.device)
            return torch.nn.functional.cross_entropy(logits, target)

        optimizer = optimize(torch, model.parameters())
        return eager_step(torch, model, optimizer, x, loss_of, place)

    return make


def eager_convolutional(torch: Any, place: Place = Place()) -> Any:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 128), nn.ReLU(), nn.Linear(128, 10),
    ).to(place.device)  # fmt: skip
    x, labels = digits(50, 1, 28, 28)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def loss_of(logits: Any) -> Any:
        return nn.functional.cross_entropy(logits, torch.from_numpy(labels).to(place.device))

    return eager_step(torch, model, optimizer, x, loss_of, place)


def eager_embeddings(
    optimize: Callable[[Any, Any], Any],
) -> Callable[..., Any]:
    def make(torch: Any, place: Place = Place()) -> Any:
        table = torch.nn.Embedding(ROWS, COLUMNS, sparse=True).to(place.device)
        rows = np.random.RandomState(1).randint(0, ROWS, LOOKUPS)
        optimizer = optimize(torch, table.parameters())
        return eager_step(
            torch, table, optimizer, rows, lambda values: (values - 1).square().mean(), place
        )

    return make


BOOK, WIDE = [784, 300, 100, 10], [784, 1024, 1024, 1024, 10]


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


def eager_sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, 0.01)


def eager_fast_sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, 10.0)


def eager_adagrad(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adagrad(parameters, 0.1)


def eager_adam(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adam(parameters, 1e-3, fused=True)


def _row(name: str, prepare: Any, rounds: int = 9) -> Case:
    return Case(name, "steps/s", 1, prepare, higher_is_better=True, rounds=rounds)


NETWORKS: dict[str, tuple[Build, Optimize]] = {
    "MLP 784-300-100-10, SGD": (book, sgd),
    "MLP 3x1024, Adam": (wide, adam),
    "CNN, Adam": (convolutional, adam),
    "embedding 100,000x64, SGD": (embeddings, fast_sgd),
    "embedding 100,000x64, Adagrad": (embeddings, adagrad),
}
EAGER: dict[str, Optimize] = {
    "MLP 784-300-100-10, SGD": eager_perceptron(BOOK, 50, eager_sgd),
    "MLP 3x1024, Adam": eager_perceptron(WIDE, 256, eager_adam),
    "CNN, Adam": eager_convolutional,
    "embedding 100,000x64, SGD": eager_embeddings(eager_fast_sgd),
    "embedding 100,000x64, Adagrad": eager_embeddings(eager_adagrad),
}
_LONG = frozenset(["MLP 3x1024, Adam", "CNN, Adam"])

CASES = [
    *(
        _row(name, steps_per_second(*network, 10 if name in _LONG else 200))
        for name, network in NETWORKS.items()
    ),
    _row(
        "eager PyTorch: MLP, SGD",
        eager(book, sgd, EAGER["MLP 784-300-100-10, SGD"], 200),
    ),
    _row(
        "eager PyTorch: MLP 3x1024, Adam",
        eager(wide, adam, EAGER["MLP 3x1024, Adam"], 10),
        5,
    ),
    _row("eager PyTorch: CNN, Adam", eager(convolutional, adam, eager_convolutional, 10), 5),
    _row(
        "eager PyTorch: embedding, SGD",
        eager(embeddings, fast_sgd, eager_embeddings(eager_fast_sgd), 200),
    ),
]
