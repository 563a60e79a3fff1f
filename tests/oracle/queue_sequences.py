"""Runs a sequence of queue operations, each in a thread, with `tf` as either library.

An operation begins when all those before it have ended or wait.
"""

import glob
import threading

# Nothing tells whether a thread of TensorFlow waits in a queue. It does when all threads of the
# process sleep, and no one has run for a while: one that could go on, and gets no core, does not
# sleep. `SETTLE_S` bounds that where some thread runs now and then all the time.
QUIET_S, QUIET_TIMES = 0.01, 3
SETTLE_S = 2.0
END_S = 60.0


def _thread_states():
    """Return the state of each thread of the process, and how often it has left a core."""
    states = {}
    for path in glob.glob("/proc/self/task/*"):
        number = path.rpartition("/")[2]
        if number == str(threading.get_native_id()):
            continue
        try:
            with open(f"{path}/status") as file:
                lines = [line.split() for line in file]
        except OSError:
            continue  # it has ended
        known = {line[0]: line[1] for line in lines if len(line) > 1}
        states[number] = (
            known["State:"],
            known["voluntary_ctxt_switches:"],
            known["nonvoluntary_ctxt_switches:"],
        )
    return states


def _settle(thread):
    """Return when a thread has ended, or waits for others."""
    quiet, before = 0, _thread_states()
    for _ in range(int(SETTLE_S / QUIET_S)):
        thread.join(QUIET_S)
        if not thread.is_alive():
            return
        now = _thread_states()
        is_quiet = now == before and all(state[0] == "S" for state in now.values())
        quiet, before = quiet + 1 if is_quiet else 0, now
        if quiet == QUIET_TIMES:
            return


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
        options["types" if kind == "PriorityQueue" else "dtypes"] = [tf.int32]
        queue = getattr(tf, kind)(capacity=capacity, shapes=[[]], shared_name="sequence", **options)
        x, n = tf.placeholder(tf.int32), tf.placeholder(tf.int32, [])
        row = [x]
        if kind == "PriorityQueue":  # with many elements of one priority
            row = [tf.cast(x % 3, tf.int64), x]
        nodes = {
            "enqueue": queue.enqueue(row),
            "enqueue_many": queue.enqueue_many(row),
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
            results[number] = _plain(value)
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
            _settle(thread)
    for thread in threads:
        thread.join(END_S)
    return results


def _plain(value):
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
