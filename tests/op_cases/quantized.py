"""Cases of quantized numbers: programs, since they are made of floats first."""

from tests.op_cases.case import OpProgram

_ROUND = """
    values = tf.constant([[-3.0, -0.6, 0.0], [0.4, 1.49, 7.0]])
    kinds = [tf.quint8, tf.qint8, tf.quint16, tf.qint16]
    result = []
    with tf.Session() as session:
        for kind in kinds:
            for mode in ("MIN_COMBINED", "MIN_FIRST", "SCALED"):
                if kind not in (tf.quint8, tf.qint8) and mode == "MIN_FIRST":
                    continue
                made = tf.quantize_v2(values, -2.0, 6.0, kind, mode=mode)
                back = tf.dequantize(made[0], made[1], made[2], mode=mode)
                numbers = tf.bitcast(made[0], kinds_of[kind])
                result += session.run([numbers, made[1], made[2], back])
                result.append([t.shape.as_list() for t in made])
"""
_KINDS = """
    kinds_of = {
        tf.quint8: tf.uint8, tf.qint8: tf.int8, tf.quint16: tf.uint16, tf.qint16: tf.int16}
"""
_PRODUCTS = """
    rng = np.random.RandomState(2)
    a = tf.quantize_v2(rng.uniform(-1, 2, (3, 4)).astype(np.float32), -1.0, 2.0, tf.quint8)
    b = tf.quantize_v2(rng.uniform(-1, 1, (4, 2)).astype(np.float32), -1.0, 1.0, tf.quint8)
    c = tf.raw_ops.QuantizedMatMul(
        a=a[0], b=b[0], min_a=a[1], max_a=a[2], min_b=b[1], max_b=b[2], Toutput=tf.qint32)
    used = tf.raw_ops.RequantizationRange(input=c.out, input_min=c.min_out, input_max=c.max_out)
    small = tf.raw_ops.Requantize(
        input=c.out, input_min=c.min_out, input_max=c.max_out, out_type=tf.quint8,
        requested_output_min=used.output_min, requested_output_max=used.output_max)
    shrunk = tf.raw_ops.QuantizeDownAndShrinkRange(
        input=c.out, input_min=c.min_out, input_max=c.max_out, out_type=tf.quint8)
    fetches = [
        tf.bitcast(c.out, tf.int32), c.min_out, c.max_out, *used,
        tf.bitcast(small.output, tf.uint8), *small[1:],
        tf.bitcast(shrunk.output, tf.uint8), *shrunk[1:]]
    with tf.Session() as session:
        result = session.run(fetches) + [t.shape.as_list() for t in fetches]
"""
_IMAGES = """
    rng = np.random.RandomState(4)
    image = tf.quantize_v2(
        rng.uniform(-1, 2, (1, 5, 4, 2)).astype(np.float32), -1.0, 2.0, tf.quint8)
    filters = tf.quantize_v2(
        rng.uniform(-1, 1, (3, 2, 2, 3)).astype(np.float32), -1.0, 1.0, tf.quint8)
    convolved = [
        tf.nn.quantized_conv2d(
            image[0], filters[0], image[1], image[2], filters[1], filters[2],
            strides=[1, step, step, 1], padding=padding)
        for step, padding in ((1, "SAME"), (2, "SAME"), (1, "VALID"))]
    pooled = [
        pool(image[0], image[1], image[2], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1],
             padding=padding)
        for pool in (tf.nn.quantized_max_pool, tf.nn.quantized_avg_pool)
        for padding in ("SAME", "VALID")]
    rectified = [
        tf.raw_ops.QuantizedRelu(
            features=image[0], min_features=image[1], max_features=image[2]),
        tf.raw_ops.QuantizedRelu6(
            features=image[0], min_features=image[1], max_features=image[2])]
    joined = tf.quantized_concat(
        0, [image[0], image[0]], [image[1], -0.5], [image[2], 4.0])
    fetches = [[tf.bitcast(each[0], tf.int32), *each[1:]] for each in convolved]
    fetches += [
        [tf.bitcast(each[0], tf.uint8), *each[1:]] for each in [*pooled, *rectified, joined]]
    with tf.Session() as session:
        result = session.run(fetches)
    result.append([[t.shape.as_list() for t in each] for each in fetches])
"""

CASES = [
    OpProgram(("QuantizeV2", "Dequantize"), _KINDS + _ROUND),
    OpProgram(
        ("QuantizedMatMul", "RequantizationRange", "Requantize", "QuantizeDownAndShrinkRange"),
        _PRODUCTS,
    ),
    OpProgram(
        (
            "QuantizedConv2D",
            "QuantizedMaxPool",
            "QuantizedAvgPool",
            "QuantizedRelu",
            "QuantizedRelu6",
            "QuantizedConcat",
        ),
        _IMAGES,
    ),
]
