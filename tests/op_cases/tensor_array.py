"""Cases of tensor arrays."""

from tests.op_cases.case import OpProgram

CASES = [
    OpProgram(
        ("TensorArrayV3", "TensorArrayWriteV3", "TensorArrayReadV3", "TensorArraySizeV3",
         "TensorArrayCloseV3"),
        """
        raw = tf.raw_ops
        array = raw.TensorArrayV3(size=3, dtype=tf.float32, clear_after_read=False)
        flow = array.flow
        for index in range(3):
            flow = raw.TensorArrayWriteV3(
                handle=array.handle, index=index, value=[index + 0.5, 1.0], flow_in=flow)
        read = [
            raw.TensorArrayReadV3(handle=array.handle, index=index, flow_in=flow, dtype=tf.float32)
            for index in (2, 0)
        ]
        size = raw.TensorArraySizeV3(handle=array.handle, flow_in=flow)
        with tf.control_dependencies([size, *read]):
            close = raw.TensorArrayCloseV3(handle=array.handle)
        result = [array.handle.shape.as_list(), flow.shape.as_list(), read[0].shape.rank]
        with tf.Session() as session:
            result += session.run([*read, size, close])
        """,
    ),
    OpProgram(
        ("TensorArrayScatterV3", "TensorArrayGatherV3", "TensorArraySplitV3",
         "TensorArrayConcatV3"),
        """
        raw = tf.raw_ops
        rows = np.arange(12, dtype=np.float32).reshape(6, 2)
        array = raw.TensorArrayV3(size=6, dtype=tf.float32, clear_after_read=False)
        flow = raw.TensorArrayScatterV3(
            handle=array.handle, indices=[5, 4, 3, 2, 1, 0], value=rows, flow_in=array.flow)
        gathered = raw.TensorArrayGatherV3(
            handle=array.handle, indices=[1, 5, 1], flow_in=flow, dtype=tf.float32,
            element_shape=[2])
        pieces = raw.TensorArrayV3(size=3, dtype=tf.float32, clear_after_read=False)
        flow = raw.TensorArraySplitV3(
            handle=pieces.handle, value=rows, lengths=np.int64([1, 0, 5]), flow_in=pieces.flow)
        whole = raw.TensorArrayConcatV3(handle=pieces.handle, flow_in=flow, dtype=tf.float32)
        result = [gathered.shape.as_list(), whole.value.shape.rank, whole.lengths.shape.rank]
        with tf.Session() as session:
            result += session.run([gathered, *whole])
        """,
    ),
    OpProgram(
        ("TensorArrayGradV3",),
        """
        raw = tf.raw_ops
        array = raw.TensorArrayV3(size=2, dtype=tf.float32)
        flow = raw.TensorArrayWriteV3(
            handle=array.handle, index=0, value=[1.0, 2.0], flow_in=array.flow)
        with tf.control_dependencies([flow]):
            slopes = raw.TensorArrayGradV3(
                handle=array.handle, flow_in=flow, source="gradients")
        flow = slopes.flow_out
        for step in range(2):
            flow = raw.TensorArrayWriteV3(
                handle=slopes.grad_handle, index=0, value=[step + 0.25, 4.0], flow_in=flow)
        total = raw.TensorArrayReadV3(
            handle=slopes.grad_handle, index=0, flow_in=flow, dtype=tf.float32)
        with tf.Session() as session:
            result = session.run(total)
        """,
    ),
    OpProgram(
        ("TensorArrayGradWithShape",),
        """
        raw = tf.raw_ops
        array = raw.TensorArrayV3(size=2, dtype=tf.float32, element_shape=[2])
        slopes = raw.TensorArrayGradWithShape(
            handle=array.handle, flow_in=array.flow, shape_to_prepend=[3], source="gradients")
        flow = raw.TensorArrayWriteV3(
            handle=slopes.grad_handle, index=1, value=np.ones((3, 2), np.float32),
            flow_in=slopes.flow_out)
        total = raw.TensorArrayReadV3(
            handle=slopes.grad_handle, index=1, flow_in=flow, dtype=tf.float32)
        with tf.Session() as session:
            result = session.run(total)
        """,
    ),
]  # fmt: skip
