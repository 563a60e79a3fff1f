"""`tensorflow.python.saved_model.nested_structure_coder`: structures as StructuredValue messages.

Source: TensorFlow 1.15, python/saved_model/nested_structure_coder.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tensorboard.compat.proto import struct_pb2

from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor_specs import IndexedSlicesSpec, SparseTensorSpec, TensorSpec
from tensormill.ragged_tensors.specs import RaggedTensorSpec

__all__ = ["NotEncodableError", "StructureCoder"]

StructuredValue = struct_pb2.StructuredValue
Recursion = Callable[[Any], Any]


class NotEncodableError(Exception):
    """No codec knows an object."""


@dataclass(frozen=True)
class Codec:
    """How objects of one kind are written and read.

    Attributes:
      field: the field of the message that holds them.
      knows: returns whether an object is of the kind.
      write: puts an object into a message, with a function for what is in it.
      read: returns the object of a message, with a function for what is in it.
    """

    field: str
    knows: Callable[[Any], bool]
    write: Callable[[Any, Any, Recursion], None]
    read: Callable[[Any, Recursion], Any]

    def can_encode(self, pyobj: Any) -> bool:
        """Return whether an object is of the kind."""
        return self.knows(pyobj)

    def do_encode(self, pyobj: Any, encode_fn: Recursion) -> Any:
        """Return the message of an object."""
        message = StructuredValue()
        self.write(message, pyobj, encode_fn)
        return message

    def can_decode(self, value: Any) -> bool:
        """Return whether a message holds an object of the kind."""
        return bool(value.HasField(self.field))

    def do_decode(self, value: Any, decode_fn: Recursion) -> Any:
        """Return the object of a message."""
        return self.read(value, decode_fn)


class StructureCoder:
    """Writes structures into messages and reads them."""

    _codecs: ClassVar[list[Any]] = []

    @classmethod
    def register_codec(cls, x: Any) -> None:
        """Add a codec, which is asked after those that are there."""
        cls._codecs.append(x)

    def encode_structure(self, nested_structure: Any) -> Any:
        """Return the message of a structure.

        Raises:
          NotEncodableError: no codec knows something in it.
        """
        for codec in self._codecs:
            if codec.can_encode(nested_structure):
                return codec.do_encode(nested_structure, self.encode_structure)
        raise _not_encodable(nested_structure)

    def can_encode(self, nested_structure: Any) -> bool:
        """Return whether `encode_structure` takes a structure."""
        try:
            self.encode_structure(nested_structure)
        except NotEncodableError:
            return False
        return True

    def decode_proto(self, proto: Any) -> Any:
        """Return the structure of a message.

        Raises:
          NotEncodableError: no codec knows something in it.
        """
        for codec in self._codecs:
            if codec.can_decode(proto):
                return codec.do_decode(proto, self.decode_proto)
        raise _not_encodable(proto)


def _not_encodable(value: Any) -> NotEncodableError:
    return NotEncodableError(f"No encoder for object [{value}] of type [{type(value)}].")


def _is_named_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _write_items(field: str) -> Callable[[Any, Any, Recursion], None]:
    def write(message: Any, value: Any, encode: Recursion) -> None:
        target = getattr(message, field)
        target.SetInParent()
        for each in value:
            target.values.add().CopyFrom(encode(each))

    return write


def _write_dict(message: Any, value: Any, encode: Recursion) -> None:
    message.dict_value.SetInParent()
    for key, each in value.items():
        message.dict_value.fields[key].CopyFrom(encode(each))


def _read_dict(message: Any, decode: Recursion) -> Any:
    return {key: decode(each) for key, each in message.dict_value.fields.items()}


def _write_named_tuple(message: Any, value: Any, encode: Recursion) -> None:
    message.named_tuple_value.name = type(value).__name__
    for key, each in zip(value._fields, value, strict=True):
        message.named_tuple_value.values.add(key=key).value.CopyFrom(encode(each))


def _read_named_tuple(message: Any, decode: Recursion) -> Any:
    value = message.named_tuple_value
    make: Any = namedtuple
    made = make(value.name, [pair.key for pair in value.values])
    return made(*[decode(pair.value) for pair in value.values])


def _plain(field: str, kind: type, excluded: type | tuple[()] = ()) -> Codec:
    def knows(value: Any) -> bool:
        return isinstance(value, kind) and not isinstance(value, excluded)

    def write(message: Any, value: Any, encode: Recursion) -> None:
        setattr(message, field, value)

    return Codec(field, knows, write, lambda message, decode: kind(getattr(message, field)))


def _write_shape(message: Any, value: Any, encode: Recursion) -> None:
    message.tensor_shape_value.CopyFrom(value.as_proto())


def _write_dtype(message: Any, value: Any, encode: Recursion) -> None:
    message.tensor_dtype_value = value.as_datatype_enum


def _write_tensor_spec(message: Any, value: Any, encode: Recursion) -> None:
    spec = message.tensor_spec_value
    spec.shape.CopyFrom(value.shape.as_proto())
    spec.dtype = value.dtype.as_datatype_enum
    if value.name is not None:
        spec.name = value.name


def _read_tensor_spec(message: Any, decode: Recursion) -> Any:
    spec = message.tensor_spec_value
    return TensorSpec(TensorShape(spec.shape), as_dtype(spec.dtype), spec.name or None)


_SPECS: dict[int, Any] = {
    struct_pb2.TypeSpecProto.SPARSE_TENSOR_SPEC: SparseTensorSpec,
    struct_pb2.TypeSpecProto.INDEXED_SLICES_SPEC: IndexedSlicesSpec,
    struct_pb2.TypeSpecProto.RAGGED_TENSOR_SPEC: RaggedTensorSpec,
}
_SPEC_NUMBERS = {spec: number for number, spec in _SPECS.items()}


def _write_type_spec(message: Any, value: Any, encode: Recursion) -> None:
    spec = message.type_spec_value
    spec.type_spec_class = _SPEC_NUMBERS[type(value)]
    spec.type_state.CopyFrom(encode(value._serialize()))
    spec.type_spec_class_name = type(value).__name__


def _read_type_spec(message: Any, decode: Recursion) -> Any:
    spec = message.type_spec_value
    if spec.type_spec_class not in _SPECS:
        raise ValueError(
            f"The type '{spec.type_spec_class_name}' is not supported by this version of "
            "TensorFlow. (The object you are loading must have been created with a newer version "
            "of TensorFlow.)"
        )
    return _SPECS[spec.type_spec_class]._deserialize(decode(spec.type_state))


for _codec in (
    Codec(
        "list_value",
        lambda value: isinstance(value, list),
        _write_items("list_value"),
        lambda message, decode: [decode(each) for each in message.list_value.values],
    ),
    Codec(
        "tuple_value",
        lambda value: isinstance(value, tuple) and not _is_named_tuple(value),
        _write_items("tuple_value"),
        lambda message, decode: tuple(decode(each) for each in message.tuple_value.values),
    ),
    Codec("dict_value", lambda value: isinstance(value, dict), _write_dict, _read_dict),
    Codec("named_tuple_value", _is_named_tuple, _write_named_tuple, _read_named_tuple),
    _plain("float64_value", float),
    _plain("int64_value", int, excluded=bool),
    _plain("string_value", str),
    Codec(
        "none_value",
        lambda value: value is None,
        lambda message, value, encode: message.none_value.SetInParent(),
        lambda message, decode: None,
    ),
    _plain("bool_value", bool),
    Codec(
        "tensor_shape_value",
        lambda value: isinstance(value, TensorShape),
        _write_shape,
        lambda message, decode: TensorShape(message.tensor_shape_value),
    ),
    Codec(
        "tensor_dtype_value",
        lambda value: isinstance(value, DType),
        _write_dtype,
        lambda message, decode: as_dtype(message.tensor_dtype_value),
    ),
    Codec(
        "tensor_spec_value",
        lambda value: isinstance(value, TensorSpec),
        _write_tensor_spec,
        _read_tensor_spec,
    ),
    Codec(
        "type_spec_value",
        lambda value: type(value) in _SPEC_NUMBERS,
        _write_type_spec,
        _read_type_spec,
    ),
):
    StructureCoder.register_codec(_codec)
