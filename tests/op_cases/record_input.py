"""Cases of the records of files in a drawn order: what each round holds."""

from tests.op_cases.case import OpProgram

_FILES = """
import os, tempfile
holder = tempfile.TemporaryDirectory()
folder = holder.name
def put(name, records, compression=""):
    options = tf.io.TFRecordOptions(compression)
    with tf.io.TFRecordWriter(os.path.join(folder, name), options) as writer:
        for record in records:
            writer.write(record)
put("a0", [b"a%d" % i for i in range(5)])
put("a1", [b"b%d" % i for i in range(3)])
put("a2", [])
put("z0", [b"z%d" % i for i in range(4)], "ZLIB")
def read(steps, count, pattern="a*", **options):
    with tf.Graph().as_default():
        records = tf.raw_ops.RecordInput(file_pattern=os.path.join(folder, pattern), **options)
        with tf.Session() as session:
            got = [record for _ in range(steps) for record in session.run(records).tolist()]
    return [sorted(got[i : i + count]) for i in range(0, len(got), count)]
"""

CASES = [
    OpProgram(
        ("RecordInput",),
        _FILES
        + """
result = [
    read(3, 8, batch_size=8, file_buffer_size=1, file_parallelism=1),
    read(6, 8, batch_size=4, file_buffer_size=3, file_parallelism=2),
    read(16, 8, batch_size=1, file_buffer_size=100, file_parallelism=3),
    read(4, 4, "z*", batch_size=2, file_buffer_size=4, compression_type="ZLIB"),
    read(2, 8, batch_size=0),
]
records = tf.raw_ops.RecordInput(file_pattern="x", batch_size=4)
result.append([records.dtype.name, records.shape.ndims, records.op.name])
holder.cleanup()
""",
        note="rounds",
    ),
    OpProgram(
        ("RecordInput",),
        _FILES
        + """
result = []
for pattern, options in (("none*", {}), ("z*", {}), ("a*", {"file_parallelism": -1})):
    try:
        result.append(read(1, 1, pattern, batch_size=2, file_buffer_size=4, **options))
    except tf.errors.OpError as error:
        result.append(type(error).__name__)
holder.cleanup()
""",
        note="refused",
    ),
]
