"""Cases of lists of tensors: programs, since a list cannot be fed."""

from tests.op_cases.case import OpProgram

_GROW = """
    raw = tf.raw_ops
    empty = raw.EmptyTensorList(
        element_shape=[2], max_num_elements=-1, element_dtype=tf.float32)
    one = raw.TensorListPushBack(input_handle=empty, tensor=[1.0, 2.0])
    two = raw.TensorListPushBack(input_handle=one, tensor=[3.0, 4.0])
    last = raw.TensorListPopBack(input_handle=two, element_shape=-1, element_dtype=tf.float32)
    stacked = raw.TensorListStack(
        input_handle=two, element_shape=-1, element_dtype=tf.float32, num_elements=-1)
    results = [
        stacked, last.tensor, raw.TensorListLength(input_handle=last.output_handle),
        raw.TensorListElementShape(input_handle=two, shape_type=tf.int64)]
    with tf.Session() as session:
        result = session.run(results) + [r.shape.as_list() for r in results]
"""
_READ = """
    raw = tf.raw_ops
    rows = tf.constant([[1, 2], [3, 4], [5, 6]], tf.int64)
    held = raw.TensorListFromTensor(tensor=rows, element_shape=[-1])
    held = raw.TensorListSetItem(input_handle=held, index=1, item=tf.constant([7, 8], tf.int64))
    longer = raw.TensorListResize(input_handle=held, size=4)
    both = raw.TensorListConcatLists(
        input_a=held, input_b=longer, element_dtype=tf.int64)
    results = [
        raw.TensorListGetItem(
            input_handle=held, index=1, element_shape=-1, element_dtype=tf.int64),
        raw.TensorListGather(
            input_handle=held, indices=[2, 0], element_shape=-1, element_dtype=tf.int64),
        raw.TensorListStack(
            input_handle=longer, element_shape=-1, element_dtype=tf.int64, num_elements=4),
        raw.TensorListLength(input_handle=both)]
    with tf.Session() as session:
        result = session.run(results)
"""
_SPLIT = """
    raw = tf.raw_ops
    values = tf.constant([[1.0], [2.0], [3.0], [4.0]])
    pieces = raw.TensorListSplit(tensor=values, element_shape=[-1, 1], lengths=[1, 0, 3])
    joined = raw.TensorListConcat(input_handle=pieces, element_dtype=tf.float32)
    again = raw.TensorListConcatV2(
        input_handle=pieces, element_shape=[-1, 1], leading_dims=tf.constant([], tf.int64),
        element_dtype=tf.float32)
    results = [*joined, *again]
    with tf.Session() as session:
        result = session.run(results)
"""
_SCATTER = """
    raw = tf.raw_ops
    scalar = tf.zeros([0], tf.int32)
    rows = tf.constant([1.5, 2.5])
    held = [
        raw.TensorListScatter(tensor=rows, indices=[2, 0], element_shape=scalar),
        raw.TensorListScatterV2(
            tensor=rows, indices=[2, 0], element_shape=scalar, num_elements=5)]
    into = raw.TensorListReserve(element_shape=scalar, num_elements=4, element_dtype=tf.float32)
    held.append(raw.TensorListScatterIntoExistingList(
        input_handle=into, tensor=rows, indices=[3, 1]))
    results = [
        raw.TensorListStack(
            input_handle=each, element_shape=scalar, element_dtype=tf.float32, num_elements=-1)
        for each in held]
    with tf.Session() as session:
        result = session.run(results)
"""
_BATCH = """
    raw = tf.raw_ops
    scalar = tf.zeros([0], tf.int32)
    lists = tf.stack([
        raw.EmptyTensorList(element_shape=scalar, max_num_elements=-1, element_dtype=tf.float32)
        for _ in range(2)])
    pushed = raw.TensorListPushBackBatch(input_handles=lists, tensor=[5.0, 6.0])
    results = [
        raw.TensorListStack(
            input_handle=each, element_shape=scalar, element_dtype=tf.float32, num_elements=-1)
        for each in tf.unstack(pushed)]
    with tf.Session() as session:
        result = session.run(results)
"""
_GRADIENTS = """
    raw = tf.raw_ops
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    y = tf.constant([7.0, 8.0])
    held = raw.TensorListFromTensor(tensor=x, element_shape=[2])
    held = raw.TensorListSetItem(input_handle=held, index=1, item=y)
    held = raw.TensorListPushBack(input_handle=held, tensor=y * 2.0)
    item = raw.TensorListGetItem(
        input_handle=held, index=0, element_shape=[2], element_dtype=tf.float32)
    some = raw.TensorListGather(
        input_handle=held, indices=[3, 2], element_shape=[2], element_dtype=tf.float32)
    rest = raw.TensorListPopBack(
        input_handle=held, element_shape=[2], element_dtype=tf.float32)
    all_of = raw.TensorListStack(
        input_handle=rest.output_handle, element_shape=[2], element_dtype=tf.float32,
        num_elements=3)
    loss = tf.reduce_sum(item ** 2) + tf.reduce_sum(some ** 3) + tf.reduce_sum(all_of ** 2)
    gradients = tf.gradients(loss + tf.reduce_sum(rest.tensor), [x, y])
    pieces = raw.TensorListSplit(tensor=x, element_shape=[-1, 2], lengths=[2, 1])
    joined = raw.TensorListConcatV2(
        input_handle=pieces, element_shape=[-1, 2], leading_dims=tf.constant([], tf.int64),
        element_dtype=tf.float32)
    gradients += tf.gradients(joined.tensor ** 2, x)
    spread = raw.TensorListScatterV2(
        tensor=x, indices=[2, 0, 3], element_shape=[2], num_elements=4)
    stacked = raw.TensorListStack(
        input_handle=spread, element_shape=[2], element_dtype=tf.float32, num_elements=4)
    gradients += tf.gradients(stacked ** 2, x)
    with tf.Session() as session:
        result = session.run(gradients)
"""
_FAILURES = """
    raw = tf.raw_ops
    empty = raw.EmptyTensorList(
        element_shape=[2], max_num_elements=1, element_dtype=tf.float32)
    wide = tf.placeholder_with_default([1.0, 2.0, 3.0], None)
    full = raw.TensorListPushBack(input_handle=empty, tensor=[1.0, 2.0])
    number = tf.placeholder_with_default(1, [])
    failing = [
        raw.TensorListPopBack(
            input_handle=empty, element_shape=-1, element_dtype=tf.float32).tensor,
        raw.TensorListLength(
            input_handle=raw.TensorListPushBack(input_handle=empty, tensor=wide)),
        raw.TensorListLength(
            input_handle=raw.TensorListPushBack(input_handle=full, tensor=[1.0, 2.0])),
        raw.TensorListGetItem(
            input_handle=full, index=number, element_shape=-1, element_dtype=tf.float32),
        raw.TensorListLength(input_handle=raw.TensorListSetItem(
            input_handle=full, index=number, item=[1.0, 2.0])),
        raw.TensorListStack(
            input_handle=full, element_shape=-1, element_dtype=tf.float32, num_elements=3),
        raw.TensorListLength(input_handle=raw.TensorListResize(
            input_handle=full, size=-number)),
    ]
    result = []
    with tf.Session() as session:
        for each in failing:
            try:
                session.run(each)
            except tf.errors.OpError as error:
                text = str(error)
                result.append([type(error).__name__, [
                    phrase for phrase in (
                        "Trying to pop from an empty list",
                        "Tried to append a tensor with incompatible shape to a list",
                        "Tried to push item into a full list",
                        "Trying to access element 1 in a list with 1 elements",
                        "Trying to modify element 1 in a list with 1 elements",
                        "expected a list with 3 elements but got a list with 1 elements",
                        "TensorListSlice expects size to be non-negative. Got: -1",
                    ) if phrase in text]])
"""

CASES = [
    OpProgram(
        (
            "EmptyTensorList",
            "TensorListElementShape",
            "TensorListLength",
            "TensorListPopBack",
            "TensorListPushBack",
            "TensorListStack",
        ),
        _GROW,
    ),
    OpProgram(
        (
            "TensorListFromTensor",
            "TensorListSetItem",
            "TensorListGetItem",
            "TensorListGather",
            "TensorListResize",
            "TensorListConcatLists",
        ),
        _READ,
    ),
    OpProgram(("TensorListSplit", "TensorListConcat", "TensorListConcatV2"), _SPLIT),
    OpProgram(
        (
            "TensorListScatter",
            "TensorListScatterV2",
            "TensorListScatterIntoExistingList",
            "TensorListReserve",
        ),
        _SCATTER,
    ),
    OpProgram(("TensorListPushBackBatch",), _BATCH),
    OpProgram(("TensorListStack", "TensorListGetItem"), _GRADIENTS, note="gradients"),
    OpProgram(("TensorListPopBack", "TensorListPushBack"), _FAILURES, note="fails"),
]
