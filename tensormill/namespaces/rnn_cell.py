"""`tf.nn.rnn_cell`: cells of recurrent networks."""

from tensormill.rnn.cell_wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper
from tensormill.rnn.cells import BasicRNNCell, GRUCell, RNNCell
from tensormill.rnn.lstm import BasicLSTMCell, LSTMCell, LSTMStateTuple
from tensormill.rnn.multi_cell import MultiRNNCell

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
]
