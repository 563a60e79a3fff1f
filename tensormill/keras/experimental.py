"""`tf.keras.experimental`."""

from __future__ import annotations

from tensormill.feature_column.feature_layers import SequenceFeatures
from tensormill.keras.exported_models import export_saved_model, load_from_saved_model
from tensormill.keras.layers.recurrent_cells import PeepholeLSTMCell
from tensormill.keras.learning_rates import (
    CosineDecay,
    CosineDecayRestarts,
    LinearCosineDecay,
    NoisyLinearCosineDecay,
)
from tensormill.keras.premade import LinearModel, WideDeepModel

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "LinearCosineDecay",
    "LinearModel",
    "NoisyLinearCosineDecay",
    "PeepholeLSTMCell",
    "SequenceFeatures",
    "WideDeepModel",
    "export_saved_model",
    "load_from_saved_model",
]
