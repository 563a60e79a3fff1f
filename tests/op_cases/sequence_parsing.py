"""Cases of messages of sequences."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("ParseSingleSequenceExample",),
        """
        message = tf.train.SequenceExample()
        message.context.feature["n"].int64_list.value.append(3)
        message.context.feature["tags"].bytes_list.value.extend([b"a", b"b"])
        for values in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]):
            step = message.feature_lists.feature_list["x"].feature.add()
            step.float_list.value.extend(values)
        for values in ([1], [], [2, 3]):
            step = message.feature_lists.feature_list["v"].feature.add()
            step.int64_list.value.extend(values)
        text = message.SerializeToString()
        given = tf.placeholder(tf.string, [])
        context, steps = tf.parse_single_sequence_example(
            given,
            {"n": tf.FixedLenFeature([], tf.int64), "tags": tf.VarLenFeature(tf.string),
             "d": tf.FixedLenFeature([2], tf.float32, [7.0, 8.0])},
            {"x": tf.FixedLenSequenceFeature([2], tf.float32), "v": tf.VarLenFeature(tf.int64),
             "none": tf.FixedLenSequenceFeature([3], tf.string, allow_missing=True)})
        result = [str(steps["x"].shape), str(context["d"].shape), str(steps["v"].indices.shape)]
        def plain(value):
            return [np.asarray(part) if np.ndim(part) else part for part in value] if isinstance(
                value, tuple) else value
        with tf.Session() as session:
            for found in session.run([context, steps], {given: text}):
                result += [[key, plain(found[key])] for key in sorted(found)]
            for wrong in (
                {"y": tf.FixedLenSequenceFeature([2], tf.float32)},
                {"x": tf.FixedLenSequenceFeature([3], tf.float32)},
                {"x": tf.FixedLenSequenceFeature([2], tf.int64)},
            ):
                try:
                    session.run(tf.parse_single_sequence_example(text, None, wrong)[1])
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
            try:
                session.run(context, {given: b"\\xff junk"})
            except tf.errors.OpError as error:
                result.append(type(error).__name__)
        """,
    ),
]
