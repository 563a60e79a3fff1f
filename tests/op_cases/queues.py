"""Cases of queues, under both generations of op names."""

from tests.op_cases.case import OpProgram

_USES = (
    "QueueEnqueue",
    "QueueEnqueueMany",
    "QueueDequeue",
    "QueueDequeueMany",
    "QueueDequeueUpTo",
    "QueueClose",
    "QueueIsClosed",
    "QueueSize",
)

# `make`, `version` and `options` say which queue it is. A PriorityQueue of TensorFlow gives nothing
# to a dequeue_up_to that asks for more than is left; here it gives what is left.
_ROUND_TRIP = """
raw = tf.raw_ops
def use(name, **inputs):
    return getattr(raw, name + version)(**inputs)
types = [tf.float32, tf.string]
queue = getattr(raw, make + version)(
    component_types=types, shapes=[[2], []], capacity=10, **options)
taken = [tf.int64] * (make == "PriorityQueue") + types
first = [tf.constant(5, tf.int64)] * (make == "PriorityQueue")
many = [tf.constant([3, 1, 2], tf.int64)] * (make == "PriorityQueue")
one = use("QueueEnqueue", handle=queue, components=first + [[1.0, 2.0], "a"])
three = use("QueueEnqueueMany", handle=queue, components=
    many + [tf.constant([[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]), tf.constant(["b", "c", "d"])])
size = use("QueueSize", handle=queue)
next_one = use("QueueDequeue", handle=queue, component_types=taken)
next_two = use("QueueDequeueMany", handle=queue, n=2, component_types=taken)
rest_size = 2 if make == "PriorityQueue" else 9
rest = use("QueueDequeueUpTo", handle=queue, n=rest_size, component_types=taken)
close = use("QueueClose", handle=queue)
is_closed = use("QueueIsClosed", handle=queue)
result = [queue.shape.as_list(), [t.shape.rank for t in next_one], size.shape.as_list()]
def flat(values):
    return [np.asarray(v) if np.ndim(v) else v for v in values]
with tf.Session() as session:
    session.run(one)
    session.run(three)
    result += [session.run(size), flat(session.run(next_one)), session.run(size)]
    result += [flat(session.run(next_two)), session.run(size), session.run(is_closed)]
    session.run(one)
    session.run(close)
    result += [session.run(is_closed), flat(session.run(rest)), session.run(size)]
    for failing in (rest, next_one, next_two, one, close):
        try:
            session.run(failing)
        except tf.errors.OpError as error:
            result.append(type(error).__name__)
"""


def _round_trip(kind: str, version: str, **options: int) -> OpProgram:
    given = f'make, version, options = "{kind}", "{version}", {options!r}\n'
    op_types = (kind + version, *(use + version for use in _USES))
    return OpProgram(op_types, given + _ROUND_TRIP, note=kind + version)


CASES = [
    *(
        _round_trip(kind, version)
        for kind in ("FIFOQueue", "PriorityQueue")
        for version in ("", "V2")
    ),
    *(_round_trip("PaddingFIFOQueue", version) for version in ("", "V2")),
    *(
        _round_trip("RandomShuffleQueue", version, min_after_dequeue=1, seed=3, seed2=4)
        for version in ("", "V2")
    ),
    OpProgram(
        ("FakeQueue", "FIFOQueueV2", "QueueSize", "QueueEnqueue"),
        """
        queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.int32], shapes=[[]], capacity=4)
        ref = tf.raw_ops.FakeQueue(resource=queue)
        result = [ref.dtype.name, ref.shape.as_list()]
        with tf.Session() as session:
            session.run(tf.raw_ops.QueueEnqueue(handle=ref, components=[3]))
            result.append(session.run(tf.raw_ops.QueueSizeV2(handle=queue)))
        """,
    ),
    OpProgram(
        ("PaddingFIFOQueueV2", "QueueDequeueManyV2"),
        """
        queue = tf.PaddingFIFOQueue(
            9, [tf.int32, tf.string, tf.bool], [[None], [None, 2], []], name="padding")
        small = queue.enqueue([[1], [["a", "b"]], True])
        large = queue.enqueue([[1, 2, 3], [["c", "d"], ["e", "f"]], False])
        many = queue.enqueue_many([[[7, 8], [9, 9]], [[["g", "h"]], [["i", "j"]]], [True, True]])
        batch, ends = queue.dequeue_many(3), queue.dequeue_up_to(4)
        one = queue.dequeue()
        result = [[t.shape.as_list() for t in batch], [t.shape.as_list() for t in one]]
        with tf.Session() as session:
            for adding in (small, large, many, small):
                session.run(adding)
            result += [session.run(one), session.run(batch)]
            session.run(queue.close())
            result.append(session.run(ends))
        """,
        note="pads",
    ),
    OpProgram(
        ("RandomShuffleQueueV2", "QueueDequeueManyV2"),
        """
        queue = tf.RandomShuffleQueue(60, 5, [tf.int32], [[]], seed=11)
        fill = queue.enqueue_many([np.arange(40, dtype=np.int32)])
        one, many = queue.dequeue(), queue.dequeue_many(7)
        result = []
        with tf.Session() as session:
            session.run(fill)
            result += [session.run(one), session.run(many), session.run(one), session.run(many)]
            session.run(queue.close())
            result += [session.run(many) for _ in range(3)]
        """,
        note="order of a seed",
    ),
    OpProgram(
        ("FIFOQueueV2", "QueueDequeueV2"),
        """
        first = tf.FIFOQueue(9, [tf.int32], [[]], name="first")
        second = tf.FIFOQueue(9, [tf.int32], name="second")
        index = tf.placeholder(tf.int32, [])
        chosen = tf.QueueBase.from_list(index, [first, second])
        result = [chosen.name, [s.rank for s in chosen.shapes], chosen.queue_ref.dtype.name]
        adding, taking = chosen.enqueue([index + 40]), chosen.dequeue()
        with tf.Session() as session:
            for number in (0, 1, 1):
                session.run(adding, {index: number})
            result += [session.run(first.size()), session.run(second.size())]
            result += [session.run(taking, {index: 1}), session.run(taking, {index: 0})]
        """,
        note="one of several",
    ),
    OpProgram(
        ("FIFOQueueV2", "QueueEnqueueV2"),
        """
        queue = tf.FIFOQueue(9, [tf.int32, tf.float32], [[], [2]], names=["i", "f"], name="named")
        adding = queue.enqueue({"f": [1.0, 2.0], "i": 3})
        many = queue.enqueue_many({"i": [4, 5], "f": [[0.0, 1.0], [2.0, 3.0]]})
        one, batch = queue.dequeue(), queue.dequeue_many(2)
        result = [sorted(one), batch["f"].shape.as_list(), adding.name, many.name, one["i"].name]
        with tf.Session() as session:
            session.run(adding)
            session.run(many)
            result += [session.run(one), session.run(batch)]
        for wrong in (3, {"i": 3}, [3, [1.0, 2.0]]):
            try:
                queue.enqueue(wrong)
            except ValueError as error:
                result.append(str(error).partition("  Dictionary")[0][:40])
        """,
        note="named components",
    ),
]
