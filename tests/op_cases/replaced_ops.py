"""Programs of op types that others have replaced, in graphs of the versions that had them."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
raw = tf.raw_ops
result = []

def ask(producer, make, feed=None, xs=()):
    versions = tf.GraphDef()
    versions.versions.producer = producer
    with tf.Graph().as_default():
        tf.import_graph_def(versions)
        try:
            made = make()
            tensors = list(made) if isinstance(made, (list, tuple)) else [made]
            result.append([str(t.shape) for t in tensors])
            with tf.Session() as session:
                result.append(session.run(tensors))
        except (tf.errors.OpError, ValueError, NotImplementedError) as error:
            result.append([type(error).__name__, str(error)[:60] if "Op " in str(error) else ""])
"""


def program(op_types: tuple[str, ...], source: str) -> OpProgram:
    return OpProgram(op_types, _START + dedent(source))


CASES = [
    program(
        ("BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad"),
        """
        image = np.float32(np.arange(24) % 7).reshape(2, 2, 2, 3)
        mean, variance = np.float32([1, 2, 3]), np.float32([0.5, 1, 2])
        beta, gamma = np.float32([0.1, -1, 2]), np.float32([2, 1, -1])

        def normalized(scales, tail=(beta, gamma)):
            return raw.BatchNormWithGlobalNormalization(
                t=tf.constant(image), m=mean, v=variance, beta=tail[0], gamma=tail[1],
                variance_epsilon=0.01, scale_after_normalization=scales)

        def gradients(scales):
            xs = [tf.constant(v) for v in (image, mean, variance, beta, gamma)]
            y = raw.BatchNormWithGlobalNormalization(
                t=xs[0], m=xs[1], v=xs[2], beta=xs[3], gamma=xs[4],
                variance_epsilon=0.01, scale_after_normalization=scales)
            return tf.gradients(y, xs, np.float32(np.arange(24) % 5).reshape(2, 2, 2, 3))

        for scales in (True, False):
            ask(8, lambda: normalized(scales))
            ask(8, lambda: gradients(scales))
        ask(9, lambda: normalized(True))
        ask(8, lambda: normalized(True, (beta[:2], gamma)))
        """,
    ),
    program(
        ("Conv3DBackpropInput", "Conv3DBackpropFilter"),
        """
        image = np.float32(np.arange(54) % 11).reshape(1, 3, 3, 3, 2)
        filters = np.float32(np.arange(32) % 7).reshape(2, 2, 2, 2, 2)
        grad = np.float32(np.arange(16) % 5).reshape(1, 2, 2, 2, 2)
        for make in (raw.Conv3DBackpropInput, raw.Conv3DBackpropFilter):
            for padding, size in (("VALID", 2), ("SAME", 3)):
                count = size ** 3 * 2
                given = np.float32(np.arange(count) % 5).reshape(1, size, size, size, 2)
                ask(9, lambda: make(input=image, filter=filters, out_backprop=given,
                                    strides=[1] * 5, padding=padding))
            ask(10, lambda: make(input=image, filter=filters, out_backprop=grad,
                                 strides=[1] * 5, padding="VALID"))
        """,
    ),
    program(
        ("AdjustContrast",),
        """
        pixels = np.arange(48).reshape(2, 4, 2, 3) * 5
        for kind in (np.uint8, np.int32, np.float32, np.float64):
            ask(1, lambda: raw.AdjustContrast(images=pixels.astype(kind), contrast_factor=1.5,
                                              min_value=20.0, max_value=200.0))
        ask(1, lambda: raw.AdjustContrast(images=pixels[0, 0].astype(np.float32),
                                          contrast_factor=1.5, min_value=0.0, max_value=1.0))
        ask(2, lambda: raw.AdjustContrast(images=pixels.astype(np.uint8), contrast_factor=1.5,
                                          min_value=0.0, max_value=1.0))
        """,
    ),
    program(
        ("RandomCrop",),
        """
        image = np.arange(60).reshape(5, 4, 3)
        for kind, size, seed in (
            (np.uint8, [2, 3], 3), (np.float32, [5, 1], 4), (np.int64, [1, 4], 5)
        ):
            ask(7, lambda: [raw.RandomCrop(image=image.astype(kind), size=size, seed=seed, seed2=7)
                            for _ in range(3)])
        ask(7, lambda: raw.RandomCrop(image=np.float32(image), size=[6, 1], seed=1))
        ask(7, lambda: raw.RandomCrop(image=np.float32(image), size=[1, 1, 1], seed=1))
        ask(8, lambda: raw.RandomCrop(image=np.float32(image), size=[1, 1], seed=1))
        """,
    ),
    program(
        ("AudioSummary",),
        """
        sound = np.sin(np.arange(24)).reshape(2, 12).astype(np.float32)
        ask(14, lambda: raw.AudioSummary(tag="a", tensor=sound, sample_rate=8000.0))
        ask(14, lambda: raw.AudioSummary(tag="a", tensor=sound[..., None], sample_rate=8000.0,
                                         max_outputs=1))
        ask(14, lambda: raw.AudioSummary(tag="a", tensor=sound[0], sample_rate=8000.0))
        ask(14, lambda: raw.AudioSummary(tag="a", tensor=sound, sample_rate=0.0))
        ask(15, lambda: raw.AudioSummary(tag="a", tensor=sound, sample_rate=8000.0))
        """,
    ),
    program(
        ("RandomPoisson",),
        """
        ask(25, lambda: raw.RandomPoisson(shape=[2], rate=[1.0]))
        ask(24, lambda: tf.shape(raw.RandomPoisson(shape=[2, 3], rate=[[1.0, 2.0]])))
        """,
    ),
    program(
        ("TopK", *(f"Batch{way}FFT{rank}" for way in ("", "I") for rank in ("", "2D", "3D"))),
        """
        signal = np.complex64(np.arange(16).reshape(2, 2, 4))
        ask(7, lambda: raw.TopK(input=[1.0, 2.0], k=1))
        for way in ("", "I"):
            for rank in ("", "2D", "3D"):
                make = getattr(raw, f"Batch{way}FFT{rank}")
                ask(15, lambda: make(input=signal))
        """,
    ),
]
