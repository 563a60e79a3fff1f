"""`tf.strings`: strings element by element."""

from tensormill.graph.dispatch import add_dispatch as _add_dispatch
from tensormill.namespaces.dispatched_names import STRINGS as _DISPATCHED
from tensormill.ops.printing import string_format as format
from tensormill.ops.strings import as_string, reduce_join, regex_full_match, regex_replace, substr
from tensormill.ops.strings import string_join as join
from tensormill.ops.strings import string_length as length
from tensormill.ops.strings import string_lower as lower
from tensormill.ops.strings import string_strip as strip
from tensormill.ops.strings import string_to_hash_bucket as to_hash_bucket
from tensormill.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast
from tensormill.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong
from tensormill.ops.strings import string_to_number as to_number
from tensormill.ops.strings import string_upper as upper
from tensormill.ops.unicode import unicode_script, unicode_transcode, unsorted_segment_join
from tensormill.ragged_tensors.strings import (
    bytes_split,
    ngrams,
    split,
    unicode_decode,
    unicode_decode_with_offsets,
    unicode_encode,
    unicode_split,
    unicode_split_with_offsets,
)

_add_dispatch(globals(), _DISPATCHED)
