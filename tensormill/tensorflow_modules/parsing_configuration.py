"""How a ParseExample operation parses, as a message for programs that serve it.

Source: TensorFlow 1.15, python/util/example_parser_configuration.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor_protos import make_tensor_proto
from tensormill.proto.example_parser_configuration_pb2 import ExampleParserConfiguration

__all__ = ["extract_example_parser_configuration"]


def extract_example_parser_configuration(parse_example_op: Any, sess: Any) -> Any:
    """Return an ExampleParserConfiguration with the features of a ParseExample operation.

    Args:
      parse_example_op: the operation.
      sess: a session that computes keys and default values.

    Raises:
      ValueError: the lists in its attributes have the wrong lengths.
    """
    count_sparse = parse_example_op.get_attr("Nsparse")
    count_dense = parse_example_op.get_attr("Ndense")
    sparse_types = parse_example_op.get_attr("sparse_types")
    dense_types = parse_example_op.get_attr("Tdense")
    dense_shapes = parse_example_op.get_attr("dense_shapes")
    for name, values, of, count in (
        ("sparse_types", sparse_types, "Nsparse", count_sparse),
        ("dense_types", dense_types, "Ndense", count_dense),
        ("dense_shapes", dense_shapes, "Ndense", count_dense),
    ):
        if len(values) != count:
            raise ValueError(
                f"len({name}) attribute does not match {of} attribute ({len(values)} vs {count})"
            )
    given = sess.run(list(parse_example_op.inputs[2:]))
    sparse_keys, given = given[:count_sparse], given[count_sparse:]
    dense_keys, defaults = given[:count_dense], given[count_dense:]
    names = [tensor.name for tensor in parse_example_op.outputs]
    config = ExampleParserConfiguration()
    for index, key in enumerate(dense_keys):
        fixed = config.feature_map[_text(key)].fixed_len_feature
        fixed.default_value.CopyFrom(make_tensor_proto(defaults[index]))
        fixed.shape.CopyFrom(TensorShape(dense_shapes[index]).as_proto())
        fixed.dtype = dense_types[index].as_datatype_enum
        fixed.values_output_tensor_name = names[3 * count_sparse + index]
    for index, key in enumerate(sparse_keys):
        variable = config.feature_map[_text(key)].var_len_feature
        variable.dtype = sparse_types[index].as_datatype_enum
        variable.indices_output_tensor_name = names[index]
        variable.values_output_tensor_name = names[count_sparse + index]
        variable.shapes_output_tensor_name = names[2 * count_sparse + index]
    return config


def _text(key: bytes | str) -> str:
    return key.decode() if isinstance(key, bytes) else key
