"""Rows of the table of modules for ragged tensors; see `table`."""

from __future__ import annotations

__all__ = ["RAGGED_ROWS"]

RAGGED_ROWS = {
    "python.ops.ragged": "namespaces.ragged",
    "python.ops.ragged.ragged_array_ops": """
        ragged_tensors.arrays ragged_one_hot=ragged_tensors.arrays.one_hot""",
    "python.ops.ragged.ragged_batch_gather_ops": "ragged_tensors.gathering",
    "python.ops.ragged.ragged_batch_gather_with_default_op": "ragged_tensors.default_gathering",
    "python.ops.ragged.ragged_concat_ops": "ragged_tensors.joining",
    "python.ops.ragged.ragged_conversion_ops": """
        tensorflow_modules.ragged_functions to_tensor=ragged_tensors.conversions.to_tensor""",
    "python.ops.ragged.ragged_factory_ops": "ragged_tensors.construction",
    "python.ops.ragged.ragged_functional_ops": "ragged_tensors.mapping",
    "python.ops.ragged.ragged_gather_ops": "ragged_tensors.gathering",
    "python.ops.ragged.ragged_getitem": "ragged_tensors.indexing",
    "python.ops.ragged.ragged_map_ops": "ragged_tensors.mapping",
    "python.ops.ragged.ragged_math_ops": """
        ragged_tensors.mathematics range=ragged_tensors.construction.range""",
    "python.ops.ragged.ragged_operators": "",
    "python.ops.ragged.ragged_squeeze_op": "squeeze=ragged_tensors.arrays.squeeze",
    "python.ops.ragged.ragged_string_ops": """
        ragged_tensors.strings string_bytes_split=ragged_tensors.strings.bytes_split
        string_split_v2=tensorflow_modules.ragged_functions.string_split_v2
        strings_split_v1=ragged_tensors.strings.split""",
    "python.ops.ragged.ragged_tensor": """
        ragged_tensors.tensor ragged_tensors.mapping ragged_tensors.specs""",
    "python.ops.ragged.ragged_tensor_shape": "ragged_tensors.dynamic_shape",
    "python.ops.ragged.ragged_tensor_value": "ragged_tensors.value",
    "python.ops.ragged.ragged_util": """
        ragged_tensors.row_partitions repeat=ops.repetition.repeat
        get_positive_axis=ops.array_shapes.positive_axis""",
    "python.ops.ragged.ragged_where_op": "ragged_tensors.choosing",
    "python.ops.ragged.segment_id_ops": "ragged_tensors.row_partitions",
}
