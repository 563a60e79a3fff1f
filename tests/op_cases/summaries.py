"""Cases of summaries, read as messages; pictures are held against TensorFlow elsewhere."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
raw = tf.raw_ops
result = []

def ask(make, read=lambda summary: str(summary)):
    with tf.Graph().as_default(), tf.Session() as session:
        try:
            result.append(read(tf.Summary.FromString(session.run(make()))))
        except (tf.errors.OpError, ValueError) as error:
            result.append(type(error).__name__)
"""


def program(op_types, source):
    return OpProgram(op_types, _START + dedent(source))


CASES = [
    program(
        ("ScalarSummary", "MergeSummary"),
        """
        for dtype in (tf.float32, tf.float64, tf.int32, tf.uint8, tf.int64, tf.bfloat16):
            ask(lambda: tf.summary.scalar("a b", tf.constant(3, dtype)))
        ask(lambda: raw.ScalarSummary(tags=["a", "b"], values=[1.0, 2.5]))
        ask(lambda: raw.ScalarSummary(tags=[["a", "a"]], values=[[1.0, 2.5]]))
        ask(lambda: raw.ScalarSummary(tags=["a", "b"], values=[1.0, 2.5, 3.0]))
        ask(lambda: tf.summary.scalar("a", [1.0, 2.0]))
        ask(lambda: tf.summary.scalar("a", 1.0, family="f"))
        ask(lambda: tf.summary.merge([tf.summary.scalar("a", 1.0), tf.summary.scalar("b", 2)]))
        ask(lambda: raw.MergeSummary(inputs=[tf.summary.scalar("a", 1.0), ["", ""]]))
        ask(lambda: raw.MergeSummary(inputs=[tf.summary.scalar("a", 1.0)] * 2))
        ask(lambda: tf.summary.merge([]))
        """,
    ),
    program(
        ("HistogramSummary",),
        """
        ask(lambda: tf.summary.histogram("h", [0.0, 1.0, -1.0, 1e-13, 3.5, -1e30, 1e25]))
        ask(lambda: tf.summary.histogram("h", tf.constant([1, 2, 2], tf.int64)))
        ask(lambda: tf.summary.histogram("h", np.zeros([0], np.float32)))
        ask(lambda: tf.summary.histogram("h", np.linspace(-3, 5, 1000).reshape(10, 100)))
        ask(lambda: tf.summary.histogram("h", tf.constant([0.1, 0.2], tf.bfloat16)))
        ask(lambda: tf.summary.histogram("h", [1.0, float("nan")]))
        ask(lambda: tf.summary.histogram("h", [1.0, float("inf")]))
        """,
    ),
    program(
        ("ImageSummary",),
        """
        def read(summary):
            return [(v.tag, v.image.height, v.image.width, v.image.colorspace,
                     v.image.encoded_image_string[:24]) for v in summary.value]

        bytes_ = np.arange(48, dtype=np.uint8).reshape(2, 2, 4, 3)
        ask(lambda: tf.summary.image("i", bytes_), read)
        ask(lambda: tf.summary.image("i", bytes_, max_outputs=1), read)
        ask(lambda: tf.summary.image("i", np.zeros([1, 2, 3, 4], np.float16)), read)
        ask(lambda: tf.summary.image("i", np.zeros([1, 2, 2, 2], np.uint8)))
        ask(lambda: tf.summary.image("i", np.zeros([2, 2, 2], np.float32)))
        ask(lambda: tf.summary.image("i", bytes_, max_outputs=0))
        color = tf.make_tensor_proto([9.0], tf.float32, shape=[1])
        ask(lambda: raw.ImageSummary(tag="i", tensor=np.zeros([1, 1, 1, 1], np.float32),
                                     bad_color=color))
        color = tf.make_tensor_proto([9], tf.uint8, shape=[1])
        ask(lambda: raw.ImageSummary(tag="i", tensor=np.zeros([1, 1, 1, 3], np.float32),
                                     bad_color=color))
        """,
    ),
    program(
        ("AudioSummaryV2",),
        """
        wave = np.linspace(-1.2, 1.2, 12, dtype=np.float32)
        ask(lambda: tf.summary.audio("a", wave.reshape(2, 3, 2), 44100))
        ask(lambda: tf.summary.audio("a", wave.reshape(4, 3), 8000.5, max_outputs=1))
        ask(lambda: tf.summary.audio("a", wave.reshape(1, 3, 2, 2), 8000))
        ask(lambda: tf.summary.audio("a", wave.reshape(4, 3), 0.0))
        """,
    ),
    program(
        ("TensorSummary", "TensorSummaryV2"),
        """
        ask(lambda: tf.summary.tensor_summary("t", tf.constant([1, 2]), "what it is"))
        ask(lambda: tf.summary.tensor_summary("t", tf.constant([True]), display_name="d"))
        ask(lambda: tf.summary.tensor_summary("t", tf.constant(2.5), family="f"))
        ask(lambda: tf.summary.text("t", tf.constant(["x", "y"])))
        ask(lambda: tf.summary.text("t", tf.constant([1])))
        ask(lambda: raw.TensorSummary(tensor=[[1.0], [2.0]], name="node"))
        """,
    ),
]
