"""Cases of connectionist temporal classification."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(8)
_LOGITS = (_RNG.rand(6, 3, 5) * 4).astype(np.float32)
_LABELS = [np.int64([[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [2, 0]]), np.int32([1, 2, 3, 3, 0, 1])]
_LENGTHS = np.int32([6, 5, 3])

CASES = [
    *[
        OpCase(
            "CTCLoss",
            [_LOGITS.astype(dtype), *_LABELS, _LENGTHS],
            {"preprocess_collapse_repeated": collapse, "ctc_merge_repeated": merge},
            tolerance=1e-4,
        )
        for dtype in ("float32", "float64")
        for collapse in (True, False)
        for merge in (True, False)
    ],
    OpCase(
        "CTCLoss",
        [_LOGITS, *_LABELS, np.int32([6, 2, 3])],
        {"ignore_longer_outputs_than_inputs": True},
        tolerance=1e-4,
    ),
    OpCase(
        "CTCLoss",
        [_LOGITS, *_LABELS, np.int32([6, 2, 3])],
        fails="Not enough time for target transition sequence (required: 3, available: 2)",
    ),
    OpCase(
        "CTCLoss",
        [_LOGITS, _LABELS[0], _LABELS[1] + 2, _LENGTHS],
        fails="Saw a non-null label (index >= num_classes - 1) following a null label",
    ),
    *[
        OpCase("CTCGreedyDecoder", [_LOGITS, _LENGTHS], {"merge_repeated": merge, "blank_index": b})
        for merge in (True, False)
        for b in (-1, 1)
    ],
    *[
        OpCase(
            "CTCBeamSearchDecoder",
            [_LOGITS.astype(dtype), _LENGTHS],
            {"beam_width": width, "top_paths": 2, "merge_repeated": merge},
            tolerance=1e-4,
        )
        for merge in (True, False)
        for width, dtype in ((3, "float32"), (40, "float64"))
    ],
    OpCase(
        "CTCBeamSearchDecoder",
        [_LOGITS, _LENGTHS],
        {"beam_width": 2, "top_paths": 3},
        fails="requested more paths than the beam width.",
    ),
]
