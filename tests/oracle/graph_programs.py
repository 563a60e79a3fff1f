"""Small programs that build a graph, run with `tf` as tensormill and as real TensorFlow.

A program may assign `outputs`, a list of tensors that can be run without feeds or variables.
"""

# ruff: noqa: E501

from __future__ import annotations

import textwrap

_TEXTS = {
    "constants": """
        a = tf.constant(1.0)
        b = tf.constant([1, 2, 3], name="b")
        c = tf.constant([[1.5, 2.5], [3.5, 4.5]], dtype=tf.float64)
        d = tf.constant("text")
        e = tf.constant(["x", "yy", ""], name="strings")
        f = tf.constant(True)
        g = tf.constant([True, False])
        h = tf.constant(3 + 4j)
        i = tf.constant([1, 2], dtype=tf.float16)
        j = tf.constant([], dtype=tf.int64)
        k = tf.constant(7, shape=[2, 3])
        l = tf.constant(2**40)
        m = tf.constant([1.0, 2.0], dtype=tf.bfloat16)
        outputs = [a, b, c, d, e, f, g, h, i, j, k, l]
    """,
    "constants_of_arrays": """
        a = tf.constant(np.arange(6).reshape(2, 3))
        b = tf.constant(np.float32(3))
        c = tf.constant(np.ones([2, 2], np.uint8))
        d = tf.constant(np.array([1 + 2j, 3], np.complex64))
        e = tf.constant(np.arange(1000, dtype=np.float32))
        f = tf.constant(np.array([[b"a", b"b"]]))
        outputs = [a, b, c, d, e, f]
    """,
    "a_constant_taken_twice": """
        a = tf.constant(1)
        b = tf.constant(1)
        c = tf.constant(1, name="Const")
        d = tf.constant(1, name="const")
        e = tf.constant(1, name="Const_1")
        outputs = [a, b, c, d, e]
    """,
    "placeholders": """
        a = tf.placeholder(tf.float32)
        b = tf.placeholder(tf.int32, [None, 3])
        c = tf.placeholder(tf.string, [], name="c")
        d = tf.placeholder_with_default(tf.constant([1.0]), [None])
        outputs = [d]
    """,
    "name_scopes": """
        with tf.name_scope("outer") as s:
            a = tf.constant(1.0)
            with tf.name_scope("inner"):
                b = tf.identity(a)
            with tf.name_scope("inner"):
                c = tf.identity(a, name="named")
        with tf.name_scope("outer"):
            d = tf.identity(a)
        with tf.name_scope(s):
            e = tf.identity(a)
        with tf.name_scope(None):
            f = tf.identity(a)
        outputs = [b, c, d, e, f]
    """,
    "name_scope_with_values": """
        a = tf.constant(1.0)
        with tf.name_scope(None, "default", [a]) as scope:
            b = tf.identity(a, name=scope)
        with tf.name_scope("given", "default", [a]):
            c = tf.identity(a)
        with tf.op_scope([a], None, "older"):
            d = tf.identity(a)
        outputs = [b, c, d]
    """,
    "names_that_differ_in_case": """
        a = tf.constant(1.0, name="Name")
        b = tf.constant(1.0, name="name")
        c = tf.constant(1.0, name="NAME_1")
        with tf.name_scope("Scope"):
            d = tf.constant(1.0)
        with tf.name_scope("scope"):
            e = tf.constant(1.0)
        outputs = [a, b, c, d, e]
    """,
    "control_dependencies": """
        a = tf.constant(1.0)
        b = tf.constant(2.0)
        with tf.control_dependencies([b, a]):
            c = tf.identity(a)
            d = tf.identity(c)
            with tf.control_dependencies([c]):
                e = tf.no_op()
                f = tf.constant(3.0)
            with tf.control_dependencies(None):
                g = tf.identity(a)
        outputs = [c, d, f, g]
    """,
    "nested_control_dependencies_prune": """
        a = tf.constant(1.0, name="a")
        b = tf.constant(2.0, name="b")
        with tf.control_dependencies([a]):
            x = tf.identity(b, name="x")
            with tf.control_dependencies([b, a]):
                y = tf.identity(x, name="y")
                z = tf.stack([x, y], name="z")
        outputs = [z]
    """,
    "devices": """
        with tf.device("/job:ps/task:0"):
            a = tf.constant(1.0)
            with tf.device("/cpu:1"):
                b = tf.constant(1.0)
            with tf.device(None):
                c = tf.constant(1.0)
            with tf.device("/job:worker"):
                d = tf.constant(1.0)
        with tf.device(lambda op: "/gpu:0" if op.type == "Const" else "/cpu:0"):
            e = tf.constant(1.0)
            f = tf.identity(e)
            with tf.device("/cpu:3"):
                g = tf.identity(e)
        with tf.device("/cpu:0"):
            with tf.device(lambda op: "/job:q/gpu:1"):
                h = tf.identity(e)
    """,
    "colocation": """
        with tf.device("/cpu:1"):
            a = tf.constant(1.0, name="a")
        b = tf.constant(1.0, name="b")
        g = tf.get_default_graph()
        with tf.device("/gpu:7"):
            with g.colocate_with(a):
                c = tf.identity(b, name="c")
                with g.colocate_with(b):
                    d = tf.identity(b, name="d")
                with g.colocate_with(b, ignore_existing=True):
                    e = tf.identity(b, name="e")
                with tf.device("/cpu:5"):
                    f = tf.identity(b, name="f")
            with g.colocate_with(c):
                h = tf.identity(b, name="h")
    """,
    "containers": """
        with tf.get_default_graph().container("box"):
            a = tf.constant(1.0)
            b = tf.raw_ops.VariableV2(shape=[], dtype=tf.float32)
            c = tf.raw_ops.VariableV2(shape=[], dtype=tf.float32, container="other")
    """,
    "gradient_override_and_attributes": """
        g = tf.get_default_graph()
        a = tf.constant(1.0)
        with g.gradient_override_map({"Identity": "Mine"}):
            b = tf.identity(a)
            c = tf.stack([a, b])
        with g._attr_scope({"_mark": tf.AttrValue(i=3)}):
            d = tf.identity(a)
            with g._attr_scope({"_mark": None, "_other": tf.AttrValue(s=b"x")}):
                e = tf.identity(a)
        outputs = [b, c, d, e]
    """,
    "groups": """
        a = tf.constant(1.0)
        with tf.device("/cpu:0"):
            b = tf.constant(2.0)
        c = tf.group(a)
        d = tf.group(a, b, c)
        e = tf.group(name="empty")
        f = tf.group([a, {"x": b}], name="nested")
    """,
    "tuples": """
        a = tf.constant(1.0)
        b = tf.constant(2.0)
        c = tf.tuple([a, b])
        d = tf.tuple([a, None, b], name="named", control_inputs=[c[0]])
        outputs = [*c, d[0], d[2]]
    """,
    "operators": """
        a = tf.constant([1.0, 2.0])
        b = tf.constant([3.0, 4.0])
        outputs = [a + b, a - b, a * b, a / b, a // b, a % b, a ** b, -a, abs(a), a < b, a <= b, a > b, a >= b]
    """,
    "operators_with_numbers": """
        a = tf.constant([1.0, 2.0])
        outputs = [a + 1, 1 + a, a - 2.5, 2 - a, a * 3, 3 * a, a / 2, 2 / a, a ** 2, 2 ** a, a // 2, 7 % a]
    """,
    "logical_operators": """
        a = tf.constant([True, False])
        b = tf.constant([True, True])
        outputs = [a & b, a | b, a ^ b, ~a, a & True]
    """,
    "integer_division": """
        a = tf.constant([7, -7])
        b = tf.constant([2, 2])
        outputs = [a / b, a // b, a % b]
    """,
    "slices": """
        a = tf.constant([[1, 2, 3], [4, 5, 6]])
        i = tf.constant(1)
        outputs = [a[0], a[0, 1], a[:, 1:], a[..., ::2], a[tf.newaxis], a[i], a[-1, ::-1]]
    """,
    "arithmetic_functions": """
        a = tf.constant([1.0, 2.0])
        b = tf.constant([3.0, 4.0])
        outputs = [
            tf.add(a, b), tf.subtract(a, b), tf.multiply(a, b), tf.divide(a, b), tf.pow(a, b), tf.maximum(a, b),
            tf.square(a), tf.sqrt(a), tf.exp(a), tf.log(a), tf.negative(a), tf.add_n([a, b]), tf.add(a, b, name="sum"),
        ]
    """,
    "comparisons": """
        a = tf.constant([1.0, 2.0])
        b = tf.constant([3.0, 2.0])
        outputs = [tf.equal(a, b), tf.not_equal(a, b), tf.less(a, b), tf.greater_equal(a, b), tf.logical_not(a < b)]
    """,
    "matrix_products": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        b = tf.constant([[[1.0, 2.0], [3.0, 4.0]]])
        outputs = [tf.matmul(a, a), tf.matmul(a, a, transpose_b=True), tf.matmul(b, b, adjoint_a=True), a @ a]
    """,
    "reductions": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        outputs = [
            tf.reduce_sum(a), tf.reduce_mean(a, 0), tf.reduce_max(a, axis=[0, 1]), tf.reduce_min(a, 1, keepdims=True),
            tf.reduce_prod(a), tf.reduce_any(a > 2), tf.reduce_all(a > 0), tf.argmax(a, 1),
        ]
    """,
    "shapes": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        p = tf.placeholder(tf.float32, [None, 2])
        b = [tf.shape(a), tf.size(a), tf.rank(a), tf.reshape(a, [-1]), tf.expand_dims(a, 0), tf.squeeze(a[:1])]
        c = [tf.shape(p), tf.size(p), tf.rank(p), tf.shape(p, out_type=tf.int64)]
        outputs = b
    """,
    "joining_and_splitting": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        outputs = [
            tf.concat([a, a], 0), tf.stack([a, a], axis=1), *tf.unstack(a), *tf.split(a, 2, axis=1),
            *tf.split(a, [1, 1]), tf.tile(a, [1, 2]), tf.transpose(a), tf.reverse(a, [0]), tf.gather(a, [1, 0]),
        ]
    """,
    "packed_lists": """
        a = tf.constant(1.0)
        outputs = [tf.convert_to_tensor([a, 2.0]), tf.identity([[a, 1.0], [2.0, a]]), tf.reshape([a, a], [2, 1])]
    """,
    "filled_tensors": """
        a = tf.constant([[1, 2], [3, 4]])
        outputs = [
            tf.zeros([2, 3]), tf.ones([2], tf.int32), tf.zeros_like(a), tf.fill([2], 3.0),
            tf.zeros([]), tf.zeros(tf.shape(a)), tf.range(5), tf.range(1, 7, 2),
            tf.one_hot([0, 1], 3), tf.zeros([1000, 2]),
        ]
    """,
    "casts": """
        a = tf.constant([1.5, 2.5])
        outputs = [tf.cast(a, tf.int32), tf.cast(a, tf.float32), tf.to_int32(a), tf.to_float(tf.constant(1))]
    """,
    "choices": """
        a = tf.constant([1.0, -2.0])
        outputs = [tf.where(a > 0, a, -a), tf.where(a > 0), tf.clip_by_value(a, -1.0, 1.0)]
    """,
    "strings": """
        a = tf.constant(["x", "y"])
        outputs = [tf.string_join([a, a], "-"), a + "z"]
    """,
    "identities": """
        a = tf.constant(1.0)
        outputs = [tf.identity(a), tf.stop_gradient(a), *tf.identity_n([a, a]), tf.identity(a, name="out")]
    """,
    "reused_scopes_of_composites": """
        a = tf.constant([1.0, 2.0])
        x = tf.zeros_like(a, name="z")
        y = tf.zeros_like(a, name="z")
        z = tf.reduce_mean(a, name="m")
        w = tf.reduce_mean(a, name="m")
        outputs = [x, y, z, w]
    """,
    "softmaxes": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        outputs = [tf.nn.softmax(a), tf.nn.log_softmax(a), tf.nn.relu(a), tf.sigmoid(a), tf.tanh(a), tf.nn.elu(a)]
    """,
    "losses": """
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        b = tf.constant([0, 1])
        outputs = [
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b, logits=a),
            tf.nn.sigmoid_cross_entropy_with_logits(labels=a, logits=a),
        ]
    """,
    "ref_variables": """
        v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
        w = tf.Variable(3.0, use_resource=False)
        a = v.assign([3.0, 4.0])
        b = v + w
        c = tf.assign_add(w, 1.0)
        init = tf.global_variables_initializer()
    """,
    "resource_variables": """
        v = tf.Variable([1.0, 2.0], name="v", use_resource=True)
        b = v + 1.0
        init = tf.global_variables_initializer()
    """,
    "variable_scopes": """
        with tf.variable_scope("layer"):
            w = tf.get_variable("w", [2, 3], initializer=tf.zeros_initializer(), use_resource=False)
            with tf.variable_scope("inner"):
                b = tf.get_variable("b", initializer=tf.constant([1.0]), use_resource=False)
            a = tf.constant(1.0)
        with tf.variable_scope("layer", reuse=True):
            again = tf.get_variable("w", [2, 3], use_resource=False)
            c = tf.constant(2.0)
    """,
    "random_ops": """
        tf.set_random_seed(7)
        a = tf.random_uniform([2])
        b = tf.random_normal([2, 3], mean=1.0, seed=5)
        c = tf.truncated_normal([2])
        d = tf.random_uniform([2], maxval=10, dtype=tf.int32)
    """,
    "gradients": """
        x = tf.constant(3.0, name="x")
        y = x * x + 2.0 * x
        (g,) = tf.gradients(y, x)
        outputs = [y, g]
    """,
    "gradient_of_a_layer": """
        x = tf.constant([[1.0, 2.0]], name="x")
        w = tf.constant([[1.0], [2.0]], name="w")
        y = tf.reduce_sum(tf.matmul(x, w))
        g = tf.gradients(y, [x, w])
        outputs = [y, *g]
    """,
    "conditions": """
        x = tf.constant(3.0, name="x")
        y = tf.cond(x > 2.0, lambda: x * 2.0, lambda: x - 1.0)
        outputs = [y]
    """,
    "loops": """
        i = tf.constant(0)
        s = tf.constant(0.0)
        out = tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + tf.cast(i, tf.float32)), [i, s])
        outputs = [*out]
    """,
    "assertions": """
        x = tf.constant([1.0, 2.0])
        with tf.control_dependencies([tf.assert_positive(x)]):
            y = tf.identity(x)
        outputs = [y]
    """,
    "norms": """
        x = tf.constant([[3.0, 4.0]])
        outputs = [tf.nn.l2_loss(x), tf.nn.l2_normalize(x, 1)]
    """,
    "top_k": """
        x = tf.constant([[3.0, 4.0, 1.0]])
        outputs = [*tf.nn.top_k(x, 2), tf.nn.in_top_k(x, [1], 1)]
    """,
    "scatters": """
        i = tf.constant([[0], [2]])
        u = tf.constant([1.0, 2.0])
        outputs = [tf.scatter_nd(i, u, [4]), tf.gather_nd([[1, 2], [3, 4]], [[0, 1]])]
    """,
    "padding": """
        x = tf.constant([[1, 2], [3, 4]])
        outputs = [tf.pad(x, [[1, 0], [0, 1]]), tf.pad(x, [[1, 0], [0, 1]], constant_values=9)]
    """,
    "segments": """
        x = tf.constant([1.0, 2.0, 3.0])
        outputs = [tf.segment_sum(x, [0, 0, 1]), tf.unsorted_segment_sum(x, [1, 0, 1], 2)]
    """,
    "nested_branches": """
        x = tf.constant(3.0)
        y = tf.cond(x > 2.0, lambda: tf.cond(x > 5.0, lambda: x, lambda: -x), lambda: x + 1.0)
        outputs = [y]
    """,
    "nested_loops": """
        def body(i, total):
            _, inner = tf.while_loop(
                lambda j, t: j < i, lambda j, t: (j + 1, t * 2), [tf.constant(0), total]
            )
            return i + 1, inner

        out = tf.while_loop(lambda i, t: i < 3, body, [tf.constant(0), tf.constant(1)])
        outputs = [*out]
    """,
    "activations": """
        x = tf.constant([-1.0, 0.5])
        outputs = [tf.nn.relu(x), tf.nn.elu(x), tf.nn.softplus(x), tf.sigmoid(x), tf.tanh(x)]
    """,
    "biases": """
        x = tf.constant([[1.0, 2.0]])
        b = tf.constant([0.5, -0.5])
        outputs = [tf.nn.bias_add(x, b), tf.nn.xw_plus_b(x, [[1.0, 0.0], [0.0, 1.0]], b)]
    """,
    "cumulative_sums": """
        x = tf.constant([1.0, 2.0, 3.0])
        outputs = [tf.cumsum(x), tf.cumprod(x, reverse=True, exclusive=True)]
    """,
    "one_hot_and_argmax": """
        x = tf.one_hot([0, 2], 3)
        outputs = [x, tf.argmax(x, 1), tf.argmin(x, 0)]
    """,
    "unique_values": """
        outputs = [*tf.unique([3, 1, 3]), *tf.unique_with_counts([2, 2, 5])]
    """,
    "transposed_products": """
        a = tf.constant([[1.0, 2.0]])
        outputs = [tf.matmul(a, a, transpose_b=True), tf.matmul(a, a, transpose_a=True), tf.transpose(a)]
    """,
}

OTHER_NODES_IN_TENSORFLOW_2 = frozenset(
    {"gradients", "gradient_of_a_layer", "random_ops", "resource_variables"}
)
"""Programs that make other nodes in TensorFlow 2 than in TensorFlow 1.15, whose nodes ours are."""

PROGRAMS: dict[str, str] = {name: textwrap.dedent(text) for name, text in _TEXTS.items()}
