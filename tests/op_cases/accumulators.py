"""Cases of conditional accumulators."""

from tests.op_cases.case import OpProgram

_DENSE = """
raw = tf.raw_ops
make = getattr(raw, prefix + "ConditionalAccumulator")
apply = getattr(raw, prefix + "AccumulatorApplyGradient")
take = getattr(raw, prefix + "AccumulatorTakeGradient")
count = getattr(raw, prefix + "AccumulatorNumAccumulated")
advance = getattr(raw, prefix + "AccumulatorSetGlobalStep")
result = []
for reduction in ("MEAN", "SUM"):
    for dtype in (tf.float32, tf.float64, tf.float16):
        handle = make(dtype=dtype, shape=[2], reduction_type=reduction)
        gradient = tf.placeholder(dtype, [2])
        step = tf.placeholder(tf.int64, [])
        applying = apply(handle=handle, local_step=step, gradient=gradient)
        size = count(handle=handle)
        taking = take(handle=handle, num_required=2, dtype=dtype)
        moving = advance(handle=handle, new_global_step=step)
        result += [handle.shape.as_list(), taking.shape.rank, size.shape.as_list()]
        with tf.Session() as session:
            def add(at, *values):
                session.run(applying, {step: at, gradient: values})
                result.append(session.run(size))
            add(0, 1, 2)
            add(0, 3, 5)
            add(7, 4, 4)
            result += [session.run(taking), session.run(size)]
            add(0, 9, 9)
            add(1, 1, 0)
            session.run(moving, {step: 5})
            add(4, 9, 9)
            add(5, 2, 1)
            result.append(session.run(taking))
            session.run(moving, {step: 2})
            add(2, 1, 1)
"""

CASES = [
    *(
        OpProgram(
            (
                f"{prefix}ConditionalAccumulator",
                f"{prefix}AccumulatorApplyGradient",
                f"{prefix}AccumulatorTakeGradient",
                f"{prefix}AccumulatorNumAccumulated",
                f"{prefix}AccumulatorSetGlobalStep",
            ),
            f'prefix = "{prefix}"\n{_DENSE}',
            note=prefix,
        )
        for prefix in ("", "Resource")
    ),
    OpProgram(
        (
            "SparseConditionalAccumulator",
            "SparseAccumulatorApplyGradient",
            "SparseAccumulatorTakeGradient",
        ),
        """
        result = []
        for reduction in ("MEAN", "SUM"):
            for shape in (None, [5, 2], [None, 2]):
                accumulator = tf.SparseConditionalAccumulator(
                    tf.float32, shape, reduction_type=reduction)
                values = tf.placeholder(tf.float32, [None, 2])
                indices = tf.placeholder(tf.int64, [None])
                adding = accumulator.apply_grad(indices, values)
                taking = accumulator.take_indexed_slices_grad(2)
                size = accumulator.num_accumulated()
                with tf.Session() as session:
                    def add(pairs):
                        rows = np.float32([[v, 10 * v] for _, v in pairs]).reshape(-1, 2)
                        session.run(adding, {indices: [i for i, _ in pairs], values: rows})
                    add([(0, 1.0), (2, 2.0)])
                    add([(1, 3.0), (2, 4.0), (4, 5.0)])
                    add([(2, 6.0)])
                    result += [session.run(size), list(session.run(taking)), session.run(size)]
                    add([])
                    session.run(accumulator.set_global_step(0))
                    add([(3, 1.0), (1, 2.0)])
                    add([(1, 1.0), (3, 2.0)])
                    result.append(list(session.run(taking)))
        """,
    ),
    OpProgram(
        ("SparseAccumulatorApplyGradient", "ResourceAccumulatorApplyGradient"),
        """
        dense = tf.ConditionalAccumulator(tf.float32, [2], name="dense")
        sparse = tf.SparseConditionalAccumulator(tf.float32, [4, 2], name="sparse")
        x = tf.placeholder(tf.float32)
        i, shape = tf.placeholder(tf.int64), tf.placeholder(tf.int64)
        add_dense, add_sparse = dense.apply_grad(x), sparse.apply_grad(i, x)
        add_shaped = sparse.apply_grad(i, x, shape)
        n = tf.placeholder(tf.int32, [])
        result = [add_dense.name, add_sparse.name, dense.take_grad(1).shape.as_list()]
        row = [[1.0, 2.0]]
        attempts = [
            (add_dense, {x: [1.0, 2.0, 3.0]}),
            (dense.take_grad(n), {n: 0}),
            (sparse.take_grad(n), {n: -1}),
            (add_sparse, {i: [9], x: row}),
            (add_sparse, {i: [[1]], x: row}),
            (add_sparse, {i: [1], x: 1.0}),
            (add_sparse, {i: [1, 2], x: row}),
            (add_sparse, {i: [1], x: [[1.0, 2.0, 3.0]]}),
            (add_sparse, {i: [1], x: [1.0]}),
            (add_shaped, {i: [1], x: row, shape: [4, 3]}),
            (add_shaped, {i: [1], x: row, shape: [4]}),
            (add_shaped, {i: [1], x: row, shape: [5, 2]}),
            (add_shaped, {i: [1], x: row, shape: [4, 2]}),
            (add_sparse, {i: [0], x: [[1.0, 2.0, 3.0]]}),
            (add_sparse, {i: [0], x: [1.0]}),
        ]
        texts = ["Shape mismatch: ", "Argument num_required", "Input indices", "Values cannot",
                 "Expected 2 non-empty"]
        with tf.Session() as session:
            for operation, feeds in attempts:
                try:
                    session.run(operation, feeds)
                except tf.errors.InvalidArgumentError as error:
                    lines = error.message.splitlines()
                    result += [l for l in lines if any(l.startswith(t) for t in texts)]
            result += [session.run(dense.num_accumulated()), session.run(sparse.num_accumulated())]
        """,
        note="fails",
    ),
    OpProgram(
        ("ResourceConditionalAccumulator", "ResourceAccumulatorTakeGradient"),
        """
        first = tf.ConditionalAccumulator(tf.float32, shared_name="both", name="first")
        second = tf.ConditionalAccumulator(tf.float32, shared_name="both", name="second")
        soon = tf.RunOptions(timeout_in_ms=50)
        with tf.Session() as session:
            session.run(first.apply_grad([1.0, 3.0]))
            result = [session.run(second.take_grad(1))]
            try:
                session.run(second.take_grad(1), options=soon)
            except tf.errors.OpError as error:
                result.append(type(error).__name__)
            session.run(first.apply_grad([5.0], local_step=1))
            result.append(session.run(first.take_grad(1)))
        """,
        note="shared",
    ),
]
