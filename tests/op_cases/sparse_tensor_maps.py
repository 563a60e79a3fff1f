"""Cases of sparse tensors kept under handles."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("AddSparseToTensorsMap", "AddManySparseToTensorsMap", "TakeManySparseFromTensorsMap"),
        f"""
        raw = tf.raw_ops
        indices, shape = tf.constant([[0, 1], [2, 0]], tf.int64), tf.constant([3, 2], tf.int64)
        values = {values}
        one = raw.AddSparseToTensorsMap(
            sparse_indices=indices, sparse_values=values, sparse_shape=shape, shared_name="m")
        many = raw.AddManySparseToTensorsMap(
            sparse_indices=indices, sparse_values=values, sparse_shape=shape, shared_name="m")
        handles = tf.placeholder(tf.int64, [None])
        take = raw.TakeManySparseFromTensorsMap(
            sparse_handles=handles, dtype=values.dtype, shared_name="m")
        result = [one.shape.as_list(), many.shape.as_list(), [t.shape.as_list() for t in take]]
        with tf.Session() as session:
            kept = [session.run(one), session.run(one)]
            result += [list(session.run(take, {{handles: kept[::-1]}}))]
            rows = session.run(many)
            result += [len(rows), list(session.run(take, {{handles: rows[[2, 1, 0]]}}))]
            for wrong in (rows[:1], [], [session.run(one), session.run(many)[0]]):
                try:
                    session.run(take, {{handles: wrong}})
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
        note=note,
    )
    for note, values in (
        ("numbers", "tf.constant([1.5, 2.5])"),
        ("strings", 'tf.constant(["a", "b"])'),
    )
]
