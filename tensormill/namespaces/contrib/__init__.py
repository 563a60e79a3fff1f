"""`tf.contrib`: what programs of TensorFlow 1 use of it most."""

from __future__ import annotations

from tensormill.namespaces.contrib import (
    crf,
    data,
    distributions,
    estimator,
    feature_column,
    framework,
    layers,
    legacy_seq2seq,
    lookup,
    metrics,
    opt,
    rnn,
    seq2seq,
    slim,
    staging,
    tensorboard,
    training,
    util,
)
