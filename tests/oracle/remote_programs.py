"""Programs that drive a server, run with `tf` as tensormill and as real TensorFlow.

Each takes `tf`, `np` and the target of a fresh or shared server, and returns plain values that do
not depend on who runs it and who serves it.
"""

import threading


def error_of(tf, action):
    """Return the class of the error that an action ends with, and the operation it names."""
    try:
        action()
    except tf.errors.OpError as error:
        return [type(error).__name__, None if error.op is None else error.op.name]
    except Exception as error:
        return [type(error).__name__, None]
    return ["no error", None]


def feeds_and_fetches(tf, np, target):
    values = {
        "float32": np.float32([[1.5, -2], [0, 3]]),
        "float64": np.float64(2.25),
        "int32": np.int32([[1, 2, 3]]),
        "int64": np.int64(2**40),
        "uint8": np.uint8([0, 255]),
        "int8": np.int8([-128, 127]),
        "int16": np.int16([-5]),
        "uint16": np.uint16([65535]),
        "bool": np.array([True, False]),
        "complex64": np.complex64([1 + 2j]),
        "complex128": np.complex128(3 - 1j),
        "float16": np.float16([0.5, 1.5]),
    }
    placeholders = {name: tf.placeholder(name) for name in values}
    fetches = {name: tf.identity(p) for name, p in placeholders.items()}
    texts = tf.placeholder(tf.string)
    joined = tf.string_join([texts, "!"])
    middle = tf.constant(2.0) * 3.0
    doubled = middle * 2.0
    with tf.Session(target) as session:
        got = session.run(fetches, {placeholders[name]: value for name, value in values.items()})
        return [
            [[str(v.dtype), list(v.shape), v.tolist()] for _, v in sorted(got.items())],
            session.run(joined, {texts: [["a", ""], ["x" * 300, "ü"]]}).tolist(),
            session.run([joined, {"t": (texts, texts)}], {texts: b"one"})[0],
            float(session.run(doubled, {middle: 10.0})),
            [float(v) for v in session.run([doubled, middle, doubled], {middle: 1.0})],
            session.run(tf.zeros([0, 3])).shape,
            session.run(tf.no_op()),
        ]


def variables_outlive_sessions(tf, np, target):
    v = tf.Variable([1.0, 2.0], name="outlives")
    add = v.assign_add([1.0, 1.0])
    results = []
    with tf.Session(target) as session:
        session.run(v.initializer)
        results.append(session.run(add).tolist())
    with tf.Session(target) as session:
        results.append(session.run(v).tolist())
    with tf.Graph().as_default():
        again = tf.Variable([0.0, 0.0], name="outlives")
        with tf.Session(target) as session:
            results.append(session.run(again).tolist())
            results.append(session.run(tf.is_variable_initialized(again)))
    return [r if isinstance(r, list) else bool(r) for r in results]


def isolated_state(tf, np, target):
    v = tf.Variable(1.0, name="isolated")
    config = tf.ConfigProto(isolate_session_state=True)
    with tf.Session(target, config=config) as first, tf.Session(target, config=config) as second:
        first.run(v.initializer)
        return [
            float(first.run(v.assign_add(1.0))),
            error_of(tf, lambda: second.run(v))[0],
        ]


def control_flow(tf, np, target):
    n = tf.placeholder(tf.int32, [])
    _, total = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t * 1.5 + 1.0), [0, 1.0])
    branch = tf.cond(n > 3, lambda: total * 2.0, lambda: total - 1.0)
    x = tf.placeholder_with_default([2.0, 3.0], [2])
    _, power = tf.while_loop(lambda i, p: i < n, lambda i, p: (i + 1, p * x), [0, x])
    gradient = tf.gradients(tf.cond(n > 3, lambda: power * x, lambda: power), [x])
    from_switch = tf.cond(n > 100, lambda: tf.constant(1), lambda: tf.constant(2))
    with tf.Session(target) as session:
        return [
            [np.asarray(v).tolist() for v in session.run([total, branch, from_switch], {n: k})]
            for k in (0, 2, 7)
        ] + [session.run(gradient, {n: 5})[0].tolist()]


def errors(tf, np, target):
    x = tf.placeholder(tf.float32, name="x")
    vector = tf.placeholder(tf.float32, [None], name="vector")
    v = tf.get_variable("never_initialized", [2])
    cases = [
        (tf.add(v, 1.0, name="uses"), {}),
        (tf.identity(x, name="needs_x"), {}),
        (tf.matmul(x, x, name="product"), {x: np.ones([2, 3], np.float32)}),
        (tf.reshape(vector, [7], name="reshaped"), {vector: [1.0, 2.0]}),
        (tf.gather(vector, [5], name="gathered"), {vector: [1.0, 2.0]}),
        (tf.Assert(tf.less(x, 0.0), [x], name="assertion"), {x: 1.0}),
        (tf.check_numerics(x, "bad", name="numerics"), {x: float("nan")}),
        (tf.concat([vector, x], 0, name="joined"), {vector: [1.0], x: np.ones([2, 2])}),
        (tf.decode_raw(tf.constant("abc"), tf.float32, name="raw"), {}),
    ]
    with tf.Session(target) as session:
        found = [error_of(tf, lambda c=case: session.run(c[0], c[1])) for case in cases]
        found.append(float(session.run(x * 2.0, {x: 4.0})))
        return found


def session_errors(tf, np, target):
    found = []
    x = tf.constant(1.0)
    session = tf.Session(target)
    session.run(x)
    session.close()
    found.append(error_of(tf, lambda: session.run(x)))
    with tf.device("/job:nobody/task:7"):
        unplaceable = tf.constant(2.0, name="unplaceable")
    with tf.Session(target) as session:
        found.append(error_of(tf, lambda: session.run(x))[0])
        found.append(error_of(tf, lambda: session.run(unplaceable))[0])
    return found


def unplaceable_nodes_stay(tf, np, target):
    y = tf.constant(3.0)
    with tf.Session(target) as session:
        found = [float(session.run(y))]
        with tf.device("/job:nobody"):
            tf.constant(4.0)
        found.append(error_of(tf, lambda: session.run(y))[0])
        z = y + 1.0
        found.append(error_of(tf, lambda: session.run(z))[0])
    return found


def growing_graph(tf, np, target):
    with tf.Session(target) as session:
        values = [float(session.run(tf.constant(1.0) + 1.0))]
        for k in range(5):
            values.append(float(session.run(tf.constant(float(k)) * 2.0)))
        return values


def devices(tf, np, target):
    with tf.Session(target) as session:
        listed = session.list_devices()
        return [[d.name, d.device_type] for d in listed if d.device_type == "CPU"]


def containers_and_reset(tf, np, target):
    with tf.container("kept"):
        kept = tf.Variable(1.0, name="in_kept")
    with tf.container("dropped"):
        dropped = tf.Variable(2.0, name="in_dropped")
    default = tf.Variable(3.0, name="in_default")
    session = tf.Session(target)
    session.run([v.initializer for v in (kept, dropped, default)])
    tf.Session.reset(target, ["dropped"])
    found = [error_of(tf, lambda: session.run(default))[0]]
    with tf.Session(target) as again:
        found += [float(again.run(kept)), float(again.run(default))]
        found.append(error_of(tf, lambda: again.run(dropped))[0])
    tf.Session.reset(target)
    with tf.Session(target) as again:
        found += [float(again.run(kept)), error_of(tf, lambda: again.run(default))[0]]
    tf.Session.reset(target, ["kept"])
    with tf.Session(target) as again:
        found.append(error_of(tf, lambda: again.run(kept))[0])
    return found


def traces(tf, np, target):
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    y = tf.matmul(x, x, name="square")
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
    metadata = tf.RunMetadata()
    with tf.Session(target) as session:
        value = session.run(y, {x: [[1, 2], [3, 4]]}, options=options, run_metadata=metadata)
    ran = {n.node_name for d in metadata.step_stats.dev_stats for n in d.node_stats}
    parts = {n.name for g in metadata.partition_graphs for n in g.node}
    devices = sorted(d.device for d in metadata.step_stats.dev_stats)
    return [value.tolist(), "square" in ran, "square" in parts, bool(devices)]


def partial_runs(tf, np, target):
    a, b, c = (tf.placeholder(tf.float32, [], name=name) for name in "abc")
    total = a + b
    product = total * c
    with tf.Session(target) as session:
        handle = session.partial_run_setup([total, product], [a, b, c])
        first = session.partial_run(handle, total, {a: 1.0, b: 2.0})
        second = session.partial_run(handle, product, {c: float(first) + 1.0})
        other = session.partial_run_setup([total, product], [a, b, c])
        return [
            float(first),
            float(second),
            error_of(tf, lambda: session.partial_run(other, product, {a: 1.0}))[0],
            float(session.partial_run(other, total, {a: 5.0, b: 2.0})),
            error_of(tf, lambda: session.partial_run(other, [], {a: 1.0}))[0],
            error_of(tf, lambda: session.partial_run("nonsense", total, {a: 1.0}))[0],
        ]


def callables(tf, np, target):
    a, b = tf.placeholder(tf.float32, [None], name="a"), tf.placeholder(tf.float32, name="b")
    c = a * b
    with tf.Session(target) as session:
        run = session.make_callable([c, c + 1.0], [a, b])
        values = [v.tolist() for v in run([1.0, 2.0], 3.0)]
        made = session._make_callable_from_options(_callable_options(tf, [a, b], [c]))
        return [
            values,
            [np.asarray(v).tolist() for v in made(np.float32([1, 2]), np.float32(4))],
            error_of(tf, lambda: made(np.float32([1, 2]), np.float32([1, 2, 3])))[0],
        ]


def _callable_options(tf, feeds, fetches):
    """Return a CallableOptions message, which has no name in `tf`."""
    message = tf.RunOptions.DESCRIPTOR.file.message_types_by_name["CallableOptions"]
    return message._concrete_class(
        feed=[tensor.name for tensor in feeds], fetch=[tensor.name for tensor in fetches]
    )


def large_tensors(tf, np, target):
    size = 25_000_000
    x = tf.placeholder(tf.float32, [None])
    total = tf.reduce_sum(tf.cast(x, tf.float64))
    n = tf.placeholder(tf.int32, [])
    large = tf.fill([n], 2.0)
    with tf.Session(target) as session:
        fed = float(session.run(total, {x: np.arange(size, dtype=np.float32) % 128}))
        fetched = session.run(large, {n: size})
        return [fed, list(fetched.shape), float(fetched.min()), float(fetched.max())]


def endless_step(tf):
    """Return a counter variable, and a tensor whose step counts in it for ever."""
    counter = tf.Variable(0, name="turns", trainable=False)

    def turn(i):
        with tf.control_dependencies([counter.assign_add(1)]):
            return i * 1

    return counter, tf.while_loop(lambda i: i >= 0, turn, [0], parallel_iterations=1)


def timeouts(tf, np, target):
    counter, endless = endless_step(tf)
    with tf.Session(target) as session:
        session.run(counter.initializer)
        options = tf.RunOptions(timeout_in_ms=700)
        found = [error_of(tf, lambda: session.run(endless, options=options))[0]]
        found.append(float(session.run(tf.constant(2.0))))
    config = tf.ConfigProto(operation_timeout_in_ms=1500)
    with tf.Session(target, config=config) as session:
        found.append(error_of(tf, lambda: session.run(endless))[0])
        return found


def closing_with_a_step_in_flight(tf, np, target):
    counter, endless = endless_step(tf)
    session, watch = tf.Session(target), tf.Session(target)
    watch.run(counter.initializer)
    ended = []

    def run():
        ended.append(error_of(tf, lambda: session.run(endless))[0])

    step = threading.Thread(target=run)
    step.start()
    while int(watch.run(counter)) < 3:
        pass
    session.close()
    step.join(20)
    watch.close()
    return ended


def training(tf, np, target):
    random = np.random.RandomState(7)
    images = random.rand(64, 20).astype(np.float32)
    labels = (images[:, 0] + images[:, 1] > 1.0).astype(np.int64)
    x = tf.placeholder(tf.float32, [None, 20])
    y = tf.placeholder(tf.int64, [None])
    w1 = tf.Variable(random.rand(20, 16).astype(np.float32) - 0.5, name="w1")
    b1 = tf.Variable(np.zeros(16, np.float32), name="b1")
    w2 = tf.Variable(random.rand(16, 2).astype(np.float32) - 0.5, name="w2")
    b2 = tf.Variable(np.zeros(2, np.float32), name="b2")
    logits = tf.matmul(tf.nn.relu(tf.matmul(x, w1) + b1), w2) + b2
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    step = tf.train.get_or_create_global_step()
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=step)
    with tf.Session(target) as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train], {x: images, y: labels})[0] for _ in range(40)]
        return [[round(float(v), 4) for v in losses], int(session.run(step))]


PROGRAMS = {
    program.__name__: program
    for program in (
        feeds_and_fetches,
        variables_outlive_sessions,
        isolated_state,
        control_flow,
        errors,
        session_errors,
        unplaceable_nodes_stay,
        growing_graph,
        devices,
        containers_and_reset,
        traces,
        partial_runs,
        callables,
        large_tensors,
        timeouts,
        closing_with_a_step_in_flight,
        training,
    )
}


def run_program(name, tf, np, target):
    """Run a program in a graph of its own."""
    with tf.Graph().as_default():
        return PROGRAMS[name](tf, np, target)
