"""Cases of stacks; where errors are asked for, graphs are not rewritten before they run."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("StackV2", "StackPushV2", "StackPopV2", "StackCloseV2"),
        """
        stack = tf.raw_ops.StackV2(max_size=-1, elem_type=tf.float32, stack_name="values")
        first = tf.raw_ops.StackPushV2(handle=stack, elem=[1.5, 2.5])
        with tf.control_dependencies([first]):
            second = tf.raw_ops.StackPushV2(handle=stack, elem=7.0, swap_memory=True)
        with tf.control_dependencies([second]):
            last = tf.raw_ops.StackPopV2(handle=stack, elem_type=tf.float32)
        with tf.control_dependencies([last]):
            before = tf.raw_ops.StackPopV2(handle=stack, elem_type=tf.float32)
        with tf.control_dependencies([before]):
            close = tf.raw_ops.StackCloseV2(handle=stack)
        result = [first.shape.as_list(), last.shape.rank]
        with tf.Session() as session:
            result += session.run([first, second, last, before, close])
        """,
    ),
    OpProgram(
        ("StackV2", "StackPushV2", "StackPopV2"),
        """
        empty = tf.raw_ops.StackV2(max_size=2, elem_type=tf.float32, stack_name="small")
        failures = [tf.raw_ops.StackPopV2(handle=empty, elem_type=tf.float32)]
        stack = tf.raw_ops.StackV2(max_size=1, elem_type=tf.float32, stack_name="full")
        pushed = tf.raw_ops.StackPushV2(handle=stack, elem=1.0)
        with tf.control_dependencies([pushed]):
            failures.append(tf.raw_ops.StackPushV2(handle=stack, elem=2.0))
        config = tf.ConfigProto()
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        result = []
        for failing in failures:
            with tf.Session(config=config) as session:
                try:
                    session.run(failing)
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
        note="fails",
    ),
    OpProgram(
        ("Stack", "StackPush", "StackPop", "StackClose"),
        """
        raw = tf.raw_ops
        stack = raw.Stack(elem_type=tf.float32, stack_name="old")
        first = raw.StackPush(handle=stack, elem=[1.5, 2.5])
        with tf.control_dependencies([first]):
            second = raw.StackPush(handle=stack, elem=7.0)
        with tf.control_dependencies([second]):
            last = raw.StackPop(handle=stack, elem_type=tf.float32)
        with tf.control_dependencies([last]):
            before = raw.StackPop(handle=stack, elem_type=tf.float32)
        with tf.control_dependencies([before]):
            close = raw.StackClose(handle=stack)
        result = [first.shape.as_list(), last.shape.rank, stack.shape.as_list()]
        with tf.Session() as session:
            result += session.run([first, second, last, before, close])
        """,
    ),
]
