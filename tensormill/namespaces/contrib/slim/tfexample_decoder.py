"""`tf.contrib.slim.tfexample_decoder`."""

from tensormill.slim.tfexample_decoder import (
    BackupHandler,
    BoundingBox,
    Image,
    ItemHandler,
    ItemHandlerCallback,
    LookupTensor,
    SparseTensor,
    Tensor,
    TFExampleDecoder,
)
