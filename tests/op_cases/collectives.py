"""Cases of reductions and the like over the devices of a step."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("CollectiveReduce", "CollectiveGather", "CollectiveBcastSend", "CollectiveBcastRecv"),
        """
        raw = tf.raw_ops
        config = tf.ConfigProto(device_count={"CPU": 3})
        result = []

        def each(make):
            made = []
            for number in range(3):
                with tf.device(f"/cpu:{number}"):
                    made.append(make(number))
            return made

        keys = iter(range(1, 100))

        def group():
            return {"group_size": 3, "group_key": 7, "instance_key": next(keys)}

        def reduced(merge_op, final_op, dtype):
            shared = group()
            return each(lambda number: raw.CollectiveReduce(
                input=tf.constant([1 + number, 5 - 2 * number], dtype), merge_op=merge_op,
                final_op=final_op, subdiv_offsets=[0], **shared))

        fetches = [
            reduced("Add", "Id", tf.float32), reduced("Add", "Div", tf.float32),
            reduced("Mul", "Id", tf.float64), reduced("Min", "Id", tf.int32),
            reduced("Max", "Id", tf.int64),
        ]
        shared = group()
        fetches.append(each(lambda number: raw.CollectiveGather(
            input=tf.constant([[number, 10 * number]]), shape=[3, 2], **shared)))
        shared = group()
        fetches.append(each(
            lambda number: raw.CollectiveBcastSend(input=[2.5, 3.5], shape=[2], **shared)
            if number == 1 else raw.CollectiveBcastRecv(T=tf.float32, shape=[2], **shared)))
        result += [[t.shape.as_list() for t in made] for made in fetches]
        with tf.Session(config=config) as session:
            for made in fetches:
                result += session.run(made)
        """,
    ),
]
