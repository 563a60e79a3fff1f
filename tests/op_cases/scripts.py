"""Cases of Python functions as nodes."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("PyFunc",),
        """
        x = tf.constant([1.5, 2.0])
        with tf.Session() as session:
            result = session.run([
                tf.py_func(lambda a: a * 2, [x], tf.float32),
                *tf.py_func(lambda a, b: (a + b, b"done"), [x, 1.0], [tf.float32, tf.string]),
                tf.py_func(lambda a: a.decode() + "é", [tf.constant("s")], tf.string),
                tf.py_func(lambda a: np.int64(a.sum()), [x], tf.int64),
            ])
        """,
    ),
    OpProgram(
        ("PyFuncStateless", "PyFunc"),
        """
        def fail(error):
            def function(_):
                raise error
            return function

        result = []
        with tf.Session() as session:
            node = tf.py_func(lambda a: a + 1, [tf.constant([1, 2])], tf.int32, stateful=False)
            result.append(session.run(node))
            result.append(node.op.type)
            for error in (ValueError("v"), TypeError("t"), StopIteration(), MemoryError(),
                          NotImplementedError("n"), ZeroDivisionError("z"), KeyError("k")):
                try:
                    session.run(tf.py_func(fail(error), [1], tf.float32))
                except tf.errors.OpError as caught:
                    result.append([type(caught).__name__, type(error).__name__ in str(caught)])
            for wrong in (1.5, [1.0, 2.0], None):
                try:
                    session.run(tf.py_func(lambda _: wrong, [1], tf.float32))
                except tf.errors.OpError as caught:
                    result.append(type(caught).__name__)
        """,
    ),
    OpProgram(
        ("EagerPyFunc",),
        """
        def log_huber(x, m):
            if tf.abs(x) <= m:
                return x**2
            return m**2 * (1 - 2 * tf.math.log(m) + tf.math.log(x**2))

        x, m = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
        y = tf.py_function(log_huber, [x, m], tf.float32)
        slopes = tf.gradients(y, [x, m])
        result = [y.op.type]
        with tf.Session() as session:
            result += session.run([y, *slopes], {x: 1.0, m: 2.0})
            result += session.run([y, *slopes], {x: 4.0, m: 2.0})
            rows = tf.constant([[1.0], [2.0]])
            result.append(session.run(
                tf.py_function(lambda a: tf.stack([2 * row for row in a]), [rows], tf.float32)
            ))
            result.append(session.run(
                tf.py_function(lambda a: (len(a), int(a[0, 0]), a.numpy().sum()), [rows],
                               [tf.int32, tf.int64, tf.float32])
            ))
            try:
                session.run(tf.py_function(lambda: tf.constant(1), [], tf.float32))
            except tf.errors.OpError as caught:
                result.append(type(caught).__name__)
        """,
    ),
]
