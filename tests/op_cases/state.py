"""Cases of ref variables: assignments, sparse updates, counting."""

from dataclasses import replace

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

F = np.float32
ROWS = [F([[1, 2], [3, 4], [5, 6]]), np.int32([2, 0]), F([[10, 20], [30, 40]])]
REPEATED = [F([[1, 2], [3, 4], [5, 6]]), np.int64([1, 1]), F([[2, 4], [8, 16]])]
VECTORS = [F([[1, 2], [3, 4], [5, 6]]), np.int32([[2, 0], [0, 1]]), F([10, 20])]
UPDATES = ("Add", "Sub", "Mul", "Div", "Min", "Max", "Update")

_CASES = [
    OpProgram(
        ("VariableV2", "Variable", "IsVariableInitialized"),
        """
new = tf.raw_ops.VariableV2(shape=[2], dtype=tf.float32)
old = tf.raw_ops.Variable(shape=[2], dtype=tf.float32)
before = tf.raw_ops.IsVariableInitialized(ref=new)
with tf.Session() as session:
    result = [session.run(before)]
    for ref in (new, old):
        session.run(tf.raw_ops.Assign(ref=ref, value=[1.5, 2.5]))
        result.append(session.run(ref))
    result.append(session.run(before))
""",
    ),
    OpProgram(
        ("TemporaryVariable", "DestroyTemporaryVariable"),
        """
ref = tf.raw_ops.TemporaryVariable(shape=[2], dtype=tf.float32, var_name="sum")
filled = tf.raw_ops.Assign(ref=ref, value=[1.0, 2.0])
added = tf.raw_ops.AssignAdd(ref=filled, value=[10.0, 20.0])
value = tf.raw_ops.DestroyTemporaryVariable(ref=added, var_name="sum")
with tf.Session() as session:
    result = [session.run(value), session.run(value)]
""",
    ),
    OpCase("Assign", [F([1, 2]), F([3, 4])], refs=(0,)),
    OpCase("Assign", [np.array([b"a", b"b"], object), np.array([b"", b"c"], object)], refs=(0,)),
    OpCase("Assign", [np.array([True, False]), np.array([False, True])], refs=(0,)),
    OpCase("Assign", [F([1, 2]), F([3, 4, 5])], {"validate_shape": False}, refs=(0,)),
    OpCase(
        "Assign",
        [F([1, 2]), F([3, 4, 5])],
        refs=(0,),
        fails=(
            "Dimension 0 in both shapes must be equal, but are 2 and 3",
            "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]",
        ),
    ),
    *[
        OpCase(op_type, [np.array([1, 2], kind), np.array([3, 5], kind)], refs=(0,))
        for op_type in ("AssignAdd", "AssignSub")
        for kind in (np.float32, np.float64, np.int32, np.int64, np.complex64)
    ],
    OpCase("CountUpTo", [np.int32(3)], {"limit": 5}, refs=(0,)),
    OpCase("CountUpTo", [np.int64(5)], {"limit": 5}, refs=(0,), fails="Reached limit of 5"),
    *[OpCase(f"Scatter{update}", ROWS, refs=(0,)) for update in UPDATES],
    *[OpCase(f"Scatter{update}", REPEATED, refs=(0,), note="repeated") for update in UPDATES],
    *[
        OpCase(f"Scatter{update}", [*ROWS[:2], F(3)], refs=(0,), note="scalar")
        for update in UPDATES
    ],
    OpCase("ScatterDiv", [np.int32([-7, 9]), np.int32([0, 0]), np.int32([2, 2])], refs=(0,)),
    OpCase(
        "ScatterUpdate",
        [np.array([b"a", b"b"], object), np.int32([1]), np.array([b"zz"], object)],
        refs=(0,),
    ),
    OpCase(
        "ScatterAdd",
        [F([1, 2]), np.int32([5]), F([1])],
        refs=(0,),
        fails="indices[0] = 5 is not in [0, 2)",
    ),
    *[
        OpCase(f"ScatterNd{update}", VECTORS, refs=(0,))
        for update in UPDATES
        if update not in ("Mul", "Div")
    ],
    OpCase("ScatterNdAdd", [F([[1, 2], [3, 4]]), np.int64([[1]]), F([[5, 6]])], refs=(0,)),
    OpCase(
        "ScatterNdAdd",
        [F([1, 2]), np.int32([[5]]), F([1])],
        refs=(0,),
        fails="indices[0] = [5] does not index into shape [2]",
    ),
]
# A reference has no gradient.
CASES = [replace(c, gradient=False) if isinstance(c, OpCase) else c for c in _CASES]
