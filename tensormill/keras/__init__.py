"""`tf.keras`: layers, models and their training, in graph mode.

It is written on the public API, as Keras is written on TensorFlow: `backend` has the functions that
all else is made of, `engine` layers and the models that they form, and the other modules what a
model is made and trained with.
"""

from __future__ import annotations

from tensormill.keras import (
    activations,
    applications,
    backend,
    callbacks,
    constraints,
    datasets,
    estimator,
    experimental,
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
from tensormill.keras.engine.input_layer import Input
from tensormill.keras.models import Model, Sequential

__version__ = "2.2.4-tf"
__all__ = [
    "Input",
    "Model",
    "Sequential",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "constraints",
    "datasets",
    "estimator",
    "experimental",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "regularizers",
    "utils",
    "wrappers",
]
