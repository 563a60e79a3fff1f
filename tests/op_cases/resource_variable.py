"""Cases of resource variables: handles, reads, assignments, sparse reads and updates."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram
from tests.op_cases.state import REPEATED, ROWS, UPDATES, VECTORS, F

TABLE = F([[1, 2], [3, 4], [5, 6]])

CASES = [
    OpProgram(
        ("VarHandleOp", "VarIsInitializedOp", "DestroyResourceOp"),
        """
handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[2], shared_name="r")
known = tf.raw_ops.VarIsInitializedOp(resource=handle)
with tf.Session() as session:
    result = [session.run(known)]
    session.run(tf.raw_ops.AssignVariableOp(resource=handle, value=[1.0, 2.0]))
    result.append(session.run(known))
    session.run(tf.raw_ops.DestroyResourceOp(resource=handle, ignore_lookup_error=False))
    result.append(session.run(known))
    session.run(tf.raw_ops.DestroyResourceOp(resource=handle, ignore_lookup_error=True))
""",
    ),
    OpCase("ReadVariableOp", [TABLE], {"dtype": "float32"}, resources=(0,)),
    OpCase("ReadVariableOp", [np.array([b"a"], object)], {"dtype": "string"}, resources=(0,)),
    OpCase("AssignVariableOp", [F([1, 2]), F([3, 4])], resources=(0,)),
    *[
        OpCase(op_type, [np.array([1, 2], kind), np.array([3, 5], kind)], resources=(0,))
        for op_type in ("AssignAddVariableOp", "AssignSubVariableOp")
        for kind in (np.float32, np.float64, np.int32, np.int64)
    ],
    OpCase("VariableShape", [TABLE], resources=(0,)),
    OpCase("VariableShape", [TABLE], {"out_type": "int64"}, resources=(0,)),
    OpCase("ResourceCountUpTo", [np.int32(3)], {"limit": 5, "T": "int32"}, resources=(0,)),
    OpCase(
        "ResourceGather", [TABLE, np.int32([[2, 0], [1, 1]])], {"dtype": "float32"}, resources=(0,)
    ),
    OpCase(
        "ResourceGather",
        [TABLE, np.int32([[1, 0], [1, 1], [0, 0]])],
        {"dtype": "float32", "batch_dims": 1},
        resources=(0,),
        gradient=False,
    ),
    OpCase(
        "ResourceGather",
        [TABLE, np.int32([7])],
        {"dtype": "float32"},
        resources=(0,),
        fails="indices[0] = 7 is not in [0, 3)",
    ),
    OpCase(
        "ResourceGatherNd",
        [TABLE, np.int32([[2, 0], [1, 1]])],
        {"dtype": "float32"},
        resources=(0,),
    ),
    OpCase("ResourceGatherNd", [TABLE, np.int64([[2]])], {"dtype": "float32"}, resources=(0,)),
    *[OpCase(f"ResourceScatter{update}", ROWS, resources=(0,)) for update in UPDATES],
    *[
        OpCase(f"ResourceScatter{update}", REPEATED, resources=(0,), note="repeated")
        for update in UPDATES
    ],
    *[
        OpCase(f"ResourceScatterNd{update}", VECTORS, resources=(0,))
        for update in UPDATES
        if update not in ("Mul", "Div")
    ],
]
