"""`tf.strings`: strings element by element."""

from tensormill.ops.strings import as_string, reduce_join, regex_full_match, regex_replace, substr
from tensormill.ops.strings import string_join as join
from tensormill.ops.strings import string_length as length
from tensormill.ops.strings import string_lower as lower
from tensormill.ops.strings import string_split as split
from tensormill.ops.strings import string_strip as strip
from tensormill.ops.strings import string_to_hash_bucket as to_hash_bucket
from tensormill.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast
from tensormill.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong
from tensormill.ops.strings import string_to_number as to_number
from tensormill.ops.strings import string_upper as upper
from tensormill.ops.unicode import unicode_transcode, unsorted_segment_join
