"""Cases of checkpoints: what is written is read again, whole and in slices."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
import os, tempfile
raw = tf.raw_ops
holder = tempfile.TemporaryDirectory()
folder = holder.name
result = []

def ask(make):
    with tf.Graph().as_default(), tf.Session() as session:
        try:
            result.append(session.run(make()))
        except (tf.errors.OpError, ValueError) as error:
            result.append(type(error).__name__)

def path(name):
    return os.path.join(folder, name)
"""

_END = """
holder.cleanup()
"""


def program(op_types, source):
    return OpProgram(op_types, _START + dedent(source) + _END)


CASES = [
    program(
        ("SaveV2", "RestoreV2"),
        """
        def save(names, specs, tensors, name="m"):
            ask(lambda: raw.SaveV2(prefix=path(name), tensor_names=names, shape_and_slices=specs,
                                   tensors=tensors() if callable(tensors) else tensors))

        def restore(names, specs, dtypes, name="m"):
            ask(lambda: raw.RestoreV2(prefix=path(name), tensor_names=names,
                                      shape_and_slices=specs, dtypes=dtypes))

        save(["a", "part", "s", "none", "b"], ["", "5 2 0,3:-", "", "", ""],
             [[1.0, 2.0], [[1, 2]] * 3, [b"x", b"", "é"], np.zeros([0, 3], np.float32), True])
        restore(["a", "s", "none", "b"], [""] * 4, [tf.float32, tf.string, tf.float32, tf.bool])
        restore(["part"], ["5 2 0,3:-"], [tf.int32])
        restore(["part"], ["5 2 1,2:0,1"], [tf.int32])
        restore(["a"], ["2 1,1"], [tf.float32])
        restore(["part"], [""], [tf.int32])
        restore(["part"], ["5 2 2,2:-"], [tf.int32])
        restore(["a"], ["3 1,1"], [tf.float32])
        restore(["a"], [""], [tf.float64])
        restore(["no"], [""], [tf.float32])
        restore(["a"], [""], [tf.float32], "no")
        save(["a", "a"], ["", ""], [1, 2], "twice")
        save(["a"], ["5 2"], [1], "bad")
        save(["a"], ["5 x 0,3:-"], [1], "bad")
        save(["a"], ["5 2 0,9:-"], [1], "bad")
        save(["a"], ["5 2 0,3:-"], [1], "bad")
        save(["a"], ["", ""], [1], "bad")
        save(["a"], [""], [1], "no/such/folder")
        dtypes = ("float64 float16 bfloat16 int8 int16 int64 uint8 uint16 uint32 uint64 complex64 "
                  "complex128 qint8 quint8").split()
        for name in dtypes:
            dtype = tf.as_dtype(name)
            save(["x"], [""], lambda dtype=dtype: [tf.cast([[0, 1], [2, 3]], dtype)], name)
            restore(["x"], [""], [dtype], name)
        """,
    ),
    program(
        ("MergeV2Checkpoints", "SaveV2", "RestoreV2"),
        """
        def save(names, specs, tensors, name):
            ask(lambda: raw.SaveV2(prefix=path(name), tensor_names=names, shape_and_slices=specs,
                                   tensors=tensors))

        def merge(names, to, **attrs):
            ask(lambda: raw.MergeV2Checkpoints(checkpoint_prefixes=[path(n) for n in names],
                                               destination_prefix=path(to), **attrs))

        save(["a"], [""], [[1.0, 2.0]], "t/p0")
        save(["b", "p"], ["", "4 0,2"], [[3.0], [1.0, 2.0]], "t/p1")
        save(["p"], ["4 2,2"], [[3.0, 4.0]], "t/p2")
        merge(["t/p0", "t/p1", "t/p2"], "m")
        result.append(sorted(os.listdir(folder)))
        ask(lambda: raw.RestoreV2(prefix=path("m"), tensor_names=["p", "a", "b"],
                                  shape_and_slices=["", "", ""], dtypes=[tf.float32] * 3))
        save(["a"], [""], [1.0], "u/p0")
        save(["a"], [""], [1.0], "u/p1")
        merge(["u/p0", "u/p1"], "twice")
        merge(["u/p0", "u/no"], "missing")
        merge(["u/p0", "u/no"], "some", delete_old_dirs=False, allow_missing_files=True)
        result.append(sorted(os.listdir(path("u"))))
        """,
    ),
    program(
        ("ShardedFilename", "ShardedFilespec"),
        """
        ask(lambda: raw.ShardedFilename(basename="m", shard=3, num_shards=12))
        ask(lambda: raw.ShardedFilespec(basename="m", num_shards=12))
        ask(lambda: raw.ShardedFilename(basename=["m"], shard=3, num_shards=12))
        """,
    ),
    program(
        ("Save", "SaveSlices", "Restore", "RestoreSlice"),
        """
        def restore(name, spec, dtype, where):
            ask(lambda: raw.RestoreSlice(file_pattern=path(where), tensor_name=name,
                                         shape_and_slice=spec, dt=dtype))

        ask(lambda: raw.SaveSlices(
            filename=path("v1"), tensor_names=["a", "part", "s"],
            shapes_and_slices=["", "5 2 0,3:-", ""],
            data=[[1.0, 2.0], [[1.0, 2.0]] * 3, [b"x", b"yy"]]))
        ask(lambda: raw.Save(filename=path("b"), tensor_names=["b", "i"], data=[[True], 3]))
        ask(lambda: raw.Restore(file_pattern=path("b"), tensor_name="b", dt=tf.bool))
        ask(lambda: raw.RestoreV2(prefix=path("v1"), tensor_names=["a", "s"],
                                  shape_and_slices=["", ""], dtypes=[tf.float32, tf.string]))
        restore("a", "", tf.float32, "v1")
        restore("part", "5 2 0,2:-", tf.float32, "v1")
        restore("part", "5 2 0,4:-", tf.float32, "v1")
        restore("part", "5 3 0,2:-", tf.float32, "v1")
        restore("no", "", tf.float32, "v1")
        restore("a", "", tf.float64, "v1")
        restore("a", "", tf.float32, "no")
        for name in "float64 float16 int8 int64 uint8 uint16 complex64 complex128".split():
            dtype = tf.as_dtype(name)
            ask(lambda: raw.Save(filename=path(name), tensor_names=["x"],
                                 data=[tf.cast([[0, 1], [2, 3]], dtype)]))
            restore("x", "", dtype, name)
        for name in ("bfloat16", "uint32"):
            ask(lambda: raw.Save(filename=path(name), tensor_names=["x"],
                                 data=[tf.cast([1], name)]))
        """,
    ),
]
