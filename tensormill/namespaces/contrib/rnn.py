"""`tf.contrib.rnn`: cells, fused cells, and networks of several layers."""

from __future__ import annotations

from tensormill.rnn.block_cells import (
    GRUBlockCell,
    GRUBlockCellV2,
    LSTMBlockCell,
    LSTMBlockFusedCell,
    LSTMBlockWrapper,
)
from tensormill.rnn.cell_wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper
from tensormill.rnn.cells import BasicRNNCell, GRUCell, LayerRNNCell, RNNCell
from tensormill.rnn.gated_cells import (
    CoupledInputForgetGateLSTMCell,
    GLSTMCell,
    IntersectionRNNCell,
    PhasedLSTMCell,
    TimeFreqLSTMCell,
)
from tensormill.rnn.grid_cells import BidirectionalGridLSTMCell, GridLSTMCell
from tensormill.rnn.independent_cells import (
    CompiledWrapper,
    IndRNNCell,
    IndyGRUCell,
    IndyLSTMCell,
    SRUCell,
)
from tensormill.rnn.lstm import BasicLSTMCell, LSTMCell, LSTMStateTuple
from tensormill.rnn.memory_cells import NTMCell, NTMControllerState
from tensormill.rnn.multi_cell import MultiRNNCell
from tensormill.rnn.normalized_cells import LayerNormLSTMCell, WeightNormLSTMCell
from tensormill.rnn.other_cells import (
    Conv1DLSTMCell,
    Conv2DLSTMCell,
    Conv3DLSTMCell,
    ConvLSTMCell,
    LayerNormBasicLSTMCell,
    NASCell,
    UGRNNCell,
)
from tensormill.rnn.plain_gated_cells import CFNCell, MinimalRNNCell
from tensormill.rnn.projection_wrappers import (
    AttentionCellWrapper,
    EmbeddingWrapper,
    HighwayWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
)
from tensormill.rnn.stacked import (
    FusedRNNCell,
    FusedRNNCellAdaptor,
    TimeReversedFusedRNN,
    stack_bidirectional_dynamic_rnn,
    stack_bidirectional_rnn,
)
from tensormill.rnn.static import static_bidirectional_rnn, static_rnn, static_state_saving_rnn
from tensormill.rnn.time_steps import batch_size_of as best_effort_input_batch_size
from tensormill.rnn.time_steps import swap_batch_and_time as transpose_batch_time

__all__ = [
    "AttentionCellWrapper",
    "BasicLSTMCell",
    "BasicRNNCell",
    "BidirectionalGridLSTMCell",
    "CFNCell",
    "CompiledWrapper",
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "GLSTMCell",
    "GRUBlockCell",
    "GRUBlockCellV2",
    "GRUCell",
    "GridLSTMCell",
    "HighwayWrapper",
    "IndRNNCell",
    "IndyGRUCell",
    "IndyLSTMCell",
    "InputProjectionWrapper",
    "IntersectionRNNCell",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "LayerNormLSTMCell",
    "LayerRNNCell",
    "MinimalRNNCell",
    "MultiRNNCell",
    "NASCell",
    "NTMCell",
    "NTMControllerState",
    "OutputProjectionWrapper",
    "PhasedLSTMCell",
    "RNNCell",
    "ResidualWrapper",
    "SRUCell",
    "TimeFreqLSTMCell",
    "TimeReversedFusedRNN",
    "UGRNNCell",
    "WeightNormLSTMCell",
    "best_effort_input_batch_size",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "transpose_batch_time",
]
