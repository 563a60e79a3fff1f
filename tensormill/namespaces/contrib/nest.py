"""`tf.contrib.framework.nest`: structures, by the functions of `tensorflow.python.util.nest`."""

from tensormill.graph.nest import *
from tensormill.tensorflow_modules.nest_functions import *
