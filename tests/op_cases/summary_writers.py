"""Cases of summaries that a graph writes by itself: what is in the event files afterwards."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
import glob
import os
import tempfile

raw = tf.raw_ops
result = []
folder = tempfile.TemporaryDirectory()

def new_writer(name, max_queue=10):
    writer = raw.SummaryWriter(shared_name=name)
    path = os.path.join(folder.name, name)
    create = raw.CreateSummaryFileWriter(
        writer=writer, logdir=path, max_queue=max_queue, flush_millis=10**6, filename_suffix=".end"
    )
    return writer, create, path

def events(path):
    found = []
    for each in sorted(glob.glob(os.path.join(path, "*"))):
        for event in tf.train.summary_iterator(each):
            event.ClearField("wall_time")
            if not event.file_version:
                found.append(str(event))
    return found

def outcome(session, op):
    try:
        session.run(op)
        return "done"
    except (tf.errors.OpError, ValueError) as error:
        return type(error).__name__
"""


def program(op_types, source):
    return OpProgram(op_types, _START + dedent(source) + "folder.cleanup()\n")


CASES = [
    program(
        (
            "SummaryWriter",
            "CreateSummaryFileWriter",
            "WriteScalarSummary",
            "FlushSummaryWriter",
            "CloseSummaryWriter",
        ),
        """
        writer, create, path = new_writer("scalars")
        write = raw.WriteScalarSummary(writer=writer, step=7, tag="a", value=2.5)
        kinds = [
            raw.WriteScalarSummary(writer=writer, step=8, tag=kind.name, value=tf.cast(3, kind))
            for kind in (tf.int64, tf.uint8, tf.float64, tf.bfloat16)
        ]
        flush = raw.FlushSummaryWriter(writer=writer)
        close = raw.CloseSummaryWriter(writer=writer)
        result.append(writer.shape.as_list())
        with tf.Session() as session:
            result += [outcome(session, op) for op in (write, flush, close)]
            result += [outcome(session, create), outcome(session, create)]
            result += [outcome(session, op) for op in (write, *kinds, flush)]
            result += events(path)
            result.append([os.path.basename(p).rpartition(".")[2]
                           for p in glob.glob(os.path.join(path, "*"))])
            result += [outcome(session, op) for op in (close, write, close, flush)]
            result.append(len(glob.glob(os.path.join(path, "*"))))
        """,
    ),
    program(
        ("WriteSummary", "WriteRawProtoSummary", "WriteGraphSummary", "ImportEvent"),
        """
        writer, create, path = new_writer("messages", max_queue=0)
        summary = tf.summary.scalar("one", 1.0), tf.summary.scalar("two", 2.0)
        event = tf.Event(step=3, wall_time=5.0, graph_def=b"graph")
        ops = [
            raw.WriteSummary(writer=writer, step=1, tensor=[[1, 2]], tag="t", summary_metadata=""),
            raw.WriteSummary(writer=writer, step=2, tensor=["x", "y"], tag="u",
                             summary_metadata=b"\\x12\\x01n"),
            raw.WriteSummary(writer=writer, step=2, tensor=[1.5], tag="bad",
                             summary_metadata=b"\\xff\\xff"),
            raw.WriteRawProtoSummary(writer=writer, step=4, tensor=tf.stack(summary)),
            raw.WriteRawProtoSummary(writer=writer, step=4, tensor=summary[0]),
            raw.WriteRawProtoSummary(writer=writer, step=4, tensor=[summary[0], b"\\xff"]),
            raw.WriteGraphSummary(writer=writer, step=5, tensor=tf.GraphDef().SerializeToString()),
            raw.ImportEvent(writer=writer, event=event.SerializeToString()),
            raw.ImportEvent(writer=writer, event=b"\\xff"),
        ]
        with tf.Session() as session:
            session.run(create)
            result += [outcome(session, op) for op in ops]
            result += events(path)
        """,
    ),
    program(
        ("WriteHistogramSummary", "WriteImageSummary", "WriteAudioSummary"),
        """
        writer, create, path = new_writer("media", max_queue=0)
        wave = np.linspace(-1, 1, 12, dtype=np.float32)
        images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
        floats = np.array([[[[0.5], [np.nan]]]], np.float32)
        color = np.array([255, 0, 0, 255], np.uint8)
        ops = [
            raw.WriteHistogramSummary(writer=writer, step=1, tag="h", values=[1.0, 2.0, -5.5]),
            raw.WriteHistogramSummary(writer=writer, step=1, tag="i",
                                      values=tf.constant([1, 1], tf.int64)),
            raw.WriteHistogramSummary(writer=writer, step=1, tag="n", values=[1.0, float("nan")]),
            raw.WriteHistogramSummary(writer=writer, step=1, tag="b", values=[True, False, True]),
            raw.WriteImageSummary(writer=writer, step=2, tag="p", tensor=images, bad_color=color),
            raw.WriteImageSummary(writer=writer, step=2, tag="p", tensor=images, bad_color=color,
                                  max_images=1),
            raw.WriteImageSummary(writer=writer, step=2, tag="q", tensor=floats, bad_color=color),
            raw.WriteImageSummary(writer=writer, step=2, tag="r", tensor=images[0],
                                  bad_color=color),
            raw.WriteAudioSummary(writer=writer, step=3, tag="s", tensor=wave.reshape(2, 3, 2),
                                  sample_rate=8000.0),
            raw.WriteAudioSummary(writer=writer, step=3, tag="s", tensor=wave.reshape(1, 12),
                                  sample_rate=8000.0, max_outputs=1),
        ]
        with tf.Session() as session:
            session.run(create)
            result += [outcome(session, op) for op in ops]
            found = []
            for each in glob.glob(os.path.join(path, "*")):
                for event in tf.train.summary_iterator(each):
                    for value in event.summary.value:
                        if value.HasField("image"):
                            head = value.image.encoded_image_string[:24]
                            value.image.encoded_image_string = head
                        found.append((event.step, str(value)))
            result += found
        """,
    ),
]
