"""Cases of shapes as values, of reshaping and of broadcasting."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram, as_array

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
WORDS = np.array([[b"a", b"b"], [b"", b"d"]], object)

CASES = [
    OpCase("Shape", [MATRIX]),
    OpCase("Shape", [WORDS], {"out_type": "int64"}),
    OpCase("Shape", [np.float32(1)]),
    OpCase("ShapeN", [[MATRIX, MATRIX[0]]]),
    OpCase("Size", [MATRIX]),
    OpCase("Size", [MATRIX], {"out_type": "int64"}),
    OpCase("Rank", [MATRIX]),
    OpCase("Rank", [WORDS]),
    OpCase("Reshape", [MATRIX, as_array([3, 2])]),
    OpCase("Reshape", [MATRIX, as_array([-1])]),
    OpCase("Reshape", [MATRIX, np.array([3, -1], np.int64)]),
    OpCase("Reshape", [WORDS, as_array([4])]),
    OpCase("Reshape", [np.zeros((0, 3), np.float32), as_array([3, 0])], gradient=False),
    OpCase("Reshape", [np.zeros((0, 3), np.float32), as_array([-1, 3])], gradient=False),
    OpCase("Reshape", [np.zeros(0, np.float32), as_array([-1, 0])], gradient=False),
    OpCase("Reshape", [np.zeros((2, 0, 3), np.float32), as_array([-1, 0])], gradient=False),
    OpCase("Reshape", [np.zeros((2, 0, 3), np.float32), as_array([0, -1, 3])], gradient=False),
    OpCase(
        "Reshape",
        [MATRIX[0], as_array([4])],
        fails=(
            "Cannot reshape a tensor with 3 elements to shape [4] (4 elements)",
            "Input to reshape is a tensor with 3 values, but the requested shape has 4",
        ),
    ),
    OpCase(
        "Reshape",
        [MATRIX[0], as_array([2, -1])],
        fails=(
            "Dimension size must be evenly divisible by 2 but is 3",
            "Input to reshape is a tensor with 3 values, but the requested shape requires a",
        ),
    ),
    OpCase(
        "Reshape",
        [MATRIX[0], as_array([-1, -1])],
        fails="Only one input size may be -1, not both 0 and 1",
    ),
    OpCase("Squeeze", [MATRIX.reshape(1, 2, 1, 3)]),
    OpCase("Squeeze", [MATRIX.reshape(1, 2, 1, 3)], {"squeeze_dims": [0]}),
    OpCase("Squeeze", [MATRIX.reshape(1, 2, 1, 3)], {"squeeze_dims": [-2]}),
    OpCase("Squeeze", [WORDS.reshape(1, 2, 2)]),
    OpCase("Squeeze", [np.array([[5]], np.int32)]),
    OpCase("ExpandDims", [MATRIX, 0]),
    OpCase("ExpandDims", [MATRIX, -1]),
    OpCase("ExpandDims", [MATRIX, np.int64(1)]),
    OpCase("ExpandDims", [WORDS, 1]),
    OpCase(
        "ExpandDims",
        [MATRIX, 5],
        fails=(
            "dim 5 not in the interval [-3, 2]",
            "Tried to expand dim index 5 for tensor with 2 dimensions.",
        ),
    ),
    OpCase("EnsureShape", [MATRIX], {"shape": [2, None]}),
    OpCase(
        "EnsureShape",
        [MATRIX],
        {"shape": [2, 4]},
        fails=("must be equal", "is not compatible with expected shape [2,4]."),
    ),
    OpCase("BroadcastTo", [MATRIX, as_array([2, 2, 3])]),
    OpCase("BroadcastTo", [MATRIX[:, :1], as_array([2, 3])]),
    OpCase("BroadcastTo", [np.float32(2), as_array([2, 1])]),
    OpCase("BroadcastTo", [WORDS, as_array([3, 2, 2])]),
    OpCase(
        "BroadcastTo",
        [MATRIX, as_array([2, 4])],
        fails=("Dimensions must be equal, but are 3 and 4", "Incompatible shapes: [2,3] vs. [2,4]"),
    ),
    OpCase("BroadcastArgs", [as_array([2, 3]), as_array([4, 1, 3])]),
    OpCase(
        "BroadcastArgs",
        [as_array([2, 3]), as_array([4])],
        fails="Incompatible shapes: [2,3] vs. [4]",
    ),
    OpCase("BroadcastGradientArgs", [as_array([2, 3]), as_array([4, 1, 3])]),
    OpCase("BroadcastGradientArgs", [as_array([2, 1]), as_array([2, 1])]),
    OpCase("BroadcastGradientArgs", [as_array([1, 2, 1]), as_array([2, 1])]),
    OpCase("BroadcastGradientArgs", [as_array([1, 1, 5]), as_array([3, 1, 5])]),
    OpCase("BroadcastGradientArgs", [np.array([], np.int32), as_array([2])]),
    OpProgram(
        ("QuantizedReshape",),
        """
        quantized = tf.quantization.quantize([[1.0, 2.0], [3.0, 4.0]], 0.0, 5.0, tf.quint8)
        result = []
        for shape in ([4], [-1, 1]):
            made = tf.raw_ops.QuantizedReshape(
                tensor=quantized[0], shape=shape, input_min=quantized[1], input_max=quantized[2]
            )
            result.append([t.shape.as_list() for t in made])
            with tf.Session() as session:
                result += session.run([tf.cast(made[0], tf.int32), made[1], made[2]])
        """,
    ),
]
