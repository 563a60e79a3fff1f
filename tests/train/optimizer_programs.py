"""Small trainings, run here and in real TensorFlow: this source is sent there as it is."""

from typing import Any

STEPS = 50


def optimizers(tf: Any) -> dict[str, Any]:
    """Return a function for each optimizer that makes it, given the global step."""
    train = tf.train
    return {
        "sgd": lambda step: train.GradientDescentOptimizer(0.1),
        "sgd_decayed": lambda step: train.GradientDescentOptimizer(
            train.exponential_decay(0.3, step, 10, 0.9)
        ),
        "momentum": lambda step: train.MomentumOptimizer(0.05, 0.9),
        "nesterov": lambda step: train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
        "adam": lambda step: train.AdamOptimizer(0.05),
        "adagrad": lambda step: train.AdagradOptimizer(0.2),
        "adagrad_da": lambda step: train.AdagradDAOptimizer(
            0.3, step, l1_regularization_strength=0.001, l2_regularization_strength=0.01
        ),
        "rmsprop": lambda step: train.RMSPropOptimizer(0.01, momentum=0.5),
        "rmsprop_centered": lambda step: train.RMSPropOptimizer(0.01, centered=True),
        "adadelta": lambda step: train.AdadeltaOptimizer(1.0),
        "ftrl": lambda step: train.FtrlOptimizer(0.3, l1_regularization_strength=0.01),
        "ftrl_shrinkage": lambda step: train.FtrlOptimizer(
            0.3, l2_shrinkage_regularization_strength=0.01
        ),
        "proximal_sgd": lambda step: train.ProximalGradientDescentOptimizer(
            0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.01
        ),
        "proximal_adagrad": lambda step: train.ProximalAdagradOptimizer(
            0.2, l1_regularization_strength=0.01
        ),
    }


def dense_loss(tf: Any, np: Any, use_resource: bool) -> tuple[Any, list[Any], Any]:
    """Return a loss of two layers, its variables, and what feeds it at a step."""
    random = np.random.RandomState(1)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.float32, [None, 2], name="y")
    first = tf.Variable(
        random.uniform(-1, 1, [4, 5]).astype(np.float32), name="first", use_resource=use_resource
    )
    bias = tf.Variable(np.zeros(5, np.float32), name="bias", use_resource=use_resource)
    second = tf.Variable(
        random.uniform(-1, 1, [5, 2]).astype(np.float32), name="second", use_resource=use_resource
    )
    prediction = tf.matmul(tf.tanh(tf.matmul(x, first) + bias), second)
    loss = tf.reduce_mean(tf.square(prediction - y), name="loss")

    def feed(step: int) -> dict[Any, Any]:
        batch = np.random.RandomState(100 + step)
        inputs = batch.uniform(-1, 1, [8, 4]).astype(np.float32)
        return {x: inputs, y: np.stack([inputs.sum(1), inputs.prod(1)], 1)}

    return loss, [first, bias, second], feed


def sparse_loss(tf: Any, np: Any, use_resource: bool) -> tuple[Any, list[Any], Any]:
    """Return a loss of some rows of a table, among them repeated ones."""
    random = np.random.RandomState(2)
    rows = tf.placeholder(tf.int32, [None], name="rows")
    goal = tf.placeholder(tf.float32, [None, 3], name="goal")
    table = tf.Variable(
        random.uniform(-1, 1, [12, 3]).astype(np.float32), name="table", use_resource=use_resource
    )
    loss = tf.reduce_mean(tf.square(tf.gather(table, rows) - goal), name="loss")

    def feed(step: int) -> dict[Any, Any]:
        batch = np.random.RandomState(100 + step)
        chosen = batch.randint(0, 12, [8]).astype(np.int32)
        return {rows: chosen, goal: np.sin(chosen[:, None] + np.arange(3.0)).astype(np.float32)}

    return loss, [table], feed


def train(tf: Any, np: Any, optimizer: str, is_sparse: bool, use_resource: bool) -> dict[str, Any]:
    """Return the losses of a training, the values after it, and the names of what was made."""
    with tf.Graph().as_default() as graph:
        make_loss = sparse_loss if is_sparse else dense_loss
        loss, variables, feed = make_loss(tf, np, use_resource)
        step = tf.Variable(
            np.int64(0), trainable=False, name="global_step", use_resource=use_resource
        )
        made = optimizers(tf)[optimizer](step)
        update = made.minimize(loss, global_step=step)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            losses = [
                float(session.run([loss, update], feed(number))[0]) for number in range(STEPS)
            ]
            return {
                "losses": losses,
                "step": int(session.run(step)),
                "values": {v.op.name: session.run(v) for v in variables},
                "slots": {
                    slot: made.get_slot(variables[0], slot).op.name
                    for slot in made.get_slot_names()
                },
                "state": {v.op.name: session.run(v) for v in made.variables()},
                "updates": sorted(
                    f"{op.name} {op.type}" for op in graph.get_operations() if "Apply" in op.type
                ),
                "train_op": update.name,
            }


def kinds(tf: Any) -> list[tuple[str, bool, bool]]:
    """Return what to train: (optimizer, whether gradients are sparse, whether on resources)."""
    both = (False, True)
    return [(name, sparse, res) for name in optimizers(tf) for sparse in both for res in both]


def label(optimizer: str, is_sparse: bool, use_resource: bool) -> str:
    """Return the name of a training."""
    words = ("sparse" if is_sparse else "dense", "resource" if use_resource else "ref")
    return " ".join((optimizer, *words))


def train_all(tf: Any, np: Any) -> dict[str, Any]:
    """Return all trainings by name."""
    return {label(*kind): train(tf, np, *kind) for kind in kinds(tf)}


def graph_of(tf: Any, np: Any, optimizer: str, is_sparse: bool, use_resource: bool) -> list[str]:
    """Return every node of a training but those of the gradients: its edges and its places."""
    with tf.Graph().as_default() as graph:
        make_loss = sparse_loss if is_sparse else dense_loss
        loss, _, _ = make_loss(tf, np, use_resource)
        step = tf.Variable(
            np.int64(0), trainable=False, name="global_step", use_resource=use_resource
        )
        with tf.name_scope("training"):
            optimizers(tf)[optimizer](step).minimize(loss, global_step=step)
        return [describe(op) for op in graph.get_operations() if "gradients/" not in op.name]


def describe(op: Any) -> str:
    """Return a node in one line; tensors of gradients are not told apart."""
    inputs = ["gradient" if "gradients/" in t.name else t.name for t in op.inputs]
    controls = sorted("^" + control.name for control in op.control_inputs)
    places = sorted(group.decode() for group in op.colocation_groups())
    return f"{op.name} {op.type} {inputs} {controls} {places}"


def all_graphs(tf: Any, np: Any) -> dict[str, list[str]]:
    """Return the graphs of all trainings by name."""
    return {label(*kind): graph_of(tf, np, *kind) for kind in kinds(tf)}
