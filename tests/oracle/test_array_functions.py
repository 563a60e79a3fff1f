"""The public functions of arrays, strings and sparse tensors: same nodes, shapes and values."""

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.testing.oracle import Oracle

pytestmark = pytest.mark.oracle

# Expressions over x (float32, [?, 3, 4]), i (an int32 scalar) and v (int32, [3]).
NODES = """
x[0]
x[1, 2, 3]
x[:, 1]
x[..., ::-1]
x[:, None, 1:3]
x[i]
x[:i, 1:]
x[..., i, tf.newaxis]
x[()]
x[tf.constant(1, tf.int64)]
tf.zeros([2, 3])
tf.zeros([2000])
tf.zeros(v)
tf.ones([2], tf.int32)
tf.ones(tf.shape(x))
tf.zeros_like(x)
tf.zeros_like(v)
tf.zeros_like(x, tf.int64)
tf.ones_like(x)
tf.ones_like(v)
tf.fill([2, 3], 7)
tf.shape(x)
tf.shape(v)
tf.shape(x, out_type=tf.int64)
tf.size(x)
tf.size(v)
tf.rank(x)
tf.reshape(x, [-1, 12])
tf.reshape(x, [tf.shape(x)[0], -1])
tf.reshape(x, [tf.shape(x)[0], x.shape[1] * x.shape[2]])
tf.reshape(x, (-1, x.shape[1] * x.shape[2]))
tf.zeros([tf.shape(x)[1], 2])
tf.zeros(tf.shape(x)[1:])
tf.zeros(tf.unstack(tf.shape(x))[1:])
tf.zeros(tf.concat([tf.shape(x)[:1], [5]], 0))
tf.squeeze(x[:1], [0])
tf.expand_dims(x, -1)
tf.transpose(x)
tf.transpose(x, [2, 0, 1])
tf.concat([x, x], 1)
tf.concat([x], 0)
tf.stack([x, x], axis=1)
tf.stack([1, 2, 3])
tf.stack([i, 2])
tf.unstack(v)
tf.split(x, 2, axis=2)
tf.split(x, [1, 2], 1)
tf.tile(x, [1, 2, 1])
tf.pad(x, [[0, 0], [1, 1], [0, 2]])
tf.pad(x, [[0, 0], [1, 1], [0, 2]], constant_values=3.0)
tf.pad(x, [[0, 0], [1, 1], [2, 1]], 'REFLECT')
tf.gather(x, [1, 0])
tf.gather(x, [0, 2], axis=1)
tf.gather_nd(x, [[0, 1]])
tf.boolean_mask(v, [True, False, True])
x[x > 3.0]
tf.where(v > 1)
tf.where(v > 1, v, -v)
tf.one_hot(v, 4)
tf.one_hot(v, 4, 5.0, 1.0, 0)
tf.sequence_mask([1, 3], 4)
tf.sequence_mask(v)
tf.meshgrid([1, 2], [3, 4, 5])
tf.reverse(x, [1])
tf.reverse_sequence(x, [1, 2], seq_axis=1, batch_axis=0)
tf.roll(x, 1, 1)
tf.matrix_transpose(x)
tf.unique(v)
tf.unique_with_counts(v)
tf.setdiff1d(v, [2])
tf.searchsorted([[1, 2, 3]], [[2]])
tf.dynamic_partition(v, [0, 1, 0], 2)
tf.dynamic_stitch([[0, 2], [1]], [[1, 2], [3]])
tf.scatter_nd([[1], [2]], [3, 4], [5])
tf.tensor_scatter_update(v, [[0]], [9])
tf.broadcast_to(v, [2, 3])
tf.broadcast_dynamic_shape([2, 1], [3])
tf.identity(x)
tf.identity_n([x, v])
tf.stop_gradient(x)
tf.placeholder_with_default([1, 2], [None])
tf.invert_permutation([2, 0, 1])
tf.parallel_stack([[1, 2], [3, 4]])
tf.slice(x, [0, 1, 1], [-1, 2, 2])
tf.strided_slice(x, [0], [1])
tf.convert_to_tensor([i, 1, i])
tf.as_string(v)
tf.string_join(['a', ['b', 'c']], separator='-')
tf.string_to_number(['1', '2.5'])
tf.string_to_hash_bucket_fast(['a', 'b'], 10)
tf.strings.regex_replace(['ab'], 'a', 'x')
tf.reduce_join([['a', 'b'], ['c', 'd']], 0)
tf.reduce_join([['a', 'b'], ['c', 'd']])
tf.substr(['hello'], 1, 3)
tf.decode_raw(['ab'], tf.uint8)
tf.string_split(['a b', 'c']).values
tf.sparse_to_dense([[0, 1]], [2, 2], [5])
tf.sparse.to_dense(tf.SparseTensor([[0, 1]], [5.0], [2, 2]))
tf.sparse_tensor_dense_matmul(tf.SparseTensor([[0, 1]], [5.0], [2, 2]), [[1.0], [2.0]])
tf.sparse_reduce_sum(tf.SparseTensor([[0, 1]], [5.0], [2, 2]), 1)
tf.sparse_add(tf.SparseTensor([[0, 1]], [5.0], [2, 2]), [[1.0, 2.0], [3.0, 4.0]])
tf.edit_distance(tf.SparseTensor([[0, 0]], [1], [1, 1]), tf.SparseTensor([[0, 0]], [2], [1, 1]))
""".strip().splitlines()

PROGRAM = """
def answer(tf, np, text):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
        i = tf.placeholder(tf.int32, [], name="i")
        v = tf.placeholder(tf.int32, [3], name="v")
        made = eval(text, {"tf": tf, "np": np, "x": x, "i": i, "v": v})
        made = list(made) if isinstance(made, (list, tuple)) else [made]
        nodes = [[op.name, op.type] for op in graph.get_operations()]
        shapes = [t.shape.as_list() if t.shape.ndims is not None else None for t in made]
        feeds = {x: np.arange(24, dtype=np.float32).reshape(2, 3, 4), i: 1, v: [1, 3, 2]}
        with tf.Session(graph=graph) as session:
            values = session.run(made, feeds)
        return {"nodes": nodes, "shapes": shapes, "values": values}
"""
NAMES: dict[str, Any] = {}
exec(PROGRAM, NAMES)

# Where names differ between TensorFlow 1.15, which is followed, and the oracle's release.
NAMED_AS_IN_1_15 = {
    "x[:i, 1:]",
    "x[tf.constant(1, tf.int64)]",
    "tf.ones_like(v)",
    "tf.strided_slice(x, [0], [1])",
    "tf.searchsorted([[1, 2, 3]], [[2]])",
}


@pytest.fixture(scope="module")
def expected(oracle: Oracle) -> dict[str, Any]:
    source = PROGRAM + "result = {text: answer(tf, np, text) for text in texts}\n"
    return oracle.run(source, texts=NODES, timeout_s=120)


@pytest.mark.parametrize("text", NODES)
def test_function_builds_the_same_graph(expected: dict[str, Any], text: str) -> None:
    ours, theirs = NAMES["answer"](tf, np, text), expected[text]
    if text not in NAMED_AS_IN_1_15:
        assert ours["nodes"] == theirs["nodes"]
    assert ours["shapes"] == theirs["shapes"]
    for value, wanted in zip(ours["values"], theirs["values"], strict=True):
        np.testing.assert_array_equal(np.asarray(value, object), np.asarray(wanted, object))
        assert np.asarray(value).dtype == np.asarray(wanted).dtype
