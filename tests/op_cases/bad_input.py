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

_POOL: dict[str, Any] = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
_SPACE, _POOLED = _floats(1, 4, 4, 2), _floats(1, 2, 2, 2)
_TRIPLE = _floats(3, 2)
_ONE, _PAIR = np.float32([-1]), np.float32([-1, -2])

POOLING = [
    *[
        case
        for explicit, text in (
            ([0, 0, 1, 1], "explicit_paddings attribute must contain 8 values"),
            ([1, 0, 1, 1, 1, 1, 0, 0], "in the batch or depth dimensions is not supported"),
            ([0, 0, -1, 1, 1, 1, 0, 0], "must be nonnegative"),
            ([0, 0, 2, 2, 2, 2, 0, 0], "Top padding 2 needs to be smaller than the window size 2"),
        )
        for case in _refused(
            "MaxPool",
            ([_SPACE], text),
            **{**_POOL, "padding": "EXPLICIT", "explicit_paddings": explicit},
        )
    ],
    *_refused(
        "MaxPool",
        ([_SPACE], "must be empty if the padding attribute is not EXPLICIT"),
        **_POOL,
        explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0],
    ),
    *_refused("MaxPool", ([_SPACE], "ksize must be positive"), **{**_POOL, "ksize": [0, 2, 2, 1]}),
    *_refused(
        "MaxPoolWithArgmax",
        ([_SPACE], "ksize must be a positive int32 value, got:0"),
        **{**_POOL, "ksize": [1, 0, 2, 1]},
    ),
    *_refused("MaxPoolWithArgmax", ([_floats(0, 4, 4, 2)], "tensor_in must not be empty"), **_POOL),
    *_refused(
        "MaxPoolGrad",
        (
            [_SPACE, _floats(1, 3, 3, 2), _POOLED],
            "Expected orig_output shape to be [1,2,2,2], but got [1,3,3,2]",
        ),
        (
            [_SPACE, _POOLED, _floats(1, 2, 2, 1)],
            "Expected grad shape to be [1,2,2,2], but got [1,2,2,1]",
        ),
        **_POOL,
    ),
    *_refused(
        "MaxPoolGradWithArgmax",
        (
            [_SPACE, _POOLED, np.zeros((1, 2, 2, 1), np.int64)],
            "Expected argmax shape to be [1,2,2,2], but got [1,2,2,1]",
        ),
        ([_SPACE, _floats(1, 2, 2, 1), np.zeros((1, 2, 2, 2), np.int64)], "Expected grad shape"),
        **_POOL,
    ),
]

QUANTIZATION = [
    *_refused(
        "FakeQuantWithMinMaxArgs", ([_VECTOR], "num_bits must be between 2 and 16"), num_bits=1
    ),
    *_refused(
        "FakeQuantWithMinMaxArgs",
        ([_VECTOR], "min has to be smaller than max, was: 0 >= 0"),
        min=0.0,
        max=0.0,
    ),
    *_refused(
        "FakeQuantWithMinMaxVars",
        ([_VECTOR, -_VECTOR, _VECTOR], ("must be rank 0", "`min` must be rank 0 but is rank 1")),
    ),
    *_refused(
        "FakeQuantWithMinMaxVarsPerChannel",
        ([_TRIPLE, -_VECTOR, _VECTOR], ("must be equal", "min has incorrect size, expected 2 was")),
        ([_TRIPLE, _PAIR, -_ONE], ("must be equal", "max has incorrect size, expected 2 was 1")),
        ([_TRIPLE, -_PADDING, _PADDING], ("must be rank 1", "`min` must be rank 1 but is rank 0")),
    ),
    *_refused(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        ([_TRIPLE, _TRIPLE, _ONE, -_ONE], ("must be equal", "min has incorrect size, expected 2")),
    ),
    *_refused(
        "FakeQuantWithMinMaxVarsGradient",
        ([_VECTOR, _floats(2), -_PADDING, _PADDING], ("must be equal", "must be the same size")),
    ),
    *_refused(
        "QuantizeAndDequantizeV2",
        ([_VECTOR, -_VECTOR, _VECTOR], "should be at least -1"),
        axis=-2,
    ),
]

PADDING = [
    *_refused(
        "PadV2",
        (
            [_TRIPLE, np.int32([[1, 1], [0, 2]]), np.float32([1])],
            "constant_values must be a scalar. Found: [1]",
        ),
    ),
    *_refused(
        "MirrorPad",
        (
            [_floats(0, 5), np.int32([[0, 0], [1, 1]])],
            "paddings must be less than the dimension size: 0, 0 not less than 0",
        ),
        mode="REFLECT",
    ),
    *_refused(
        "MirrorPadGrad",
        (
            [_MATRIX, np.int32([[2, 2], [0, 0]])],
            ("Negative dimension size caused by subtracting 4 from 3", ""),
        ),
        ([_floats(0, 5), np.int32([[0, 0], [1, 1]])], "0 was not less than 0"),
        mode="SYMMETRIC",
    ),
]

_ROWS, _SETS = _floats(2, 3), np.int32([[1, 2], [3, 3]])
_FAR = np.int64([[0, 0], [2, 0]])
_UNORDERED = np.int64([[1, 0], [0, 0]])
_TWO, _SHAPE = np.int32([2, 9]), np.int64([2, 2])
_UNION = {"set_operation": "union"}

SETS = [
    *_refused(
        "DenseToDenseSetOperation",
        (
            [_SETS, _SETS[:1]],
            ("Dimension 0 in both shapes must be equal", "Mismatched shapes [2] vs [1]"),
        ),
        ([_SETS[0], _SETS[0]], ("at least rank 2 but is rank 1", "Shape [2] has rank 1 < 2")),
        **_UNION,
    ),
    *_refused(
        "DenseToSparseSetOperation",
        ([_SETS, _FAR, _TWO, _SHAPE], "indices[1] = [2,0] is out of bounds"),
        ([_SETS, -_FAR, _TWO, _SHAPE], "indices[1] = [-2,0] is out of bounds"),
        ([_SETS, _UNORDERED, _TWO, _SHAPE], "indices[1] = [0,0] is out of order"),
        **_UNION,
    ),
    *_refused("SetSize", ([-_FAR, _TWO, _SHAPE], "indices[1] = [-2,0] is out of bounds")),
    *_refused("SetSize", ([_FAR[:1], _TWO[:1], -_SHAPE], "to be non-negative, got -2")),
    *_refused(
        "UniqueV2",
        ([_ROWS, np.int64([0, 1])], "axis does not support input tensors larger than 1 elements"),
        ([_ROWS, np.int64(0)], "axis expects a 1D vector"),
        (
            [_ROWS, np.int64([3])],
            ("axis expects to be in the range [-2, 2)", "axis has to be between"),
        ),
    ),
]
_EMPTY = "Indices and updates specified for empty "
_SIZES, _STRIDES = np.int32([2, 2]), np.int32([1, 1])
_SPLITS = "input_splits must be "

INDICES = [
    *_refused("ArgMax", ([_ROWS, np.int32([0])], ("must be rank 0", "dim must be a scalar"))),
    *_refused(
        "ScatterNd",
        (
            [np.int32([[0]]), _floats(1), np.int32([-4])],
            ("Invalid value in tensor used for shape: -4", "Dimension -4 must be >= 0"),
        ),
        ([np.int32([[0]]), _floats(1, 0), np.int32([4, 0])], (f"{_EMPTY}input", f"{_EMPTY}output")),
        ([np.int32([[0]]), _floats(1), np.int32([[4]])], ("be rank 1", "Shape must be a vector")),
    ),
    *_refused(
        "TensorScatterAdd",
        ([_floats(4, 0), np.int32([[0]]), _floats(1, 0)], (f"{_EMPTY}input", f"{_EMPTY}output")),
    ),
    *_refused(
        "UnsortedSegmentSum",
        ([_ROWS, np.int32([0, 1]), np.int32([2])], ("rank 0", "num_segments should be a scalar")),
    ),
    *_refused(
        "SparseSegmentMeanGrad",
        (
            [_ROWS, np.int32([0]), np.int32([0, 1]), np.int32(2)],
            ("must be equal, but are ", "should have same size."),
        ),
        ([_ROWS, np.int32([0]), np.int32([0]), np.int32([2])], ("rank 0", "output_dim0 should")),
    ),
    *_refused(
        "Range",
        ([np.float32(0), np.float32(np.inf), np.float32(1)], "<= 9223372036854775807"),
    ),
    *_refused(
        "LinSpace",
        ([_floats(1)[:1], np.float32(1), np.int32(3)], ("rank 0", "start must be a scalar")),
    ),
    *_refused(
        "Slice",
        (
            [_MATRIX, np.int32([0, 0]), np.int32([-2, 1])],
            ("Invalid value in tensor used for shape: -2", "Expected size[0] in [0, 3]"),
        ),
    ),
    *_refused(
        "StridedSlice",
        (
            [_MATRIX, np.int32([0, 0]), np.int32([2]), np.int32([1, 1])],
            ("Dimension 0 in both shapes must be equal, but are ", "Expected begin, end"),
        ),
    ),
    *_refused(
        "StridedSliceGrad",
        (
            [np.int32([3, -4]), np.int32([0, 0]), _SIZES, _STRIDES, _floats(2, 2)],
            ("Invalid value in tensor used for shape: -4", "Dimension -4 must be >= 0"),
        ),
        (
            [np.int32([[3, 4]]), np.int32([0, 0]), _SIZES, _STRIDES, _floats(2, 2)],
            ("be rank 1", "shape must be 1-D, got shape.shape = [1,2]"),
        ),
    ),
    *_refused("SpaceToDepth", ([_floats(2, 4, 1)], ("be rank 4", "should be 4")), block_size=2),
    *_refused(
        "ParameterizedTruncatedNormal",
        ([np.int32([2]), *np.float32([0, 1, 2, 1])], "Invalid parameters"),
        ([np.int32([2]), *np.float32([0, -1, 1, 2])], "Invalid parameters"),
        ([np.int32([]), *np.float32([0, 1, -2, 1])], "Shape tensor must not be empty"),
        ([np.int32([2, 3]), _VECTOR, *np.float32([1, -2, 1])], "should have length 1 or shape[0]"),
    ),
    *_refused(
        "SparseReshape",
        (
            [np.int64([[0]]), np.int64([2, 3]), np.int64([3, 2])],
            "Input tensor rank must match input shape length.",
        ),
    ),
    *_refused("NthElement", ([_VECTOR, np.int32([1])], "be scalar but has rank 1")),
    *_refused(
        "TopKV2", ([_VECTOR, np.int32(-1)], ("must be non-negative but is -1", "Need k >= 0"))
    ),
    *_refused("ReverseSequence", ([_ROWS, np.int64([1, 2])], "Invalid seq_dim -1"), seq_dim=-1),
    *_refused(
        "ReverseSequence",
        ([_ROWS, np.int64([1, 2])], ("batch_dim must be >=0, got -2", "Invalid batch_dim -2")),
        seq_dim=1, batch_dim=-2,
    ),
    *_refused(
        "UnicodeEncode",
        ([np.int32([65, 66]), np.int64([1, 2])], f"First value in {_SPLITS}zero."),
        ([np.int32([65, 66]), np.int64([0, 3])], f"Last value in {_SPLITS}equal to length"),
        ([np.int32([65, 66]), np.int64([0, 2, 1, 2])], f"Values in {_SPLITS}equal or in ascending"),
        output_encoding="UTF-8",
    ),
    *_refused(
        "UnicodeDecode",
        ([np.array([b"a"], object)], "Could not create converter for input encoding: nope"),
        input_encoding="nope",
    ),
    *_refused(
        "EditDistance",
        (
            [np.int64([[0, 0]]), np.int64([1]), np.int64([1, 2]),
             np.int64([[5, 0]]), np.int64([1]), np.int64([1, 2])],
            "Got an inner product 5 which would require writing to outside of the buffer",
        ),
        (
            [np.int64([[-1, 0]]), np.int64([1]), np.int64([1, 2]),
             np.int64([[0, 0]]), np.int64([1]), np.int64([1, 2])],
            "Got an inner product -1 which would require writing to outside of the buffer",
        ),
    ),
]  # fmt: skip

CASES = [
    *MATRICES,
    *POOLING,
    *QUANTIZATION,
    *PADDING,
    *SETS,
    *INDICES,
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
