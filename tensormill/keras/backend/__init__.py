"""`tf.keras.backend`: the functions that Keras is built of."""

from __future__ import annotations

from tensormill.graph.default_scopes import name_scope
from tensormill.keras.backend.local_convolution import local_conv1d, local_conv2d
from tensormill.keras.backend.networks import *
from tensormill.keras.backend.recurrence import rnn
from tensormill.keras.backend.state import *
from tensormill.keras.backend.tensors import *
from tensormill.keras.backend.values import *
from tensormill.layers.learning_phase import (
    learning_phase,
    learning_phase_scope,
    set_learning_phase,
)
