"""Cases of readers, under both generations of op names."""

from tensormill.formats.record_files import packed_record
from tests.op_cases.case import OpProgram

_USES = (
    "ReaderRead",
    "ReaderReadUpTo",
    "ReaderNumRecordsProduced",
    "ReaderNumWorkUnitsCompleted",
    "ReaderReset",
)

# `make`, `version`, `options` and `files` say which reader reads what. Folders are cut off names.
_READ_ALL = """
import os, tempfile
holder = tempfile.TemporaryDirectory()
folder = holder.name
def put(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
    return os.path.join(folder, name)
paths = [put(*item) for item in files]
raw = tf.raw_ops
reader = getattr(raw, make + version)(**options)
def use(name, **inputs):
    return getattr(raw, name + version)(reader_handle=reader, **inputs)
counts = [use("ReaderNumRecordsProduced"), use("ReaderNumWorkUnitsCompleted")]
reset = use("ReaderReset")
result = [reader.shape.as_list(), [t.shape.as_list() for t in counts]]
def plain(value):
    cut = lambda text: text.replace(folder.encode(), b"")
    return [cut(v) for v in value] if isinstance(value, np.ndarray) else cut(value)
with tf.Session() as session:
    for name, more in (("ReaderRead", {}), ("ReaderReadUpTo", {"num_records": 3})):
        queue = getattr(raw, "FIFOQueue" + version)(
            component_types=[tf.string], shapes=[[]], capacity=99)
        read = use(name, queue_handle=queue, **more)
        result.append([t.shape.as_list() for t in read])
        session.run(getattr(raw, "QueueEnqueueMany" + version)(
            handle=queue, components=[tf.constant(paths)]))
        session.run(getattr(raw, "QueueClose" + version)(handle=queue))
        for _ in range(99):
            try:
                result.append([plain(v) for v in session.run(read)])
            except tf.errors.OutOfRangeError as error:
                text = next(line for line in error.message.split("\\n") if "is closed" in line)
                result += [text.partition("'")[0], text.partition("' ")[2]]
                break
            result.append([int(v) for v in session.run(counts)])
        result.append([int(v) for v in session.run(counts)])
        session.run(reset)
        result.append([int(v) for v in session.run(counts)])
holder.cleanup()
"""

_LINES = [("a", b"head\r\nx,1\ny\r,2\n\nlast"), ("empty", b""), ("b", b"head\n1\n")]
_RECORDS = b"".join(map(packed_record, (b"hello", b"", b"abc")))


# TensorFlow has the first generation in graphs that old programs wrote only.
_OLD_GRAPH = """
old = tf.GraphDef()
old.versions.producer = 20
tf.import_graph_def(old)
"""


def _read_all(make, version, files, **options):
    given = f"make, version, options = {make!r}, {version!r}, {options!r}\nfiles = {files!r}\n"
    op_types = (make + version, *(use + version for use in _USES))
    return OpProgram(
        op_types, given + ("" if version else _OLD_GRAPH) + _READ_ALL, note=make + version
    )


_STATE = """
raw = tf.raw_ops
queue = getattr(raw, "FIFOQueue" + version)(component_types=[tf.string], shapes=[[]], capacity=99)
reader = getattr(raw, "IdentityReader" + version)()
read = getattr(raw, "ReaderRead" + version)(reader_handle=reader, queue_handle=queue)
save = getattr(raw, "ReaderSerializeState" + version)(reader_handle=reader)
given = tf.placeholder(tf.string, [])
restore = getattr(raw, "ReaderRestoreState" + version)(reader_handle=reader, state=given)
fill = getattr(raw, "QueueEnqueueMany" + version)(
    handle=queue, components=[tf.constant(["A", "B", "C"])])
lines = getattr(raw, "TextLineReader" + version)()
save_lines = getattr(raw, "ReaderSerializeState" + version)(reader_handle=lines)
restore_lines = getattr(raw, "ReaderRestoreState" + version)(reader_handle=lines, state="")
result = [save.shape.as_list()]
with tf.Session() as session:
    session.run(fill)
    states = [session.run(save)]
    for _ in range(2):
        session.run(read)
        states.append(session.run(save))
    result += states
    for state in (*states, b"\\x08\\x02\\x10\\x01", b"\\x08\\x01\\x10\\x02\\x18\\x03", b"junk",
                  b"\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x01"):
        try:
            session.run(restore, {given: state})
        except tf.errors.OpError as error:
            result.append(type(error).__name__)
        result.append(session.run(save))
    for refused in (save_lines, restore_lines):
        try:
            session.run(refused)
        except tf.errors.OpError as error:
            text = error.message.partition("\\n\\t")[0].rpartition("\\n")[2]
            result += [type(error).__name__, text]
"""

CASES = [
    *(
        case
        for version in ("", "V2")
        for case in (
            _read_all("TextLineReader", version, _LINES, skip_header_lines=1),
            _read_all("WholeFileReader", version, _LINES),
            _read_all("IdentityReader", version, _LINES),
            _read_all(
                "TFRecordReader",
                version,
                [("r", _RECORDS), ("s", _RECORDS[:21])],
            ),
            OpProgram(
                tuple(
                    name + version
                    for name in ("ReaderSerializeState", "ReaderRestoreState", "IdentityReader")
                ),
                f"version = {version!r}\n{'' if version else _OLD_GRAPH}{_STATE}",
                note=f"state {version}",
            ),
        )
    ),
    _read_all(
        "FixedLengthRecordReader",
        "V2",
        [("a", b"Habcdefgh.F"), ("b", b"HxyF")],
        record_bytes=2,
        header_bytes=1,
        footer_bytes=1,
    ),
    OpProgram(
        ("FixedLengthRecordReader",),
        # TensorFlow 2 has no kernel of it any more.
        _OLD_GRAPH
        + """
reader = tf.raw_ops.FixedLengthRecordReader(record_bytes=3, header_bytes=1)
result = [reader.shape.as_list(), reader.dtype.name, reader.op.get_attr("record_bytes")]
""",
    ),
    OpProgram(
        ("FixedLengthRecordReaderV2", "ReaderReadUpToV2"),
        """
        import os, tempfile, zlib
        holder = tempfile.TemporaryDirectory()
        path = os.path.join(holder.name, "z")
        with open(path, "wb") as file:
            file.write(zlib.compress(b"HHabcdefghijkF"))
        result = []
        for options in (dict(), dict(hop_bytes=2), dict(hop_bytes=5), dict(footer_bytes=7)):
            queue = tf.FIFOQueue(9, [tf.string], shapes=[()])
            reader = tf.FixedLengthRecordReader(
                3, header_bytes=2, encoding="ZLIB", **{"footer_bytes": 1, **options})
            keys, values = reader.read_up_to(queue, 9)
            with tf.Session() as session:
                session.run(queue.enqueue([path]))
                session.run(queue.close())
                try:
                    found, values = session.run([keys, values])
                    result += [[key.rpartition(b":")[2] for key in found], values]
                except tf.errors.OutOfRangeError:
                    result.append("none")
        holder.cleanup()
        """,
        note="compressed, with hops",
    ),
]
