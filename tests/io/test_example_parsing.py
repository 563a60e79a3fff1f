"""`tf.parse_example`: generated messages and specs against TensorFlow, and what is refused."""

import numpy as np
import pytest

import tensormill as tf

# What a step gives, in lists and arrays, or the kind of its error.
OUTCOMES = """
def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items())}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return np.asarray(value) if np.ndim(value) else value

def outcome(fetches, feeds):
    with tf.Session() as session:
        try:
            return plain(session.run(fetches, feeds))
        except tf.errors.OpError as error:
            return type(error).__name__
"""

# Makes messages and a spec out of each seed, parses them together and one by one.
GENERATED = (
    OUTCOMES
    + """
def feature(kind, values):
    made = tf.train.Feature()
    if kind == "float":
        made.float_list.value.extend([float(v) for v in values])
    elif kind == "int":
        made.int64_list.value.extend([int(v) for v in values])
    elif kind == "bytes":
        made.bytes_list.value.extend([str(v).encode() for v in values])
    return made

def message(random, kinds, size):
    features = {}
    for key, kind in kinds.items():
        if random.random() < 0.9:
            given = random.choice(["float", "int", "bytes"]) if random.random() < 0.02 else kind
            length = size if random.random() < 0.9 else random.randint(0, 3)
            length = random.choice([length, 40]) if key in "vs" else length
            features[key] = feature(given, [random.randint(-5, 300) for _ in range(length)])
        elif random.random() < 0.3:
            features[key] = tf.train.Feature()
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

TYPES = {"float": tf.float32, "int": tf.int64, "bytes": tf.string}

def spec(random, kinds, size):
    made = {}
    for key, kind in kinds.items():
        dtype = TYPES[kind]
        if random.random() < 0.03:
            dtype = tf.int64
        default = [1] * size if kind != "bytes" else ["d"] * size
        if key in "vs":
            made[key] = tf.VarLenFeature(dtype)
        elif key == "q":
            made[key] = tf.FixedLenSequenceFeature([size], dtype, allow_missing=True)
        elif key == "p":
            made[key] = tf.FixedLenSequenceFeature(
                [], dtype, allow_missing=True, default_value="x" if dtype == tf.string else 7)
        else:
            fits = dtype == TYPES[kind]
            made[key] = tf.FixedLenFeature(
                [size] if key == "a" else [1, size], dtype,
                default if fits and random.random() < 0.7 else None)
    return made

def parse(seed):
    import random as library
    random = library.Random(seed)
    size = random.randint(1, 3)
    kinds = {key: random.choice(["float", "int", "bytes"]) for key in "abpqsv"}
    messages = [message(random, kinds, size) for _ in range(random.randint(0, 4))]
    wanted = spec(random, kinds, size)
    tf.reset_default_graph()
    many, one = tf.placeholder(tf.string, [None]), tf.placeholder(tf.string, [])
    batch, single = tf.parse_example(many, wanted), tf.parse_single_example(one, wanted)
    shapes = [
        [key, str(t.shape)] for parsed in (batch, single) for key, t in sorted(parsed.items())
        if not isinstance(t, tf.SparseTensor)
    ]
    return [shapes, outcome(batch, {many: messages})] + [
        outcome(single, {one: text}) for text in messages
    ]
result = [parse(seed) for seed in seeds]
"""
)


def feature(*values):
    made = tf.train.Feature()
    kind = {float: made.float_list, int: made.int64_list, bytes: made.bytes_list}
    kind[type(values[0])].value.extend(values)
    return made


def example(**features):
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def assert_same(ours, theirs, where):
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), where
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where} {key}")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), where
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{where} {index}")
    elif isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype, where
        assert ours.shape == theirs.shape, where
        np.testing.assert_array_equal(ours, theirs, where)
    else:
        assert ours == theirs, where


@pytest.mark.oracle
def test_generated_messages_are_parsed_as_in_tensorflow(oracle):
    seeds = list(range(120))
    theirs = oracle.run(GENERATED, seeds=seeds)
    scope = {"tf": tf, "np": np, "seeds": seeds}
    exec(GENERATED, scope)
    for seed, (ours, wanted) in enumerate(zip(scope["result"], theirs, strict=True)):
        assert_same(ours, wanted, f"seed {seed}")
    refused = sum(answer[1] == "InvalidArgumentError" for answer in theirs)
    assert 10 < refused < 110  # of both kinds there are enough


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_sparse_features_are_put_together_of_two():
    texts = [
        example(i=feature(3, 1), v=feature(1.0, 2.0)),
        example(i=feature(4), v=feature(5.0)),
    ]
    wanted = {"s": tf.SparseFeature("i", "v", tf.float32, 5)}
    found = run(tf.parse_example(texts, wanted)["s"])
    assert found.indices.tolist() == [[0, 1], [0, 3], [1, 4]]
    assert found.values.tolist() == [2.0, 1.0, 5.0]
    assert found.dense_shape.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            tf.FixedLenFeature([3], tf.float32),
            "Number of float values != expected.  Values",
        ),
        (tf.FixedLenFeature([2], tf.int64), "Data type: float but expected type: int64"),
        (tf.VarLenFeature(tf.string), "Expected type: string, Actual type: float"),
        (
            tf.FixedLenSequenceFeature([3], tf.float32, allow_missing=True),
            "not a multiple of stride length. Saw 2 values",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused_by_name(wanted, text):
    good, bad = example(a=feature(1.0, 2.0, 3.0)), example(a=feature(1.0, 2.0))
    parsed = tf.parse_example([good, bad], {"a": wanted}, example_names=["first", "second"])
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        run(parsed)
    message = caught.value.message
    if "int64" not in text and "string" not in text:
        assert "Name: second, Key: a, Index: 1" in message
    assert text in message


def test_what_is_no_example_is_refused():
    parsed = tf.parse_single_example(b"\xff\xff junk", {"a": tf.VarLenFeature(tf.int64)})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example"):
        run(parsed)


def test_a_missing_feature_without_a_default_is_refused():
    parsed = tf.parse_single_example(example(b=feature(1)), {"a": tf.FixedLenFeature([], tf.int64)})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Feature: a"):
        run(parsed)


@pytest.mark.parametrize(
    ("features", "text"),
    [
        ({}, "Missing: features"),
        ({"a": tf.FixedLenSequenceFeature([2], tf.string)}, "requires allow_missing to be True"),
        ({"a": 3}, "Invalid feature"),
        ({"a": tf.FixedLenFeature([None], tf.string)}, "First dimension of shape for feature a"),
    ],
)
def test_specs_that_cannot_be_are_refused_while_the_graph_is_built(features, text):
    with pytest.raises(ValueError, match=text):
        tf.parse_example(["x"], features)


def test_a_scalar_feature_of_one_example_is_a_scalar():
    text = example(b=feature(5))
    parsed = run(tf.parse_single_example(text, {"b": tf.FixedLenFeature([], tf.int64)}))
    assert parsed["b"].shape == ()
    assert parsed["b"] == 5
