"""`tf.io`, and the modules behind it."""

from __future__ import annotations

from tensormill.io import gfile
from tensormill.io.example_parsing import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
    decode_json_example,
    parse_example,
    parse_sequence_example,
    parse_single_example,
    parse_single_sequence_example,
)
from tensormill.io.graph_io import write_graph
from tensormill.io.matched_files import match_filenames_once
from tensormill.io.record_io import (
    TFRecordCompressionType,
    TFRecordOptions,
    TFRecordWriter,
    tf_record_iterator,
)
from tensormill.ops.csv_records import decode_csv
from tensormill.ops.files import matching_files, read_file, write_file
from tensormill.ops.image_codecs import (
    decode_and_crop_jpeg,
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
)
from tensormill.ops.image_quality import is_jpeg
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.queue_kinds import (
    FIFOQueue,
    PaddingFIFOQueue,
    PriorityQueue,
    RandomShuffleQueue,
)
from tensormill.ops.sparse_serialization import (
    deserialize_many_sparse,
    serialize_many_sparse,
    serialize_sparse,
)
from tensormill.ops.strings import decode_base64, decode_raw, encode_base64
from tensormill.ops.tensor_serialization import decode_compressed, parse_tensor, serialize_tensor
