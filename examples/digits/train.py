"""Trains a network to read handwritten digits, on a cluster: an ordinary program for TensorFlow 1.

Each worker reads the same files in another order, through queues that threads fill: names of files,
lines, decoded and shuffled examples. The variables are spread over the parameter servers, and all
workers update them without waiting for each other. The first worker, the chief, initializes them,
and measures the network on digits that nobody trained on when all steps are done.

`make demo` runs it, or

    tensormill launch --ps 2 --workers 3 examples/digits/train.py --out_dir=out
"""

import glob
import os

import tensorflow as tf
from tensorflow.python.client import timeline

HERE = os.path.dirname(os.path.abspath(__file__))

flags = tf.app.flags
flags.DEFINE_string("job_name", "worker", "ps or worker")
flags.DEFINE_integer("task_index", 0, "number of the task in its job")
flags.DEFINE_string("ps_hosts", "", "addresses of the parameter servers, with commas between them")
flags.DEFINE_string("worker_hosts", "localhost:0", "addresses of the workers")
flags.DEFINE_string("data_dir", os.path.join(HERE, "data"), "folder of the CSV files")
flags.DEFINE_string("out_dir", "", "where the chief writes the trace of one step")
flags.DEFINE_integer("steps", 1200, "how many steps all workers do together")
flags.DEFINE_integer("batch_size", 64, "examples a step")
flags.DEFINE_float("learning_rate", 0.003, "of Adam in the first step; falls to nothing")
FLAGS = flags.FLAGS

PIXELS = 64
CLASSES = 10


def read_examples(pattern, num_epochs=None, shuffle=True):
    """Return the images and labels of the next lines of some files."""
    files = sorted(glob.glob(os.path.join(FLAGS.data_dir, pattern)))
    names = tf.train.string_input_producer(files, num_epochs=num_epochs, shuffle=shuffle)
    _, lines = tf.TextLineReader().read_up_to(names, 32)
    columns = tf.decode_csv(lines, record_defaults=[[0]] * (PIXELS + 1))
    images = tf.cast(tf.stack(columns[:PIXELS], axis=1), tf.float32) / 16.0
    return images, columns[PIXELS]


def training_batch():
    images, labels = read_examples("train-*.csv")
    return tf.train.shuffle_batch(
        [images, labels],
        enqueue_many=True,
        batch_size=FLAGS.batch_size,
        capacity=1000,
        min_after_dequeue=500,
        num_threads=2,
    )


def held_out_batch():
    images, labels = read_examples("test-*.csv", num_epochs=1, shuffle=False)
    return tf.train.batch(
        [images, labels], enqueue_many=True, batch_size=100, allow_smaller_final_batch=True
    )


def weights_and_biases(shape):
    weights = tf.get_variable("weights", shape, initializer=tf.glorot_uniform_initializer())
    return weights, tf.get_variable("biases", shape[-1:], initializer=tf.zeros_initializer())


def network(images):
    """Return the logits of images: a convolution and two dense layers."""
    with tf.variable_scope("network", reuse=tf.AUTO_REUSE):
        with tf.variable_scope("conv"):
            weights, biases = weights_and_biases([3, 3, 1, 16])
            grid = tf.reshape(images, [-1, 8, 8, 1])
            features = tf.nn.conv2d(grid, weights, strides=[1, 1, 1, 1], padding="SAME")
            features = tf.nn.relu(tf.nn.bias_add(features, biases))
        pooled = tf.nn.max_pool(features, [1, 2, 2, 1], [1, 2, 2, 1], padding="SAME")
        flat = tf.reshape(pooled, [-1, 4 * 4 * 16])
        with tf.variable_scope("hidden"):
            weights, biases = weights_and_biases([4 * 4 * 16, 64])
            hidden = tf.nn.relu(tf.nn.xw_plus_b(flat, weights, biases))
        with tf.variable_scope("logits"):
            weights, biases = weights_and_biases([64, CLASSES])
            return tf.nn.xw_plus_b(hidden, weights, biases)


def build(cluster):
    """Build the graph of one worker; return what it runs."""
    worker = f"/job:worker/task:{FLAGS.task_index}"
    with tf.device(worker + "/cpu:0"):  # queues, and the counter of epochs, are the worker's own
        images, labels = training_batch()
        test_images, test_labels = held_out_batch()
    with tf.device(tf.train.replica_device_setter(worker_device=worker, cluster=cluster)):
        global_step = tf.train.get_or_create_global_step()
        loss = tf.losses.sparse_softmax_cross_entropy(labels, network(images))
        rate = tf.train.polynomial_decay(FLAGS.learning_rate, global_step, FLAGS.steps, 1e-5)
        train = tf.train.AdamOptimizer(rate).minimize(loss, global_step=global_step)
        guesses = tf.argmax(network(test_images), axis=1, output_type=tf.int32)
        hits = tf.reduce_sum(tf.cast(tf.equal(guesses, test_labels), tf.int32))
        return {
            "step": global_step,
            "loss": loss,
            "train": train,
            "hits": hits,
            "examples": tf.size(test_labels),
        }


def train(session, model):
    """Do steps until all workers together have done enough."""
    step = 0
    while step < FLAGS.steps:
        _, loss, step = session.run([model["train"], model["loss"], model["step"]])
        if step % 100 < 3:
            print(f"step {min(step, FLAGS.steps)} of {FLAGS.steps}, loss {loss:.4f}")


def evaluate(session, model):
    """Return the share of the held-out digits that are read right."""
    hits = examples = 0
    try:
        while True:
            found, count = session.run([model["hits"], model["examples"]])
            hits += found
            examples += count
    except tf.errors.OutOfRangeError:
        return hits / examples


def write_trace(session, model):
    """Run one more step, and write what ran where and when."""
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
    session.run(model["train"], options=options, run_metadata=metadata)
    with open(os.path.join(FLAGS.out_dir, "run_metadata.pb"), "wb") as file:
        file.write(metadata.SerializeToString())
    with open(os.path.join(FLAGS.out_dir, "timeline.json"), "w") as file:
        file.write(timeline.Timeline(metadata.step_stats).generate_chrome_trace_format())


def main(_):
    tf.logging.set_verbosity(tf.logging.WARN)
    jobs = {"ps": FLAGS.ps_hosts, "worker": FLAGS.worker_hosts}
    cluster = tf.train.ClusterSpec({job: hosts.split(",") for job, hosts in jobs.items() if hosts})
    server = tf.train.Server(cluster, job_name=FLAGS.job_name, task_index=FLAGS.task_index)
    if FLAGS.job_name == "ps":
        server.join()
        return
    is_chief = FLAGS.task_index == 0
    model = build(cluster)
    # The chief initializes the variables, the others wait for it; all start their queue runners.
    with tf.train.MonitoredTrainingSession(
        server.target,
        is_chief,
        save_checkpoint_secs=None,
        save_summaries_steps=None,
        save_summaries_secs=None,
        log_step_count_steps=None,
    ) as session:
        train(session, model)
        if is_chief:
            if FLAGS.out_dir:
                write_trace(session, model)
            print(f"accuracy on held-out digits: {evaluate(session, model):.4f}")


if __name__ == "__main__":
    tf.app.run()
