"""Inputs that TensorFlow refuses: wrong ranks, sizes and places, by the ops that look at them."""

from typing import Any

import numpy as np

from tests.op_cases.case import OpCase

Texts = str | tuple[str, str]


def _floats(*shape: int) -> Any:
    return np.arange(1, np.prod(shape, dtype=int) + 1, dtype=np.float32).reshape(shape)


def _refused(op_type: str, *rows: tuple[list[Any], Texts], **attrs: Any) -> list[OpCase]:
    """Return cases of one op: its inputs, and a text of the error.

    Two texts are those of the graph's building and of the step.
    """
    return [OpCase(op_type, inputs, attrs, fails=texts) for inputs, texts in rows]


_IMAGE, _VECTOR = _floats(2, 4, 4, 3), _floats(3)
_MATRIX, _BAND, _PADDING = _floats(3, 4), np.int32([-1, 1]), np.float32(9)
_NO_MEAN = np.zeros(0, np.float32)
_STEPS: dict[str, Any] = {"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1], "padding": "VALID"}
_SPOT, _FILTER = _floats(1, 4, 4, 1), _floats(2, 2, 1)
_OUT_OF_BOUND = "diag_index is out of bound"
_MISFIT = ("must be equal", "must have the same number of elements as the channels of x, got ")

MATRICES = [
    case
    for version in ("V2", "V3")
    for case in (
        *_refused(
            f"MatrixDiagPart{version}",
            ([_MATRIX, np.int32(4), _PADDING], f"lower_{_OUT_OF_BOUND}"),
            ([_MATRIX, np.int32([0, 9]), _PADDING], f"upper_{_OUT_OF_BOUND}"),
            ([_floats(0, 4), _BAND, _PADDING], f"lower_{_OUT_OF_BOUND}"),
            ([_MATRIX, np.int32([1, -1]), _PADDING], "lower_diag_index "),
        ),
        *_refused(
            f"MatrixDiag{version}",
            (
                [_VECTOR, np.int32(0), np.int32(2), np.int32(-1), _PADDING],
                ("num_rows is too small", "The number of rows is too small"),
            ),
            (
                [_VECTOR, np.int32(0), np.int32(5), np.int32(5), _PADDING],
                ("num_rows and num_cols are not consistent", "is not consistent with the spec"),
            ),
            (
                [_floats(2, 3), _BAND, np.int32(-1), np.int32(-1), _PADDING],
                ("num_diags = 2, d_lower = -1, d_upper = 1", "The number of diagonals provided"),
            ),
        ),
        *_refused(
            f"MatrixSetDiag{version}",
            ([_MATRIX, _floats(1), np.int32(4)], f"lower_{_OUT_OF_BOUND}"),
            ([_MATRIX, _floats(0), np.int32(4)], f"lower_{_OUT_OF_BOUND}"),
            ([_MATRIX, _floats(4), np.int32(0)], "is not equal to the longests diagonal"),
            (
                [_MATRIX, _VECTOR, np.int32([-1, 0])],
                ("must be rank 2 but is rank 1", "The number of diagonals provided in `diag`"),
            ),
        ),
    )
]

CASES = [
    *MATRICES,
    *_refused(
        "MatrixSetDiag",
        ([_MATRIX, _floats(4)], ("must be equal, but are 3 and 4", "Either first dimensions of")),
    ),
    *_refused(
        "MatrixBandPart",
        ([_MATRIX, np.int64([0]), np.int64(0)], "num_lower must be scalar, got shape [1]"),
        ([_MATRIX, np.int64(0), np.int64([0, 1])], "num_upper must be scalar, got shape [2]"),
        ([_VECTOR, np.int64(0), np.int64(0)], "input must be at least 2-dim"),
    ),
    *_refused("MatrixDiag", ([np.float32(1)], ("at least rank 1", "diagonal must be at least 1-"))),
    *_refused("Diag", ([np.float32(1)], ("at least rank 1", "must be at least rank 1, got 0"))),
    *_refused(
        "TridiagonalMatMul",
        (
            [_floats(3, 3), _floats(1, 3), _floats(1, 3), _floats(3, 2)],
            ("must be equal", "Invalid superdiagonal shape."),
        ),
    ),
    *_refused(
        "BatchMatMul",
        ([_floats(2, 3), _VECTOR], ("at least rank 2", "In[0] and In[1] has different ndims")),
        ([_floats(2, 2, 3), _floats(3, 2)], ("equal rank", "In[0] and In[1] has different ndims")),
        ([_floats(2, 2, 3), _floats(1, 3, 2)], ("must be equal", "In[1].dim(0) must be the same")),
    ),
    *_refused(
        "BatchMatMulV2", ([_floats(2, 3), _VECTOR], ("at least rank 2", "In[1] ndims must be >= 2"))
    ),
    *_refused(
        "FusedBatchNormV3",
        ([_IMAGE, _floats(2), _VECTOR, _NO_MEAN, _NO_MEAN], _MISFIT),
        ([_IMAGE, _floats(3, 1), _VECTOR, _NO_MEAN, _NO_MEAN], ("rank 1", "scale must be 1-dim")),
        ([_floats(4, 3), _VECTOR, _VECTOR, _NO_MEAN, _NO_MEAN], ("rank 4", "input must be 4")),
    ),
    *_refused(
        "FusedBatchNormV3",
        ([_IMAGE, _VECTOR, _VECTOR, _NO_MEAN, _NO_MEAN], _MISFIT),
        is_training=False,
    ),
    *_refused(
        "FusedBatchNormV3",
        ([_IMAGE, _VECTOR, _VECTOR, _floats(2), _VECTOR], _MISFIT),
        exponential_avg_factor=0.25,
    ),
    *_refused(
        "FusedBatchNormGrad",
        ([_IMAGE[..., :2], _IMAGE, _VECTOR, _VECTOR, _VECTOR], ("equal", "must have same shape")),
        ([_IMAGE, _IMAGE, _floats(2), _VECTOR, _VECTOR], _MISFIT),
        ([_IMAGE, _IMAGE, _VECTOR, _floats(2), _VECTOR], _MISFIT),
        ([_floats(4, 3), _floats(4, 3), _VECTOR, _VECTOR, _VECTOR], ("rank 4", "input must be 4")),
    ),
    *_refused("LRN", ([_IMAGE], "depth_radius = -1 larger than int max"), depth_radius=-1),
    *_refused(
        "LRNGrad", ([_IMAGE, _IMAGE[..., :2], _IMAGE], ("must be equal", "have the same shape"))
    ),
    *_refused(
        "Dilation2D",
        ([_SPOT, _FILTER], "Stride is only supported across spatial dimensions"),
        **{**_STEPS, "strides": [2, 1, 1, 1]},
    ),
    *_refused(
        "Dilation2D",
        ([_SPOT, _FILTER], "Rate is only supported across spatial dimensions"),
        **{**_STEPS, "rates": [1, 1, 1, 2]},
    ),
    *_refused(
        "Dilation2DBackpropFilter",
        ([_SPOT, _FILTER, _floats(1, 4, 4, 1)], "out_backprop has incompatible size."),
        **_STEPS,
    ),
    *_refused(
        "StringNGrams",
        ([np.array([b"a", b"b"], object), np.int64([0, 2])], "must contain positive values"),
        separator="", ngram_widths=[0], left_pad="", right_pad="", pad_width=0,
        preserve_short_sequences=False,
    ),
]  # fmt: skip
