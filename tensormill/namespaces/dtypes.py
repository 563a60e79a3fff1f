"""`tf.dtypes`: dtypes and casts."""

from tensormill.graph.dtypes import *
from tensormill.ops.casting import cast, saturate_cast
from tensormill.ops.elementwise_binary import complex
from tensormill.ops.strings import as_string
