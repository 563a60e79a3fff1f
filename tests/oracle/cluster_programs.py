"""Programs over a `ps` and a `worker` task, run with `tf` as tensormill and as real TensorFlow.

Each takes `tf`, `np` and the target of one of the two, and returns plain values that do not depend
on who runs it, who serves which task, and whose master it is.
"""

import uuid

PS, WORKER = "/job:ps/task:0", "/job:worker/task:0"


def error_of(tf, action):
    """Return the class of the error that an action ends with, and the operation it names."""
    try:
        action()
    except tf.errors.OpError as error:
        return [type(error).__name__, None if error.op is None else error.op.name]
    return ["no error", None]


def training(tf, np, target):
    random = np.random.RandomState(7)
    images = random.rand(64, 20).astype(np.float32)
    labels = (images[:, 0] + images[:, 1] > 1.0).astype(np.int64)
    with tf.device(tf.train.replica_device_setter(ps_tasks=1, worker_device=WORKER)):
        x = tf.placeholder(tf.float32, [None, 20])
        y = tf.placeholder(tf.int64, [None])
        w1 = tf.Variable(random.rand(20, 16).astype(np.float32) - 0.5, name="w1")
        b1 = tf.Variable(np.zeros(16, np.float32), name="b1")
        w2 = tf.Variable(random.rand(16, 2).astype(np.float32) - 0.5, name="w2")
        b2 = tf.Variable(np.zeros(2, np.float32), name="b2")
        logits = tf.matmul(tf.nn.relu(tf.matmul(x, w1) + b1), w2) + b2
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        )
        step = tf.train.get_or_create_global_step()
        train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=step)
    with tf.Session(target) as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train], {x: images, y: labels})[0] for _ in range(40)]
        return [[round(float(v), 4) for v in losses], int(session.run(step))]


def values_of_every_kind(tf, np, target):
    values = [
        np.float32([[1.5, -2]]), np.float64(2.5), np.int32([1, 2]), np.int64(2**40),
        np.uint8([255]), np.array([True, False]), np.complex64([1 + 2j]), np.float16([0.5]),
        np.float32(np.zeros([0, 3])),
    ]  # fmt: skip
    texts = tf.placeholder(tf.string)
    placeholders = [tf.placeholder(v.dtype) for v in values]
    results = []
    for placeholder in placeholders:
        with tf.device(PS):
            there = tf.identity(placeholder)
        with tf.device(WORKER):
            results.append(tf.identity(there))
    with tf.device(PS):
        joined = tf.string_join([texts, "!"])
    with tf.device(WORKER):
        joined = tf.string_join([joined, "?"])
    with tf.Session(target) as session:
        feeds = dict(zip(placeholders, values, strict=True))
        got = session.run([*results, joined], {**feeds, texts: [b"a", b"x" * 200]})
        return [[str(np.asarray(v).dtype), np.asarray(v).tolist()] for v in got]


def branches_and_loops(tf, np, target):
    n = tf.placeholder(tf.int32, [])
    with tf.device(PS):
        v = tf.Variable([1.0, 2.0], name="loop_variable")

    def body(i, total):
        with tf.device(PS):
            part = v * tf.cast(i, tf.float32)
        with tf.device(WORKER):
            return i + 1, total + part

    with tf.device(WORKER):
        _, total = tf.while_loop(lambda i, t: i < n, body, [0, tf.zeros([2])])

    def here():
        with tf.device(PS):
            return total * 2.0

    def there():
        with tf.device(WORKER):
            return total - 1.0

    with tf.device(WORKER):
        chosen = tf.cond(n > 3, here, there)
    with tf.Session(target) as session:
        session.run(v.initializer)
        return [[x.tolist() for x in session.run([total, chosen], {n: k})] for k in (0, 2, 6)]


def control_dependencies(tf, np, target):
    with tf.device(PS):
        counter = tf.Variable(0, name="counter")
        add = counter.assign_add(1)
    with tf.device(WORKER), tf.control_dependencies([add]):
        after = tf.constant(7) * 1
    with tf.device(PS), tf.control_dependencies([after]):
        read = counter.read_value()
    with tf.Session(target) as session:
        session.run(counter.initializer)
        return [int(session.run(read)) for _ in range(3)]


def errors(tf, np, target):
    x = tf.placeholder(tf.float32, name="x")
    with tf.device(PS):
        at_ps = tf.matmul(x, x, name="product_at_ps")
    with tf.device(WORKER):
        at_worker = tf.reshape(x, [7], name="reshaped_at_worker")
        follows = at_ps + 1.0
    with tf.device(PS):
        late = tf.check_numerics(follows, "bad", name="numerics_at_ps")
    with tf.Session(target) as session:
        return [
            error_of(tf, lambda: session.run(at_ps, {x: np.ones([2, 3])})),
            error_of(tf, lambda: session.run(follows, {x: np.ones([2, 3])})),
            error_of(tf, lambda: session.run(at_worker, {x: np.ones([2, 3])})),
            error_of(tf, lambda: session.run(late, {x: [[float("nan")]]})),
            session.run(late, {x: [[2.0]]}).tolist(),
        ]


def devices(tf, np, target):
    with tf.Session(target) as session:
        return sorted(d.name for d in session.list_devices() if d.device_type == "CPU")


def state_is_where_it_is_put(tf, np, target):
    with tf.device(PS):
        v = tf.Variable(1.0, name="kept")
    with tf.device(WORKER):
        w = tf.Variable(10.0, name="kept_too")
    with tf.Session(target) as session:
        session.run([v.initializer, w.initializer])
        session.run([v.assign_add(1.0), w.assign_add(1.0)])
    with tf.Session(target) as session:
        found = [float(session.run(v)), float(session.run(w))]
    for containers in (["localhost"], ["ps"], None):
        tf.Session.reset(target, containers)
        with tf.Session(target) as session:
            found.append([bool(session.run(tf.is_variable_initialized(x))) for x in (v, w)])
    return found


def a_queue_between_tasks(tf, np, target):
    with tf.device(PS):
        # Each run closes its own: the queue outlives the session.
        queue = tf.FIFOQueue(10, [tf.float32], [[2]], shared_name=f"queue_{uuid.uuid4().hex}")
        close = queue.close()
    with tf.device(WORKER):
        put = queue.enqueue(tf.constant([1.0, 2.0]) * 3.0)
        take = queue.dequeue() + 1.0
    with tf.Session(target) as session:
        session.run(put)
        session.run(put)
        found = [session.run(take).tolist(), int(session.run(queue.size()))]
        session.run(close)
        found.append(session.run(take).tolist())
        found.append(error_of(tf, lambda: session.run(take))[0])
        return found


def traces(tf, np, target):
    with tf.device(PS):
        a = tf.Variable(tf.ones([2, 2]), name="traced")
    with tf.device(WORKER):
        b = tf.matmul(a, a, name="product")
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
    metadata = tf.RunMetadata()
    with tf.Session(target) as session:
        session.run(a.initializer)
        value = session.run(b, options=options, run_metadata=metadata)
    ran = {n.node_name: d.device for d in metadata.step_stats.dev_stats for n in d.node_stats}
    tasks = {"ps" if "/job:ps" in d.device else "worker" for d in metadata.step_stats.dev_stats}
    parts = sorted({n.device[:9] for g in metadata.partition_graphs for n in g.node if n.device})
    return [value.tolist(), ran["product"][:11], sorted(tasks), parts]


def timeouts(tf, np, target):
    with tf.device(PS):
        queue = tf.FIFOQueue(1, tf.float32, shared_name="never_filled")
        take = queue.dequeue()
    with tf.device(WORKER):
        use = take * 2.0
    with tf.Session(target) as session:
        options = tf.RunOptions(timeout_in_ms=500)
        found = [error_of(tf, lambda: session.run(use, options=options))[0]]
        with tf.device(WORKER):
            one = tf.constant(1.0)
        found.append(float(session.run(one)))
        return found


def partial_runs(tf, np, target):
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    with tf.device(PS):
        kept = tf.Variable(1.0, name="kept_of_partial_runs")
        first = a + kept
    with tf.device(WORKER):
        second = first * b
        bad = tf.reshape(tf.fill([tf.cast(b, tf.int32)], b), [2, 2], name="bad")
    with tf.Session(target) as session:
        session.run(kept.initializer)
        handle = session.partial_run_setup([first, second], [a, b])
        found = [float(session.partial_run(handle, first, {a: 2.0}))]
        found.append(float(session.partial_run(handle, second, {b: 5.0})))
        failing = session.partial_run_setup([first, bad], [a, b])
        found.append(float(session.partial_run(failing, first, {a: 3.0})))
        found.append(error_of(tf, lambda: session.partial_run(failing, bad, {b: 5.0}))[0])
        return found


def short_floats(tf, np, target):
    config = tf.ConfigProto()
    config.graph_options.enable_bfloat16_sendrecv = True
    x = tf.placeholder(tf.float32, [None])
    with tf.device(PS):
        there = x * 1.0
    with tf.device(WORKER):
        here = there * 1.0
    with tf.Session(target, config=config) as session:
        value = np.float32([1 / 3, 1.00390625, -1.0078124, 16777217])
        return session.run(here, {x: value}).tolist()


def connected_tensors(tf, np, target):
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    with tf.device(PS):
        tf.square(a, name="square")
    with tf.device(WORKER):
        tf.add(b, 1.0, name="plus")
    message = tf.RunOptions.DESCRIPTOR.file.message_types_by_name["CallableOptions"]
    options = message._concrete_class(feed=["a:0"], fetch=["plus:0"])
    options.tensor_connection.add(from_tensor="square:0", to_tensor="b:0")
    with tf.Session(target) as session:
        call = session._make_callable_from_options(options)
        return [float(np.asarray(call(np.float32(value))[0])) for value in (2, 3)]


PROGRAMS = {
    program.__name__: program
    for program in (
        training,
        values_of_every_kind,
        branches_and_loops,
        control_dependencies,
        errors,
        devices,
        state_is_where_it_is_put,
        a_queue_between_tasks,
        traces,
        timeouts,
        partial_runs,
        short_floats,
        connected_tensors,
    )
}


def run_program(name, tf, np, target):
    """Run a program in a graph of its own."""
    with tf.Graph().as_default():
        return PROGRAMS[name](tf, np, target)
