"""Cases of barriers."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        (
            "Barrier",
            "BarrierInsertMany",
            "BarrierTakeMany",
            "BarrierClose",
            "BarrierReadySize",
            "BarrierIncompleteSize",
        ),
        """
        raw = tf.raw_ops
        types = [tf.float32, tf.string]
        barrier = raw.Barrier(component_types=types, shapes=[[], [2]], shared_name="barrier")
        keys = tf.placeholder(tf.string, [None])
        x, words = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.string, [None, 2])
        first = raw.BarrierInsertMany(handle=barrier, keys=keys, values=x, component_index=0)
        second = raw.BarrierInsertMany(handle=barrier, keys=keys, values=words, component_index=1)
        taking = raw.BarrierTakeMany(handle=barrier, num_elements=2, component_types=types)
        rest = raw.BarrierTakeMany(
            handle=barrier, num_elements=5, component_types=types, allow_small_batch=True)
        sizes = [raw.BarrierReadySize(handle=barrier), raw.BarrierIncompleteSize(handle=barrier)]
        close = raw.BarrierClose(handle=barrier)
        cancel = raw.BarrierClose(handle=barrier, cancel_pending_enqueues=True)
        result = [barrier.shape.as_list(), [t.shape.rank for t in taking[2]]]
        def flat(taken):
            return [taken[0], taken[1], *taken[2]]
        with tf.Session() as session:
            def failing(operation, feeds=None):
                try:
                    session.run(operation, feeds or {})
                except tf.errors.OpError as error:
                    lines = [l for l in error.message.splitlines() if l.startswith("Barrier ")]
                    result.append([type(error).__name__, lines[:1]])
            session.run(first, {keys: ["a", "b"], x: [1.0, 2.0]})
            session.run(first, {keys: ["c", "d"], x: [3.0, 4.0]})
            result.append(session.run(sizes))
            session.run(second, {keys: ["d", "a"], words: [["d1", "d2"], ["a1", "a2"]]})
            result += [session.run(sizes), flat(session.run(taking)), session.run(sizes)]
            session.run(close)
            failing(first, {keys: ["e"], x: [5.0]})
            session.run(second, {keys: ["c"], words: [["c1", "c2"]]})
            result += [session.run(sizes), flat(session.run(rest))]
            failing(close)
            session.run(cancel)
            failing(second, {keys: ["b"], words: [["b1", "b2"]]})
            failing(taking)
            result.append(session.run(sizes))
        """,
    ),
]
