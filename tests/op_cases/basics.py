"""Cases of constants, identities and placeholders."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram
from tests.op_cases.old_graphs import old_program

CASES = [
    OpCase("Const", [], {"value": np.array([1.5, 2.5], np.float32), "dtype": "float32"}),
    OpCase("Const", [], {"value": np.array([[1], [2]], np.int64), "dtype": "int64"}),
    OpCase("Identity", [np.array([1.0, -2.0], np.float32)]),
    OpCase("Identity", [np.array([[b"a", b""]], object)]),
    OpCase("Identity", [np.array([True, False])]),
    OpProgram(
        ("ImmutableConst", "FakeParam"),
        """
        import os
        import tempfile

        raw = tf.raw_ops
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "region")
            with open(path, "wb") as file:
                file.write(np.arange(7, dtype=np.float32).tobytes())
            whole = raw.ImmutableConst(dtype=tf.float32, shape=[2, 3], memory_region_name=path)
            few = raw.ImmutableConst(dtype=tf.int32, shape=[], memory_region_name=path)
            fake = raw.FakeParam(dtype=tf.float32, shape=[2, 1])
            open_fake = raw.FakeParam(dtype=tf.int64, shape=[None, 1])
            result = [t.shape.as_list() for t in (whole, few, fake, open_fake)]
            with tf.Session() as session:
                result += session.run([whole, few, tf.shape(fake)])
            lost = raw.ImmutableConst(
                dtype=tf.int32, shape=[], memory_region_name=os.path.join(folder, "nothing")
            )
            with tf.Session() as session:
                try:
                    session.run(lost)
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
    ),
    old_program(
        ("PlaceholderV2",),
        """
        with tf.Graph().as_default():
            find = old_graph(20, ("node", "PlaceholderV2", [], {"dtype": tf.float32, "shape": [2]}))
            given = find("node:0")
            result += [given.shape.as_list(), given.dtype.name]
            with tf.Session() as session:
                result.append(session.run(given + 1.0, {given: [1.0, 2.0]}))
                try:
                    session.run(given)
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
    ),
]
