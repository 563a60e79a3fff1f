"""Programs with datasets on servers, run with `tf` as tensormill and as real TensorFlow.

Each takes `tf`, `np`, the target of a task of a `ps` and a `worker` job, and returns plain values.
"""

PS, WORKER = "/job:ps/task:0", "/job:worker/task:0"


def drain(tf, session, fetches, feed=None, most=40):
    """Return what runs give until the end of the dataset."""
    found = []
    while len(found) < most:
        try:
            value = session.run(fetches, feed)
        except tf.errors.OutOfRangeError:
            found.append("end")
            break
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
            continue
        found.append([v.tolist() for v in value] if isinstance(value, list) else value.tolist())
    return found


def initializable(tf, np, target):
    with tf.device(PS):
        x = tf.placeholder(tf.float32, [5, 2], name="x")
        dataset = tf.data.Dataset.from_tensor_slices(x).map(lambda row: row * 2.0).batch(2)
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        batch = iterator.get_next()
    with tf.device(WORKER):
        total = tf.reduce_sum(batch)
    results = []
    with tf.Session(target) as session:
        results += drain(tf, session, total, most=1)
        for factor in (1.0, 10.0):
            fed = (factor * np.arange(10)).reshape(5, 2).astype(np.float32)
            session.run(iterator.initializer, {x: fed})
            results += drain(tf, session, total)
    return results


def feedable(tf, np, target):
    handle = tf.placeholder(tf.string, [])
    with tf.device(WORKER):
        ones = tf.compat.v1.data.make_initializable_iterator(tf.data.Dataset.range(3))
        tens = tf.compat.v1.data.make_initializable_iterator(
            tf.data.Dataset.range(10, 14).filter(lambda x: tf.not_equal(x, 12))
        )
        chosen = tf.data.Iterator.from_string_handle(handle, tf.int64, [])
        element = chosen.get_next() + 100
    with tf.Session(target) as session:
        session.run([ones.initializer, tens.initializer])
        first, second = session.run([ones.string_handle(), tens.string_handle()])
        results = []
        for which in (first, second, second, first):
            results += drain(tf, session, element, {handle: which}, most=1)
        results += drain(tf, session, element, {handle: first})
        results += drain(tf, session, element, {handle: second})
    return results


def one_shot_in_two_sessions(tf, np, target):
    with tf.device(PS):
        dataset = tf.data.Dataset.range(4).flat_map(lambda x: tf.data.Dataset.range(x))
        element = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
    results = []
    for _ in range(2):
        with tf.Session(target) as session:
            results.append(drain(tf, session, element, most=3))
    return [len(part) for part in results]


def shared_by_name(tf, np, target):
    with tf.device(PS):
        iterator = tf.compat.v1.data.make_initializable_iterator(
            tf.data.Dataset.range(9), shared_name="shared_numbers"
        )
        element = iterator.get_next()
    with tf.Session(target) as one, tf.Session(target) as two:
        one.run(iterator.initializer)
        return [int(one.run(element)), int(two.run(element)), int(one.run(element))]


def structures(tf, np, target):
    words = tf.data.Dataset.from_tensor_slices({"w": [b"a", b"bb", b"ccc"], "n": [1.0, 2.0, 3.0]})
    with tf.device(WORKER):
        dataset = words.map(lambda d: (tf.string_join([d["w"], "!"]), d["n"] * 2.0))
        dataset = dataset.padded_batch(2, ([], [])).prefetch(1)
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        parts = iterator.get_next()
    with tf.device(PS):
        copies = [tf.identity(part) for part in parts]
    with tf.Session(target) as session:
        session.run(iterator.initializer)
        return drain(tf, session, copies)


def failing(tf, np, target):
    with tf.device(PS):
        dataset = tf.data.Dataset.range(4).map(
            lambda x: tf.check_numerics(1.0 / tf.cast(x - 1, tf.float32), "not a number")
        )
        iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        element = iterator.get_next()
    with tf.Session(target) as session:
        session.run(iterator.initializer)
        return drain(tf, session, element)


PROGRAMS = {
    program.__name__: program
    for program in (
        initializable,
        feedable,
        one_shot_in_two_sessions,
        shared_by_name,
        structures,
        failing,
    )
}


def run_program(name, tf, np, target):
    """Run a program in a graph of its own."""
    with tf.Graph().as_default():
        return PROGRAMS[name](tf, np, target)
