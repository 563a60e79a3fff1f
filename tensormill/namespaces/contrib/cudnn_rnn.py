"""`tf.contrib.cudnn_rnn`."""

from tensormill.cudnn_rnn.compatible_cells import CudnnCompatibleGRUCell, CudnnCompatibleLSTMCell
from tensormill.cudnn_rnn.layers import CudnnGRU, CudnnLSTM, CudnnRNNRelu, CudnnRNNTanh
from tensormill.cudnn_rnn.saveables import (
    CudnnGRUSaveable,
    CudnnLSTMSaveable,
    CudnnParamsFormatConverterGRU,
    CudnnParamsFormatConverterLSTM,
    CudnnParamsFormatConverterRelu,
    CudnnParamsFormatConverterTanh,
    CudnnRNNReluSaveable,
    CudnnRNNTanhSaveable,
    RNNParamsSaveable,
)
