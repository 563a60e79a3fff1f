"""Programs that make variables; TensorFlow and we must build the same graph from each.

The source also runs inside the oracle, so it imports nothing but NumPy and is given `tf`.
"""

import numpy as np


def plain(tf):
    tf.Variable(3.0)
    tf.Variable([1, 2], name="w")
    tf.Variable(np.ones((2, 3)), dtype=tf.float32, name="w")
    tf.Variable(["a"], trainable=False)


def from_functions(tf):
    tf.Variable(lambda: 3.0)
    tf.Variable(lambda: tf.zeros([2, 3]), name="z")
    with tf.name_scope("outer"):
        tf.Variable(lambda: tf.truncated_normal([2], stddev=0.1), name="t")
        tf.Variable(tf.ones([4]), name="o")


def resources(tf):
    v = tf.Variable(3.0, use_resource=True)
    w = tf.Variable(lambda: tf.zeros([2]), use_resource=True, name="w", caching_device="/cpu:0")
    tf.add(v, 1.0)
    tf.identity(w)
    v.assign_add(1.0)
    v.assign(2.0).assign_sub(1.0)
    v.assign(2.0, read_value=False)
    w.scatter_nd_add([[0]], [1.0])
    v.read_value()
    w.sparse_read([0])


def updates(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    v.assign([2.0, 3.0])
    v.assign_add([2.0, 3.0], use_locking=True)
    tf.assign_sub(v, [1.0, 1.0])
    tf.assign(v, [1.0], validate_shape=False)
    tf.scatter_update(v, [0], [1.0])
    tf.scatter_add(v, [0], [1.0])
    v.scatter_nd_update([[1]], [1.0])
    v.scatter_sub(tf.IndexedSlices([1.0], [0]))
    c = tf.Variable(0, name="c")
    c.count_up_to(3)
    v.read_value()
    -(v + 1.0) * v


def devices(tf):
    with tf.device("/job:ps/task:1"):
        v = tf.Variable([1.0], name="v")
        w = tf.Variable(lambda: tf.zeros([1]), name="w", caching_device="/job:worker")
        tf.Variable([1.0], name="r", use_resource=True)
    with tf.device("/job:worker/task:0/gpu:0"):
        v.assign([2.0])
        v.read_value()
        v + w
        with tf.colocate_with(v):
            tf.constant(1.0, name="near")


def control_dependencies(tf):
    first = tf.no_op(name="first")
    with tf.control_dependencies([first]):
        v = tf.Variable([1.0], name="v")
        tf.get_variable("g", [2], initializer=tf.zeros_initializer())
        v.read_value()


def from_other_variables(tf):
    a = tf.Variable([1.0, 2.0], name="a")
    tf.Variable(a * 2.0, name="b")
    tf.Variable(a.initialized_value() + 1.0, name="c")


def get_variables(tf):
    tf.get_variable("plain", [2, 3])
    tf.get_variable("count", [], dtype=tf.int32)
    tf.get_variable("flag", [2], dtype=tf.bool)
    tf.get_variable("value", initializer=tf.constant([1.0, 2.0]))
    tf.get_variable("listed", initializer=[1.0, 2.0])
    tf.get_variable("number", initializer=4.0)
    tf.get_variable("local", [2], collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    tf.get_local_variable("local2", [2], initializer=tf.ones_initializer())
    tf.get_variable("doubles", [2], dtype=tf.float64)
    tf.get_variable("resource", [2], use_resource=True)
    tf.get_variable("no_shape", initializer=lambda: tf.ones([2]))


def scopes(tf):
    names = []
    with tf.variable_scope("a") as a:
        v = tf.get_variable("v", [1])
        with tf.variable_scope("b", reuse=tf.AUTO_REUSE) as b:
            tf.get_variable("v", [1])
            tf.get_variable("v", [1])
            tf.add(v, 1.0, name="sum")
        with tf.variable_scope("b", reuse=tf.AUTO_REUSE):
            tf.get_variable("v", [1])
            tf.no_op(name="inside")
    with tf.variable_scope(a, reuse=True):
        assert tf.get_variable("v", [1]) is v
        tf.no_op(name="again")
    with tf.variable_scope(b):
        tf.no_op(name="deep")
    with tf.variable_scope(a, auxiliary_name_scope=False) as c:
        names.append(c.original_name_scope)
        tf.no_op(name="flat")
    for _ in range(2):
        with tf.variable_scope(None, default_name="block") as block:
            names += [block.name, block.original_name_scope]
            tf.get_variable("v", [1])
            with tf.variable_scope(None, "inner"):
                tf.get_variable("v", [1])
    with tf.variable_scope(tf.get_variable_scope(), reuse=None):
        tf.no_op(name="root")
    with tf.name_scope("named"), tf.variable_scope("s"):
        tf.get_variable("v", [1])
        tf.no_op(name="op")
    scope = tf.variable_scope("twice")
    for _ in range(2):
        with scope:
            tf.no_op(name="op")
    names.append(tf.get_variable_scope().name)
    return names


def scope_defaults(tf):
    with tf.variable_scope(
        "s",
        initializer=tf.constant_initializer(2.0),
        dtype=tf.float64,
        use_resource=True,
    ):
        tf.get_variable("v", [2])
        with tf.variable_scope("t", use_resource=False, caching_device="/cpu:0"):
            tf.get_variable("v", [2], dtype=tf.float32)


def custom_getters(tf):
    def outer(getter, name, *args, **kwargs):
        return getter(name + "_outer", *args, **kwargs)

    def inner(getter, name, *args, **kwargs):
        return tf.identity(getter(name + "_inner", *args, **kwargs), name="wrapped")

    with tf.variable_scope("s", custom_getter=outer):
        tf.get_variable("v", [2])
        with tf.variable_scope("t", custom_getter=inner):
            tf.get_variable("v", [2])

    def creator(next_creator, **kwargs):
        kwargs["name"] = kwargs["name"] + "_made"
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        tf.get_variable("c", [2])


def partitions(tf):
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(3)):
        v = tf.get_variable("v", [7, 2])
        tf.get_variable("scalar", [], initializer=tf.zeros_initializer())
    w = tf.get_variable("w", [4, 4], partitioner=tf.fixed_size_partitioner(2, axis=1))
    tf.get_variable("one", [4], partitioner=tf.fixed_size_partitioner(1))
    tf.get_variable("value", initializer=tf.ones([4]), partitioner=tf.fixed_size_partitioner(2))
    tf.convert_to_tensor(v)
    v.as_tensor()
    specs = [part._get_save_slice_info().spec for part in [*v, *w]]
    shape = tf.TensorShape([1000, 100])
    counts = [
        tf.variable_axis_size_partitioner(100_000)(shape=shape, dtype=tf.float32),
        tf.variable_axis_size_partitioner(100_000, max_shards=2)(shape=shape, dtype=tf.float32),
        tf.min_max_variable_partitioner(8)(shape=shape, dtype=tf.float32),
        tf.min_max_variable_partitioner(8, axis=1, min_slice_size=1 << 10)(
            shape=shape, dtype=tf.float64
        ),
    ]
    return [specs, [list(map(int, c)) for c in counts], v.name, str(v.shape)]


def initializing(tf):
    tf.Variable(1.0, name="a")
    tf.Variable(1.0, name="r", use_resource=True)
    tf.get_local_variable("l", [1], initializer=tf.zeros_initializer())
    tf.global_variables_initializer()
    tf.local_variables_initializer()
    tf.variables_initializer([], name="nothing")
    tf.report_uninitialized_variables()
    tf.is_variable_initialized(tf.global_variables()[0])
    tf.train.get_or_create_global_step()


def initializers(tf):
    for name, initializer in (
        ("zeros", tf.zeros_initializer()),
        ("ones", tf.ones_initializer()),
        ("constant", tf.constant_initializer([1.0, 2.0, 3.0])),
        ("uniform", tf.random_uniform_initializer(-1.0, 1.0)),
        ("normal", tf.random_normal_initializer(stddev=0.5)),
        ("truncated", tf.truncated_normal_initializer()),
        ("scaling", tf.uniform_unit_scaling_initializer()),
        ("variance", tf.variance_scaling_initializer(distribution="untruncated_normal")),
        ("glorot", tf.glorot_normal_initializer()),
        ("he", tf.initializers.he_uniform()),
    ):
        tf.get_variable(name, [3, 2], initializer=initializer)
    return [
        tf.constant_initializer(2).get_config(),
        tf.glorot_uniform_initializer(seed=3).get_config(),
        tf.random_normal_initializer(1.0, 2.0, 3).get_config(),
    ]


def templates(tf):
    def layer(x, size):
        w = tf.get_variable("w", [size], initializer=tf.ones_initializer())
        return tf.multiply(x, w, name="scaled")

    first = tf.make_template("layer", layer, size=2)
    second = tf.make_template("layer", layer, size=2)
    first(1.0)
    first(2.0)
    second(1.0)
    third = tf.make_template("layer", layer, create_scope_now_=True, size=2)
    third(1.0)
    return [v.name for v in first.variables + second.trainable_variables + third.global_variables]


def seeds(tf):
    tf.set_random_seed(7)
    tf.random_uniform([2], 1.0, 2.0, seed=1)
    tf.random_normal([2], seed=3)
    tf.get_variable("v", [2, 2], initializer=tf.glorot_normal_initializer(seed=4))
    tf.random_shuffle([1, 2, 3], seed=5)
    tf.multinomial([[0.5, 0.5]], 2, seed=6)
    tf.random_uniform([2], 0, 5, dtype=tf.int32, seed=-1)
    tf.random_poisson(0.5, [2], seed=2**31 - 1)


def messages(tf):
    v = tf.Variable([1.0], name="v")
    r = tf.Variable([1.0], name="r", use_resource=True)
    p = tf.get_variable("p", [4], partitioner=tf.fixed_size_partitioner(2))
    part = next(iter(p))
    return [
        text
        for variable in (v, r, part)
        for text in (
            repr(variable),
            variable.dtype.name,
            str(variable.shape),
            variable.to_proto().SerializeToString(deterministic=True).hex(),
        )
    ]


def exists(tf):
    tf.get_variable("v", [1], use_resource=True)
    tf.get_variable("v", [1])


def does_not_exist(tf):
    with tf.variable_scope("s", reuse=True):
        tf.get_variable("v", [1])


def other_shape(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        tf.get_variable("v", [1])
        tf.get_variable("v", [2])


def other_dtype(tf):
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        tf.get_variable("v", [1])
        tf.get_variable("v", [1], dtype=tf.int32)


def constant_with_shape(tf):
    tf.get_variable("v", [1], initializer=tf.constant([1.0]))


def no_shape(tf):
    tf.get_variable("v")


def no_initial_value(tf):
    tf.Variable()


def unknown_initial_shape(tf):
    tf.Variable(tf.placeholder(tf.float32), name="v")


def bad_collections(tf):
    tf.Variable(1.0, collections="variables")


def initializer_of_other_dtype(tf):
    tf.get_variable("v", initializer=tf.constant([1.0]), dtype=tf.int32)


def partitioned_without_partitioner(tf):
    tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(2))
    tf.get_variable("v", [4])


def loading_without_session(tf):
    tf.Variable(1.0).load(2.0)


def reading_with_wrong_dtype(tf):
    tf.convert_to_tensor(tf.Variable(1.0), tf.int32)


PROGRAMS = {
    f.__name__: f
    for f in (
        plain,
        from_functions,
        resources,
        updates,
        devices,
        control_dependencies,
        from_other_variables,
        get_variables,
        scopes,
        scope_defaults,
        custom_getters,
        partitions,
        initializing,
        initializers,
        templates,
        seeds,
        messages,
        exists,
        does_not_exist,
        other_shape,
        other_dtype,
        constant_with_shape,
        no_shape,
        no_initial_value,
        unknown_initial_shape,
        bad_collections,
        initializer_of_other_dtype,
        partitioned_without_partitioner,
        loading_without_session,
        reading_with_wrong_dtype,
    )
}

# What other releases of TensorFlow than 1.15 add to a graph.
_KEPT_ATTRS = (
    "_class",
    "shared_name",
    "container",
    "use_locking",
    "validate_shape",
    "seed",
    "seed2",
)


def _attr(op, name):
    try:
        value = op.get_attr(name)
    except ValueError:
        return None
    if isinstance(value, list):
        return [v.decode() for v in value]
    return value.decode() if isinstance(value, bytes) else value


def describe(tf, program):
    """Return what a program builds: its nodes, collections and result, or the error."""
    with tf.Graph().as_default() as graph:
        try:
            result = program(tf)
        except Exception as error:
            return {"error": [type(error).__name__, str(error).partition("\n")[0]]}
        nodes = []
        for op in graph.get_operations():
            attrs = {name: _attr(op, name) for name in _KEPT_ATTRS}
            inputs = [t.name for t in op.inputs] + ["^" + c.name for c in op.control_inputs]
            kept = {name: value for name, value in attrs.items() if value not in (None, "", [])}
            nodes.append([op.name, op.type, op.device, inputs, kept])
        collections = {
            key: [item.name for item in graph.get_collection(key)]
            for key in graph.get_all_collection_keys()
            if not key.endswith("_context")
        }
        return {"nodes": nodes, "collections": collections, "result": result}


def describe_all(tf):
    """Return what each program builds."""
    return {name: describe(tf, program) for name, program in PROGRAMS.items()}
