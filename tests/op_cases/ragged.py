"""Cases of ragged tensors: the ops below them, and programs of what stands on those."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_SPLITS = [np.int64([0, 2, 2, 3]), np.int64([0, 1, 3, 6])]
_BEGIN = """
    ragged = tf.ragged
    rt = ragged.constant([[3, 1, 4, 1], [], [5, 9, 2], [6], []])
    deep = ragged.constant([[[1, 2], [3]], [], [[4, 5, 6]]])
    some = ragged.constant([[1.0, 2.0], [3.0]])
    words = ragged.constant([["a", "bcd"], ["c"]])

    def plain(value):
        if hasattr(value, "to_list"):
            return [value.to_list(), str(value.flat_values.dtype)]
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        return value
"""
_END = """
    with tf.Session() as session:
        result = [plain(session.run(fetch)) for fetch in fetches]
"""


def _program(op_types, lines, note):
    listed = "".join(f"        {line},\n" for line in map(str.strip, lines.strip().splitlines()))
    return OpProgram(op_types, f"{_BEGIN}    fetches = [\n{listed}    ]\n{_END}", note=note)


CASES = [
    OpCase("RaggedRange", [np.int32([0, 5, 8]), np.int32([3, 3, 12]), np.int32(1)]),
    OpCase("RaggedRange", [np.float32([0, 5]), np.float32([2, 0]), np.float32([0.5, -2])]),
    OpCase(
        "RaggedRange",
        [np.int32([0]), np.int32([3]), np.int32([0])],
        fails="Requires delta != 0",
    ),
    OpCase(
        "RaggedGather",
        [_SPLITS, np.float32([1, 2, 3, 4, 5, 6]), np.int32([2, 0])],
        {"OUTPUT_RAGGED_RANK": 2},
    ),
    OpCase(
        "RaggedGather",
        [_SPLITS[:1], np.float32([1, 2, 3]), np.int64([[2, 0], [1, 1]])],
        {"OUTPUT_RAGGED_RANK": 2},
    ),
    OpCase(
        "RaggedGather",
        [_SPLITS[:1], np.float32([1, 2, 3]), np.int64([3])],
        {"OUTPUT_RAGGED_RANK": 1},
        fails="indices[0] = 3 is not in [0, 3)",
    ),
    OpCase("RaggedTensorToSparse", [_SPLITS, np.float32([1, 2, 3, 4, 5, 6])]),
    OpCase("RaggedTensorToSparse", [_SPLITS[:1], np.float32([[1, 2], [3, 4], [5, 6]])]),
    OpProgram(
        ("RaggedTensorToVariant", "RaggedTensorFromVariant"),
        """
        splits = [np.int64([0, 2, 2, 3]), np.int64([0, 1, 3, 6])]
        whole = tf.raw_ops.RaggedTensorToVariant(
            rt_nested_splits=splits, rt_dense_values=np.arange(6), batched_input=False)
        rows = tf.raw_ops.RaggedTensorToVariant(
            rt_nested_splits=splits, rt_dense_values=np.arange(6), batched_input=True)
        back = [
            tf.raw_ops.RaggedTensorFromVariant(
                encoded_ragged=each, input_ragged_rank=-1, output_ragged_rank=2, Tvalues=tf.int64)
            for each in (whole, rows)]
        with tf.Session() as session:
            result = [
                [*session.run(each.output_nested_splits), session.run(each.output_dense_values)]
                for each in back]
        """,
    ),
    _program(
        ("RaggedGather", "RaggedRange"),
        """
        rt + 1
        rt * rt
        1 - some
        -some
        some < 2.0
        tf.cast(some, tf.int32)
        tf.add_n([some, some])
        rt + [[10], [20], [30], [40], [50]]
        some * tf.constant(2.0)
        some + ragged.constant([[5.0, 6.0], [7.0]])
        tf.strings.length(words)
        ragged.map_flat_values(tf.square, some)
        """,
        "arithmetic",
    ),
    _program(
        ("RaggedRange",),
        """
        tf.reduce_sum(rt, axis=1)
        tf.reduce_sum(rt, axis=0)
        tf.reduce_mean(some, axis=1)
        tf.reduce_max(deep, axis=1)
        tf.reduce_sum(deep, axis=[1, 2])
        tf.reduce_sum(rt)
        tf.reduce_any(tf.greater(rt, 4), axis=1)
        tf.reduce_join(words, axis=1)
        tf.math.unsorted_segment_sum(rt, [0, 1, 0, 1, 1], 2)
        """,
        "reductions",
    ),
    _program(
        ("RaggedGather",),
        """
        tf.concat([rt, rt], axis=1)
        tf.concat([rt, rt[:2]], axis=0)
        tf.concat([deep, deep], axis=2)
        tf.stack([rt, rt])
        ragged.stack([rt, rt], axis=1)
        tf.tile(rt, [2, 2])
        tf.expand_dims(rt, 1)
        tf.expand_dims(rt, 0)
        tf.where(tf.greater(rt, 2), rt, -rt)
        tf.where(tf.greater(rt, 2))
        ragged.stack_dynamic_partitions(["a", "b", "c", "d", "e"], [3, 0, 2, 2, 3], 5)
        tf.squeeze(ragged.constant([[[1]], [[2]]]), [1])
        tf.one_hot(ragged.constant([[0, 1], [2]]), 3)
        """,
        "joins",
    ),
    _program(
        ("RaggedGather", "RaggedRange"),
        """
        rt[0]
        rt[1:4]
        rt[:, 1:3]
        rt[:, -2:]
        rt[::2]
        rt[:, ::-1]
        rt[tf.newaxis]
        deep[0, 1]
        deep[..., :1]
        deep[:, :1, :1]
        tf.gather(rt, [2, 0])
        tf.gather(rt, ragged.constant([[0, 2], [3]]))
        tf.gather_nd(rt, [[0, 1], [2, 2]])
        tf.batch_gather(ragged.constant([[1, 2, 3], [4, 5]]), ragged.constant([[0, 2], [1]]))
        ragged.boolean_mask(rt, tf.greater(rt, 2))
        ragged.boolean_mask([[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]])
        """,
        "pieces",
    ),
    _program(
        ("RaggedTensorToSparse",),
        """
        rt.to_tensor()
        deep.to_tensor(-1)
        tf.sparse.to_dense(deep.to_sparse())
        tf.RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0]], padding=0)
        tf.RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0]], lengths=[2, 0])
        tf.RaggedTensor.from_sparse(tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 2, 3], [3, 4]))
        tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2], 4)
        tf.RaggedTensor.from_row_lengths([1, 2, 3], [1, 0, 2])
        tf.RaggedTensor.from_row_starts([1, 2, 3], [0, 1])
        tf.RaggedTensor.from_row_limits([1, 2, 3], [1, 3])
        tf.RaggedTensor.from_nested_row_splits(tf.ones([6, 2]), [[0, 2, 2, 3], [0, 2, 3, 6]])
        ragged.segment_ids_to_row_splits([0, 0, 2, 2, 2, 3, 4, 4, 4])
        ragged.row_splits_to_segment_ids([0, 3, 3, 5])
        rt.row_lengths()
        rt.value_rowids()
        deep.row_lengths(axis=2)
        deep.nested_row_lengths()
        deep.bounding_shape()
        tf.size(rt)
        tf.rank(deep)
        """,
        "conversions",
    ),
    _program(
        ("StringNGrams", "UnicodeDecodeWithOffsets"),
        """
        tf.strings.bytes_split(["hello", "ab"])
        tf.strings.ngrams(ragged.constant([["a", "b", "c"], ["d", "e"]]), 2)
        tf.strings.unicode_decode(["aé", "b"], "UTF-8")
        tf.strings.unicode_split(["aé", "b"], "UTF-8")
        tf.strings.unicode_split_with_offsets(["aé", "b"], "UTF-8")
        tf.strings.unicode_encode(ragged.constant([[97, 233], [98]]), "UTF-8")
        tf.strings.split(["a b", "c"], result_type="RaggedTensor")
        tf.string_split(["a b", "c"], result_type="RaggedTensor")
        tf.strings.split(["a b", "c"]).values
        """,
        "texts",
    ),
    _program(
        ("RaggedGather",),
        """
        tf.gradients((some * some).flat_values, some.flat_values)[0]
        tf.convert_to_tensor(tf.gradients(tf.gather(some, [1, 1]).flat_values, some.flat_values)[0])
        tf.convert_to_tensor(tf.gradients(some.to_tensor() ** 2, some.flat_values)[0])
        tf.gradients(tf.reduce_mean(some, 1) ** 2, some.flat_values)[0]
        """,
        "gradients",
    ),
]
