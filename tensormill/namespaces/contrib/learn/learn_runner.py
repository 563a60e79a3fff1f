"""`tf.contrib.learn.learn_runner`."""

from tensormill.learn.experiment import run
