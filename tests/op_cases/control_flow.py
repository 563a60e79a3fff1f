"""Cases of the primitives of control flow; alone they make no sense, so they stand in programs."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("Switch", "Merge"),
        """
        side = tf.placeholder(tf.bool, [])
        low, high = tf.raw_ops.Switch(data=[1.5, 2.0], pred=side)
        merged = tf.raw_ops.Merge(inputs=[low * 2.0, high + 1.0])
        result = [list(low.shape), list(merged.output.shape), list(merged.value_index.shape)]
        with tf.Session() as session:
            for value in (False, True):
                result.append(list(session.run(merged, {side: value})))
                for branch in (low, high):
                    try:
                        result.append(session.run(branch, {side: value}))
                    except tf.errors.InvalidArgumentError as error:
                        result.append("Retval[0] does not have value" in str(error))
        """,
    ),
    OpProgram(
        ("ControlTrigger",),
        """
        side = tf.placeholder(tf.bool, [])
        low, high = tf.raw_ops.Switch(data=1.5, pred=side)
        with tf.control_dependencies([low]):
            trigger = tf.raw_ops.ControlTrigger()
        with tf.control_dependencies([trigger]):
            after = tf.constant(3) + 0
        with tf.Session() as session:
            result = [session.run(after, {side: value}) for value in (False, True)]
        """,
    ),
    OpProgram(
        ("Enter", "LoopCond", "NextIteration", "Exit", "Merge", "Switch"),
        """
        def loop(start, limit, frame_name):
            count = tf.raw_ops.Enter(data=start, frame_name=frame_name)
            bound = tf.raw_ops.Enter(data=limit, frame_name=frame_name, is_constant=True)
            merged = tf.raw_ops.Merge(inputs=[count, count])
            goes_on = tf.raw_ops.LoopCond(input=merged.output < bound)
            leave, stay = tf.raw_ops.Switch(data=merged.output, pred=goes_on)
            merged.output.op._update_input(1, tf.raw_ops.NextIteration(data=stay + stay))
            return tf.raw_ops.Exit(data=leave)

        limit = tf.placeholder(tf.int32, [])
        left = loop(tf.constant(3), limit, "double")
        config = tf.ConfigProto()
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Session(config=config) as session:
            result = [session.run(left, {limit: value}) for value in (2, 40)]
        """,
    ),
    OpProgram(
        ("RefSwitch", "RefMerge"),
        """
        raw = tf.raw_ops
        side = tf.placeholder(tf.bool, [])
        variable = tf.Variable([1.0, 2.0], use_resource=False)
        low, high = raw.RefSwitch(data=variable._ref(), pred=side)
        grown = [
            raw.AssignAdd(ref=low, value=[1.0, 1.0]), raw.AssignAdd(ref=high, value=[5.0, 7.0])
        ]
        merged = raw.RefMerge(inputs=grown)
        result = [low.dtype.name, merged.output.dtype.name, merged.output.shape.as_list()]
        with tf.Session() as session:
            session.run(variable.initializer)
            for value in (False, True, True):
                result += [*session.run(list(merged), {side: value}), session.run(variable)]
        """,
    ),
    OpProgram(
        ("RefIdentity",),
        """
        variable = tf.Variable([1.0, 2.0], use_resource=False)
        same = tf.raw_ops.RefIdentity(input=variable._ref())
        grown = tf.assign_add(same, [3.0, 4.0])
        result = [same.dtype.name, same.shape.as_list()]
        with tf.Session() as session:
            session.run(variable.initializer)
            result += [session.run(grown), session.run(variable)]
        """,
    ),
    OpProgram(
        ("RefEnter", "RefNextIteration", "RefExit"),
        """
        raw = tf.raw_ops
        variable = tf.Variable(1.0, use_resource=False)
        start = raw.RefEnter(data=variable._ref(), frame_name="f")
        ten, three = [
            raw.Enter(data=value, frame_name="f", is_constant=True) for value in (10.0, 3.0)
        ]
        merged = raw.RefMerge(inputs=[start, start])
        goes_on = raw.LoopCond(input=tf.identity(merged.output) < ten)
        leave, stay = raw.RefSwitch(data=merged.output, pred=goes_on)
        grown = raw.AssignAdd(ref=stay, value=three)
        merged.output.op._update_input(1, raw.RefNextIteration(data=grown))
        left = raw.RefExit(data=leave)
        result = [left.dtype.name]
        with tf.Session() as session:
            session.run(variable.initializer)
            result += [session.run(left), session.run(variable)]
        """,
    ),
    OpProgram(
        ("RefSelect",),
        """
        first, second = [tf.Variable([v, v], use_resource=False) for v in (1.0, 2.0)]
        index = tf.placeholder(tf.int32, [])
        chosen = tf.raw_ops.RefSelect(index=index, inputs=[first._ref(), second._ref()])
        other = tf.Variable([[3.0]], use_resource=False)
        mixed = tf.raw_ops.RefSelect(index=index, inputs=[first._ref(), other._ref()])
        grown = tf.assign_add(chosen, [5.0, 5.0])
        result = [chosen.dtype.name, chosen.shape.as_list(), mixed.shape.rank]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            result += [session.run(grown, {index: 1}), *session.run([first, second])]
            try:
                session.run(chosen, {index: 2})
            except tf.errors.OpError as error:
                result.append(type(error).__name__)
        """,
    ),
]
