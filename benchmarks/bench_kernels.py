"""Single kernels on arrays of some hundred kilobytes, which no other benchmark stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call

Array = np.ndarray[Any, Any]
CALLS = 50

RANDOM = np.random.RandomState(0)
SQUARE = RANDOM.rand(500, 500).astype(np.float32)
OTHER = RANDOM.rand(500, 500).astype(np.float32)
COIN = RANDOM.rand(500, 500) < 0.5
HALF_ZERO = np.where(COIN, SQUARE, np.float32(0))
MASKED = np.where(COIN, SQUARE, np.float32(-1e9))
BLOCKS = RANDOM.rand(2, 400, 2, 400).astype(np.float32)
CLASSES = RANDOM.randint(0, 500, 500).astype(np.int32)
NUMBERS = RANDOM.randint(0, 1000, 50_000).astype(np.int32)
ROWS = RANDOM.rand(5000, 64).astype(np.float32)
SEGMENTS = np.sort(RANDOM.randint(0, 100, 5000)).astype(np.int32)
WORDS = np.array([f"word {number}".encode() for number in range(1000)], object)
IMAGES = RANDOM.rand(8, 28, 28, 16).astype(np.float32)


def kernel(
    build: Callable[..., Any], inputs: list[Array], expected: Callable[[], Array] | None
) -> Callable[[Any], Sample]:
    """Return what prepares one op on variables, checked against NumPy where that has it."""

    def prepare(tf: Any) -> Sample:
        variables = [tf.Variable(value) for value in inputs]
        made = build(tf, *variables)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        found = session.run(made)
        if expected is not None:
            expect(np.allclose(found, expected(), rtol=1e-4, atol=1e-5), made.op.name)
        call = session.make_callable(made.op)
        seconds_per_call(call, CALLS)  # a plan tries its forms first
        return lambda: 1e6 * seconds_per_call(call, CALLS)

    return prepare


def segment_sums() -> Array:
    sums = np.zeros((100, 64), np.float32)
    np.add.at(sums, SEGMENTS, ROWS)
    return sums


def normalized() -> Array:
    norm = 1 + np.stack(
        [np.square(IMAGES)[..., max(0, c - 5) : c + 6].sum(-1) for c in range(16)], axis=-1
    )
    return IMAGES / np.sqrt(norm)


ROWS_OF_CASES: list[tuple[str, Callable[..., Any], list[Array], Callable[[], Array] | None]] = [
    ("choice by a random condition", lambda tf, c, a, b: tf.where(c, a, b),
     [COIN, SQUARE, OTHER], lambda: np.where(COIN, SQUARE, OTHER)),
    ("finite or not", lambda tf, x: tf.is_finite(x), [SQUARE], lambda: np.isfinite(SQUARE)),
    ("exponential of masked scores", lambda tf, x: tf.exp(x), [MASKED], lambda: np.exp(MASKED)),
    ("square root of zeros", lambda tf, x: tf.sqrt(x), [HALF_ZERO], lambda: np.sqrt(HALF_ZERO)),
    ("cube", lambda tf, x: tf.pow(x, 3.0), [SQUARE], lambda: SQUARE**3),
    ("sum over two axes apart", lambda tf, x: tf.reduce_sum(x, [0, 2]), [BLOCKS],
     lambda: BLOCKS.sum((0, 2))),
    ("largest over two axes apart", lambda tf, x: tf.reduce_max(x, [0, 2]), [BLOCKS],
     lambda: BLOCKS.max((0, 2))),
    ("any of a row", lambda tf, x: tf.reduce_any(x, 1), [COIN], lambda: COIN.any(1)),
    ("place of the largest", lambda tf, x: tf.argmax(x, 1), [SQUARE], lambda: SQUARE.argmax(1)),
    ("sorted rows", lambda tf, x: tf.sort(x), [SQUARE], lambda: np.sort(SQUARE)),
    ("largest five of a row", lambda tf, x: tf.nn.top_k(x, 5)[0], [SQUARE],
     lambda: -np.sort(-SQUARE)[:, :5]),
    ("target among the largest five", lambda tf, x, y: tf.nn.in_top_k(x, y, 5),
     [SQUARE, CLASSES], None),
    ("one hot", lambda tf, x: tf.one_hot(x, 500), [CLASSES],
     lambda: np.eye(500, dtype=np.float32)[CLASSES]),
    ("unique numbers", lambda tf, x: tf.unique(x)[0], [NUMBERS],
     lambda: np.array(list(dict.fromkeys(NUMBERS.tolist())))),
    ("sums of sorted segments", lambda tf, x, s: tf.segment_sum(x, s), [ROWS, SEGMENTS],
     segment_sums),
    ("sums of segments in any order", lambda tf, x, s: tf.unsorted_segment_sum(x, s, 100),
     [ROWS, SEGMENTS], segment_sums),
    ("buckets of words", lambda tf, x: tf.string_to_hash_bucket_fast(x, 100), [WORDS], None),
    ("normalisation over channels",
     lambda tf, x: tf.nn.local_response_normalization(x), [IMAGES], normalized),
    ("softmax", lambda tf, x: tf.nn.softmax(x), [SQUARE],
     lambda: np.exp(SQUARE) / np.exp(SQUARE).sum(1, keepdims=True)),
]  # fmt: skip

CASES = [
    Case(f"kernel: {name}", "us", 1, kernel(build, inputs, expected))
    for name, build, inputs, expected in ROWS_OF_CASES
]
