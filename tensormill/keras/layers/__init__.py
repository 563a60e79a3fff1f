"""`tf.keras.layers`."""

from __future__ import annotations

from tensormill.keras.engine import layer_classes as _layer_classes
from tensormill.keras.engine.input_layer import Input, InputLayer
from tensormill.keras.engine.layer import InputSpec, Layer, TensorFlowOpLayer
from tensormill.keras.engine.layer_classes import deserialize, serialize
from tensormill.keras.engine.sequential import Sequential as _Sequential
from tensormill.keras.engine.training import Model as _Model
from tensormill.keras.layers.activations import *
from tensormill.keras.layers.attention import AdditiveAttention, Attention
from tensormill.keras.layers.columns import DenseFeatures
from tensormill.keras.layers.convolution import *
from tensormill.keras.layers.convolution_recurrent import ConvLSTM2D
from tensormill.keras.layers.convolution_recurrent import ConvLSTM2DCell as _ConvLSTM2DCell
from tensormill.keras.layers.core import *
from tensormill.keras.layers.embeddings import Embedding
from tensormill.keras.layers.kernelized import RandomFourierFeatures as _RandomFourierFeatures
from tensormill.keras.layers.local import LocallyConnected1D, LocallyConnected2D
from tensormill.keras.layers.merging import *
from tensormill.keras.layers.normalization import BatchNormalization, LayerNormalization
from tensormill.keras.layers.recurrent import GRU, LSTM, RNN, CuDNNGRU, CuDNNLSTM, SimpleRNN
from tensormill.keras.layers.recurrent_cells import (
    AbstractRNNCell,
    GRUCell,
    LSTMCell,
    SimpleRNNCell,
    StackedRNNCells,
)
from tensormill.keras.layers.recurrent_cells import PeepholeLSTMCell as _PeepholeLSTMCell
from tensormill.keras.layers.windows import *
from tensormill.keras.layers.wrappers import Bidirectional, TimeDistributed, Wrapper

_layer_classes.add(
    {
        name: value
        for name, value in dict(globals()).items()
        if isinstance(value, type) and issubclass(value, Layer) and not name.startswith("_")
    }
)
_layer_classes.add(
    {
        "ConvLSTM2DCell": _ConvLSTM2DCell,
        "Model": _Model,
        "Network": _Model,
        "RandomFourierFeatures": _RandomFourierFeatures,
        "PeepholeLSTMCell": _PeepholeLSTMCell,
        "Sequential": _Sequential,
    }
)
