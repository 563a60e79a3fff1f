"""Programs with queues, run with `tf` as tensormill and as real TensorFlow, local and on servers.

Each takes `tf`, `np` and a target, "" for a local session, and returns plain values that do not
depend on who runs it and who serves it. A queue is shared by its name, so that each program ends by
a close of what it leaves, or drains it.
"""

import threading

_TELLING = (
    "is closed",
    "already closed",
    "was cancelled",
    "Shape mismatch",
    "Signature mismatch",
    "< 0 elements",
    "require the components",
    "All input tensors",
    "Expected ",
    "Shared queue",
    "must be",
    "shared_name cannot",
    "container contains",
    "Shapes must",
    "Different number",
    "must have known rank",
    "out of range for an int32",
    "Timeout not supported",
)


def text_of(error):
    """Return the line of an error's message that tells what is wrong."""
    for line in error.message.splitlines():
        if any(words in line for words in _TELLING):
            return line.strip()
    return error.message


def outcome(tf, action):
    """Return what an action gives, or the class and the text of its error."""
    try:
        value = action()
    except tf.errors.OpError as error:
        return [type(error).__name__, text_of(error)]
    return plain(value)


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def elements_outlive_sessions(tf, np, target, name):
    q = tf.FIFOQueue(10, [tf.float32], [[2]], name="q", shared_name=name)
    instance = tf.placeholder(tf.float32, [2])
    instances = tf.placeholder(tf.float32, [None, 2])
    enqueue, enqueue_many = q.enqueue([instance]), q.enqueue_many([instances])
    dequeue, batch = q.dequeue(), q.dequeue_many(2)
    got = []
    with tf.Session(target) as session:
        for row in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]):
            session.run(enqueue, {instance: row})
        session.run(enqueue_many, {instances: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]})
        got += [session.run(dequeue), session.run(dequeue), session.run(batch), session.run(batch)]
        got += [session.run(q.size())]
    return plain(got)


def tuples_and_ends(tf, np, target, name):
    q = tf.FIFOQueue(10, [tf.int32, tf.float32], [[], [3, 2]], name="q", shared_name=name)
    a, b = tf.placeholder(tf.int32, []), tf.placeholder(tf.float32, [3, 2])
    enqueue, one, two = q.enqueue((a, b)), q.dequeue(), q.dequeue_many(2)
    rest, close = q.dequeue_up_to(5), q.close()
    with tf.Session(target) as session:
        for number in (10, 11, 12, 13):
            session.run(enqueue, {a: number, b: np.full([3, 2], number)})
        got = [session.run(one), session.run(two), session.run(close), session.run(q.is_closed())]
        got.append(outcome(tf, lambda: session.run(two)))
        got += [session.run(rest)]
        for failing in (rest, one, two, close):
            got.append(outcome(tf, lambda failing=failing: session.run(failing)))
        got.append(outcome(tf, lambda: session.run(enqueue, {a: 1, b: np.zeros([3, 2])})))
        got.append(outcome(tf, lambda: session.run(q.close(cancel_pending_enqueues=True))))
    return plain(got)


def wrong_elements(tf, np, target, name):
    q = tf.FIFOQueue(10, [tf.float32, tf.int32], [[2], []], name="q", shared_name=name)
    loose = tf.FIFOQueue(10, [tf.float32, tf.int32], name="loose", shared_name=name + "_loose")
    padding = tf.PaddingFIFOQueue(10, [tf.float32], [[None, 3]], shared_name=name + "_padding")
    x, i, n = tf.placeholder(tf.float32), tf.placeholder(tf.int32), tf.placeholder(tf.int32, [])
    raw = tf.raw_ops
    attempts = [
        (q.enqueue([x, i]), {x: [1.0, 2.0, 3.0], i: 1}),
        (q.enqueue([x, i]), {x: [1.0, 2.0], i: [1]}),
        (q.enqueue_many([x, i]), {x: [[1.0, 2.0]], i: [1, 2]}),
        (q.enqueue_many([x, i]), {x: [[1.0, 2.0, 3.0]], i: [1]}),
        (q.dequeue_many(n), {n: -1}),
        (q.dequeue_up_to(n), {n: -3}),
        (q.dequeue_many(n), {n: 0}),
        (loose.dequeue_many(n), {n: 2}),
        (loose.dequeue_up_to(n), {n: 2}),
        (loose.enqueue_many([x, i]), {x: [[1.0, 2.0]], i: [1, 2]}),
        (padding.enqueue([x]), {x: [[1.0]]}),
        (padding.enqueue([x]), {x: [1.0]}),
        (raw.QueueEnqueueV2(handle=q.queue_ref, components=[x]), {x: [1.0, 2.0]}),
        (raw.QueueEnqueueV2(handle=q.queue_ref, components=[i, i]), {i: 1}),
        (raw.QueueDequeueV2(handle=q.queue_ref, component_types=[tf.float32]), {}),
        (
            raw.QueueDequeueManyV2(handle=q.queue_ref, n=n, component_types=[tf.int32, tf.int32]),
            {n: 1},
        ),
    ]
    with tf.Session(target) as session:
        got = [outcome(tf, lambda a=a: session.run(a[0], a[1])) for a in attempts]
        return [*got, plain(session.run([q.size(), loose.size(), padding.size()]))]


def unlike_queues_of_one_name(tf, np, target, name):
    raw = tf.raw_ops
    first = tf.FIFOQueue(3, [tf.float32], [[]], shared_name=name)
    shuffled = tf.RandomShuffleQueue(5, 2, [tf.float32], [[]], seed=7, shared_name=name + "_r")

    def fifo(**changes):
        wanted = {"component_types": [tf.float32], "shapes": [[]], "capacity": 3}
        return raw.FIFOQueueV2(**{**wanted, "shared_name": name, **changes})

    def random(**changes):
        wanted = {"component_types": [tf.float32], "shapes": [[]], "capacity": 5}
        wanted.update(min_after_dequeue=2, seed=87654321, seed2=7, shared_name=name + "_r")
        return raw.RandomShuffleQueueV2(**{**wanted, **changes})

    makers = [
        lambda: fifo(),
        lambda: fifo(capacity=4),
        lambda: fifo(component_types=[tf.int32]),
        lambda: fifo(component_types=[tf.float32, tf.int32], shapes=[[], []]),
        lambda: fifo(shapes=[]),
        lambda: fifo(shapes=[[2]]),
        lambda: random(shared_name=name),
        lambda: random(),
        lambda: random(min_after_dequeue=3),
        lambda: random(seed2=8),
        lambda: random(seed=0, seed2=0),
        lambda: random(min_after_dequeue=5, shared_name=""),
        lambda: random(min_after_dequeue=-1, shared_name=""),
        lambda: fifo(shared_name="_hidden"),
        lambda: fifo(container="conta_x"),
        lambda: fifo(shapes=[[], []], shared_name=""),
        lambda: raw.PaddingFIFOQueueV2(component_types=[tf.float32], shapes=[], capacity=3),
        lambda: raw.PaddingFIFOQueueV2(component_types=[tf.float32], shapes=[None], capacity=3),
    ]
    got = []
    with tf.Session(target) as session:
        session.run([first.size(), shuffled.size()])
        for make in makers:
            size = raw.QueueSizeV2(handle=make())
            try:
                got.append(int(session.run(size)))
            except tf.errors.OpError as error:
                got.append([type(error).__name__, text_of(error)])
    return got


def zero_negative_and_huge_sizes(tf, np, target, name):
    """Capacities and counts from one end of the numbers to the other."""
    kinds = {
        "fifo": lambda capacity, n: tf.FIFOQueue(capacity, [tf.int32], [[]], shared_name=n),
        "padding": lambda capacity, n: tf.PaddingFIFOQueue(
            capacity, [tf.int32], [[]], shared_name=n
        ),
        "random": lambda capacity, n: tf.RandomShuffleQueue(
            capacity, 0, [tf.int32], [[]], shared_name=n
        ),
        "priority": lambda capacity, n: tf.PriorityQueue(capacity, [tf.int32], [[]], shared_name=n),
    }
    soon, count = tf.RunOptions(timeout_in_ms=50), tf.placeholder(tf.int32)
    got = []
    with tf.Session(target) as session:

        def try_to(fetch, feeds=None, waits=False):
            try:
                return plain(session.run(fetch, feeds, options=soon if waits else None))
            except tf.errors.DeadlineExceededError:
                return "waits"
            except tf.errors.OpError as error:
                return [type(error).__name__, text_of(error)]

        for kind, make in kinds.items():
            element = [np.int64(1), 5] if kind == "priority" else [5]
            for capacity in (0, -1, -7, 2**31 - 1, 2**31, -(2**31) - 1, 2**40):
                q = make(capacity, f"{name}_{kind}_{capacity}")
                got.append([try_to(q.enqueue(element), waits=not capacity), try_to(q.size())])
            q = make(9, f"{name}_{kind}")
            session.run([q.enqueue(element)])
            taking = [q.dequeue_many(count)]
            taking += [] if kind == "priority" else [q.dequeue_up_to(count)]
            # What a step that is late has taken may come back or not: that queue is not asked.
            late = make(9, f"{name}_{kind}_late")
            session.run([late.enqueue(element)])
            got.append([try_to(late.dequeue_many(n), waits=True) for n in (2, 2**31 - 1)])
            for is_closed in (False, True):
                if is_closed:
                    session.run(q.close())
                for dequeue in taking:
                    for number in (0, -1, -(2**31), 2**31 - 1, 2, [0]):
                        if is_closed or number not in (2, 2**31 - 1):
                            got.append([try_to(dequeue, {count: number}), try_to(q.size())])
            got.append([try_to(dequeue, {count: 1}) for dequeue in taking])
            empty = [np.zeros([0], np.int64), np.zeros([0], np.int32)]
            got.append(try_to(q.enqueue_many(empty if kind == "priority" else empty[1:])))
        for number in (0, 20):
            q = kinds["fifo"](9, name)
            taking = tf.raw_ops.QueueDequeueV2(
                handle=q.queue_ref, component_types=[tf.int32], timeout_ms=number
            )
            got.append(try_to(taking))
    return got


def wrong_programs(tf, np, target, name):
    """What is refused while the graph is built: classes only, as the words depend on versions."""
    q = tf.FIFOQueue(3, [tf.float32, tf.int32], [[2], []])
    named = tf.FIFOQueue(3, [tf.float32, tf.int32], names=["a", "b"])
    attempts = [
        lambda: tf.FIFOQueue(3, [], []),
        lambda: tf.FIFOQueue("3", [tf.float32], [[]]),
        lambda: tf.FIFOQueue(None, [tf.float32], [[]]),
        lambda: tf.FIFOQueue(3.5, [tf.float32], [[]]),
        lambda: tf.FIFOQueue(3, [tf.float32, tf.int32], [[]]),
        lambda: tf.FIFOQueue(3, [tf.float32], [[None]]),
        lambda: tf.FIFOQueue(3, [tf.float32], names=["a", "b"]),
        lambda: tf.RandomShuffleQueue(3, 0, [tf.float32], [[None]]),
        lambda: tf.PaddingFIFOQueue(3, [tf.float32], None),
        lambda: tf.PaddingFIFOQueue(3, [tf.float32], [None]),
        lambda: tf.PaddingFIFOQueue(3, [tf.float32], [None, 2]),
        lambda: tf.PriorityQueue(3, [tf.float32], [[], []]),
        lambda: q.enqueue([[1.0, 2.0]]),
        lambda: q.enqueue([[1.0, 2.0], 1, 2]),
        lambda: q.enqueue([[1.0, 2.0, 3.0], 1]),
        lambda: q.enqueue([[1.0, 2.0], 1.5]),
        lambda: q.enqueue([[1.0, 2.0], tf.constant(1.5)]),
        lambda: q.enqueue({"a": [1.0, 2.0], "b": 1}),
        lambda: q.enqueue_many([[[1.0, 2.0]], 1]),
        lambda: q.enqueue_many([[[1.0, 2.0]], [1, 2]]),
        lambda: q.enqueue_many([[[1.0, 2.0, 3.0]], [1]]),
        lambda: q.dequeue_many(-1),
        lambda: q.dequeue_up_to(-1)[0].shape.as_list(),
        lambda: q.dequeue_many("a"),
        lambda: q.dequeue_many(1.5),
        lambda: named.enqueue([1.0, 2]),
        lambda: named.enqueue({"a": 1.0}),
        lambda: named.enqueue({"a": 1.0, "b": 2, "c": 3}),
        lambda: tf.QueueBase.from_list(0, []),
        lambda: tf.QueueBase.from_list(0, q),
        lambda: tf.QueueBase.from_list(0, [q, 3]),
        lambda: tf.QueueBase.from_list(0, [q, tf.FIFOQueue(3, [tf.float32])]),
        lambda: tf.QueueBase.from_list(0, [named, tf.FIFOQueue(3, [tf.float32, tf.int32])]),
    ]
    got = []
    for attempt in attempts:
        try:
            made = attempt()
        except (TypeError, ValueError) as error:
            got.append(type(error).__name__)
        else:
            got.append(made if isinstance(made, (str, list)) else "made")
    return got


def waiting(tf, np, target, name):
    q = tf.FIFOQueue(2, [tf.int32], [[]], shared_name=name)
    x = tf.placeholder(tf.int32, [None])
    many, batch, one = q.enqueue_many([x]), q.dequeue_many(5), q.dequeue()
    soon = tf.RunOptions(timeout_in_ms=200)
    got = []
    with tf.Session(target) as session:
        thread = threading.Thread(target=lambda: got.append(plain(session.run(batch))))
        thread.start()
        session.run(many, {x: [1, 2, 3, 4, 5, 6]})
        thread.join()
        got += [session.run(one)]
        for waits, feeds in ((one, {}), (many, {x: [7, 8, 9]})):
            try:
                session.run(waits, feeds, options=soon)
            except tf.errors.OpError as error:
                got.append(type(error).__name__)
        got += [session.run(q.size()), session.run([one])[0], session.run(one)]
        thread = threading.Thread(
            target=lambda: got.append(outcome(tf, lambda: session.run(many, {x: [1, 2, 3]})))
        )
        thread.start()
        while session.run(q.size()) < 2:
            pass
        session.run(q.close(cancel_pending_enqueues=True))
        thread.join()
        got += [session.run(one), session.run(one), outcome(tf, lambda: session.run(one))]
    return plain(got)


def runners(tf, np, target, name):
    q = tf.FIFOQueue(4, [tf.int32], [[]], shared_name=name)
    counter = tf.Variable(0, name=name + "_counter")
    enqueue = q.enqueue([counter.count_up_to(60)])
    runner = tf.train.QueueRunner(q, [enqueue] * 3)
    one = q.dequeue()
    coordinator = tf.train.Coordinator()
    got = []
    with tf.Session(target) as session:
        session.run(counter.initializer)
        threads = runner.create_threads(session, coord=coordinator, start=True)
        try:
            while True:
                got.append(int(session.run(one)))
        except tf.errors.OutOfRangeError as error:
            end = text_of(error)
        coordinator.request_stop()
        coordinator.join(threads)
    return [sorted(got), end]


def padded_and_shuffled(tf, np, target, name):
    padding = tf.PaddingFIFOQueue(50, [tf.float32], [(None, None)], shared_name=name)
    v = tf.placeholder(tf.float32, [None, None])
    enqueue, batch = padding.enqueue([v]), padding.dequeue_many(3)
    mixed = tf.RandomShuffleQueue(50, 10, [tf.float32], [()], shared_name=name + "_r")
    x = tf.placeholder(tf.float32)
    fill, five = mixed.enqueue_many([x]), mixed.dequeue_many(5)
    with tf.Session(target) as session:
        for value in ([[1.0, 2.0], [3.0, 4.0]], [[1.0]], [[7.0, 8.0, 9.0]]):
            session.run(enqueue, {v: value})
        got = [session.run(batch)]
        session.run(fill, {x: np.arange(25.0)})
        shuffled = [session.run(five) for _ in range(3)]
        session.run(mixed.close())
        shuffled += [session.run(five) for _ in range(2)]
        got += [sorted(np.concatenate(shuffled).tolist()), session.run(mixed.size())]
    return plain(got)


def accumulators(tf, np, target, name):
    dense = tf.ConditionalAccumulator(tf.float32, [2], shared_name=name)
    g, step = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.int64, [])
    apply = dense.apply_grad(g, step)
    take, count = dense.take_grad(2), dense.num_accumulated()
    got = []
    with tf.Session(target) as session:
        thread = threading.Thread(target=lambda: got.append(plain(session.run(take))))
        thread.start()
        session.run(apply, {g: [1.0, 2.0], step: 0})
        session.run(apply, {g: [3.0, 6.0], step: 0})
        thread.join()
        session.run(apply, {g: [9.0, 9.0], step: 0})
        got.append(session.run(count))
        session.run(apply, {g: [9.0, 9.0], step: 1})
        got.append(session.run(count))
    return plain(got)


PROGRAMS = {
    function.__name__: function
    for function in (
        elements_outlive_sessions,
        tuples_and_ends,
        wrong_elements,
        unlike_queues_of_one_name,
        zero_negative_and_huge_sizes,
        wrong_programs,
        waiting,
        runners,
        padded_and_shuffled,
        accumulators,
    )
}


def run_program(name, tf, np, target):
    """Run a program in a graph of its own; a server was reset since it ran it before."""
    with tf.Graph().as_default():
        return PROGRAMS[name](tf, np, target, f"shared_{name}")
