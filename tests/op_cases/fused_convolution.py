"""Programs of convolutions of images that are resized and mirrored at their borders.

TensorFlow refuses paddings of unknown shape, and so cases whose inputs have none; of several images
it takes the borders from the first.
"""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
raw = tf.raw_ops
result = []
image = np.sin(np.arange(24)).reshape(1, 4, 3, 2).astype(np.float32)
filters = np.cos(np.arange(24)).reshape(2, 3, 2, 2).astype(np.float32)
paddings = np.int32([[0, 0], [1, 2], [2, 1], [0, 0]])

def ask(make):
    with tf.Graph().as_default():
        try:
            made = make()
            result.append(str(made.shape))
            with tf.Session() as session:
                result.append(session.run(made))
        except (tf.errors.OpError, ValueError) as error:
            result.append(type(error).__name__)
"""


def program(op_type: str, source: str) -> OpProgram:
    return OpProgram((op_type,), _START + dedent(source))


CASES = [
    program(
        "FusedPadConv2D",
        """
        make = raw.FusedPadConv2D
        for mode, padding, step in (("REFLECT", "VALID", 1), ("SYMMETRIC", "SAME", 2),
                                    ("REFLECT", "SAME", 1)):
            for dtype in (np.float32, np.float64):
                ask(lambda: make(input=image.astype(dtype), paddings=paddings,
                                 filter=filters.astype(dtype), mode=mode, padding=padding,
                                 strides=[1, step, step, 1]))
        options = dict(mode="REFLECT", padding="VALID", strides=[1, 1, 1, 1])
        far = np.int32([[0, 0], [4, 0], [0, 0], [0, 0]])
        ask(lambda: make(input=image, paddings=far, filter=filters, **options))
        ask(lambda: make(input=image, paddings=paddings[:3], filter=filters, **options))
        ask(lambda: make(input=image, paddings=paddings, filter=filters[:, :, :1], **options))
        ask(lambda: make(input=image[0], paddings=paddings, filter=filters, **options))
        ask(lambda: make(input=image, paddings=paddings, filter=filters[0], **options))
        ask(lambda: make(input=image, paddings=paddings, filter=filters, mode="REFLECT",
                         padding="VALID", strides=[2, 1, 1, 1]))
        """,
    ),
    program(
        "FusedResizeAndPadConv2D",
        """
        make = raw.FusedResizeAndPadConv2D
        options = dict(padding="VALID", strides=[1, 1, 1, 1])
        for mode, corners, size in (("REFLECT", False, [5, 6]), ("SYMMETRIC", True, [5, 6]),
                                    ("SYMMETRIC", False, [2, 2])):
            ask(lambda: make(input=image, size=size, paddings=paddings, filter=filters, mode=mode,
                             resize_align_corners=corners, **options))
        none = np.zeros((4, 2), np.int32)
        ask(lambda: make(input=image, size=[3, 4], paddings=none, filter=filters, mode="REFLECT",
                         padding="SAME", strides=[1, 1, 1, 1]))
        ask(lambda: make(input=image, size=[0, 4], paddings=none, filter=filters, mode="REFLECT",
                         **options))
        ask(lambda: make(input=image, size=[3], paddings=none, filter=filters, mode="REFLECT",
                         **options))
        """,
    ),
]
