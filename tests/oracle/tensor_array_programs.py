"""Uses of TensorArrays, right and wrong ones, run with `tf` as tensormill and as TensorFlow.

Each line is an expression; `TA` makes an array of floats, `hidden` a tensor of unknown shape.
"""

EXPRESSIONS = {
    "write_behind_the_end": "TA(3).write(3, 1.0).flow",
    "write_before_the_start": "TA(3, dynamic_size=True).write(-1, 1.0).flow",
    "write_twice": "TA(3, tensor_array_name='foo').write(1, 1.0).write(1, 2.0).flow",
    "write_another_shape": "TA(2).write(0, hidden([1.0])).write(1, hidden([1.0, 2.0])).stack()",
    "write_another_static_shape": "TA(2).write(0, [1.0]).write(1, [1.0, 2.0]).stack()",
    "write_a_vector_of_indices": "TA(3).write(hidden([1]), 1.0).flow",
    "write_after_close": "after(TA(3), 'close', lambda a: a.write(0, 1.0).flow)",
    "write_after_read": "after(KEEP(2).write(0, 1.0), 'read', lambda a: a.write(0, 2.0).flow)",
    "read_twice": "after(TA(2).write(0, 1.0), 'read', lambda a: a.read(0))",
    "read_twice_where_kept": "after(KEEP(2).write(0, 1.0), 'read', lambda a: a.read(0))",
    "read_after_close": "after(TA(3), 'close', lambda a: a.read(0))",
    "read_behind_the_end": "TA(3).read(3)",
    "read_before_the_start": "TA(3).read(-1)",
    "read_what_was_not_written": "TA(3).read(1)",
    "read_zeros": "TA(3, element_shape=[2]).read(1)",
    "read_zeros_of_a_longer_array": "TA(0, dynamic_size=True).write(3, [1.0, 2.0]).read(1)",
    "stack_zeros": "TA(0, dynamic_size=True).write(3, [1.0, 2.0]).stack()",
    "stack_nothing": "TA(0).stack()",
    "stack_nothing_of_known_shape": "TA(0, element_shape=[2]).stack()",
    "stack_other_shapes": "LOOSE(2).write(0, [1.0]).write(1, [1.0, 2.0]).stack()",
    "size_of_a_longer_array": "TA(0, dynamic_size=True).write(3, 1.0).size()",
    "negative_size": "TA(-1).flow",
    "size_that_is_a_vector": "TA(hidden([1])).flow",
    "gather": "TA(3).unstack([1.0, 2.0, 3.0]).gather([2, 0])",
    "gather_behind_the_end": "TA(2).unstack([1.0, 2.0]).gather([0, 5])",
    "gather_a_matrix": "TA(2).unstack([1.0, 2.0]).gather([[0]])",
    "gather_nothing": "TA(2).unstack([1.0, 2.0]).gather(tf.zeros([0], tf.int32))",
    "scatter": "TA(3).scatter([2, 0, 1], [[1.0], [2.0], [3.0]]).stack()",
    "scatter_behind_the_end": "TA(1).unstack([1.0, 2.0]).read(1)",
    "scatter_makes_it_longer": "TA(1, dynamic_size=True).unstack([1.0, 2.0]).stack()",
    "scatter_before_the_start": "TA(1, dynamic_size=True).scatter([-3], [1.0]).stack()",
    "scatter_other_numbers_of_rows": "TA(1).scatter([0], [1.0, 2.0]).stack()",
    "scatter_a_scalar": "TA(1).scatter([0], hidden(1.0)).flow",
    "concat": "LOOSE(2).write(0, [[1.0]]).write(1, [[1.0], [2.0]]).concat()",
    "concat_nothing": "TA(0).concat()",
    "concat_nothing_of_known_shape": "TA(0, element_shape=[None, 2]).concat()",
    "concat_other_shapes": "LOOSE(2).write(0, [[1.0]]).write(1, [[1.0, 2.0]]).concat()",
    "concat_scalars": "LOOSE(2).write(0, 1.0).write(1, 2.0).concat()",
    "split": "LOOSE(2).split([1.0, 2.0, 3.0], [1, 2]).read(1)",
    "split_equally": "TA(2).split([[1.0], [2.0]], [1, 1]).concat()",
    "split_of_another_sum": "LOOSE(2).split([1.0, 2.0, 3.0], [1, 1]).read(1)",
    "split_into_too_few": "LOOSE(3).split([1.0, 2.0, 3.0], [1, 2]).read(1)",
    "split_makes_it_longer": "LOOSE(1, dynamic_size=True).split([1.0, 2.0, 3.0], [1, 2]).read(1)",
    "split_a_scalar": "LOOSE(3).split(hidden(1.0), [1, 2]).read(1)",
    "split_by_a_scalar": "LOOSE(3).split([1.0], hidden(1)).read(1)",
    "strings": "tf.TensorArray(tf.string, 2).unstack(['a', 'b']).stack()",
    "integers": "tf.TensorArray(tf.int64, 2).write(1, tf.constant(7, tf.int64)).stack()",
    "identity": "TA(2).unstack([1.0, 2.0]).identity().stack()",
    "gradient_of_reads": "slope(lambda x: KEEP(3).unstack(x).read(1) ** 2)",
    "gradient_of_two_reads": (
        "slope(lambda x: (lambda a: a.read(1) * a.read(1))(KEEP(3).unstack(x)))"
    ),
    "gradient_of_writes": "slope(lambda x: TA(2).write(0, x).write(1, x * 2).stack())",
    "gradient_of_a_longer_array": (
        "slope(lambda x: TA(0, dynamic_size=True).write(0, x).write(1, x * 2).stack())"
    ),
    "gradient_of_parts": "slope(lambda x: LOOSE(2).split(x, [1, 2]).concat() * [1.0, 2.0, 3.0])",
    "gradient_of_what_is_not_read": "slope(lambda x: TA(2).write(0, x).write(1, x * 2).read(0))",
    "gradient_of_a_branch": (
        "slope(lambda x: tf.cond(x[0] > 0, lambda: TA(1).write(0, x * x).read(0), lambda: x))"
    ),
    "branches_of_arrays": (
        "tf.cond(hidden(True), lambda: TA(1).write(0, 1.0), lambda: TA(1).write(0, 2.0)).flow"
    ),
    "no_size": "tf.TensorArray(tf.float32)",
    "handle_and_size": "tf.TensorArray(tf.float32, size=1, handle=TA(1).handle, flow=TA(1).flow)",
    "handle_without_flow": "tf.TensorArray(tf.float32, handle=TA(1).handle)",
    "handle_that_is_no_tensor": "tf.TensorArray(tf.float32, handle=3)",
}


def evaluate(text, tf):
    """Return the value of an expression, its static shape, or the class and text of its error."""

    def array(size, **options):
        return tf.TensorArray(tf.float32, size, **options)

    def after(made, method, then):
        with tf.control_dependencies([made.close() if method == "close" else made.read(0)]):
            return then(made)

    def slope(function):
        x = tf.constant([1.0, 2.0, 3.0])
        return tf.gradients(function(x), x)[0]

    names = {
        "tf": tf,
        "TA": array,
        "KEEP": lambda size, **options: array(size, clear_after_read=False, **options),
        "LOOSE": lambda size, **options: array(size, infer_shape=False, **options),
        "hidden": lambda value: tf.placeholder_with_default(value, None),
        "after": after,
        "slope": slope,
    }
    with tf.Graph().as_default() as graph:
        try:
            tensor = eval(text, names)
        except (TypeError, ValueError) as error:
            return {"error": type(error).__name__, "text": str(error)}
        shape = tensor.shape.as_list() if tensor.shape.ndims is not None else None
        with tf.Session(graph=graph) as session:
            try:
                return {"value": session.run(tensor), "shape": shape}
            except tf.errors.OpError as error:
                return {"error": type(error).__name__, "text": error.message}


def evaluate_all(tf):
    """Return what `evaluate` gives for every expression."""
    return {name: evaluate(text, tf) for name, text in EXPRESSIONS.items()}
