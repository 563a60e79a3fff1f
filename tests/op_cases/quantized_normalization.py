"""Cases of normalization of quantized images."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("QuantizedInstanceNorm",),
        """
        values = np.random.RandomState(4).uniform(-3, 5, (2, 8, 8, 3)).astype(np.float32)
        quantized = tf.quantization.quantize(values, -4.0, 6.0, tf.quint8)
        result = []
        for attrs in ({}, {"output_range_given": True, "given_y_min": -2.0, "given_y_max": 2.0},
                      {"variance_epsilon": 1.0, "min_separation": 9.0}):
            made = tf.raw_ops.QuantizedInstanceNorm(
                x=quantized[0], x_min=quantized[1], x_max=quantized[2], **attrs
            )
            result.append([t.shape.as_list() for t in made])
            with tf.Session() as session:
                floats = tf.quantization.dequantize(*made)
                result += session.run([floats, made[1], made[2]])
        """,
        tolerance=0.03,
    ),
]
