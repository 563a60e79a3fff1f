"""Cases of tensors that stay in a session between steps."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("GetSessionHandle", "GetSessionTensor", "DeleteSessionTensor"),
        """
        with tf.Session() as session:
            with tf.device("/cpu:0"):
                handle = tf.get_session_handle(tf.constant([1.0, 2.0]))
            kept = session.run(handle)
            fed = tf.placeholder(tf.float32, [2])
            result = [str(kept), kept.eval(), session.run(fed * 2.0, {fed: kept})]
            raw = kept.get_raw_handle()
            holder, tensor = tf.get_session_tensor(raw, tf.float32)
            result += [session.run(tensor + 1.0, {holder: raw}), tensor.op.type, tensor.device]
            holder, deleter = tf.delete_session_tensor(raw)
            result += [session.run(deleter, {holder: raw}), deleter.name, holder.dtype.name]
            for dead in (raw, "GetSessionHandle;7;" + tensor.device):
                try:
                    session.run(deleter, {holder: dead})
                except tf.errors.OpError as error:
                    result.append(type(error).__name__)
        """,
    ),
    OpProgram(
        ("GetSessionHandleV2",),
        """
        handle = tf.raw_ops.GetSessionHandleV2(value=[1.0, 2.0])
        result = [handle.dtype.name, handle.shape.as_list()]
        with tf.Session() as session:
            session.run(handle.op)
        """,
    ),
]
