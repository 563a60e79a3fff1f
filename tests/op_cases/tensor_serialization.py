"""Cases of tensors as messages, and of compressed strings."""

import zlib

import numpy as np

from tests.op_cases.case import OpCase, OpProgram, as_array

CASES = [
    OpProgram(
        ("SerializeTensor", "ParseTensor"),
        """
        result = []
        with tf.Session() as session:
            for value in (
                np.float32([[1, 2], [3, 4]]), np.int64(7), np.array([b"a", b""], object),
                np.array([True, False]), np.zeros([0, 3], np.int32), np.float16([0.5]),
            ):
                text = session.run(tf.io.serialize_tensor(value))
                back = tf.parse_tensor(text, tf.as_dtype(value.dtype) if value.dtype != object
                                       else tf.string)
                result += [back.shape.rank, np.asarray(session.run(back))
                           if value.dtype != object else session.run(back).tolist()]
            for wrong in (b"junk", text):
                try:
                    session.run(tf.parse_tensor(wrong, tf.float32))
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
    ),
    OpCase(
        "DecodeCompressed",
        [np.array([zlib.compress(b"one"), zlib.compress(b"")], object)],
        {"compression_type": "ZLIB"},
    ),
    OpCase("DecodeCompressed", [as_array(["a", "b"])]),
    OpCase(
        "DecodeCompressed",
        [as_array(["a"])],
        {"compression_type": "X"},
        fails="GZIP or NONE are supported compressions",
    ),
]
