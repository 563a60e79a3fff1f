"""Cases of older ops of TensorArrays, in graphs of the versions that had them."""

from tests.op_cases.old_graphs import old_program

_PARTS = ("Write", "Read", "Gather", "Scatter", "Concat", "Split", "Size", "Close", "Grad")
_SOURCE = """
for version, producer in VERSIONS:
    def node(name, kind, *inputs, **attrs):
        return (name, f"TensorArray{kind}{version}", inputs, attrs)

    array = node("array", "", np.int32(2), dtype=tf.float32)
    rows = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    flow = np.float32(0.0)
    run(producer, array,
        node("w0", "Write", "array", np.int32(0), rows[0], flow, T=tf.float32),
        node("w1", "Write", "array", np.int32(1), rows[1], "w0", T=tf.float32),
        node("size", "Size", "array", "w1"),
        node("read", "Read", "array", np.int32(1), "size_flow", dtype=tf.float32),
        ("size_flow", "Identity", ["w1", "^size"], {"T": tf.float32}),
        ("again", "Identity", ["w1", "^read"], {"T": tf.float32}),
        node("twice", "Read", "array", np.int32(1), "again", dtype=tf.float32),
        fetches=["size", "read"])
    run(producer, array,
        node("s", "Scatter", "array", np.array([1, 0], np.int32), rows, flow, T=tf.float32),
        node("g", "Gather", "array", np.array([0, 1], np.int32), "s", dtype=tf.float32),
        fetches=["s", "g"])
    run(producer, array,
        node("s", "Split", "array", rows, np.array([2, 0], np.int64), flow, T=tf.float32),
        node("c", "Concat", "array", "s", dtype=tf.float32),
        fetches=["c", "c:1"])
    run(producer, array,
        node("w", "Write", "array", np.int32(2), rows[0], flow, T=tf.float32),
        fetches=["w"])
    run(producer, array, node("close", "Close", "array"),
        ("after", "Identity", [np.float32(1), "^close"], {"T": tf.float32}),
        fetches=["after"])
    run(producer, array,
        node("w", "Write", "array", np.int32(1), rows[0], flow, T=tf.float32),
        ("text", "Identity", ["array", "^w"], {"T": tf.string}),
        node("grad", "Grad", "text", "w", source="gradients"),
        node("read", "Read", "grad", np.int32(1), "w", dtype=tf.float32),
        fetches=["read"])
"""

CASES = [
    old_program(
        ("TensorArrayV2", *(f"TensorArray{part}V2" for part in _PARTS)),
        _SOURCE.replace("VERSIONS", '[("V2", 20)]'),
    ),
    old_program(
        ("TensorArray", *(f"TensorArray{part}" for part in _PARTS)),
        _SOURCE.replace("VERSIONS", '[("", 10)]'),
    ),
    old_program(
        ("TensorArrayPack", "TensorArrayUnpack"),
        """
        rows = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
        for count in (2, 3):
            run(10,
                ("array", "TensorArray", [np.int32(count)], {"dtype": tf.float32}),
                ("u", "TensorArrayUnpack", ["array", rows, np.float32(0)], {"T": tf.float32}),
                ("p", "TensorArrayPack", ["array", "u"], {"dtype": tf.float32}),
                fetches=["u", "p"])
        """,
    ),
]
