"""Networks that are trained here and in real TensorFlow: this source is sent there as it is."""

from typing import Any

STEPS = 100
BATCH = 50


def prepare(np: Any, images: Any, labels: Any) -> tuple[Any, Any]:
    """Return digits of 8 x 8 pixels as images of 28 x 28 from 0 to 1, and the labels."""
    large = np.kron(images / 16, np.ones((1, 3, 3)))
    return np.pad(large, [(0, 0), (2, 2), (2, 2)]), labels.astype(np.int64)


def batches(np: Any, x: Any, y: Any) -> Any:
    """Yield as many batches as there are steps, always the same."""
    random = np.random.RandomState(11)
    for _ in range(STEPS):
        chosen = random.randint(0, len(x), BATCH)
        yield x[chosen], y[chosen]


def weights(tf: Any, np: Any, name: str, *shape: int, dtype: str = "float32") -> Any:
    """Return a variable with the same initial values on both sides."""
    random = np.random.RandomState(sum(map(ord, name)))
    scale = (2.0 / np.prod(shape[:-1])) ** 0.5
    return tf.Variable((random.randn(*shape) * scale).astype(dtype), name=name)


def zeros(tf: Any, np: Any, name: str, *shape: int, dtype: str = "float32") -> Any:
    """Return a variable of zeros."""
    return tf.Variable(np.zeros(shape, dtype), name=name)


def dense(tf: Any, np: Any, x: Any, name: str, units: int) -> Any:
    """Return x W + b."""
    dtype = x.dtype.name
    w = weights(tf, np, name, int(x.shape[-1]), units, dtype=dtype)
    return tf.matmul(x, w) + zeros(tf, np, name + "_bias", units, dtype=dtype)


def perceptron(tf: Any, np: Any, x: Any, y: Any) -> Any:
    """The multi-layer perceptron of the book, 784-300-100-10."""
    hidden = tf.nn.relu(dense(tf, np, tf.reshape(x, [-1, 784]), "hidden1", 300))
    hidden = tf.nn.relu(dense(tf, np, hidden, "hidden2", 100))
    logits = dense(tf, np, hidden, "outputs", 10)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    return tf.reduce_mean(losses, name="loss")


def normalized(tf: Any, np: Any, x: Any, name: str) -> Any:
    """Normalize the channels over a batch."""
    channels = int(x.shape[-1])
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    gamma = tf.Variable(np.ones(channels, x.dtype.name), name=name + "_gamma")
    beta = zeros(tf, np, name + "_beta", channels, dtype=x.dtype.name)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)


def convolutional(tf: Any, np: Any, x: Any, y: Any) -> Any:
    """Two convolutions with batch normalization, pooling and dropout."""
    image = tf.reshape(x, [-1, 28, 28, 1])
    for number, channels in ((1, 8), (2, 16)):
        name = f"conv{number}"
        filters = weights(tf, np, name, 3, 3, int(image.shape[-1]), channels, dtype=x.dtype.name)
        image = tf.nn.conv2d(image, filters, strides=[1, 1, 1, 1], padding="SAME", name=name)
        image = tf.nn.relu(normalized(tf, np, image, name))
        image = tf.nn.max_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    flat = tf.reshape(image, [-1, 7 * 7 * 16])
    hidden = tf.nn.relu(dense(tf, np, flat, "hidden", 32))
    hidden = tf.nn.dropout(hidden, rate=0.3, seed=5)
    logits = dense(tf, np, hidden, "outputs", 10)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    return tf.reduce_mean(losses, name="loss")


def train_digits(
    tf: Any, np: Any, network: Any, images: Any, labels: Any, dtype: str = "float32"
) -> list[float]:
    """Return the losses of a network over the steps of gradient descent."""
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        x = tf.placeholder(dtype, [None, 28, 28], name="x")
        y = tf.placeholder(tf.int64, [None], name="y")
        loss = network(tf, np, x, y)
        update = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return [
                float(session.run([loss, update], {x: inputs, y: goals})[0])
                for inputs, goals in batches(np, *prepare(np, images, labels))
            ]


def train_words(tf: Any, np: Any) -> list[float]:
    """Return the losses of a skip-gram model with negative samples on a generated text."""
    random = np.random.RandomState(3)
    words, size = 200, 16
    text = np.minimum(random.zipf(1.5, 4000), words) - 1
    with tf.Graph().as_default():
        centers = tf.placeholder(tf.int32, [None], name="centers")
        contexts = tf.placeholder(tf.int32, [None], name="contexts")
        others = tf.placeholder(tf.int32, [None], name="others")
        inputs = tf.gather(weights(tf, np, "embeddings", words, size), centers)
        table = weights(tf, np, "context_embeddings", words, size)
        true = tf.reduce_sum(inputs * tf.gather(table, contexts), 1)
        sampled = tf.matmul(inputs, tf.gather(table, others), transpose_b=True)
        loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(true), logits=true)
        ) + tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros_like(sampled), logits=sampled)
        )
        update = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
        losses = []
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(STEPS):
                places = random.randint(1, len(text) - 1, 64)
                feed = {
                    centers: text[places],
                    contexts: text[places + random.choice([-1, 1], 64)],
                    others: random.randint(0, words, 16),
                }
                losses.append(float(session.run([loss, update], feed)[0]))
        return losses


def train_networks(tf: Any, np: Any, images: Any, labels: Any) -> dict[str, list[float]]:
    """Return the losses of all networks.

    The gradients of batch normalization are small differences of large sums. In single precision
    TensorFlow's sums are 100 times less exact than ours, and the curves soon show it: so this
    network is trained in double precision.
    """
    return {
        "perceptron": train_digits(tf, np, perceptron, images, labels),
        "convolutional": train_digits(tf, np, convolutional, images, labels, "float64"),
        "words": train_words(tf, np),
    }
