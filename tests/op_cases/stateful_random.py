"""Programs of random numbers whose state is in a resource variable."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
raw = tf.raw_ops
result = []

def ask(*makes, state=(3, 1, 5), kind=np.int64):
    with tf.Graph().as_default():
        variable = tf.Variable(np.array(state, kind), use_resource=True)
        with tf.Session() as session:
            session.run(variable.initializer)
            for make in makes:
                try:
                    made = make(variable.handle)
                    if isinstance(made, tf.Tensor):
                        result.append(str(made.shape))
                    result.append(session.run(made))
                    result.append(session.run(variable))
                except (tf.errors.OpError, ValueError) as error:
                    result.append(type(error).__name__)

FLOATS = (tf.float16, tf.float32, tf.float64)
"""


def program(op_types: tuple[str, ...], source: str) -> OpProgram:
    return OpProgram(op_types, _START + dedent(source))


def _sampler(op_type: str) -> OpProgram:
    return program(
        (op_type,),
        f"""
        make = raw.{op_type}
        for dtype in FLOATS:
            ask(*[lambda h, n=n: make(resource=h, algorithm=1, shape=[n, 3], dtype=dtype)
                  for n in (1, 5, 0)])
        ask(lambda h: make(resource=h, algorithm=1, shape=tf.constant([7], tf.int32)),
            state=(-3, -1, -5))
        ask(lambda h: make(resource=h, algorithm=[1], shape=[2]),
            lambda h: make(resource=h, algorithm=1, shape=[[2]]),
            lambda h: make(resource=h, algorithm=1, shape=[-2]))
        ask(lambda h: make(resource=h, algorithm=1, shape=[2]), state=(1, 2))
        ask(lambda h: make(resource=h, algorithm=1, shape=[2]), state=((1, 2, 3),))
        ask(lambda h: make(resource=h, algorithm=1, shape=[2]), kind=np.int32)
        """,
    )


CASES = [
    *map(_sampler, ("StatefulUniform", "StatefulStandardNormalV2", "StatefulTruncatedNormal")),
    program(
        ("StatefulUniformInt", "StatefulUniformFullInt"),
        """
        for dtype in (tf.int32, tf.int64, tf.uint32, tf.uint64):
            ask(lambda h: raw.StatefulUniformFullInt(resource=h, algorithm=1, shape=[5],
                                                     dtype=dtype),
                lambda h: raw.StatefulUniformFullInt(resource=h, algorithm=1, shape=[2, 2],
                                                     dtype=dtype))
        for dtype in (tf.int32, tf.int64, tf.uint32):
            ask(lambda h: raw.StatefulUniformInt(
                    resource=h, algorithm=1, shape=[2, 3], minval=tf.constant(3, dtype),
                    maxval=tf.constant(1000, dtype)),
                lambda h: raw.StatefulUniformInt(
                    resource=h, algorithm=1, shape=[0], minval=tf.constant(3, dtype),
                    maxval=tf.constant(3, dtype)),
                lambda h: raw.StatefulUniformInt(
                    resource=h, algorithm=1, shape=[1], minval=tf.constant(3, dtype),
                    maxval=tf.constant(3, dtype)))
        ask(lambda h: raw.StatefulUniformInt(resource=h, algorithm=1, shape=[2],
                                             minval=[1], maxval=5))
        """,
    ),
    program(
        ("RngSkip", "NonDeterministicInts", "StatefulStandardNormal"),
        """
        ask(lambda h: raw.RngSkip(resource=h, algorithm=1, delta=10),
            lambda h: raw.StatefulUniform(resource=h, algorithm=1, shape=[3]),
            lambda h: raw.RngSkip(resource=h, algorithm=[1], delta=10),
            lambda h: raw.RngSkip(resource=h, algorithm=7, delta=10))
        ask(lambda h: raw.RngSkip(resource=h, algorithm=1, delta=1), state=(-1, 0, 3))
        for dtype in (tf.int32, tf.int64, tf.uint32, tf.uint64):
            ask(lambda h: tf.shape(raw.NonDeterministicInts(shape=[3, 2], dtype=dtype)))
            made = raw.NonDeterministicInts(shape=[4], dtype=dtype)
            result.append([str(made.shape), made.dtype.name])
        with tf.Graph().as_default():
            versions = tf.GraphDef()
            versions.versions.producer = 28
            tf.import_graph_def(versions)
            variable = tf.Variable(np.int64([1, 3, 1, 5]), use_resource=True)
            made = raw.StatefulStandardNormal(resource=variable.handle, shape=[4])
            with tf.Session() as session:
                session.run(variable.initializer)
                result.append([str(made.shape), session.run(made), session.run(variable)])
        """,
    ),
    program(
        ("StatefulRandomBinomial",),
        """
        make = raw.StatefulRandomBinomial
        for dtype in (tf.float16, tf.float32, tf.float64, tf.int32, tf.int64):
            with tf.Graph().as_default():
                handle = tf.Variable(np.int64([3, 1, 5]), use_resource=True).handle
                made = make(resource=handle, algorithm=1, shape=[3], counts=5.0,
                            probs=[0.0, 1.0, 0.0], dtype=dtype)
                with tf.Session() as session:
                    session.run(tf.global_variables_initializer())
                    result.append([str(made.shape), session.run(made)])
        """,
    ),
]
