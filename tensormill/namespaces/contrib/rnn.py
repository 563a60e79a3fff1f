"""`tf.contrib.rnn`: the older home of the cells and of static networks."""

from __future__ import annotations

from tensormill.rnn.cell_wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper
from tensormill.rnn.cells import BasicRNNCell, GRUCell, LayerRNNCell, RNNCell
from tensormill.rnn.lstm import BasicLSTMCell, LSTMCell, LSTMStateTuple
from tensormill.rnn.multi_cell import MultiRNNCell
from tensormill.rnn.static import static_bidirectional_rnn, static_rnn, static_state_saving_rnn

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerRNNCell",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
]
