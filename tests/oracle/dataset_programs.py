"""Programs with datasets whose GraphDefs TensorFlow and tensormill exchange.

Each makes nodes "next_0" … and, where the iterator has one, an operation "begin".
"""

PROGRAMS = {
    "one shot": """
        dataset = tf.data.Dataset.from_tensor_slices((np.float32([1, 2, 3, 4]), [5, 6, 7, 8]))
        dataset = dataset.map(lambda x, y: (x * 2.0, y + 1)).repeat(2).batch(3)
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        for index, part in enumerate(iterator.get_next()):
            tf.identity(part, name=f"next_{index}")
    """,
    "initializable": """
        factor = tf.constant(3, tf.int64)
        dataset = tf.data.Dataset.range(10).filter(lambda x: tf.equal(x % 2, 0))
        dataset = dataset.map(lambda x: x * factor).skip(1).take(3)
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        tf.group(iterator.initializer, name="begin")
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "nested": """
        dataset = tf.data.Dataset.range(4).flat_map(
            lambda x: tf.data.Dataset.range(x).map(lambda y: x * 10 + y))
        dataset = dataset.interleave(
            lambda x: tf.data.Dataset.from_tensors(x).repeat(2), cycle_length=2, block_length=1)
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset.prefetch(1))
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "windows": """
        dataset = tf.data.Dataset.range(9).window(3, shift=2, drop_remainder=True)
        dataset = dataset.flat_map(lambda window: window.batch(3))
        dataset = dataset.apply(tf.data.experimental.scan(
            np.int64(0), lambda total, x: (total + tf.reduce_sum(x), total)))
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "padded": """
        dataset = tf.data.Dataset.range(1, 6).map(lambda x: tf.fill([x], x))
        dataset = dataset.padded_batch(2, [None])
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "sparse": """
        sparse = tf.SparseTensor([[0, 1], [1, 0], [2, 2]], [1.0, 2.0, 3.0], [3, 4])
        dataset = tf.data.Dataset.from_tensor_slices(sparse).batch(2)
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        tf.group(iterator.initializer, name="begin")
        tf.identity(tf.sparse_tensor_to_dense(iterator.get_next()), name="next_0")
    """,
    "control flow": """
        dataset = tf.data.Dataset.range(6).map(
            lambda x: tf.cond(x > 2, lambda: x * 100, lambda: -x), num_parallel_calls=2)
        dataset = dataset.map(lambda x: tf.while_loop(
            lambda i, y: i < 3, lambda i, y: (i + 1, y + x), [0, x])[1])
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "groups": """
        dataset = tf.data.Dataset.range(10).apply(tf.data.experimental.group_by_window(
            lambda x: x % 3, lambda key, window: window.batch(2), window_size=2))
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        tf.identity(iterator.get_next(), name="next_0")
    """,
    "shuffled alone": """
        dataset = tf.data.Dataset.range(5).shuffle(1, seed=3).cache().repeat(2)
        iterator = tf.compat.v1.data.make_one_shot_iterator(dataset)
        tf.identity(iterator.get_next(), name="next_0")
    """,
}

RUN = """
        def run_all(tf, graph):
            names = [op.name for op in graph.get_operations()]
            fetches = sorted(f"{n}:0" for n in names if n.startswith("next_"))
            found = []
            with tf.Session(graph=graph) as session:
                if "begin" in names:
                    session.run("begin")
                while len(found) < 60:
                    try:
                        found.append(session.run(fetches))
                    except tf.errors.OutOfRangeError:
                        found.append("end")
                        break
            return found
"""
