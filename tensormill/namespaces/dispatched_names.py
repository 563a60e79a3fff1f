"""The public functions that take ragged tensors too, by namespace."""

from __future__ import annotations

__all__ = ["BITWISE", "MATH", "STRINGS", "TOP_LEVEL"]

MATH = """
    abs acos acosh add add_n angle asin asinh atan atan2 atanh ceil conj cos cosh digamma div_no_nan
    divide equal erf erfc exp expm1 floor floordiv floormod greater greater_equal imag is_finite
    is_inf is_nan less less_equal lgamma log log1p log_sigmoid logical_and logical_not logical_or
    logical_xor maximum minimum multiply negative not_equal pow real reciprocal reduce_all
    reduce_any reduce_max reduce_mean reduce_min reduce_prod reduce_sum rint round rsqrt sigmoid
    sign sin sinh sqrt square squared_difference subtract tan tanh truediv unsorted_segment_max
    unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n
    unsorted_segment_sum
"""
BITWISE = "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift"
STRINGS = """
    as_string join length lower reduce_join regex_full_match regex_replace strip substr
    to_hash_bucket to_hash_bucket_fast to_hash_bucket_strong to_number unicode_script upper
"""
TOP_LEVEL = f"""
    {MATH} as_string batch_gather cast check_numerics clip_by_value complex concat decode_base64
    dynamic_partition encode_base64 expand_dims gather gather_nd identity one_hot ones_like rank
    realdiv reduce_join regex_replace saturate_cast size squeeze stack string_join string_strip
    string_to_hash_bucket string_to_hash_bucket_fast string_to_hash_bucket_strong string_to_number
    substr tile truncatediv truncatemod where zeros_like
"""
