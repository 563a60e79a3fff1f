"""Runs a sequence of queue operations, each in a thread, with `tf` as either library.

An operation begins when all those before it have ended or wait.
"""

import threading

# Time for a thread to get to where it waits; nothing tells that of TensorFlow.
SETTLE_S = 0.15
END_S = 10.0


def run_sequence(tf, kind, capacity, operations, expected_ends):
    """Return what each operation gave: a value, or the class and text of an error.

    Args:
      tf: the library.
      kind: of the queue.
      capacity: of the queue.
      operations: names and arguments.
      expected_ends: for each operation the numbers of those that end when it begins.
    """
    with tf.Graph().as_default():
        options = {"min_after_dequeue": 1, "seed": 5} if kind == "RandomShuffleQueue" else {}
        queue = getattr(tf, kind)(
            capacity=capacity, dtypes=[tf.int32], shapes=[[]], shared_name="sequence", **options
        )
        x, n = tf.placeholder(tf.int32), tf.placeholder(tf.int32, [])
        nodes = {
            "enqueue": queue.enqueue([x]),
            "enqueue_many": queue.enqueue_many([x]),
            "dequeue": queue.dequeue(),
            "dequeue_many": queue.dequeue_many(n),
            "dequeue_up_to": queue.dequeue_up_to(n),
            "close": queue.close(),
            "close_at_once": queue.close(cancel_pending_enqueues=True),
            "size": queue.size(),
        }
        with tf.Session() as session:
            return _run_all(tf, session, nodes, x, n, operations, expected_ends)


def _run_all(tf, session, nodes, x, n, operations, expected_ends):
    results = [None] * len(operations)
    threads = []

    def run(number, name, argument):
        feeds = {}
        if name.startswith("enqueue"):
            feeds = {x: argument}
        elif name in ("dequeue_many", "dequeue_up_to"):
            feeds = {n: argument}
        try:
            value = session.run(nodes[name], feeds)
            results[number] = value.tolist() if hasattr(value, "tolist") else value
        except tf.errors.OpError as error:
            marks = ("is closed", "already closed", "was cancelled")
            lines = [line for line in error.message.splitlines() if any(m in line for m in marks)]
            results[number] = [type(error).__name__, lines[0].strip()]

    for number, (name, argument) in enumerate(operations):
        thread = threading.Thread(target=run, args=(number, name, argument), daemon=True)
        threads.append(thread)
        thread.start()
        for ended in expected_ends[number]:
            threads[ended].join(END_S)
        if number not in expected_ends[number]:
            thread.join(SETTLE_S)
    for thread in threads:
        thread.join(END_S)
    return results
