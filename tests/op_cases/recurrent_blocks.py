"""Cases of whole steps of recurrent networks."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_RNG = np.random.RandomState(4)


def _lstm_inputs(rows: int = 2, depth: int = 3, units: int = 2, steps: int = 0) -> list:
    def draw(*shape: int) -> np.ndarray:
        return (_RNG.rand(*shape) - 0.5).astype(np.float32)

    x = draw(steps, rows, depth) if steps else draw(rows, depth)
    return [
        x, draw(rows, units), draw(rows, units), draw(depth + units, 4 * units),
        draw(units), draw(units), draw(units), draw(4 * units),
    ]  # fmt: skip


def _gru_inputs(rows: int = 2, depth: int = 3, units: int = 2) -> list:
    shapes = [
        (rows, depth), (rows, units), (depth + units, 2 * units), (depth + units, units),
        (2 * units,), (units,),
    ]  # fmt: skip
    return [(_RNG.rand(*shape) - 0.5).astype(np.float32) for shape in shapes]


def _state(*shape: int, count: int = 6) -> list:
    return [(_RNG.rand(*shape) * 0.8 + 0.1).astype(np.float32) for _ in range(count)]


_STEPS = _lstm_inputs(steps=3)
_ROWS = _lstm_inputs()

_SHORT = """
rng = np.random.RandomState(3)
draw = lambda *shape: tf.constant(rng.rand(*shape).astype("f"))
made = tf.raw_ops.BlockLSTM(
    seq_len_max=np.int64(2), x=draw(4, 2, 3), cs_prev=draw(2, 2), h_prev=draw(2, 2),
    w=draw(5, 8), wci=draw(2), wcf=draw(2), wco=draw(2), b=draw(8),
)
with tf.Session() as session:
    result = session.run([made[1], made[6]])
"""

CASES = [
    OpCase("LSTMBlockCell", _ROWS),
    OpCase("LSTMBlockCell", _ROWS, {"use_peephole": True, "forget_bias": 0.5, "cell_clip": -1.0}),
    OpCase("LSTMBlockCell", [10 * v for v in _ROWS], {"cell_clip": 0.3}, note="clipped"),
    OpCase(
        "LSTMBlockCell",
        [*_ROWS[:3], _ROWS[3][:-1], *_ROWS[4:]],
        fails=("w.dim_size(0) != input_size + cell_size: 4 vs. 5",) * 2,
    ),
    *[
        OpCase(
            "LSTMBlockCellGrad",
            [*_ROWS, *_state(2, 2), *_state(2, 2, count=2)],
            {"use_peephole": p},
        )
        for p in (True, False)
    ],
    *[OpCase("BlockLSTM", [np.int64(3), *_STEPS], {"use_peephole": p}) for p in (True, False)],
    OpProgram(("BlockLSTM",), _SHORT, note="states are zero behind the longest sequence"),
    *[
        OpCase(
            "BlockLSTMGrad",
            [np.int64(3), *_STEPS, *_state(3, 2, 2, count=7), *_state(3, 2, 2, count=2)],
            {"use_peephole": p},
        )
        for p in (True, False)
    ],
    OpCase("GRUBlockCell", _gru_inputs()),
    OpCase("GRUBlockCellGrad", [*_gru_inputs(), *_state(2, 2, count=4)]),
    *[
        # The gradient that TensorFlow has of it takes the gates in the order of the first version.
        OpCase(
            "BlockLSTMV2",
            [np.int64(3), *_STEPS],
            {"use_peephole": p, "cell_clip": clip},
            gradient=False,
        )
        for p, clip in ((True, 0.0), (False, 0.1))
    ],
    *[
        OpCase(
            "BlockLSTMGradV2",
            [np.int64(3), *_STEPS, *_state(3, 2, 2, count=7), *_state(3, 2, 2, count=2)],
            {"use_peephole": p},
        )
        for p in (True, False)
    ],
]
