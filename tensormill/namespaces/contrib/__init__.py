"""`tf.contrib`: what programs of TensorFlow 1 use of it most."""

from __future__ import annotations

from tensormill.namespaces.contrib import framework, layers, rnn, slim, staging, training, util
