"""Cases of batching, one step at a time; `tests/functional/test_batched_calls.py` has several."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("Batch", "Unbatch", "UnbatchGrad"),
        """
        raw = tf.raw_ops
        given = tf.placeholder(tf.float32, [None, 2])
        other = tf.placeholder(tf.int32, [None])
        batched, index, number = raw.Batch(
            in_tensors=[given, other], num_batch_threads=1, max_batch_size=4,
            batch_timeout_micros=1000, grad_timeout_micros=10**7, allowed_batch_sizes=[3, 4],
        )
        doubled = batched[0] * batched[0]
        back = raw.Unbatch(
            batched_tensor=doubled, batch_index=index, id=number, timeout_micros=10**7
        )
        grad = raw.UnbatchGrad(
            original_input=doubled, batch_index=index, grad=back * 2.0, id=number
        )
        result = [t.shape.as_list() for t in (*batched, index, number, back, grad)]
        values = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
        with tf.Session() as session:
            made = session.run([*batched, index, back, grad], {given: values, other: [7, 8]})
            made[2] = made[2][:, 1:]
            result += made
            for wrong in ([1, 2, 3], [1]):
                try:
                    session.run(back, {given: values, other: wrong})
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
            try:
                session.run(back, {given: np.ones([5, 2]), other: [1] * 5})
            except tf.errors.OpError as error:
                result.append(type(error).__name__)
        """,
    ),
    OpProgram(
        ("BatchFunction",),
        """
        outside = tf.constant([10.0, 20.0])

        @tf.nondifferentiable_batch_function(1, 4, 1000, allowed_batch_sizes=[2, 4])
        def layer(a, b):
            return a * 2.0 + outside, tf.cast(b, tf.int64)

        given = tf.placeholder(tf.float32, [None, 2])
        made = layer(given, tf.placeholder_with_default([1, 2, 3], [None]))
        result = [[t.shape.rank for t in made], [t.dtype.name for t in made]]
        with tf.Session() as session:
            result += session.run(made, {given: np.arange(6.0).reshape(3, 2)})
            try:
                session.run(made, {given: np.ones([2, 2])})
            except tf.errors.OpError as error:
                result.append(type(error).__name__)
        """,
    ),
]
