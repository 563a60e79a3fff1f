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
    OpProgram(
        ("ParseSequenceExample",),
        """
        def message(tags, xs, vs):
            made = tf.train.SequenceExample()
            made.context.feature["tags"].bytes_list.value.extend(tags)
            for values in xs:
                step = made.feature_lists.feature_list["x"].feature.add()
                step.float_list.value.extend(values)
            for values in vs:
                step = made.feature_lists.feature_list["v"].feature.add()
                step.int64_list.value.extend(values)
            return made.SerializeToString()
        texts = [message([b"a", b"b"], [[1.0, 2.0], [3.0, 4.0]], [[1], [], [2, 3]]),
                 message([], [], []), message([b"c"], [[5.0, 6.0]], [[4]])]
        given = tf.placeholder(tf.string, [None])
        def parsed(given, names=(), optional=(b"x", b"s"), wanted=tf.float32, size=2):
            return tf.raw_ops.ParseSequenceExample(
                serialized=given, debug_name=list(names),
                context_dense_defaults=[tf.constant([7.0, 8.0])],
                feature_list_dense_missing_assumed_empty=list(optional),
                context_sparse_keys=[b"tags"], context_dense_keys=[b"d"],
                feature_list_sparse_keys=[b"v"], feature_list_dense_keys=[b"x", b"s"],
                Ncontext_sparse=1, Ncontext_dense=1, Nfeature_list_sparse=1, Nfeature_list_dense=2,
                context_sparse_types=[tf.string], context_dense_shapes=[[2]],
                feature_list_sparse_types=[tf.int64],
                feature_list_dense_types=[wanted, tf.string],
                feature_list_dense_shapes=[[size], []])
        made = parsed(given)
        result = [str(each.shape) for part in made for each in part]
        with tf.Session() as session:
            for batch in (texts, texts[1:2]):
                for part in session.run(made, {given: batch}):
                    result += [np.asarray(each) for each in part]
            for wrong in ({"optional": ()}, {"wanted": tf.int64}, {"size": 3}, {"names": ["a"]}):
                try:
                    session.run(parsed(texts, **wrong))
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
    ),
]
