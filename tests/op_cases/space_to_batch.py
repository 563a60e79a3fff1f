"""Cases of blocks of space moved into the batch or the channels, and back."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_IMAGE = np.arange(2 * 4 * 6 * 3, dtype=np.float32).reshape(2, 4, 6, 3)
_BATCH = np.arange(12 * 2 * 3 * 2, dtype=np.float32).reshape(12, 2, 3, 2)


def _ints(*values) -> np.ndarray:
    return np.array(values, np.int32)


def _round_trip(shape: list[int], block: list[int], pads: list[list[int]]) -> OpProgram:
    return OpProgram(
        ("SpaceToBatchND", "BatchToSpaceND"),
        f"""
        x = tf.constant(np.arange({np.prod(shape)}, dtype=np.float32).reshape({shape}))
        made = tf.space_to_batch_nd(x, {block}, {pads})
        back = tf.batch_to_space_nd(made, {block}, {pads})
        gradient, = tf.gradients(tf.reduce_sum(made * made * back[0, 0, 0]), x)
        shapes = [made.shape.as_list(), back.shape.as_list()]
        with tf.Session() as session:
            result = [*session.run([made, back, gradient]), shapes]
        """,
        note=f"{shape} {block} {pads}",
    )


CASES = [
    _round_trip([2, 4, 6, 3], [2, 3], [[0, 0], [0, 0]]),
    _round_trip([2, 4, 6, 3], [2, 2], [[1, 1], [2, 0]]),
    _round_trip([2, 4, 6, 3], [3], [[2, 0]]),
    OpProgram(
        ("SpaceToBatchND",),
        """
        try:
            tf.space_to_batch_nd(tf.zeros([2, 4, 6, 3]), [3, 2], [[0, 0], [0, 0]])
        except ValueError as error:
            result = str(error).split(" for ")[0]
        """,
        note="not divisible",
    ),
    OpProgram(
        ("BatchToSpaceND",),
        """
        try:
            tf.batch_to_space_nd(tf.zeros([12, 4, 6, 3]), [5], [[0, 0]])
        except ValueError as error:
            result = str(error).split(" for ")[0]
        """,
        note="not divisible",
    ),
    OpCase("SpaceToBatch", [_IMAGE, _ints([1, 1], [0, 0])], {"block_size": 2}),
    OpCase("BatchToSpace", [_BATCH, _ints([1, 1], [0, 2])], {"block_size": 2}),
    *[
        OpCase(op_type, [image], {"block_size": 2, "data_format": "NHWC"})
        for op_type, image in (
            ("SpaceToDepth", _IMAGE),
            ("DepthToSpace", _BATCH.reshape(4, 3, 3, 4)),
        )
    ],
]  # fmt: skip
