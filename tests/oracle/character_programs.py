"""A model of characters, trained here and in TensorFlow: this source is sent there as it is."""

from typing import Any

STEPS = 100
BATCH = 16
LENGTH = 20
SIZE = 32


def batches(np: Any, characters: Any) -> Any:
    """Yield as many batches of successive characters as there are steps, always the same."""
    random = np.random.RandomState(11)
    for _ in range(STEPS):
        starts = random.randint(0, len(characters) - LENGTH, BATCH)
        yield characters[starts[:, np.newaxis] + np.arange(LENGTH + 1)]


def assign_weights(tf: Any, np: Any, session: Any) -> None:
    """Feed every variable an initial value that is the same on both sides."""
    random = np.random.RandomState(7)
    for variable in tf.global_variables():
        shape = variable.shape.as_list()
        value = random.uniform(-0.3, 0.3, shape).astype(np.float32)
        session.run(variable.initializer, {variable.initializer.inputs[1]: value})


def gradient_descent(tf: Any, loss: Any) -> Any:
    """Return the update of plain gradient descent."""
    return tf.train.GradientDescentOptimizer(3.0).minimize(loss)


def clipped_gradient_descent(tf: Any, loss: Any) -> Any:
    """Return the update of gradient descent whose gradients are clipped by their global norm."""
    optimizer = tf.train.GradientDescentOptimizer(5.0)
    gradients, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    gradients, _ = tf.clip_by_global_norm(gradients, 0.25)
    return optimizer.apply_gradients(zip(gradients, variables, strict=True))


def train_characters(
    tf: Any, np: Any, rnn_cell: Any, characters: Any, cell_name: str, minimize: Any
) -> list[float]:
    """Return the losses of a two-layer LSTM that learns to foretell the next character."""
    depth = int(characters.max()) + 1
    with tf.Graph().as_default():
        text = tf.placeholder(tf.int32, [None, LENGTH + 1], name="text")
        embeddings = tf.get_variable("embeddings", [depth, SIZE])
        layers = [getattr(rnn_cell, cell_name)(SIZE) for _ in range(2)]
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.MultiRNNCell(layers),
            tf.nn.embedding_lookup(embeddings, text[:, :-1]),
            dtype=tf.float32,
        )
        weights = tf.get_variable("weights", [SIZE, depth])
        biases = tf.get_variable("biases", [depth])
        logits = tf.matmul(tf.reshape(outputs, [-1, SIZE]), weights) + biases
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.reshape(text[:, 1:], [-1]), logits=logits
            )
        )
        update = minimize(tf, loss)
        with tf.Session() as session:
            assign_weights(tf, np, session)
            return [
                float(session.run([loss, update], {text: batch})[0])
                for batch in batches(np, characters)
            ]


def train_models(tf: Any, np: Any, rnn_cell: Any, characters: Any) -> dict[str, list[float]]:
    """Return the losses of all models."""
    model = (tf, np, rnn_cell, characters)
    return {
        "LSTMCell": train_characters(*model, "LSTMCell", gradient_descent),
        "BasicLSTMCell, clipped": train_characters(
            *model, "BasicLSTMCell", clipped_gradient_descent
        ),
    }
