"""Recurrent networks and loops over rows, built and run with `tf` as tensormill and as TensorFlow.

A program assigns `outputs`, a list of tensors. Every variable gets values made of its name;
gradients are those of the input `x` and of the variables.
"""

import textwrap
import zlib

_TEXTS = {
    "basic_cell": """
        cell = rnn_cell.BasicRNNCell(3)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state]
    """,
    "basic_lstm": """
        cell = rnn_cell.BasicLSTMCell(3)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state.c, state.h]
    """,
    "basic_lstm_of_joined_state": """
        cell = rnn_cell.BasicLSTMCell(3, state_is_tuple=False, activation=tf.nn.relu)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state]
    """,
    "gru_with_lengths": """
        cell = rnn_cell.GRUCell(3)
        outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=[4, 1, 2], dtype=tf.float32)
        outputs = [outputs, state]
    """,
    "lstm_with_everything": """
        cell = rnn_cell.LSTMCell(
            4, use_peepholes=True, cell_clip=0.5, num_proj=3, proj_clip=0.3, forget_bias=0.5,
            initializer=tf.ones_initializer())
        outputs, state = tf.nn.dynamic_rnn(
            cell, tf.transpose(x, [1, 0, 2]), time_major=True, dtype=tf.float32, scope="net")
        outputs = [outputs, state.c, state.h]
    """,
    "lstm_in_double": """
        cell = rnn_cell.LSTMCell(4, state_is_tuple=False, num_proj=2)
        wide = tf.cast(x, tf.float64)
        outputs, state = tf.nn.dynamic_rnn(
            cell, wide, initial_state=tf.ones([3, 6], tf.float64), sequence_length=[4, 2, 3])
        outputs = [outputs, state]
    """,
    "layers_on_top_of_each_other": """
        cells = [rnn_cell.BasicLSTMCell(3), rnn_cell.GRUCell(4)]
        cell = rnn_cell.MultiRNNCell(cells)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state[0].h, state[1]]
    """,
    "layers_with_a_batch_size_of_a_feed": """
        rows = tf.placeholder_with_default(x, [None, None, 5])
        cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(3) for _ in range(2)])
        state = cell.zero_state(tf.shape(rows)[0], tf.float32)
        outputs, state = tf.nn.dynamic_rnn(cell, rows, initial_state=state)
        outputs = [outputs, state[1].c]
    """,
    "wrappers": """
        cell = rnn_cell.ResidualWrapper(rnn_cell.BasicLSTMCell(5))
        cell = rnn_cell.DeviceWrapper(cell, "/cpu:0")
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state.c]
    """,
    "dropout": """
        cell = rnn_cell.DropoutWrapper(
            rnn_cell.BasicLSTMCell(5), input_keep_prob=0.8, output_keep_prob=0.7,
            state_keep_prob=0.6, seed=7)
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        outputs = [outputs[-1], state.c]
    """,
    "the_same_dropout_in_all_steps": """
        cell = rnn_cell.DropoutWrapper(
            rnn_cell.GRUCell(5), input_keep_prob=0.8, output_keep_prob=0.7, state_keep_prob=0.6,
            variational_recurrent=True, input_size=5, dtype=tf.float32, seed=7)
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        outputs = [outputs, state]
    """,
    "static": """
        cell = rnn_cell.LSTMCell(3)
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        outputs = outputs + [state.c]
    """,
    "static_with_lengths": """
        cell = rnn_cell.BasicRNNCell(3)
        outputs, state = tf.nn.static_rnn(
            cell, tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=[1, 4, 2])
        outputs = outputs + [state]
    """,
    "static_in_both_directions": """
        forward, backward = rnn_cell.GRUCell(3), rnn_cell.GRUCell(2)
        outputs, a, b = tf.nn.static_bidirectional_rnn(
            forward, backward, tf.unstack(x, axis=1), dtype=tf.float32,
            sequence_length=tf.constant([1, 4, 2], tf.int64))
        outputs = outputs + [a, b]
    """,
    "in_both_directions": """
        forward, backward = rnn_cell.LSTMCell(3), rnn_cell.LSTMCell(2)
        outputs, states = tf.nn.bidirectional_dynamic_rnn(
            forward, backward, x, dtype=tf.float32, sequence_length=[4, 2, 3])
        outputs = [*outputs, states[0].c, states[1].h]
    """,
    "in_both_directions_without_lengths": """
        forward, backward = rnn_cell.GRUCell(3), rnn_cell.GRUCell(2)
        outputs, states = tf.nn.bidirectional_dynamic_rnn(forward, backward, x, dtype=tf.float32)
        outputs = [*outputs, *states]
    """,
    "raw": """
        cell = rnn_cell.BasicLSTMCell(3)
        steps = tf.TensorArray(tf.float32, size=4, clear_after_read=False)
        steps = steps.unstack(tf.transpose(x, [1, 0, 2]))
        lengths = tf.constant([4, 1, 3])

        def loop(time, output, state, loop_state):
            if output is None:
                state = cell.zero_state(3, tf.float32)
                kept = tf.constant(0)
            else:
                kept = loop_state + 1
            finished = time >= lengths
            given = tf.cond(
                tf.reduce_all(finished), lambda: tf.zeros([3, 5]), lambda: steps.read(time))
            return finished, given, state, output, kept

        emitted, state, count = tf.nn.raw_rnn(cell, loop)
        outputs = [emitted.stack(), state.h, count]
    """,
    "a_cell_called_in_two_scopes": """
        cell = rnn_cell.BasicRNNCell(3, name="mine")
        with tf.variable_scope("first"):
            a, state = cell(x[:, 0], cell.zero_state(3, tf.float32))
        with tf.variable_scope("second"):
            b, state = cell(x[:, 1], state)
        outputs = [a, b]
    """,
    "a_cell_of_one_s_own": """
        class Cell(rnn_cell.RNNCell):
            @property
            def state_size(self):
                return 3

            @property
            def output_size(self):
                return 3

            def call(self, inputs, state):
                w = tf.get_variable("w", [5, 3])
                made = tf.tanh(tf.matmul(inputs, w) + state)
                return made, made

        outputs, state = tf.nn.dynamic_rnn(Cell(), x, dtype=tf.float32)
        outputs = [outputs, state]
    """,
    "map_of_rows": """
        outputs = [tf.map_fn(lambda row: tf.reduce_sum(row * row), x)]
    """,
    "map_of_structures": """
        a, b = tf.map_fn(
            lambda pair: (pair[0] * pair[1], pair[0] + 1), (x, x + 1),
            dtype=(tf.float32, tf.float32), parallel_iterations=3, name="both")
        outputs = [a, b]
    """,
    "map_with_variables": """
        outputs = [tf.map_fn(lambda row: tf.matmul(row, tf.get_variable("w", [5, 2])), x)]
    """,
    "map_in_a_map": """
        outputs = [tf.map_fn(lambda row: tf.map_fn(lambda v: tf.sin(v) * 2, row), x)]
    """,
    "map_of_rows_of_unknown_number": """
        rows = tf.placeholder_with_default(x, [None, 4, 5])
        outputs = [tf.map_fn(lambda row: tf.tanh(row), rows, infer_shape=False)]
    """,
    "scan": """
        outputs = [tf.scan(lambda total, row: total + tf.sin(row), x)]
    """,
    "scan_in_reverse": """
        outputs = [tf.scan(lambda total, row: total * row, x, reverse=True)]
    """,
    "scan_from_an_initializer": """
        a, b = tf.scan(
            lambda state, rows: (state[1], state[0] + tf.reduce_sum(rows[0] * rows[1])),
            (x, x + 1), (tf.constant(0.0), tf.constant(1.0)))
        outputs = [a, b]
    """,
    "scan_in_reverse_from_an_initializer": """
        outputs = [tf.scan(lambda s, row: s * tf.reduce_mean(row), x, 2.0, reverse=True)]
    """,
    "folds": """
        outputs = [
            tf.foldl(lambda total, row: total - row * row, x),
            tf.foldr(lambda total, row: total * 0.5 - row, x),
            tf.foldl(lambda total, row: total + tf.reduce_sum(row), x, 1.0),
            tf.foldr(lambda total, row: total * tf.reduce_sum(row), x, 1.0, name="right"),
        ]
    """,
}

# TensorFlow 1.15 makes the random numbers of these of other nodes than today's does.
OTHER_NODES = {"dropout", "the_same_dropout_in_all_steps"}

PROGRAMS = {name: textwrap.dedent(text) for name, text in _TEXTS.items()}


def values_for(np, name, shape):
    """Return the values of a variable, made of its name."""
    random = np.random.RandomState(zlib.crc32(name.encode()) % 2**31)
    return random.uniform(-0.5, 0.5, shape)


def evaluate(text, tf, np, rnn_cell):
    """Build and run a program; return its nodes, variables, values and gradients as plain data."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        array = np.random.RandomState(0).uniform(-1, 1, [3, 4, 5]).astype(np.float32)
        x = tf.constant(array)
        names = {"tf": tf, "np": np, "rnn_cell": rnn_cell, "x": x}
        exec(text, names)
        outputs = names["outputs"]
        nodes = [(op.name, op.type) for op in graph.get_operations()]
        shapes = [
            tensor.shape.as_list() if tensor.shape.ndims is not None else None for tensor in outputs
        ]
        variables = tf.global_variables()
        floats = [tensor for tensor in outputs if tensor.dtype.is_floating]
        loss = tf.add_n([tf.cast(tf.reduce_sum(t * t), tf.float64) for t in floats])
        wanted = [x, *tf.trainable_variables()]
        gradients = tf.gradients(loss, wanted)
        with tf.Session(graph=graph) as session:
            for variable in variables:
                shape = variable.shape.as_list()
                value = values_for(np, variable.name, shape)
                session.run(variable.assign(value.astype(variable.dtype.base_dtype.as_numpy_dtype)))
            values = session.run(outputs)
            given = [None if g is None else session.run(g) for g in gradients]
        return {
            "nodes": nodes,
            "shapes": shapes,
            "variables": [variable.name for variable in variables],
            "values": values,
            "gradients": given,
        }


def evaluate_all(tf, np, rnn_cell):
    """Return what `evaluate` gives for every program."""
    return {name: evaluate(text, tf, np, rnn_cell) for name, text in PROGRAMS.items()}
