"""`tf.contrib.keras`: what it had of `tf.keras`."""

from __future__ import annotations

from tensormill.keras import (
    activations,
    applications,
    backend,
    callbacks,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    regularizers,
    utils,
    wrappers,
)
