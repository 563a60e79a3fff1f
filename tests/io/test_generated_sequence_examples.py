"""Sequence examples: generated messages and specs, alone and in batches, against TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tests.io.test_example_parsing import OUTCOMES, assert_same

# Makes messages and a spec out of each seed, parses them together and one by one.
GENERATED = (
    OUTCOMES
    + """
import random as library

TYPES = {"float": tf.float32, "int": tf.int64, "bytes": tf.string}

def feature(kind, count, random):
    made, values = tf.train.Feature(), [random.randint(-5, 300) for _ in range(count)]
    if kind == "float":
        made.float_list.value.extend([float(v) for v in values])
    elif kind == "int":
        made.int64_list.value.extend(values)
    else:
        made.bytes_list.value.extend([str(v).encode() for v in values])
    return made

def kind_of(random, kind):
    return random.choice(["float", "int", "bytes"]) if random.random() < 0.02 else kind

def message(random, kinds, size):
    made = tf.train.SequenceExample()
    for key in "ac":
        if random.random() < 0.9:
            count = size if key == "a" and random.random() < 0.95 else random.randint(0, 3)
            made.context.feature[key].CopyFrom(feature(kind_of(random, kinds[key]), count, random))
    for key in "dsv":
        if random.random() < 0.85:
            steps = made.feature_lists.feature_list[key].feature
            for _ in range(random.randint(0, 4)):
                count = size if key != "v" and random.random() < 0.98 else random.randint(0, 3)
                steps.add().CopyFrom(feature(kind_of(random, kinds[key]), count, random))
    return made.SerializeToString()

def spec(random, kinds, size):
    def dtype(key):
        return TYPES[kind_of(random, kinds[key])]
    context = {"c": tf.VarLenFeature(dtype("c"))}
    default = ["d"] * size if kinds["a"] == "bytes" else [1] * size
    context["a"] = tf.FixedLenFeature(
        [size], TYPES[kinds["a"]], default if random.random() < 0.8 else None)
    steps = {"v": tf.VarLenFeature(dtype("v"))}
    for key, shape in (("d", [size]), ("s", [1, size])):
        steps[key] = tf.FixedLenSequenceFeature(
            shape, dtype(key), allow_missing=random.random() < 0.8)
    return context, steps

def shapes(parsed):
    return [[key, str(t.shape)] for part in parsed for key, t in sorted(part.items())
            if not isinstance(t, tf.SparseTensor)]

def parse(seed):
    random = library.Random(seed)
    size = random.randint(1, 3)
    kinds = {key: random.choice(sorted(TYPES)) for key in "acdsv"}
    messages = [message(random, kinds, size) for _ in range(random.randint(1, 4))]
    context, steps = spec(random, kinds, size)
    tf.reset_default_graph()
    many, one = tf.placeholder(tf.string, [None]), tf.placeholder(tf.string, [])
    batch = tf.io.parse_sequence_example(many, context, steps)
    single = tf.io.parse_single_sequence_example(one, context, steps)
    return [shapes(batch), shapes(single), outcome(batch, {many: messages})] + [
        outcome(single, {one: text}) for text in messages]

result = [parse(seed) for seed in seeds]
"""
)


@pytest.mark.oracle
def test_generated_sequences_are_parsed_as_in_tensorflow(oracle: Any) -> None:
    seeds = list(range(120))
    theirs = oracle.run(GENERATED, seeds=seeds)
    scope: dict[str, Any] = {"tf": tf, "np": np, "seeds": seeds}
    exec(GENERATED, scope)
    for seed, (ours, wanted) in enumerate(zip(scope["result"], theirs, strict=True)):
        assert_same(ours, wanted, f"seed {seed}")
    refused = sum("InvalidArgumentError" in answer[2:] for answer in theirs)
    assert 10 < refused < 110  # of both kinds there are enough
