"""Cases of mutexes."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("MutexV2", "MutexLock", "ConsumeMutexLock"),
        """
        mutex = tf.raw_ops.MutexV2(shared_name="mutex")
        lock = tf.raw_ops.MutexLock(mutex=mutex)
        counter = tf.Variable(0, use_resource=True)
        with tf.control_dependencies([lock]):
            value = counter.read_value()
            with tf.control_dependencies([value]):
                added = counter.assign_add(1, read_value=False)
        with tf.control_dependencies([added]):
            free = tf.raw_ops.ConsumeMutexLock(mutex_lock=lock)
        result = [mutex.shape.as_list(), lock.shape.as_list(), lock.dtype.name]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                result.append(session.run([value, free])[0])
        """,
    ),
]
