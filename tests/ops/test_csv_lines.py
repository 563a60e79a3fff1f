"""`tf.decode_csv` over generated lines against TensorFlow, one by one and together."""

import numpy as np
import pytest

import tensormill as tf

LINES = 10_000

# Makes lines out of a seed, mostly good ones, and decodes them in several ways.
SOURCE = '''
import random as library

def field(random, kind):
    roll = random.random()
    if kind == "float":
        good = random.choice([
            "%.3f" % random.uniform(-1e3, 1e3), "%g" % random.uniform(-1, 1) , "1e%d" %
            random.randint(-50, 50), str(random.randint(-9, 9)), "%.17g" % random.random(),
            "inf", "nan", "-0", "0x%x" % random.randint(0, 99), " 2.5 ", "+1."])
    elif kind == "int":
        good = random.choice([str(random.randint(-9, 9)), str(2**31 - 1), str(-2**31), " 7", "+3"])
    else:
        good = random.choice(["word", "two words", " x ", "", '"a,b"', '"say ""x"""', '""', "'"])
    if roll < 0.9:
        return good
    if roll < 0.95:
        return ""
    return random.choice(["x", '"', 'a"b', '"a"b', "1_0", "2147483648", "1e", '"open', "1.5.2",
                          "\\r", "1 2", '"7"', '"1.5"', "NA", "--1", "0x", "1e400", "1e-400"])

def line(random):
    text = ",".join(field(random, kind) for kind in ("float", "int", "text", "float"))
    roll = random.random()
    if roll < 0.02:
        return text + ","
    if roll < 0.04:
        return text.rpartition(",")[0]
    if roll < 0.05:
        return ""
    return chr(10) + text if roll < 0.06 else text

def decoded(session, fetches, given, value):
    try:
        return [np.asarray(item) for item in session.run(fetches, {given: value})]
    except tf.errors.OpError as error:
        return error.message.partition("\\n\\t")[0].rpartition("\\n")[2]

random = library.Random(5)
lines = [line(random) for _ in range(count)]
given = tf.placeholder(tf.string)
ways = [
    tf.decode_csv(given, [[-1.0], [-1], ["none"], tf.constant([], tf.float32)]),
    tf.decode_csv(given, [[-1.0], [-1], ["none"], [2.0]], na_value="NA"),
    tf.decode_csv(given, [["a"], ["b"], ["c"], ["d"]], use_quote_delim=False),
    tf.decode_csv(given, [[-1], tf.constant([-1.0], tf.float64)], select_cols=[1, 3]),
]
result = []
with tf.Session() as session:
    for index, text in enumerate(lines):
        result.append(decoded(session, ways[index % 4], given, text))
    for start in range(0, count, 20):
        result.append(decoded(session, ways[start // 20 % 4], given, lines[start:start + 20]))
'''


def same(ours, theirs):
    if isinstance(theirs, str) or isinstance(ours, str):
        return ours == theirs
    return all(map(same_column, ours, theirs))


def same_column(ours, theirs):
    if theirs.dtype == object:
        return ours.tolist() == theirs.tolist()
    return (
        ours.dtype == theirs.dtype
        and ours.shape == theirs.shape
        and np.array_equal(ours, theirs, equal_nan=theirs.dtype.kind == "f")
    )


@pytest.mark.oracle
def test_generated_lines_are_decoded_as_in_tensorflow(oracle):
    theirs = oracle.run(SOURCE, count=LINES, timeout_s=250)
    scope = {"tf": tf, "np": np, "count": LINES}
    exec(SOURCE, scope)
    different = [
        (index, scope["lines"][index] if index < LINES else "", ours, wanted)
        for index, (ours, wanted) in enumerate(zip(scope["result"], theirs, strict=True))
        if not same(ours, wanted)
    ]
    assert not different, f"{len(different)}: " + "\n".join(map(str, different[:12]))
    refused = sum(isinstance(answer, str) for answer in theirs[:LINES])
    assert LINES * 0.1 < refused < LINES * 0.9  # of both kinds there are enough


def test_blanks_are_zero_in_a_column_of_floats():
    # As in TensorFlow 1; later versions refuse them.
    line = tf.placeholder(tf.string)
    columns = tf.decode_csv(line, [[-1.0], [-1.0], [-1]])
    with tf.Session() as session:
        assert session.run(columns, {line: "7., , 0"}) == [7.0, 0.0, 0]
        found = session.run(columns, {line: ["7., , 0", "1.,2.,3"]})
        assert [column.tolist() for column in found] == [[7.0, 1.0], [0.0, 2.0], [0, 3]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="not a valid int32:  "):
            session.run(columns, {line: "1,2, "})
