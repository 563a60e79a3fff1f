"""Cases of what a debugger puts beside tensors."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_MIXED = np.float32([[np.nan, -np.inf, -2.5, 0], [3, np.inf, np.nan, 1]])

CASES = [
    OpCase("Copy", [np.float32([[1, 2], [3, 4]])]),
    OpCase("Copy", [np.array([b"a", b""], object)]),
    OpCase("CopyHost", [np.int64([5, -7])]),
    OpCase("DebugIdentity", [_MIXED], {"tensor_name": "x:0"}),
    OpCase("DebugIdentity", [np.array([b"word"], object)], {"tensor_name": "x:0"}),
    # Its static shape is that of a scalar, and its value has one element.
    OpProgram(
        ("DebugNanCount",),
        """
        counts = [
            tf.raw_ops.DebugNanCount(input=tf.constant(values), tensor_name="x:0")
            for values in ([float("nan"), 1.0, float("nan")], [2.0], [3])
        ]
        with tf.Session() as session:
            result = [np.asarray(session.run(counts)), [c.dtype.name for c in counts],
                      [c.shape.as_list() for c in counts]]
        """,
    ),
    OpCase("DebugNumericSummary", [_MIXED], {"tensor_name": "x:0"}),
    OpCase("DebugNumericSummary", [np.int32([-3, 0, 4, 9])], {"tensor_name": "x:0"}),
    OpCase("DebugNumericSummary", [np.float64([-3, 0, 4, 9])],
           {"lower_bound": -2.0, "upper_bound": 5.0, "tensor_name": "x:0"}),
    OpCase("DebugNumericSummary", [np.float32([])], {"tensor_name": "x:0"}),
    OpCase("DebugGradientIdentity", [np.float32([1.5, -2.0])]),
    OpProgram(
        ("DebugGradientRefIdentity",),
        """
        variable = tf.Variable([1.0, 2.0], use_resource=False)
        same = tf.raw_ops.DebugGradientRefIdentity(input=variable._ref())
        grown = tf.assign_add(same, [3.0, 4.0])
        result = [same.dtype.name, same.shape.as_list()]
        with tf.Session() as session:
            session.run(variable.initializer)
            result += [session.run(grown), session.run(variable)]
        """,
    ),
]  # fmt: skip
